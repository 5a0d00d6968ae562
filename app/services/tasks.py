"""What waits for an agent."""

from datetime import datetime, time, timedelta
from enum import StrEnum

from sqlalchemy import and_, case, func, or_, select, union_all, update
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.errors import UserError
from app.models import Match, Need, Offer, Person, Role, Task, TaskKind
from app.services.events import Actor, record
from matching.lifecycle import MatchState, NeedState, OfferState
from matching.model import Urgency

WITHIN = {
    TaskKind.TELL: timedelta(hours=4),
    TaskKind.PLACE: timedelta(hours=4),
    TaskKind.NOBODY: timedelta(days=1),
    TaskKind.APPROVE: timedelta(days=2),
    TaskKind.UNDELIVERED: timedelta(hours=4),
    TaskKind.OUTCOME: timedelta(days=2),
    TaskKind.ANSWER: timedelta(hours=4),
    TaskKind.REPORT: timedelta(0),
    TaskKind.LATE: timedelta(hours=2),
    TaskKind.SOON: timedelta(hours=4),
    TaskKind.MODERATE: timedelta(days=1),
    TaskKind.CHECK: timedelta(days=14),
}
"""How soon an agent should have done a task, where nothing more pressing is known."""

ENDS_BY_ITSELF = or_(
    Task.kind == TaskKind.REPORT,
    and_(Task.kind == TaskKind.OUTCOME, Task.reason == "silent"),
    and_(
        Task.kind.in_([TaskKind.APPROVE, TaskKind.PLACE, TaskKind.MODERATE]),
        ~select(Need.id).where(Need.id == Task.need_id, Need.state.in_([NeedState.WITHDRAWN, NeedState.EXPIRED])).correlate(Task).exists(),
        ~select(Offer.id).where(Offer.id == Task.offer_id, Offer.state == OfferState.WITHDRAWN).correlate(Task).exists(),
    ),
)
"""Whether a task ends only with the approval, the place, the reading, the outcome or the closed incident that it asks for: ticked off
before, the person behind it would be forgotten."""


BY_LETTER = and_(Task.kind.in_([TaskKind.TELL, TaskKind.UNDELIVERED]), Person.contact == "letter")
"""Whether a task is done by a letter with its words. The query joins ``Person`` outward."""
_MATCHED = aliased(Need)
HELP = func.coalesce(
    Need.category,
    select(_MATCHED.category).join(Match, Match.need_id == _MATCHED.id).where(Match.id == Task.match_id).correlate(Task).scalar_subquery(),
).label("category")
"""The kind of help that a task is about: where it is about a match, of what is asked for. The query joins ``Need`` outward."""
HOW_SOON = case(
    (Task.kind.in_([TaskKind.LATE, TaskKind.SOON]), 0),
    (and_(Task.kind == TaskKind.UNDELIVERED, Task.match_id.is_not(None)), 0),
    (Need.urgency == Urgency.URGENT, 0),
    (BY_LETTER, 2),
    (Task.kind.in_([TaskKind.APPROVE, TaskKind.OUTCOME, TaskKind.CHECK]), 2),
    (and_(Task.kind == TaskKind.MODERATE, Task.reason == "look"), 2),
    else_=1,
)
"""What comes first among tasks that are due alike. 0: a match or an urgent request is lost in hours. 1: somebody waits for us. 2: nobody
does, or only for the post. The query joins ``Need`` and ``Person`` outward."""
CALLS = (TaskKind.TELL, TaskKind.UNDELIVERED, TaskKind.OUTCOME, TaskKind.ANSWER, TaskKind.LATE)
"""Tasks that are done by talking to somebody."""
DONE_BY: dict[str, frozenset[TaskKind]] = {
    Role.CALLER: frozenset((*CALLS, TaskKind.PLACE)), Role.MODERATOR: frozenset((TaskKind.MODERATE, TaskKind.APPROVE)),
}  # fmt: skip
"""The tasks of a role that has not all of them: whoever has it sees no others."""
AGAIN_AFTER = timedelta(hours=2)
POST_TAKES = timedelta(days=5)
MORNING = time(9)


def is_done_by(role: str, kind: str) -> bool:
    """Whether an agent of this role does such a task, where it is in sight."""
    return kind in DONE_BY.get(role, (kind,))


