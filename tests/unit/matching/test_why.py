import json
from collections import Counter
from dataclasses import asdict, replace
from random import Random
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from matching import geo
from matching.areas import area_of
from matching.assignment import solve
from matching.eligibility import RULES, check, first_refusal
from matching.geo import distance_m
from matching.hours import parse_hours
from matching.model import REMOTE_COST_M, TAKEN, Id, Mode, Need, Offer, Pair, Refusal, Rule
from matching.policy import Past, Policy, Record, terms_of
from matching.why import Miss, Term, as_data, explain, from_data, not_as_data, not_from_data, why_not
from tests.unit.matching.posts import LAT, NORTH_100_M, eligible, need, need_lists, offer, offer_lists

MONDAY, TUESDAY = parse_hours("Mo"), parse_hours("Tu")
ARABIC = frozenset({"ar"})
NO_ROOM = (Refusal(Rule.CAPACITY),)


def north(steps: float) -> float:
    return LAT + steps * NORTH_100_M


def refusals(n: Need, o: Offer) -> list[Refusal]:
    return [Refusal(rule, figures) for rule in Rule if (figures := RULES[rule](n, o)) is not None]


def closest_by_trying_all(n: Need, offers: list[Offer]) -> Miss | None:
    """Fewest rules, furthest in the table, fewest metres beyond the radius or area, nearest, lowest id."""

    def turn(miss: Miss) -> tuple[int, int, float, float, Id]:
        far = [r.figures for r in miss.refusals if r.rule is Rule.DISTANCE]
        beyond_m = [f["outside_m"] if "outside_m" in f else f["distance_m"] - f["radius_m"] for f in far]
        return len(miss.refusals), -list(Rule).index(miss.refusals[0].rule), sum(beyond_m), miss.distance_m, miss.offer

    misses = [Miss(o.id, tuple(refusals(n, o)), distance_m(n.lon, n.lat, o.lon, o.lat)) for o in offers]
    never = {Rule.CATEGORY, Rule.SAME_PERSON, Rule.BLOCKED}
    kept = [miss for miss in misses if miss.refusals[:1] not in ((), NO_ROOM) and never.isdisjoint(r.rule for r in miss.refusals)]
    return min(kept, key=turn, default=None)


@given(offer_lists(12), need_lists(3), st.dictionaries(st.integers(0, 12), st.integers(0, 3)), st.sets(st.integers(0, 12)), st.randoms())
def test_each_offer_is_counted_once_and_the_closest_is_the_closest(
    offers: list[Offer], needs: list[Need], used: dict[Id, int], asked: set[Id], rng: Random
) -> None:
    for n in needs:
        found = why_not(n, offers, used, asked)
        left = [replace(o, capacity=o.capacity - used.get(o.id, 0)) for o in offers]
        refused = Counter(refusal.rule for o in offers if isinstance(refusal := check(n, o), Refusal))
        could = [o for o in left if not isinstance(refusal := check(n, o), Refusal) or refusal.rule is Rule.CAPACITY]
        assert found.refused == {rule: refused[rule] for rule in Rule if rule is not Rule.CAPACITY}
        assert found.asked == sum(o.id in asked for o in could)
        assert found.taken == sum(o.id not in asked and o.capacity <= 0 for o in could)
        assert found.offers == len(offers)
        assert found.offering == sum(n.category in o.categories for o in offers)
        assert found.nearest == closest_by_trying_all(n, left)
        assert found.reason == first_refusal(n, offers)
        assert found == why_not(n, rng.sample(offers, len(offers)), used, asked)


@pytest.mark.usefixtures("compiled")
@given(offer_lists(10), need_lists(6))
@settings(max_examples=60)
def test_it_agrees_with_the_solver(offers: list[Offer], needs: list[Need]) -> None:
    solution = solve(offers, needs)
    used = Counter(pair.offer for pair in solution.pairs)
    need_of = {n.id: n for n in needs}
    for left in solution.unserved:
        helpers = {pair.offer for pair in solution.pairs if pair.need == left.need}
        found = why_not(need_of[left.need], offers, used, helpers)
        assert (found.reason, found.free) == (left.reason, 0)
        assert (found.asked + found.taken > 0) == (left.reason == TAKEN)


