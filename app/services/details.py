"""One need, offer, match or task for a coordinator: what is public with its timeline, and the exact data by a look that is recorded.

``None`` is the answer for what does not exist and for what lies outside the coordinator's territory alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, or_, select
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Event, Match, Need, Offer, Person, Role, Task, Territory
from app.services.events import Actor, record
from app.services.sight import Kind, Sight
from app.services.tasks import ENDS_BY_ITSELF

TIMELINE_LENGTH = 100


@dataclass(frozen=True)
class Detail:
    """``row`` has the thing's public columns. ``events`` come newest first; ``who`` says on which side an actor stands."""

    row: Row[*tuple[Any, ...]]
    events: Sequence[Row[*tuple[Any, ...]]]
    who: dict[int, str]
    matches: Sequence[Row[*tuple[Any, ...]]] = ()
    tasks: Sequence[Row[*tuple[Any, ...]]] = ()


@dataclass(frozen=True)
class Exact:
    """What a look shows: a person, their place and what they wrote. ``point`` is (lon, lat)."""

    person: Person
    address: str = ""
    point: tuple[float, float] | None = None
    details: str = ""
    on_behalf: tuple[str, str] | None = None
    words: str = ""


def may_see(ctx: Context, sight: Sight, kind: Kind, thing_id: int) -> bool:
    """Whether there is such a thing, in the coordinator's territory."""
    with ctx.db.read() as session:
        return session.scalar(select(sight.find(kind, thing_id).exists())) or False


def need(ctx: Context, sight: Sight, need_id: int) -> Detail | None:
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Need.id, Need.person_id, Need.category, Need.urgency, Need.state, Need.helpers_needed, Need.taken, Need.mode,
                Need.availability, Need.languages, Need.share_contact, Need.posted_by, Need.channel, Need.posted_at,
                Need.confirmed_at, Need.next_try_at, Need.reference, Need.exact_point.is_not(None).label("placed"),
                Person.contact, Territory.name.label("quartier"),
            )
            .join(Person, Person.id == Need.person_id)
            .outerjoin(Territory, Territory.id == Need.territory_id)
            .where(Need.id == need_id, sight.inside(Need.territory_id))
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        matches = _matches(session, Match.need_id == need_id)
        ids = [match.id for match in matches]
        events = _events(session, or_(Event.need_id == need_id, Event.match_id.in_(ids)))
        who = {match.volunteer_id: "volunteer" for match in matches} | {row.person_id: "resident"}
        return Detail(row, events, who, matches, _tasks(session, Task.need_id == need_id))


def offer(ctx: Context, sight: Sight, offer_id: int) -> Detail | None:
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Offer.id, Offer.person_id, Offer.categories, Offer.state, Offer.radius_m, Offer.capacity, Offer.taken, Offer.mode,
                Offer.availability, Offer.languages, Offer.posted_by, Offer.channel, Offer.created_at, Offer.confirmed_at,
                Offer.last_asked_at, Offer.reference, Offer.exact_point.is_not(None).label("placed"),
                Person.contact, Person.approved_at, Territory.name.label("quartier"),
            )
            .join(Person, Person.id == Offer.person_id)
            .outerjoin(Territory, Territory.id == Offer.territory_id)
            .where(Offer.id == offer_id, sight.inside(Offer.territory_id))
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        matches = _matches(session, Match.offer_id == offer_id)
        ids = [match.id for match in matches]
        own = and_(Event.person_id == row.person_id, Event.need_id.is_(None))
        events = _events(session, or_(Event.offer_id == offer_id, Event.match_id.in_(ids), own))
        who = {match.resident_id: "resident" for match in matches} | {row.person_id: "volunteer"}
        return Detail(row, events, who, matches, _tasks(session, Task.offer_id == offer_id))


