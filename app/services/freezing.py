"""A volunteer of whom something was reported: what waits for an answer is taken back, and nothing new is asked until somebody in charge
has decided. What was agreed stays, for the lead to decide."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.models import Match, Need, Offer, Person
from app.services.ending import end_matches_of
from app.services.events import SYSTEM, Actor, record
from app.services.local import local
from app.services.people import own_page
from app.services.telling import tell
from matching.lifecycle import LIVE, MatchState
from notifications.messages import VolunteerBack, VolunteerPaused


def freeze(session: Session, ctx: Context, person: Person, territory_id: int | None, now: datetime) -> None:
    """Twice is once. Nobody is named as the one who caused it: neither to the volunteer nor in a timeline."""
    if person.frozen_at is not None:
        return
    take_back(session, ctx, person, now, SYSTEM)
    person.frozen_at = person.changed_at = now
    session.flush()
    session.execute(update(Offer).where(Offer.person_id == person.id).values(changed_at=now))
    # The rows are ours now: a proposal that claimed one just before is seen, and no later one can (``proposing.claim``).
    take_back(session, ctx, person, now, SYSTEM)
    record(session, "volunteer_frozen", now, SYSTEM, person_id=person.id)
    message = VolunteerPaused(person.first_name, local(session, ctx, territory_id).phone)
    tell(session, ctx, person, message, now, once=now.isoformat())


def take_back(session: Session, ctx: Context, person: Person, now: datetime, by: Actor) -> None:
    """End what somebody was asked and has not agreed with the other side; the requests are looked at again at once."""
    own = select(Offer).where(Offer.person_id == person.id).options(joinedload(Offer.person)).order_by(Offer.id)
    needs = select(Match.need_id).join(Match.offer).where(Offer.person_id == person.id, Match.state.in_(LIVE))
    session.execute(select(Need.id).where(Need.id.in_(needs)).order_by(Need.id).with_for_update())
    for offer in session.scalars(own).all():
        end_matches_of(session, ctx, now, by, "frozen", offer=offer, keep=[MatchState.AGREED])


def unfreeze(session: Session, ctx: Context, person: Person, now: datetime, by: Actor) -> None:
    person.frozen_at, person.changed_at = None, now
    session.execute(update(Offer).where(Offer.person_id == person.id).values(changed_at=now))
    record(session, "volunteer_unfrozen", now, by, person_id=person.id)
    tell(session, ctx, person, VolunteerBack(person.first_name, own_page(ctx, person)), now, once=now.isoformat())
