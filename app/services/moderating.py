"""Requests that are read: which are, what an agent makes of them, and how their writers hear of it."""

from datetime import datetime, timedelta
from typing import NamedTuple, get_args

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Moderation, Need, Person, PostedBy, Task, TaskKind
from app.moderation import judge
from app.services.ending import end_matches_of
from app.services.events import Actor, record
from app.services.lists import NOT_OVER
from app.services.local import local
from app.services.moves import lock_need, move
from app.services.tasks import WITHIN, close_tasks_about, close_tasks_of_need, open_task
from app.services.telling import tell
from config.categories import CATEGORIES
from matching.lifecycle import NEED_MOVES, NeedState
from matching.model import Urgency
from notifications.messages import EditReason, NeedEdited, NeedReceived, NeedRefused, RefusalReason

HELD_WITHIN = timedelta(hours=2)
"""Nobody is asked meanwhile; what is urgent is to be read at once."""
COUNTED = timedelta(days=7)
EDITS: tuple[EditReason, ...] = get_args(EditReason)
REFUSALS: tuple[RefusalReason, ...] = get_args(RefusalReason)


def moderate(session: Session, ctx: Context, need: Need, now: datetime, by: Actor) -> None:
    """Judge a need's words, in the transaction that brings them. Whatever an agent was to read before is overtaken.

    What an agent has posted has been read. Whether somebody posts very many is asked once, and as long as the need is held.
    """
    if need.posted_by == PostedBy.AGENT:
        return
    counts = need.confirmed_at is None or need.moderation == Moderation.HELD
    posts = 1 + (_others(session, need, now) if counts else 0)
    kind = CATEGORIES[need.category]
    judged = judge(need.details, homework=kind.children, bought=kind.bought, posts=posts)
    close_tasks_about(session, now, TaskKind.MODERATE, by, need_id=need.id)
    need.moderation, need.changed_at = judged.verdict, now
    if judged.verdict == Moderation.CLEAR:
        return
    held = judged.verdict == Moderation.HELD
    soon = WITHIN[TaskKind.MODERATE] if not held else timedelta(0) if need.urgency == Urgency.URGENT else HELD_WITHIN
    many = any(finding.rule == "many" for finding in judged.findings)
    open_task(
        session, TaskKind.MODERATE, now, due_at=now + soon, reason="many" if many else judged.verdict, person=need.person, need=need
    )  # fmt: skip
    # Which rule it was may say something of somebody's health: it is shown after a look only.
    record(session, "need_held" if held else "need_to_read", now, by, need_id=need.id)


def _others(session: Session, need: Need, now: datetime) -> int:
    """Confirmed requests of the same e-mail address or phone within a week, those for one visit and those by agents apart."""
    pairs = (Person.email_index, need.person.email_index), (Person.phone_index, need.person.phone_index)
    same = [column == index for column, index in pairs if index]
    which = Need.id != need.id, Need.confirmed_at > now - COUNTED, Need.wanted_at.is_(None), Need.posted_by != PostedBy.AGENT
    return (session.scalar(select(func.count(Need.id)).join(Need.person).where(or_(*same), *which)) or 0) if same else 0


class _Reading(NamedTuple):
    task: Task
    need: Need


def _take(session: Session, task_id: int) -> _Reading | None:
    """The open task and its need, both locked; ``None`` when somebody has dealt with it, its writer has changed the words, or is over."""
    need_id = session.scalar(select(Task.need_id).where(Task.id == task_id, Task.kind == TaskKind.MODERATE))
    need = lock_need(session, need_id) if need_id else None
    if need is not None and need.state not in NOT_OVER[Need]:
        return None
    task = session.get(Task, task_id, with_for_update=True, populate_existing=True)
    return _Reading(task, need) if task and need and task.closed_at is None else None


def approve(ctx: Context, task_id: int, by: Actor) -> bool:
    """It may go on as it is. ``False`` when somebody has dealt with it already."""
    now = ctx.now()
    with ctx.db.write() as session:
        reading = _take(session, task_id)
        if reading is None:
            return False
        task, need = reading
        released = _let_go_on(need, task, now, by)
        record(session, "need_read", now, by, need_id=need.id, task_id=task.id)
        if released and need.state == NeedState.OPEN:
            message = NeedReceived(need.person.first_name, need.category, ctx.links.url(Purpose.MY_REQUEST, need.id))
            tell(session, ctx, need.person, message, now, need=need, once=f"read:{task.id}")
        return True


def edit(ctx: Context, task_id: int, text: str, because: EditReason, words: str, by: Actor) -> bool:
    """It goes on with other words of an agent's; its writer is told which and why, in the agent's ``words`` too. ``False`` as above.

    What it said before stays with the task, sealed, for whoever complains.
    """
    now = ctx.now()
    with ctx.db.write() as session:
        reading = _take(session, task_id)
        if reading is None:
            return False
        task, need = reading
        task.words, need.details = need.details, text
        _let_go_on(need, task, now, by)
        record(session, "need_edited", now, by, reason=because, need_id=need.id, task_id=task.id)
        message = NeedEdited(
            first_name=need.person.first_name, category=need.category, why=because, words=words, details=text,
            phone=_phone(session, ctx, need), my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id),
        )  # fmt: skip
        tell(session, ctx, need.person, message, now, need=need, once=f"read:{task.id}")
        return True


def refuse(ctx: Context, task_id: int, because: RefusalReason, words: str, by: Actor) -> bool:
    """It ends here; its writer is told why and whom to call, and whoever was asked that it is off. ``False`` as above, or where it has
    ended anyway."""
    now = ctx.now()
    with ctx.db.write() as session:
        reading = _take(session, task_id)
        if reading is None or NeedState.WITHDRAWN not in NEED_MOVES[NeedState(reading.need.state)]:
            return False
        task, need = reading
        move(session, need, NeedState.WITHDRAWN, now, by, "refused")
        need.moderation, need.next_try_at, need.check_at = Moderation.REFUSED, None, None
        end_matches_of(session, ctx, now, by, "withdrawn", need=need)
        close_tasks_of_need(session, now, by, need.id)
        record(session, "need_refused", now, by, reason=because, need_id=need.id, task_id=task.id)
        message = NeedRefused(need.person.first_name, need.category, because, words, _phone(session, ctx, need))
        tell(session, ctx, need.person, message, now, need=need)
        return True


def _let_go_on(need: Need, task: Task, now: datetime, by: Actor) -> bool:
    """Whether nobody was asked until now."""
    held = need.moderation == Moderation.HELD
    need.moderation, need.changed_at = Moderation.CLEAR, now
    task.closed_at, task.closed_by_id = now, by.person_id
    return held


def _phone(session: Session, ctx: Context, need: Need) -> str:
    return local(session, ctx, need.territory_id).phone
