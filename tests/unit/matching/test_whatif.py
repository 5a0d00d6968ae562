from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from matching.assignment import solve
from matching.hours import ANY_TIME, parse_hours
from matching.model import Mode, Need, Offer, Pair, Urgency
from matching.solution import Certificate, Solution
from matching.whatif import MOST_RADIUS_M, Places, also, fewer_hours, more, moved, outcome, wider
from tests.unit.matching.posts import LAT, LON, NORTH_100_M, need, need_lists, offer, offer_lists

HERE = box(LON - 0.001, LAT - 0.001, LON + 0.001, LAT + 0.001)
AWAY = {"lon": LON + 0.1}
PETS, SHOPPING = frozenset({"pets"}), frozenset({"shopping"})
MORNING = parse_hours("Mo 08:00-12:00")


def told(*pairs: tuple[int | str, int, float]) -> Solution:
    """A round with these pairs (need, offer, metres; below 0 from afar)."""
    made = [Pair(n, o, Mode.REMOTE if metres < 0 else Mode.IN_PERSON, abs(metres)) for n, o, metres in pairs]
    return Solution(made, [], Certificate({}, {}, {}, 0, 0))


def served(offers: list[Offer], needs: list[Need]) -> list[int]:
    """Places served up to each urgency: urgent ones, urgent and normal ones, all."""
    urgency_of = {n.id: n.urgency for n in needs}
    kinds = [urgency_of[pair.need] for pair in solve(offers, needs).pairs]
    return [sum(kind in list(Urgency)[:n] for kind in kinds) for n in (1, 2, 3)]


def test_new_volunteers_are_in_the_area_and_like_those_who_offer_the_same() -> None:
    rare = offer(
        1,
        **AWAY,
        categories=PETS,
        hours=MORNING,
        languages=frozenset({"ar"}),
        radius_m=700,
        capacity=3,
        identities=frozenset({"a@example.org"}),
    )
    usual = [offer(i) for i in range(2, 9)]
    offers = more([rare, *usual], 20, [rare, *usual], Random(1), HERE, PETS)
    assert offers[:8] == [rare, *usual]
    added = offers[8:]
    assert len({o.id for o in offers}) == 28
    assert all(HERE.covers(Point(o.lon, o.lat)) for o in added)
    assert len({(o.lon, o.lat) for o in added}) == 20
    assert {(o.categories, o.hours, o.languages, o.radius_m, o.capacity, o.identities) for o in added} == {
        (PETS, MORNING, frozenset({"ar"}), 700, 3, frozenset())
    }


def test_new_volunteers_who_offer_what_nobody_does_are_like_anybody() -> None:
    added = more([offer("A", hours=MORNING)], 2, [offer("A", hours=MORNING)], Random(1), HERE, frozenset({"new"}), 2500)[1:]
    assert [(o.categories, o.radius_m, o.hours) for o in added] == [(frozenset({"new"}), 2500, MORNING)] * 2


def test_without_an_area_nobody_new_lives_just_where_somebody_does() -> None:
    first = offer(1)
    added = more([first], 50, [first], Random(1))[1:]
    assert (LON, LAT) not in {(o.lon, o.lat) for o in added}
    assert all(abs(o.lat - LAT) < 30 * NORTH_100_M for o in added)


def test_the_same_seed_draws_the_same_people_whatever_the_order() -> None:
    offers = [offer(i, radius_m=100 * i) for i in range(1, 9)]
    assert more(offers, 9, offers, Random(4), HERE)[8:] == more(offers[::-1], 9, offers[::-1], Random(4), HERE)[8:]
    assert more(offers, 9, offers, Random(4), HERE) != more(offers, 9, offers, Random(5), HERE)


def test_points_fill_the_whole_area_alike() -> None:
    triangle = HERE.intersection(box(LON, LAT - 1, LON + 1, LAT + 1)).union(box(LON - 0.001, LAT, LON, LAT + 0.001))
    added = more([offer(1)], 3000, [offer(1)], Random(1), triangle)[1:]
    west = sum(o.lon < LON for o in added)
    assert 900 < west < 1100  # a third of the area


