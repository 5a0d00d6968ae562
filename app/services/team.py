"""Who does what: the agents' accounts, their territories, and giving and taking them. Roles: :mod:`app.services.staff`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.orm import aliased

from app.context import Context
from app.models import OVERSEE, STAFF, Event, Person, PersonTerritory, Role, SafetyLead, Territory
from app.services.events import Actor, record
from app.services.lists import PAGE_SIZE, Page, page_number
from app.services.sessions import end_all
from app.services.staff import agent

LIMITED = tuple(role for role in OVERSEE if role != Role.ADMINISTRATOR)
"""Whoever has one of these sees what they were given."""
WHOLE_CITY = None
"""In place of a territory's id."""
GIVEN, TAKEN = "territory_given", "territory_taken"
PAST = (
    GIVEN, TAKEN, "user_added", "role_given", "role_taken", "lead_named", "lead_taken_out", "invited_again", "second_factor_reset",
    "sessions_ended",
)  # fmt: skip
"""What the page of an agent tells of them."""


def team(ctx: Context, number: int) -> Page:
    """One page of the agents, the first made first. Columns: id, name, role, whole_city, areas (names, or ``None``), invited (they have
    not chosen a password yet)."""
    areas = select(func.aggregate_strings(Territory.name, ", ")).join(PersonTerritory).where(PersonTerritory.person_id == Person.id)
    rows = select(Person.id, Person.name, Person.role, Person.whole_city, areas.scalar_subquery().label("areas"))
    rows = rows.add_columns(Person.password_hash.is_(None).label("invited"))
    staff = (Person.role.in_(STAFF), Person.account)
    with ctx.db.read() as session:
        total = session.scalar(select(func.count(Person.id)).where(*staff)) or 0
        number = page_number(number, total)
        found = session.execute(rows.where(*staff).order_by(Person.id).limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all()
    return Page(found, total, number)


@dataclass(frozen=True)
class Member:
    """``theirs`` and ``others``: the territories that they oversee and all others. Columns: id, name, kind. ``past``: what changed, the
    latest first. Columns: at, kind, agent, territory (``None``: the whole city, or one that is gone, whose name is the reason), reason.
    ``leads``: where they are in charge of safety, which stays with them whatever else is taken away; ``None`` for the whole city."""

    person: Person
    theirs: Sequence[Row[*tuple[Any, ...]]]
    others: Sequence[Row[*tuple[Any, ...]]]
    past: Sequence[Row[*tuple[Any, ...]]]
    leads: Sequence[str | None]


def member(ctx: Context, person_id: int) -> Member | None:
    """An agent; ``None`` for anybody else."""
    by = aliased(Person)
    with ctx.db.read() as session:
        person = agent(session, person_id)
        if person is None:
            return None
        own = set(session.scalars(select(PersonTerritory.territory_id).where(PersonTerritory.person_id == person_id)))
        rows = session.execute(select(Territory.id, Territory.name, Territory.kind).order_by(Territory.name)).all()
        past = session.execute(
            select(Event.at, Event.kind, by.name.label("agent"), Territory.name.label("territory"), Event.reason)
            .outerjoin(by, by.id == Event.actor_id)
            .outerjoin(Territory, Territory.id == Event.territory_id)
            .where(Event.person_id == person_id, Event.kind.in_(PAST))
            .order_by(Event.id.desc())
            .limit(PAGE_SIZE)
        ).all()
        places = select(Territory.name).select_from(SafetyLead).outerjoin(Territory, Territory.id == SafetyLead.territory_id)
        leads = session.scalars(places.where(SafetyLead.person_id == person_id).order_by(Territory.name)).all()
        return Member(person, [row for row in rows if row.id in own], [row for row in rows if row.id not in own], past, leads)


def give(ctx: Context, person_id: int, territory_id: int | None, by: Actor) -> bool:
    """Let an agent see a territory and all below it, or the whole city. ``False``: there is no such one, or it is theirs already."""
    return _change(ctx, person_id, territory_id, True, by)


def take(ctx: Context, person_id: int, territory_id: int | None, by: Actor) -> bool:
    """The other way round."""
    return _change(ctx, person_id, territory_id, False, by)


def _change(ctx: Context, person_id: int, territory_id: int | None, given: bool, by: Actor) -> bool:
    now = ctx.now()
    with ctx.db.write() as session:
        person = agent(session, person_id, lock=True)
        if person is None or person.role not in LIMITED:
            return False
        if territory_id is WHOLE_CITY:
            has = person.whole_city
            person.whole_city = given
        else:
            row = session.get(PersonTerritory, (person_id, territory_id))
            has = row is not None
            if given and not has:
                if session.get(Territory, territory_id) is None:
                    return False
                session.add(PersonTerritory(person_id=person_id, territory_id=territory_id))
            elif row and not given:
                session.delete(row)
        if has == given:
            return False
        person.changed_at = now
        end_all(session, person_id, now)
        record(session, GIVEN if given else TAKEN, now, by, person_id=person_id, territory_id=territory_id)
        return True
