"""The simulated town: the same for all ways of choosing, repeatable, and never unfair to the people in it."""

from collections import Counter
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.policy import DEFAULT_POLICY
from matching.simulation import people
from matching.simulation.choosers import CHOOSERS, Rounds
from matching.simulation.city import CITIES
from matching.simulation.clock import DAY, EVENING, HOUR, MORNING, after_awake, is_day
from matching.simulation.compare import compare
from matching.simulation.plots import lorenz
from matching.simulation.report import mean_and_spread, table
from matching.simulation.run import run
from matching.simulation.tape import Setting, draw
from matching.simulation.town import Case, Town
from matching.spread import gini, quantile
from matching.waves import DEFAULT_WAVES

pytestmark = pytest.mark.usefixtures("compiled")
SMALL = Setting(CITIES["town"], weeks=1, volunteers=50, needs_per_day=15)
TINY = Setting(CITIES["town"], weeks=1, volunteers=40, needs_per_day=4)


@pytest.fixture(scope="module")
def towns(compiled: None) -> dict[str, Town]:
    """A crowded week, in which rooms fill up, under each way of choosing."""
    tape = draw(SMALL, 7)
    return {name: run(tape, chooser) for name, chooser in CHOOSERS.items()}


def test_the_same_seed_gives_the_same_figures_and_another_gives_others() -> None:
    chosen = {name: CHOOSERS[name] for name in ("random-of-k", "adeuxpas")}
    once, again, other = (compare(TINY, [seed], chosen) for seed in (3, 3, 4))
    assert once == again
    assert once != other


def test_all_meet_the_same_needs_and_the_same_luck(towns: dict[str, Town]) -> None:
    arrived = [{(case.need, case.posted.minute) for case in town.cases.values()} for town in towns.values()]
    assert all(each == arrived[0] for each in arrived)
    assert len(arrived[0]) > 50
    assert draw(SMALL, 7) == draw(SMALL, 7)
    assert draw(SMALL, 7).luck("yes", 1, 2) == draw(SMALL, 7).luck("yes", 1, 2) != draw(SMALL, 7).luck("yes", 2, 1)


def test_nobody_has_more_open_requests_and_visits_than_room(towns: dict[str, Town]) -> None:
    for name, town in towns.items():
        moves: dict[object, list[tuple[int, int]]] = {offer: [] for offer in town.helpers}
        for request in requests(town):
            assert request.ended is not None, "everybody is free in the end"
            moves[request.pair.offer] += [(request.asked, 1), (request.ended, -1)]
        for offer, helper in town.helpers.items():
            most = max(accumulate(step for _, step in sorted(moves[offer])), default=0)
            assert most <= helper.volunteer.offer.capacity, name


def test_nobody_is_asked_at_night_or_twice_for_a_need_or_where_the_rules_refuse(towns: dict[str, Town]) -> None:
    for town in towns.values():
        assert all(is_day(request.asked) for request in requests(town))
        assert Counter(minute for helper in town.helpers.values() for minute in helper.asked) == Counter(r.asked for r in requests(town))
        assert all(request.pair in town.tape.pairs[request.pair.need] for request in requests(town))


def test_no_need_has_more_open_requests_than_its_cap(towns: dict[str, Town]) -> None:
    caps = {name: DEFAULT_WAVES.most if "one at" not in name and ("waves" in name or name == "adeuxpas") else None for name in towns}
    for name, town in towns.items():
        for case in town.cases.values():
            assert most_open(case) <= (caps[name] or case.need.places), name


def test_a_need_is_served_by_as_many_as_it_has_places(towns: dict[str, Town]) -> None:
    for town in towns.values():
        assert not town.open
        for case in town.cases.values():
            said_yes = sum(request.yes for request in case.requests.values())
            assert (case.served is not None) == (said_yes == case.need.places)
            assert case.given_up == (case.served is None)


def test_urgent_needs_are_asked_for_at_once_and_others_at_the_half_hour() -> None:
    town = run(draw(TINY, 7), Rounds(DEFAULT_POLICY))
    first = {case: min(request.asked for request in case.requests.values()) for case in town.cases.values() if case.requests}
    assert all(minute % 30 == 0 for case, minute in first.items() if case.need.urgency != "urgent")
    assert any(minute % 30 and minute == case.posted.minute for case, minute in first.items())


def test_a_town_refuses_to_ask_whoever_may_not_be_asked() -> None:
    town = Town(draw(SMALL, 7))
    case = None
    while case is None or not is_day(town.now) or not town.candidates(case):
        case = town.step()
    pair = town.candidates(case)[0]
    town.ask(case, pair)
    with pytest.raises(ValueError, match="may not be asked"):
        town.ask(case, pair)


def requests(town: Town) -> list:  # type: ignore[type-arg]
    return [request for case in town.cases.values() for request in case.requests.values()]


def most_open(case: Case) -> int:
    """The most requests that waited for an answer at one time: a yes keeps its volunteer busy until after the visit, a no does not."""
    moves = sorted((minute, step) for r in case.requests.values() if not r.yes for minute, step in ((r.asked, 1), (r.ended or 0, -1)))
    return max(accumulate(step for _, step in moves), default=0)


def test_tired_or_far_away_people_say_yes_less_often() -> None:
    assert people.says_yes(0.6, 0, 0) == 0.6
    assert people.says_yes(0.6, 3, 0) < people.says_yes(0.6, 1, 0) < 0.6
    assert people.says_yes(0.6, 0, 1) == pytest.approx(0.3)
    assert people.tired(2.0, 7 * DAY) == pytest.approx(1.0)


@given(st.integers(0, 20 * DAY), st.integers(0, 100 * HOUR), st.integers(0, 100 * HOUR))
def test_answers_come_by_day_and_one_after_the_other(minute: int, some: int, more: int) -> None:
    then = after_awake(minute, some)
    assert minute <= then or minute % DAY > EVENING
    assert MORNING <= then % DAY <= EVENING
    assert after_awake(minute, some + more) >= then
    assert after_awake(then, more) == after_awake(minute, some + more) or then % DAY == EVENING


@given(st.lists(st.integers(0, 9), min_size=1, max_size=12))
def test_gini_is_half_the_mean_difference_over_the_mean(counts: list[int]) -> None:
    differences = sum(abs(a - b) for a in counts for b in counts)
    assert gini(counts) == pytest.approx(differences / (2 * len(counts) * sum(counts)) if sum(counts) else 0)


def test_quantiles_and_curves() -> None:
    assert [quantile([1, 2, 3, float("inf")], share) for share in (0.25, 0.5, 0.75, 0.95)] == [1, 2, 3, float("inf")]
    assert all(share == pytest.approx(asked) for share, asked in lorenz([5] * 50))
    assert lorenz([0] * 49 + [10])[-2:] == [(0.98, 0), (1, 1)]
    assert mean_and_spread([1, 3]) == (2, pytest.approx(2**0.5))
    assert mean_and_spread([1, float("inf")]) == (float("inf"), 0)


def test_the_table_has_a_line_for_each() -> None:
    lines = table(compare(TINY, [1, 2], {"nearest": CHOOSERS["nearest"]})).splitlines()
    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert "±" in lines[2]
