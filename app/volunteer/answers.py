"""A volunteer's answer by the link in the mail: a page with one button; only the button decides, since mail scanners follow links."""

from flask import Blueprint, abort, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.buttons import pressed
from app.extensions import ctx
from app.links import Purpose
from app.models import Channel
from app.outcomes import outcome_page
from app.permissions import LINK, permit
from app.services import matches, mine, reasons, silence
from app.services.events import Actor
from app.services.reasons import Because
from app.services.telling import about_words
from matching.lifecycle import MatchState, Side

answers = Blueprint("answers", __name__, template_folder="templates")


@answers.route("/answer/<any(yes, no):word>/<token>", methods=["GET", "POST"])
@permit(LINK)
def answer(word: str, token: str) -> ResponseReturnValue:
    match_id, _stamp = ctx().links.read(Purpose.VOLUNTEER_YES if word == "yes" else Purpose.VOLUNTEER_NO, token)
    match = mine.one_match(ctx(), match_id) or abort(410)
    g.about = about_words(match.volunteer_id, match_id=match_id)
    if request.method == "POST":
        matches.volunteer_answers(ctx(), match_id, word == "yes", Actor(match.volunteer_id, Channel.LINK))
        return redirect(url_for("answers.answer", word=word, token=token), 303)
    late = match.state is MatchState.PROPOSED and ctx().now() > match.deadline_at
    asks = match.state is MatchState.PROPOSED and not late
    return render_template(
        "volunteer/answer.html", match=match, yes=word == "yes", asks=asks, late=late, token=token,
        may_tell=reasons.may_tell(match, ctx().now()),
    )  # fmt: skip


@answers.post("/answer/no/<token>/why")
@permit(LINK)
def why(token: str) -> ResponseReturnValue:
    """A reason for the no, if they like."""
    match_id, _stamp = ctx().links.read(Purpose.VOLUNTEER_NO, token)
    match = mine.one_match(ctx(), match_id) or abort(410)
    reasons.give_reason(ctx(), match_id, Because(pressed("because", *Because)), Actor(match.volunteer_id, Channel.LINK))
    return redirect(url_for("answers.answer", word="no", token=token), 303)


@answers.route("/how/<token>", methods=["GET", "POST"])
@permit(LINK)
def how(token: str) -> ResponseReturnValue:
    """What came of it, by the link in the mail."""
    match_id, _stamp = ctx().links.read(Purpose.HOW_IT_WENT, token)
    match = mine.one_match(ctx(), match_id) or abort(410)
    by = Actor(match.volunteer_id, Channel.LINK)
    return outcome_page(match, Side.VOLUNTEER, url_for("answers.how", token=token), url_for("my_page.show"), by)


@answers.route("/still-helping/<token>", methods=["GET", "POST"])
@permit(LINK)
def still_helping(token: str) -> ResponseReturnValue:
    """Somebody who was silent for long still wants to help."""
    offer_id, _stamp = ctx().links.read(Purpose.STILL_HELPING, token)
    person_id = silence.whose(ctx(), offer_id) or abort(410)
    g.about = about_words(person_id, offer_id=offer_id)
    if request.method == "POST":
        silence.still_helping(ctx(), offer_id, Actor(person_id, Channel.LINK))
    return render_template("volunteer/still_helping.html", said=request.method == "POST")
