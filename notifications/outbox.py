"""Messages that wait to be sent: put in with the fact they tell, taken out by a relay, their outcome recorded.

Nothing here commits; each function works in its caller's transaction. On SQLite the transactions that write must have begun
with ``BEGIN IMMEDIATE``.
"""

import datetime as dt
import json
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from notifications import wishes
from notifications.messages import Message
from notifications.tables import OPEN, Channel, OutboxState, outbox, suppressed_address


@dataclass(frozen=True)
class Recipient:
    """``index`` is the keyed hash of ``address``, made by the caller; ``name`` may be empty. ``consented``: it is known that whoever
    reads the address's mail wants to be written to; before, only messages of the topic ``account`` go there. ``reader_id`` is the
    caller's number of whom it is."""

    address: str
    index: str
    language: str
    name: str = ""
    consented: bool = False
    reader_id: int = 0


@dataclass(frozen=True)
class Claimed:
    """A row of the outbox in a relay's hands; ``payload`` and ``recipient`` are still sealed. ``attempts`` counts this one."""

    id: int
    kind: str
    payload: str
    recipient: str
    recipient_index: str
    wishes_id: int
    channel: str
    language: str
    message_id: str
    about: str
    reader_id: int
    urgent: bool
    attempts: int
    due_at: dt.datetime
    created_at: dt.datetime
    held_until: dt.datetime | None
    bundled_in: int | None

    @property
    def since(self) -> dt.datetime:
        """When it should have gone: its date, and from when on it is tried in vain."""
        return self.held_until or self.created_at


@dataclass(frozen=True)
class Undelivered:
    """A message that will not arrive, for the app to make a task of. ``why`` names no person."""

    id: int
    kind: str
    payload: str
    about: str
    why: str


@dataclass(frozen=True)
class Told:
    """A message as others may know of it: what kind, for whom, when, and whether it went. Neither words nor address."""

    kind: str
    reader_id: int
    state: str
    created_at: dt.datetime
    sent_at: dt.datetime | None


def enqueue(
    connection: Connection,
    message: Message,
    *,
    to: Recipient,
    about: str,
    now: dt.datetime,
    seal: Callable[[str], str],
    sender_domain: str,
    event_key: str | None = None,
    urgent: bool = False,
    channel: Channel = Channel.EMAIL,
) -> int | None:
    """Store ``message`` for ``to``, due at once; the row's id, or ``None`` when ``event_key`` is there already.

    ``about`` refers to what the message is about (``match:12``); ``sender_domain`` is the right half of its ``Message-ID``. ``urgent``:
    what it is about cannot wait for a morning.
    """
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {
        "kind": message.kind,
        "payload": seal(json.dumps(message.to_dict())),
        "recipient": seal(json.dumps({"address": to.address, "name": to.name})),
        "recipient_index": to.index,
        "wishes_id": wishes.known(connection, to.index, consented=to.consented, now=now),
        "channel": channel,
        "language": to.language,
        "message_id": new_message_id(sender_domain),
        "event_key": event_key,
        "about": about,
        "reader_id": to.reader_id,
        "urgent": urgent and message.wakes,
        "state": OutboxState.WAITING,
        "due_at": now,
        "created_at": now,
    }
    statement = insert(outbox).values(row).on_conflict_do_nothing(index_elements=["event_key"]).returning(outbox.c.id)
    return connection.execute(statement).scalar_one_or_none()


def new_message_id(domain: str) -> str:
    return f"<{uuid.uuid4().hex}@{domain}>"


def claim(
    connection: Connection, *, holder: str, now: dt.datetime, limit: int, lease: dt.timedelta, channel: Channel = Channel.EMAIL
) -> list[Claimed]:
    """Take up to ``limit`` due messages of a channel, oldest first, until ``now + lease``; those whose lease ran out are due again."""
    _put_back(connection, outbox.c.claimed_until <= now)
    due = (
        select(outbox.c.id)
        .where(outbox.c.state == OutboxState.WAITING, outbox.c.due_at <= now, outbox.c.channel == channel)
        .order_by(outbox.c.due_at, outbox.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)  # nothing on SQLite, where the transaction holds the whole file
        .cte("due")
    )
    taken = (
        update(outbox)
        .where(outbox.c.id.in_(select(due.c.id)))
        .values(state=OutboxState.SENDING, attempts=outbox.c.attempts + 1, claimed_by=holder, claimed_until=now + lease)
        .returning(*(outbox.c[f.name] for f in fields(Claimed)))
    )
    return sorted((Claimed(**row._mapping) for row in connection.execute(taken)), key=lambda claimed: claimed.id)


