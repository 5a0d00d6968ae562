"""Compiled: rough prices of the hosts, for the exact search to begin with.

In an auction (Bertsekas, 1988) each seeker bids for the cheapest host of its list what the next one would cost it, and a little more; whom
it outbids bids again. Bids cost next to nothing, and what comes out is off by a few times that little.
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
BETWEEN_LOOKS = 1 << 20
"""So many bids are made before the clock is looked at again."""
SAMPLE = 10_000
"""Of so many needs' pairs the mean is taken."""


Enough = Callable[[int], bool]
"""Asked now and then, with how many needs have been served since: whether the search shall end here."""


class Bids(NamedTuple):
    """The hosts' prices and how many of their places are sold; from ``first`` on to whom and for how much; and who waits to bid."""

    price: Array
    used: Array
    first: Array
    buyer: Array
    paid: Array
    waiting: Array


def rough_prices(a: Arrays, pool: Array, length: Array, most: int, enough: Enough) -> tuple[Array, bool]:
    """Prices of the hosts from the lists of the seekers, side by side in the pool; and whether nobody waits any more after at ``most``
    so many bids for each place."""
    look, seekers, places, slots = len(pool) // max(len(length), 1), len(length), int(a.seeker_places.sum()), int(a.host_places.sum())
    some = slice(None, None, seekers // SAMPLE + 1)
    listed = (pool.reshape(seekers, look)[some] >> TURN_BITS)[np.arange(look) < length[some, None]]
    mean = max(1, int(listed.mean())) if len(listed) else 1
    little, step = max(1, mean // FINE), STEP * mean
    price, first = np.zeros(len(a.host_places), np.int64), np.cumsum(a.host_places) - a.host_places
    waiting = np.repeat(np.arange(seekers)[::-1], a.seeker_places[::-1])  # the most urgent last: they bid first
    b = Bids(price, np.zeros_like(price), first, np.empty(slots, np.int64), np.empty(slots, np.int64), waiting)
    penalty = a.penalty // a.step * step + a.penalty % a.step
    left, bids = places, 0
    while left and bids < most * places and not enough(0):
        left = bid(a, b, pool, look, length, penalty, little, left, min(BETWEEN_LOOKS, most * places - bids))
        bids += BETWEEN_LOOKS
    levels = (price + step // 4) // step
    return np.clip(np.maximum(0, price - LOWER * little) + levels * (a.step - step), 0, a.penalty.max(initial=0)), left == 0


@kernel
def bid(a, b, pool, look, length, penalty, little, left, most):  # type: ignore[no-untyped-def]
    """Raise the prices with so many bids at ``most``; return how many still wait. Each list has room for ``look`` pairs."""
    price, used, first, buyer, paid, waiting = b.price, b.used, b.first, b.buyer, b.paid, b.waiting
    for _ in range(most):
        if not left:
            break
        left -= 1
        n = waiting[left]
        best, second, o = penalty[n], penalty[n], -1
        for at in range(n * look, n * look + length[n]):
            cost, h = pool[at] >> TURN_BITS, host_of(n, pool[at])
            if cost >= second:
                break
            offered = cost + price[h]
            if offered < second and (a.seeker_places[n] == 1 or not among(buyer, first[h], used[h], n)):
                if offered < best:
                    best, second, o = offered, best, h
                else:
                    second = offered
        if o < 0:
            continue
        at, behind = first[o] + used[o], first[o] + a.host_places[o]
        if at < behind:
            used[o] += 1
        else:
            at = cheapest_place(paid, first[o], behind)
            waiting[left] = buyer[at]
            left += 1
        buyer[at], paid[at] = n, price[o] + second - best + little
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
