"""This engine's side: the grid, the lists of candidates and the certified round, from the arrays on."""

import time
from typing import NamedTuple

import numpy as np

from benchmarks.engine.city import Array, City, numbered, posts
from benchmarks.engine.timing import NotExact
from matching import arrays, candidates, certificate, grid, paths
from matching.arrays import Arrays
from matching.columns import columns_of
from matching.grid import Grid
from matching.model import REMOTE_COST_M, Need, Offer
from matching.paths import State


class Laid(NamedTuple):
    """A city as the engine's arrays, and numbered like them; ``took_s`` is what turning the posts into them cost."""

    city: City
    a: Arrays
    g: Grid
    took_s: float


class Lists(NamedTuple):
    """The k cheapest pairs of each need, by need; ``metres`` goes on with infinity, ``offer`` with -1, where there are fewer."""

    offer: Array
    metres: Array


class Score(NamedTuple):
    """Places served by their penalty, the highest (the most urgent) first; and the metres of all pairs."""

    served: tuple[int, ...]
    metres: int


def lay(city: City) -> Laid:
    offers, needs = posts(city)
    began = time.perf_counter()
    o, n = columns_of(Offer, offers), columns_of(Need, needs)
    offer_at, need_at = arrays.places_order(o, n)
    a = arrays.lay_out(o.taken(offer_at), n.taken(need_at))
    took_s = time.perf_counter() - began
    return Laid(numbered(city, offer_at, need_at), a, arrays.grid_of(a), took_s)


def solve_round(laid: Laid) -> tuple[State, tuple[int, int]]:
    """The best set of pairs and what its certificate says (violations and metres of doubt), everything included from the arrays on."""
    g = arrays.grid_of(laid.a)
    s = paths.best_set(laid.a, g, lambda _served: False)
    return s, certificate.check(laid.a, g, s)


def first_lists(a: Arrays, g: Grid, k: int) -> tuple[Array, Array]:
    """The lists as the engine writes them, side by side; and their lengths."""
    needs = len(a.seeker_places)
    pool, length = np.empty(k * needs, np.int64), np.zeros(needs, np.int64)
    candidates.first_lists(a, g, k, pool, length, grid.room_for_runs(g))
    return pool, length


def lists(a: Arrays, g: Grid, k: int) -> Lists:
    """The same to look at."""
    pool, length = first_lists(a, g, k)
    keys, there = pool.reshape(-1, k), np.arange(k) < length[:, None]
    offer = np.where(there, candidates.host_of(np.arange(len(length))[:, None], keys), -1)
    return Lists(offer, np.where(there, keys >> arrays.TURN_BITS, np.inf))


def every_pair(a: Arrays, g: Grid) -> Lists:
    """All eligible pairs: lists as long as the longest."""
    k = 64
    while first_lists(a, g, k)[1].max() == k:
        k *= 2
    return lists(a, g, k)


def proven(laid: Laid, s: State, doubts: tuple[int, int]) -> Score:
    """The score. Raises :class:`NotExact` unless the certificate is clean and the prices, added up here too, give what the set costs."""
    a = laid.a
    need, offer = paths.pairs(s)
    metres, near = candidates.meetings(a, need, offer)
    cost = int(np.where(near, np.floor(metres + 0.5), REMOTE_COST_M).sum())
    score = Score(served(a, need), cost)
    empty = a.seeker_places - np.bincount(need, minlength=len(a.seeker_places))
    need_price, offer_price = s.seeker["price"], s.host["price"]
    bound = int((a.seeker_places * need_price).sum() - (a.host_places * offer_price).sum())
    # A pair of the set can be worth more than it costs; since nobody takes it twice, the bound loses the difference.
    bound -= int((need_price[need] - offer_price[offer]).sum()) - cost
    if doubts != (0, 0) or bound != cost + int((empty * a.penalty).sum()):
        raise NotExact(f"{doubts}; the set costs {cost + int((empty * a.penalty).sum())}, the prices prove {bound}")
    return score


def served(a: Arrays, need: Array) -> tuple[int, ...]:
    """How many of the places given belong to each urgency."""
    return tuple(int((a.penalty[need] == penalty).sum()) for penalty in np.unique(a.penalty)[::-1])
