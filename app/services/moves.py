"""Writing a state: the one place that does. The row is locked, the move is declared, and it is written down with actor and reason.

Rows are locked in one order everywhere (needs, then offers, then matches, whose lock holds for their visits), so that answers that race
wait for each other.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.models import Match, Need, Offer, Visit
from app.services.events import Actor, record
from matching.lifecycle import MatchState, NeedState, OfferState, State, VisitState, check

Thing = Need | Offer | Match | Visit
STATES: dict[type[Thing], type[State]] = {Need: NeedState, Offer: OfferState, Match: MatchState, Visit: VisitState}


def move(session: Session, thing: Thing, there: State, now: datetime, by: Actor, why: str) -> None:
    """``thing`` becomes ``there``. Raises ``MoveNotAllowed`` for what is not declared in :mod:`matching.lifecycle`."""
    check(STATES[type(thing)](thing.state), there, why)
    thing.state = there
    if isinstance(thing, Match):
        about = {"match_id": thing.id, "need_id": thing.need_id, "offer_id": thing.offer_id}
        why = thing.because or why
    elif isinstance(thing, Visit):
        about = {"match_id": thing.match_id}
    else:
        thing.changed_at = now  # the worker's index follows it
        about = {f"{thing.__tablename__}_id": thing.id}
    record(session, f"{thing.__tablename__}_{there}", now, by, reason=why, **about)


def lock_need(session: Session, need_id: int) -> Need | None:
    """A need with its person, its row locked until the end of the transaction."""
    return session.scalar(
        select(Need)
        .where(Need.id == need_id)
        .options(joinedload(Need.person, innerjoin=True))
        .with_for_update(of=Need)
        .execution_options(populate_existing=True)
    )


def lock_match(session: Session, match_id: int) -> Match:
    """A match with both sides, rows locked in the order need, offer, match. Raises ``LookupError``."""
    ids = session.execute(select(Match.need_id, Match.offer_id).where(Match.id == match_id)).one_or_none()
    if ids is None:
        raise LookupError(match_id)
    lock_need(session, ids.need_id)
    fresh = {"populate_existing": True}
    session.scalar(select(Offer).where(Offer.id == ids.offer_id).with_for_update().execution_options(**fresh))
    session.scalar(select(Match).where(Match.id == match_id).with_for_update().execution_options(**fresh))
    return session.get_one(
        Match, match_id, populate_existing=True,
        options=[joinedload(Match.need).joinedload(Need.person), joinedload(Match.offer).joinedload(Offer.person)],
    )  # fmt: skip


def lock_visit(session: Session, visit_id: int) -> Visit:
    """A visit with its match and both sides, their rows locked. Raises ``LookupError``."""
    match_id = session.scalar(select(Visit.match_id).where(Visit.id == visit_id))
    if match_id is None:
        raise LookupError(visit_id)
    match = lock_match(session, match_id)
    visit = session.get_one(Visit, visit_id, populate_existing=True)
    visit.match = match
    return visit
