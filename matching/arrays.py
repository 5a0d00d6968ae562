"""Offers and needs as arrays for the compiled kernels."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from matching import distance, grid
from matching.hours import QUARTERS, half_hours
from matching.jit import Array, kernel
from matching.model import Mode, Need, Offer, Rule, Urgency
from matching.policy import NO_TERMS, Terms

if TYPE_CHECKING:
    from matching.areas import Area

WORDS = -(-QUARTERS // 64)
LARGEST_TABLE = 1 << 26
(
    FAILED_CATEGORY, FAILED_MODE, FAILED_DISTANCE, FAILED_HOURS, FAILED_LANGUAGE, FAILED_SAME_PERSON, FAILED_BLOCKED, FAILED_LEVEL,
    FAILED_PAUSED, FAILED_CAPACITY, PASSED,
) = range(len(Rule) + 1)  # fmt: skip


class Arrays(NamedTuple):
    """``need_*`` and ``offer_*`` go by place in the sorted lists; ``x_first[i]:x_first[i + 1]`` are the ones of i. ``*_at`` are
    degrees, longitude first; ``*_turn`` are radians.

    ``offer_area`` is the number of an offer's area, or -1: its radius says all. Else the radius is more than the area needs, and
    ``held_*`` are the areas, ascending, that hold a need's point. A profile is what hours, languages, levels and ``offer_standing``
    (the rule by which an offer takes nobody at all, else PASSED) say together: ``*_bits[profile]`` and so on, and ``fits[p, q]``
    whether two meet (empty when there are too many to write down). ``far_*`` are the offers of a category that help from afar, the
    lowest term first, and ``far_behind[i]`` is where those with the same term as i end. ``known_*`` are pairs of which something is
    taken off; ``barred_*`` are pairs, the offers ascending, that ``barred_rule`` refuses whatever else they share.
    """

    need_at: Array
    need_xyz: Array
    need_profile: Array
    need_category: Array
    need_near: Array
    need_far: Array
    need_places: Array
    need_penalty: Array
    offer_at: Array
    offer_xyz: Array
    offer_profile: Array
    offer_near: Array
    offer_far: Array
    offer_radius: Array
    offer_area: Array
    offer_capacity: Array
    offer_term: Array
    offered: Array
    far_first: Array
    far_offer: Array
    far_behind: Array
    known_first: Array
    known_offer: Array
    known_off: Array
    barred_first: Array
    barred_offer: Array
    barred_rule: Array
    held_first: Array
    held_area: Array
    need_bits: Array
    offer_bits: Array
    need_level: Array
    offer_level: Array
    offer_standing: Array
    fits: Array


def lay_out(offers: Sequence[Offer], needs: Sequence[Need], terms: Terms = NO_TERMS) -> tuple[Arrays, grid.Grid]:
    """The arrays for offers and needs in the order given, and the grid of the offers that meet people in person."""
    slugs = sorted({need.category for need in needs})
    category = {slug: i for i, slug in enumerate(slugs)}
    wanted = [(i, category[slug]) for i, offer in enumerate(offers) for slug in offer.categories if slug in category]
    offered = np.array(wanted, np.int64).reshape(-1, 2)
    near = np.array([offer.mode is not Mode.REMOTE for offer in offers], np.bool_)
    far = np.array([offer.mode is not Mode.IN_PERSON for offer in offers], np.bool_)
    radius = np.array([offer.reach_m for offer in offers], np.float64)
    need_at, offer_at = _degrees(needs), _degrees(offers)
    offer_xyz = distance.points(offer_at[:, 0], offer_at[:, 1])
    by_place = offered[near[offered[:, 0]]]
    from_afar = offered[far[offered[:, 0]]]
    term = np.array([terms.offers.get(offer.id, 0) for offer in offers], np.int64)
    from_afar = from_afar[np.lexsort((from_afar[:, 0], term[from_afar[:, 0]], from_afar[:, 1]))]
    same_term = np.column_stack([from_afar[:, 1], term[from_afar[:, 0]]])
    runs_end = np.append(np.flatnonzero((same_term[1:] != same_term[:-1]).any(axis=1)) + 1, len(from_afar))
    penalty = penalties(offers, needs, terms)
    need_profile, offer_profile, *tables = _profiles(offers, needs)
    offer_area, *held = _areas(offers, need_at)
    a = Arrays(
        need_at,
        distance.points(need_at[:, 0], need_at[:, 1]),
        need_profile,
        np.array([category[need.category] for need in needs], np.int64),
        np.array([need.mode is not Mode.REMOTE for need in needs], np.bool_),
        np.array([need.mode is not Mode.IN_PERSON for need in needs], np.bool_),
        np.array([need.places for need in needs], np.int64),
        np.array([penalty[need.urgency] + terms.needs.get(need.id, 0) for need in needs], np.int64),
        offer_at,
        offer_xyz,
        offer_profile,
        near,
        far,
        radius,
        offer_area,
        np.array([max(offer.capacity, 0) for offer in offers], np.int64),
        term,
        np.isin(np.arange(len(slugs)), offered[:, 1]),
        np.searchsorted(from_afar[:, 1], np.arange(len(slugs) + 1)),
        from_afar[:, 0].copy(),
        runs_end[np.searchsorted(runs_end, np.arange(len(from_afar)), side="right")] if len(from_afar) else np.empty(0, np.int64),
        *_known_pairs(offers, needs, terms),
        *_barred_pairs(offers, needs),
        *held,
        *tables,
    )
    lon, lat = np.radians(offer_at[:, 0]), np.radians(offer_at[:, 1])
    return a, grid.build(by_place[:, 0], by_place[:, 1], lon, lat, offer_xyz, radius, offer_profile, len(slugs))


def penalties(offers: Iterable[Offer], needs: Iterable[Need], terms: Terms = NO_TERMS) -> dict[Urgency, int]:
    """What an unserved place costs, in metres: each step is more than all pairs together can cost.

    Sets of places that can be served together form a matroid, so any rising weights serve the most urgent places first.
    """
    dearest = max((offer.reach_m for offer in offers), default=0)
    dearest = max(int(dearest), 3_000) + max(terms.offers.values(), default=0) + max(terms.needs.values(), default=0)
    step = (dearest + 2) * (sum(need.places for need in needs) + 1)
    return {Urgency.URGENT: 3 * step, Urgency.NORMAL: 2 * step, Urgency.FLEXIBLE: step}


def places_order(a: Arrays) -> Array:
    """The needs by urgency, then category, then along a curve that stays in a neighbourhood before it moves on (Morton's).

    Any order gives the best set. In this one each search mostly stays among the needs just before it: with too few
    volunteers it took a third of the time of the curve alone.
    """
    east = ((a.need_at[:, 0] + 180) / 360 * 0xFFFF_FFFF).astype(np.uint64)
    north = ((a.need_at[:, 1] + 90) / 180 * 0xFFFF_FFFF).astype(np.uint64)
    code = np.zeros(len(east), np.uint64)
    for bit in range(32):
        one, at = np.uint64(1), np.uint64(bit)
        code |= ((east >> at & one) | (north >> at & one) << one) << np.uint64(2 * bit)
    return np.lexsort((code, a.need_category, -a.need_penalty))


def _degrees(posts: Sequence[Offer] | Sequence[Need]) -> Array:
    return np.array([(post.lon, post.lat) for post in posts], np.float64).reshape(-1, 2)


def _profiles(offers: Sequence[Offer], needs: Sequence[Need]) -> tuple[Array, ...]:
    """The needs' profiles and the offers'; then by profile the bits and levels of each and the offers' standing; and who fits whom."""
    spoken = frozenset[str]().union(*{offer.languages for offer in offers}, *{need.languages for need in needs})
    languages = {code: 1 << i for i, code in enumerate(sorted(spoken))}
    standing = [FAILED_PAUSED if offer.paused else PASSED if offer.capacity > 0 else FAILED_CAPACITY for offer in offers]
    mine, need_bits, need_level, _ = _profiles_of(needs, repeat(PASSED), languages)
    theirs, offer_bits, offer_level, offer_standing = _profiles_of(offers, standing, languages)
    small = len(need_bits) * len(offer_bits) <= LARGEST_TABLE
    tables = need_bits, offer_bits, need_level, offer_level, offer_standing
    return mine, theirs, *tables, table_of_fits(*tables) if small else np.empty((0, 0), np.bool_)


def _profiles_of(posts: Sequence[Offer] | Sequence[Need], standing: Iterable[int], languages: dict[str, int]) -> tuple[Array, ...]:
    """Profiles by post; by profile the bits, levels and standing. Bits are weekly hours, then languages, in words of 64 bits.

    Two posts share half an hour when their :func:`half_hours` meet.
    """
    known: dict[tuple[int, frozenset[str], int, int], int] = {}
    said = zip([(post.hours, post.languages, post.level) for post in posts], standing, strict=False)
    profile = [known.setdefault((*what, stands), len(known)) for what, stands in said]
    words = len(languages) // 64 + 1
    hours = {mask: half_hours(mask).to_bytes(8 * WORDS, "little") for mask in {mask for mask, *_ in known}}
    data = b"".join(hours[mask] + sum(languages[code] for code in codes).to_bytes(8 * words, "little") for mask, codes, *_ in known)
    level, stands = np.array([(level, stands) for _, _, level, stands in known], np.int64).reshape(-1, 2).T.copy()
    return np.array(profile, np.int64), np.frombuffer(data, "<u8").astype(np.uint64).reshape(-1, WORDS + words), level, stands


@kernel
def meet(mine, theirs, first, last):  # type: ignore[no-untyped-def]
    for word in range(first, last):  # noqa: SIM110  # Numba has no any()
        if mine[word] & theirs[word]:
            return True
    return False


@kernel
def first_misfit(need_bits, offer_bits, need_level, offer_level, offer_standing, p, q):  # type: ignore[no-untyped-def]
    """The first rule that two profiles fail, or PASSED."""
    mine, theirs = need_bits[p], offer_bits[q]
    if not meet(mine, theirs, 0, WORDS):
        return FAILED_HOURS
    if not meet(mine, theirs, WORDS, len(mine)):
        return FAILED_LANGUAGE
    return FAILED_LEVEL if offer_level[q] < need_level[p] else offer_standing[q]


@kernel
def table_of_fits(need_bits, offer_bits, need_level, offer_level, offer_standing):  # type: ignore[no-untyped-def]
    table = np.empty((len(need_bits), len(offer_bits)), np.bool_)
    for p in range(len(need_bits)):
        for q in range(len(offer_bits)):
            table[p, q] = first_misfit(need_bits, offer_bits, need_level, offer_level, offer_standing, p, q) == PASSED
    return table


def _areas(offers: Sequence[Offer], need_at: Array) -> tuple[Array, Array, Array]:
    """The number of each offer's area, and of each need the areas that hold its point."""
    number: dict[Area, int] = {}
    first, area = np.zeros(len(need_at) + 1, np.int64), np.empty(0, np.int64)
    mine = [-1 if offer.area is None else number.setdefault(offer.area, len(number)) for offer in offers]
    if number:
        from matching.areas import holders  # who has no areas needs no Shapely

        need, area = holders(list(number), need_at[:, 0], need_at[:, 1])
        first = np.searchsorted(need, np.arange(len(need_at) + 1))
    return np.array(mine, np.int64), first, area


def _known_pairs(offers: Sequence[Offer], needs: Sequence[Need], terms: Terms) -> tuple[Array, Array, Array]:
    """For each need the offers, ascending, of pairs of which something is taken off, and how much."""
    offer_at = {offer.id: i for i, offer in enumerate(offers)} if terms.pairs else {}
    need_at = {need.id: i for i, need in enumerate(needs)} if terms.pairs else {}
    rows = sorted(
        (need_at[need], offer_at[offer], off)
        for (need, offer), off in terms.pairs.items()
        if need in need_at and offer in offer_at and needs[need_at[need]].category in offers[offer_at[offer]].categories
    )
    table = np.array(rows, np.int64).reshape(-1, 3)
    return np.searchsorted(table[:, 0], np.arange(len(needs) + 1)), table[:, 1].copy(), table[:, 2].copy()


def _barred_pairs(offers: Sequence[Offer], needs: Sequence[Need]) -> tuple[Array, Array, Array]:
    """For each need the offers, ascending, of the same person or of one whom either side blocks, and the rule."""
    owned, blocking = _by_name(offer.identities for offer in offers), _by_name(offer.blocked for offer in offers)
    rows = []
    for need in needs:
        row = {o: FAILED_BLOCKED for name in need.blocked for o in owned.get(name, ())}
        row |= {o: FAILED_BLOCKED for name in need.identities for o in blocking.get(name, ())}
        row |= {o: FAILED_SAME_PERSON for name in need.identities for o in owned.get(name, ())}
        rows.append(sorted(row.items()))
    table = np.array([pair for row in rows for pair in row], np.int64).reshape(-1, 2)
    return np.append(0, np.cumsum([len(row) for row in rows], dtype=np.int64)), table[:, 0].copy(), table[:, 1].copy()


def _by_name(names: Iterable[frozenset[str]]) -> dict[str, list[int]]:
    """For each name the places where it stands."""
    places = defaultdict[str, list[int]](list)
    for place, some in enumerate(names):
        for name in some:
            places[name].append(place)
    return places
