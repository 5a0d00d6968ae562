"""The grid finds whom the rules let meet, the cheapest first, wherever on Earth; and the certificate notices what is not best."""

from collections.abc import Iterable
from itertools import repeat
from random import Random

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given, settings

from matching import arrays, assignment, candidates, certificate, grid, paths
from matching.eligibility import check
from matching.geo import geodesic_m
from matching.hours import ANY_TIME, parse_hours
from matching.model import Mode, Need, Offer, Pair
from tests.unit.matching.posts import BEGINNINGS, beginning, need, need_lists, offer, offer_lists

pytestmark = pytest.mark.usefixtures("compiled")
MIDDLES = [(4.85, 45.75), (180.0, -16.5), (-180.0, 0.0), (12.0, 90.0), (0.0, -89.95), (179.99, 89.8)]


def found(offers: list[Offer], needs: list[Need], most: int | None = None) -> list[list[tuple[int, int]]]:
    """For each need its cheapest offers as (cost, offer), in the order in which they were found."""
    return lists_of(arrays.lay_out(offers, needs), len(offers) + 1 if most is None else most)


def lists_of(a: arrays.Arrays, most: int, reaches: Iterable[float] = repeat(0.0)) -> list[list[tuple[int, int]]]:
    """For each seeker its cheapest hosts as (cost, host). Each looks so far at first as ``reaches`` say, as if the lists before were full
    there."""
    g = arrays.grid_of(a)
    keys, room = np.empty(most, np.int64), candidates.room_for(grid.room_for_runs(g))
    lists = []
    for s, reach in zip(range(len(a.seeker_places)), reaches, strict=False):
        room.reach[0] = reach
        mine = keys[: candidates.cheapest(a, g, s, most, keys, room)].tolist()
        assert mine == sorted(mine)
        lists.append([(key >> arrays.TURN_BITS, int(candidates.host_of(s, key))) for key in mine])
    return lists


def by_the_rules(offers: list[Offer], one: Need) -> list[tuple[int, int]]:
    return sorted((pair.cost_m, place) for place, each in enumerate(offers) if isinstance(pair := check(one, each), Pair))


@given(offer_lists(12), need_lists(6))
@settings(max_examples=60)
def test_all_whom_the_rules_let_meet_are_found(offers: list[Offer], needs: list[Need]) -> None:
    assert [sorted(each) for each in found(offers, needs)] == [by_the_rules(offers, one) for one in needs]


@given(offer_lists(8), need_lists(12))
@settings(max_examples=60)
def test_offers_find_the_same_pairs_the_most_urgent_first(offers: list[Offer], needs: list[Need]) -> None:
    a = arrays.lay_out(offers, needs)
    dearest, looking = int(arrays.turned(a).penalty.max(initial=0)), arrays.turned(a)
    assert len(looking.seeker_places) == len(offers)
    pairs = {(n, o): cost for n, each in enumerate(lists_of(a, len(offers) + 1)) for cost, o in each}
    by_offer = lists_of(looking, len(needs) + 1)
    assert {(n, o): cost - dearest + int(a.penalty[n]) for o, each in enumerate(by_offer) for cost, n in each} == pairs
    few = lists_of(looking, 3)
    assert [[cost for cost, _ in each] for each in few] == [[cost for cost, _ in each[:3]] for each in by_offer]


@pytest.mark.parametrize(("lon", "lat"), MIDDLES)
def test_a_crowd_anywhere_on_earth(lon: float, lat: float) -> None:
    rng = Random(7)

    def place(spread_m: float) -> dict[str, float]:
        there = geodesic(meters=rng.uniform(0, spread_m)).destination((lat, lon), bearing=rng.uniform(0, 360))
        return {"lon": there.longitude, "lat": there.latitude}

    radii = [100, 400, 1500, 1500, 6000, 30_000]
    offers = [offer(i, **place(rng.choice([300, 9000, 25_000])), radius_m=rng.choice(radii)) for i in range(900)]
    needs = [need(i, **place(12_000)) for i in range(25)] + [need(99, lon=lon, lat=lat)]
    for one, few, all_of_them in zip(needs, found(offers, needs, 7), found(offers, needs), strict=True):
        expected = by_the_rules(offers, one)
        assert sorted(all_of_them) == expected
        assert [cost for cost, _ in few] == [cost for cost, _ in expected[:7]]


