import subprocess
import sys
from itertools import chain, combinations, product
from random import Random
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow
from shapely import box

from matching import paths
from matching.areas import area_of
from matching.assignment import solve
from matching.eligibility import first_refusal
from matching.geo import geodesic_m
from matching.hours import ANY_TIME
from matching.model import TAKEN, Mode, Need, Offer, Pair, Reason, Rule, Urgency
from matching.solution import Solution, Unserved
from matching.verify import verify
from tests.unit.matching.posts import (
    BEGINNINGS,
    LAT,
    LON,
    NORTH_100_M,
    TOO_HIGH,
    Score,
    beginning,
    crowds,
    eligible,
    need,
    need_lists,
    offer,
    offer_lists,
    score,
)

pytestmark = pytest.mark.usefixtures("compiled")

def north(steps: float) -> float:
    return LAT + steps * NORTH_100_M


def told(solution: Solution) -> list[tuple[int | str, int | str]]:
    return [(pair.need, pair.offer) for pair in solution.pairs]


def best_by_trying_all(offers: list[Offer], needs: list[Need]) -> Score:
    """Every need with every subset of its offers."""
    pairs = eligible(offers, needs)
    free = {o.id: o.capacity for o in offers}
    chosen: list[Pair] = []

    def from_need(i: int) -> Score:
        if i == len(needs):
            return score(needs, chosen)
        mine = [pair for pair in pairs if pair.need == needs[i].id]
        found = []
        for subset in chain.from_iterable(combinations(mine, k) for k in range(needs[i].places + 1)):
            if all(free[pair.offer] for pair in subset):
                for pair in subset:
                    free[pair.offer] -= 1
                chosen.extend(subset)
                found.append(from_need(i + 1))
                del chosen[len(chosen) - len(subset) :]
                for pair in subset:
                    free[pair.offer] += 1
        return max(found)

    return from_need(0)


def best_by_min_cost_flow(offers: list[Offer], needs: list[Need]) -> Score:
    """OR-tools over all eligible pairs; an empty place flows past the offers at a price."""
    pairs, flow = eligible(offers, needs), SimpleMinCostFlow()
    price = {Urgency.URGENT: 3 * 10**9, Urgency.NORMAL: 2 * 10**9, Urgency.FLEXIBLE: 10**9}
    node = {o: i + 1 for i, o in enumerate(o.id for o in offers)}
    for pair in pairs:
        flow.add_arc_with_capacity_and_unit_cost(len(offers) + 1 + int(pair.need), node[pair.offer], 1, pair.cost_m)
    for o in offers:
        flow.add_arc_with_capacity_and_unit_cost(node[o.id], 0, max(o.capacity, 0), 0)
    for n in needs:
        flow.add_arc_with_capacity_and_unit_cost(len(offers) + 1 + int(n.id), 0, n.places, price[n.urgency])
        flow.set_node_supply(len(offers) + 1 + int(n.id), n.places)
    flow.set_node_supply(0, -sum(n.places for n in needs))
    assert flow.solve() == flow.OPTIMAL
    return score(needs, [pair for arc, pair in enumerate(pairs) if flow.flow(arc)])


@given(st.one_of(crowds(3), crowds(3), st.tuples(offer_lists(4), need_lists(4))))
@settings(max_examples=150)
def test_small_sets_are_as_good_as_the_best_of_all_sets(posts: tuple[list[Offer], list[Need]]) -> None:
    offers, needs = posts
    best = best_by_trying_all(offers, needs)
    for prices in BEGINNINGS:
        with beginning(prices):
            solution = solve(offers, needs)
        assert score(needs, solution.pairs) == best
        assert verify(offers, needs, solution.pairs, solution.certificate) == []


