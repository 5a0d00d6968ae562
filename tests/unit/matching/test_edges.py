"""Odd sets of posts: what the round does with them is defined, and the same each time."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.assignment import solve
from matching.hours import ANY_TIME, parse_hours
from matching.model import TAKEN, Mode, Need, Offer, Rule, Urgency
from matching.verify import verify
from tests.unit.matching.posts import LAT, NORTH_100_M, crowds, need, need_lists, offer, offer_lists, score

pytestmark = pytest.mark.usefixtures("compiled")


@given(crowds(8), st.data())
@settings(max_examples=60)
def test_without_any_one_of_its_pairs_a_round_is_never_better(posts: tuple[list[Offer], list[Need]], data: st.DataObject) -> None:
    offers, needs = posts
    pairs = solve(offers, needs).pairs
    if not pairs:
        return
    lost = data.draw(st.sampled_from(pairs))
    strangers = [replace(each, identities=each.identities | {"them"}) if each.id == lost.offer else each for each in offers]
    apart = [replace(each, blocked=each.blocked | {"them"}) if each.id == lost.need else each for each in needs]
    without = solve(strangers, apart)
    assert (lost.need, lost.offer) not in {(pair.need, pair.offer) for pair in without.pairs}
    assert score(needs, without.pairs) <= score(needs, pairs)
    assert without.certificate.best


@given(st.one_of(crowds(10), st.tuples(offer_lists(12), need_lists(12))))
@settings(max_examples=40)
def test_everybody_from_afar(posts: tuple[list[Offer], list[Need]]) -> None:
    offers, needs = posts
    far_offers, far_needs = [replace(each, mode=Mode.REMOTE) for each in offers], [replace(each, mode=Mode.REMOTE) for each in needs]
    solution = solve(far_offers, far_needs)
    assert {pair.mode for pair in solution.pairs} <= {Mode.REMOTE}
    assert solution.total_m == 3_000 * len(solution.pairs)
    assert verify(far_offers, far_needs, solution.pairs, solution.certificate) == []


@pytest.mark.parametrize(("offers", "wanting"), [([], need()), ([offer()], need(category="pets"))])
def test_nobody_at_all_offers_it(offers: list[Offer], wanting: Need) -> None:
    assert [left.reason for left in solve(offers, [wanting]).unserved] == [Rule.CATEGORY]


@pytest.mark.parametrize("mode", [Mode.IN_PERSON, Mode.REMOTE])
def test_fifty_thousand_offers_at_one_point(mode: Mode) -> None:
    crowd = [offer(i, mode=mode, capacity=1 + i % 2) for i in range(50_000)]
    wanting = [need(i, lat=LAT + NORTH_100_M * (i % 3), mode=mode, places=1 + i % 3) for i in range(600)]
    solution = solve(crowd, wanting)
    assert solution.certificate.best
    assert solution.unserved == []
    if mode is Mode.IN_PERSON:
        assert solution.total_m == sum(each.places * 100 * (int(each.id) % 3) for each in wanting)


def test_hours_of_no_length_meet_nobody() -> None:
    assert [left.reason for left in solve([offer()], [need(hours=0)]).unserved] == [Rule.HOURS]
    assert [left.reason for left in solve([offer(hours=0)], [need()]).unserved] == [Rule.HOURS]
    quarter = parse_hours("Mo 10:00-10:15")
    assert [left.reason for left in solve([offer(hours=quarter)], [need(hours=quarter)]).unserved] == [Rule.HOURS]


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("Mo 22:00-02:00", "Tu 01:30-03:00", True),
        ("Mo 22:00-02:00", "Tu 01:45-03:00", False),
        ("Su 23:45-24:00, Mo 00:00-00:15", "Su 22:00-02:00", True),
        ("Su 23:30-24:00", "Mo 00:00-00:30", False),
        ("Sa 22:00-02:00", "Su 00:00-00:30", True),
        ("Su 02:00-03:00", "Su 02:30-03:00", True),  # the hour that a change of the clocks skips or repeats: clock times all the same
    ],
)
def test_hours_over_midnight_over_the_week_s_end_and_through_a_change_of_clocks(one: str, other: str, meet: bool) -> None:
    for offered, needed in ((one, other), (other, one)):
        solution = solve([offer(hours=parse_hours(offered))], [need(hours=parse_hours(needed))])
        assert (len(solution.pairs), verify([offer(hours=parse_hours(offered))], [need(hours=parse_hours(needed))], solution.pairs)) == (
            int(meet),
            [],
        )


def test_nobody_s_room_and_places_are_ever_exceeded_though_all_want_the_same_one() -> None:
    rng = Random(11)
    wanting = [need(i, urgency=rng.choice(list(Urgency)), places=rng.choice([1, 2])) for i in range(300)]
    solution = solve([offer(1, capacity=40), offer(2, capacity=0), offer(3, capacity=-5), offer(4, paused=True, capacity=9)], wanting)
    assert len(solution.pairs) == 40
    assert {pair.offer for pair in solution.pairs} == {1}
    assert {left.reason for left in solution.unserved} == {TAKEN}
    assert all(each.hours == ANY_TIME for each in wanting)
