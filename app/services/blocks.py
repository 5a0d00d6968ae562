"""Who is never to be brought together with whom: since one of the two or an agent said so, or since something was reported. It holds
both ways, for all posts of both, and is shown to nobody."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.models import Block, Incident, Person
from app.services.events import SYSTEM, Actor
from app.services.people import OWN, identities


def block(session: Session, person_id: int, other_id: int, now: datetime, by: Actor = SYSTEM) -> None:
    """From now on these two are not brought together; a second time changes nothing. ``by`` is the agent who says so, if it is one."""
    if session.scalar(select(Block.id).where(Block.person_id == person_id, Block.other_id == other_id)) is None:
        session.add(Block(person_id=person_id, other_id=other_id, created_at=now, by_id=by.person_id))


def blocked_of(session: Session, people: Collection[Person]) -> Mapping[int, frozenset[str]]:
    """The identities of all whom these people are not to meet, by person, in two queries however many they are.

    Somebody without account is a person of its own for each request: what holds for one of them holds for all.
    """
    names = {name for person in people for name in identities(person)}
    same = or_(Person.id.in_([person.id for person in people]), Person.email_index.in_(names), Person.phone_index.in_(names))
    themselves = select(select(Person.id).where(same).cte("themselves").c.id)

    def pairs(one: InstrumentedAttribute[Any], other: InstrumentedAttribute[Any]) -> Select[tuple[int, int]]:
        return select(one, other).where(other.is_not(None), or_(one.in_(themselves), other.in_(themselves)))

    apart = pairs(Incident.reporter_id, Incident.about_id).where(Incident.apart)
    blocks = session.execute(pairs(Block.person_id, Block.other_id).union(apart)).all()
    if not blocks:
        return dict.fromkeys((person.id for person in people), frozenset())
    named = _named(session, {person_id for pair in blocks for person_id in pair})
    refused: dict[str, set[str]] = defaultdict(set)
    for one, other in blocks:
        for name in named[one]:
            refused[name] |= named[other]
        for name in named[other]:
            refused[name] |= named[one]
    return {person.id: frozenset().union(*(refused[name] for name in identities(person) & refused.keys())) for person in people}


def not_blocked(session: Session, person_id: int) -> ColumnElement[bool]:
    """Those whom somebody may meet, in a query that joins their person."""
    names = blocked_of(session, [session.get_one(Person, person_id)])[person_id]
    ids = [int(name.removeprefix(OWN)) for name in names if name.startswith(OWN)]
    return ~or_(Person.id.in_(ids), *(func.coalesce(index, "").in_(names) for index in (Person.email_index, Person.phone_index)))


def _named(session: Session, ids: Collection[int]) -> dict[int, frozenset[str]]:
    rows = session.execute(select(Person.id, Person.email_index, Person.phone_index).where(Person.id.in_(ids)))
    return {row.id: identities(row) for row in rows}
