"""Compiled: bids for hosts, with which the exact search has less to do.

In an auction (Bertsekas, 1988) each seeker bids for the cheapest host of its list what the next one would cost it; whom it outbids bids
again. Prices and pairs are exact as far as they go, so that the search serves those alone who are left over (as in Jonker and Volgenant,
1987). Where many fight for few, bids rise a little more each time: that ends soon, and gives rough prices, off by a few times that little.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from matching.arrays import TURN_BITS, Arrays
from matching.candidates import among, host_of
from matching.jit import Array, inner_kernel, kernel

FINE = 20
"""A bid adds this part of the mean cost of a pair,"""
LOWER = 6
"""and so many times as much is taken off the prices in the end: too low ones cost the search less than too high ones."""
STEP = 10
"""A step of urgency counts for so many mean pairs here: more than prices within one urgency come to, and soon bid."""
CONTESTED, MOST_BIDS = 2, 300
"""So many bids a place, and there is a fight; and how many are made for rough prices."""
BETWEEN_LOOKS = 1 << 20
"""So many bids are made before the clock is looked at again."""
SAMPLE = 10_000
"""Of so many needs' pairs the mean is taken."""


Enough = Callable[[int], bool]
"""Asked now and then, with how many needs have been served since: whether the search shall end here."""


class Bids(NamedTuple):
    """The hosts' prices and how many of their places are sold; from ``first`` on to whom, what the pair costs, and what is paid; and who
    waits to bid."""

    price: Array
    used: Array
    first: Array
    buyer: Array
    cost: Array
    paid: Array
    waiting: Array

    @property
    def sold(self) -> tuple[Array, Array, Array, Array]:
        """Prices, places sold, to whom, and what the pair costs."""
        return self.price, self.used, self.buyer, self.cost


def no_bids(a: Arrays, waiting: Array) -> Bids:
    """The last of the waiting will bid first."""
    hosts, slots = len(a.host_places), int(a.host_places.sum())
    first = np.cumsum(a.host_places) - a.host_places
    buyer, cost, paid = np.empty((3, slots), np.int64)
    return Bids(np.zeros(hosts, np.int64), np.zeros(hosts, np.int64), first, buyer, cost, paid, waiting)


def exact_bids(a: Arrays, pool: Array, length: Array, enough: Enough) -> tuple[Bids, bool]:
    """Pairs and prices that no pair of a list contradicts, one for each seeker; and whether there is a fight: some still wait. The lists
    are side by side in the pool."""
    b = no_bids(a, np.flatnonzero(a.seeker_places)[::-1].copy())
    return b, bool(_bid_on(a, b, pool, length, a.penalty, 0, CONTESTED, enough))


def rough_prices(a: Arrays, pool: Array, length: Array, enough: Enough) -> Array:
    """Prices of the hosts, each a few times :data:`FINE` from what it will be."""
    look, seekers = len(pool) // max(len(length), 1), len(length)
    some = slice(None, None, seekers // SAMPLE + 1)
    listed = (pool.reshape(seekers, look)[some] >> TURN_BITS)[np.arange(look) < length[some, None]]
    mean = max(1, int(listed.mean())) if len(listed) else 1
    little, step = max(1, mean // FINE), STEP * mean
    b = no_bids(a, np.repeat(np.arange(seekers)[::-1], a.seeker_places[::-1]))  # the most urgent last: they bid first
    _bid_on(a, b, pool, length, a.penalty // a.step * step + a.penalty % a.step, little, MOST_BIDS, enough)
    levels = (b.price + step // 4) // step
    price: Array = np.clip(np.maximum(0, b.price - LOWER * little) + levels * (a.step - step), 0, a.penalty.max(initial=0))
    return price


def _bid_on(a: Arrays, b: Bids, pool: Array, length: Array, penalty: Array, little: int, most: int, enough: Enough) -> int:
    """Raise the prices until nobody waits any more, or there were ``most`` bids for each who did; how many still wait."""
    look, left, bids, most = len(pool) // max(len(length), 1), len(b.waiting), 0, most * len(b.waiting)
    while left and bids < most and not enough(0):
        left = bid(a, b, pool, look, length, penalty, little, left, min(BETWEEN_LOOKS, most - bids))
        bids += BETWEEN_LOOKS
    return left


@kernel
def bid(a, b, pool, look, length, penalty, little, left, most):  # type: ignore[no-untyped-def]
    """Raise the prices with so many bids at ``most``, each by ``little`` more than it is worth; return how many still wait. Each list has
    room for ``look`` pairs. Without a little more all stays exact; who can't bid then is left to the search."""
    price, used, first, buyer, paid, waiting = b.price, b.used, b.first, b.buyer, b.paid, b.waiting
    for _ in range(most):
        if not left:
            break
        left -= 1
        n = waiting[left]
        best, second, o, pair = penalty[n], penalty[n], -1, 0
        for at in range(n * look, n * look + length[n]):
            cost, h = pool[at] >> TURN_BITS, host_of(n, pool[at])
            if cost >= second:
                break
            offered = cost + price[h]
            if offered < second and (little == 0 or a.seeker_places[n] == 1 or not among(buyer, first[h], used[h], n)):
                if offered < best:
                    best, second, o, pair = offered, best, h, cost
                else:
                    second = offered
        if little == 0 and length[n] == look:
            second = min(second, pool[n * look + look - 1] >> TURN_BITS)  # what comes after the list costs that at least
        at, behind = (first[o] + used[o], first[o] + a.host_places[o]) if o >= 0 else (0, 0)
        if o < 0 or second < best or (at == behind and second + little == best):
            continue
        if at < behind:
            used[o] += 1
        else:
            at = cheapest_place(paid, first[o], behind)
            waiting[left] = buyer[at]
            left += 1
        buyer[at], b.cost[at], paid[at] = n, pair, price[o] + second - best + little
        if used[o] == a.host_places[o]:
            price[o] = paid[cheapest_place(paid, first[o], behind)]
    return left


@inner_kernel
def cheapest_place(paid, first, behind):  # type: ignore[no-untyped-def]
    least = first
    for at in range(first + 1, behind):
        if paid[at] < paid[least]:
            least = at
    return least
