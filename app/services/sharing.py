"""Who of the agents does a task, and who has its page open: two who begin the same call see each other."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from operator import itemgetter

from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from app.context import Context
from app.models import OVERSEE, Need, Offer, Person, PersonTerritory, Presence, Role, Task, TaskKind
from app.services.events import Actor, record
from app.services.places import territories
from app.services.tasks import is_done_by

PRESENT = timedelta(minutes=2)
"""Whoever was seen so lately is there."""
TOUCH = timedelta(seconds=30)
"""How often somebody who stays is written down."""
FORGOTTEN = timedelta(days=1)
MOST = 200


@dataclass(frozen=True)
class Colleague:
    """An agent; ``since`` is when they opened the task."""

    id: int
    name: str
    since: datetime | None = None


def colleagues(ctx: Context, task_id: int) -> Sequence[Colleague]:
    """The agents who may do a task, by name: those who see it (:meth:`app.services.sight.Sight.of_task`). Nobody is given a report: a lead
    takes it in hand where it is read."""
    with ctx.db.read() as session:
        staff = session.scalars(select(Person).where(Person.role.in_(OVERSEE), Person.account).limit(MOST)).all()
        given = select(PersonTerritory.person_id, PersonTerritory.territory_id).join(Person).where(Person.role.in_(OVERSEE))
        tops = groupby(sorted(map(tuple, session.execute(given))), itemgetter(0))
        below = territories(session).below
        sights = {person_id: below([territory_id for _, territory_id in rows]) for person_id, rows in tops}
        lies = session.execute(
            select(Task.kind, Task.need_id, Need.territory_id, Task.offer_id, Offer.territory_id, Task.territory_id, Person.role)
            .outerjoin(Person, Person.id == Task.person_id)
            .outerjoin(Need, Need.id == Task.need_id)
            .outerjoin(Offer, Offer.id == Task.offer_id)
            .where(Task.id == task_id)
        ).one()
    kind, need_id, of_need, offer_id, of_offer, alone, role = lies
    if kind == TaskKind.REPORT:
        return ()
    nowhere = {alone} if role in (None, Role.NONE) else set()  # what agents write is for those who see everything
    places = {place for post, place in ((need_id, of_need), (offer_id, of_offer)) if post} or nowhere

    def sees(person: Person) -> bool:
        if not is_done_by(person.role, kind):
            return False
        if person.role == Role.ADMINISTRATOR or person.whole_city:
            return True
        ids = sights.get(person.id, frozenset())
        return bool(ids) and (None in places or not ids.isdisjoint(places))

    return sorted((Colleague(person.id, person.name) for person in staff if sees(person)), key=lambda colleague: colleague.name)


class Assigned(StrEnum):
    DONE = "done"
    MEANWHILE = "meanwhile"
    """It has become somebody else's since, or is done."""
    NOT = "not"
    """It is not for this colleague."""


def assign(ctx: Context, task_id: int, to: int | None, was: int | None, by: Actor) -> Assigned:
    """Give an open task to an agent who may see it, or to nobody in particular; ``was``: whose it was on the page."""
    if to is not None and to not in {colleague.id for colleague in colleagues(ctx, task_id)}:
        return Assigned.NOT
    now = ctx.now()
    with ctx.db.write() as session:
        same = Task.assigned_to_id.is_not_distinct_from(was) | Task.assigned_to_id.is_not_distinct_from(to)
        which = update(Task).where(Task.id == task_id, Task.closed_at.is_(None), Task.kind != TaskKind.REPORT, same)
        if not session.execute(which.values(assigned_to_id=to)).rowcount:
            return Assigned.MEANWHILE
        record(session, "task_assigned" if to else "task_let_go", now, by, task_id=task_id)
        return Assigned.DONE


def look_in(ctx: Context, task_id: int, person_id: int) -> None:
    """Somebody has a task's page open."""
    now = ctx.now()
    with ctx.db.read() as session:
        last = session.scalar(select(Presence.seen_at).where(Presence.task_id == task_id, Presence.person_id == person_id))
    if last is None or now - last >= TOUCH:
        _touch(ctx, task_id, person_id, now)


def _touch(ctx: Context, task_id: int, person_id: int, now: datetime) -> None:
    seen = Presence.__table__.c
    with ctx.db.write() as session:
        session.execute(delete(Presence).where(Presence.seen_at < now - FORGOTTEN))
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        made = insert(Presence).values(task_id=task_id, person_id=person_id, since=now, seen_at=now)
        since = case((seen.seen_at > now - PRESENT, seen.since), else_=made.excluded.since)
        session.execute(made.on_conflict_do_update(index_elements=[seen.task_id, seen.person_id], set_={"since": since, "seen_at": now}))


def present(ctx: Context, task_ids: Collection[int]) -> Mapping[int, Sequence[Colleague]]:
    """Who has these tasks' pages open, by task, the first of them first."""
    there: dict[int, list[Colleague]] = defaultdict(list)
    with ctx.db.read() as session:
        rows = session.execute(
            select(Presence.task_id, Presence.person_id, Presence.since, Person.name)
            .join(Person, Person.id == Presence.person_id)
            .where(Presence.task_id.in_(task_ids), Presence.seen_at > ctx.now() - PRESENT)
            .order_by(Presence.since)
            .limit(MOST)
        )
        for task_id, person_id, since, name in rows:
            there[task_id].append(Colleague(person_id, name, since))
    return there
