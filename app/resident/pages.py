"""Asking for help without an account, and following a request by the link in the mail."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import i18n
from app.buttons import pressed
from app.error_pages import sentence, words_for
from app.extensions import ctx
from app.identity import actor
from app.links import Purpose
from app.models import Channel
from app.permissions import LINK, PUBLIC, permit
from app.resident.forms import NeedForm
from app.resident.story import story
from app.services import matches, mine, posting, throttle
from app.services.events import Actor
from app.services.places import NoTerritory, Outside
from matching.lifecycle import MatchState, MoveNotAllowed, NeedState

resident = Blueprint("resident", __name__, template_folder="templates")
MOVES = {"pause": NeedState.PAUSED, "resume": NeedState.OPEN, "withdraw": NeedState.WITHDRAWN}


@resident.route("/request/new", methods=["GET", "POST"])
@permit(PUBLIC)
def new_request() -> ResponseReturnValue:
    form = NeedForm()
    form.begin()
    status = 200
    if form.validate_on_submit():
        try:
            mailed = [(throttle.POST_ACCOUNT, form.email.data)] if form.email.data else []
            throttle.spend(ctx(), [(throttle.POST_ADDRESS, request.remote_addr or ""), *mailed])
            posting.post_need(ctx(), form.need(i18n.language()), actor())
            return redirect(url_for("resident.received", contact=form.contact.data), 303)
        except (Outside, NoTerritory, throttle.TooMany) as error:
            form.refuse(sentence(error))
            status = words_for(error).status
    elif form.errors:
        status = 422
    return render_template("resident/new_request.html", form=form), status


@resident.get("/request/received/<any(email, phone, letter):contact>")
@permit(PUBLIC)
def received(contact: str) -> ResponseReturnValue:
    """What happens next."""
    return render_template("resident/received.html", contact=contact)


@resident.route("/confirm/request/<token>", methods=["GET", "POST"])
@permit(LINK)
def confirm(token: str) -> ResponseReturnValue:
    need_id, _stamp = ctx().links.read(Purpose.CONFIRM_NEED, token)
    found = _found(need_id)
    if request.method == "POST":
        posting.confirm_need(ctx(), need_id, _by(found))
    elif found.row.state == NeedState.UNCONFIRMED:
        return render_template("resident/confirm.html", row=found.row, token=token)
    return redirect(url_for("resident.my_request", token=ctx().links.token(Purpose.MY_REQUEST, need_id)), 303)


@resident.get("/request/<token>")
@permit(LINK)
def my_request(token: str) -> ResponseReturnValue:
    found = _read(token)
    return render_template("resident/my_request.html", row=found.row, matches=found.matches, story=story(found), token=token)


@resident.route("/request/<token>/<any(pause, resume, withdraw):move>", methods=["GET", "POST"])
@permit(LINK)
def move_request(token: str, move: str) -> ResponseReturnValue:
    """Pause, resume or withdraw. A page asks whether that is really meant; a replay changes nothing."""
    found = _read(token)
    if request.method != "POST":
        return render_template("resident/sure.html", row=found.row, move=move, token=token)
    try:
        posting.move_need(ctx(), found.row.id, MOVES[move], _by(found))
    except MoveNotAllowed:
        flash(_("This has changed meanwhile. Here is how things stand now."))
    return redirect(url_for("resident.my_request", token=token), 303)


@resident.post("/request/<token>/answer")
@permit(LINK)
def answer(token: str) -> ResponseReturnValue:
    """Yes or no to a volunteer who accepted."""
    found = _read(token)
    matches.resident_answers(ctx(), _match_of(found), pressed("answer", "yes", "no") == "yes", _by(found))
    return redirect(url_for("resident.my_request", token=token), 303)


@resident.post("/request/<token>/outcome")
@permit(LINK)
def outcome(token: str) -> ResponseReturnValue:
    """What came of a volunteer's help."""
    found = _read(token)
    matches.close(ctx(), _match_of(found), pressed("outcome", "done", "not_done"), _by(found))
    flash(_("Thank you for telling us."))
    return redirect(url_for("resident.my_request", token=token), 303)


@resident.route("/agree/<any(yes, no):word>/<token>", methods=["GET", "POST"])
@permit(LINK)
def agree(word: str, token: str) -> ResponseReturnValue:
    """The resident's answer by the link in the mail: a page with one button, and how things stand after it."""
    match_id, _stamp = ctx().links.read(Purpose.RESIDENT_YES if word == "yes" else Purpose.RESIDENT_NO, token)
    match = mine.one_match(ctx(), match_id) or abort(404)
    if request.method == "POST":
        matches.resident_answers(ctx(), match_id, word == "yes", Actor(match.resident_id, Channel.LINK))
        return redirect(url_for("resident.agree", word=word, token=token), 303)
    asks = match.state is MatchState.ACCEPTED
    my_request = url_for("resident.my_request", token=ctx().links.token(Purpose.MY_REQUEST, match.need_id))
    return render_template("resident/agree.html", match=match, yes=word == "yes", asks=asks, token=token, my_request=my_request)


def _read(token: str) -> mine.MyRequest:
    need_id, _stamp = ctx().links.read(Purpose.MY_REQUEST, token)
    return _found(need_id)


def _found(need_id: int) -> mine.MyRequest:
    return mine.request_of(ctx(), need_id) or abort(404)


def _match_of(found: mine.MyRequest) -> int:
    """The match that a button stands for: one of this request, nobody else's."""
    match_id = request.form.get("match", type=int)
    return match_id if match_id in {match.id for match in found.matches} else abort(404)


def _by(found: mine.MyRequest) -> Actor:
    return Actor(found.row.person_id, Channel.LINK)
