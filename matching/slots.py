"""When two people may meet: the first hour that suits both, and the same hour of the clock in the weeks after.

Moments go in with their zone and come out in UTC. A change of clocks moves no visit: what is at ten stays at ten.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from config.waking import Waking
from matching.hours import QUARTERS

VISIT = timedelta(hours=1)
"""How long a visit is taken to last."""
QUARTER = timedelta(minutes=15)
A_DAY = QUARTERS // 7
TEN = sum(0b1111 << day * A_DAY + 40 for day in range(7))
"""Every day from ten to eleven: for those who named no hours."""
_TRIES = ((4, 2), (4, 1), (2, 1))
"""How many quarters must suit both, and of how many quarters the beginning is a multiple: first whole hours that begin with a half hour."""


def first_slot(hours: int, earliest: datetime, waking: Waking, zone: ZoneInfo) -> datetime:
    """The first moment from ``earliest`` on from which an hour lies in the mask ``hours`` and in waking time; half of it in ``hours`` where
    a whole one never does. Without either the next ten o'clock, or when people wake where they sleep at ten.

    >>> first_slot(TEN, datetime(2026, 11, 23, 9, 30, tzinfo=UTC), Waking(time(8), time(21)), ZoneInfo("Europe/Paris"))
    datetime.datetime(2026, 11, 24, 9, 0, tzinfo=datetime.timezone.utc)
    """
    found = _search(hours, earliest, waking, zone) or _search(TEN, earliest, waking, zone)
    return found or waking.next_start(earliest, zone)


def _search(hours: int, earliest: datetime, waking: Waking, zone: ZoneInfo) -> datetime | None:
    today = earliest.astimezone(zone).date()
    for quarters, step in _TRIES:
        for day in (today + timedelta(days=n) for n in range(9)):  # a week, and two days of which only a part is left
            for quarter in range(0, A_DAY, step):
                suits = hours >> day.weekday() * A_DAY + quarter & (1 << quarters) - 1 == (1 << quarters) - 1
                if suits and (at := _at(datetime.combine(day, time(quarter // 4, quarter % 4 * 15), zone), earliest, waking)):
                    return at
    return None


def _at(local: datetime, earliest: datetime, waking: Waking) -> datetime | None:
    at, zone = local.astimezone(UTC), local.tzinfo
    assert isinstance(zone, ZoneInfo)
    there = at.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None)  # no such time when the clocks go forward
    awake = waking.holds(at, zone) and waking.holds(at + VISIT - QUARTER, zone)
    return at if there and awake and at >= earliest else None


def slots(first: datetime, weeks: int, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    """``first`` and the same time of the clock each so many ``weeks``, as long as it is not after ``until``."""
    local = first.astimezone(zone)
    day, clock = local.date(), local.timetz()
    while (at := datetime.combine(day, clock).astimezone(UTC)) <= until:
        yield at
        day += timedelta(weeks=weeks)
