"""What turns pressing by time alone: a resident's answer about to lapse, and a request whose time is near while nobody has agreed."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy.orm import InstrumentedAttribute, joinedload

from app.context import Context
from app.models import Match, Need, Task, TaskKind
from app.services.events import SYSTEM, record
from app.services.matches import question_to_resident
from app.services.tasks import open_task
from app.services.telling import about_words, spoken
from matching.lifecycle import MatchState, NeedState
from matching.model import Urgency
from notifications.messages import AcceptedToResident

ANSWER_WITHIN = timedelta(hours=4)
"""How long before a resident's deadline an agent should ask them: a volunteer is there, and would be let go."""
SERVED_WITHIN = timedelta(hours=24)
"""How soon an urgent request should be met."""
URGENT_WITHIN = timedelta(hours=6)
WANTED_WITHIN = timedelta(hours=24)
"""How long before its time a request is near it."""
SEARCHING = (NeedState.OPEN, NeedState.ASKED)


def press_due(ctx: Context, limit: int = 200) -> int:
    """Put on the list what has turned pressing, and tick off what no longer is; how many."""
    now = ctx.now()
    late, wanted, urgent = _late(now), _wanted(now), _urgent(now)
    with ctx.db.read() as session:
        matches = session.scalars(select(Match.id).where(late, _untold(now, TaskKind.LATE, Task.match_id, Match.id)).limit(limit)).all()
        needs = session.scalars(
            select(Need.id).where(or_(wanted, urgent), _untold(now, TaskKind.SOON, Task.need_id, Need.id)).limit(limit)
        ).all()
        over = session.scalars(select(Task.id).where(Task.closed_at.is_(None), _over()).limit(limit)).all()
    if not (matches or needs or over):
        return 0
    with ctx.db.write() as session:
        with_both = joinedload(Match.need).joinedload(Need.person), joinedload(Match.offer)
        for match in session.scalars(select(Match).where(Match.id.in_(matches), late).options(*with_both)):
            resident = match.need.person
            open_task(
                session, TaskKind.LATE, now, event_key=f"late:{match.id}", words=spoken(
                    session, question_to_resident(ctx, match), resident, ctx, about_words(resident.id, match_id=match.id)
                ),
                person=resident, need=match.need, match=match, due_at=match.deadline_at,
            )  # fmt: skip
        for need in session.scalars(select(Need).where(Need.id.in_(needs), or_(wanted, urgent)).options(joinedload(Need.person))):
            due_at, reason = (need.wanted_at, "wanted") if need.wanted_at else (need.posted_at + SERVED_WITHIN, "urgent")
            key = f"soon:{need.id}:{due_at:%Y-%m-%dT%H:%M}"
            open_task(session, TaskKind.SOON, now, event_key=key, reason=reason, person=need.person, need=need, due_at=due_at)
        for task in session.scalars(select(Task).where(Task.id.in_(over), Task.closed_at.is_(None), _over())):
            task.closed_at = now
            record(session, "task_overtaken", now, SYSTEM, task_id=task.id)
    return len(matches) + len(needs) + len(over)


def _late(now: datetime) -> ColumnElement[bool]:
    """Whoever is asked by phone or by letter has a task already."""
    told = Task.match_id == Match.id, Task.kind == TaskKind.TELL, Task.reason == AcceptedToResident.kind, Task.closed_at.is_(None)
    return and_(Match.state == MatchState.ACCEPTED, Match.deadline_at.between(now, now + ANSWER_WITHIN), ~exists().where(*told))


def _wanted(now: datetime) -> ColumnElement[bool]:
    return and_(Need.state.in_(SEARCHING), _somebody_knows(), Need.wanted_at.between(now, now + WANTED_WITHIN))


def _urgent(now: datetime) -> ColumnElement[bool]:
    since = now - SERVED_WITHIN, now - SERVED_WITHIN + URGENT_WITHIN
    searching = Need.state.in_(SEARCHING), Need.urgency == Urgency.URGENT, Need.wanted_at.is_(None)
    return and_(*searching, _somebody_knows(), Need.posted_at.between(*since))


def _somebody_knows() -> ColumnElement[bool]:
    """One task about a request that nobody meets is enough."""
    return ~exists().where(Task.need_id == Need.id, Task.kind == TaskKind.NOBODY, Task.closed_at.is_(None))


def _untold(
    now: datetime, kind: TaskKind, about: InstrumentedAttribute[int | None], thing: InstrumentedAttribute[int]
) -> ColumnElement[bool]:
    """Whoever has ticked it off is not told again of the same time."""
    return ~exists().where(about == thing, Task.kind == kind, Task.created_at > now - WANTED_WITHIN)


def _over() -> ColumnElement[bool]:
    answered = exists().where(Match.id == Task.match_id, Match.state != MatchState.ACCEPTED)
    met = exists().where(Need.id == Task.need_id, Need.state.not_in(SEARCHING))
    return or_(and_(Task.kind == TaskKind.LATE, answered), and_(Task.kind == TaskKind.SOON, met))
