"""How many to ask at once: the tail is exact, as few as will do, never above the cap, and whoever rests is left alone."""

from itertools import product
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.waves import Waves, chance, how_many, rested

SHARES = st.lists(st.floats(0, 1), max_size=8)
PLACES = st.integers(0, 4)
WAVES = st.builds(Waves, wished=st.floats(0.01, 0.99), most=st.integers(1, 8), rest_days=st.sampled_from([0, 1, 3]), tired=st.just(2.0))


def by_hand(acceptances: list[float], places: int) -> float:
    """The sum over everything that the volunteers might say."""
    answers = product((False, True), repeat=len(acceptances))
    return sum(prod(p if yes else 1 - p for p, yes in zip(acceptances, said, strict=True)) for said in answers if sum(said) >= places)


@given(SHARES, PLACES)
def test_the_chance_is_that_of_all_answers_that_suffice(acceptances: list[float], places: int) -> None:
    assert chance(acceptances, places) == pytest.approx(by_hand(acceptances, places), abs=1e-12)


@given(SHARES, PLACES, WAVES, st.lists(st.floats(0, 1), max_size=3))
def test_as_few_as_will_do_within_the_cap(ranked: list[float], places: int, waves: Waves, already: list[float]) -> None:
    k = how_many(ranked, places, waves.wished, waves.most, already)
    assert 0 <= k <= max(0, min(len(ranked), waves.most - len(already)))
    if k:
        assert chance([*already, *ranked[: k - 1]], places) < waves.wished
    if k + len(already) < waves.most and k < len(ranked):
        assert chance([*already, *ranked[:k]], places) >= waves.wished


@given(SHARES, PLACES, WAVES, st.floats(0.01, 0.99))
def test_the_surer_it_is_to_be_the_more_are_asked(ranked: list[float], places: int, waves: Waves, other: float) -> None:
    less, more = sorted((waves.wished, other))
    asked = [how_many(ranked, places, wished, waves.most) for wished in (less, more)]
    assert asked == sorted(asked)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8), st.integers(1, 4), st.data())
def test_a_willing_volunteer_more_never_lowers_the_chance(acceptances: list[float], places: int, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(acceptances) - 1))
    surer = [*acceptances[:at], data.draw(st.floats(acceptances[at], 1)), *acceptances[at + 1 :]]
    assert chance(surer, places) >= chance(acceptances, places) - 1e-12
    assert chance([*acceptances, 0.5], places) >= chance(acceptances, places) - 1e-12


def test_two_places_take_more_than_one() -> None:
    assert [how_many([0.5] * 9, places, 0.8, 9) for places in (0, 1, 2)] == [0, 3, 5]
    assert how_many([0.5] * 9, 1, 0.8, 9, already=[0.5, 0.5]) == 1


def test_where_all_are_tired_no_more_are_asked_than_there_are_places() -> None:
    waves = Waves(0.95, 6, 1, tired=2)
    assert [waves.cap(1, asked) for asked in ([], [0, 0, 9], [0, 0, 5], [2], [1, 2, 2])] == [1, 1, 6, 1, 6]
    assert waves.cap(3, [4, 4]) == 3


def test_who_was_asked_just_now_is_passed_over_unless_nobody_else_is_there() -> None:
    waves = Waves(0.8, 3, rest_days=2, tired=2)
    assert rested([0.5, None, 2, 1.9, 7], waves) == [1, 2, 4]
    assert rested([0.5, 1.9], waves) == [0, 1]
    assert rested([], waves) == []


@pytest.mark.parametrize("wrong", [(0, 3, 1, 2), (1, 3, 1, 2), (0.5, 0, 1, 2), (0.5, 3, -1, 2), (0.5, 3, 1, -1), (float("nan"), 3, 1, 2)])
def test_waves_out_of_bounds_are_refused(wrong: tuple[float, int, float, float]) -> None:
    with pytest.raises(ValueError, match="wished"):
        Waves(*wrong)
