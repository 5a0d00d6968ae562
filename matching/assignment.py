"""The exact best set of pairs: the most urgent places first, then normal, then flexible ones; among those the fewest metres.

Successive shortest paths with prices (compiled, see :mod:`matching.paths`), over lists of pairs that grow only where the
search needs them, and at the end a certificate over all eligible pairs that nothing better exists. Importing this loads Numba.
"""

from collections.abc import Callable, Iterable, Sequence
from threading import Lock

import numpy as np

from matching import arrays, candidates, certificate, paths
from matching.arrays import Arrays
from matching.columns import columns_of
from matching.grid import Grid, room_for_runs
from matching.jit import Array
from matching.model import TAKEN, Id, Mode, Need, Offer, Pair, Reason, Rule
from matching.paths import State
from matching.policy import NO_TERMS, Terms
from matching.solution import Certificate, Solution, Unserved

_one_at_a_time = Lock()
"""Numba's threads serve one caller."""


def solve(
    offers: Iterable[Offer], needs: Iterable[Need], enough: Callable[[], bool] = lambda: False, terms: Terms = NO_TERMS
) -> Solution:  # fmt: skip
    """The best set of pairs. The order of the input changes nothing, and the same input always gives the same set.

    ``terms`` are added to the metres of the pairs. Once ``enough`` says so, the search ends: the set is then a good one, and its
    certificate says by how much it may miss the best.

    Ids of a kind are all numbers or all texts, each once (else ValueError). The first call on a machine compiles for some
    seconds.
    """
    o, n = columns_of(Offer, offers).in_order(), columns_of(Need, needs).in_order()
    with _one_at_a_time:
        a = arrays.lay_out(o, n, terms)
        g = arrays.grid_of(a)
        s = paths.best_set(a, g, enough)
        proof = Certificate(
            dict(zip(n.ids, s.seeker["price"].tolist(), strict=True)),
            dict(zip(o.ids, s.host["price"].tolist(), strict=True)),
            arrays.penalties(o, n, terms),
            *certificate.check(a, g, s),
        )
        need, offer = pairs(s)
        return Solution(_pairs(a, need, offer, o.ids, n.ids), _unserved(a, g, s.seeker["left"], n.ids), proof)


def pairs(s: State) -> tuple[Array, Array]:
    """Needs and offers of the set, by need, then offer."""
    need, offer = paths.pairs(s)
    order = np.lexsort((offer, need))
    return need[order], offer[order]


def _pairs(a: Arrays, need: Array, offer: Array, offers: Sequence[Id], needs: Sequence[Id]) -> list[Pair]:
    metres, near = candidates.meetings(a, need, offer)
    return [
        Pair(needs[n], offers[o], Mode.IN_PERSON if here else Mode.REMOTE, apart_m)
        for n, o, apart_m, here in zip(need.tolist(), offer.tolist(), metres.tolist(), near.tolist(), strict=True)
    ]


def _unserved(a: Arrays, g: Grid, left: Array, needs: Sequence[Id]) -> list[Unserved]:
    """``left`` are the empty places of each need."""
    runs = np.empty((room_for_runs(g), 2), np.int64)
    return [Unserved(needs[n], int(left[n]), _reason(a, g, runs, n)) for n in np.flatnonzero(left).tolist()]


def _reason(a: Arrays, g: Grid, runs: Array, n: int) -> Reason:
    if candidates.cheapest(a, g, n, 1, np.empty(1, np.int64), runs):
        return TAKEN
    furthest = tuple(Rule)[candidates.furthest(a, g, n, runs)]
    return TAKEN if furthest is Rule.CAPACITY else furthest

