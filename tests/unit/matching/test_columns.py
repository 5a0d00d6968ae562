"""Posts in columns are the posts they were made from; and what no post can have is refused with its name."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.columns import Columns, columns_of
from matching.hours import ANY_TIME
from matching.model import Need, Offer
from tests.unit.matching.posts import need, need_lists, offer, offer_lists


@given(offer_lists(12), need_lists(12), st.randoms(use_true_random=False))
def test_nothing_is_lost(offers: list[Offer], needs: list[Need], rng: Random) -> None:
    rng.shuffle(offers)
    assert list(Columns(Offer, iter(offers))) == offers
    assert list(Columns(Need, iter(needs))) == needs
    assert list(Columns(Offer, offers).in_order()) == sorted(offers, key=lambda post: post.id)
    assert Columns(Offer, offers)[2:5] == offers[2:5]
    assert columns_of(Need, posts := Columns(Need, needs)) is posts


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"lon": float("nan")}, "lon is nan, not from -180 to 180"),
        ({"lon": 180.5}, "lon is 180.5, not from -180 to 180"),
        ({"lat": float("-inf")}, "lat is -inf, not from -90 to 90"),
        ({"lat": "45"}, "lat is '45', which is no number"),
        ({"hours": -1}, "hours are no mask"),
        ({"hours": ANY_TIME + 1}, "hours are no mask"),
    ],
)
def test_what_no_post_can_have_is_refused_by_name(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"offer 7: {said}"):
        Columns(Offer, [offer(1), offer(7, **changes)])
    with pytest.raises(ValueError, match=f"need 7: {said}"):
        Columns(Need, [need(1), need(7, **changes)])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"radius_m": -1}, "radius_m is -1, not from 0"),
        ({"radius_m": float("inf")}, "radius_m is inf, which is no number that it can be"),
        ({"radius_m": 1 << 40}, "radius_m is 1099511627776, not from 0"),
        ({"capacity": float("nan")}, "capacity is nan, which is no number that it can be"),
        ({"capacity": 10**30}, "capacity is 10+, which is no number that it can be"),
    ],
)
def test_nor_what_no_offer_can_have(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=f"offer a: {said}"):
        Columns(Offer, [offer("a", **changes)])
    with pytest.raises(ValueError, match="need b: places is -1"):
        Columns(Need, [need("b", places=-1)])


def test_an_id_stands_once() -> None:
    with pytest.raises(ValueError, match="an offer's id stands twice: 2"):
        Columns(Offer, [offer(2), offer(1), offer(2)]).in_order()
