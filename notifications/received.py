"""Mail that came in, as it is filed: what it was and which message of ours it was about, so that the same mail is one.

Nothing here commits; each function works in its caller's transaction.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, fields

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects import postgresql, sqlite

from notifications.tables import outbox, received


@dataclass(frozen=True)
class Sent:
    """A message of ours that something came back about; ``payload`` and ``recipient`` are still sealed."""

    id: int
    kind: str
    about: str
    payload: str
    recipient: str
    recipient_index: str


def sent(connection: Connection, *, id: int | None = None, message_ids: Collection[str] = ()) -> Sent | None:
    """The message with this ``id``, or else the latest with one of these ``Message-ID``s."""
    which = outbox.c.id == id if id is not None else outbox.c.message_id.in_(message_ids)
    row = connection.execute(select(*(outbox.c[f.name] for f in fields(Sent))).where(which).order_by(outbox.c.id.desc()).limit(1)).first()
    return Sent(**row._mapping) if row else None


def file(connection: Connection, fingerprint: str, kind: str, about: Sent | None, now: dt.datetime, *, status: str = "") -> bool:
    """Write down that a message came in; ``False`` when it is filed already (another process may do so at this moment)."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {
        "fingerprint": fingerprint,
        "kind": kind,
        "status": status,
        "outbox_id": about.id if about else None,
        "recipient_index": about.recipient_index if about else None,
        "at": now,
    }
    statement = insert(received).values(row).on_conflict_do_nothing(index_elements=["fingerprint"]).returning(received.c.id)
    return connection.execute(statement).scalar_one_or_none() is not None


def came_in(connection: Connection, recipient_index: str, kind: str, since: dt.datetime, until: dt.datetime) -> bool:
    """Whether mail of this kind about this address came in between two moments."""
    r = received.c
    which = (r.recipient_index == recipient_index) & (r.kind == kind) & r.at.between(since, until)
    return bool(connection.execute(select(select(received.c.id).where(which).exists())).scalar_one())


def counts(connection: Connection) -> dict[str, int]:
    """How many messages of each kind came in."""
    rows = connection.execute(select(received.c.kind, func.count()).group_by(received.c.kind).order_by(received.c.kind))
    return {kind: number for kind, number in rows}
