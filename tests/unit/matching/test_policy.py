"""Terms besides the metres: what each is, that rounds keep to their sum, and that no metres outweigh an urgency."""


import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from matching.assignment import solve
from matching.model import Mode, Need, Offer, Urgency
from matching.policy import NO_TERMS, Past, Policy, Record, Terms, offer_terms, terms_of, waiting_term
from matching.verify import verify
from tests.unit.matching.posts import BEGINNINGS, beginning, eligible, need, need_lists, offer, offer_lists

pytestmark = pytest.mark.usefixtures("compiled")
SOME = st.sampled_from([0, 1, 40, 900, 2500, 10_000])
URGENCIES = list(reversed(Urgency))


@st.composite
def terms(draw: st.DrawFn, size: int) -> Terms:
    ids = st.integers(0, size - 1)
    return Terms(draw(st.dictionaries(ids, SOME)), draw(st.dictionaries(ids, SOME)), draw(st.dictionaries(st.tuples(ids, ids), SOME)))


def best_cost(offers: list[Offer], needs: list[Need], given: Terms) -> tuple[int, int, int, int]:
    """OR-tools over all eligible pairs: places served of each urgency, and what all costs with the places left empty."""
    pairs, flow = eligible(offers, needs), SimpleMinCostFlow()
    for pair in pairs:
        flow.add_arc_with_capacity_and_unit_cost(1 + int(pair.need), 1000 + int(pair.offer), 1, given.cost_m(pair))
    for o in offers:
        flow.add_arc_with_capacity_and_unit_cost(1000 + int(o.id), 0, max(o.capacity, 0), 0)
    for n in needs:
        penalty = (URGENCIES.index(n.urgency) + 1) * 10**9 + given.needs.get(n.id, 0)
        flow.add_arc_with_capacity_and_unit_cost(1 + int(n.id), 0, n.places, penalty)
        flow.set_node_supply(1 + int(n.id), n.places)
    flow.set_node_supply(0, -sum(n.places for n in needs))
    assert flow.solve() == flow.OPTIMAL
    return summary(needs, [pair for arc, pair in enumerate(pairs) if flow.flow(arc)], given)


def summary(needs: list[Need], pairs: list, given: Terms) -> tuple[int, int, int, int]:  # type: ignore[type-arg]
    urgency = {n.id: n.urgency for n in needs}
    served = [urgency[pair.need] for pair in pairs]
    waiting = sum(given.needs.get(pair.need, 0) for pair in pairs)
    return *(served.count(kind) for kind in Urgency), sum(map(given.cost_m, pairs)) - waiting  # type: ignore[return-value]


@given(offer_lists(25), need_lists(25), terms(25))
@settings(max_examples=60)
def test_a_round_is_the_best_by_the_sum_of_metres_and_terms(offers: list[Offer], needs: list[Need], given: Terms) -> None:
    best = best_cost(offers, needs, given)
    for prices in BEGINNINGS:
        with beginning(prices):
            solution = solve(offers, needs, terms=given)
        assert solution.certificate.best
        assert summary(needs, solution.pairs, given) == best
        assert verify(offers, needs, solution.pairs, solution.certificate, given) == []


def test_each_term_moves_the_choice() -> None:
    near, far, here = offer(1, lat=45.751), offer(2, lat=45.755), need()
    assert [pair.offer for pair in solve([near, far], [here]).pairs] == [1]
    assert [pair.offer for pair in solve([near, far], [here], terms=Terms(offers={1: 600})).pairs] == [2]
    assert [pair.offer for pair in solve([near, far], [here], terms=Terms(pairs={(1, 2): 600})).pairs] == [2]
    two = [here, need(2)]
    assert [pair.need for pair in solve([near], two, terms=Terms(needs={2: 50})).pairs] == [2]
    assert [pair.need for pair in solve([near], two, terms=Terms(needs={1: 50})).pairs] == [1]


def test_a_pair_that_went_well_is_a_candidate_however_far_down_the_list() -> None:
    crowd = [offer(i, lat=45.755 + i * 1e-4, radius_m=5000) for i in range(100)]
    assert [pair.offer for pair in solve(crowd, [need()], terms=Terms(pairs={(1, 99): 1200})).pairs] == [99]
    assert solve(crowd, [need()], terms=Terms(pairs={(1, 99): 10**6})).certificate.best