def match(ctx: Context, sight: Sight, match_id: int) -> Detail | None:
    """Columns besides the match's: the need's category, urgency and hours, both quartiers, and whether each side's page may be opened."""
    there, here = aliased(Territory), aliased(Territory)
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Match.id, Match.need_id, Match.offer_id, Match.state, Match.mode, Match.distance_m, Match.proposed_at,
                Match.deadline_at, Match.accepted_at, Match.agreed_at, Match.closed_at, Match.outcome, Match.reason,
                Need.category, Need.urgency, Need.availability, Need.person_id.label("resident_id"),
                Offer.person_id.label("volunteer_id"), there.name.label("need_quartier"), here.name.label("offer_quartier"),
                sight.inside(Need.territory_id).label("need_seen"), sight.inside(Offer.territory_id).label("offer_seen"),
            )
            .join(Match.need)
            .join(Match.offer)
            .outerjoin(there, there.id == Need.territory_id)
            .outerjoin(here, here.id == Offer.territory_id)
            .where(Match.id == match_id, sight.of_match())
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        who = {row.volunteer_id: "volunteer", row.resident_id: "resident"}
        return Detail(row, _events(session, Event.match_id == match_id), who, (), _tasks(session, Task.match_id == match_id))


def task(ctx: Context, sight: Sight, task_id: int) -> Detail | None:
    """Columns: the task's, without its words, and the need's category, urgency and state."""
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Task.id, Task.kind, Task.reason, Task.need_id, Task.offer_id, Task.match_id, Task.created_at, Task.due_at, Task.closed_at,
                Task.person_id, Need.category, Need.urgency, Need.state.label("need_state"), Match.state.label("match_state"),
                Match.deadline_at, (Task.person_id == Offer.person_id).label("to_volunteer"), ENDS_BY_ITSELF.label("ends_by_itself"),
            )
            .outerjoin(Need, Need.id == Task.need_id)
            .outerjoin(Offer, Offer.id == Task.offer_id)
            .outerjoin(Match, Match.id == Task.match_id)
            .where(Task.id == task_id, sight.of_task())
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        return Detail(row, _events(session, Event.task_id == task_id), {})


def look(ctx: Context, sight: Sight, kind: type[Need] | type[Offer] | type[Task], thing_id: int, reason: str, by: Actor) -> Exact | None:
    """The exact data of a post or a task; that it was looked at, by whom and why, is written down in the same transaction."""
    now = ctx.now()
    with ctx.db.write() as session:
        thing = session.scalar(sight.find(kind, thing_id))
        person = session.get(Person, thing.person_id) if thing is not None and thing.person_id else None
        if thing is None or person is None:
            return None
        record(session, "looked_at", now, by, reason=reason, person_id=person.id, **{f"{_name(kind)}_id": thing.id})
        if isinstance(thing, Task):
            return Exact(person, words=thing.words)
        if isinstance(thing, Offer):
            return Exact(person, thing.address, thing.point)
        on_behalf = (thing.on_behalf_name, thing.on_behalf_phone or "") if thing.on_behalf_name else None
        return Exact(person, thing.address, thing.point, thing.details, on_behalf)


def _name(kind: Kind) -> str:
    return {Need: "need", Offer: "offer", Match: "match", Task: "task"}[kind]


def _matches(session: Session, which: ColumnElement[bool]) -> Sequence[Row[*tuple[Any, ...]]]:
    return session.execute(
        select(
            Match.id, Match.need_id, Match.offer_id, Match.state, Match.outcome, Match.mode, Match.distance_m, Match.proposed_at,
            Match.deadline_at, Need.category, Need.person_id.label("resident_id"), Offer.person_id.label("volunteer_id"),
        )
        .join(Match.need)
        .join(Match.offer)
        .where(which)
        .order_by(Match.proposed_at.desc(), Match.id.desc())
        .limit(TIMELINE_LENGTH)
    ).all()  # fmt: skip


def _tasks(session: Session, which: ColumnElement[bool]) -> Sequence[Row[*tuple[Any, ...]]]:
    rows = select(Task.id, Task.kind, Task.reason, Task.due_at, Task.created_at).where(which, Task.closed_at.is_(None))
    return session.execute(rows.order_by(Task.due_at, Task.id).limit(TIMELINE_LENGTH)).all()


def _events(session: Session, which: ColumnElement[bool]) -> Sequence[Row[*tuple[Any, ...]]]:
    agent = case((Person.role != Role.NONE, Person.name), else_=None).label("agent")
    return session.execute(
        select(Event.at, Event.kind, Event.channel, Event.reason, Event.actor_id, Event.match_id, agent)
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(which)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(TIMELINE_LENGTH)
    ).all()
