"""Writing a state: the one place that does. The row is locked, the move is declared, and it is written down with actor and reason.

Rows are locked in one order everywhere (needs, then offers, then matches, whose lock holds for their visits), so that answers that race
wait for each other.
"""

from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from app.models import Match, Need, Offer, Visit
from app.services.events import Actor, record
from matching.lifecycle import LIVE, MatchState, NeedState, OfferState, State, VisitState, check

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
    """A match with both sides, rows locked in the order need, offers, match. Raises ``LookupError``.

    All offers that are asked for the need are locked, in one order: where this match takes the last place, the others are let go, and two
    needs that ask the same volunteers would else wait for each other.
    """
    ids = session.execute(select(Match.need_id, Match.offer_id).where(Match.id == match_id)).one_or_none()
    if ids is None:
        raise LookupError(match_id)
    lock_need(session, ids.need_id)
    asked = select(Match.offer_id).where(Match.need_id == ids.need_id, Match.state.in_(LIVE))
    session.execute(select(Offer.id).where(or_(Offer.id == ids.offer_id, Offer.id.in_(asked))).order_by(Offer.id).with_for_update())
    session.execute(select(Match.id).where(Match.id == match_id).with_for_update())
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
