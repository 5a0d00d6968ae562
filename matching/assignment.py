"""The exact best set of pairs: the most urgent places first, then normal, then flexible ones; among those the fewest metres.

Successive shortest paths with prices (compiled, see :mod:`matching.paths`), over lists of pairs that grow only where the
search needs them, and at the end a certificate over all eligible pairs that nothing better exists. Importing this loads Numba.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from threading import Lock
from typing import TypeVar

import numpy as np

from matching import arrays, candidates, certificate, paths
from matching.arrays import Arrays
from matching.grid import Grid
from matching.model import TAKEN, Mode, Need, Offer, Pair, Reason, Rule
from matching.paths import State
from matching.policy import NO_TERMS, Terms
from matching.solution import Certificate, Solution, Unserved

Post = TypeVar("Post", Offer, Need)
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
    sorted_offers, sorted_needs = _sorted_once(offers), _sorted_once(needs)
    with _one_at_a_time:
        a, g = arrays.lay_out(sorted_offers, sorted_needs, terms)
        s = paths.best_set(a, g, enough)
        proof = Certificate(
            dict(zip((need.id for need in sorted_needs), s.need["price"].tolist(), strict=True)),
            dict(zip((offer.id for offer in sorted_offers), s.offer["price"].tolist(), strict=True)),
            arrays.penalties(sorted_offers, sorted_needs, terms),
            *certificate.check(a, g, s),
        )
        left = [Unserved(sorted_needs[n].id, int(s.need["left"][n]), _reason(a, g, s, n)) for n in np.flatnonzero(s.need["left"]).tolist()]
        return Solution(_pairs(a, s, sorted_offers, sorted_needs), left, proof)


def _pairs(a: Arrays, s: State, offers: Sequence[Offer], needs: Sequence[Need]) -> list[Pair]:
    need, offer = paths.pairs(s)
    order = np.lexsort((offer, need))
    need, offer = need[order], offer[order]
    metres, near = candidates.meetings(a, need, offer)
    return [
        Pair(needs[n].id, offers[o].id, Mode.IN_PERSON if here else Mode.REMOTE, apart_m)
        for n, o, apart_m, here in zip(need.tolist(), offer.tolist(), metres.tolist(), near.tolist(), strict=True)
    ]


def _reason(a: Arrays, g: Grid, s: State, n: int) -> Reason:
    if candidates.cheapest(a, g, n, 1, np.empty(1, np.int64), s.runs):
        return TAKEN
    furthest = tuple(Rule)[candidates.furthest(a, g, n, s.runs)]
    return TAKEN if furthest is Rule.CAPACITY else furthest


def _sorted_once(posts: Iterable[Post]) -> list[Post]:
    in_order = sorted(posts, key=lambda post: post.id)
    if any(a.id == b.id for a, b in pairwise(in_order)):
        raise ValueError("an id stands twice")
    return in_order
