"""Volunteers' standing offers."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.crypto import EncryptedText
from app.db import IDS_ONCE, Base
from app.models.person import Person
from app.models.post import Post
from matching.lifecycle import OfferState
from notifications.types import UTCDateTime


class Offer(Post, Base):
    """What a volunteer offers. ``taken`` counts the live matches; the database refuses more than ``capacity``.

    Where ``quartiers`` were ticked (ids of territories) or an area was ``drawn`` (a GeoJSON polygon or multipolygon in WGS84), the
    volunteer goes there and ``radius_m`` waits. A drawn one is sealed: its middle may well be somebody's home. A paused one comes back by
    itself at ``paused_until``, if there is such a time.
    Somebody whom nobody has needed hears so at ``news_at``.
    """

    __tablename__ = "offer"
    __table_args__ = (CheckConstraint("taken >= 0 AND taken <= capacity", name="room"), Index("ix_offer_listed", "created_at"), IDS_ONCE)

    state: Mapped[str] = mapped_column(String(20), default=OfferState.UNCONFIRMED, index=True)
    categories: Mapped[list[str]] = mapped_column(JSON)
    radius_m: Mapped[int]
    quartiers: Mapped[list[int]] = mapped_column(JSON, default=list, server_default="[]")
    drawn: Mapped[str | None] = mapped_column(EncryptedText("offer.drawn"))
    capacity: Mapped[int] = mapped_column(default=1)
    taken: Mapped[int] = mapped_column(default=0)
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    news_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    last_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    person: Mapped[Person] = relationship(lazy="raise")
