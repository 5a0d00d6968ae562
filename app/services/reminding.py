"""Reminders: the day before a visit, at ten, once to each side."""

from datetime import datetime, timedelta

from sqlalchemy import select

from app.context import Context
from app.models import Visit
from app.services.events import SYSTEM, record
from app.services.moves import lock_visit
from app.services.telling import tell
from app.services.visits import invitation, person_of, to_remember, visits_url
from matching.lifecycle import MatchState, Side, VisitState
from matching.model import Mode
from notifications.messages import VisitReminder

TOO_LATE = timedelta(hours=3)
"""So shortly before a visit nobody is reminded any more."""


def remind_due(ctx: Context, limit: int = 200) -> int:
    """Remind both sides of the visits of tomorrow; how many visits."""
    now = ctx.now()
    due = Visit.state == VisitState.PLANNED, Visit.reminded_at.is_(None), Visit.at > now + TOO_LATE, Visit.at < to_remember(ctx, now)
    with ctx.db.read() as session:
        ids = session.scalars(select(Visit.id).where(*due).order_by(Visit.at).limit(limit)).all()
    for visit_id in ids:
        _remind(ctx, visit_id, now)
    return len(ids)


def _remind(ctx: Context, visit_id: int, now: datetime) -> None:
    with ctx.db.write() as session:
        visit = lock_visit(session, visit_id)
        match = visit.match
        if visit.state != VisitState.PLANNED or visit.reminded_at or visit.at >= to_remember(ctx, now) or match.state != MatchState.AGREED:
            return
        visit.reminded_at = now
        record(session, "visit_reminded", now, SYSTEM, match_id=match.id)
        for side in (Side.RESIDENT, Side.VOLUNTEER):
            person, other = person_of(match, side), person_of(match, Side.VOLUNTEER if side is Side.RESIDENT else Side.RESIDENT)
            goes = side is Side.VOLUNTEER and match.mode == Mode.IN_PERSON
            message = VisitReminder(
                first_name=person.first_name, category=match.need.category, mode=match.mode, other_name=other.first_name,  # type: ignore[arg-type]
                other_phone=other.phone or "", address=match.need.address if goes else "", at=visit.at, code=match.code or "",
                visits_url=visits_url(ctx, match.id, side), invitation=invitation(session, ctx, match, side, now),
            )  # fmt: skip
            about = {"need": match.need} if side is Side.RESIDENT else {"offer": match.offer}
            once = f"visit:{visit.id}:{match.sequence}"
            tell(session, ctx, person, message, now, match=match, once=once, **about)  # type: ignore[arg-type]
