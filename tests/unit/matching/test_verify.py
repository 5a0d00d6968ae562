from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from shapely import box

from matching.areas import area_of
from matching.assignment import solve
from matching.eligibility import check
from matching.geo import geodesic_m
from matching.model import Mode, Need, Offer, Pair, Urgency
from matching.verify import verify
from tests.unit.matching.posts import LAT, NORTH_100_M, need, need_lists, offer, offer_lists


def north(steps: float) -> float:
    return LAT + steps * NORTH_100_M


@given(offer_lists(4), need_lists(4))
def test_the_rules_and_the_verifier_agree_on_every_pair(offers: list[Offer], needs: list[Need]) -> None:
    for o in offers:
        for n in needs:
            found = check(n, o)
            if isinstance(found, Pair):
                assert verify([o], [n], [found]) == []
            else:
                apart_m = geodesic_m(n.lon, n.lat, o.lon, o.lat)
                for mode in (Mode.IN_PERSON, Mode.REMOTE):
                    assert verify([o], [n], [Pair(n.id, o.id, mode, apart_m)]) != []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"offer": 9}, "not both exist"),
        ({"mode": Mode.REMOTE}, "mode remote, should be in_person"),
        ({"distance_m": 99.0}, "distance 99.000 m"),
    ],
)
def test_a_pair_that_tells_a_falsehood_is_found(changes: dict[str, Any], problem: str) -> None:
    offers, needs = [offer(1, lat=north(1), mode=Mode.BOTH)], [need(1, mode=Mode.BOTH)]
    (pair,) = (check(needs[0], offers[0]),)
    assert isinstance(pair, Pair)
    assert verify(offers, needs, [pair]) == []
    assert any(problem in found for found in verify(offers, needs, [pair._replace(**changes)]))


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"categories": frozenset({"pets"})}, "another category"),
        ({"lat": north(20)}, "m apart, radius 1500 m"),
        ({"area": area_of([box(4.8, north(-9), 4.9, north(-1))])}, "outside the offer's area"),
        ({"hours": 0}, "no half hour in common"),
        ({"languages": frozenset({"ar"})}, "no language in common"),
        ({"identities": frozenset({"me"})}, "the same person"),
        ({"identities": frozenset({"them"})}, "one of the two blocks the other"),
        ({"blocked": frozenset({"me"})}, "one of the two blocks the other"),
        ({"level": 1}, "verified to level 1, 2 wanted"),
        ({"paused": True}, "the offer is paused"),
        ({"capacity": 0}, "1 pairs, capacity 0"),
    ],
)
def test_each_rule_is_looked_at(changes: dict[str, Any], problem: str) -> None:
    wanted, helping = need(1, identities=frozenset({"me"}), blocked=frozenset({"them"}), level=2), offer(1, **{"level": 2, **changes})
    apart_m = geodesic_m(wanted.lon, wanted.lat, helping.lon, helping.lat)
    [found] = verify([helping], [wanted], [Pair(1, 1, Mode.IN_PERSON, apart_m)])
    assert problem in found


def test_more_pairs_than_there_is_room_for_are_found() -> None:
    offers, needs = [offer(1), offer(2)], [need(1), need(2)]
    pairs = [Pair(n.id, o.id, Mode.IN_PERSON, 0.0) for n in needs for o in offers]
    assert sum("capacity 1" in found for found in verify(offers, needs, pairs)) == 2
    assert sum("1 places" in found for found in verify(offers, needs, pairs)) == 2
    assert "need 1 with offer 1: 2 times" in verify(offers, needs, [pairs[0], pairs[0]])


@pytest.mark.usefixtures("compiled")
class TestCertificate:
    offers = (offer(1), offer(2, lat=north(9)), offer(3, lat=north(2)))
    needs = (need(1), need(2, lat=north(-5), urgency=Urgency.URGENT), need(3, lat=north(9), urgency=Urgency.FLEXIBLE))

    def test_the_best_set_is_proved(self) -> None:
        solution = solve(self.offers, self.needs)
        assert verify(self.offers, self.needs, solution.pairs, solution.certificate) == []

    def test_a_set_with_a_place_less_is_found_out(self) -> None:
        solution = solve(self.offers, self.needs)
        assert any("the set costs" in found for found in verify(self.offers, self.needs, solution.pairs[1:], solution.certificate))

    def test_a_set_with_a_metre_too_many_is_found_out(self) -> None:
        worse = [check(n, o) for n, o in zip(self.needs, self.offers, strict=True)]
        pairs = [pair for pair in worse if isinstance(pair, Pair)]
        solution = solve(self.offers, self.needs)
        assert len(pairs) == len(solution.pairs) == 3
        assert sum(pair.cost_m for pair in pairs) > solution.total_m
        assert any("the set costs" in found for found in verify(self.offers, self.needs, pairs, solution.certificate))

    def test_prices_that_prove_too_much_are_found_out(self) -> None:
        solution = solve(self.offers, self.needs)
        prices = dict(solution.certificate.need_prices)
        prices[1] += 1
        assert verify(self.offers, self.needs, solution.pairs, replace(solution.certificate, need_prices=prices)) != []
        small = {urgency: 10 for urgency in Urgency}
        assert verify(self.offers, self.needs, solution.pairs, replace(solution.certificate, penalties=small)) != []
