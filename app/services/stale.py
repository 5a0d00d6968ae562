"""Requests that have stood open for long: "still needed?", and an end to those of which nobody says so."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Need, Task, TaskKind
from app.services.ending import SAY_SO, end_matches_of
from app.services.events import SYSTEM, Actor, record
from app.services.moves import lock_need, move
from app.services.tasks import close_tasks_about, close_tasks_of_need
from app.services.telling import tell
from matching.lifecycle import NeedState
from notifications.messages import ConfirmNeed, NeedClosed, NeedPaused, NotDone, StillNeeded

UNMET = (NeedState.UNCONFIRMED, NeedState.OPEN, NeedState.ASKED, NeedState.PAUSED)


def still_needed(ctx: Context, need_id: int, by: Actor) -> bool:
    """The resident still needs it: it stands for as long again. ``False`` where it is met or over."""
    now = ctx.now()
    with ctx.db.write() as session:
        need = lock_need(session, need_id)
        if need is None or need.state not in UNMET:
            return False
        need.check_at, need.checked_at = now + lasts(ctx), None
        close_tasks_about(session, now, TaskKind.TELL, by, need_id=need.id, reason=StillNeeded.kind)
        record(session, "still_needed", now, by, need_id=need.id)
        return True


def lasts(ctx: Context) -> timedelta:
    return timedelta(days=ctx.settings.need_days)


def check_due(ctx: Context, limit: int = 200) -> int:
    """Ask about the requests whose time has come, and end those that were asked about in vain; how many."""
    with ctx.db.read() as session:
        due = session.scalars(
            select(Need.id)
            .where(Need.state.in_(UNMET), Need.held_at.is_(None), Need.check_at <= ctx.now())
            .order_by(Need.check_at)
            .limit(limit)
        ).all()
    for need_id in due:
        now = ctx.now()
        with ctx.db.write() as session:
            need = lock_need(session, need_id)
            if need is not None and need.state in UNMET and need.check_at is not None and need.check_at <= now:
                _check(session, ctx, need, now)
    return len(due)


def _check(session: Session, ctx: Context, need: Need, now: datetime) -> None:
    if _waits_for_an_agent(session, need):
        need.check_at = now + SAY_SO  # nobody has asked them yet
    elif need.state == NeedState.UNCONFIRMED:
        _expire(session, ctx, need, now, "unconfirmed")
    elif need.checked_at is not None:
        _expire(session, ctx, need, now, "not_needed")
        tell(session, ctx, need.person, NeedClosed(need.person.first_name, need.category, "expired"), now, need=need)
    else:
        need.checked_at, need.check_at = now, now + SAY_SO
        record(session, "still_needed_asked", now, SYSTEM, need_id=need.id)
        message = StillNeeded(need.person.first_name, need.category, need.check_at, ctx.links.url(Purpose.MY_REQUEST, need.id))
        tell(session, ctx, need.person, message, now, need=need, once=f"{now:%Y-%m-%d}")


def _waits_for_an_agent(session: Session, need: Need) -> bool:
    """Whether an agent has still to call or write: silence says nothing of somebody who was not asked."""
    kinds = StillNeeded.kind, ConfirmNeed.kind, NeedPaused.kind, NotDone.kind
    open_call = Task.need_id == need.id, Task.kind == TaskKind.TELL, Task.reason.in_(kinds), Task.closed_at.is_(None)
    return session.scalar(select(Task.id).where(*open_call).limit(1)) is not None


def _expire(session: Session, ctx: Context, need: Need, now: datetime, why: str) -> None:
    move(session, need, NeedState.EXPIRED, now, SYSTEM, why)
    need.next_try_at = need.check_at = None
    end_matches_of(session, ctx, now, SYSTEM, "withdrawn", need=need)
    close_tasks_of_need(session, now, SYSTEM, need.id)
