"""Which messages come, and when: by the link at the end of each, without signing in, and on people's own pages."""

from collections.abc import Sequence

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.extensions import csrf, ctx
from app.forms import ChoiceField, Form, TickField, TicksField
from app.links import LinkError, Purpose
from app.models import Channel
from app.permissions import LINK, permit
from app.services import wishes
from app.services.events import Actor
from app.services.wishes import Choices
from notifications.topics import Topic, stopped_with
from notifications.wishes import Rhythm

ONE_CLICK = ("List-Unsubscribe", "One-Click")
"""What a mail program posts by itself (RFC 8058)."""
BY_LINK = Actor(channel=Channel.LINK)
messages = Blueprint("messages", __name__, template_folder="templates")


def topic_choices(topics: Sequence[Topic]) -> dict[str, str]:
    words = {
        Topic.REQUESTS: _("Requests of neighbours who need help"), Topic.PROGRESS: _("How my request goes on"),
        Topic.NEWS: _("Advice and other news"),
    }  # fmt: skip
    return {topic.value: words[topic] for topic in topics}


def rhythm_choices() -> dict[str, str]:
    return {
        Rhythm.AT_ONCE.value: _("As it happens"), Rhythm.DAILY.value: _("In one message, each morning"),
        Rhythm.WEEKLY.value: _("In one message, each Monday"),
    }  # fmt: skip


class WishesForm(Form):
    topics = TicksField(
        _l("Which messages would you like?"),
        description=_l("What you have to know about an agreed help, or have asked for yourself, comes in any case."),
    )  # fmt: skip
    rhythm = ChoiceField(
        _l("When should news come?"), _l("Say when news should come."), choices=rhythm_choices,
        description=_l("Questions that you can answer never wait for it."),
    )  # fmt: skip
    night = TickField(_l("Urgent requests may come at night too."))


@messages.route("/messages/<token>", methods=["GET", "POST"])
@permit(LINK)
def show(token: str) -> ResponseReturnValue:
    wishes_id, _stamp = ctx().links.read(Purpose.WISHES, token)
    return choose(wishes.of_link(ctx(), wishes_id) or abort(410), BY_LINK, url_for("messages.show", token=token))


def choose(choices: Choices, by: Actor, address: str, back: str = "") -> ResponseReturnValue:
    """The page of somebody's wishes, at ``address``; ``back`` is the page of theirs that leads to it."""
    here = choices.wishes
    wanted = [topic.value for topic in choices.topics if topic not in here.off]
    form = WishesForm(data={"topics": wanted, "rhythm": here.rhythm.value, "night": not here.night})
    form.topics.choices = topic_choices(choices.topics)
    if Topic.REQUESTS not in choices.topics:
        del form.night
    if form.validate_on_submit():
        # What the page does not ask for stays as it is.
        off = {topic for topic in choices.topics if topic not in form.topics.data} | (here.off - set(choices.topics))
        night = not form.night.data if form.night else here.night
        wishes.choose(ctx(), choices, by, off=off, rhythm=Rhythm(form.rhythm.data), night=night)
        flash(_("Your choice is kept."))
        if Topic.REQUESTS in off - here.off:
            flash(_("You are off duty. Nobody’s request reaches you until you come back."))
        return redirect(address, 303)
    page = render_template("account/messages.html", form=form, address=address, way_back=back, asks_duty=Topic.REQUESTS in choices.topics)
    return page, 422 if form.errors else 200


@messages.route("/unsubscribe/<token>", methods=["GET", "POST"])
@permit(LINK)
@csrf.exempt
def unsubscribe(token: str) -> ResponseReturnValue:
    """A page with one button, since mail scanners follow links; a mail program's own button asks nothing, and has neither cookie nor
    token: the link alone says whose it is."""
    wishes_id, stamp = ctx().links.read(Purpose.UNSUBSCRIBE, token)
    topic = Topic(stamp) if stamp in list(Topic) else None
    choices = wishes.of_link(ctx(), wishes_id) or abort(410)
    if topic is None or not stopped_with(topic):
        raise LinkError(Purpose.UNSUBSCRIBE.name)
    if request.method == "POST":
        at_once = request.form.get(ONE_CLICK[0]) == ONE_CLICK[1]
        if not at_once:
            csrf.protect()
        wishes.stop(ctx(), choices, topic, BY_LINK)
        return ("", 200) if at_once else redirect(url_for("messages.unsubscribe", token=token), 303)
    stopped = stopped_with(topic) <= choices.wishes.off
    all_wishes = url_for("messages.show", token=ctx().links.token(Purpose.WISHES, wishes_id))
    return render_template("account/unsubscribe.html", topic=topic, stopped=stopped, token=token, all_wishes=all_wishes)
