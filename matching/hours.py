"""Weekly hours as bit masks: one bit for each quarter of an hour, the lowest is Monday 00:00.

The text is OpenStreetMap's ``opening_hours``, held to weekdays and clock times, with that syntax's own meaning: a rule after
``;`` replaces the earlier ones on its days, a rule after ``,`` adds to them. Everything is taken inward to whole quarters.
"""

import re
from datetime import datetime
from functools import lru_cache
from typing import Literal

from opening_hours import OpeningHours, ParserError  # type: ignore[attr-defined]  # missing from its stub

QUARTERS = 7 * 24 * 4
ANY_TIME = (1 << QUARTERS) - 1

HoursReason = Literal["syntax", "unsupported", "equal_ends"]

# The library also understands months, holidays, the sun and more; what a weekly mask cannot hold is refused, not guessed at.
_WEEKLY = re.compile(r"(?:24/7|\b(?:mo|tu|we|th|fr|sa|su)\b|\b\d{1,2}:\d{2}\b(?!\+)|\b(?:open|off|closed)\b|[-,;\s])*", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_DAYS = re.compile(r"(mo|tu|we|th|fr|sa|su)(?:\s*-\s*(mo|tu|we|th|fr|sa|su))?")
_ADDED = re.compile(r"(?<=[0-9nfd])\s*,\s*(?=mo|tu|we|th|fr|sa|su)", re.IGNORECASE)  # after a time, "open", "off" or "closed"
_CLOSED = re.compile(r"\b(?:off|closed)\b", re.IGNORECASE)
_WHOLE = (1 << 15) - 1
_MONDAY, _NEXT_MONDAY = datetime(2024, 1, 1), datetime(2024, 1, 8)


class HoursError(ValueError):
    """The text cannot be taken as weekly hours; ``reason`` says why, for the words shown to the writer. Not retryable."""

    def __init__(self, reason: HoursReason) -> None:
        super().__init__(reason)
        self.reason = reason


@lru_cache(maxsize=4096)
def parse_hours(text: str) -> int:
    """The mask for a text; an empty text or ``24/7`` means any time.

    Raises :class:`HoursError`: ``syntax`` (not the syntax at all), ``unsupported`` (dates, holidays, the sun, comments,
    "unknown", open ends and fallbacks), ``equal_ends`` (``10:00-10:00`` would mean a whole day). Hours that leave
    no whole quarter are no error: they meet nobody's.

    >>> bin(parse_hours("Mo 00:10-00:50"))
    '0b110'
    """
    text = text.strip().rstrip("; ")  # files are full of rules that end like those before them
    if not text:
        return ANY_TIME
    try:
        OpeningHours(text)
    except ParserError:
        raise HoursError("syntax") from None
    if not _WEEKLY.fullmatch(text):
        raise HoursError("unsupported")
    if any((int(h1), m1) == (int(h2), m2) for h1, m1, h2, m2 in _SPAN.findall(text)):
        raise HoursError("equal_ends")
    week = _week(text)
    return sum(1 << quarter for quarter in range(QUARTERS) if week >> 15 * quarter & _WHOLE == _WHOLE)


def _week(text: str) -> int:
    """The open minutes of a week, the lowest bit being Monday 00:00.

    The library reads one rule; how rules replace each other is done here, since it drops the part after midnight of a rule whose
    next day an earlier rule names (``Mo-Fr 18:00-20:00; Su 22:00-02:00``). That part stays, unless a later rule names the day.
    """
    week = 0
    for group in filter(str.strip, text.split(";")):
        for turn, rule in enumerate(_ADDED.split(group)):
            when = _CLOSED.sub("", rule)
            if when != rule:
                week &= ~_minutes(when)
            else:
                week = (week if turn else week & ~_days(rule)) | _minutes(rule)
    return week


def _minutes(rule: str) -> int:
    open_times = OpeningHours(rule.strip() or "24/7").intervals(_MONDAY, _NEXT_MONDAY)
    return sum((1 << _minute(end)) - (1 << _minute(start)) for start, end, state, _ in open_times if str(state) == "open")


def _days(rule: str) -> int:
    """All minutes of the days that a rule names; of the whole week when it names none."""
    named: set[int] = set()
    for first, last in _DAYS.findall(rule.lower()):
        start, end = _WEEKDAYS.index(first), _WEEKDAYS.index(last or first)
        named.update(day % 7 for day in range(start, end + 1 if end >= start else end + 8))
    return sum(((1 << 1440) - 1) << 1440 * day for day in named or range(7))


def _minute(moment: datetime) -> int:
    return int((moment.replace(tzinfo=None) - _MONDAY).total_seconds()) // 60


def half_hours(mask: int) -> int:
    """The quarters of ``mask`` that the next one follows; Monday 00:00 follows the last one of Sunday."""
    return mask & (mask >> 1 | (mask & 1) << (QUARTERS - 1))


def overlap_ok(a: int, b: int) -> bool:
    """Whether two masks share at least 30 minutes in a row."""
    return half_hours(a & b) != 0
