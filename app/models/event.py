"""What happened, append-only: the timeline and the audit."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from notifications.types import UTCDateTime

_WITHDRAWN = text("kind = 'offer_withdrawn'")


class Event(Base):
    """A fact with its time, actor, channel and reason. No personal data: people are named by reference only."""

    __tablename__ = "event"
    # Who has left, among a million events.
    __table_args__ = (Index("ix_event_offer_withdrawn", "at", sqlite_where=_WITHDRAWN, postgresql_where=_WITHDRAWN),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    kind: Mapped[str] = mapped_column(String(40))
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    channel: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(String(80))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), index=True)
    match_id: Mapped[int | None] = mapped_column(ForeignKey("match.id"), index=True)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("agent_task.id"), index=True)
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id", ondelete="SET NULL"), index=True)
