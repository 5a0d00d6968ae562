"""A week as the minutes of its days, and its ``opening_hours`` text."""

from collections.abc import Iterator

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY = 24 * 60

Week = list[int]
"""For each day from Monday on, its minutes as bits."""
Span = tuple[int, int]
"""Minutes of a day, from and until; beyond midnight the end is more than ``DAY``."""

PARTS: dict[str, Span] = {"morning": (9 * 60, 12 * 60), "afternoon": (14 * 60, 18 * 60), "evening": (18 * 60, 20 * 60)}


def add(week: Week, day: int, span: Span) -> None:
    start, end = span
    week[day] |= _bits(start, min(end, DAY))
    if end > DAY:
        week[(day + 1) % 7] |= _bits(0, end - DAY)


def spell(week: Week) -> str:
    """``opening_hours`` text; days with the same hours share a rule: ``Mo,Tu 09:00-12:00; Sa 14:00-20:00``. Nothing is the empty text."""
    if all(minutes == _bits(0, DAY) for minutes in week):
        return "24/7"
    days_with: dict[str, list[str]] = {}
    for day, minutes in zip(DAYS, week, strict=True):
        if minutes:
            days_with.setdefault(",".join(_spans(minutes)), []).append(day)
    return "; ".join(f"{','.join(days)} {spans}" for spans, days in days_with.items())


def _spans(minutes: int) -> Iterator[str]:
    start = None
    for minute in range(DAY + 1):
        if minutes >> minute & 1:
            start = minute if start is None else start
        elif start is not None:
            yield f"{clock(start)}-{clock(minute)}"
            start = None


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _bits(start: int, end: int) -> int:
    return (1 << end) - (1 << start)
