"""What waits for an agent."""

from datetime import datetime, timedelta

from sqlalchemy import and_, select, update
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import Match, Need, Offer, Person, Task, TaskKind
from app.services.events import Actor, record
from matching.lifecycle import NeedState, OfferState

WITHIN = {
    TaskKind.TELL: timedelta(hours=4),
    TaskKind.PLACE: timedelta(hours=4),
    TaskKind.NOBODY: timedelta(days=1),
    TaskKind.APPROVE: timedelta(days=2),
    TaskKind.UNDELIVERED: timedelta(hours=4),
    TaskKind.REPORT: timedelta(0),
}
"""How soon an agent should have done a task, where nothing more pressing is known."""

ENDS_BY_ITSELF = and_(
    Task.kind.in_([TaskKind.APPROVE, TaskKind.PLACE]),
    ~select(Need.id).where(Need.id == Task.need_id, Need.state.in_([NeedState.WITHDRAWN, NeedState.EXPIRED])).correlate(Task).exists(),
    ~select(Offer.id).where(Offer.id == Task.offer_id, Offer.state == OfferState.WITHDRAWN).correlate(Task).exists(),
)
"""Whether a task ends only with the approval or the place that it asks for: ticked off before, the person behind it would be forgotten."""


class StillToDo(UserError):
    """The task ends by itself, once what it asks for is done."""


def open_task(
    session: Session,
    kind: TaskKind,
    now: datetime,
    *,
    due_at: datetime | None = None,
    event_key: str | None = None,
    reason: str | None = None,
    words: str = "",
    person: Person | None = None,
    need: Need | None = None,
    offer: Offer | None = None,
    match: Match | None = None,
) -> Task | None:
    """Put a task on the agents' list; ``None`` when ``event_key`` has made one already."""
    if event_key and session.scalar(select(Task.id).where(Task.event_key == event_key)):
        return None
    post = need or offer
    task = Task(
        kind=kind, event_key=event_key, reason=reason, words=words, created_at=now, due_at=due_at or now + WITHIN[kind],
        territory_id=post.territory_id if post else None, person_id=person.id if person else None, need_id=need.id if need else None,
        offer_id=offer.id if offer else None, match_id=match.id if match else None,
    )  # fmt: skip
    session.add(task)
    return task


def close_task(ctx: Context, task_id: int, by: Actor) -> bool:
    """Tick a task off. ``False`` when somebody has done so already. Raises :class:`StillToDo`."""
    now = ctx.now()
    with ctx.db.write() as session:
        if session.scalar(select(Task.id).where(Task.id == task_id, Task.closed_at.is_(None), ENDS_BY_ITSELF)):
            raise StillToDo("This task ends by itself, once what it asks for is done.")
        done = session.execute(
            update(Task).where(Task.id == task_id, Task.closed_at.is_(None)).values(closed_at=now, closed_by_id=by.person_id)
        ).rowcount
        if done:
            record(session, "task_closed", now, by, task_id=task_id)
        return bool(done)


def close_tasks_about(
    session: Session,
    now: datetime,
    kind: TaskKind,
    by: Actor,
    *,
    need_id: int | None = None,
    offer_id: int | None = None,
    reason: str | None = None,
) -> None:
    """Tick off the open tasks of a kind (and reason) whose cause has gone."""
    which = [Task.kind == kind, Task.closed_at.is_(None), Task.need_id == need_id if need_id else Task.offer_id == offer_id]
    if reason:
        which.append(Task.reason == reason)
    session.execute(update(Task).where(*which).values(closed_at=now, closed_by_id=by.person_id))
