"""Some days in a row, by the city's calendar, and as many before them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)
USUAL_DAYS = 30


@dataclass(frozen=True)
class Period:
    """From the first day's midnight to the end of the last day, both in the city's zone: a day may have 23 or 25 hours."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def before(self) -> "Period":
        """As many days, just before."""
        return Period(self.first - timedelta(self.days), self.first - timedelta(1))

    def start(self, zone: tzinfo) -> datetime:
        return _midnight(self.first, zone)

    def end(self, zone: tzinfo) -> datetime:
        """The first moment that is no longer of it."""
        return _midnight(self.last + timedelta(1), zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def choices(today: date) -> dict[str, Period]:
    """Periods that are often asked for; those that are not over end today."""
    month = today.replace(day=1)
    before = month - timedelta(1)
    return {
        "usual": Period(today - timedelta(USUAL_DAYS - 1), today),
        "week": Period(today - timedelta(today.weekday()), today),
        "month": Period(month, today),
        "last_month": Period(before.replace(day=1), before),
        "year": Period(today.replace(month=1, day=1), today),
    }


def read_period(first: str, last: str) -> Period | None:
    """The period between two days as ``2026-11-30``; ``None`` where that is none."""
    try:
        period = Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError:
        return None
    return period if EARLIEST <= period.first <= period.last <= LATEST else None
