"""What a coordinator does: buttons, each a POST that may be pressed twice. The door has checked that the thing is in sight."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.buttons import pressed
from app.coordination.door import ID, by_phone, coordination, sight, when
from app.coordination.forms import PlaceForm
from app.coordination.lists import whole
from app.coordination.pages import REASONS, need_page, offer_page
from app.error_pages import sentence
from app.extensions import ctx
from app.identity import actor
from app.models import Need, Offer, Person, Task
from app.permissions import AGENT, CALL, MODERATE, permit
from app.services import accounts, closing, details, duty, matches, mine, placing, posting, reasons, sharing, silence, tasks
from app.services.closing import Became, Said
from app.services.matches import Answer
from app.services.places import Outside
from app.services.reasons import Because
from app.services.sharing import Assigned
from matching.lifecycle import MoveNotAllowed, NeedState, OfferState, Side

A_DAY, LONGEST_PAUSE = timedelta(days=1), timedelta(days=365)
NEED_MOVES = {"pause": NeedState.PAUSED, "resume": NeedState.OPEN, "withdraw": NeedState.WITHDRAWN}
OFFER_MOVES = {"pause": OfferState.PAUSED, "resume": OfferState.ACTIVE, "withdraw": OfferState.WITHDRAWN}
SAID = {
    Answer.ACCEPTED: _l("Written down: the volunteer said yes. The resident is asked now."),
    Answer.AGREED: _l("Written down: both agreed. Whoever has no e-mail is now a call to make."),
    Answer.DECLINED: _l("Written down: it is a no. Somebody else is asked."),
    Answer.TOO_LATE: _l("The time to answer was over: somebody else is asked."),
    Answer.SETTLED: _l("Another volunteer said yes a little earlier: this request is settled."),
    Answer.OVER: _l("This has changed meanwhile. Here is how things stand now."),
}


# --- looking: written down, then shown on the thing's own page for a moment


@coordination.post(f"/needs/<{ID}:need_id>/look")
@permit(CALL)
def look_at_need(need_id: int) -> ResponseReturnValue:
    details.look(ctx(), sight(), Need, need_id, reason := pressed("reason", *REASONS), actor())
    return redirect(url_for("coordination.need", need_id=need_id, look=reason, _anchor="exact"), 303)


@coordination.post(f"/offers/<{ID}:offer_id>/look")
@permit(CALL)
def look_at_offer(offer_id: int) -> ResponseReturnValue:
    details.look(ctx(), sight(), Offer, offer_id, reason := pressed("reason", *REASONS), actor())
    return redirect(url_for("coordination.offer", offer_id=offer_id, look=reason, _anchor="exact"), 303)


@coordination.post(f"/people/<{ID}:person_id>/look")
@permit(CALL)
def look_at_person(person_id: int) -> ResponseReturnValue:
    details.look(ctx(), sight(), Person, person_id, reason := pressed("reason", *REASONS), actor())
    return redirect(url_for("coordination.person", person_id=person_id, look=reason, _anchor="exact"), 303)


@coordination.post(f"/tasks/<{ID}:task_id>/look")
@permit(AGENT)
def look_at_task(task_id: int) -> ResponseReturnValue:
    details.look(ctx(), sight(), Task, task_id, "task", actor())
    return redirect(url_for("coordination.task", task_id=task_id, look="task"), 303)


# --- needs


@coordination.post(f"/needs/<{ID}:need_id>/confirm")
@permit(CALL)
def confirm_need(need_id: int) -> ResponseReturnValue:
    posting.confirm_need(ctx(), need_id, by_phone())
    flash(_("The request is confirmed."))
    return _to_need(need_id)


@coordination.post(f"/needs/<{ID}:need_id>/place")
@permit(CALL)
def place_need(need_id: int) -> ResponseReturnValue:
    form = PlaceForm()
    if not _placed(form, Need, need_id):
        return need_page(need_id, place=form), 422
    return _to_need(need_id) if details.may_see(ctx(), sight(), Need, need_id) else _to_tasks()


@coordination.route(f"/needs/<{ID}:need_id>/<any(pause, resume, withdraw):move>", methods=["GET", "POST"])
@permit(CALL)
def move_need(need_id: int, move: str) -> ResponseReturnValue:
    if request.method != "POST":
        return _sure(move, url_for("coordination.need", need_id=need_id), given="")
    until = given = None
    if move == "pause" and (given := request.form.get("until", "").strip()) and (until := _day(given)) is None:
        return _sure(move, url_for("coordination.need", need_id=need_id), given=given), 422
    with _kindly():
        posting.move_need(ctx(), need_id, NEED_MOVES[move], by_phone(), until)
    return _to_need(need_id)


# --- offers


@coordination.post(f"/offers/<{ID}:offer_id>/approve")
@permit(MODERATE)
def approve(offer_id: int) -> ResponseReturnValue:
    """The city accepts the volunteer, with the time and by whom."""
    accounts.approve(ctx(), mine.owner_of_offer(ctx(), offer_id) or abort(404), actor())
    flash(_("The volunteer is approved and may be asked from now on."))
    return _to_offer(offer_id)


@coordination.post(f"/offers/<{ID}:offer_id>/place")
@permit(CALL)
def place_offer(offer_id: int) -> ResponseReturnValue:
    form = PlaceForm()
    if not _placed(form, Offer, offer_id):
        return offer_page(offer_id, place=form), 422
    return _to_offer(offer_id) if details.may_see(ctx(), sight(), Offer, offer_id) else _to_tasks()


@coordination.route(f"/offers/<{ID}:offer_id>/<any(pause, resume, withdraw):move>", methods=["GET", "POST"])
@permit(CALL)
def move_offer(offer_id: int, move: str) -> ResponseReturnValue:
    if request.method != "POST":
        return _sure(move, url_for("coordination.offer", offer_id=offer_id))
    with _kindly():
        duty.move_offer(ctx(), offer_id, OFFER_MOVES[move], by_phone())
    return _to_offer(offer_id)


@coordination.route(f"/offers/<{ID}:offer_id>/refuse", methods=["GET", "POST"])
@permit(MODERATE)
def refuse_offer(offer_id: int) -> ResponseReturnValue:
    """Of a volunteer who is not approved: whoever is ends their offer themselves, or says so on the phone."""
    if request.method != "POST":
        return _sure("withdraw", url_for("coordination.offer", offer_id=offer_id))
    detail = details.offer(ctx(), sight(), offer_id) or abort(404)
    if detail.row.approved_at is not None:
        flash(_("A colleague has approved this volunteer meanwhile."))
        return _to_offer(offer_id)
    with _kindly():
        duty.move_offer(ctx(), offer_id, OfferState.WITHDRAWN, actor())
    return _to_offer(offer_id)


@coordination.post(f"/offers/<{ID}:offer_id>/still-helping")
@permit(CALL)
def still_helping(offer_id: int) -> ResponseReturnValue:
    """On the phone they said that they still want to help."""
    silence.still_helping(ctx(), offer_id, by_phone())
    flash(_("Written down: they still want to help."))
    return _to_offer(offer_id)


# --- matches


@coordination.post(f"/matches/<{ID}:match_id>/volunteer")
@permit(CALL)
def volunteer_said(match_id: int) -> ResponseReturnValue:
    """The volunteer's answer, given on the phone."""
    yes = pressed("answer", "yes", "no") == "yes"
    return _to_match(match_id, matches.volunteer_answers(ctx(), match_id, yes, by_phone()))


