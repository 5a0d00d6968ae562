"""The question before somebody is erased: what goes, what stays, and what it may have to wait for. The same for all three doors."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from app.extensions import ctx
from app.services import erasing
from app.services.erasing import Waits
from app.services.events import Actor
from app.services.sight import EVERYTHING, Sight

# Of a report nobody learns by this: neither whom it is about nor another agent.
WAITS = {
    Waits.REPORT: _l("The town hall has to clarify something first, which says nothing against anybody. It is done by itself afterwards."),
    Waits.VISIT: _l("A visit is agreed for today. It is done by itself tonight."),
    Waits.AGENT: _l("This account is one of the town hall’s own: an administrator closes it."),
    Waits.ELSEWHERE: _l("This person has posts in areas that you do not oversee: a colleague who oversees the whole city can do it."),
}


def erase_page(
    person_id: int, here: str, back: str, by: Actor, done: ResponseReturnValue, *, agent: bool = False, sight: Sight = EVERYTHING
) -> ResponseReturnValue:
    """``here`` is the address of the page, ``back`` where "no" leads, ``done`` the answer once nothing is left."""
    if request.method == "POST" and erasing.erase(ctx(), person_id, by, "agent" if agent else "self", sight) is None:
        return done
    found = erasing.asked(ctx(), person_id, sight) or abort(404)
    return render_template(
        "erase.html", found=found, waits=WAITS[found.waits] if found.waits else "", later=found.waits in erasing.DONE_LATER,
        address=here, back=back, agent=agent,
    )  # fmt: skip
