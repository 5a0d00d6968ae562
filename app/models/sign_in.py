"""Where somebody is signed in, and what agents prove themselves with besides a password."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import IDS_ONCE, Base
from notifications.types import UTCDateTime


class SignIn(Base):
    """One browser in which a person is signed in. ``key`` is the hash of a random token that only the browser's cookie has.

    ``seen_at`` is right to the minute; ``ends_at`` moves on with it, up to a limit, and is in the past once it has ended.
    ``id_token`` is what the provider gave that signed them in, with which they are signed out there; empty after any other sign-in.
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
    id_token: Mapped[str] = mapped_column(EncryptedText("sign_in.id_token"), default="", server_default="")


class SecondFactor(Base):
    """What an agent's phone shows a code from. ``step`` is the half minute of the last code that was taken; ``confirmed_at`` is empty until
    they have shown once that the phone has the secret. ``next_secret`` is that of the phone which is to take its place."""

    __tablename__ = "second_factor"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    secret: Mapped[str] = mapped_column(EncryptedText("second_factor.secret"))
    next_secret: Mapped[str] = mapped_column(EncryptedText("second_factor.next_secret"), default="", server_default="")
    step: Mapped[int] = mapped_column(default=0)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class RecoveryCode(Base):
    """For when the phone is lost, once: ``key`` is its hash, keyed by the secret of that phone."""

    __tablename__ = "recovery_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(80))
