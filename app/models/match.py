"""Matches: one offer asked to fill one place of one need."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import IDS_ONCE, Base
from app.models.need import Need
from app.models.offer import Offer
from notifications.types import UTCDateTime


class Match(Base):
    """A pair and how far it has come. A pair is proposed once: whoever said no, or nothing, is not asked again for that need.

    ``deadline_at`` is the volunteer's while ``proposed``, the resident's while ``accepted``. ``reason`` says why it ended.
    ``distance_m`` is exact and for the matcher and coordinators; pages round it up.
    """

    __tablename__ = "match"
    __table_args__ = (
        UniqueConstraint("need_id", "offer_id"),
        Index("ix_match_due", "state", "deadline_at"),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"), index=True)
    state: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(10))
    distance_m: Mapped[int]
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    deadline_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    agreed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outcome: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(40))

    need: Mapped[Need] = relationship(lazy="raise")
    offer: Mapped[Offer] = relationship(lazy="raise")
