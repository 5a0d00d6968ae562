"""One question, "did it take place?", as the page that both sides of a match answer it on: by link, signed in, or through an agent."""

from typing import Literal

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.buttons import pressed
from app.extensions import ctx
from app.forms import Form, needed
from app.free_text import FreeTextField
from app.services import closing
from app.services.closing import Became, Said
from app.services.events import Actor
from app.services.mine import MyMatch
from matching.lifecycle import MatchState, Side

BECAUSE = ("absent", "no_time", "no_need", "other")
"""What kept them: nobody came, no time suited both, it was no longer needed, something else."""
SAID = {
    Became.WRITTEN: _l("Thank you for telling us."),
    Became.DIFFERS: _l("Thank you for telling us. We heard otherwise, so somebody from the town hall will call you."),
    Became.OVER: _l("This has changed meanwhile. Here is how things stand now."),
}


class HowForm(Form):
    words = FreeTextField(
        _l("How was it?"), [needed(_l("Write a few words, or leave this page."))], rules=["card", "code", "contact", "young", "health"],
        leave=_l("Leave it as it is: the town hall should read this"),
        description=_l("Only the coordinators of the town hall read this."),
    )  # fmt: skip


def outcome_page(match: MyMatch, side: Literal[Side.RESIDENT, Side.VOLUNTEER], here: str, back: str, by: Actor) -> ResponseReturnValue:
    """``here`` is the address of the page, ``back`` where it leads afterwards."""
    form = HowForm()
    if request.method == "POST" and "said" in request.form:
        return redirect(back if _say(match.id, side, by) is Became.OVER else here, 303)
    if form.validate_on_submit() and closing.add_words(ctx(), match.id, side, form.words.data, by):
        flash(_("Thank you. The coordinators of the town hall read it."))
        return redirect(back, 303)
    mine = closing.said_by(ctx(), match.id, side)
    once_more = mine is not None and mine.said == Said.GOING_ON and "again" in request.args
    asks = match.state in (MatchState.AGREED, MatchState.CLOSED) and (mine is None or (match.state is MatchState.AGREED and once_more))
    shown = render_template(
        "outcome.html", match=match, side=side, here=here, back=back, form=form, mine=mine, asks=asks, over=mine is None and not asks,
        not_done=request.args.get("said") == Said.NOT_DONE,
    )  # fmt: skip
    return shown, 422 if form.errors else 200


def _say(match_id: int, side: Side, by: Actor) -> Became:
    said = Said(pressed("said", *Said))
    because = pressed("because", *BECAUSE) if said is Said.NOT_DONE else None
    again = request.form.get("again") != "no"
    became = closing.say(ctx(), match_id, side, said, by, because=because, again=again)
    flash(str(SAID[became]))
    return became
