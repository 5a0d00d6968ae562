"""What an agent does about visits for one of the two sides, on the phone: the pages of :mod:`app.visits`."""

from flask.typing import ResponseReturnValue

from app.coordination.door import ID, by_phone, coordination
from app.permissions import CALL, permit
from app.visits import pages
from app.visits.door import by_agent

HERE = f"/matches/<{ID}:match_id>/visits/<any(resident, volunteer):side>"


@coordination.get(HERE)
@permit(CALL)
def visits_show(match_id: int, side: str) -> ResponseReturnValue:
    return pages.shown(by_agent(match_id, side, by_phone()))


@coordination.route(f"{HERE}/<{pages.VISIT}>/move", methods=["GET", "POST"])
@permit(CALL)
def visits_move(match_id: int, side: str, visit_id: int) -> ResponseReturnValue:
    return pages.moved(by_agent(match_id, side, by_phone()), visit_id)


@coordination.route(f"{HERE}/<{pages.VISIT}>/<{pages.WHAT}>", methods=["GET", "POST"])
@permit(CALL)
def visits_say(match_id: int, side: str, visit_id: int, what: str) -> ResponseReturnValue:
    return pages.said(by_agent(match_id, side, by_phone()), visit_id, what)


@coordination.route(f"{HERE}/away", methods=["GET", "POST"])
@permit(CALL)
def visits_away(match_id: int, side: str) -> ResponseReturnValue:
    return pages.gone(by_agent(match_id, side, by_phone()))
