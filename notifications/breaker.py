"""Whether a mail server is worth a try: after some failures in a row it is left alone, for longer and longer."""

import datetime as dt
import random
from enum import Enum

FAILURES = 3
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
LONGEST_ASKED_S = 3600.0


class BreakerState(Enum):
    CLOSED = "all may go"
    OPEN = "nothing goes until the pause is over"
    HALF_OPEN = "one message may try; what comes of it closes or opens the breaker"


class Breaker:
    """Told what came of each try, of the server as a whole: an answer that refuses one message means that the server works."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._failures = 0  # in a row
        self._open_until: dt.datetime | None = None

    def state(self, now: dt.datetime) -> BreakerState:
        if self._open_until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self._open_until else BreakerState.HALF_OPEN

    def worked(self) -> None:
        self._failures, self._open_until = 0, None

    def failed(self, now: dt.datetime, wait_s: float | None = None) -> None:
        """``wait_s`` is what the server asked for, if it did: then nothing goes before, be it the first failure."""
        self._failures += 1
        pause_s = min(wait_s or 0.0, LONGEST_ASKED_S)
        if self._failures >= FAILURES:
            grown_s = FIRST_PAUSE_S * 2.0 ** min(self._failures - FAILURES, 20)
            pause_s = max(pause_s, min(grown_s, LONGEST_PAUSE_S) * self._rng.uniform(0.75, 1.25))
        if pause_s:
            self._open_until = now + dt.timedelta(seconds=pause_s)