@coordination.post(f"/matches/<{ID}:match_id>/resident")
@permit(CALL)
def resident_said(match_id: int) -> ResponseReturnValue:
    """The resident's answer, given on the phone."""
    yes = pressed("answer", "yes", "no") == "yes"
    return _to_match(match_id, matches.resident_answers(ctx(), match_id, yes, by_phone()))


@coordination.post(f"/matches/<{ID}:match_id>/back-out")
@permit(CALL)
def backed_out(match_id: int) -> ResponseReturnValue:
    """The volunteer takes back a yes, on the phone."""
    return _to_match(match_id, matches.back_out(ctx(), match_id, by_phone(), matches.PREVENTED))


@coordination.post(f"/matches/<{ID}:match_id>/let-go")
@permit(CALL)
def let_go(match_id: int) -> ResponseReturnValue:
    """The resident would rather have somebody else, or another time, on the phone."""
    because = pressed("because", matches.OTHER_TIME, matches.SOMEBODY_ELSE)
    return _to_match(match_id, matches.let_go(ctx(), match_id, by_phone(), because))


@coordination.post(f"/matches/<{ID}:match_id>/why")
@permit(CALL)
def why(match_id: int) -> ResponseReturnValue:
    """Why the volunteer said no, if they like to tell."""
    reasons.give_reason(ctx(), match_id, Because(pressed("because", *Because)), by_phone())
    flash(_("The reason is written down."))
    return redirect(url_for("coordination.match", match_id=match_id), 303)


