"""Waking hours: time to answer counts them minute for minute, also where clocks change, and nights count nothing."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.waking import Waking, parse

PARIS = ZoneInfo("Europe/Paris")
DAY = parse("08:00-21:00")
MINUTE = timedelta(minutes=1)
# The weeks in which the clocks of Paris change, and some between.
MOMENTS = st.datetimes(datetime(2026, 3, 26), datetime(2026, 4, 2)) | st.datetimes(datetime(2026, 10, 22), datetime(2026, 10, 29))
HOURS = st.builds(
    lambda start, long: Waking(time(start // 60, start % 60), time((start + long) // 60, (start + long) % 60)),
    st.integers(0, 8 * 60), st.integers(60, 15 * 60),
)  # fmt: skip


def paris(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PARIS)


@given(MOMENTS, st.integers(0, 40 * 60), HOURS)
def test_time_passes_minute_for_minute_while_people_are_awake(moment: datetime, minutes: int, waking: Waking) -> None:
    start = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    end = waking.after(start, minutes * MINUTE, PARIS)
    between = int((end - start) / MINUTE)
    assert sum(waking.holds(start + i * MINUTE, PARIS) for i in range(between)) == minutes
    assert not minutes or waking.holds(end - MINUTE, PARIS)


@given(MOMENTS, HOURS)
def test_the_next_start_is_the_first_minute_awake(moment: datetime, waking: Waking) -> None:
    start = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    found = waking.next_start(start, PARIS)
    assert waking.holds(found, PARIS)
    assert not any(waking.holds(start + i * MINUTE, PARIS) for i in range(int((found - start) / MINUTE)))


def test_an_evenings_question_waits_for_the_morning() -> None:
    assert DAY.after(paris("2026-11-23T20:00"), timedelta(hours=4), PARIS) == paris("2026-11-24T11:00")
    assert DAY.after(paris("2026-11-23T23:30"), timedelta(hours=4), PARIS) == paris("2026-11-24T12:00")
    assert DAY.after(paris("2026-11-23T10:00"), timedelta(hours=13), PARIS) == paris("2026-11-24T10:00")
    assert DAY.next_start(paris("2026-11-23T12:00"), PARIS) == paris("2026-11-23T12:00")


@pytest.mark.parametrize("text", ["", "08:00", "8-21", "21:00-08:00", "08:00-08:30", "08:00-24:00", "ab:cd-ef:gh", "25:00-26:00"])
def test_other_texts_are_no_hours(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)
    assert str(DAY) == "08:00-21:00"
