"""Visits: when the two of a match meet. A match of a need that repeats has many."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import IDS_ONCE, Base
from app.models.match import Match
from matching.lifecycle import VisitState
from notifications.types import UTCDateTime


class Visit(Base):
    """One meeting of a match.

    ``slot`` is when the rhythm of the match has it, ``at`` when it really is: another time where somebody moved it. ``reason`` says who
    left it out (a side), or that the match had ended. ``stand_in_id`` is the need for somebody else that day.
    """

    __tablename__ = "visit"
    __table_args__ = (Index("ix_visit_due", "state", "at"), IDS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"), index=True)
    slot: Mapped[datetime] = mapped_column(UTCDateTime)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    state: Mapped[str] = mapped_column(String(20), default=VisitState.PLANNED)
    reason: Mapped[str | None] = mapped_column(String(20))
    reminded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    stand_in_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"), index=True)

    match: Mapped[Match] = relationship(lazy="raise")
