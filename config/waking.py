"""When people are awake: what is asked of them counts these hours only, and what need not wake them waits for them."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Waking:
    """From ``start`` to ``end`` on every day, in the city's zone; the same day holds both."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, moment: datetime, zone: ZoneInfo) -> bool:
        start, end = self._on(moment.astimezone(zone).date(), zone)
        return start <= moment < end

    def next_start(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """``moment`` itself when people are awake, else when they wake next, in UTC."""
        day = moment.astimezone(zone).date()
        while True:
            start, end = self._on(day, zone)
            if max(start, moment) < end:  # where clocks jump over all of it, there is none on that day
                return max(start, moment.astimezone(UTC))
            day += _DAY

    def after(self, moment: datetime, passed: timedelta, zone: ZoneInfo) -> datetime:
        """When so much waking time has passed since ``moment``, in UTC. Nights count nothing, and a change of clocks no more than it is."""
        day = moment.astimezone(zone).date()
        while True:
            start, end = self._on(day, zone)
            start = max(start, moment.astimezone(UTC))
            if start + passed <= end:
                return start + passed
            passed -= max(timedelta(0), end - start)
            day += _DAY

    def _on(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        start, end = (datetime.combine(day, at, zone).astimezone(UTC) for at in (self.start, self.end))
        return start, end


def parse(text: str) -> Waking:
    """Such as ``08:00-21:00``. Raises ``ValueError``."""
    found = re.fullmatch(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text)
    if found is None:
        raise ValueError(text)
    h, m, to_h, to_m = map(int, found.groups())
    start, end = time(h, m), time(to_h, to_m)
    if datetime.combine(date.min, end) - datetime.combine(date.min, start) < timedelta(hours=1):
        raise ValueError(text)
    return Waking(start, end)
