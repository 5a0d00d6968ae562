"""Why nobody was found for a request: worked out beside the matching, kept on its task, and read from there by the pages."""

import json
from datetime import timedelta

from sqlalchemy import or_, select, update

from app.context import Context
from app.models import Match, Need, Person, Task, TaskKind
from app.services.blocks import blocked_of
from app.services.board import Board, need_to_match
from app.services.records import counts
from matching.lifecycle import NeedState
from matching.why import WhyNot, not_as_data, not_from_data, why_not

AFRESH = timedelta(hours=1)
"""How old an explanation may be."""


def explain_due(ctx: Context, board: Board) -> int:
    """Explain one request that has nobody, the one that was explained last of all; 1 if there was one.

    One at a time: all volunteers are looked at, of the whole city, as the matcher does.
    """
    now = ctx.now()
    waits = Task.kind == TaskKind.NOBODY, Task.closed_at.is_(None), or_(Task.why_at.is_(None), Task.why_at < now - AFRESH)
    with ctx.db.read() as session:
        found = session.execute(
            select(Task.id, Need, Person)
            .join(Need, Need.id == Task.need_id)
            .join(Need.person)
            .where(*waits, Need.state.in_([NeedState.OPEN, NeedState.ASKED]), Need.exact_point.is_not(None))
            .order_by(Task.why_at.is_not(None), Task.why_at, Task.due_at)
            .limit(1)
        ).one_or_none()  # fmt: skip
        if found is None:
            return 0
        task_id, need, person = found
        asks = need_to_match(need, person, blocked=blocked_of(session, [person])[person.id])
        asked = set(session.scalars(select(Match.offer_id).where(Match.need_id == need.id, counts())))
    offering = (offer for offer in board.index if need.category in offer.categories)
    why = json.dumps(not_as_data(why_not(asks, offering, asked=asked)))
    with ctx.db.write() as session:
        session.execute(update(Task).where(Task.id == task_id).values(why=why, why_at=now))
    return 1


def read(why: str | None) -> WhyNot | None:
    """What became of each volunteer of the kind of help that is asked for, as it stands on a task; ``None`` where nobody has looked yet."""
    return not_from_data(json.loads(why)) if why else None