class Again(StrEnum):
    """When to call again whoever did not answer: in two hours, or tomorrow morning; or a letter is in the post, and its slip comes back."""

    LATER = "later"
    TOMORROW = "tomorrow"
    POSTED = "posted"


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
    """Put a task on the agents' list; ``None`` when ``event_key`` has made one already. One about a match alone is about the post of
    ``person``; one about ``person`` alone lies where their newest post does: what lies nowhere is seen by all agents."""
    if event_key and session.scalar(select(Task.id).where(Task.event_key == event_key)):
        return None
    if match and not need and not offer:
        theirs = session.get_one(Offer, match.offer_id)
        need, offer = (None, theirs) if person and person.id == theirs.person_id else (session.get_one(Need, match.need_id), None)
    post = need or offer
    task = Task(
        kind=kind, event_key=event_key, reason=reason, words=words, created_at=now, due_at=due_at or now + WITHIN[kind],
        territory_id=post.territory_id if post else _home(session, person), person_id=person.id if person else None,
        need_id=need.id if need else None,
        offer_id=offer.id if offer else None, match_id=match.id if match else None,
    )  # fmt: skip
    session.add(task)
    return task


def _home(session: Session, person: Person | None) -> int | None:
    """The territory of somebody's newest post that is on the map."""
    if person is None:
        return None
    posts = [
        select(kind.territory_id, since.label("since")).where(kind.person_id == person.id, kind.territory_id.is_not(None))
        for kind, since in ((Need, Need.posted_at), (Offer, Offer.created_at))
    ]
    newest = union_all(*posts).subquery().c
    return session.scalar(select(newest.territory_id).order_by(newest.since.desc()).limit(1))


def close_task(ctx: Context, task_id: int, by: Actor) -> bool:
    """Tick a task off. ``False`` when somebody has done so already. Raises :class:`StillToDo`."""
    now = ctx.now()
    with ctx.db.write() as session:
        if session.scalar(select(Task.id).where(Task.id == task_id, Task.closed_at.is_(None), ENDS_BY_ITSELF)):
            raise StillToDo("This task ends by itself, once what it asks for is done.")
        task = session.get(Task, task_id, with_for_update=True)
        if task is None or task.closed_at is not None:
            return False
        task.closed_at, task.closed_by_id = now, by.person_id
        _record_about(session, "task_closed", now, by, task)
        return True


def call_again(ctx: Context, task_id: int, again: Again, by: Actor) -> datetime | None:
    """Nobody answered a call, or a letter is on its way: it is due once more, at the latest when the answer that it asks for is. When that
    is; ``None`` when the task is no call or is off the list."""
    now = ctx.now()
    with ctx.db.write() as session:
        task = session.get(Task, task_id, with_for_update=True)
        if task is None or task.closed_at is not None or task.kind not in CALLS:
            return None
        tomorrow = now.astimezone(ctx.settings.zone).date() + timedelta(days=1)
        morning = datetime.combine(tomorrow, MORNING, ctx.settings.zone)
        due = {Again.LATER: now + AGAIN_AFTER, Again.TOMORROW: morning, Again.POSTED: now + POST_TAKES}[again]
        waits = Match.state.in_([MatchState.PROPOSED, MatchState.ACCEPTED]), Match.deadline_at > now
        deadline = session.scalar(select(Match.deadline_at).where(Match.id == task.match_id, *waits))
        task.due_at = min(due, deadline) if deadline else due
        _record_about(session, "letter_posted" if again is Again.POSTED else "call_tried", now, by, task, reason=task.reason)
        return task.due_at


def _record_about(session: Session, kind: str, now: datetime, by: Actor, task: Task, reason: str | None = None) -> None:
    """Write down what became of a task where the timelines of what it is about find it."""
    about = {"task_id": task.id, "need_id": task.need_id, "offer_id": task.offer_id, "match_id": task.match_id, "person_id": task.person_id}
    record(session, kind, now, by, reason=reason, **about)


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


OF_A_SEARCH = (TaskKind.NOBODY, TaskKind.PLACE, TaskKind.TELL, TaskKind.MODERATE)


def rest_search(session: Session, now: datetime, by: Actor, need_id: int) -> None:
    """Nobody is looked for while a need rests: what stands of its search is ticked off, and may come up again afterwards."""
    found = Task.need_id == need_id, Task.kind == TaskKind.NOBODY, Task.closed_at.is_(None)
    session.execute(update(Task).where(*found).values(event_key=None))
    close_tasks_about(session, now, TaskKind.NOBODY, by, need_id=need_id)


def close_tasks_of_need(session: Session, now: datetime, by: Actor, need_id: int) -> None:
    """Tick off what there was to do for a need that has ended."""
    for kind in OF_A_SEARCH:
        close_tasks_about(session, now, kind, by, need_id=need_id)
