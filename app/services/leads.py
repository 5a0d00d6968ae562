"""Who is in charge of what is reported: agents named by an administrator, for the whole city or a territory. Nobody else reads incidents,
not even an administrator who has not named themselves."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Row, func, or_, select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import OVERSEE, Incident, IncidentState, Need, Person, Role, SafetyLead, Territory
from app.services.events import Actor, record
from app.services.places import territories
from app.services.sight import EVERYTHING, NOTHING, Sight

MOST = 200


def all_leads(ctx: Context) -> Sequence[Row[*tuple[object, ...]]]:
    """Columns: id, person_id, name, place; by name."""
    with ctx.db.read() as session:
        rows = session.execute(
            select(SafetyLead.id, SafetyLead.person_id, Person.name, Territory.name.label("place"))
            .join(Person, Person.id == SafetyLead.person_id)
            .outerjoin(Territory, Territory.id == SafetyLead.territory_id)
            .limit(MOST)
        ).all()
    return sorted(rows, key=lambda row: (row.name, row.place or ""))  # names lie sealed


def add(ctx: Context, person_id: int, territory_id: int | None, by: Actor) -> bool:
    """``False`` where it is so already, or there are :data:`MOST`."""
    with ctx.db.write() as session:
        there = session.execute(select(SafetyLead.person_id, SafetyLead.territory_id)).all()
        if (person_id, territory_id) in there or len(there) >= MOST:
            return False
        session.add(SafetyLead(person_id=person_id, territory_id=territory_id))
        record(session, "lead_named", ctx.now(), by, person_id=person_id, territory_id=territory_id)
        return True


def take_out(ctx: Context, named_id: int, by: Actor) -> int:
    """How many open reports nobody would read any more: it is done only where there are none."""
    with ctx.db.write() as session:
        lead, before = session.get(SafetyLead, named_id), _unread(session)
        if lead is None:
            return 0
        record(session, "lead_taken_out", ctx.now(), by, person_id=lead.person_id, territory_id=lead.territory_id)
        session.delete(lead)
        session.flush()
        left = _unread(session) - before
        if left:
            session.rollback()
        return left


def take_out_all(session: Session, person_id: int, now: datetime, by: Actor) -> bool:
    """Wherever somebody is in charge, who no longer works for the city; ``False`` where open reports would be read by nobody any more."""
    theirs = session.scalars(select(SafetyLead).where(SafetyLead.person_id == person_id)).all()
    before = _unread(session) if theirs else 0
    for lead in theirs:
        record(session, "lead_taken_out", now, by, person_id=person_id, territory_id=lead.territory_id)
        session.delete(lead)
    session.flush()
    return not theirs or _unread(session) <= before


def _unread(session: Session) -> int:
    lie_open = select(Need.territory_id, func.count()).join(Incident, Incident.need_id == Need.id)
    there = session.execute(lie_open.where(Incident.state != IncidentState.CLOSED).group_by(Need.territory_id)).all()
    return sum(number for territory_id, number in there if not to_tell(session, territory_id)[0])


def sight_of(ctx: Context, person: Person) -> Sight:
    """Whose incidents somebody reads: those of requests in these territories. Whoever is no lead sees nothing."""
    if person.role not in OVERSEE:
        return NOTHING
    with ctx.db.read() as session:
        named = session.scalars(select(SafetyLead.territory_id).where(SafetyLead.person_id == person.id)).all()
        if not named:
            return NOTHING
        return EVERYTHING if None in named else Sight(territories(session).below([i for i in named if i is not None]))


def somebody(ctx: Context, need_id: int) -> bool:
    """Whether somebody is in charge where this request is for."""
    with ctx.db.read() as session:
        return to_tell(session, session.get_one(Need, need_id).territory_id)[0]


def to_tell(session: Session, territory_id: int | None) -> tuple[bool, Sequence[Person]]:
    """Whether somebody is in charge there, and who is told: they, or else all administrators."""
    above = territories(session).upward(territory_id)
    here = or_(SafetyLead.territory_id.is_(None), SafetyLead.territory_id.in_(above))
    # A place that nobody has found yet belongs to all.
    named = select(SafetyLead.person_id).where(here) if territory_id else select(SafetyLead.person_id)
    found = session.scalars(select(Person).where(Person.id.in_(named), Person.role.in_(OVERSEE)).order_by(Person.id)).all()
    if found:
        return True, found
    return False, session.scalars(select(Person).where(Person.role == Role.ADMINISTRATOR, Person.account).order_by(Person.id)).all()
