"""A volunteer's own page: what waits for an answer first, then their people, then their offers."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.buttons import pressed
from app.extensions import ctx
from app.identity import actor, signed_in
from app.links import Purpose
from app.models import Person
from app.permissions import SIGNED_IN, permit
from app.services import matches, mine, posting
from app.services.matches import Answer
from matching.lifecycle import MatchState, MoveNotAllowed, OfferState

my_page = Blueprint("my_page", __name__, template_folder="templates", url_prefix="/me")
MOVES = {"pause": OfferState.PAUSED, "resume": OfferState.ACTIVE, "withdraw": OfferState.WITHDRAWN}
SAID = {
    Answer.ACCEPTED: _l("Thank you! We have asked the resident whether it suits them, and write to you as soon as they answer."),
    Answer.AGREED: _l("Thank you! You both agreed: the contact details are below."),
    Answer.DECLINED: _l("Thank you for telling us. We ask somebody else."),
    Answer.TOO_LATE: _l("The time to answer was over, so somebody else has been asked. Thank you all the same."),
    Answer.OVER: _l("This has changed meanwhile. Here is how things stand now."),
}


@my_page.get("")
@permit(SIGNED_IN)
def show() -> ResponseReturnValue:
    person = _me()
    page = mine.volunteer_page(ctx(), person.id)
    requests = [(need, url_for("resident.my_request", token=ctx().links.token(Purpose.MY_REQUEST, need.id))) for need in page.needs]
    return render_template("volunteer/my_page.html", page=page, requests=requests, approved=person.approved_at is not None)


@my_page.post("/requests/<int(max=2147483647):match_id>")
@permit(SIGNED_IN)
def answer(match_id: int) -> ResponseReturnValue:
    _own_match(match_id)
    yes = pressed("answer", "yes", "no") == "yes"
    flash(str(SAID[matches.volunteer_answers(ctx(), match_id, yes, actor())]))
    return redirect(url_for("my_page.show"), 303)


@my_page.route("/requests/<int(max=2147483647):match_id>/back-out", methods=["GET", "POST"])
@permit(SIGNED_IN)
def back_out(match_id: int) -> ResponseReturnValue:
    match = _own_match(match_id)
    if request.method == "GET" and match.state in (MatchState.ACCEPTED, MatchState.AGREED):
        return render_template("volunteer/back_out.html", match=match)
    if request.method == "POST":
        flash(str(SAID[matches.back_out(ctx(), match_id, actor())]))
    return redirect(url_for("my_page.show"), 303)


@my_page.post("/offers/<int(max=2147483647):offer_id>/<any(pause, resume):move>")
@permit(SIGNED_IN)
def move_offer(offer_id: int, move: str) -> ResponseReturnValue:
    _own_offer(offer_id)
    with _kindly():
        posting.move_offer(ctx(), offer_id, MOVES[move], actor())
    return redirect(url_for("my_page.show"), 303)


@my_page.route("/offers/<int(max=2147483647):offer_id>/withdraw", methods=["GET", "POST"])
@permit(SIGNED_IN)
def withdraw_offer(offer_id: int) -> ResponseReturnValue:
    _own_offer(offer_id)
    if request.method != "POST":
        return render_template("volunteer/withdraw.html", offer_id=offer_id)
    posting.move_offer(ctx(), offer_id, OfferState.WITHDRAWN, actor())
    flash(_("Your offer is withdrawn. Thank you for the time you gave."))
    return redirect(url_for("my_page.show"), 303)


def _me() -> Person:
    return signed_in() or abort(403)


def _own_match(match_id: int) -> mine.MyMatch:
    match = mine.one_match(ctx(), match_id)
    return match if match and match.volunteer_id == _me().id else abort(404)


def _own_offer(offer_id: int) -> None:
    if mine.owner_of_offer(ctx(), offer_id) != _me().id:
        abort(404)


@contextmanager
def _kindly() -> Iterator[None]:
    """A button of a page that is out of date says so, instead of an error."""
    try:
        yield
    except MoveNotAllowed:
        flash(str(SAID[Answer.OVER]))
