"""Posting for somebody on the phone or at the counter. What an agent posts needs no confirmation."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import coordination, sight, when
from app.coordination.forms import CounterForm
from app.error_pages import sentence, words_for
from app.extensions import ctx
from app.identity import actor
from app.models import Channel, PostedBy, TaskKind
from app.permissions import COORDINATOR, permit
from app.services import details, posting
from app.services.places import NoTerritory, Outside
from app.services.tasks import WITHIN


@coordination.route("/needs/new", methods=["GET", "POST"])
@permit(COORDINATOR)
def new_need() -> ResponseReturnValue:
    form = CounterForm()
    form.begin()
    status = 200
    if form.validate_on_submit():
        try:
            given = form.need(form.spoken.data, PostedBy.AGENT)
            need_id = posting.post_need(ctx(), given, actor(Channel(form.channel.data)))
            return _posted(need_id)
        except (Outside, NoTerritory, posting.NotOffered) as error:
            form.refuse(sentence(error))
            status = words_for(error).status
    elif form.errors:
        status = 422
    return render_template("coordination/new_need.html", form=form), status


def _posted(need_id: int) -> ResponseReturnValue:
    flash(_("The request is posted."))
    posted = details.need(ctx(), sight(), need_id)
    if posted is None:  # in another coordinator's territory
        return redirect(url_for("coordination.tasks"), 303)
    row = posted.row
    soon = (row.next_try_at or ctx().now() + WITHIN[TaskKind.PLACE]) + WITHIN[TaskKind.TELL]
    flash({
        "phone": _("Tell the caller: “We look for a volunteer now. You get a call by %(when)s.”", when=when(soon)),
        "email": _("Tell the caller: “We look for a volunteer now. You get an e-mail as soon as somebody is asked.”"),
        "sms": _("Tell the caller: “We look for a volunteer now. You get a text message as soon as somebody is asked.”"),
        "letter": _("Tell the caller: “We look for a volunteer now. You get a letter as soon as somebody is asked.”"),
    }[row.contact])  # fmt: skip
    return redirect(url_for("coordination.need", need_id=need_id), 303)
