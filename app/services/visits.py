"""Visits as rows: planned when both agree, some weeks ahead where help repeats, done when their time is over, off when the match ends."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.links import Purpose
from app.models import Match, Need, Offer, Person, Task, TaskKind, Visit
from app.services.events import SYSTEM, Actor
from app.services.moves import lock_match, lock_visit, move
from app.services.telling import tell
from matching.hours import ANY_TIME, parse_hours
from matching.lifecycle import MatchState, Side, VisitState
from matching.model import Mode, Urgency
from matching.slots import TEN, VISIT, first_slot, slots
from notifications.calendar import Invitation
from notifications.messages import VisitReminder, VisitsOff

AHEAD = timedelta(weeks=4)
"""How far ahead visits of help that repeats are planned."""
NOTICE = {Urgency.URGENT: timedelta(hours=2)}
"""How soon after both agreed the first visit may be; a day where it is not said here."""
REMIND_AT = time(10)
"""Of the day before a visit, in the city."""
SHOWN_BEFORE = timedelta(days=28)
_SIDES = (joinedload(Match.need).joinedload(Need.person), joinedload(Match.offer).joinedload(Offer.person))


def begin(session: Session, ctx: Context, match: Match, now: datetime) -> None:
    """Both have agreed: a code to say at the door, and the first visits. The match is locked."""
    match.code = f"{secrets.randbelow(10_000):04}"
    match.rhythm_at = match.need.wanted_at or suggestion(ctx, match.need, match.offer, now)
    first = match.rhythm_at
    session.add(Visit(match=match, slot=first, at=first, state=VisitState.PLANNED, reminded_at=reminded_by(ctx, first, now)))
    session.flush()
    extend(session, ctx, match, now + AHEAD)


def suggestion(ctx: Context, need: Need, offer: Offer, now: datetime) -> datetime:
    """When the two could meet for the first time. Where neither named hours: at ten, unless it is urgent."""
    hours = parse_hours(need.availability) & parse_hours(offer.availability)
    if hours == ANY_TIME and need.urgency != Urgency.URGENT:
        hours = TEN
    earliest = now + NOTICE.get(Urgency(need.urgency), timedelta(days=1))
    return first_slot(hours, earliest, ctx.settings.waking_hours, ctx.settings.zone)


def extend(session: Session, ctx: Context, match: Match, until: datetime) -> None:
    """Plan the visits of a rhythm up to ``until`` that are not there yet. Help that is given once has its one visit already."""
    if not match.need.repeats or match.rhythm_at is None:
        return
    last = session.scalar(select(func.max(Visit.slot)).where(Visit.match_id == match.id))
    beyond = max(until, last or until) + timedelta(weeks=match.need.repeats, days=1)
    for slot in slots(match.rhythm_at, match.need.repeats, beyond, ctx.settings.zone):
        if last is not None and slot <= last:
            continue
        if slot > until:
            match.extend_at = slot - AHEAD
            break
        session.add(Visit(match=match, slot=slot, at=slot, state=VisitState.PLANNED))
    session.flush()


def extend_due(ctx: Context, limit: int = 200) -> int:
    """Plan one more visit of each match whose rhythm comes to it; how many matches."""
    now = ctx.now()
    due = select(Match.id).where(Match.extend_at <= now).order_by(Match.extend_at).limit(limit)
    with ctx.db.read() as session:
        ids = session.scalars(due).all()
    for match_id in ids:
        with ctx.db.write() as session:
            match = lock_match(session, match_id)
            if match.state == MatchState.AGREED and match.extend_at and match.extend_at <= now:
                extend(session, ctx, match, now + AHEAD)
    return len(ids)


def pass_due(ctx: Context, limit: int = 200) -> int:
    """Visits whose time is over took place, unless somebody has said otherwise; how many."""
    now = ctx.now()
    over = select(Visit.id).where(Visit.state == VisitState.PLANNED, Visit.at <= now - VISIT).order_by(Visit.at).limit(limit)
    with ctx.db.read() as session:
        ids = session.scalars(over).all()
    for visit_id in ids:
        with ctx.db.write() as session:
            visit = lock_visit(session, visit_id)
            if visit.state == VisitState.PLANNED and visit.at <= now - VISIT:
                forget_reminders(session, visit.match_id, now)
                move(session, visit, VisitState.DONE, now, SYSTEM, "over")
    return len(ids)


def first_end(session: Session, match_id: int) -> datetime | None:
    """When the first visit of a match that was not left out is over, be it past or still to come; ``None`` where there is none."""
    first = session.scalar(select(func.min(Visit.at)).where(Visit.match_id == match_id, Visit.state != VisitState.SKIPPED))
    return first + VISIT if first else None


def call_off(session: Session, ctx: Context, match: Match, now: datetime) -> datetime | None:
    """The match has ended: what was still planned does not take place. When the first of it was, ``None`` where nothing was planned.
    Calendars are to be told. The match is locked."""
    match.extend_at = None
    planned = planned_of(session, match.id)
    if not planned:
        return None
    for visit in planned:
        leave_out(session, visit, now, SYSTEM, "ended")
    match.sequence += 1
    return planned[0].at


def close_with(session: Session, ctx: Context, match: Match, came_of_it: str, now: datetime, by: Actor) -> datetime | None:
    """The match is closed as ``done`` or ``not_done``: the one visit of help given once is that, whatever else was planned or is still to
    come is off, as in :func:`call_off`."""
    planned = planned_of(session, match.id)
    if match.need.repeats or not planned or planned[0].at > now:
        return call_off(session, ctx, match, now)
    done = came_of_it == "done"
    move(session, planned[0], VisitState.DONE if done else VisitState.MISSED, now, by, "done" if done else "missed")
    return None


def leave_out(session: Session, visit: Visit, now: datetime, by: Actor, why: str) -> None:
    """A visit does not take place: ``why`` is the side that says so, or that its match has ended."""
    visit.reason = why
    move(session, visit, VisitState.SKIPPED, now, by, why)


def planned_of(session: Session, match_id: int) -> Sequence[Visit]:
    """The visits of a match that are still to come or not over, in their order."""
    planned = select(Visit).where(Visit.match_id == match_id, Visit.state == VisitState.PLANNED).order_by(Visit.at, Visit.id)
    return session.scalars(planned).all()


def reminded_by(ctx: Context, at: datetime, now: datetime) -> datetime | None:
    """Whoever is told of a visit when its reminder would be due already has been reminded by that."""
    return now if at < to_remember(ctx, now) else None


def to_remember(ctx: Context, now: datetime) -> datetime:
    """Visits before this moment are to be remembered: those of today, and from ten on those of tomorrow."""
    local = now.astimezone(ctx.settings.zone)
    day = local.date() + timedelta(days=2 if local.time() >= REMIND_AT else 1)
    return datetime.combine(day, time(0), ctx.settings.zone)


def forget_reminders(session: Session, match_id: int, now: datetime) -> None:
    """Calls to make about a visit that is over or at another time by now are off the list."""
    calls = Task.match_id == match_id, Task.kind == TaskKind.TELL, Task.reason == VisitReminder.kind, Task.closed_at.is_(None)
    session.execute(update(Task).where(*calls).values(closed_at=now))


def say_off(
    session: Session, ctx: Context, match: Match, side: Side, was_at: datetime, now: datetime, *, knows: bool = True
) -> None:  # fmt: skip
    """What was planned is off. Whoever ``knows``, since they ended the match themselves or hear of that in another message, has their
    calendar changed and no call. ``was_at``: when the first visit would have been."""
    person = person_of(match, side)
    if person.contact == "email" or not knows:
        message = VisitsOff(person.first_name, match.need.category, was_at, invitation(session, ctx, match, side, now))
        tell(session, ctx, person, message, now, match=match)


def person_of(match: Match, side: Side) -> Person:
    return match.need.person if side is Side.RESIDENT else match.offer.person


def visits_url(ctx: Context, match_id: int, side: Side) -> str:
    """The page on which this side sees and moves the visits of a match."""
    return ctx.links.url(Purpose.VISITS, match_id, side)


def invitation(session: Session, ctx: Context, match: Match, side: Side, now: datetime) -> Invitation | None:
    """What stands in this side's calendar from now on; ``None`` where nothing was ever planned."""
    if match.rhythm_at is None:
        return None
    weeks, rhythm_at = match.need.repeats, match.rhythm_at
    rows = session.scalars(select(Visit).where(Visit.match_id == match.id, Visit.slot >= rhythm_at).order_by(Visit.slot)).all()
    kept = [visit for visit in rows if visit.state != VisitState.SKIPPED]
    ends = match.state != MatchState.AGREED
    volunteer, comes = side is Side.VOLUNTEER, match.mode == Mode.IN_PERSON
    sender = ctx.settings.mail_sender
    return Invitation(
        uid=f"match-{match.id}@{sender.rpartition('@')[2]}", sequence=match.sequence, made_at=now, organizer=sender,
        starts_at=rhythm_at if weeks or not kept else kept[0].at, category=match.need.category, weeks=weeks, cancelled=ends,
        whom="" if ends else person_of(match, Side.RESIDENT if volunteer else Side.VOLUNTEER).first_name,
        location=match.need.address if volunteer and comes and not ends else "",
        skipped=tuple(visit.slot for visit in rows if visit.state == VisitState.SKIPPED) if weeks and not ends else (),
        moved=tuple((visit.slot, visit.at) for visit in kept if visit.at != visit.slot) if weeks and not ends else (),
    )  # fmt: skip


