"""What the two sides of a match say came of it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import Base
from notifications.types import UTCDateTime


class Outcome(Base):
    """One answer of one side: ``said`` is done, not_done or going_on, ``because`` what kept them, ``words`` how it was, if they like.

    The match has the outcome that counts; both sides may have said, and several times while it goes on.
    """

    __tablename__ = "outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    match_id: Mapped[int] = mapped_column(ForeignKey("match.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))
    said: Mapped[str] = mapped_column(String(10))
    because: Mapped[str | None] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(EncryptedText("outcome.words"), default="")
    at: Mapped[datetime] = mapped_column(UTCDateTime)
