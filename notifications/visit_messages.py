"""What is said of visits: see :mod:`notifications.messages`."""

import datetime as dt
from dataclasses import dataclass

from notifications.calendar import Invitation
from notifications.message import Message, PairMode
from notifications.topics import Topic


@dataclass(frozen=True)
class VisitReminder(Message):
    """The day before. ``other_phone`` and, for whoever goes there, ``address`` may be empty."""

    kind = "visit_reminder"
    topic = Topic.MATCH
    category: str
    mode: PairMode
    other_name: str
    other_phone: str
    address: str
    at: dt.datetime
    code: str
    visits_url: str
    invitation: Invitation | None = None


@dataclass(frozen=True)
class VisitMoved(Message):
    """A visit of ``was`` is at ``at`` now; with ``weeks``, all after it follow in that rhythm."""

    kind = "visit_moved"
    topic = Topic.MATCH
    category: str
    other_name: str
    was: dt.datetime
    at: dt.datetime
    weeks: int
    visits_url: str
    invitation: Invitation | None = None


@dataclass(frozen=True)
class VisitsSkipped(Message):
    """``number`` visits from ``at`` to ``last_at`` do not take place; the next one is at ``next_at``. ``may_replace``: the resident is
    asked whether somebody else should come instead."""

    kind = "visits_skipped"
    topic = Topic.MATCH
    category: str
    other_name: str
    number: int
    at: dt.datetime
    last_at: dt.datetime
    next_at: dt.datetime
    may_replace: bool
    visits_url: str
    invitation: Invitation | None = None


@dataclass(frozen=True)
class VisitsOff(Message):
    """To whoever ended a match themselves: the visits that were planned are off, in the calendar too."""

    kind = "visits_off"
    topic = Topic.MATCH
    category: str
    at: dt.datetime
    invitation: Invitation | None = None
