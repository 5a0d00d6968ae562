"""How sending stands: for whoever runs the service, and for coordinators the messages to people in their area."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select, update

from app.context import Context
from app.models import Person, Task
from app.services.events import SYSTEM, Actor, record
from app.services.lists import PAGE_SIZE, Page, page_number, up_to
from app.services.sight import Sight
from app.services.telling import undelivered_key
from notifications import outbox as queue
from notifications import received
from notifications.outbox import Standing
from notifications.tables import OutboxState, outbox

LATE_AFTER = timedelta(minutes=15)
"""A relay takes what is due within a second; a mail server that is down for a moment is no alarm yet."""
LATELY = timedelta(days=30)
MOST, GLANCE = 1_000, 99
"""So many messages of the pile that is open are counted and can be leafed through; and so many are counted of each of the others."""
STOPPED = (OutboxState.REFUSED, OutboxState.SUPPRESSED)


class Pile(StrEnum):
    """What became of messages, as a coordinator sorts them."""

    FAILED = "failed"
    SUPPRESSED = "suppressed"
    WAITING = "waiting"
    HELD = "held"
    SENT = "sent"
    UNWANTED = "unwanted"


def mail_standing(ctx: Context) -> Standing:
    with ctx.db.read() as session:
        return queue.standing(session.connection(), ctx.now())


def mail_that_came(ctx: Context) -> dict[str, int]:
    """How many messages came in, by what they were filed as."""
    with ctx.db.read() as session:
        return received.counts(session.connection())


def is_late(waits_since: datetime | None, now: datetime) -> bool:
    return waits_since is not None and now - waits_since > LATE_AFTER


def waits_since(ctx: Context) -> datetime | None:
    """From when on the oldest message that is due has waited. For what is asked again and again: it counts nothing."""
    with ctx.db.read() as session:
        return queue.waits_since(session.connection(), ctx.now())


def late_since(ctx: Context) -> datetime | None:
    """The same, if that is too long."""
    since = waits_since(ctx)
    return since if is_late(since, ctx.now()) else None


@dataclass(frozen=True)
class Mail:
    """``counts`` of each pile (one more than :data:`MOST`, than :data:`GLANCE`: there are more), and one page of one of them.

    Columns: id, kind, channel, state, created_at, due_at, sent_at, why (in the words of the mail server or the policy; it names nobody),
    reader_id (0: nobody who is there any more)."""

    counts: dict[Pile, int]
    page: Page


def mail(ctx: Context, sight: Sight, pile: Pile, number: int) -> Mail:
    """The messages of the last days to people in sight, in three queries: what waits by when it is due, the others the newest first."""
    now, o = ctx.now(), outbox.c
    piles = _piles(now)
    seen = outbox.outerjoin(Person, Person.id == o.reader_id)
    which = [o.created_at >= now - LATELY] + ([] if sight.everything else [sight.of_person()])
    order = [o.due_at, o.id] if pile in (Pile.WAITING, Pile.HELD) else [o.created_at.desc(), o.id.desc()]
    why = {Pile.FAILED: o.last_error, Pile.WAITING: o.last_error, Pile.SENT: None}.get(pile, o.reason)
    rows = select(
        o.id, o.kind, o.channel, o.state, o.created_at, o.due_at, o.sent_at, func.coalesce(why, "").label("why"),
        func.coalesce(Person.id, 0).label("reader_id"),
    )  # fmt: skip
    ids = select(o.id).select_from(seen)
    with ctx.db.read() as session:
        # Whom a message is to has to be looked up, to know whether it is in sight: once for those of the open pile, page and count.
        chosen = session.scalars(ids.where(piles[pile], *which).order_by(*order).limit(MOST + 1)).all()
        others = [each for each in Pile if each is not pile]
        counted = session.execute(select(*(up_to(GLANCE, ids.where(piles[each], *which)) for each in others))).one()
        total = min(len(chosen), MOST)
        number = page_number(number, total)
        found = rows.select_from(seen).where(o.id.in_(chosen[:MOST][(number - 1) * PAGE_SIZE :][:PAGE_SIZE])).order_by(*order)
        page = Page(session.execute(found).all(), total, number, len(chosen) > MOST)
        return Mail(dict(zip(others, counted, strict=True)) | {pile: len(chosen)}, page)


def _piles(now: datetime) -> dict[Pile, ColumnElement[bool]]:
    """What is part of a digest is in none: the digest is."""
    o = outbox.c
    held = (o.state == OutboxState.WAITING) & (o.due_at > now) & (o.held_until == o.due_at)
    waiting = o.state.in_([OutboxState.WAITING, OutboxState.SENDING])
    return {
        Pile.FAILED: o.state == OutboxState.REFUSED, Pile.SUPPRESSED: o.state == OutboxState.SUPPRESSED,
        Pile.WAITING: waiting & or_(o.held_until.is_(None), ~held), Pile.HELD: held,
        Pile.SENT: o.state == OutboxState.SENT, Pile.UNWANTED: o.state == OutboxState.SKIPPED,
    }  # fmt: skip


def may_see(ctx: Context, sight: Sight, message_id: int) -> bool:
    """Whether the message is to somebody in sight."""
    found = select(outbox.c.id).outerjoin(Person, Person.id == outbox.c.reader_id).where(outbox.c.id == message_id)
    with ctx.db.read() as session:
        return session.scalar(found if sight.everything else found.where(sight.of_person())) is not None


def try_again(ctx: Context, message_id: int, by: Actor = SYSTEM) -> tuple[OutboxState | None, bool]:
    """Have the message tried now, unless it went, is about to or is not wanted; the state it was in, and whether its address was
    suppressed until now. Nobody needs to say it instead meanwhile."""
    now = ctx.now()
    with ctx.db.write() as session:
        state = queue.retry(session.connection(), message_id, now)
        if state not in (OutboxState.WAITING, *STOPPED):
            return state, False
        # Without its key, so that a new one comes when it fails once more.
        instead = {
            "event_key": None,
            "closed_at": func.coalesce(Task.closed_at, now),
            "closed_by_id": func.coalesce(Task.closed_by_id, by.person_id),
        }
        session.execute(update(Task).where(Task.event_key == undelivered_key(message_id)).values(instead))
        reader = session.scalar(select(Person.id).join(outbox, outbox.c.reader_id == Person.id).where(outbox.c.id == message_id))
        if reader:
            record(session, "mail_retried", now, by, person_id=reader)
        return state, queue.lift_suppression(session.connection(), message_id)
