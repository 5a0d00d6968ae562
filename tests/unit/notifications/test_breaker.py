"""A server that is down is left alone, for longer and longer, and is asked by one message at a time whether it is back."""

import datetime as dt
import random

from notifications.breaker import FAILURES, FIRST_PAUSE_S, LONGEST_PAUSE_S, Breaker, BreakerState

NOW = dt.datetime(2026, 11, 30, 9, 0, tzinfo=dt.UTC)
CLOSED, OPEN, HALF_OPEN = BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN


def after(s: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=s)


def broken(failures: int = FAILURES) -> Breaker:
    breaker = Breaker(random.Random(7))
    for _ in range(failures):
        breaker.failed(NOW)
    return breaker


def test_it_opens_after_some_failures_in_a_row_only() -> None:
    breaker = broken(FAILURES - 1)
    assert breaker.state(NOW) is CLOSED
    breaker.worked()
    breaker.failed(NOW)
    assert breaker.state(NOW) is CLOSED
    assert broken(FAILURES).state(NOW) is OPEN


def test_it_lets_one_try_after_a_pause_that_grows_up_to_a_minute() -> None:
    pauses = []
    for failures in range(FAILURES, FAILURES + 12):
        breaker = broken(failures)
        pauses.append(next(s / 10 for s in range(1, 10_000) if breaker.state(after(s / 10)) is HALF_OPEN))
    assert FIRST_PAUSE_S * 0.7 < pauses[0] < FIRST_PAUSE_S * 1.4
    assert pauses[:6] == sorted(pauses[:6])
    assert LONGEST_PAUSE_S * 0.75 <= min(pauses[7:]) < max(pauses[7:]) <= LONGEST_PAUSE_S * 1.26
    assert broken(10_000).state(after(LONGEST_PAUSE_S * 1.25)) is HALF_OPEN


def test_what_comes_of_the_try_closes_it_or_opens_it_again() -> None:
    breaker = broken()
    assert breaker.state(after(2)) is HALF_OPEN
    breaker.failed(after(2))
    assert breaker.state(after(2)) is OPEN
    breaker.worked()
    assert breaker.state(after(2)) is CLOSED


def test_a_wait_that_was_asked_for_opens_it_at_once_an_hour_at_most() -> None:
    for asked_s, kept_s in ((300, 300), (20_000, 3600)):
        breaker = Breaker(random.Random(7))
        breaker.failed(NOW, asked_s)
        assert breaker.state(after(kept_s - 1)) is OPEN
        assert breaker.state(after(kept_s)) is HALF_OPEN
