"""The first hour that suits both, and the same time of the clock in the weeks after, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.waking import Waking
from matching.hours import ANY_TIME, QUARTERS, parse_hours
from matching.slots import TEN, VISIT, first_slot, slots

PARIS = ZoneInfo("Europe/Paris")
ZONES = st.sampled_from([PARIS, ZoneInfo("America/St_Johns"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")])
WAKING = Waking(time(8), time(21))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
MONDAY = datetime(2026, 11, 23, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "local"),
    [
        ("Tu 14:00-18:00", "2026-11-24 14:00"),
        ("Mo 09:00-12:00", "2026-11-30 09:00"),  # this Monday is too soon
        ("Mo 11:00-14:00", "2026-11-23 11:30"),  # half hours first
        ("Tu 14:15-15:15; We 18:00-20:00", "2026-11-25 18:00"),
        ("Tu 14:15-15:15", "2026-11-24 14:15"),
        ("Tu 14:15-14:45; We 14:00-14:30", "2026-11-24 14:15"),  # half an hour where a whole one never suits both
        ("Tu 14:00-14:15", "2026-11-24 10:00"),
        ("Tu 22:00-24:00", "2026-11-24 10:00"),
        ("Mo-Su 20:30-23:00", "2026-11-24 10:00"),
    ],
)
def test_the_first_hour_that_suits_both(hours: str, local: str) -> None:
    found = first_slot(parse_hours(hours), MONDAY, WAKING, PARIS)
    assert f"{found.astimezone(PARIS):%Y-%m-%d %H:%M}" == local


def test_who_sleeps_at_ten_is_met_on_waking() -> None:
    assert first_slot(0, MONDAY, Waking(time(12), time(20)), PARIS) == datetime(2026, 11, 23, 11, tzinfo=UTC)


@given(st.integers(0, ANY_TIME), MOMENTS, ZONES)
def test_a_slot_is_early_enough_awake_and_shared_or_at_ten(hours: int, earliest: datetime, zone: ZoneInfo) -> None:
    at = first_slot(hours, earliest, WAKING, zone)
    local = at.astimezone(zone)
    assert earliest <= at <= earliest + timedelta(days=9)
    assert WAKING.start <= local.time() and (local + VISIT).time() <= WAKING.end
    bit = local.weekday() * QUARTERS // 7 + local.hour * 4 + local.minute // 15
    assert hours >> bit & 0b11 == 0b11 or TEN >> bit & 1


@given(MOMENTS, st.sampled_from([1, 2]), ZONES)
def test_a_change_of_clocks_moves_no_visit(first: datetime, weeks: int, zone: ZoneInfo) -> None:
    first = first.replace(second=0, microsecond=0)
    clock = first.astimezone(zone)
    for number, at in enumerate(slots(first, weeks, first + timedelta(weeks=60), zone)):
        local = at.astimezone(zone)
        assert local.date() == clock.date() + timedelta(weeks=weeks * number)
        there = datetime.combine(local.date(), clock.timetz())
        if there.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == there.replace(tzinfo=None):
            assert local.time() == clock.time()


def test_ten_stays_ten_in_summer_and_winter() -> None:
    found = list(slots(datetime(2026, 10, 20, 8, tzinfo=UTC), 1, datetime(2026, 11, 4, tzinfo=UTC), PARIS))
    assert [at.hour for at in found] == [8, 9, 9]