def test_ids_that_are_taken_are_not_given_again() -> None:
    added = more([offer("new-1"), offer("new-3")], 3, [offer("new-1")], Random(1))[2:]
    assert [o.id for o in added] == ["new-2", "new-4", "new-5"]
    assert [o.id for o in more([offer(7)], 2, [offer(7)], Random(1))] == [7, 8, 9]


def test_nobody_can_be_like_nobody() -> None:
    with pytest.raises(ValueError, match="nobody"):
        more([], 1, [], Random(1), HERE)


def test_a_wider_radius_shrinks_none_and_stays_within_what_may_be() -> None:
    offers = [offer(1, radius_m=500), offer(2, radius_m=4001), offer(3, radius_m=40_000)]
    assert [o.radius_m for o in wider(offers, to_m=3000)] == [3000, 4001, 40_000]
    assert [o.radius_m for o in wider(offers, share=0.5)] == [750, 6002, MOST_RADIUS_M]


def test_each_change_keeps_to_its_area() -> None:
    offers = [offer(1), offer(2, **AWAY)]
    assert wider(offers, 3000, shape=HERE) == [offer(1, radius_m=3000), offers[1]]
    assert also(offers, PETS, HERE) == [offer(1, categories=PETS | SHOPPING), offers[1]]
    assert fewer_hours(offers, MORNING, HERE) == [offer(1, hours=MORNING), offers[1]]


def test_fewer_hours_are_those_that_both_have() -> None:
    (changed,) = fewer_hours([offer(1, hours=parse_hours("Mo 10:00-14:00"))], MORNING)
    assert changed.hours == parse_hours("Mo 10:00-12:00")


def test_an_outcome_counts_places_metres_and_waiting() -> None:
    needs = [need(1, places=2, urgency=Urgency.URGENT), need(2, category="pets"), need(3), need(4), need(5, mode=Mode.REMOTE)]
    found = outcome(needs, told((1, 1, 100), (2, 2, 300.5), (3, 3, 200), (5, 4, -9)), {1: 8, 2: 1, 3: 4, 4: 2}, {1: 7, 3: 7, 4: 9})
    assert found.total == Places(6, 4)
    assert found.urgencies == {"urgent": Places(2, 1), "normal": Places(4, 3)}
    assert found.categories == {"shopping": Places(5, 3), "pets": Places(1, 1)}
    assert found.areas == {7: Places(3, 2), 9: Places(1, 0)}
    assert (found.median_m, found.p95_m, found.total_m, found.remote) == (200, 301, 601, 1)
    assert (found.waited_served, found.waited_unserved) == (2.5, 5)


def test_ninety_five_in_a_hundred_are_no_farther() -> None:
    needs = [need(i) for i in range(100)]
    found = outcome(needs, told(*((i, i, i + 1) for i in range(100))), {}, {})
    assert (found.median_m, found.p95_m) == (50, 95)


def test_an_outcome_of_nothing_has_no_figures() -> None:
    found = outcome([], told(), {}, {})
    assert (found.total, found.median_m, found.p95_m, found.total_m) == (Places(0, 0), None, None, 0)
    assert (found.waited_served, found.waited_unserved) == (None, None)


def test_who_gains_and_who_loses_is_told_by_need() -> None:
    assert moved(told((1, 1, 5), (2, 2, 5), (3, 3, 5)), told((1, 1, 5), (1, 2, 5), (3, 9, 1), (4, 8, 1))) == ([1, 4], [2])


@pytest.mark.usefixtures("compiled")
@settings(max_examples=150)
@given(offer_lists(6), need_lists(6), st.integers(0, 9))
def test_more_help_never_serves_fewer_and_fewer_hours_never_more(offers: list[Offer], needs: list[Need], seed: int) -> None:
    today = served(offers, needs)
    helped = [wider(offers, 3200), wider(offers, share=0.5, shape=HERE), also(offers, PETS), also(offers, frozenset({"homework"}), HERE)]
    if offers:
        helped.append(more(offers, 2, offers, Random(seed), HERE, SHOPPING))
    for changed in helped:
        assert all(then >= now for then, now in zip(served(changed, needs), today, strict=True))
    fewer = served(fewer_hours(offers, parse_hours("Mo 10:00-11:00")), needs)
    assert all(then <= now for then, now in zip(fewer, today, strict=True))
    assert served(fewer_hours(offers, ANY_TIME), needs) == today