def renew(connection: Connection, ids: list[int], *, holder: str, now: dt.datetime, lease: dt.timedelta) -> set[int]:
    """Hold ``ids`` until ``now + lease``; those that are still ``holder``'s."""
    held = update(outbox).where(outbox.c.id.in_(ids), _held_by(holder)).values(claimed_until=now + lease).returning(outbox.c.id)
    return set(connection.execute(held).scalars())


def is_held(connection: Connection, id: int, *, holder: str) -> bool:
    """Whether it is ``holder``'s still: whoever erases somebody takes back what is on its way to them."""
    return connection.execute(_HELD, {"held": id, "by": holder}).first() is not None


def release(connection: Connection, ids: list[int], *, holder: str, due_at: dt.datetime | None = None) -> None:
    """Give ``ids`` back, without a try that counts: still due, or due at ``due_at``."""
    when = {"due_at": due_at} if due_at else {}
    connection.execute(update(outbox).where(outbox.c.id.in_(ids), _held_by(holder)).values(**_UNTRIED, **when))


def release_dead(connection: Connection, is_dead: Callable[[str], bool]) -> int:
    """Put back at once what dead holders held; how many messages that were. ``is_dead`` is asked once for each holder."""
    sending = outbox.c.state == OutboxState.SENDING
    holders = connection.execute(select(outbox.c.claimed_by).where(sending).distinct()).scalars().all()
    dead = [holder for holder in holders if is_dead(holder)]
    return _put_back(connection, outbox.c.claimed_by.in_(dead)) if dead else 0


def record_sent(connection: Connection, id: int, *, now: dt.datetime) -> None:
    """The server took it. True whoever holds the row by now, so nobody else needs to send it."""
    connection.execute(_SENT, {"sent": id, "now": now})


def record_retry(connection: Connection, id: int, *, holder: str, due_at: dt.datetime, error: str) -> None:
    """It did not go; try again from ``due_at`` on."""
    values = {"state": OutboxState.WAITING, "due_at": due_at, "last_error": error, **_NOBODY}
    connection.execute(update(outbox).where(outbox.c.id == id, _held_by(holder)).values(values))


def record_refused(connection: Connection, id: int, *, holder: str, error: str, state: OutboxState = OutboxState.REFUSED) -> None:
    """It will never go (``state`` tells refused from suppressed); the app finds it by :func:`refused_unhandled`."""
    connection.execute(update(outbox).where(outbox.c.id == id, _held_by(holder)).values(state=state, last_error=error, **_NOBODY))


def give_up(connection: Connection, channel: Channel, error: str) -> None:
    """What waits for this channel will never go, each message by itself where a digest was to bring them."""
    o = outbox.c
    waits = (o.channel == channel) & (o.state == OutboxState.WAITING)
    digests = connection.scalars(select(o.id).where(waits, o.bundled_in == OPEN).with_for_update()).all()
    inside = (o.state == OutboxState.BUNDLED) & o.bundled_in.in_(digests)
    connection.execute(update(outbox).where(o.id.in_(digests)).values(state=OutboxState.SKIPPED, reason=error))
    connection.execute(update(outbox).where(waits | inside).values(state=OutboxState.REFUSED, last_error=error))