def agreed_words(session: Session, ctx: Context, match: Match, side: Side, now: datetime) -> dict[str, Any]:
    """What the message to this side says of the visits when both have agreed."""
    return {
        "weeks": match.need.repeats, "visit_at": match.rhythm_at, "code": match.code or "", "visits_url": visits_url(ctx, match.id, side),
        "invitation": invitation(session, ctx, match, side, now),
    }  # fmt: skip


@dataclass(frozen=True)
class Visits:
    """A match's visits as one of its sides sees them: those that are to come in their order, and the last ones before. ``other`` is the
    first name of the other side while the match is agreed, else it and ``code`` are empty. ``may_replace``: ids of those that were left
    out by the volunteer and for which nobody else is looked for yet."""

    match_id: int
    side: Side
    agreed: bool
    category: str
    weeks: int
    other: str
    code: str
    need_id: int
    person_id: int
    other_id: int
    coming: Sequence[Visit]
    past: Sequence[Visit]
    may_replace: frozenset[int] = field(default_factory=frozenset)

    def visit(self, visit_id: int) -> Visit | None:
        return next((visit for visit in (*self.coming, *self.past) if visit.id == visit_id), None)


def seen(ctx: Context, match_id: int, side: Side) -> Visits | None:
    """The visits of a match to one of its sides; ``None`` for a match that never came to any."""
    now = ctx.now()
    with ctx.db.read() as session:
        match = session.get(Match, match_id, options=_SIDES)
        if match is None or match.rhythm_at is None:
            return None
        lately = Visit.match_id == match_id, Visit.at > now - SHOWN_BEFORE
        rows = session.scalars(select(Visit).where(*lately).order_by(Visit.at, Visit.id)).all()
    agreed = match.state == MatchState.AGREED
    other = person_of(match, Side.VOLUNTEER if side is Side.RESIDENT else Side.RESIDENT)
    coming = [visit for visit in rows if visit.at > now]
    return Visits(
        match_id, side, agreed, match.need.category, match.need.repeats, other.first_name if agreed else "",
        (match.code or "") if agreed else "",
        match.need_id, person_of(match, side).id, other.id, coming, [visit for visit in rows if visit.at <= now],
        frozenset(visit.id for visit in coming if agreed and replaceable(visit, now)),
    )  # fmt: skip


def entry(ctx: Context, match_id: int, side: Side) -> Invitation | None:
    """The visits of a match for this side's calendar."""
    with ctx.db.read() as session:
        match = session.get(Match, match_id, options=_SIDES)
        return invitation(session, ctx, match, side, ctx.now()) if match else None


def replaceable(visit: Visit, now: datetime) -> bool:
    """Whether somebody else may still be looked for: the volunteer does not come, and nobody has been asked for instead."""
    left_out = visit.state == VisitState.SKIPPED and visit.reason == Side.VOLUNTEER
    return left_out and visit.stand_in_id is None and visit.at > now
