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

HoursReason = Literal["syntax", "unsupported", "equal_ends", "never_open"]

# The library also understands months, holidays, the sun and more; what a weekly mask cannot hold is refused, not guessed at.
_WEEKLY = re.compile(r"(?:24/7|\b(?:mo|tu|we|th|fr|sa|su)\b|\b\d{1,2}:\d{2}\b(?!\+)|\b(?:open|off|closed)\b|[-,;\s])*", re.IGNORECASE)
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
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
    "unknown", open ends and fallbacks), ``equal_ends`` (``10:00-10:00`` would mean a whole day), ``never_open``.

    >>> bin(parse_hours("Mo 00:10-00:50"))
    '0b110'
    """
    if not text.strip():
        return ANY_TIME
    try:
        parsed = OpeningHours(text.strip())
    except ParserError:
        raise HoursError("syntax") from None
    if not _WEEKLY.fullmatch(text):
        raise HoursError("unsupported")
    if any((int(h1), m1) == (int(h2), m2) for h1, m1, h2, m2 in _SPAN.findall(text)):
        raise HoursError("equal_ends")
    mask = 0
    for start, end, state, _ in parsed.intervals(_MONDAY, _NEXT_MONDAY):
        if str(state) == "open":
            first, last = -(-_minute(start) // 15), _minute(end) // 15
            mask |= (1 << max(first, last)) - (1 << first)
    if not mask:
        raise HoursError("never_open")
    return mask


def _minute(moment: datetime) -> int:
    return int((moment.replace(tzinfo=None) - _MONDAY).total_seconds()) // 60


def half_hours(mask: int) -> int:
    """The quarters of ``mask`` that the next one follows; Monday 00:00 follows the last one of Sunday."""
    return mask & (mask >> 1 | (mask & 1) << (QUARTERS - 1))


def overlap_ok(a: int, b: int) -> bool:
    """Whether two masks share at least 30 minutes in a row."""
    return half_hours(a & b) != 0


def windows(mask: int) -> list[tuple[int, int, int]]:
    """The open stretches as (weekday, first quarter, end quarter), Monday being 0, for showing them to people.

    A stretch over midnight belongs to the day it begins on and ends beyond 96; one that runs on for a day or more is cut at
    each midnight.

    >>> windows(parse_hours("Su 22:00-02:00"))
    [(6, 88, 104)]
    """
    starts = [q for q in range(QUARTERS) if mask >> q & 1 and (q % 96 == 0 or not mask >> q - 1 & 1)]
    spans = []
    for start in starts:
        end = start
        while end < QUARTERS and mask >> end & 1 and (end == start or end % 96):
            end += 1
        spans.append((start, end))
    night = {start: end for start, end in spans if start % 96 == 0 and end - start < 96 and mask >> (start - 1) % QUARTERS & 1}
    out = []
    for start, end in spans:
        if start in night:
            continue
        tail = end % QUARTERS
        length = end - start + (night[tail] - tail if tail in night else 0)
        out.append((start // 96, start % 96, start % 96 + length))
    return out
