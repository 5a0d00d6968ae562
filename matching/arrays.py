"""Offers and needs as arrays for the compiled kernels, with a grid over the points of those who can be met in person."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from matching.geo import to_xyz
from matching.hours import QUARTERS, half_hours
from matching.model import Mode, Need, Offer, Urgency

Array = NDArray[Any]
FINEST_CELL_M = 100.0
OFFSET, BITS = 1 << 16, 17  # a cell's three whole numbers, each OFFSET too high, side by side in one key


class Arrays(NamedTuple):
    """``need_*`` and ``offer_*`` go by place in the sorted lists. ``x_first[i]:x_first[i + 1]`` are the ones of i.

    The grid: each category has groups, one for each doubling of the radius; each group has cells (cubes a little wider than
    its widest radius, so that whoever reaches a point lies in its cell or the 26 around it), each cell has entries. Points
    are in metres from the Earth's centre, which knows neither poles nor a 180th meridian.
    """

    need_xyz: Array
    need_bits: Array
    need_category: Array
    need_near: Array
    need_far: Array
    need_places: Array
    need_penalty: Array
    offer_xyz: Array
    offer_bits: Array
    offer_near: Array
    offer_radius: Array
    offer_capacity: Array
    offered: Array
    group_first: Array
    group_cell_m: Array
    cell_first: Array
    cell_key: Array
    entry_first: Array
    entry_offer: Array
    far_first: Array
    far_offer: Array
    same_first: Array
    same_offer: Array
    doubt_key: Array
    doubt_cost: Array


def lay_out(offers: Sequence[Offer], needs: Sequence[Need]) -> Arrays:
    """The arrays for offers and needs in the order given, no doubtful distance settled yet."""
    slugs = sorted({need.category for need in needs})
    category = {slug: i for i, slug in enumerate(slugs)}
    spoken = frozenset[str]().union(*(offer.languages for offer in offers), *(need.languages for need in needs))
    languages = {code: i for i, code in enumerate(sorted(spoken))}
    wanted = [(i, category[slug]) for i, offer in enumerate(offers) for slug in offer.categories if slug in category]
    offered = np.array(wanted, np.int64).reshape(-1, 2)
    near = np.array([offer.mode is not Mode.REMOTE for offer in offers], np.bool_)
    far = np.array([offer.mode is not Mode.IN_PERSON for offer in offers], np.bool_)
    radius = np.array([offer.radius_m for offer in offers], np.float64)
    xyz = _points(offers)
    by_place = offered[near[offered[:, 0]]]
    from_afar = offered[far[offered[:, 0]]]
    from_afar = from_afar[np.lexsort((from_afar[:, 0], from_afar[:, 1]))]
    same_first, same_offer = _same_people(offers, needs)
    penalty = penalties(offers, needs)
    return Arrays(
        _points(needs),
        _bits(needs, languages),
        np.array([category[need.category] for need in needs], np.int64),
        np.array([need.mode is not Mode.REMOTE for need in needs], np.bool_),
        np.array([need.mode is not Mode.IN_PERSON for need in needs], np.bool_),
        np.array([need.places for need in needs], np.int64),
        np.array([penalty[need.urgency] for need in needs], np.int64),
        xyz,
        _bits(offers, languages),
        near,
        radius,
        np.array([offer.capacity for offer in offers], np.int64),
        np.isin(np.arange(len(slugs)), offered[:, 1]),
        *_grid(by_place, xyz, radius, len(slugs)),
        np.searchsorted(from_afar[:, 1], np.arange(len(slugs) + 1)),
        from_afar[:, 0].copy(),
        same_first,
        same_offer,
        np.empty(0, np.int64),
        np.empty(0, np.int64),
    )


def penalties(offers: Iterable[Offer], needs: Iterable[Need]) -> dict[Urgency, int]:
    """What an unserved place costs, in metres: each step is more than all pairs together can cost.

    Sets of places that can be served together form a matroid, so any rising weights serve the most urgent places first.
    """
    dearest = max((offer.radius_m for offer in offers), default=0)
    step = (max(int(dearest), 3_000) + 2) * (sum(need.places for need in needs) + 1)
    return {Urgency.URGENT: 3 * step, Urgency.NORMAL: 2 * step, Urgency.FLEXIBLE: step}


def places_order(a: Arrays, needs: Sequence[Need]) -> Array:
    """The needs by urgency, then category, then along a curve that stays in a neighbourhood before it moves on (Morton's).

    Any order gives the best set. In this one each search mostly stays among the needs just before it: with too few
    volunteers it took a third of the time of the curve alone.
    """
    lon = np.array([int((need.lon + 180) / 360 * 0xFFFF_FFFF) for need in needs], np.uint64)
    lat = np.array([int((need.lat + 90) / 180 * 0xFFFF_FFFF) for need in needs], np.uint64)
    code = np.zeros(len(needs), np.uint64)
    for bit in range(32):
        one, at = np.uint64(1), np.uint64(bit)
        code |= ((lon >> at & one) | (lat >> at & one) << one) << np.uint64(2 * bit)
    return np.lexsort((code, a.need_category, -a.need_penalty))


def _points(posts: Sequence[Offer] | Sequence[Need]) -> Array:
    return np.array([to_xyz(post.lon, post.lat) for post in posts], np.float64).reshape(-1, 3)


def _bits(posts: Sequence[Offer] | Sequence[Need], languages: dict[str, int]) -> Array:
    """Weekly hours, then languages, in words of 64 bits. Two posts share half an hour when their :func:`half_hours` meet."""
    words = len(languages) // 64 + 1
    width = -(-QUARTERS // 64)
    hours = {mask: half_hours(mask).to_bytes(8 * width, "little") for mask in {post.hours for post in posts}}
    spoken = {
        codes: sum(1 << languages[code] for code in codes).to_bytes(8 * words, "little") for codes in {post.languages for post in posts}
    }
    data = b"".join(hours[post.hours] + spoken[post.languages] for post in posts)
    return np.frombuffer(data, "<u8").astype(np.uint64).reshape(-1, width + words)


def _grid(pairs: Array, xyz: Array, radius: Array, categories: int) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Groups, cells and entries for rows of (offer, category)."""
    offer, category = pairs[:, 0], pairs[:, 1]
    level = np.ceil(np.log2(np.maximum(radius[offer], FINEST_CELL_M) / FINEST_CELL_M)).astype(np.int64)
    cell_m = FINEST_CELL_M * 2.0**level + 1
    cube = np.floor(xyz[offer] / cell_m[:, None]).astype(np.int64) + OFFSET
    key = (cube[:, 0] << BITS | cube[:, 1]) << BITS | cube[:, 2]
    order = np.lexsort((offer, key, level, category))
    offer, category, level, key, cell_m = offer[order], category[order], level[order], key[order], cell_m[order]
    new_group = np.diff(category, prepend=-1).astype(np.bool_) | np.diff(level, prepend=-1).astype(np.bool_)
    cells = np.flatnonzero(new_group | np.diff(key, prepend=-1).astype(np.bool_))
    groups = np.flatnonzero(new_group)
    return (
        np.searchsorted(category[groups], np.arange(categories + 1)),
        cell_m[groups],
        np.append(np.searchsorted(cells, groups), len(cells)),
        key[cells],
        np.append(cells, len(offer)),
        offer.copy(),
    )


def _same_people(offers: Sequence[Offer], needs: Sequence[Need]) -> tuple[Array, Array]:
    """For each need the offers, ascending, of the same person."""
    owned = defaultdict(list)
    for i, offer in enumerate(offers):
        for identity in offer.identities:
            owned[identity].append(i)
    rows = [sorted({i for identity in need.identities for i in owned.get(identity, ())}) for need in needs]
    first = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=first[1:])
    return first, np.array([i for row in rows for i in row], np.int64)
