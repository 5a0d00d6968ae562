"""Who is asked in a round: within everybody's room, nobody twice, one for each place first and then until it is likely enough."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.assignment import solve
from matching.eligibility import check
from matching.model import Id, Need, Offer, Pair
from matching.policy import NO_TERMS, Record, Terms
from matching.rounds import Case, Room, choose, ranked
from matching.waves import Waves, chance
from tests.unit.matching.posts import LAT, NORTH_100_M, need, need_lists, offer, offer_lists, score

pytestmark = pytest.mark.usefixtures("compiled")

WAVES = Waves(wished=0.95, most=6, rest_days=1, tired=2)
SURE, LIKELY = Record(answered=1000, yes=1000), Record()


def named(offer_id: Id) -> str:
    return f"offer:{offer_id}"


def asked(
    needs: list[Need], offers: list[Offer], waves: Waves = WAVES, *, record: Record = LIKELY, days: dict[Id, float | None] | None = None,
    pending: tuple[float, ...] = (),
) -> list[Case]:  # fmt: skip
    """The cases of these needs, chosen for."""
    known = {each.id: each for each in offers}
    cases = []
    for each in needs:
        tried = [check(each, other) for other in offers]
        cases.append(Case(each, ranked([p for p in tried if isinstance(p, Pair)], NO_TERMS, lambda _: 0), list(pending)))
    room = Room(known, dict.fromkeys(known, record), dict.fromkeys(known) | (days or {}))
    choose(cases, room, NO_TERMS, waves, named, lambda o, n, terms: solve(o, n, terms=terms).pairs)
    return cases


def line(count: int, **changes: Any) -> list[Offer]:
    """Offers one after the other to the north, the first the nearest."""
    return [offer(i, lat=LAT + i * NORTH_100_M, identities=frozenset({named(i)}), **changes) for i in range(1, count + 1)]


@given(need_lists(3), offer_lists(4), st.sampled_from([WAVES, Waves(0.6, 2, 0, 99), Waves(0.99, 9, 3, 0)]))
def test_nobody_is_asked_twice_for_a_need_or_beyond_their_room(needs: list[Need], offers: list[Offer], waves: Waves) -> None:
    offers = [offer_of(each) for each in offers]
    cases = asked(needs, offers, waves)
    room = {each.id: max(0, each.capacity) for each in offers}
    load = Counter(pair.offer for case in cases for pair in case.chosen)
    assert all(load[i] <= room[i] for i in load)
    for case in cases:
        mine = [pair.offer for pair in case.chosen]
        assert len(set(mine)) == len(mine)
        assert {pair.need for pair in case.chosen} <= {case.need.id}
        assert set(mine) <= case.eligible
        enough = chance([LIKELY.acceptance] * (len(mine) - 1), case.need.places) < waves.wished
        assert len(mine) <= case.need.places or (enough and len(mine) <= waves.most), "no more than make it likely enough"


def offer_of(each: Offer) -> Offer:
    return replace(each, identities=each.identities | {named(each.id)})


@given(need_lists(3), offer_lists(4))
def test_the_first_of_each_place_are_the_best_set_of_pairs(needs: list[Need], offers: list[Offer]) -> None:
    sure = asked(needs, offers, Waves(0.01, 1, 0, 99), record=SURE)
    best = solve(offers, needs).pairs
    chosen = [pair for case in sure for pair in case.chosen]
    assert score(needs, chosen) == score(needs, best)


def test_one_need_has_its_nearest_until_it_is_likely_enough() -> None:
    [case] = asked([need(1)], line(9))
    assert [pair.offer for pair in case.chosen] == [1, 2, 3]  # two in three say yes: 1 - 1/27 is the first above 0.95
    [case] = asked([need(1)], line(9), record=SURE)
    assert [pair.offer for pair in case.chosen] == [1]


def test_those_who_were_asked_already_count() -> None:
    [case] = asked([need(1)], line(9), pending=(0.6, 0.6))
    assert len(case.chosen) == 2
    [case] = asked([need(1)], line(9), pending=(0.99,))
    assert case.chosen == []


def test_whoever_was_asked_just_now_is_left_alone_while_there_is_somebody_else() -> None:
    days = {1: 0.2, 2: 0.3, 3: 5.0, 4: None}
    [case] = asked([need(1)], line(4), days=days)
    assert [pair.offer for pair in case.chosen] == [3, 4]
    [case] = asked([need(1)], line(2), days={1: 0.2, 2: 0.3})
    assert [pair.offer for pair in case.chosen] == [1, 2]


def test_needs_share_who_is_there_before_any_wave_is_filled_up() -> None:
    first, second = asked([need(1), need(2)], line(2))
    assert len(first.chosen) == len(second.chosen) == 1
    first, second = asked([need(1), need(2)], line(2, capacity=2))
    assert Counter(pair.offer for case in (first, second) for pair in case.chosen) == {1: 2, 2: 2}


def test_where_volunteers_are_short_no_more_are_asked_than_there_are_places() -> None:
    [case] = asked([need(1, places=2)], line(9), record=Record(asked_7=3))
    assert len(case.chosen) == 2


def test_terms_decide_the_order() -> None:
    pairs = [pair for each in line(3) if isinstance(pair := check(need(1), each), Pair)]
    assert [pair.offer for pair in ranked(pairs, Terms({1: 150}), lambda i: -i)] == [2, 1, 3]
    assert [pair.offer for pair in ranked(pairs, Terms({1: 100}), lambda i: -int(i))] == [2, 1, 3]
