"""Where somebody is signed in."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import IDS_ONCE, Base
from notifications.types import UTCDateTime


class SignIn(Base):
    """One browser in which a person is signed in. ``key`` is the hash of a random token that only the browser's cookie has.

    ``seen_at`` is right to the minute; ``ends_at`` moves on with it, up to a limit, and is in the past once it has ended.
    """

    __tablename__ = "sign_in"
    __table_args__ = IDS_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    begun_at: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime)
    ends_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    device: Mapped[str] = mapped_column(String(60))
    second_factor_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
