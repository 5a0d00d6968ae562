"""Offers and needs for the tests of the matcher: factories, and strategies that draw them close together, so that ties happen."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any
from unittest import mock

import numpy as np
from hypothesis import strategies as st
from shapely import box

from matching import auction, paths
from matching.areas import Area, area_of
from matching.arrays import Arrays
from matching.auction import exact_bids
from matching.eligibility import check
from matching.hours import ANY_TIME, parse_hours
from matching.model import Mode, Need, Offer, Pair, Urgency

LON, LAT = 4.85, 45.75
NORTH_100_M = 100 / 111_140  # degrees of latitude at Lyon

Score = tuple[int, int, int, int]


def offer(offer_id: int | str = 1, **changes: Any) -> Offer:
    usual = {"lon": LON, "lat": LAT, "radius_m": 1500, "categories": frozenset({"shopping"}), "hours": ANY_TIME}
    return Offer(offer_id, **(usual | changes))


def need(need_id: int | str = 1, **changes: Any) -> Need:
    usual = {"lon": LON, "lat": LAT, "category": "shopping", "hours": ANY_TIME}
    return Need(need_id, **(usual | changes))


_hours = st.sampled_from([ANY_TIME, ANY_TIME, parse_hours("Mo 10:00-12:00"), parse_hours("Su 22:00-02:00"), parse_hours("Mo 00:00-00:30")])
_languages = st.sampled_from([frozenset({"fr"}), frozenset({"fr", "en"}), frozenset({"ar"})])
_people = st.sampled_from([frozenset[str](), frozenset({"a@example.org"}), frozenset({"b@example.org", "+33639981234"})])
_disliked = st.sampled_from([frozenset[str](), frozenset[str](), frozenset({"b@example.org", "c@example.org"})])
_levels = st.sampled_from([0, 0, 0, 1, 2])
_steps = st.sampled_from([0, 0, 1, 2, 9, 14, 15, 16, 31, 33, 190])  # of 100 m to the north
_corners = st.sampled_from([(LON, LAT), (LON, LAT), (179.9999, -16.5), (-179.9999, -16.5), (30.0, 89.99), (-150.0, 89.99)])


@st.composite
def _places(draw: st.DrawFn) -> dict[str, float]:
    lon, lat = draw(_corners)
    return {"lon": lon, "lat": lat - draw(_steps) * NORTH_100_M}


@st.composite
def _areas(draw: st.DrawFn) -> Area:
    """A box or two around places, cut in two at the 180th meridian. Some have places right on their border."""
    pieces = []
    for _ in range(draw(st.sampled_from([1, 1, 2]))):
        (lon, lat), half = draw(_corners), draw(st.sampled_from([0.0001, 0.00015, 0.01, 30.0]))
        near, far = draw(st.sampled_from([(-1, 1), (0, 1), (1, 15), (0, 33), (14, 16), (-500, 190)]))
        south, north = lat - far * NORTH_100_M, min(90.0, lat - near * NORTH_100_M)
        for turn in (-360, 0, 360):
            west, east = max(-180.0, lon - half + turn), min(180.0, lon + half + turn)
            if west < east:
                pieces.append(box(west, south, east, north))
    return area_of(pieces)


@st.composite
def _ordinary(draw: st.DrawFn) -> dict[str, Any]:
    """What many offers and needs of one neighbourhood have in common."""
    mode = draw(st.sampled_from([Mode.IN_PERSON, Mode.IN_PERSON, Mode.BOTH, Mode.REMOTE]))
    return {"lon": LON, "lat": LAT - draw(st.integers(0, 16)) * NORTH_100_M, "mode": mode}


@st.composite
def crowds(draw: st.DrawFn, size: int) -> tuple[list[Offer], list[Need]]:
    """Offers and needs most of which may meet, so that there is something to choose; a few are as odd as may be."""
    offers = [
        offer(i, **draw(_ordinary()), radius_m=draw(st.sampled_from([300, 800, 1500])), capacity=draw(st.sampled_from([1, 1, 1, 2])))
        for i in range(draw(st.integers(1, size)))
    ]
    needs = [
        need(i, **draw(_ordinary()), urgency=draw(st.sampled_from(Urgency)), places=draw(st.sampled_from([1, 1, 1, 2])))
        for i in range(draw(st.integers(1, size)))
    ]
    odd_offers, odd_needs = draw(offer_lists(1)), draw(need_lists(1))
    return (
        [*offers, *(replace(each, id=len(offers)) for each in odd_offers)],
        [*needs, *(replace(each, id=len(needs)) for each in odd_needs)],
    )


@st.composite
def offer_lists(draw: st.DrawFn, size: int) -> list[Offer]:
    return [
        offer(
            i,
            **draw(_places()),
            radius_m=draw(st.sampled_from([100, 1500, 3200, 50_000])),
            categories=draw(st.sampled_from([frozenset({"shopping"}), frozenset({"pets"}), frozenset({"shopping", "pets"})])),
            hours=draw(_hours),
            languages=draw(_languages),
            mode=draw(st.sampled_from(Mode)),
            capacity=draw(st.sampled_from([-1, 0, 1, 1, 1, 1, 1, 2, 3])),
            identities=draw(_people),
            area=draw(st.one_of(st.none(), st.none(), _areas())),
            blocked=draw(_disliked),
            level=draw(_levels),
            paused=draw(st.sampled_from([False, False, False, False, True])),
        )
        for i in range(draw(st.integers(0, size)))
    ]


@st.composite
def need_lists(draw: st.DrawFn, size: int) -> list[Need]:
    return [
        need(
            i,
            **draw(_places()),
            category=draw(st.sampled_from(["shopping", "shopping", "pets", "homework"])),
            hours=draw(_hours),
            languages=draw(_languages),
            mode=draw(st.sampled_from(Mode)),
            urgency=draw(st.sampled_from(Urgency)),
            places=draw(st.sampled_from([1, 1, 1, 2, 3])),
            identities=draw(_people),
            blocked=draw(_disliked),
            level=draw(_levels),
        )
        for i in range(draw(st.integers(0, size)))
    ]


def eligible(offers: list[Offer], needs: list[Need]) -> list[Pair]:
    return [pair for n in needs for o in offers if isinstance(pair := check(n, o), Pair)]


def score(needs: list[Need], pairs: list[Pair]) -> Score:
    """Served places, urgent, normal, flexible, then metres below zero: the larger the better."""
    urgency_of = {n.id: n.urgency for n in needs}
    served = [urgency_of[pair.need] for pair in pairs]
    urgent, normal, flexible = (served.count(urgency) for urgency in (Urgency.URGENT, Urgency.NORMAL, Urgency.FLEXIBLE))
    return urgent, normal, flexible, -sum(pair.cost_m for pair in pairs)


def _too_low(a: Arrays, *lists: Any) -> Any:
    return np.zeros(len(a.host_places), np.int64)


def _too_high(a: Arrays, *lists: Any) -> Any:
    return np.arange(len(a.host_places)) % 4 * (a.step + 17)


def _a_fight(*lists: Any) -> Any:
    return exact_bids(*lists)[0], True


TOO_HIGH: dict[str, Any] = {"exact_bids": _a_fight, "rough_prices": _too_high}
BEGINNINGS: tuple[dict[str, Any], ...] = ({"FIRST_LOOK": 2}, {"CONTESTED": 0, "rough_prices": _too_low}, {"exact_bids": _a_fight}, TOO_HIGH)
"""What the solver may begin with: bids on short lists, nothing at all, rough prices, and prices so high that nearly every offer has to
look for needs afterwards."""


@contextmanager
def beginning(changes: dict[str, Any]) -> Iterator[None]:
    with ExitStack() as patches:
        for name, value in changes.items():
            patches.enter_context(mock.patch.object(auction if name == "CONTESTED" else paths, name, value))
        yield
