"""Compiled: rough prices of the hosts, for the exact search to begin with.

In an auction (Bertsekas, 1988) each seeker bids for the cheapest host of its list what the next one would cost it, and a little more; whom
it outbids bids again. Bids cost next to nothing, and what comes out is off by a few times that little.
"""

import numpy as np

from matching.arrays import Arrays
from matching.candidates import TURN, TURN_BITS, first_turn
from matching.jit import Array, kernel

FINE = 40
"""A bid adds this part of the mean cost of a pair,"""
LOWER = 6
"""and so many times as much is taken off the prices in the end: too low ones cost the search less than too high ones."""
STEP = 10
"""A step of urgency counts for so many mean pairs here: more than prices within one urgency come to, and soon bid."""
MOST_BIDS = 300
"""For each place; then the prices are left as they are."""
SAMPLE = 10_000
"""Of so many needs' pairs the mean is taken."""
CONTESTED = 2
"""So many bids a place, and prices help."""


def rough_prices(a: Arrays, order: Array, pool: Array, length: Array) -> Array:
    """Prices of the hosts from the lists of the needs in order, side by side in the pool. All are 0 where hardly anybody is outbid."""
    look = len(pool) // max(len(order), 1)
    some = slice(None, None, len(order) // SAMPLE + 1)
    listed = (pool.reshape(len(order), look)[some] >> TURN_BITS)[np.arange(look) < length[order[some], None]]
    mean = max(1, int(listed.mean())) if len(listed) else 1
    little, step = max(1, mean // FINE), STEP * mean
    penalty = a.penalty // a.step * step + a.penalty % a.step
    price, places = np.zeros(len(a.host_places), np.int64), int(a.seeker_places.sum())
    bids = auction(a, order, pool, look, length, penalty, price, little, MOST_BIDS * places)
    if bids <= CONTESTED * places:
        return np.zeros_like(price)
    levels = (price + step // 4) // step
    return np.clip(np.maximum(0, price - LOWER * little) + levels * (a.step - step), 0, a.penalty.max())


@kernel
def auction(a, order, pool, look, length, penalty, price, little, most):  # type: ignore[no-untyped-def]
    """Raise the prices; return how many bids it took. Each list has room for ``look`` pairs."""
    first, total = np.cumsum(a.host_places) - a.host_places, len(price)
    row, paid, used = np.empty(a.host_places.sum(), np.int64), np.empty(a.host_places.sum(), np.int64), np.zeros(total, np.int64)
    waiting, bids = [np.int64(0) for _ in range(0)], 0
    for back in range(len(order) - 1, -1, -1):
        for _ in range(a.seeker_places[order[back]]):
            waiting.append(np.int64(back))
    while waiting and bids < most:
        i, bids = waiting.pop(), bids + 1
        n = order[i]
        best, second, o, start = penalty[n], penalty[n], -1, first_turn(n, total)
        for at in range(i * look, i * look + length[n]):
            cost, h = pool[at] >> TURN_BITS, (pool[at] & TURN) + start
            if cost >= second:
                break
            if h >= total:
                h -= total
            offered = cost + price[h]
            if offered < second and (a.seeker_places[n] == 1 or i not in row[first[h] : first[h] + used[h]]):
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
            at = first[o] + np.argmin(paid[first[o] : behind])
            waiting.append(row[at])
        row[at], paid[at] = i, price[o] + second - best + little
        if used[o] == a.host_places[o]:
            price[o] = paid[first[o] : behind].min()
    return bids