@given(offer_lists(40), need_lists(40), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_larger_sets_agree_with_min_cost_flow_and_with_any_order_of_input(offers: list[Offer], needs: list[Need], rng: Random) -> None:
    solution = solve(offers, needs)
    assert score(needs, solution.pairs) == best_by_min_cost_flow(offers, needs)
    assert solution.certificate.violations == 0
    assert verify(offers, needs, solution.pairs, solution.certificate) == []
    assert solve(rng.sample(offers, len(offers)), rng.sample(needs, len(needs))) == solution


@pytest.mark.parametrize(("seed", "offers", "needs"), [(1, 400, 150), (2, 150, 300), (3, 120, 120)])
def test_a_crowd_agrees_with_min_cost_flow_plenty_and_short(seed: int, offers: int, needs: int) -> None:
    rng = Random(seed)
    crowd, wanting = [], []
    for i in range(offers):
        kinds = frozenset(rng.sample(["shopping", "pets", "homework"], 2))
        mode = rng.choice([Mode.IN_PERSON, Mode.IN_PERSON, Mode.BOTH, Mode.REMOTE])
        place = {"lon": 4.85 + rng.uniform(-0.05, 0.05), "lat": LAT + rng.uniform(-0.05, 0.05)}
        crowd.append(offer(i, **place, categories=kinds, mode=mode, radius_m=rng.choice([800, 2500, 9000]), capacity=rng.choice([1, 1, 2])))
    for i in range(needs):
        place = {"lon": 4.85 + rng.uniform(-0.05, 0.05), "lat": LAT + rng.uniform(-0.05, 0.05)}
        kind, mode = rng.choice(["shopping", "pets", "homework"]), rng.choice(list(Mode))
        wanting.append(need(i, **place, category=kind, mode=mode, urgency=rng.choice(list(Urgency)), places=rng.choice([1, 1, 1, 3])))
    for prices in BEGINNINGS:
        with beginning(prices), mock.patch.object(paths, "FIRST_HEAP", 2):  # it must grow
            solution = solve(crowd, wanting)
        assert score(wanting, solution.pairs) == best_by_min_cost_flow(crowd, wanting)
        assert verify(crowd, wanting, solution.pairs, solution.certificate) == []


@pytest.mark.parametrize("looked_at", [1, 2, 3])
def test_bids_on_lists_that_show_little_stay_exact(looked_at: int) -> None:
    rng = Random(looked_at)
    places = [{"lon": LON + rng.uniform(-0.02, 0.02), "lat": LAT + rng.uniform(-0.02, 0.02)} for _ in range(130)]
    crowd = [offer(i, **place, radius_m=3000, capacity=rng.choice([1, 1, 2])) for i, place in enumerate(places[:60])]
    wanting = [need(i, **place) for i, place in enumerate(places[60:])]
    with beginning({"FIRST_LOOK": looked_at}):
        solution = solve(crowd, wanting)
    assert score(wanting, solution.pairs) == best_by_min_cost_flow(crowd, wanting)
    assert verify(crowd, wanting, solution.pairs, solution.certificate) == []


def test_quartiers_of_their_own_some_short_and_some_with_room_agree_with_min_cost_flow() -> None:
    rng, crowd, wanting = Random(4), [], []
    for i, (offers, needs) in enumerate([(30, 10), (4, 40), (20, 22), (1, 15), (40, 38)]):
        west = 4.8 + i * 0.01
        quartier = area_of([box(west, LAT - 0.01, west + 0.01, LAT + 0.01)])
        for _ in range(offers):
            place = {"lon": west + rng.uniform(-0.005, 0.015), "lat": LAT + rng.uniform(-0.01, 0.01)}
            crowd.append(offer(len(crowd), **place, area=quartier, capacity=rng.choice([1, 1, 2])))
        for _ in range(needs):
            place = {"lon": west + rng.uniform(0.0001, 0.0099), "lat": LAT + rng.uniform(-0.0099, 0.0099)}
            wanting.append(need(len(wanting), **place, urgency=rng.choice(list(Urgency)), places=rng.choice([1, 1, 2])))
    for prices in BEGINNINGS:
        with beginning(prices):
            solution = solve(crowd, wanting)
        assert score(wanting, solution.pairs) == best_by_min_cost_flow(crowd, wanting)
        assert verify(crowd, wanting, solution.pairs, solution.certificate) == []


@given(offer_lists(10), need_lists(6))
@settings(max_examples=60)
def test_each_empty_place_is_told_with_its_reason(offers: list[Offer], needs: list[Need]) -> None:
    solution = solve(offers, needs)
    left = {n.id: n.places - sum(pair.need == n.id for pair in solution.pairs) for n in needs}
    assert solution.unserved == [Unserved(n.id, left[n.id], first_refusal(n, offers)) for n in needs if left[n.id]]


def test_the_urgent_place_is_filled_first_even_where_it_costs_more() -> None:
    solution = solve([offer(1)], [need(1), need(2, urgency=Urgency.URGENT, lat=north(9)), need(3, urgency=Urgency.FLEXIBLE)])
    assert told(solution) == [(2, 1)]
    assert solution.unserved == [Unserved(1, 1, TAKEN), Unserved(3, 1, TAKEN)]


def test_someone_walks_farther_so_that_everybody_is_served() -> None:
    solution = solve([offer(1), offer(2, lat=north(9))], [need(1), need(2, lat=north(-9))])
    assert told(solution) == [(1, 2), (2, 1)]
    assert solution.total_m == 1800


def test_an_offer_fills_one_place_of_a_need_though_it_could_help_in_both_ways() -> None:
    solution = solve([offer(1, mode=Mode.BOTH, capacity=5)], [need(1, mode=Mode.BOTH, places=3)])
    assert [(pair.offer, pair.mode) for pair in solution.pairs] == [(1, Mode.IN_PERSON)]
    assert solution.unserved == [Unserved(1, 2, TAKEN)]


def test_a_walk_of_more_than_three_kilometres_is_not_sold_as_a_call() -> None:
    both_near = solve([offer(1, mode=Mode.BOTH, radius_m=9000, lat=north(50))], [need(1, mode=Mode.BOTH)])
    assert both_near.total_m == 5000
    with_a_caller = solve([offer(1, mode=Mode.BOTH, radius_m=9000, lat=north(50)), offer(2, mode=Mode.REMOTE)], [need(1, mode=Mode.BOTH)])
    assert told(with_a_caller) == [(1, 2)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"categories": frozenset({"pets"})}, Rule.CATEGORY),
        ({"mode": Mode.REMOTE}, Rule.MODE),
        ({"lat": 0.0}, Rule.DISTANCE),
        ({"hours": 1}, Rule.HOURS),
        ({"languages": frozenset({"ar"})}, Rule.LANGUAGE),
        ({"identities": frozenset({"me"})}, Rule.SAME_PERSON),
        ({"blocked": frozenset({"me"})}, Rule.BLOCKED),
        ({"identities": frozenset({"them"})}, Rule.BLOCKED),
        ({"level": 0}, Rule.LEVEL),
        ({"paused": True}, Rule.PAUSED),
        ({"capacity": 0}, TAKEN),
    ],
)
def test_nobody_has_a_reason(changes: dict[str, object], reason: Reason) -> None:
    wanted = need(identities=frozenset({"me"}), blocked=frozenset({"them"}), level=1)
    assert solve([offer(**{"level": 1, **changes})], [wanted]).unserved == [Unserved(1, 1, reason)]
    assert len(solve([offer(level=1)], [wanted]).pairs) == 1


