from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

from matching import index as index_module
from matching import table as table_module
from matching.areas import AreasInUse, area_of
from matching.eligibility import first_refusal
from matching.hours import ANY_TIME, parse_hours
from matching.index import NeedIndex, OfferIndex, warm_up
from matching.model import TAKEN, Mode, Need, Offer, Pair, Rule
from matching.names import FIRST_ROOM
from matching.policy import Terms
from matching.ranking import best, best_needs, why_nobody
from tests.unit.matching.posts import LAT, LON, NORTH_100_M, eligible, need, need_lists, offer, offer_lists

pytestmark = pytest.mark.usefixtures("compiled")
MONDAY, TUESDAY = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
ids = st.integers(0, 12)
metres = st.sampled_from([0, 0, 1, 100, 250, 3000])
terms_drawn = st.builds(
    Terms, st.dictionaries(ids, metres), st.dictionaries(ids, metres), st.dictionaries(st.tuples(ids, ids), metres, max_size=5)
)


def north(steps: float) -> float:
    return LAT + steps * NORTH_100_M


@contextmanager
def the_compiler(loaded: bool) -> Iterator[None]:
    """Whether the compiler was loaded already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_module, "_warm", loaded)
        yield


@pytest.fixture(autouse=True, scope="module")
def _loaded() -> Iterator[None]:
    with the_compiler(loaded=True):
        yield


def told(pairs: list[Pair]) -> dict[tuple[Any, Any], Any]:
    """What stands in the pairs, each once, whatever their order; a tenth of a millimetre is nothing."""
    assert len({(pair.need, pair.offer) for pair in pairs}) == len(pairs)
    return {(pair.need, pair.offer): (pair.mode, pair.cost_m, pytest.approx(pair.distance_m, abs=2e-4)) for pair in pairs}


@given(offer_lists(12), offer_lists(12), st.sets(ids), offer_lists(12), need_lists(4), st.booleans())
def test_offers_agree_with_a_scan_whatever_comes_and_goes(
    first: list[Offer], then: list[Offer], gone: set[int], last: list[Offer], needs: list[Need], loaded: bool
) -> None:
    with the_compiler(loaded):
        index, left = OfferIndex(first), {o.id: o for o in first}
        index.candidates(need())
        for changes in (then, last):
            for o in changes:
                index.put(o)
                left[o.id] = o
            for offer_id in gone:
                index.remove(offer_id)
                left.pop(offer_id, None)
            assert {o.id: o for o in index} == left
            for n in needs:
                found = index.candidates(n)
                assert told(eligible(list(left.values()), [n])) == told(found)
                assert [pair.cost_m for pair in found] == sorted(pair.cost_m for pair in found)
                assert first_refusal(n, left.values()) == why_nobody(index, n)


@given(need_lists(12), need_lists(12), st.sets(ids), need_lists(12), offer_lists(4), st.booleans())
def test_needs_agree_with_a_scan_whatever_comes_and_goes(
    first: list[Need], then: list[Need], gone: set[int], last: list[Need], offers: list[Offer], loaded: bool
) -> None:
    with the_compiler(loaded):
        index, left = NeedIndex(first), {n.id: n for n in first}
        index.candidates(offer())
        for changes in (then, last):
            for n in changes:
                index.put(n)
                left[n.id] = n
            for need_id in gone:
                index.remove(need_id)
                left.pop(need_id, None)
            for o in offers:
                found = index.candidates(o)
                assert told(eligible([o], list(left.values()))) == told(found)
                order = [(index.level(pair.need), pair.cost_m) for pair in found]
                assert order == sorted(order)


@given(offer_lists(8), need_lists(8))
def test_both_directions_find_the_same_pairs(offers: list[Offer], needs: list[Need]) -> None:
    by_need = [pair for n in needs for pair in OfferIndex(offers).candidates(n)]
    by_offer = [pair for o in offers for pair in NeedIndex(needs).candidates(o)]
    assert told(by_need) == told(by_offer)


@given(
    offer_lists(12), need_lists(3), st.integers(0, 5), st.dictionaries(ids, st.sampled_from([MONDAY, TUESDAY])), terms_drawn, st.booleans()
)  # fmt: skip
def test_the_best_offers_are_the_first_of_all(
    offers: list[Offer], needs: list[Need], k: int, asked: dict[int | str, datetime], terms: Terms, loaded: bool
) -> None:
    with the_compiler(loaded):
        index = OfferIndex(offers[::2])
        index.candidates(need())
        for o in offers:
            index.put(o, asked.get(o.id))
    for n in needs:
        ranked = sorted(eligible(offers, [n]), key=lambda pair: (terms.cost_m(pair), asked.get(pair.offer, NEVER), pair.offer))
        found = best(index, n, k, terms)
        assert [(pair.need, pair.offer) for pair in ranked[:k]] == [(pair.need, pair.offer) for pair in found]


@given(need_lists(12), offer_lists(3), st.integers(0, 5), terms_drawn)
def test_the_best_needs_are_the_first_of_all(needs: list[Need], offers: list[Offer], k: int, terms: Terms) -> None:
    index = NeedIndex(needs)
    for o in offers:
        ranked = sorted(
            eligible([o], needs),
            key=lambda pair: (index.level(pair.need), terms.cost_m(pair) - terms.needs.get(pair.need, 0), pair.need),
        )
        found = best_needs(index, o, k, terms)
        assert [(pair.need, pair.offer) for pair in ranked[:k]] == [(pair.need, pair.offer) for pair in found]


def test_thousands_come_and_go_and_the_best_stay_right() -> None:
    rng = np.random.default_rng(5)
    week = [ANY_TIME, parse_hours("Mo 10:00-12:00"), parse_hours("Su 22:00-02:00")]

    def somebody(offer_id: int) -> Offer:
        tongues = frozenset({f"l{rng.integers(70)}", "fr"} if rng.random() < 0.7 else {f"l{rng.integers(70)}"})
        return offer(
            offer_id, lon=LON + rng.normal() / 50, lat=LAT + rng.normal() / 50, radius_m=int(rng.choice([300, 800, 2500, 30_000])),
            categories=frozenset(rng.choice(["shopping", "pets", f"new{rng.integers(40)}"], 2)), hours=week[rng.integers(3)],
            languages=tongues, mode=list(Mode)[rng.choice(3, p=[0.8, 0.1, 0.1])], capacity=int(rng.integers(3)),
            identities=frozenset({f"p{rng.integers(50)}"}),
        )  # fmt: skip

    left = {i: somebody(i) for i in range(1500)}
    index = OfferIndex(left.values())
    for turn in range(3000):
        offer_id = int(rng.integers(2500))
        if rng.random() < 0.4:
            left.pop(offer_id, None)
            index.remove(offer_id)
        else:
            left[offer_id] = somebody(offer_id)
            index.put(left[offer_id])
        if turn % 100 == 0:
            n = need(
                turn, lon=LON + rng.normal() / 50, lat=LAT + rng.normal() / 50, hours=week[rng.integers(3)],
                mode=list(Mode)[rng.integers(3)], languages=frozenset({"fr", f"l{rng.integers(70)}"}),
                identities=frozenset({f"p{rng.integers(50)}"}),
            )  # fmt: skip
            right = sorted(eligible(list(left.values()), [n]), key=lambda pair: (pair.cost_m, pair.offer))
            assert [pair.offer for pair in right[:10]] == [pair.offer for pair in best(index, n, 10)]
            assert told(right) == told(index.candidates(n))


TOWNS = [([(180.0, -16.5)], 0.02), ([(30.0, 89.9), (-150.0, 89.99)], 0.1), ([(2.0, 48.0), (5.0, 43.0), (-4.0, 48.5)], 0.05)]


@pytest.mark.parametrize(("towns", "spread"), TOWNS)
def test_round_the_earth_and_between_towns_none_is_missed(towns: list[tuple[float, float]], spread: float) -> None:
    rng = np.random.default_rng(7)

    def somewhere() -> dict[str, float]:
        lon, lat = towns[rng.integers(len(towns))] if rng.random() < 0.95 else (rng.uniform(-180, 180), rng.uniform(-90, 90))
        lat = float(np.clip(lat + rng.normal() * spread, -90, 90))
        return {"lon": (lon + rng.normal() * spread / max(np.cos(np.radians(lat)), 1e-3) + 180) % 360 - 180, "lat": lat}

    def somebody(offer_id: int) -> Offer:
        return offer(offer_id, **somewhere(), radius_m=int(rng.choice([500, 3000, 9000, 40_000])))

    left = {i: somebody(i) for i in range(1200)}
    index = OfferIndex(left.values())
    index.candidates(need())
    for i in range(600, 1800):
        left[i] = somebody(i)
        index.put(left[i])
    for i in range(0, 1800, 3):
        del left[i]
        index.remove(i)
    for n in (need(turn, **somewhere()) for turn in range(25)):
        right = sorted(eligible(list(left.values()), [n]), key=lambda pair: (pair.cost_m, pair.offer))
        assert told(right) == told(index.candidates(n))
        assert [pair.offer for pair in right[:5]] == [pair.offer for pair in best(index, n, 5)]


@pytest.mark.parametrize("pole", [-1, 1])
@pytest.mark.parametrize("seed", range(5))
def test_few_posts_around_a_pole_are_found_once_each(pole: int, seed: int) -> None:
    """Where a row has few columns and a step covers all of them, after one that covered some."""
    rng = Random(seed)
    for _ in range(60):
        near = [{"lon": rng.uniform(-180, 180), "lat": pole * (90 - rng.uniform(0, 0.056))} for _ in range(rng.randrange(2, 5))]
        offers = [offer(i, **place, radius_m=rng.choice([5000, 6400, 20_000])) for i, place in enumerate(near)]
        one = need(lon=rng.uniform(-40, 40), lat=pole * (90 - rng.uniform(0.073, 0.086)))
        assert told(OfferIndex(offers).candidates(one)) == told(eligible(offers, [one]))


def test_a_crowd_at_one_address_comes_and_goes_and_its_neighbours_stay() -> None:
    index = OfferIndex(offer(i, lat=north(i % 40 - 20), lon=LON + (i // 40 - 20) * 0.001, radius_m=9000) for i in range(1600))
    question = index.question(need())
    assert question is not None
    before = index.k_best(question, 1600)
    for i in range(2000, 8000):
        index.put(offer(i, lat=north(4)))
    metres, ids = index.k_best(question, 1600 + 6000)
    crowd = ids.index(2000)
    assert (metres[crowd], ids[crowd : crowd + 6000]) == (400, list(range(2000, 8000)))
    assert ids[:crowd] + ids[crowd + 6000 :] == before[1]
    for i in range(2000, 8000):
        index.remove(i)
    assert index.k_best(question, 1600) == before


def test_a_question_stays_good_whatever_comes_and_goes() -> None:
    index = OfferIndex([offer(1, identities=frozenset({"me"}))])
    question = index.question(need(identities=frozenset({"me"}), blocked=frozenset({"you"})))
    assert question is not None
    assert index.k_best(question, 3) == ([], [])
    index.put(offer(2, lat=north(2)))
    index.put(offer(3, lat=north(1), identities=frozenset({"you"})))
    index.put(offer(4, lat=north(1), blocked=frozenset({"me"})))
    index.put(offer(5, languages=frozenset({"ar"})))
    assert index.k_best(question, 3) == ([200], [2])
    index.remove(1)
    index.put(offer(6, hours=parse_hours("Mo 10:00-12:00")))
    assert index.k_best(question, 3) == ([0, 200], [6, 2])
    assert index.k_best(question, 0) == ([], [])


def test_names_beyond_the_room_there_was_are_known_to_questions_from_before() -> None:
    index = OfferIndex([offer(1)])
    question = index.question(need(identities=frozenset({"me"})))
    assert question is not None
    many = 2 * FIRST_ROOM + 2
    for i in range(2, many):
        index.put(offer(i, identities=frozenset({f"n{i}", "me"} if i == many - 1 else {f"n{i}"})))
    assert index.k_best(question, many)[1] == list(range(1, many - 1))


def test_hours_and_languages_are_asked_too_where_too_many_are_to_be_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_module, "MOST_FITS", 3)
    spoken = [frozenset({f"l{i}", "fr"} if i % 2 else {f"l{i}"}) for i in range(200)]
    index = OfferIndex(offer(i, lat=north(i / 100), languages=some) for i, some in enumerate(spoken))
    assert [pair.offer for pair in best(index, need(), 3)] == [1, 3, 5]
    assert [pair.offer for pair in best(index, need(languages=frozenset({"l0", "l2", "l150"})), 9)] == [0, 2, 150]


def test_warming_up_changes_how_but_not_what_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    with the_compiler(loaded=False):
        index = OfferIndex([offer(1), offer(2, lat=north(3)), offer(3, lat=north(30))])
        before = best(index, need(), 3)
        warm_up()
        monkeypatch.setattr(index_module, "check", None)  # nobody is tried in turn any more
        assert [pair.offer for pair in before] == [1, 2]
        assert told(best(index, need(), 3)) == told(before)


def test_nobody_waits_for_the_compiler_once_it_has_warmed_up() -> None:
    area = area_of([box(LON - 1, LAT - 1, LON + 1, LAT + 1)])
    index = OfferIndex([offer(1), offer(2, area=area), offer(3, mode=Mode.BOTH, lat=50, lon=5)])
    for i in range(4, 200):
        index.put(offer(i, lat=north(i), identities=frozenset({"me"})), asked=MONDAY if i % 2 else None)
    index.remove(5)
    index.candidates(need(lat=45, lon=5, mode=Mode.BOTH, identities=frozenset({"me"})))
    best(index, need(), 3, Terms({1: 3000}))
    why_nobody(index, need(level=2))
    best_needs(NeedIndex([need(lon=5)]), offer(level=1), 2)
    kernels = (table_module.put, table_module.enter, table_module.leave, table_module.search, table_module.apart, table_module.write_fits)
    assert [len(kernel.signatures) for kernel in kernels] == [1] * len(kernels)


def test_the_nearest_is_asked_first_then_who_was_asked_longest_ago() -> None:
    index = OfferIndex([offer(1), offer(2), offer(3), offer(4, lat=north(1))])
    index.put(offer(1), asked=TUESDAY)
    index.put(offer(2), asked=MONDAY)
    assert [pair.offer for pair in best(index, need(), 9)] == [3, 2, 1, 4]


@pytest.mark.parametrize("mode", [Mode.IN_PERSON, Mode.REMOTE])
def test_of_thousands_at_one_address_whoever_was_asked_longest_ago_is_first(mode: Mode) -> None:
    index = OfferIndex(offer(i, mode=mode) for i in range(5000))
    index.candidates(need())
    for i in range(10_000):
        index.put(offer(i, mode=mode), asked=None if i in (77, 7777) else MONDAY if i == 99 else TUESDAY)
    assert [pair.offer for pair in best(index, need(mode=mode), 4)] == [77, 7777, 99, 0]


def test_help_from_afar_comes_after_three_kilometres() -> None:
    near, far = [offer(1, lat=north(29)), offer(3, lat=north(31))], offer(2, mode=Mode.REMOTE, lat=-45)
    index = OfferIndex(offer(o.id, mode=o.mode, lat=o.lat, radius_m=9000) for o in (*near, far))
    assert [pair.offer for pair in best(index, need(mode=Mode.BOTH), 3)] == [1, 2, 3]


def test_whoever_was_asked_much_comes_later_and_a_pair_that_went_well_sooner() -> None:
    index = OfferIndex(offer(i, lat=north(i)) for i in range(15))
    terms = Terms({0: 150, 1: 20, 5: 10}, pairs={(1, 14): 1250, (2, 13): 1300})
    assert [pair.offer for pair in best(index, need(), 4, terms=terms)] == [1, 0, 14, 2]


def test_a_need_that_waits_comes_sooner_but_never_before_an_urgent_one() -> None:
    needs = [need(i, lat=north(i)) for i in range(10)] + [need(10, lat=north(11), urgency="urgent")]
    index = NeedIndex(needs)
    assert [pair.need for pair in best_needs(index, offer(), 3)] == [10, 0, 1]
    assert [pair.need for pair in best_needs(index, offer(), 3, Terms(needs={9: 1000, 3: 250}))] == [10, 9, 0]


def test_an_offer_that_is_paused_or_full_looks_for_nobody() -> None:
    index = NeedIndex([need()])
    assert [best_needs(index, offer(**changes), 1) for changes in ({"paused": True}, {"capacity": 0})] == [[], []]


def test_a_known_offer_is_replaced() -> None:
    index = OfferIndex([offer(1)])
    assert len(index.candidates(need())) == 1
    index.put(offer(1, lat=north(40)))
    assert index.candidates(need()) == []
    assert [pair.offer for pair in index.candidates(need(lat=north(40)))] == [1]
    assert len(index) == 1


def test_whoever_offers_something_else_now_is_found_there() -> None:
    index = OfferIndex([offer(1)])
    assert len(index.candidates(need())) == 1
    index.put(offer(1, categories=frozenset({"pets"})))
    assert (index.candidates(need()), len(index.candidates(need(category="pets")))) == ([], 1)


def test_areas_are_kept_as_long_as_somebody_has_them() -> None:
    here, areas = area_of([box(LON - 1, LAT - 1, LON + 1, LAT + 1)]), AreasInUse()
    assert areas.add(here) == areas.add(here)
    areas.drop(0)
    assert areas.holding(LON, LAT).tolist() == [0]
    areas.drop(0)
    assert areas.holding(LON, LAT).tolist() == []


def test_an_area_that_nobody_has_any_more_holds_no_point() -> None:
    here, there = (area_of([box(lon, LAT - 1, lon + 2, LAT + 1)]) for lon in (LON - 1, LON + 2))
    index = OfferIndex([offer(1, area=here), offer(2, area=here)])
    assert [pair.offer for pair in best(index, need(), 3)] == [1, 2]
    index.put(offer(1, area=there))
    assert [pair.offer for pair in best(index, need(), 3)] == [2]
    index.remove(2)
    index.put(offer(3, area=here))
    assert [pair.offer for pair in best(index, need(), 3)] == [3]


def test_what_was_removed_is_found_no_more_and_removing_it_again_is_no_error() -> None:
    index = OfferIndex([offer()])
    assert len(index.candidates(need())) == 1
    index.remove(1)
    index.remove(1)
    assert (index.get(1), index.candidates(need()), len(index)) == (None, [], 0)
    assert Rule.CATEGORY is why_nobody(index, need())


def test_busy_volunteers_are_no_candidates_but_tell_taken_from_nobody() -> None:
    index = OfferIndex([offer(capacity=0)])
    assert best(index, need(), 3) == []
    assert why_nobody(index, need()) == TAKEN
    index.put(offer(capacity=1))
    assert len(best(index, need(), 3)) == 1
