from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.hours import ANY_TIME, QUARTERS, HoursError, overlap_ok, parse_hours


def quarters(*spans: tuple[int, str, str]) -> int:
    """The mask of (weekday, from, to), written out by hand."""

    def at(day: int, clock: str) -> int:
        hour, minute = clock.split(":")
        return day * 96 + int(hour) * 4 + int(minute) // 15

    mask = 0
    for day, start, end in spans:
        for quarter in range(at(day, start), at(day, end)):
            mask |= 1 << quarter % QUARTERS
    return mask


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("Mo-Fr 18:00-20:00", [(day, "18:00", "20:00") for day in range(5)]),
        ("Sa 09:00-12:00,14:00-24:00", [(5, "09:00", "12:00"), (5, "14:00", "24:00")]),
        ("Su 22:00-02:00", [(6, "22:00", "24:00"), (0, "00:00", "02:00")]),
        ("Su 22:00-26:00", [(6, "22:00", "24:00"), (0, "00:00", "02:00")]),
        ("18:10-20:50", [(day, "18:15", "20:45") for day in range(7)]),
        ("Mo 10:00-12:10,12:10-14:00", [(0, "10:00", "14:00")]),
        ("Mo 23:50-00:40", [(1, "00:00", "00:30")]),
        ("Fr-Mo 10:00-11:00", [(day, "10:00", "11:00") for day in (4, 5, 6, 0)]),
        ("mo,we 9:00-10:00", [(0, "9:00", "10:00"), (2, "9:00", "10:00")]),
        ("Tu", [(1, "00:00", "24:00")]),
        ("Mo 10:00-12:00; Mo 14:00-16:00", [(0, "14:00", "16:00")]),
        ("Mo 10:00-12:00, Mo 14:00-16:00", [(0, "10:00", "12:00"), (0, "14:00", "16:00")]),
        ("Mo-Su 10:00-12:00; Tu-Su off", [(0, "10:00", "12:00")]),
        (" Mo 10:00-11:00 ", [(0, "10:00", "11:00")]),
        ("Mo 10:00-11:00; ", [(0, "10:00", "11:00")]),
        ("Mo 10:05-10:10", []),
        ("off", []),
        ("Mo 18:00-20:00; Su 22:00-02:00", [(0, "00:00", "02:00"), (0, "18:00", "20:00"), (6, "22:00", "24:00")]),
        ("Su 22:00-02:00; Mo 18:00-20:00", [(0, "18:00", "20:00"), (6, "22:00", "24:00")]),
        ("Mo 22:00-02:00, Tu 10:00-12:00", [(0, "22:00", "24:00"), (1, "00:00", "02:00"), (1, "10:00", "12:00")]),
        ("Mo 08:00-12:00; Mo 09:00-10:00 off", [(0, "08:00", "09:00"), (0, "10:00", "12:00")]),
    ],
)
def test_hours_mean_what_the_syntax_means(text: str, spans: list[tuple[int, str, str]]) -> None:
    assert quarters(*spans) == parse_hours(text)


@pytest.mark.parametrize("text", ["", "  ", "24/7", "Mo-Su", "00:00-24:00"])
def test_no_hours_mean_any_time(text: str) -> None:
    assert parse_hours(text) == ANY_TIME


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Lundi matin", "syntax"),
        ("Xx 25:00-24:30", "syntax"),
        ("Mo 10:00", "syntax"),
        ("Mo–Fr 10:00-12:00", "syntax"),
        ("Jan-Mar Mo 10:00-12:00", "unsupported"),
        ("Dec 25 off", "unsupported"),
        ("2026 Mo 10:00-12:00", "unsupported"),
        ("Mo 10:00-12:00; PH off", "unsupported"),
        ("SH Mo 10:00-12:00", "unsupported"),
        ("sunrise-sunset", "unsupported"),
        ("(sunrise+01:00)-12:00", "unsupported"),
        ("week 1 Mo 10:00-12:00", "unsupported"),
        ("Mo[1] 10:00-12:00", "unsupported"),
        ('Mo 10:00-12:00 "ring twice"', "unsupported"),
        ("Mo 10:00-12:00 unknown", "unsupported"),
        ("Mo 10:00+", "unsupported"),
        ("Mo 10:00-12:00+", "unsupported"),
        ("Mo 10:00-16:00/01:30", "unsupported"),
        ("Mo 10:00-12:00 || Tu 10:00-12:00", "unsupported"),
        ("easter", "unsupported"),
        ("10:00-10:00", "equal_ends"),
        ("Mo 9:00-09:00", "equal_ends"),
        ("Mo 08:00-09:00,10:00-10:00", "equal_ends"),
    ],
)
def test_what_a_week_cannot_hold_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(HoursError) as caught:
        parse_hours(text)
    assert reason == caught.value.reason


@given(st.text(max_size=30))
def test_no_text_breaks_the_parser(text: str) -> None:
    with suppress(HoursError):
        assert 0 < parse_hours(text) <= ANY_TIME


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ("Mo 10:00-12:00", "Mo 11:30-13:00", True),
        ("Mo 10:00-12:00", "Mo 11:45-13:00", False),
        ("Mo 10:00-10:15,11:00-11:15", "Mo 10:00-12:00", False),
        ("Su 23:45-24:00, Mo 00:00-00:15", "", True),
        ("Su 23:00-24:00", "Mo 00:00-01:00", False),
        ("Su 22:00-02:00", "Mo 00:00-00:30", True),
        ("Mo 18:10-18:50", "Mo 18:00-19:00", True),
        ("Mo 18:10-18:40", "Mo 18:00-19:00", False),
    ],
)
def test_half_an_hour_in_a_row_is_enough(one: str, other: str, meets: bool) -> None:
    assert meets == overlap_ok(parse_hours(one), parse_hours(other)) == overlap_ok(parse_hours(other), parse_hours(one))


@given(st.integers(0, ANY_TIME), st.integers(0, ANY_TIME), st.integers(0, QUARTERS - 1))
def test_overlap_agrees_with_counting_quarters(one: int, other: int, sparse: int) -> None:
    other &= 3 << sparse | 1 | 1 << QUARTERS - 1
    both = [q for q in range(QUARTERS) if one >> q & 1 and other >> q & 1]
    assert any((q + 1) % QUARTERS in both for q in both) == overlap_ok(one, other)
