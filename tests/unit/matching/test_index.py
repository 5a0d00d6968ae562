from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from matching.eligibility import first_refusal
from matching.index import OfferIndex
from matching.model import TAKEN, Mode, Need, Offer, Rule
from matching.ranking import best, why_nobody
from tests.unit.matching.posts import LAT, NORTH_100_M, eligible, need, need_lists, offer, offer_lists

MONDAY, TUESDAY = datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 3, tzinfo=UTC)


def north(steps: float) -> float:
    return LAT + steps * NORTH_100_M


@given(offer_lists(12), offer_lists(12), st.sets(st.integers(0, 12)), need_lists(4))
def test_the_index_agrees_with_a_scan_whatever_comes_and_goes(
    first: list[Offer], then: list[Offer], gone: set[int], needs: list[Need]
) -> None:
    index = OfferIndex(first)
    left = {o.id: o for o in first}
    for offer_id in gone:
        index.remove(offer_id)
        left.pop(offer_id, None)
    for o in then:
        index.put(o)
        left[o.id] = o
    offers = list(left.values())
    assert len(left) == len(index)
    for n in needs:
        assert eligible(offers, [n]) == sorted(index.candidates(n), key=lambda pair: list(left).index(pair.offer))
        assert first_refusal(n, left.values()) == why_nobody(index, n)


@given(offer_lists(12), need_lists(3), st.integers(1, 5), st.dictionaries(st.integers(0, 12), st.sampled_from([MONDAY, TUESDAY])))
def test_the_best_are_the_first_of_all_candidates(offers: list[Offer], needs: list[Need], k: int, asked: dict[int | str, datetime]) -> None:
    index = OfferIndex(offers)
    never = datetime(1970, 1, 1, tzinfo=UTC)
    for n in needs:
        ranked = sorted(index.candidates(n), key=lambda pair: (pair.cost_m, asked.get(pair.offer, never), pair.offer))
        assert ranked[:k] == best(index, n, k, last_asked=asked)


def test_the_nearest_is_asked_first_then_who_was_asked_longest_ago() -> None:
    index = OfferIndex([offer(1), offer(2), offer(3), offer(4, lat=north(1))])
    found = best(index, need(), 9, last_asked={1: TUESDAY, 2: MONDAY})
    assert [pair.offer for pair in found] == [3, 2, 1, 4]


def test_help_from_afar_comes_after_three_kilometres() -> None:
    index = OfferIndex([offer(1, lat=north(29)), offer(2, mode=Mode.REMOTE, lat=-45), offer(3, lat=north(31))])
    wide = [offer(o.id, mode=o.mode, lat=o.lat, radius_m=9000) for o in index]
    for o in wide:
        index.put(o)
    assert [pair.offer for pair in best(index, need(mode=Mode.BOTH), 3)] == [1, 2, 3]


def test_a_known_offer_is_replaced() -> None:
    index = OfferIndex([offer(1)])
    index.put(offer(1, lat=north(40)))
    assert index.candidates(need()) == []
    assert [pair.offer for pair in index.candidates(need(lat=north(40)))] == [1]
    assert len(index) == 1


def test_what_was_removed_is_found_no_more_and_removing_it_again_is_no_error() -> None:
    index = OfferIndex([offer("a")])
    index.remove("a")
    index.remove("a")
    assert (index.get("a"), index.candidates(need()), len(index)) == (None, [], 0)
    assert Rule.CATEGORY is why_nobody(index, need())


def test_busy_volunteers_are_no_candidates_but_tell_taken_from_nobody() -> None:
    index = OfferIndex([offer(capacity=0)])
    assert best(index, need(), 3) == []
    assert why_nobody(index, need()) == TAKEN