@coordination.post(f"/matches/<{ID}:match_id>/outcome")
@permit(CALL)
def outcome(match_id: int) -> ResponseReturnValue:
    """What came of it, as somebody said it on the phone."""
    said, again = Said(pressed("outcome", *Said)), request.form.get("again") != "no"
    became = closing.say(ctx(), match_id, Side.EITHER, said, by_phone(), again=again)
    flash(_("The outcome is written down.") if became is not Became.OVER else str(SAID[Answer.OVER]))
    return redirect(url_for("coordination.match", match_id=match_id), 303)


# --- tasks


@coordination.post(f"/tasks/<{ID}:task_id>/close")
@permit(AGENT)
def close_task(task_id: int) -> ResponseReturnValue:
    try:
        done = tasks.close_task(ctx(), task_id, actor())
    except tasks.StillToDo:
        flash(_("This task ends by itself once the volunteer is approved or the place is on the map."))
        return redirect(url_for("coordination.task", task_id=task_id), 303)
    flash(_("The task is ticked off.") if done else _("Somebody had ticked this task off already."))
    return _to_tasks()


@coordination.post(f"/tasks/<{ID}:task_id>/call-again")
@permit(CALL)
def call_again(task_id: int) -> ResponseReturnValue:
    """Nobody answered the phone, or the letter is in the post."""
    again = tasks.Again(pressed("again", *tasks.Again))
    due = tasks.call_again(ctx(), task_id, again, by_phone())
    if due is None:
        flash(_("Somebody had ticked this task off already."))
    elif again is tasks.Again.POSTED:
        flash(_("Written down: the letter is in the post. It is on the list again for %(when)s.", when=when(due)))
    else:
        flash(_("Written down: nobody answered. The call is on the list again for %(when)s.", when=when(due)))
    return _to_tasks()


@coordination.post(f"/tasks/<{ID}:task_id>/assign")
@permit(AGENT)
def assign_task(task_id: int) -> ResponseReturnValue:
    """Somebody takes a task, gives it to a colleague, or gives it back."""
    given, was = (whole(request.form.get(name)) or None for name in ("agent", "was"))
    became = sharing.assign(ctx(), task_id, given, was, actor())
    if became is Assigned.MEANWHILE:
        flash(_("Somebody has taken this task meanwhile, or it is done. Here is how it stands now."))
        return redirect(url_for("coordination.task", task_id=task_id), 303)
    if became is Assigned.NOT:
        flash(_("This task is not for this colleague."))
    elif given is None:
        flash(_("The task is nobody’s in particular again."))
    else:
        flash(_("The task is yours.") if given == actor().person_id else _("The task is given to your colleague."))
    return redirect(url_for("coordination.task", task_id=task_id), 303) if "back" in request.form else _to_tasks()


def _to_need(need_id: int) -> ResponseReturnValue:
    return redirect(url_for("coordination.need", need_id=need_id), 303)


def _to_offer(offer_id: int) -> ResponseReturnValue:
    return redirect(url_for("coordination.offer", offer_id=offer_id), 303)


def _to_match(match_id: int, became: Answer) -> ResponseReturnValue:
    flash(str(SAID[became]))
    return redirect(url_for("coordination.match", match_id=match_id), 303)


def _to_tasks() -> ResponseReturnValue:
    return redirect(url_for("coordination.tasks"), 303)


def _sure(move: str, back: str, given: str | None = None) -> str:
    """``given``: the day until which it was to be paused, and cannot be; ``None`` where it is not paused until a day."""
    tomorrow = ctx().now().astimezone(ctx().settings.zone).date() + A_DAY
    return render_template(
        "coordination/sure.html", move=move, address=request.path, back=back, given=given, first=tomorrow, last=tomorrow + LONGEST_PAUSE
    )


def _day(text: str) -> datetime | None:
    """When people wake on a day that is still to come, within a year; anything else is no day."""
    try:
        day = datetime.combine(date.fromisoformat(text), time(), ctx().settings.zone)
    except ValueError:
        return None
    if not ctx().now() < day <= ctx().now() + LONGEST_PAUSE:
        return None
    return ctx().settings.waking_hours.next_start(day, ctx().settings.zone)


def _placed(form: PlaceForm, kind: type[Need] | type[Offer], post_id: int) -> bool:
    if not form.validate_on_submit():
        return False
    try:
        placing.place_post(ctx(), kind, post_id, form.place, actor())
    except Outside as error:
        form.refuse(sentence(error))
        return False
    flash(_("The place is on the map."))
    return True


@contextmanager
def _kindly() -> Iterator[None]:
    """A button of a page that is out of date says so, instead of an error."""
    try:
        yield
    except MoveNotAllowed:
        flash(str(SAID[Answer.OVER]))
