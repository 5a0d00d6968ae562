"""What either side changes about visits: another time, one left out, some weeks away, and that nobody came."""

from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import Match, Visit
from app.services.events import Actor, record
from app.services.moves import lock_match, lock_visit, move
from app.services.telling import tell
from app.services.visits import (
    AHEAD,
    extend,
    forget_reminders,
    invitation,
    leave_out,
    person_of,
    planned_of,
    reminded_by,
    replaceable,
    visits_url,
)
from matching.lifecycle import MatchState, Side, VisitState
from matching.slots import slots
from notifications.messages import Message, VisitMoved, VisitsSkipped

FURTHEST = timedelta(days=366)
"""How far ahead a visit may be moved, and how long somebody may be away."""


class NotThen(UserError):
    """The time is past or too far ahead; another one helps."""


class AlreadyThen(NotThen):
    """Another visit of the two is at that time."""


class NotAnyMore(UserError):
    """The visit or its match has ended meanwhile, or it is the only one, which can be moved and not left out."""


def move_visit(ctx: Context, visit_id: int, at: datetime, side: Side, by: Actor, *, onward: bool = False) -> None:
    """Another time for a visit; ``onward``: for all after it too, each at the same time of the clock in its week. The other side is told.

    Twice is once. Raises :class:`NotThen` and :class:`NotAnyMore`.
    """
    now = ctx.now()
    if not now < at <= now + FURTHEST:
        raise NotThen("Choose a time that is still to come, within a year.")
    with ctx.db.write() as session:
        visit = _planned(session, visit_id)
        match, was = visit.match, visit.at
        onward = onward and match.need.repeats > 0
        if was == at and not onward:
            return
        taken = Visit.match_id == match.id, Visit.at == at, Visit.state == VisitState.PLANNED
        if not onward and session.scalar(select(Visit.id).where(*taken)):
            raise AlreadyThen("There is a visit at this time already. Choose another time.")
        if onward:
            _new_rhythm(session, ctx, match, visit, at, now)
        else:
            visit.at, visit.reminded_at = at, reminded_by(ctx, at, now)
        if not match.need.repeats:
            match.rhythm_at = visit.slot = at
        match.sequence += 1
        session.flush()
        record(session, "visit_moved", now, by, reason=side, match_id=match.id)
        forget_reminders(session, match.id, now)
        for told in (Side.RESIDENT, Side.VOLUNTEER):
            message = VisitMoved(
                first_name=person_of(match, told).first_name, category=match.need.category, other_name=_other(match, told), was=was, at=at,
                weeks=match.need.repeats if onward else 0, visits_url=visits_url(ctx, match.id, told),
                invitation=invitation(session, ctx, match, told, now),
            )  # fmt: skip
            _tell(session, ctx, match, told, message, now, by_themselves=told is side)


def _new_rhythm(session: Session, ctx: Context, match: Match, first: Visit, at: datetime, now: datetime) -> None:
    """This visit and all after it, those that are left out too, follow each other from ``at`` on."""
    later = Visit.match_id == match.id, Visit.slot >= first.slot
    rows = session.scalars(select(Visit).where(*later).order_by(Visit.slot)).all()
    match.rhythm_at = at
    times = slots(at, match.need.repeats, at + timedelta(weeks=match.need.repeats * len(rows)), ctx.settings.zone)
    for visit, slot in zip(rows, times, strict=False):
        visit.slot = visit.at = slot
        visit.reminded_at = reminded_by(ctx, slot, now)
    session.flush()
    extend(session, ctx, match, now + AHEAD)


def skip(ctx: Context, visit_id: int, side: Side, by: Actor) -> None:
    """Leave out one visit of help that repeats. The other side is told. Twice is once. Raises :class:`NotAnyMore`."""
    now = ctx.now()
    with ctx.db.write() as session:
        visit = lock_visit(session, visit_id)
        if visit.state == VisitState.SKIPPED and visit.reason == side:
            return
        visit = _planned(session, visit_id)
        _leave_out(session, ctx, visit.match, [visit], side, now, by)


def away(ctx: Context, match_id: int, first: date, last: date, side: Side, by: Actor) -> int:
    """Leave out all visits from the day ``first`` to the day ``last``; how many. Raises :class:`NotThen` and :class:`NotAnyMore`."""
    now, zone = ctx.now(), ctx.settings.zone
    if last < first or last < now.astimezone(zone).date() or last > (now + FURTHEST).astimezone(zone).date():
        raise NotThen("The last day must not be before the first, nor past, nor more than a year ahead.")
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state != MatchState.AGREED or not match.need.repeats:
            raise NotAnyMore("There is nothing to leave out.")
        extend(session, ctx, match, datetime.combine(last + timedelta(days=1), datetime.min.time(), zone))
        gone = [v for v in planned_of(session, match_id) if v.at > now and first <= v.at.astimezone(zone).date() <= last]
        if gone:
            _leave_out(session, ctx, match, gone, side, now, by)
        return len(gone)


def missed(ctx: Context, visit_id: int, side: Side, by: Actor) -> None:
    """A visit whose time has come did not take place. Twice is once. Raises :class:`NotAnyMore`."""
    now = ctx.now()
    with ctx.db.write() as session:
        visit = lock_visit(session, visit_id)
        if visit.state == VisitState.MISSED:
            return
        if visit.state not in (VisitState.PLANNED, VisitState.DONE) or visit.at > now:
            raise NotAnyMore("This visit is still to come, or was left out.")
        visit.reason = side
        move(session, visit, VisitState.MISSED, now, by, "missed")


def _planned(session: Session, visit_id: int) -> Visit:
    visit = lock_visit(session, visit_id)
    if visit.state != VisitState.PLANNED or visit.match.state != MatchState.AGREED:
        raise NotAnyMore("This visit is over or was left out.")
    return visit


def _leave_out(session: Session, ctx: Context, match: Match, gone: list[Visit], side: Side, now: datetime, by: Actor) -> None:
    if not match.need.repeats:
        raise NotAnyMore("The only visit can be moved, not left out.")
    for visit in gone:
        leave_out(session, visit, now, by, side)
    session.flush()
    forget_reminders(session, match.id, now)
    until = now
    while not (coming := [visit for visit in planned_of(session, match.id) if visit.at > now]):
        until = max(until, gone[-1].slot) + AHEAD
        extend(session, ctx, match, until)
    match.sequence += 1
    for told in (Side.RESIDENT, Side.VOLUNTEER):
        message = VisitsSkipped(
            first_name=person_of(match, told).first_name, category=match.need.category, other_name=_other(match, told), number=len(gone),
            at=gone[0].at, last_at=gone[-1].at, next_at=coming[0].at,
            may_replace=told is Side.RESIDENT and any(replaceable(visit, now) for visit in gone),
            visits_url=visits_url(ctx, match.id, told), invitation=invitation(session, ctx, match, told, now),
        )  # fmt: skip
        _tell(session, ctx, match, told, message, now, by_themselves=told is side)


def _other(match: Match, side: Side) -> str:
    return person_of(match, Side.VOLUNTEER if side is Side.RESIDENT else Side.RESIDENT).first_name


def _tell(session: Session, ctx: Context, match: Match, side: Side, message: Message, now: datetime, *, by_themselves: bool) -> None:
    """Whoever changed it themselves gets their calendar changed, and no call."""
    person = person_of(match, side)
    if by_themselves and person.contact != "email":
        return
    about = {"need": match.need} if side is Side.RESIDENT else {"offer": match.offer}
    tell(session, ctx, person, message, now, match=match, once=f"change:{match.sequence}", **about)  # type: ignore[arg-type]
