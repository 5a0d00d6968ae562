"""What a coordinator has seen of a volunteer: that it was seen, by whom and how long it counts, never the paper itself."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from notifications.types import UTCDateTime


class CheckKind(StrEnum):
    IDENTITY = "identity"
    RECORD = "record"
    """The extract of the criminal record."""
    INTERVIEW = "interview"
    TRAINING = "training"


class Check(Base):
    """Seen on a day, by an agent. ``until`` is the last day on which it counts; ``None`` is for good. Whoever is to
    renew it is asked once, at ``reminded_at``."""

    __tablename__ = "person_check"
    __table_args__ = (Index("ix_person_check_due", "reminded_at", "until"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    seen_on: Mapped[date] = mapped_column(Date)
    by_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    until: Mapped[date | None] = mapped_column(Date)
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
