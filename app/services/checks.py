"""What a coordinator has seen of a volunteer, until when it counts, and a task before that ends."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import Row, delete, or_, select, update
from sqlalchemy.orm import aliased

from app.context import Context
from app.models import Check, CheckKind, Offer, Person, Task, TaskKind
from app.services.events import Actor, record
from app.services.tasks import open_task
from matching.lifecycle import OfferState

BEFORE = timedelta(days=30)
"""How long before a check ends somebody is asked to renew it."""
SHOWN = 50


def checks_of(ctx: Context, person_id: int) -> Sequence[Row[*tuple[object, ...]]]:
    """The latest first: kind, seen_on, until, and the name of the agent who saw it."""
    agent = aliased(Person)
    with ctx.db.read() as session:
        return session.execute(
            select(Check.id, Check.kind, Check.seen_on, Check.until, agent.name.label("by"))
            .join(agent, agent.id == Check.by_id)
            .where(Check.person_id == person_id)
            .order_by(Check.seen_on.desc(), Check.id.desc())
            .limit(SHOWN)
        ).all()


def add_check(ctx: Context, person_id: int, kind: CheckKind, seen_on: date, until: date | None, by: Actor) -> None:
    """Write down what the agent has seen; the same twice is once. The task to renew an earlier one of its kind is done."""
    assert by.person_id is not None, "somebody has seen it"
    given = {"person_id": person_id, "kind": kind, "seen_on": seen_on, "until": until}
    now = ctx.now()
    with ctx.db.write() as session:
        session.get_one(Person, person_id, with_for_update=True)
        if session.scalar(select(Check.id).filter_by(**given).limit(1)):
            return
        session.add(Check(by_id=by.person_id, **given))
        if until is None or until > _soon(ctx):
            renewed = Task.kind == TaskKind.CHECK, Task.reason == kind, Task.person_id == person_id, Task.closed_at.is_(None)
            session.execute(update(Task).where(*renewed).values(closed_at=now, closed_by_id=by.person_id))
        record(session, "checked", now, by, reason=kind, person_id=person_id)


def take_back(ctx: Context, person_id: int, check_id: int, by: Actor) -> bool:
    """What was written down by mistake counts no more; that it stood there stays in what happened. ``False`` where it is gone already."""
    with ctx.db.write() as session:
        mistaken = Check.id == check_id, Check.person_id == person_id
        kind = session.scalar(delete(Check).where(*mistaken).returning(Check.kind))
        if kind is not None:
            record(session, "check_taken_back", ctx.now(), by, reason=kind, person_id=person_id)
        return kind is not None


def remind_due(ctx: Context, limit: int = 200) -> int:
    """A task for each check that ends soon of somebody who volunteers, unless a later one of its kind has taken its place; how many."""
    due = Check.reminded_at.is_(None), Check.until <= _soon(ctx)
    with ctx.db.read() as session:
        ids = session.scalars(select(Check.id).where(*due).order_by(Check.until).limit(limit)).all()
    for check_id in ids:
        _remind(ctx, check_id)
    return len(ids)


def _remind(ctx: Context, check_id: int) -> None:
    now = ctx.now()
    with ctx.db.write() as session:
        check = session.get(Check, check_id, with_for_update=True)
        if check is None or check.until is None or check.reminded_at is not None:
            return
        check.reminded_at = now
        later = or_(Check.until.is_(None), Check.until > check.until)
        if session.scalar(select(Check.id).where(Check.person_id == check.person_id, Check.kind == check.kind, later).limit(1)):
            return
        theirs = Offer.person_id == check.person_id, Offer.state != OfferState.WITHDRAWN
        offer = session.scalar(select(Offer).where(*theirs).order_by(Offer.id).limit(1))
        if offer is not None:
            ends = datetime.combine(check.until, time(), ctx.settings.zone)
            person = session.get_one(Person, check.person_id)
            open_task(session, TaskKind.CHECK, now, due_at=ends, reason=check.kind, person=person, offer=offer)


def _soon(ctx: Context) -> date:
    return ctx.now().astimezone(ctx.settings.zone).date() + BEFORE
