"""Writing down what happened."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.models import Channel, Event


@dataclass(frozen=True)
class Actor:
    """Who did it (nobody: the service itself) and how it came in."""

    person_id: int | None = None
    channel: Channel = Channel.SYSTEM


SYSTEM = Actor()


def record(session: Session, kind: str, now: datetime, by: Actor, *, reason: str | None = None, **about: int | None) -> None:
    """Append an event. ``about`` takes ``person_id``, ``need_id``, ``offer_id``, ``match_id``, ``task_id`` and ``territory_id``."""
    session.add(Event(at=now, kind=kind, actor_id=by.person_id, channel=by.channel, reason=reason, **about))
