"""Choosing the volunteer for a request by hand: asking, writing down what was agreed, pinning and forbidding a pair."""

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.buttons import pressed
from app.coordination.door import ID, by_phone, coordination
from app.coordination.lists import whole
from app.extensions import ctx
from app.identity import actor
from app.permissions import COORDINATE, permit
from app.services import by_hand
from app.services.by_hand import Became

LONGEST = 500
TOO_LONG = _l("The reason is longer than %(most)s characters. Shorten it: nothing is done yet, and what you wrote is still there.")
NO_NUMBER = _l("Write the number of the volunteer’s offer, for example 12. It stands on the offer’s page and in the list of offers.")
SAID = {
    Became.WHY: _l("By the rules this volunteer would not be asked for this. Write why you do it all the same."),
    Became.OFF_DUTY: _l("This volunteer is off duty. Call them: they may come back on duty."),
    Became.BUSY: _l("This volunteer helps as many at once as they can."),
    Became.NOT_APPROVED: _l("This volunteer is not approved yet."),
    Became.NO_OFFER: _l("There is no such offer, or it is not on the map yet."),
    Became.ROOM: _l("This volunteer has gone off duty, or helps somebody else, since you looked."),
    Became.ASKED: _l("This volunteer is asked already: what they say is written down on the page of that match."),
    Became.FROZEN: _l("This volunteer is not to be asked at the moment."),
    Became.NEVER: _l("These two are not to be brought together."),
    Became.OVER: _l("This has changed meanwhile. Here is how things stand now."),
}
DONE = {
    "ask": _l("The volunteer is asked. Whoever has no e-mail is now a call to make."),
    "agreed": _l("Written down: both agreed. Whoever has no e-mail is now a call to make."),
    "pin": _l("This volunteer is asked before all others, as soon as they can be."),
    "unpin": _l("Nobody is asked before all others any more."),
    "forbid": _l("These two are not brought together any more."),
    "allow": _l("These two may be brought together again."),
}


@coordination.post(f"/needs/<{ID}:need_id>/volunteers")
@permit(COORDINATE)
def choose(need_id: int) -> ResponseReturnValue:
    """What an agent decides about a volunteer (``offer``) and this request; ``because`` is needed where the rules say no."""
    what = pressed("do", *DONE)
    if what == "unpin":
        became = by_hand.pin(ctx(), need_id, None, actor())
    else:
        offer_id, because = whole("".join(re.findall(r"[0-9]", request.form.get("offer", "")))), _because()
        if offer_id is None or len(because) > LONGEST:
            return _again(need_id, what, offer_id, because)
        if what == "forbid" and "sure" not in request.form:
            return _sure_never(need_id, {"do": what, "offer": offer_id, "sure": "yes"})
        if what == "agreed" and "sure" not in request.form:
            became = by_hand.may_agree(ctx(), need_id, offer_id, because)
            if became is Became.DONE:
                return _sure(need_id, {"do": what, "offer": offer_id, "because": because, "sure": "yes"})
        else:
            became = _decide(what, need_id, offer_id, because)
    flash(str(DONE[what] if became is Became.DONE else SAID[became]))
    return redirect(url_for("coordination.need", need_id=need_id, _anchor="volunteers"), 303)


def _because() -> str:
    return "".join(c for c in request.form.get("because", "") if c.isprintable()).strip()


def _again(need_id: int, what: str, offer_id: int | None, because: str) -> ResponseReturnValue:
    """What was written is still there, to be mended."""
    sentence = TOO_LONG % {"most": LONGEST} if offer_id else NO_NUMBER
    given = {"what": what, "offer": offer_id, "because": because}
    return render_template("coordination/because.html", need_id=need_id, sentence=sentence, **given), 422


def _sure(need_id: int, fields: dict[str, Any]) -> str:
    return render_template(
        "sure.html", title=_("Have both agreed?"), go=_("Yes, both have agreed"), kind="", address=request.path, fields=fields,
        sentence=_("Both get each other’s name and phone number at once, and the volunteer the address. This cannot be undone."),
        back=url_for("coordination.need", need_id=need_id, _anchor="volunteers"),
    )  # fmt: skip


def _sure_never(need_id: int, fields: dict[str, Any]) -> str:
    return render_template(
        "sure.html", title=_("Never bring these two together?"), go=_("Yes, never"), kind="danger", address=request.path, fields=fields,
        sentence=_("It holds for all that both ever ask for or offer; nobody is told. It can be taken back on the page of this request."),
        back=url_for("coordination.need", need_id=need_id, _anchor="volunteers"),
    )  # fmt: skip


def _decide(what: str, need_id: int, offer_id: int, because: str) -> Became:
    if what == "ask":
        return by_hand.ask(ctx(), need_id, offer_id, because, actor())
    if what == "agreed":
        return by_hand.agreed(ctx(), need_id, offer_id, because, by_phone())
    if what == "pin":
        return by_hand.pin(ctx(), need_id, offer_id, actor())
    decide = by_hand.forbid if what == "forbid" else by_hand.allow
    return Became.DONE if decide(ctx(), need_id, offer_id, actor()) else Became.OVER
