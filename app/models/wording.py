"""The city's own words in place of those delivered, append-only: the newest row of a key and a language counts."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import IDS_ONCE, Base
from notifications.types import UTCDateTime


class Wording(Base):
    """What stands under ``key`` (see :mod:`app.city_words`) in a language from ``changed_at`` on; no ``text`` is as delivered. It is read
    by everybody: no personal data. A row's id is part of the version of a notice, so each is given once."""

    __tablename__ = "wording"
    __table_args__ = (Index("ix_wording_key_language", "key", "language"), IDS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(10))
    text: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
