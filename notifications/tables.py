"""The notifier's own tables. Rows of others are known by reference only (``match:12``), never by a foreign key.

Personal data is sealed by the caller before it gets here: payload and recipient are cipher text, an address is looked up by
its keyed hash.
"""

from enum import StrEnum

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, MetaData, String, Table, false

from notifications.types import BlindIndex, Sealed, UTCDateTime

SEALED_AS = "notification_outbox"
"""What the caller binds payload and recipient to."""
OPEN = 0
"""``bundled_in`` of a digest that still takes messages."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Channel(StrEnum):
    """How a message travels: each channel has its own transport, and what people wish holds for all."""

    EMAIL = "email"
    SMS = "sms"


class OutboxState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    """Not sent, since whoever it is for does not want it; nobody calls instead."""
    BUNDLED = "bundled"
    """Part of the digest ``bundled_in``."""


wishes = Table(
    "notification_wishes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("recipient_index", BlindIndex(64), nullable=False, unique=True, comment="keyed hash of the address"),
    Column("consented_at", UTCDateTime, comment="since when it is known that its owner wants to be written to"),
    Column("off", JSON, nullable=False, comment="topics that are not sent"),
    Column("rhythm", String(10), nullable=False, comment="of what can wait: at_once, daily or weekly"),
    Column("night", Boolean, nullable=False, comment="urgent messages wait for the morning too"),
    Column("changed_at", UTCDateTime, nullable=False),
    CheckConstraint("rhythm IN ('at_once', 'daily', 'weekly')", name="rhythm"),
    sqlite_autoincrement=True,  # its id stands in links
)

outbox = Table(
    "notification_outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("payload", Sealed(SEALED_AS), nullable=False, comment="sealed JSON of the message"),
    Column("recipient", Sealed(SEALED_AS), nullable=False, comment="sealed JSON of address and name"),
    Column("recipient_index", BlindIndex(64), nullable=False, comment="keyed hash of the address"),
    Column("wishes_id", ForeignKey(wishes.c.id), nullable=False),
    Column("channel", String(10), nullable=False, default=Channel.EMAIL, server_default=Channel.EMAIL),
    Column("language", String(8), nullable=False),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("event_key", String(120), unique=True, comment="event and recipient: a second enqueue of the same is nothing"),
    Column("about", String(100), nullable=False, comment="what it is about, such as match:12"),
    Column("reader_id", Integer, nullable=False, comment="whom it is for, as the app counts people"),
    Column("state", String(16), nullable=False),
    Column("urgent", Boolean, nullable=False, default=False, server_default=false(), comment="what it is about cannot wait for a morning"),
    Column("attempts", Integer, nullable=False, default=0, comment="times a relay took it"),
    Column("due_at", UTCDateTime, nullable=False),
    Column("created_at", UTCDateTime, nullable=False),
    Column("held_until", UTCDateTime, comment="before it was tried for the first time, by the policy"),
    Column("reason", String(100), comment="why the policy held, bundled or skipped it; no personal data"),
    Column("bundled_in", Integer, comment="the digest of which it is part; 0: a digest that still takes messages"),
    Column("claimed_by", String(120)),
    Column("claimed_until", UTCDateTime),
    Column("sent_at", UTCDateTime),
    Column("last_error", String(200), comment="no personal data"),
    Column("handled_at", UTCDateTime, comment="when the app made a task of a refusal"),
    CheckConstraint(f"state IN ({', '.join(repr(state.value) for state in OutboxState)})", name="state"),
    CheckConstraint(f"channel IN ({', '.join(repr(channel.value) for channel in Channel)})", name="channel"),
    Index(None, "state", "due_at"),
    Index("ix_notification_outbox_listed", "state", "created_at", "reader_id"),
    Index(None, "reader_id"),
    Index(None, "recipient_index"),
    Index(None, "about"),
    Index(None, "wishes_id", "sent_at"),
    Index(None, "bundled_in"),
    sqlite_autoincrement=True,  # what a relay records of a message that has gone is never taken for another's
)

suppressed_address = Table(
    "notification_suppressed_address",
    metadata,
    Column("recipient_index", BlindIndex(64), primary_key=True),
    Column("reason", String(60), nullable=False),
    Column("since", UTCDateTime, nullable=False),
)

received = Table(
    "notification_received",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("fingerprint", String(64), nullable=False, unique=True, comment="hash of the message: the same one is filed once"),
    Column("kind", String(16), nullable=False, comment="what it was; never its words"),
    Column("status", String(12), nullable=False, comment="code of a delivery report, such as 5.1.1"),
    Column("outbox_id", Integer, comment="the message that it is about"),
    Column("recipient_index", BlindIndex(64), index=True, comment="keyed hash of the address that message went to"),
    Column("at", UTCDateTime, nullable=False),
)
