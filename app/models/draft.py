"""What somebody has begun to fill in and not sent yet."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import Base
from notifications.types import UTCDateTime


class Draft(Base):
    """A form of several pages on its way, whose ``id`` only the browser's session knows; or what an agent searches for. ``answers`` is
    JSON."""

    __tablename__ = "draft"

    id: Mapped[str] = mapped_column(String(43), primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    answers: Mapped[str] = mapped_column(EncryptedText("draft.answers"))
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
