"""Matches: one offer asked to fill one place of one need."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.crypto import EncryptedJson, EncryptedText
from app.db import IDS_ONCE, Base
from app.models.need import Need
from app.models.offer import Offer
from notifications.types import UTCDateTime

_AGREED = text("agreed_at IS NOT NULL")
_LIVE = text("state IN ('proposed', 'accepted', 'agreed')")


class Match(Base):
    """A pair and how far it has come. Whoever said no, or nothing, is not asked again for that need.

    ``deadline_at`` is the volunteer's while ``proposed``, the resident's while ``accepted``. ``reason`` says why it ended, ``because``
    what the person whose move it was chose to say of it. While it is agreed, both are asked at ``ask_at`` what came of it, and were
    ``asked`` so often since they last said.
    ``distance_m`` is exact and for the matcher and coordinators; pages round it up. It lies sealed, and ``terms`` with it: a few exact
    distances give a door away. ``rank`` is 1 for the best of those who could be
    asked then, and ``terms`` is what each counted for (:func:`matching.why.as_data`); whoever took the need on themselves has neither.
    ``made_by_id`` is the agent who brought the two together by hand, ``made_because`` why, where the matcher would not have.
    Once agreed, ``code`` is what the volunteer says at the door, ``rhythm_at`` the first visit of the present rhythm, ``extend_at`` when
    one more visit is to be planned, and ``sequence`` counts the changes that calendars were told of.
    """

    __tablename__ = "match"
    __table_args__ = (
        # Nobody is asked twice at a time.
        Index("uq_match_live_pair", "need_id", "offer_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_match_due", "state", "deadline_at"),
        Index("ix_match_ask", "state", "ask_at"),
        Index("ix_match_figures", "proposed_at", "need_id", "offer_id", "state", "accepted_at", "agreed_at"),
        Index("ix_match_agreed", "need_id", "agreed_at", sqlite_where=_AGREED, postgresql_where=_AGREED),
        Index("ix_match_need_id", "need_id", "state", "offer_id"),
        Index("ix_match_offer_id", "offer_id", "state", "need_id"),
        Index("ix_match_listed", "state", "proposed_at"),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    state: Mapped[str] = mapped_column(String(20))
    mode: Mapped[str] = mapped_column(String(10))
    distance_m: Mapped[int] = mapped_column(EncryptedJson("match.distance_m"))
    rank: Mapped[int | None]
    terms: Mapped[list[dict[str, Any]] | None] = mapped_column(EncryptedJson("match.terms"))
    proposed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    deadline_at: Mapped[datetime] = mapped_column(UTCDateTime)
    accepted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    agreed_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ask_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    asked: Mapped[int] = mapped_column(default=0, server_default="0")
    outcome: Mapped[str | None] = mapped_column(String(20))
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    made_because: Mapped[str] = mapped_column(EncryptedText("match.made_because"), default="", server_default="")
    reason: Mapped[str | None] = mapped_column(String(40))
    because: Mapped[str | None] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(4))
    rhythm_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    extend_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")

    need: Mapped[Need] = relationship(lazy="raise")
    offer: Mapped[Offer] = relationship(lazy="raise")
