"""So many messages a second in all, and so many a minute to one domain."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from notifications.limits import Limits

NOW = dt.datetime(2026, 11, 30, 9, 0, tzinfo=dt.UTC)


def after(s: float) -> dt.datetime:
    return NOW + dt.timedelta(seconds=s)


def test_without_limits_everything_may_go() -> None:
    limits = Limits()
    for _ in range(100):
        limits.count("example.org", NOW)
    assert (limits.wait_s(NOW), limits.full_until("example.org", NOW)) == (0, None)


def test_messages_keep_their_distance() -> None:
    limits = Limits(per_second=4)
    assert limits.wait_s(NOW) == 0
    limits.count("example.org", NOW)
    assert limits.wait_s(NOW) == 0.25
    assert limits.wait_s(after(0.2)) == 0.05
    assert limits.wait_s(after(3)) == 0


def test_a_domain_that_had_enough_waits_for_its_minute_and_the_others_do_not() -> None:
    limits = Limits(per_domain_minute=2)
    limits.count("a.example", NOW)
    assert limits.full_until("a.example", NOW) is None
    limits.count("a.example", after(10))
    assert limits.full_until("a.example", after(20)) == after(60)
    assert limits.full_until("b.example", after(20)) is None
    assert limits.full_until("a.example", after(60)) is None
    limits.count("a.example", after(60))
    assert limits.full_until("a.example", after(60)) == after(70)


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5))
def test_no_minute_sees_more_than_allowed(gaps: list[float], allowed: int) -> None:
    limits, now, went = Limits(per_domain_minute=allowed), NOW, []
    for gap in gaps:
        now += dt.timedelta(seconds=gap)
        now = limits.full_until("a.example", now) or now
        limits.count("a.example", now)
        went.append(now)
    assert all(later - first >= dt.timedelta(minutes=1) for first, later in zip(went, went[allowed:], strict=False))
