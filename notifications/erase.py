"""Messages without their words: of a reader who is erased, to others about them, and of all that went long ago."""

import datetime as dt
from collections.abc import Callable, Collection

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from notifications import wishes as known_wishes
from notifications.tables import OutboxState, outbox, received, suppressed_address, wishes

NOBODY = "erased"
"""In place of the hash of an address, and of what people wish: one row for all who were erased."""
NOT_SENT = (OutboxState.WAITING, OutboxState.SENDING, OutboxState.BUNDLED, OutboxState.REFUSED, OutboxState.SUPPRESSED)


def erase(
    connection: Connection,
    *,
    readers: Collection[int],
    others: Collection[int],
    up_to: int,
    about: Callable[[str], bool],
    now: dt.datetime,
) -> list[str]:
    """All messages to ``readers``, and up to the one with the number ``up_to`` those to ``others`` that are about something of theirs.
    What was not sent never will be. The ``Message-ID`` of each: a transport may have kept a copy."""
    o = outbox.c
    to_others = and_(o.reader_id.in_(others), o.id <= up_to)
    found = select(o.id, o.about, o.reader_id, o.message_id, o.bundled_in).where(or_(o.reader_id.in_(readers), to_others))
    theirs = [row for row in connection.execute(found).all() if row.reader_id in readers or about(row.about)]
    ids, of_readers = [row.id for row in theirs], [row.id for row in theirs if row.reader_id in readers]
    brought_by = {row.bundled_in for row in theirs if row.bundled_in}
    digests = connection.execute(select(o.id, o.message_id).where(o.id.in_(brought_by), o.bundled_in.is_(None))).all()
    _empty(connection, ids, now)
    nobody: dict[str, object] = {"recipient": "", "recipient_index": NOBODY}
    if of_readers:
        nobody["wishes_id"] = known_wishes.known(connection, NOBODY, consented=False, now=now)
        connection.execute(update(outbox).where(o.id.in_(of_readers)).values(nobody))
    # A digest on its way brings others' messages too: they wait for the next one.
    on_its_way = select(o.id).where(o.id.in_([row.id for row in digests]), o.state.in_(NOT_SENT))
    left = update(outbox).where(o.bundled_in.in_(on_its_way), o.state == OutboxState.BUNDLED, o.id.not_in(ids))
    connection.execute(left.values(state=OutboxState.WAITING, bundled_in=None))
    _empty(connection, [row.id for row in digests], now)
    return [row.message_id for row in (*theirs, *digests)]


def _empty(connection: Connection, ids: Collection[int], now: dt.datetime) -> None:
    one, o = outbox.c.id.in_(ids), outbox.c
    stopped = {"state": OutboxState.SKIPPED, "reason": "erased", "bundled_in": None, "handled_at": now}
    connection.execute(update(outbox).where(one, o.state.in_(NOT_SENT)).values(stopped | {"claimed_by": None, "claimed_until": None}))
    connection.execute(update(outbox).where(one).values(payload=""))


def forget_address(connection: Connection, indexes: Collection[str]) -> None:
    """Nothing is known any more of addresses that nobody has: neither what was wished, nor that they take nothing."""
    connection.execute(update(received).where(received.c.recipient_index.in_(indexes)).values(recipient_index=None))
    connection.execute(delete(suppressed_address).where(suppressed_address.c.recipient_index.in_(indexes)))
    mine = select(wishes.c.id).where(wishes.c.recipient_index.in_(indexes))
    # A message to somebody else who had the address once keeps its own row of wishes.
    used = select(outbox.c.wishes_id).where(outbox.c.wishes_id.in_(mine))
    connection.execute(delete(wishes).where(wishes.c.id.in_(mine), wishes.c.id.not_in(used)))


def count_old(connection: Connection, before: dt.datetime) -> int:
    """How many messages were made before, have gone or never will, and still have their words."""
    return connection.execute(select(func.count()).select_from(outbox).where(_old(before))).scalar_one()


def empty_old(connection: Connection, before: dt.datetime, limit: int) -> list[str]:
    """Words and address of the oldest of them go. The ``Message-ID`` of each: a transport may have kept a copy."""
    o = outbox.c
    rows = connection.execute(select(o.id, o.message_id).where(_old(before)).order_by(o.id).limit(limit)).all()
    connection.execute(update(outbox).where(o.id.in_([row.id for row in rows])).values(payload="", recipient=""))
    return [row.message_id for row in rows]


def _old(before: dt.datetime) -> ColumnElement[bool]:
    moves = (OutboxState.WAITING, OutboxState.SENDING, OutboxState.BUNDLED)
    return and_(outbox.c.created_at < before, outbox.c.payload != "", outbox.c.state.not_in(moves))
