"""How much work stands and since when, for whoever runs the service."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.context import Context
from app.models import Need, Task
from matching.lifecycle import NeedState
from notifications import outbox


@dataclass(frozen=True)
class Standing:
    """Ages are in seconds, 0 where nothing waits."""

    outbox_age_s: float
    tasks_overdue: int
    needs_waiting: int
    needs_age_s: float
    match_late_s: float


def standing(ctx: Context) -> Standing:
    now = ctx.now()

    def age_s(since: datetime | None) -> float:
        return max((now - since).total_seconds(), 0) if since else 0

    open_ones = (Need.state == NeedState.OPEN,)
    with ctx.db.read() as session:
        waits_since = outbox.waits_since(session.connection(), now)
        overdue = session.scalar(select(func.count(Task.id)).where(Task.closed_at.is_(None), Task.due_at <= now))
        waiting, oldest = session.execute(select(func.count(Need.id), func.min(Need.posted_at)).where(*open_ones)).one()
        due_since = session.scalar(select(func.min(Need.next_try_at)).where(*open_ones, Need.next_try_at <= now))
    return Standing(age_s(waits_since), overdue or 0, waiting, age_s(oldest), age_s(due_since))