@pytest.mark.parametrize(
    ("changes", "rules"),
    [
        ({"mode": Mode.REMOTE}, [Rule.MODE, Rule.DISTANCE]),  # out of reach as well
        ({"mode": Mode.REMOTE, "lat": LAT}, [Rule.MODE]),
        ({}, [Rule.DISTANCE]),
        ({"lat": LAT, "hours": TUESDAY}, [Rule.HOURS]),
        ({"languages": ARABIC, "hours": TUESDAY}, [Rule.DISTANCE, Rule.HOURS, Rule.LANGUAGE]),
        ({"lat": LAT, "languages": ARABIC}, [Rule.LANGUAGE]),
        ({"lat": LAT, "paused": True, "capacity": 0, "level": -1}, [Rule.LEVEL, Rule.PAUSED, Rule.CAPACITY]),
        ({"capacity": 0}, [Rule.DISTANCE, Rule.CAPACITY]),
    ],
)
def test_a_miss_names_all_that_it_fails(changes: dict[str, object], rules: list[Rule]) -> None:
    nearest = why_not(need(hours=MONDAY), [offer(**{"lat": north(20), **changes})]).nearest
    assert nearest is not None
    assert [refusal.rule for refusal in nearest.refusals] == rules


def test_the_closest_fails_the_fewest_rules_then_is_the_least_too_far() -> None:
    deaf, far, wide, further = (
        offer(1, languages=ARABIC, lat=north(16)), offer(2, lat=north(25)), offer(3, lat=north(32), radius_m=3000), offer(4, lat=north(26)),
    )  # fmt: skip
    found = why_not(need(), [deaf, far, wide, further])
    assert found.nearest is not None
    assert found.nearest.offer == 3
    figures = found.nearest.refusals[0].figures
    assert figures == {"distance_m": pytest.approx(3200, abs=2), "radius_m": 3000}
    assert why_not(need(), [far, further, offer(0, lat=north(25))]).nearest == why_not(need(), [offer(0, lat=north(25))]).nearest


def test_neither_another_kind_of_help_nor_ones_own_offer_is_a_miss() -> None:
    me = frozenset({"me"})
    found = why_not(need(identities=me), [offer(1, categories=frozenset({"pets"})), offer(2, identities=me)])
    assert found.nearest is None
    assert (found.offers, found.offering, found.reason) == (2, 1, Rule.SAME_PERSON)


@pytest.mark.parametrize(("mine", "theirs"), [({"blocked": {"you"}}, {}), ({}, {"blocked": {"me"}})])
def test_who_blocks_whom_is_counted_but_nobody_is_named(mine: dict[str, set[str]], theirs: dict[str, set[str]]) -> None:
    me, you = frozenset({"me"}), frozenset({"you"})
    wanted = need(identities=me, **{name: frozenset(them) for name, them in mine.items()})
    refusing = offer(1, identities=you, paused=True, **{name: frozenset(them) for name, them in theirs.items()})
    found = why_not(wanted, [refusing])
    assert (found.reason, found.refused[Rule.BLOCKED], found.nearest) == (Rule.BLOCKED, 1, None)
    found = why_not(wanted, [replace(refusing, lat=north(20))])
    assert (found.reason, found.nearest) == (Rule.DISTANCE, None)


def test_the_one_just_outside_of_the_own_area_is_closer_than_who_lives_nearer_with_a_radius() -> None:
    area = area_of([box(4.8, north(-90), 4.9, north(-2))])
    found = why_not(need(), [offer(1, lat=north(10), radius_m=700), offer(2, lat=north(-60), area=area)])
    assert found.nearest is not None
    assert found.nearest.offer == 2
    assert found.nearest.refusals == (
        Refusal(Rule.DISTANCE, {"distance_m": pytest.approx(6000, abs=3), "outside_m": pytest.approx(200, abs=0.2)}),
    )
    there = explain(need(), offer(area=area), Pair(1, 1, Mode.IN_PERSON, 12.5))
    assert there.terms == (Term("distance", 13, {"distance_m": 12.5}),)


def test_who_could_help_was_asked_or_is_taken_or_is_free() -> None:
    found = why_not(need(), [offer(1, capacity=2), offer(2), offer(3), offer(4, capacity=0)], {1: 1, 2: 1}, asked={3})
    assert (found.free, found.taken, found.asked) == (1, 2, 1)


@given(offer_lists(6), need_lists(4))
def test_the_terms_of_a_pair_add_up_to_what_it_counts(offers: list[Offer], needs: list[Need]) -> None:
    offer_of, need_of = {o.id: o for o in offers}, {n.id: n for n in needs}
    for pair in eligible(offers, needs):
        found = explain(need_of[pair.need], offer_of[pair.offer], pair)
        assert (found.need, found.offer, found.mode, found.total_m) == (pair.need, pair.offer, pair.mode, pair.cost_m)


