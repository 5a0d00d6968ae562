"""People: volunteers, residents, coordinators. An account is optional."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import IDS_ONCE, Base
from notifications.types import BlindIndex, UTCDateTime

_ASKED = text("erase_asked_at IS NOT NULL")


class Role(StrEnum):
    """What an account may do besides its own affairs (decision 31)."""

    NONE = "none"
    CALLER = "caller"
    MODERATOR = "moderator"
    COORDINATOR = "coordinator"
    DATA_PROTECTION = "data_protection"
    ADMINISTRATOR = "administrator"


class Person(Base):
    """Somebody. ``account`` says that they may sign in; whoever has none comes by signed links.

    ``approved_at`` and ``approved_by_id`` record the city's acceptance of a volunteer, which its insurance asks for.
    An agent sees the territories that are theirs (:class:`PersonTerritory`), or all with ``whole_city``; with neither, nothing.
    A ``role`` without an ``account`` is that of an agent who has left.
    ``frozen_at``: something was reported of this volunteer, and nothing is asked of them until somebody in charge has decided.
    ``proconnect`` is the number by which an agent's provider of sign-ins knows them.
    ``merged_into_id`` is who this turned out to be: what was theirs is that person's now, and this row is empty.
    ``erase_asked_at``: they are to be erased as soon as nothing stands against it; ``erased_at``: nothing is left of them but this row.
    """

    __tablename__ = "person"
    # One account an address. People without account may share one: anybody can type an address into a form.
    __table_args__ = (
        Index(
            "uq_person_account_email", "email_index", unique=True,
            sqlite_where=text("account = 1"), postgresql_where=text("account"),
        ),
        Index("ix_person_erase", "erase_asked_at", sqlite_where=_ASKED, postgresql_where=_ASKED),
        IDS_ONCE,
    )  # fmt: skip

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(EncryptedText("person.name"))
    email: Mapped[str | None] = mapped_column(EncryptedText("person.email"))
    email_index: Mapped[str | None] = mapped_column(BlindIndex(80), index=True)
    phone: Mapped[str | None] = mapped_column(EncryptedText("person.phone"))
    phone_index: Mapped[str | None] = mapped_column(BlindIndex(80), index=True)
    language: Mapped[str] = mapped_column(String(5))
    contact: Mapped[str] = mapped_column(String(10))
    account: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str] = mapped_column(String(20), default=Role.NONE, index=True)
    whole_city: Mapped[bool] = mapped_column(default=False, server_default=false())
    password_hash: Mapped[str | None] = mapped_column(String(200))
    proconnect: Mapped[str | None] = mapped_column(EncryptedText("person.proconnect"))
    proconnect_index: Mapped[str | None] = mapped_column(BlindIndex(80), unique=True)
    email_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    notice_version: Mapped[str | None] = mapped_column(String(20))
    charter_version: Mapped[str | None] = mapped_column(String(20))
    minimum_age_confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    frozen_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    erase_asked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @property
    def first_name(self) -> str:
        """What a message calls them by: the first word, and an honorific together with what follows it."""
        words = self.name.split()
        if len(words) > 1 and words[0].rstrip(".").lower() in ("m", "mme", "mlle", "dr", "mr", "mrs", "ms"):
            return " ".join(words[:2])
        return words[0] if words else ""


OVERSEE = (Role.CALLER, Role.MODERATOR, Role.COORDINATOR, Role.ADMINISTRATOR)
"""Whoever has one of these works for a part of the city, or all of it, and sees its posts."""
STAFF = (*OVERSEE, Role.DATA_PROTECTION)
"""The city's agents: a second factor, and sessions that are short."""


class PersonTerritory(Base):
    """An agent works for this territory and all below it."""

    __tablename__ = "person_territory"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    territory_id: Mapped[int] = mapped_column(ForeignKey("territory.id"), primary_key=True, index=True)
