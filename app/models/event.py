"""What happened, append-only: the timeline and the audit."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from notifications.types import UTCDateTime

_WITHDRAWN = text("kind = 'offer_withdrawn'")


class Event(Base):
    """A fact with its time, actor, channel and reason. No personal data: people are named by reference only."""

    __tablename__ = "event"
    __table_args__ = (
        # Who has left, among a million events.
        Index("ix_event_offer_withdrawn", "at", sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN),
        # Most events are about one or two of these: where nothing stands in a column, its index has nothing either.
        *(Index(f"ix_event_{about}", about, sqlite_where=text(f"{about} IS NOT NULL"), postgresql_where=text(f"{about} IS NOT NULL"))
          for about in ("person_id", "need_id", "offer_id", "match_id", "task_id")),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(80))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"))
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    match_id: Mapped[int | None] = mapped_column(ForeignKey("match.id"))
    task_id: Mapped[int | None] = mapped_column(ForeignKey("agent_task.id"))
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id", ondelete="SET NULL"), index=True)


class EventSeal(Base):
    """The ``number``-th record of a ``chain`` (a territory's id; 0 for what is about none), with the hash of it and of the one before
    (:mod:`app.services.audit`). Append-only too."""

    __tablename__ = "event_seal"
    __table_args__ = (UniqueConstraint("chain", "number"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), primary_key=True, autoincrement=False)
    chain: Mapped[int]
    number: Mapped[int]
    hash: Mapped[bytes] = mapped_column(LargeBinary)