@pytest.mark.parametrize(("prices", "looks"), [*product(BEGINNINGS, (1, 2, 3)), (TOO_HIGH, 7), (TOO_HIGH, 8)])
def test_when_time_runs_out_the_set_can_be_kept_and_says_what_it_may_lack(
    prices: dict[str, Any], looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "BETWEEN_LOOKS", 200)
    rng = Random(5)
    crowd = [offer(i, lat=LAT + rng.uniform(-0.03, 0.03), capacity=rng.choice([1, 2]), radius_m=2500) for i in range(180)]
    wanting = [need(i, lat=LAT + rng.uniform(-0.03, 0.03), places=rng.choice([1, 2])) for i in range(260)]
    left = iter([False] * (looks - 1) + [True] * 9)
    with beginning(prices):
        solution, best = solve(crowd, wanting, lambda _served: next(left)), solve(crowd, wanting)
    proof = solution.certificate
    assert verify(crowd, wanting, solution.pairs) == []
    assert best.certificate.best and not proof.best and proof.violations == 0

    def cost(found: Solution) -> int:
        return found.total_m + sum(proof.penalties[Urgency.NORMAL] * empty.places_left for empty in found.unserved)

    assert cost(best) < cost(solution) <= cost(best) + proof.gap_m
    assert sum(need.places for need in wanting) == len(solution.pairs) + sum(empty.places_left for empty in solution.unserved)


def test_nothing_in_nothing_out() -> None:
    assert solve([], []).pairs == []
    assert solve([offer()], []).pairs == []
    assert solve([], [need()]).unserved == [Unserved(1, 1, Rule.CATEGORY)]


def test_ids_may_be_texts_but_not_twice() -> None:
    assert told(solve([offer("O2", lat=north(1)), offer("O10")], [need("N1")])) == [("N1", "O10")]
    with pytest.raises(ValueError, match="twice"):
        solve([offer(1), offer(1)], [])


@pytest.mark.parametrize("mode", [Mode.IN_PERSON, Mode.REMOTE])
def test_thousands_at_one_address(mode: Mode) -> None:
    solution = solve([offer(i, mode=mode) for i in range(50_000)], [need(i, mode=mode) for i in range(20)])
    assert len({pair.offer for pair in solution.pairs}) == 20
    assert solution.certificate.violations == 0


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def test_only_solving_loads_the_compiler() -> None:
    modules = ("solution", "areas", "eligibility", "index", "ranking", "rows", "verify", "why")
    asked = "ranking.best(index.OfferIndex([model.Offer(1, 0, 0, 9, frozenset('a'), 15)]), model.Need(1, 0, 0, 'a', 15), 1)"
    assert run(f"import sys; from matching import {', '.join(modules)}, model; print(len({asked}), 'numba' in sys.modules)") == "1 False"


def test_a_machine_with_no_folder_for_machine_code_compiles_anew() -> None:
    program = """
from numba.core import caching
def nowhere(self): raise OSError("read-only")
caching._CacheLocator.ensure_cache_path = nowhere
from matching import paths
print(paths.host_of(7, paths.host_of(0, 0)))
"""
    assert run(program) == "7"


def test_the_reason_is_exact_at_the_end_of_the_reach() -> None:
    far = Offer(
        id="o", lon=0.0002256, lat=51.4999675, radius_m=20_000, categories=frozenset({"c"}), hours=ANY_TIME, languages=frozenset({"pl"})
    )
    here = Need(id="n", lon=0.2882401996525277, lat=51.49961390536595, category="c", hours=ANY_TIME)
    assert 20_000 < geodesic_m(far.lon, far.lat, here.lon, here.lat) < 20_000.0001
    assert [left.reason for left in solve([far], [here]).unserved] == [Rule.DISTANCE]
