"""Residents' needs."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.crypto import EncryptedText
from app.db import IDS_ONCE, Base
from app.models.person import Person
from app.models.post import Post, PostedBy
from matching.lifecycle import NeedState
from notifications.types import UTCDateTime


class Moderation(StrEnum):
    """How a need's words stand. Nobody is asked for one that is held, until an agent has read it."""

    CLEAR = "clear"
    LOOK = "look"
    HELD = "held"
    REFUSED = "refused"


class Need(Post, Base):
    """What a resident asks for. ``taken`` counts the matches with a volunteer's yes, each of which holds one of ``helpers_needed``
    places, and those that ended well.

    While it is not met, its resident is asked at ``check_at`` whether it is still needed, and was at ``checked_at``.
    An open need is due for matching when ``next_try_at`` has come. ``on_behalf_name`` and ``on_behalf_phone`` say who asks in the
    resident's place, when somebody does; ``call`` is whom the town hall calls (a ``PostedBy``: the resident themselves or that relative).
    ``pinned_offer_id`` is whom an agent wants to be asked before all others. A paused one goes on by itself at ``paused_until``, if there
    is such a time; one that is ``held_at`` a time goes on when a safeguarding lead says so. ``school_level`` is asked for homework help
    only. ``repeats``: each so many weeks, 0 is once. ``wanted_at`` is the one moment for which somebody is looked for, where only that one
    will do.
    """

    __tablename__ = "need"
    __table_args__ = (
        CheckConstraint("taken >= 0 AND taken <= helpers_needed", name="places"),
        Index("ix_need_due", "state", "next_try_at"),
        Index("ix_need_check", "state", "check_at"),
        Index("ix_need_figures", "confirmed_at", "territory_id", "category", "state", "channel", "person_id"),
        Index("ix_need_lacks", "territory_id", "state", "category"),
        Index("ix_need_listed", "state", "posted_at"),
        IDS_ONCE,
    )

    state: Mapped[str] = mapped_column(String(20), default=NeedState.UNCONFIRMED)
    category: Mapped[str] = mapped_column(String(40))
    urgency: Mapped[str] = mapped_column(String(10))
    helpers_needed: Mapped[int] = mapped_column(default=1)
    taken: Mapped[int] = mapped_column(default=0)
    details: Mapped[str] = mapped_column(EncryptedText("need.details"), default="")
    moderation: Mapped[str] = mapped_column(String(10), default=Moderation.CLEAR, server_default=Moderation.CLEAR)
    share_contact: Mapped[bool] = mapped_column(default=False)
    on_behalf_name: Mapped[str | None] = mapped_column(EncryptedText("need.on_behalf_name"))
    on_behalf_phone: Mapped[str | None] = mapped_column(EncryptedText("need.on_behalf_phone"))
    call: Mapped[str] = mapped_column(String(10), default=PostedBy.SELF, server_default=PostedBy.SELF)
    school_level: Mapped[str | None] = mapped_column(String(20))
    repeats: Mapped[int] = mapped_column(default=0, server_default="0")
    wanted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    next_try_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    check_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    checked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    pinned_offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"))
    paused_until: Mapped[datetime | None] = mapped_column(UTCDateTime, index=True)
    held_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    posted_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    person: Mapped[Person] = relationship(lazy="raise")

    @property
    def told(self) -> str:
        """What its volunteer reads of it, once both have agreed."""
        return "\n".join(part for part in (self.school_level, self.details) if part)
