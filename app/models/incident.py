"""What was reported, who is in charge of it, and what they make of it. Only safeguarding leads read these."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import IDS_ONCE, Base
from notifications.types import BlindIndex, UTCDateTime


class IncidentState(StrEnum):
    OPEN = "open"
    IN_HAND = "in_hand"
    CLOSED = "closed"


class IncidentOutcome(StrEnum):
    UNFOUNDED = "unfounded"
    """Nothing happened that concerns safety."""
    SETTLED = "settled"
    """It was talked over with everybody."""
    NO_MORE = "no_more"
    """The person helps, or is helped, no more."""
    PASSED_ON = "passed_on"
    """The police or another service has it."""


class Incident(Base):
    """``reason`` and ``words`` are what ``reporter_id`` says of ``about_id``; where it concerns nobody in particular that is ``None``.
    ``task_id`` is the line on the agents' list, by whose events each reading is found. ``lead_id`` has it in hand.
    ``said_by``: whether the side itself said it, somebody close to the resident, or an agent who noticed (:class:`PostedBy`).
    While ``apart`` the two are not brought together, whatever becomes of the report: until a lead lifts it."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_listed", "state", "opened_at"), IDS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default=IncidentState.OPEN)
    reason: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(EncryptedText("incident.words"), default="")
    channel: Mapped[str] = mapped_column(String(10))
    said_by: Mapped[str] = mapped_column(String(10))
    reporter_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    about_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    need_id: Mapped[int] = mapped_column(ForeignKey("need.id"))
    match_id: Mapped[int | None] = mapped_column(ForeignKey("match.id"))
    task_id: Mapped[int] = mapped_column(ForeignKey("agent_task.id"), index=True)
    apart: Mapped[bool] = mapped_column(default=False)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    outcome: Mapped[str | None] = mapped_column(String(20))
    opened_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class IncidentEntry(Base):
    """What a lead has written down or decided, with ``words`` of theirs; ``match_id`` is the match that was decided about."""

    __tablename__ = "incident_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    kind: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(EncryptedText("incident_entry.words"), default="")
    match_id: Mapped[int | None] = mapped_column(ForeignKey("match.id"))


class SafetyLead(Base):
    """An agent who is in charge of what is reported in a territory and all below it; ``None`` is the whole city."""

    __tablename__ = "safety_lead"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)


class Flag(Base):
    """A pattern that was seen: ``number`` of something, of ``person_id``. ``key`` is the blind index of a phone or the hash of a device
    that several accounts share, of which the person is one; else it is empty. ``days`` is the time it was seen over (``None``: ever)."""

    __tablename__ = "flag"
    __table_args__ = (Index("ix_flag_listed", "looked_at", "raised_at"), IDS_ONCE)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    key: Mapped[str] = mapped_column(BlindIndex(80), default="")
    number: Mapped[int]
    days: Mapped[int | None]
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
    raised_at: Mapped[datetime] = mapped_column(UTCDateTime)
    looked_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    looked_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Device(Base):
    """From which device an account was made: a keyed hash that is forgotten after some days (decision 25)."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
