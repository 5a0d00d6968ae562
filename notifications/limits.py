"""How fast a relay sends: providers turn away, or distrust, who comes with too much at once."""

import datetime as dt
from collections import defaultdict, deque
from functools import partial

MINUTE = dt.timedelta(minutes=1)


class Limits:
    """So many messages a second in all, and so many a minute to one domain; 0 is no limit. What was tried counts, sent or not."""

    def __init__(self, per_second: int = 0, per_domain_minute: int = 0) -> None:
        self._apart = dt.timedelta(seconds=1 / per_second) if per_second else dt.timedelta(0)
        self._per_domain_minute = per_domain_minute
        self._next_at = dt.datetime.min.replace(tzinfo=dt.UTC)
        self._tried: dict[str, deque[dt.datetime]] = defaultdict(partial(deque, maxlen=per_domain_minute))

    def wait_s(self, now: dt.datetime) -> float:
        """Seconds until the next message may go to anybody."""
        return max((self._next_at - now).total_seconds(), 0.0)

    def full_until(self, domain: str, now: dt.datetime) -> dt.datetime | None:
        """When the next message may go to ``domain``, if it may not go now."""
        tried = self._tried[domain]
        if not tried or len(tried) < self._per_domain_minute or tried[0] + MINUTE <= now:
            return None
        return tried[0] + MINUTE

    def count(self, domain: str, now: dt.datetime) -> None:
        self._next_at = now + self._apart
        self._tried[domain].append(now)
