"""Writing down what happened."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from app.models import Channel, Event


@dataclass(frozen=True)
class Actor:
    """Who did it (nobody: the service itself) and how it came in."""

    person_id: int | None = None
    channel: Channel = Channel.SYSTEM


SYSTEM = Actor()
A_MOMENT = timedelta(minutes=10)
"""So long what an agent has looked at may be shown to them again without being written down once more."""


def record(session: Session, kind: str, now: datetime, by: Actor, *, reason: str | None = None, **about: int | None) -> None:
    """Append an event. ``about`` takes ``person_id``, ``need_id``, ``offer_id``, ``match_id``, ``task_id`` and ``territory_id``."""
    session.add(Event(at=now, kind=kind, actor_id=by.person_id, channel=by.channel, reason=reason, **about))


def just_now(kind: str, now: datetime, by: Actor) -> ColumnElement[bool]:
    """Events of this kind that the same agent made a moment ago."""
    return and_(Event.kind == kind, Event.actor_id == by.person_id, Event.at > now - A_MOMENT)
