"""The exact best set of pairs: the most urgent places first, then normal, then flexible ones; among those the fewest metres.

Successive shortest paths with prices (compiled, see :mod:`matching.paths`), over lists of pairs that grow only where the
search needs them, and at the end a certificate over all eligible pairs that nothing better exists. Importing this loads Numba.
"""

from collections.abc import Iterable
from threading import Lock

import numpy as np

from matching import arrays, candidates, certificate, paths
from matching.arrays import Arrays
from matching.auction import Enough
from matching.columns import columns_of
from matching.grid import Grid, room_for_runs
from matching.jit import Array
from matching.model import TAKEN, Mode, Need, Offer, Pair, Reason, Rule
from matching.policy import NO_TERMS, Terms
from matching.solution import Certificate, Solution, Unserved

_one_at_a_time = Lock()
"""Numba's threads serve one caller."""


def solve(
    offers: Iterable[Offer], needs: Iterable[Need], enough: Enough = lambda _served: False, terms: Terms = NO_TERMS
) -> Solution:  # fmt: skip
    """The best set of pairs. The order of the input changes nothing, and the same input always gives the same set.

    ``terms`` are added to the metres of the pairs. Once ``enough`` says so, the search ends: the set is then a good one, and its
    certificate says by how much it may miss the best.

    Ids of a kind are all numbers or all texts, each once (else ValueError). The first call on a machine compiles for some
    seconds.
    """
    o, n = columns_of(Offer, offers).in_order(), columns_of(Need, needs).in_order()
    with _one_at_a_time:
        offer_at, need_at = arrays.places_order(o, n)  # the kernels' number of each post is its place in these
        a = arrays.lay_out(o.taken(offer_at), n.taken(need_at), terms)
        g = arrays.grid_of(a)
        s = paths.best_set(a, g, enough)
        proof = Certificate(
            dict(zip(n.ids, _back(s.seeker["price"], need_at).tolist(), strict=True)),
            dict(zip(o.ids, _back(s.host["price"], offer_at).tolist(), strict=True)),
            arrays.penalties(o, n, terms),
            *certificate.check(a, g, s),
        )
        need, offer = paths.pairs(s)
        order = np.lexsort((offer_at[offer], need_at[need]))
        need, offer = need[order], offer[order]
        metres, near = candidates.meetings(a, need, offer)
        left = s.seeker["left"]
        reasons = _reasons(a, g, left)
    return Solution(
        [
            Pair(n.ids[i], o.ids[j], Mode.IN_PERSON if here else Mode.REMOTE, apart_m)
            for i, j, apart_m, here in zip(need_at[need].tolist(), offer_at[offer].tolist(), metres.tolist(), near.tolist(), strict=True)
        ],
        [Unserved(n.ids[i], int(left[at]), reasons[at]) for i, at in sorted((int(need_at[at]), at) for at in reasons)],
        proof,
    )


def _back(values: Array, at: Array) -> Array:
    """From the kernels' numbers to the order of ids."""
    by_id = np.empty_like(values)
    by_id[at] = values
    return by_id


def _reasons(a: Arrays, g: Grid, left: Array) -> dict[int, Reason]:
    """Why a need has empty places, of which there are so many ``left``."""
    room = candidates.room_for(room_for_runs(g))
    return {n: _reason(a, g, room, n) for n in np.flatnonzero(left).tolist()}


def _reason(a: Arrays, g: Grid, room: candidates.Room, n: int) -> Reason:
    if candidates.cheapest(a, g, n, 1, np.empty(1, np.int64), room):
        return TAKEN
    furthest = tuple(Rule)[candidates.furthest(a, g, n, room.runs)]
    return TAKEN if furthest is Rule.CAPACITY else furthest

