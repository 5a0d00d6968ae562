"""Whether a message is sent now, later, in a digest or never, and why. No database and no clock: what is known comes in.

Whoever asked for something gets its answer at any hour; what a running match needs cannot be stopped and has no cap; a request to a
volunteer has a deadline and therefore never waits for a digest. Only what can wait is bundled.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from config.waking import Waking
from notifications.topics import CAN_WAIT, Topic, stopped_with
from notifications.wishes import Rhythm


@dataclass(frozen=True)
class Rules:
    """The city's: its zone, when people are awake there, and how many messages a day one address gets before what can wait is bundled."""

    zone: ZoneInfo
    waking: Waking
    cap: int


AT_ONCE = Rules(ZoneInfo("UTC"), Waking(dt.time.min, dt.time.max), cap=1_000_000)
"""No night and no cap: so in the demonstration, where whoever looks in the evening wants to see the mail."""


class Do(StrEnum):
    SEND = "send"
    HOLD = "hold"
    BUNDLE = "bundle"
    SKIP = "skip"
    SUPPRESS = "suppress"
    """As skip, but it is to be said in another way, since the address takes nothing."""


@dataclass(frozen=True)
class Verdict:
    """``until`` is when it, or its digest, is due. ``reason`` names nobody."""

    do: Do
    reason: str = ""
    until: dt.datetime | None = None


@dataclass(frozen=True)
class Reader:
    """What is known of whom a message is for. ``suppressed`` says why nothing is sent there (empty: it is); ``sent_today`` counts
    messages of the city's day."""

    consented: bool = True
    suppressed: str = ""
    off: frozenset[Topic] = frozenset()
    rhythm: Rhythm = Rhythm.AT_ONCE
    night: bool = False
    sent_today: int = 0


def decide(topic: Topic, reader: Reader, rules: Rules, now: dt.datetime, *, urgent: bool, tried: bool) -> Verdict:
    """What becomes of one message. One that was ``tried`` may have arrived: it goes on by itself, for a digest would repeat it."""
    if reader.suppressed:
        return Verdict(Do.SUPPRESS, f"address suppressed: {reader.suppressed}")
    if topic is Topic.ACCOUNT:
        return Verdict(Do.SEND)
    if not reader.consented:
        return Verdict(Do.SKIP, "the address was never confirmed")
    stopped = stopped_with(topic)
    if stopped and stopped <= reader.off:
        return Verdict(Do.SKIP, f"unsubscribed: {', '.join(sorted(stopped))}")
    may_wait = topic in CAN_WAIT and not tried
    if may_wait and reader.rhythm is not Rhythm.AT_ONCE:
        return Verdict(Do.BUNDLE, f"{reader.rhythm} digest", next_digest(now, reader.rhythm, rules))
    goes_at_night = urgent and topic in (Topic.MATCH, Topic.REQUESTS) and not reader.night
    if not goes_at_night and not rules.waking.holds(now, rules.zone):
        return Verdict(Do.HOLD, "quiet hours", rules.waking.next_start(now, rules.zone))
    if may_wait and reader.sent_today >= rules.cap:
        return Verdict(Do.BUNDLE, "daily cap", next_digest(now, Rhythm.DAILY, rules))
    return Verdict(Do.SEND)


def next_digest(now: dt.datetime, rhythm: Rhythm, rules: Rules) -> dt.datetime:
    """When the next digest is due, later than ``now``: as people wake, every day or on Mondays."""
    day = now.astimezone(rules.zone).date()
    while True:
        moment = dt.datetime.combine(day, rules.waking.start, rules.zone).astimezone(dt.UTC)
        if moment > now and (rhythm is not Rhythm.WEEKLY or day.weekday() == 0):
            return moment
        day += dt.timedelta(days=1)


def day_start(now: dt.datetime, rules: Rules) -> dt.datetime:
    """When the city's day began, for the cap."""
    return dt.datetime.combine(now.astimezone(rules.zone).date(), dt.time.min, rules.zone).astimezone(dt.UTC)