WEIGHTS = st.sampled_from([0.0, 0.4, 50.0, 333.3, 4000.0])
POLICIES = st.builds(Policy, WEIGHTS, st.sampled_from([0, 7]), WEIGHTS, WEIGHTS, WEIGHTS, WEIGHTS, WEIGHTS)


@st.composite
def pasts(draw: st.DrawFn, size: int) -> Past:
    ids, few, days = st.integers(0, size - 1), st.integers(0, 9), st.floats(0, 20)
    record = st.builds(Record, st.none() | days, few, few, st.integers(4, 9), st.integers(0, 4), st.floats(0, 4))
    return Past(draw(st.dictionaries(ids, record)), draw(st.dictionaries(ids, days)), draw(st.frozensets(st.tuples(ids, ids), max_size=30)))


@given(offer_lists(6), need_lists(4), POLICIES, pasts(6))
def test_with_a_policy_too_they_add_up_and_come_back_from_data(offers: list[Offer], needs: list[Need], policy: Policy, past: Past) -> None:
    offer_of, need_of, terms = {o.id: o for o in offers}, {n.id: n for n in needs}, terms_of(policy, past)
    for pair in eligible(offers, needs):
        found = explain(need_of[pair.need], offer_of[pair.offer], pair, policy, past)
        assert found.total_m == terms.cost_m(pair)
        assert (found.waiting.metres if found.waiting else 0) == terms.needs.get(pair.need, 0)
        assert from_data(pair.need, pair.offer, pair.mode, json.loads(json.dumps(as_data(found)))) == found


def test_a_policys_terms_have_their_figures_and_those_of_nothing_are_left_out() -> None:
    policy = Policy(rest_m=700, week_m=100, load_m=100, silence_m=300, waiting_m=50, continuity_m=500)
    known = Record(days_since=3.5, asked_7=2, asked_30=4, nearby_30=1.5, answered=3, yes=1)
    pair = Pair(1, 1, Mode.IN_PERSON, 12.5)
    found = explain(need(), offer(), pair, policy, Past({1: known}, {1: 2.0}, frozenset({(1, 1)})))
    assert found.terms[1:] == (
        Term("rest", 350, {"days_since": 3.5}), Term("week", 200, {"asked_7": 2}), Term("load", 250, {"asked_30": 4, "nearby_30": 1.5}),
        Term("silence", 150, {"answered": 3, "yes": 1}), Term("continuity", -500, {}),
    )  # fmt: skip
    assert found.waiting == Term("waiting", 100, {"days": 2.0})
    assert explain(need(), offer(), pair, policy, Past({1: Record(answered=0, yes=1)}, {1: 0.0})) == explain(need(), offer(), pair)


def test_the_terms_have_their_figures() -> None:
    here = explain(need(), offer(), Pair(1, 1, Mode.IN_PERSON, 12.5))
    assert here.terms == (Term("distance", 13, {"distance_m": 12.5, "radius_m": 1500}),)
    assert explain(need(), offer(), Pair(1, 1, Mode.REMOTE, 9e6)).terms == (Term("remote", REMOTE_COST_M, {"distance_m": 9e6}),)
    with pytest.raises(ValueError, match="of others"):
        explain(need(), offer(), Pair(1, 2, Mode.IN_PERSON, 12.5))


def test_it_is_plain_data() -> None:
    found = json.loads(json.dumps(asdict(why_not(need(), [offer(7, hours=0, lat=LAT)]))))
    assert found["refused"]["hours"] == 1
    assert found["nearest"] == {"offer": 7, "refusals": [{"rule": "hours", "figures": {}}], "distance_m": 0.0}


@pytest.mark.parametrize("spread", [0.06, 20])
def test_a_citys_distances_are_not_all_worked_out_by_the_reference(spread: float) -> None:
    rng = Random(1)
    crowd = [offer(i, lon=4.85 + rng.uniform(-spread, spread), lat=LAT + rng.uniform(-spread, spread)) for i in range(20_000)]
    with mock.patch("matching.geo.geodesic", wraps=geo.geodesic) as reference:
        assert why_not(need(languages=ARABIC), crowd).offers == 20_000
    assert reference.call_count < 100, "it takes 70 µs: not for each of a city"


@given(need_lists(2), offer_lists(8))
@settings(deadline=None)
def test_why_nobody_is_the_same_after_a_file(needs: list[Need], offers: list[Offer]) -> None:
    for each in needs:
        found = why_not(each, offers)
        assert not_from_data(json.loads(json.dumps(not_as_data(found)))) == found
