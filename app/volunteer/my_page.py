"""A volunteer's own page: the next thing to do first, then their people, what waits for an answer, needs near them and their offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.account.messages import choose
from app.buttons import pressed
from app.error_pages import sentence
from app.extensions import ctx
from app.identity import actor, signed_in
from app.kinds import KINDS
from app.links import Purpose
from app.models import Offer, Person, Role
from app.outcomes import outcome_page
from app.permissions import SIGNED_IN, home, permit
from app.services import accounts, duty, matches, mine, posting, reasons, taking, wishes
from app.services.matches import Answer
from app.services.places import NoTerritory, Outside
from app.services.reasons import Because
from app.volunteer.forms import PhoneForm, fill_from, offer_values
from app.volunteer.sign_up import CHANGEABLE
from matching.lifecycle import MatchState, MoveNotAllowed, OfferState, Side
from notifications.words import phone_words

my_page = Blueprint("my_page", __name__, template_folder="templates", url_prefix="/me")
NEW = timedelta(days=3)
"""How long after both agreed the next thing is to get in touch; then it is to say how it went."""
SAID = {
    Answer.ACCEPTED: _l("Thank you! We have asked the resident whether it suits them, and write to you as soon as they answer."),
    Answer.AGREED: _l("Thank you! You both agreed: the contact details are below."),
    Answer.DECLINED: _l("Thank you for telling us. We ask somebody else."),
    Answer.TOO_LATE: _l("The time to answer was over, so somebody else has been asked. Thank you all the same."),
    Answer.SETTLED: _l("Another neighbour said yes a little earlier. Thank you for being there: you have lost nothing."),
    Answer.OVER: _l("This has changed meanwhile. Here is how things stand now."),
}
QUICKER = _l("Somebody was quicker, you already help as many people as you chose, or this has changed meanwhile. Thank you all the same!")

FROZEN = _l("The town hall has to clarify something first, and asks you for nothing new until then. This says nothing against you.")


@my_page.get("")
@permit(SIGNED_IN)
def show() -> ResponseReturnValue:
    person = _me()
    page = mine.volunteer_page(ctx(), person.id)
    approved = person.approved_at is not None
    requests = [(need, url_for("resident.my_request", token=ctx().links.token(Purpose.MY_REQUEST, need.id))) for need in page.needs]
    first, match = _next_thing(page, person, ctx().now())
    return render_template(
        "volunteer/my_page.html", page=page, requests=requests, approved=approved, first=first, match=match,
        frozen=FROZEN if person.frozen_at is not None and first != "frozen" else "", home_of_agent=home(person),
    )  # fmt: skip


def _next_thing(page: mine.MyPage, person: Person, now: datetime) -> tuple[str, mine.MyMatch | None]:
    """What to do first, and about which match."""
    new = [match for match in page.people if match.agreed_at and now - match.agreed_at < NEW]
    for name, about in (("answer", page.waiting), ("call", new), ("tell", page.people), ("wait", page.accepted)):
        if about:
            return name, about[0]
    if person.frozen_at is not None:
        return "frozen", None
    if person.role != Role.NONE:
        return "agent", None
    if not page.offers:
        return "offer", None
    if person.approved_at is None:
        return "approval", None
    return "ready" if page.on_duty else "back", None


@my_page.post("/requests/<int(max=2147483647):match_id>")
@permit(SIGNED_IN)
def answer(match_id: int) -> ResponseReturnValue:
    own_match(match_id)
    yes = pressed("answer", "yes", "no") == "yes"
    became = matches.volunteer_answers(ctx(), match_id, yes, actor())
    if became is Answer.DECLINED:
        return redirect(url_for("my_page.why", match_id=match_id), 303)
    flash(str(SAID[became]))
    return _back()


@my_page.route("/requests/<int(max=2147483647):match_id>/why", methods=["GET", "POST"])
@permit(SIGNED_IN)
def why(match_id: int) -> ResponseReturnValue:
    """A reason for the no, if they like."""
    match = own_match(match_id)
    if request.method == "POST":
        reasons.give_reason(ctx(), match_id, Because(pressed("because", *Because)), actor())
        return redirect(url_for("my_page.why", match_id=match_id), 303)
    if match.reason != "volunteer":
        return _back()
    return render_template("volunteer/declined.html", match=match, may_tell=reasons.may_tell(match, ctx().now()))


@my_page.route("/requests/<int(max=2147483647):match_id>/back-out", methods=["GET", "POST"])
@permit(SIGNED_IN)
def back_out(match_id: int) -> ResponseReturnValue:
    match = own_match(match_id)
    if request.method == "GET" and match.state in (MatchState.ACCEPTED, MatchState.AGREED):
        return render_template("volunteer/back_out.html", match=match)
    if request.method == "POST":
        because = pressed("because", matches.PREVENTED, matches.UNAVAILABLE)
        flash(str(SAID[matches.back_out(ctx(), match_id, actor(), because)]))
    return _back()


@my_page.route("/requests/<int(max=2147483647):match_id>/how", methods=["GET", "POST"])
@permit(SIGNED_IN)
def how(match_id: int) -> ResponseReturnValue:
    """What came of it."""
    match = own_match(match_id)
    return outcome_page(match, Side.VOLUNTEER, url_for("my_page.how", match_id=match_id), url_for("my_page.show"), actor())


@my_page.post("/near/<int(max=2147483647):need_id>")
@permit(SIGNED_IN)
def take(need_id: int) -> ResponseReturnValue:
    said = SAID | {Answer.OVER: FROZEN if _me().frozen_at else QUICKER}
    flash(str(said[taking.offer_to_take(ctx(), _me().id, need_id, actor())]))
    return _back()


@my_page.post("/duty")
@permit(SIGNED_IN)
def on_duty() -> ResponseReturnValue:
    on = pressed("duty", "on", "off") == "on"
    with _kindly():
        duty.set_duty(ctx(), _me().id, on, actor())
        back = FROZEN if _me().frozen_at else _("You are on duty again. Thank you!")
        flash(back if on else _("You are off duty. Nobody’s request reaches you until you come back."))
    return _back()


@my_page.route("/phone", methods=["GET", "POST"])
@permit(SIGNED_IN)
def change_phone() -> ResponseReturnValue:
    me = _me()
    form = PhoneForm(data={"phone": phone_words(me.phone) if me.phone else ""})
    if form.validate_on_submit():
        if form.phone.data or me.contact != "phone":
            accounts.change_phone(ctx(), me.id, form.phone.data, actor())
            flash(_("Your phone number is changed."))
            return _back()
        form.phone.errors = [_("Write the phone number at which we should reach you.")]
    return render_template("volunteer/phone.html", form=form), 422 if form.errors else 200


@my_page.route("/messages", methods=["GET", "POST"])
@permit(SIGNED_IN)
def choose_messages() -> ResponseReturnValue:
    choices = wishes.of_person(ctx(), _me().id) or abort(404)
    return choose(choices, actor(), url_for("my_page.choose_messages"), url_for("my_page.show"))


@my_page.route(f"/offers/<int(max=2147483647):offer_id>/<any({', '.join(CHANGEABLE)}):step>", methods=["GET", "POST"])
@permit(SIGNED_IN)
def change_offer(offer_id: int, step: str) -> ResponseReturnValue:
    offer, page = _own_offer(offer_id), CHANGEABLE[step]
    if offer.state == OfferState.WITHDRAWN:
        flash(str(SAID[Answer.OVER]))
        return _back()
    form = page.form()
    fill_from(form, offer)
    if form.validate_on_submit():
        try:
            where = form.where if step == "where" else None
            if posting.change_offer(ctx(), offer_id, actor(), where=where, **offer_values(form.data)):
                flash(_("Your offer is changed."))
                return _back()
            form.refuse(_("You help %(number)s people at the moment. Choose at least as many.", number=offer.taken))
        except (Outside, NoTerritory) as error:
            form.refuse(sentence(error))
    involved = {kind: words.involves for kind, words in KINDS.items()}
    shown = render_template("volunteer/change.html", step=page, form=form, offer=offer, point=offer.point, involved=involved)
    return shown, 422 if form.errors else 200


@my_page.route("/offers/<int(max=2147483647):offer_id>/withdraw", methods=["GET", "POST"])
@permit(SIGNED_IN)
def withdraw_offer(offer_id: int) -> ResponseReturnValue:
    _own_offer(offer_id)
    if request.method != "POST":
        return render_template("volunteer/withdraw.html", offer_id=offer_id)
    duty.move_offer(ctx(), offer_id, OfferState.WITHDRAWN, actor())
    flash(_("Your offer is withdrawn. Thank you for the time you gave."))
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("my_page.show"), 303)


def _me() -> Person:
    return signed_in() or abort(403)


def own_match(match_id: int) -> mine.MyMatch:
    """The match, to its own volunteer; 404 to others."""
    match = mine.one_match(ctx(), match_id)
    return match if match and match.volunteer_id == _me().id else abort(404)


def _own_offer(offer_id: int) -> Offer:
    return mine.own_offer(ctx(), _me().id, offer_id) or abort(404)


@contextmanager
def _kindly() -> Iterator[None]:
    """A button of a page that is out of date says so, instead of an error."""
    try:
        yield
    except MoveNotAllowed:
        flash(str(SAID[Answer.OVER]))