def test_metres_never_outweigh_an_urgency() -> None:
    terms = Terms(offers={1: 10**6}, needs={2: 10**6})
    solution = solve([offer(1)], [need(1, urgency=Urgency.URGENT), need(2, urgency=Urgency.FLEXIBLE)], terms=terms)
    assert [pair.need for pair in solution.pairs] == [1]


def test_from_afar_those_with_lower_terms_come_first() -> None:
    crowd = [offer(i, mode=Mode.REMOTE) for i in range(40)]
    given = Terms(offers={i: (i * 7) % 40 for i in range(40)})
    needs = [need(i, mode=Mode.REMOTE) for i in range(10)]
    solution = solve(crowd, needs, terms=given)
    assert sum(given.offers[pair.offer] for pair in solution.pairs) == sum(range(10))


def test_without_weights_there_are_no_terms() -> None:
    busy = Record(days_since=0, asked_7=5, asked_30=20, answered=9, yes=0)
    assert set(offer_terms(Policy(), busy).values()) == {0}
    assert waiting_term(Policy(), 9) == 0
    assert solve([offer()], [need()], terms=NO_TERMS) == solve([offer()], [need()])


@pytest.mark.parametrize(
    ("policy", "record", "name", "metres"),
    [
        (Policy(rest_m=700), Record(days_since=0), "rest", 700),
        (Policy(rest_m=700), Record(days_since=3.5), "rest", 350),
        (Policy(rest_m=700), Record(days_since=8), "rest", 0),
        (Policy(rest_m=700), Record(), "rest", 0),
        (Policy(week_m=150), Record(asked_7=3), "week", 450),
        (Policy(week_m=150), Record(asked_7=5000), "week", 15_000),
        (Policy(load_m=100), Record(asked_30=5, nearby_30=2.5), "load", 250),
        (Policy(load_m=100), Record(asked_30=1, nearby_30=2.5), "load", 0),
        (Policy(load_m=100), Record(asked_30=50), "load", 400),
        (Policy(silence_m=300), Record(), "silence", 100),
        (Policy(silence_m=300), Record(answered=7, yes=0), "silence", 240),
    ],
)
def test_terms_of_an_offer(policy: Policy, record: Record, name: str, metres: int) -> None:
    assert offer_terms(policy, record)[name] == metres


def test_waiting_adds_day_by_day_for_two_weeks() -> None:
    assert [waiting_term(Policy(waiting_m=50), days) for days in (-1, 0, 1.5, 14, 60)] == [0, 0, 75, 700, 700]


def test_the_terms_of_a_round_are_sums_by_offer_by_need_and_by_pair() -> None:
    policy = Policy(rest_m=700, week_m=100, waiting_m=50, continuity_m=800)
    known = Past({1: Record(days_since=0, asked_7=2), 2: Record()}, {7: 3.0}, frozenset({(7, 2)}))
    assert terms_of(policy, known) == Terms({1: 900, 2: 0}, {7: 150}, {(7, 2): 800})


@pytest.mark.parametrize(
    ("policy", "record"),
    [
        (Policy(rest_m=700), Record(days_since=0)),
        (Policy(week_m=300), Record(asked_7=2)),
        (Policy(load_m=300), Record(asked_30=4, nearby_30=2)),
        (Policy(silence_m=900), Record(answered=9, yes=0)),
    ],
    ids=["rest", "week", "load", "silence"],
)
def test_each_term_of_an_offer_sends_the_need_to_the_farther_one(policy: Policy, record: Record) -> None:
    near, far = offer(1, lat=45.751), offer(2, lat=45.755)
    terms = terms_of(policy, Past({1: record, 2: Record()}))
    assert [pair.offer for pair in solve([near, far], [need()], terms=terms).pairs] == [2]
    assert [pair.offer for pair in solve([near, far], [need()], terms=terms_of(Policy(), Past({1: record}))).pairs] == [1]


@pytest.mark.parametrize("wrong", [{"rest_m": -1}, {"silence_m": float("nan")}, {"week_m": 10**7}])
def test_weights_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Policy(**wrong)
