"""What waits for a person: calls to make, posts to place, needs that nobody can serve."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from app.db import IDS_ONCE, Base
from notifications.types import UTCDateTime

_OPEN, _DONE = text("closed_at IS NULL"), text("closed_at IS NOT NULL")


class TaskKind(StrEnum):
    TELL = "tell"
    """Call or write to somebody who has no e-mail; ``words`` is what to say."""
    PLACE = "place"
    """Put an address on the map."""
    NOBODY = "nobody"
    """No volunteer is eligible; ``reason`` is the rule that nobody passes."""
    APPROVE = "approve"
    """A volunteer waits to be approved."""
    UNDELIVERED = "undelivered"
    """A message was refused for good; ``words`` is what it said."""
    OUTCOME = "outcome"
    """Ask what came of a match: nobody said (``silent``), or the two say different things (``differs``)."""
    ANSWER = "answer"
    """Somebody wrote, with a note of what; ``reason`` is the kind of message that they answer, if any."""
    REPORT = "report"
    """Something went wrong: a safeguarding lead has the incident, nobody else its words."""
    LATE = "late"
    """A volunteer has said yes, and the resident's time to answer is nearly over."""
    SOON = "soon"
    """A request should be met soon and nobody has agreed; ``reason`` is ``urgent`` or ``wanted``: what the time is that is near."""
    MODERATE = "moderate"
    """Read a request; ``reason`` is whether it waits for that (``held``, ``many``) or goes on (``look``). ``words``: what it said before
    an agent changed it."""
    CHECK = "check"
    """A check of a volunteer ends soon; ``reason`` is its kind."""


class Task(Base):
    """``about`` is what the task is about, such as ``match:12``; ``event_key`` keeps one cause from making two tasks.

    ``assigned_to_id`` is the agent who does it. ``why`` is what became of the volunteers of a request that has nobody, at ``why_at``
    (:func:`matching.why.not_as_data`, as JSON); sealed, since its distances are exact.
    """

    __tablename__ = "agent_task"
    __table_args__ = (
        Index("ix_agent_task_open", "due_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_agent_task_done", "closed_at", sqlite_where=_DONE, postgresql_where=_DONE),
        IDS_ONCE,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    event_key: Mapped[str | None] = mapped_column(String(120), unique=True)
    about: Mapped[str | None] = mapped_column(String(40), index=True)
    reason: Mapped[str | None] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(EncryptedText("agent_task.words"), default="")
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    need_id: Mapped[int | None] = mapped_column(ForeignKey("need.id"), index=True)
    offer_id: Mapped[int | None] = mapped_column(ForeignKey("offer.id"), index=True)
    match_id: Mapped[int | None] = mapped_column(ForeignKey("match.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    due_at: Mapped[datetime] = mapped_column(UTCDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    assigned_to_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    why: Mapped[str | None] = mapped_column(EncryptedText("agent_task.why"))
    why_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class Presence(Base):
    """An agent who has a task's page open, ``since`` when and seen when last."""

    __tablename__ = "presence"

    task_id: Mapped[int] = mapped_column(ForeignKey("agent_task.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    seen_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
