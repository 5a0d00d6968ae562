"""A round of the matcher that an agent looks at before anybody is asked."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import Base
from notifications.types import UTCDateTime


class PlanState(StrEnum):
    WANTED = "wanted"
    """A worker has to work it out."""
    READY = "ready"
    SENT = "sent"
    DROPPED = "dropped"


class Plan(Base):
    """``territory_id``: for the requests of it and of all below; none is the whole city. ``pairs`` is JSON (:mod:`app.services.plans`);
    sealed, since its distances are exact. ``left`` counts the requests for which it has nobody."""

    __tablename__ = "plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    state: Mapped[str] = mapped_column(String(10), index=True)
    wanted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    made_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    pairs: Mapped[str] = mapped_column(EncryptedText("plan.pairs"), default="[]")
    left: Mapped[int] = mapped_column(default=0)