def test_how_far_is_looked_at_first_changes_nothing() -> None:
    rng = Random(3)
    for spread_m in (900, 12_000, 400_000, 19_900_000):
        offers, needs = [], []
        for i in range(60):
            there = geodesic(meters=rng.uniform(0, spread_m)).destination((45.75, 4.85), bearing=rng.uniform(0, 360))
            radius_m = rng.choice([spread_m, spread_m // 5, spread_m // 50])
            offers.append(offer(i, lon=there.longitude, lat=there.latitude, radius_m=radius_m))
        steps = [geodesic_m(4.85, 45.75, each.lon, each.lat) for each in offers]  # so that somebody lives where a step ends
        reaches = [0.0, 1e9, *steps, *(step * 1.0000001 for step in steps), *(step / candidates.WIDER for step in steps)]
        needs = [need(i, lon=4.85, lat=45.75) for i in range(len(reaches))]
        expected = by_the_rules(offers, needs[0])
        a = arrays.lay_out(offers, needs)
        for most in (1, 61):
            lists = lists_of(a, most, (reach / most**0.5 for reach in reaches))
            assert [[cost for cost, _ in each] for each in lists] == [[cost for cost, _ in expected[:most]]] * len(reaches)


def test_layers_are_one_where_their_radii_are_alike_and_two_where_large_ones_are_few() -> None:
    def layers(*radii: int) -> list[int]:
        radius = np.array(radii, np.float64)
        return grid.joined(grid.layers_of(radius), np.zeros(len(radii), np.int64), radius, 1).tolist()

    assert layers(500, 800, 1500, 2000, 3000) == [2] * 5
    assert layers(*[500] * 9, 6000) == [1] * 9 + [2]
    assert layers(300, *[1500] * 9, 100_000) == [1] * 10 + [4]


def test_two_meet_up_to_the_last_hair_of_the_radius() -> None:
    here, offers = need(), []
    for i, metres in enumerate((1500 - 1e-7, 1500, 1500 + 1e-7, 700.5 - 1e-8, 700.5 + 1e-8) * 8):
        there = geodesic(meters=metres).destination((here.lat, here.lon), bearing=i * 9)
        offers.append(offer(i, lon=there.longitude, lat=there.latitude))
    expected = sorted(
        (int(apart_m + 0.5), i) for i, each in enumerate(offers) if (apart_m := geodesic_m(here.lon, here.lat, each.lon, each.lat)) <= 1500
    )
    assert [sorted(each) for each in found(offers, [here])] == [expected]
    assert 0 < len(expected) < len(offers)


def test_many_kinds_of_hours_are_compared_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(3)
    weeks = [ANY_TIME, *(parse_hours(f"{day} {hour:02}:00-{hour + 2:02}:00") for day in ("Mo", "Tu", "Sa") for hour in (8, 10, 18))]
    modes, spoken = list(Mode), [frozenset({"fr"}), frozenset({"ar"})]
    offers = [offer(i, hours=rng.choice(weeks), mode=rng.choice(modes), languages=rng.choice(spoken)) for i in range(60)]
    needs = [need(i, hours=rng.choice(weeks), mode=rng.choice(modes), languages=spoken[0]) for i in range(40)]
    with_a_table = assignment.solve(offers, needs)
    monkeypatch.setattr(arrays, "LARGEST_TABLE", 0)
    assert assignment.solve(offers, needs) == with_a_table


@pytest.mark.parametrize("mode", [Mode.IN_PERSON, Mode.REMOTE])
@pytest.mark.parametrize("prices", BEGINNINGS)
def test_prices_that_prove_nothing_are_noticed(mode: Mode, prices: dict[str, object]) -> None:
    offers = [offer(i, lat=45.75 + i * 0.001, mode=mode) for i in range(12)]
    a = arrays.lay_out(offers, [need(i, lat=45.7504 + i * 0.001, mode=mode) for i in range(8)])
    g = arrays.grid_of(a)
    with beginning(prices):
        s = paths.best_set(a, g, lambda _served: False)
    assert certificate.check(a, g, s) == (0, 0)
    below = -1 - s.host["price"][3]
    for price, change in ((s.seeker["price"], 5000), (s.seeker["price"], -1), (s.host["price"], 7), (s.host["price"], below)):
        price[3] += change
        assert certificate.check(a, g, s) != (0, 0), change
        price[3] -= change


def test_needs_of_one_address_look_at_different_offers_first() -> None:
    firsts = [each[0][1] for each in found([offer(i) for i in range(50)], [need(i) for i in range(20)], most=1)]
    assert len(set(firsts)) == 20
    from_afar = [offer(i, mode=Mode.REMOTE) for i in range(50)]
    assert len({each[0][1] for each in found(from_afar, [need(i, mode=Mode.REMOTE) for i in range(20)], most=1)}) == 20
