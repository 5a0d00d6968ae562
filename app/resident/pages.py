"""Following a request by the link in the mail: how it stands, yes or no to a volunteer, pause and withdraw."""

from flask import abort, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.account.messages import choose
from app.buttons import pressed
from app.extensions import ctx
from app.links import Purpose
from app.models import Channel
from app.outcomes import outcome_page
from app.permissions import LINK, permit
from app.resident.changing import changeable
from app.resident.door import by, found, read, resident
from app.resident.forms import urgencies
from app.resident.story import story
from app.services import matches, mine, posting, stale, wishes
from app.services.events import Actor
from app.services.telling import about_words
from matching.lifecycle import NEED_MOVES, MatchState, MoveNotAllowed, NeedState, Side

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
    possible = MOVES[move] in NEED_MOVES[state] and (move != "resume" or (state is NeedState.PAUSED and here.row.held_at is None))
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


@resident.route("/request/<token>/how/<int(max=2147483647):match_id>", methods=["GET", "POST"])
@permit(LINK)
def how(token: str, match_id: int) -> ResponseReturnValue:
    """What came of a volunteer's help."""
    here = read(token)
    match = _match(here, match_id)
    address, back = url_for("resident.how", token=token, match_id=match_id), url_for("resident.my_request", token=token)
    return outcome_page(match, Side.RESIDENT, address, back, by(here))


@resident.post("/request/<token>/still-needed")
@permit(LINK)
def still_needed(token: str) -> ResponseReturnValue:
    here = read(token)
    if stale.still_needed(ctx(), here.row.id, by(here)):
        flash(_("Thank you. We go on looking for somebody."))
    else:
        flash(_("This has changed meanwhile. Here is how things stand now."))
    return redirect(url_for("resident.my_request", token=token), 303)


@resident.route("/request/<token>/let-go/<int(max=2147483647):match_id>", methods=["GET", "POST"])
@permit(LINK)
def let_go(token: str, match_id: int) -> ResponseReturnValue:
    """The volunteer who was agreed on should not come after all."""
    here = read(token)
    match = _match(here, match_id)
    if request.method != "POST" and match.state is MatchState.AGREED:
        return render_template("resident/let_go.html", match=match, token=token)
    if request.method == "POST":
        became = matches.let_go(ctx(), match_id, by(here), pressed("because", matches.OTHER_TIME, matches.SOMEBODY_ELSE))
        if became is matches.Answer.DECLINED:
            flash(_("We have told the volunteer, and look for somebody else."))
        else:
            flash(_("This has changed meanwhile. Here is how things stand now."))
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
    match = mine.one_match(ctx(), match_id, "resident") or abort(404)
    g.about = about_words(match.resident_id, match_id=match_id)
    if request.method == "POST":
        matches.resident_answers(ctx(), match_id, word == "yes", Actor(match.resident_id, Channel.LINK))
        return redirect(url_for("resident.agree", word=word, token=token), 303)
    asks = match.state is MatchState.ACCEPTED
    my_request = url_for("resident.my_request", token=ctx().links.token(Purpose.MY_REQUEST, match.need_id))
    return render_template("resident/agree.html", match=match, yes=word == "yes", asks=asks, token=token, my_request=my_request)


def _match_of(here: mine.MyRequest) -> int:
    """The match that a button stands for."""
    return _match(here, request.form.get("match", type=int)).id


def _match(here: mine.MyRequest, match_id: int | None) -> mine.MyMatch:
    """A match of this request, nobody else's."""
    return next((match for match in here.matches if match.id == match_id), None) or abort(404)
