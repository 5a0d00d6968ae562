"""What a resident is shown of a request besides its matches: what happens next, and everything that is stored of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, and_, select
from sqlalchemy.orm import joinedload

from app.context import Context
from app.links import Purpose
from app.models import Match, Moderation, Need, Note, Outcome, Person, Task, TaskKind, Territory
from app.services import own_data
from app.services.local import local
from matching.lifecycle import NeedState, Side
from notifications.messages import ConfirmNeed

MOST_LOOKS = 100


@dataclass(frozen=True)
class Received:
    """``held``: the town hall reads it first. ``until`` is the end of the time to confirm it by e-mail, or when somebody should have called
    or written at the latest."""

    category: str
    urgency: str
    contact: str
    confirmed: bool
    held: bool
    until: datetime
    answer_hours: int


@dataclass(frozen=True)
class Stored:
    """``looks`` as :func:`app.services.own_data.looks` has them. ``said``: what the resident said came of it. ``notes``: what they wrote
    about it, newest first."""

    need: Need
    person: Person
    quartier: str
    looks: Sequence[Row[*tuple[Any, ...]]]
    said: Sequence[Outcome]
    notes: Sequence[Note]


def received(ctx: Context, need_id: int | None) -> Received | None:
    """What happens next with a request that has just been sent."""
    if need_id is None:
        return None
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Need.category, Need.urgency, Need.state, Need.moderation, Need.created_at, Need.territory_id, Person.contact, Task.due_at
            )
            .join(Need.person)
            .outerjoin(Task, and_(Task.need_id == Need.id, Task.kind == TaskKind.TELL, Task.reason == ConfirmNeed.kind))
            .where(Need.id == need_id)
            .limit(1)
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        hours = local(session, ctx, row.territory_id).answer_hours(row.urgency)
    until = row.due_at or row.created_at + Purpose.CONFIRM_NEED.lasts
    confirmed, held = row.state != NeedState.UNCONFIRMED, row.moderation == Moderation.HELD
    return Received(row.category, row.urgency, row.contact, confirmed, held, until, hours)


def stored(ctx: Context, need_id: int) -> Stored | None:
    """Everything that is stored of a request and its person, and who has seen it."""
    with ctx.db.read() as session:
        need = session.scalar(select(Need).where(Need.id == need_id).options(joinedload(Need.person)))
        if need is None:
            return None
        quartier = session.get(Territory, need.territory_id) if need.territory_id else None
        looks = own_data.looks(session, [need.person_id], [need_id], [])
        mine = select(Outcome).join(Match, Match.id == Outcome.match_id).where(Match.need_id == need_id, Outcome.side == Side.RESIDENT)
        said = session.scalars(mine.order_by(Outcome.id)).all()
        wrote = select(Note).where(Note.need_id == need_id, Note.person_id == need.person_id).order_by(Note.at.desc(), Note.id.desc())
        notes = session.scalars(wrote.limit(MOST_LOOKS)).all()
        return Stored(need, need.person, quartier.name if quartier else "", looks, said, notes)
