"""Volunteers' standing offers."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.db import IDS_ONCE, Base
from app.models.person import Person
from app.models.post import Post
from matching.lifecycle import OfferState
from notifications.types import UTCDateTime


class Offer(Post, Base):
    """What a volunteer offers. ``taken`` counts the live matches; the database refuses more than ``capacity``."""

    __tablename__ = "offer"
    __table_args__ = (CheckConstraint("taken >= 0 AND taken <= capacity", name="room"), IDS_ONCE)

    state: Mapped[str] = mapped_column(String(20), default=OfferState.UNCONFIRMED, index=True)
    categories: Mapped[list[str]] = mapped_column(JSON)
    radius_m: Mapped[int]
    capacity: Mapped[int] = mapped_column(default=1)
    taken: Mapped[int] = mapped_column(default=0)
    last_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship(lazy="raise")
