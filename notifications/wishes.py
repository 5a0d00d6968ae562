"""What people wish of the messages to them: one row an address, made with the first message to it, so that links can name its number."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, fields
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from notifications.tables import OPEN, OutboxState, outbox
from notifications.tables import wishes as table
from notifications.topics import CAN_STOP, Topic


class Rhythm(StrEnum):
    """When messages come that can wait."""

    AT_ONCE = "at_once"
    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True)
class Wishes:
    """``off``: topics that are not sent. ``night``: urgent messages wait for the morning too. ``id`` is 0 before the first message."""

    id: int
    recipient_index: str
    off: frozenset[Topic] = frozenset()
    rhythm: Rhythm = Rhythm.AT_ONCE
    night: bool = False


def known(connection: Connection, index: str, *, consented: bool, now: dt.datetime) -> int:
    """The number of an address's wishes, which are made where there are none; ``consented``: its owner wants to be written to."""
    find = select(table.c.id, table.c.consented_at).where(table.c.recipient_index == index)
    row = connection.execute(find).one_or_none()
    if row is None:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        made = {"recipient_index": index, "off": [], "rhythm": Rhythm.AT_ONCE, "night": False, "changed_at": now}
        connection.execute(insert(table).values(made).on_conflict_do_nothing(index_elements=["recipient_index"]))
        row = connection.execute(find).one()
    if consented and row.consented_at is None:
        connection.execute(update(table).where(table.c.id == row.id).values(consented_at=now))
    return int(row.id)


def of_id(connection: Connection, id: int) -> Wishes | None:
    return _one(connection, table.c.id == id)


def of_index(connection: Connection, index: str) -> Wishes:
    """Those of an address that was never written to are the usual ones."""
    return _one(connection, table.c.recipient_index == index) or Wishes(0, index)


def change(connection: Connection, id: int, *, off: Collection[Topic], rhythm: Rhythm, night: bool, now: dt.datetime) -> None:
    """From now on. What waited for a digest comes at once where the rhythm is another. ``ValueError`` for what nobody can do without."""
    if not set(off) <= CAN_STOP:
        raise ValueError(f"only {', '.join(sorted(CAN_STOP))} can be stopped")
    was = connection.execute(select(table.c.rhythm).where(table.c.id == id).with_for_update()).scalar_one()
    connection.execute(update(table).where(table.c.id == id).values(off=sorted(off), rhythm=rhythm, night=night, changed_at=now))
    if was != rhythm:
        # A relay that is about to send it may hold its row, and wait for this one: no need to move it then.
        digests = (
            select(outbox.c.id)
            .where(outbox.c.wishes_id == id, outbox.c.bundled_in == OPEN, outbox.c.state == OutboxState.WAITING)
            .with_for_update(skip_locked=True)
        )
        connection.execute(update(outbox).where(outbox.c.id.in_(digests.scalar_subquery())).values(due_at=now, held_until=now))


def resume(connection: Connection, index: str, topic: Topic, now: dt.datetime) -> None:
    """Send messages of ``topic`` again, if they were stopped."""
    here = of_index(connection, index)
    if topic in here.off:
        change(connection, here.id, off=here.off - {topic}, rhythm=here.rhythm, night=here.night, now=now)


def _one(connection: Connection, which: ColumnElement[bool]) -> Wishes | None:
    row = connection.execute(select(*(table.c[f.name] for f in fields(Wishes))).where(which)).one_or_none()
    return None if row is None else Wishes(row.id, row.recipient_index, frozenset(map(Topic, row.off)), Rhythm(row.rhythm), row.night)