def suppress(connection: Connection, recipient_index: str, reason: str, now: dt.datetime) -> None:
    """Send nothing more to this address. The first ``reason`` (short, it names nobody) stays."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"recipient_index": recipient_index, "reason": reason, "since": now}
    connection.execute(insert(suppressed_address).values(row).on_conflict_do_nothing())


def lift_suppression(connection: Connection, id: int) -> bool:
    """Write to the recipient of message ``id`` again; ``False`` where nothing stood against it."""
    to = select(outbox.c.recipient_index).where(outbox.c.id == id).scalar_subquery()
    return connection.execute(delete(suppressed_address).where(suppressed_address.c.recipient_index == to)).rowcount > 0


def refused_unhandled(connection: Connection, limit: int) -> list[Undelivered]:
    """Messages that were refused or suppressed and that nobody was told of, oldest first."""
    o = outbox.c
    never = o.state.in_([OutboxState.REFUSED, OutboxState.SUPPRESSED])
    what = select(o.id, o.kind, o.payload, o.about, func.coalesce(o.last_error, o.reason).label("why"))
    rows = connection.execute(what.where(never, o.handled_at.is_(None)).order_by(o.id).limit(limit))
    return [Undelivered(**row._mapping) for row in rows]


def overtake(connection: Connection, about: Collection[str], kinds: Collection[str], now: dt.datetime) -> set[str]:
    """What of these is held for later is not said any more; the kinds that this was so for. What is due goes: it may be on its way."""
    held = update(outbox).where(
        outbox.c.about.in_(about), outbox.c.kind.in_(kinds), outbox.c.state == OutboxState.WAITING, outbox.c.due_at > now
    )
    values = {"state": OutboxState.SKIPPED, "reason": "overtaken", "handled_at": now}
    return set(connection.execute(held.values(values).returning(outbox.c.kind)).scalars())


def mark_handled(connection: Connection, id: int, now: dt.datetime) -> None:
    connection.execute(update(outbox).where(outbox.c.id == id).values(handled_at=now))


def record_bounced(connection: Connection, id: int, *, now: dt.datetime, error: str) -> None:
    """A server had taken it and says now that it does not arrive; the app has made a task of that."""
    values = {"state": OutboxState.REFUSED, "last_error": error, "handled_at": now, **_NOBODY}
    connection.execute(update(outbox).where(outbox.c.id == id).values(values))


def told(
    connection: Connection, readers: Collection[int], about: Collection[str], limit: int, before: dt.datetime | None = None
) -> list[Told]:
    """The messages to one of ``readers`` about one of these, the newest first; up to ``before`` where it is given."""
    if not readers:
        return []
    until = [outbox.c.created_at <= before] if before else []
    rows = connection.execute(
        select(*(outbox.c[f.name] for f in fields(Told)))
        # By the index of what they are about: those who helped many have many messages about others.
        .where(func.coalesce(outbox.c.reader_id, 0).in_(readers), outbox.c.about.in_(about), *until)
        .order_by(outbox.c.created_at.desc(), outbox.c.id.desc())
        .limit(limit)
    )
    return [Told(**row._mapping) for row in rows]


def counts(connection: Connection) -> dict[OutboxState, int]:
    """How many messages are in each state."""
    rows = connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    return {state: 0 for state in OutboxState} | {OutboxState(state): number for state, number in rows}


@dataclass(frozen=True)
class Standing:
    """How sending stands. ``waits_since`` is from when on the oldest message that is due has waited for a relay; ``suppressed`` counts
    addresses that nothing is sent to, ``held`` messages that wait for a morning or a digest."""

    counts: dict[OutboxState, int]
    waits_since: dt.datetime | None
    suppressed: int
    held: int


def standing(connection: Connection, now: dt.datetime) -> Standing:
    suppressed = connection.execute(select(func.count()).select_from(suppressed_address)).scalar_one()
    waits = (outbox.c.state == OutboxState.WAITING) & (outbox.c.due_at > now) & (outbox.c.held_until == outbox.c.due_at)
    held = connection.execute(select(func.count()).where(waits)).scalar_one()
    return Standing(counts(connection), waits_since(connection, now), suppressed, held)


def waits_since(connection: Connection, now: dt.datetime) -> dt.datetime | None:
    """See :class:`Standing`; without counting all that was ever sent."""
    due = (outbox.c.state == OutboxState.WAITING) & (outbox.c.due_at <= now)
    left = (outbox.c.state == OutboxState.SENDING) & (outbox.c.claimed_until <= now)
    since: dt.datetime | None = connection.execute(select(func.min(outbox.c.due_at)).where(due | left)).scalar_one()
    return since


def retry(connection: Connection, id: int, now: dt.datetime) -> OutboxState | None:
    """Have a message that waits or will never go tried now, as if for the first time; the state it was in, ``None`` where there is none."""
    state = connection.execute(select(outbox.c.state).where(outbox.c.id == id).with_for_update()).scalar_one_or_none()
    # One without content was about somebody who has been erased.
    again = outbox.c.state.in_([OutboxState.WAITING, OutboxState.REFUSED, OutboxState.SUPPRESSED]) & (outbox.c.payload != "")
    values = {"state": OutboxState.WAITING, "due_at": now, "attempts": 0, "handled_at": None}
    connection.execute(update(outbox).where(outbox.c.id == id, again).values(values))
    return OutboxState(state) if state else None


_NOBODY: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
_UNTRIED: dict[str, Any] = {"state": OutboxState.WAITING, "attempts": outbox.c.attempts - 1, **_NOBODY}
_HELD = select(outbox.c.id).where(  # put together once, as the next
    outbox.c.id == bindparam("held"), outbox.c.state == OutboxState.SENDING, outbox.c.claimed_by == bindparam("by")
)
_SENT = (  # put together once: it is the one that each message needs
    update(outbox)
    .where(outbox.c.id == bindparam("sent"))
    .values(state=OutboxState.SENT, sent_at=bindparam("now"), last_error=None, **_NOBODY)
)


def _held_by(holder: str) -> ColumnElement[bool]:
    return (outbox.c.state == OutboxState.SENDING) & (outbox.c.claimed_by == holder)


def _put_back(connection: Connection, which: ColumnElement[bool]) -> int:
    sending = outbox.c.state == OutboxState.SENDING
    back = update(outbox).where(sending, which).values(_UNTRIED)  # but for one at most, nobody had come to them
    return connection.execute(back).rowcount
