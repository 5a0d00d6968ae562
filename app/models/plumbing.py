"""Rows that keep several processes honest."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base
from notifications.types import UTCDateTime


class Lease(Base):
    """Which worker does a share of the work, until when."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    holder: Mapped[str] = mapped_column(String(120))
    until: Mapped[datetime] = mapped_column(UTCDateTime)


class Attempt(Base):
    """A try at something that is slowed down. ``key`` is a keyed hash of an address or an account."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_key", "key", "at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class Fact(Base):
    """What this database is, such as ``demo``."""

    __tablename__ = "fact"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))
