"""Following a request by the link in the mail: how it stands, yes or no to a volunteer, pause and withdraw."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.account.messages import choose
from app.buttons import pressed
from app.extensions import ctx
from app.links import Purpose
from app.models import Channel
from app.permissions import LINK, permit
from app.resident.changing import changeable
from app.resident.door import by, found, read, resident
from app.resident.forms import urgencies
from app.resident.story import story
from app.services import matches, mine, posting, wishes
from app.services.events import Actor
from matching.lifecycle import NEED_MOVES, MatchState, MoveNotAllowed, NeedState

MOVES = {"pause": NeedState.PAUSED, "resume": NeedState.OPEN, "withdraw": NeedState.WITHDRAWN}


@resident.route("/confirm/request/<token>", methods=["GET", "POST"])
@permit(LINK)
def confirm(token: str) -> ResponseReturnValue:
    need_id, _stamp = ctx().links.read(Purpose.CONFIRM_NEED, token)
    here = found(need_id)
    if request.method == "POST":
        posting.confirm_need(ctx(), need_id, by(here))
    elif here.row.state == NeedState.UNCONFIRMED:
        return render_template("resident/confirm.html", row=here.row, token=token)
    return redirect(url_for("resident.my_request", token=ctx().links.token(Purpose.MY_REQUEST, need_id)), 303)


@resident.get("/request/<token>")
@permit(LINK)
def my_request(token: str) -> ResponseReturnValue:
    here = read(token)
    return render_template(
        "resident/my_request.html", need=here.row, matches=here.matches, steps=story(here), token=token, may_change=changeable(here),
        urgencies=urgencies(),
    )  # fmt: skip


@resident.route("/request/<token>/<any(pause, resume, withdraw):move>", methods=["GET", "POST"])
@permit(LINK)
def move_request(token: str, move: str) -> ResponseReturnValue:
    """Pause, resume or withdraw. A page asks whether that is really meant; a replay changes nothing."""
    here = read(token)
    state = NeedState(here.row.state)
    possible = MOVES[move] in NEED_MOVES[state] and (move != "resume" or state is NeedState.PAUSED)
    if request.method != "POST" and possible:
        return render_template("resident/sure.html", row=here.row, move=move, token=token)
    if request.method != "POST" or not _moved(here, move):
        flash(_("This has changed meanwhile. Here is how things stand now."))
    return redirect(url_for("resident.my_request", token=token), 303)


def _moved(here: mine.MyRequest, move: str) -> bool:
    try:
        posting.move_need(ctx(), here.row.id, MOVES[move], by(here))
    except MoveNotAllowed:
        return False
    return True


@resident.post("/request/<token>/answer")
@permit(LINK)
def answer(token: str) -> ResponseReturnValue:
    """Yes or no to a volunteer who accepted."""
    here = read(token)
    matches.resident_answers(ctx(), _match_of(here), pressed("answer", "yes", "no") == "yes", by(here))
    return redirect(url_for("resident.my_request", token=token), 303)


@resident.post("/request/<token>/outcome")
@permit(LINK)
def outcome(token: str) -> ResponseReturnValue:
    """What came of a volunteer's help."""
    here = read(token)
    matches.close(ctx(), _match_of(here), pressed("outcome", "done", "not_done"), by(here))
    flash(_("Thank you for telling us."))
    return redirect(url_for("resident.my_request", token=token), 303)


@resident.route("/request/<token>/messages", methods=["GET", "POST"])
@permit(LINK)
def choose_messages(token: str) -> ResponseReturnValue:
    here = read(token)
    choices = wishes.of_person(ctx(), here.row.person_id) or abort(404)
    return choose(choices, by(here), url_for("resident.choose_messages", token=token), url_for("resident.my_request", token=token))


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


def _match_of(here: mine.MyRequest) -> int:
    """The match that a button stands for: one of this request, nobody else's."""
    match_id = request.form.get("match", type=int)
    return match_id if match_id in {match.id for match in here.matches} else abort(404)
