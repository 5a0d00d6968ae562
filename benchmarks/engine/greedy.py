"""What others do: the nearest pair first, as long as there is one, over all eligible pairs."""

from heapq import heappop, heappush

import numpy as np

from benchmarks.engine.ours import Laid, Score, served
from matching import grid
from matching.arrays import TURN_BITS
from matching.candidates import cheapest, host_of, room_for
from matching.jit import kernel

FIRST, TIMES = 16, 4
"""How many pairs of a need are looked up at first, and how many times as many after that."""


def nearest_first(laid: Laid) -> Score:
    need, metres = _take(laid.a, laid.g, room_for(grid.room_for_runs(laid.g)))
    return Score(served(laid.a, need), int(metres.sum()))


@kernel
def _take(a, g, room):  # type: ignore[no-untyped-def]
    """The needs and the metres of the pairs taken. Each need waits in the heap with the nearest of its pairs not yet tried."""
    needs = len(a.seeker_places)
    free, empty, tried = a.host_places.copy(), a.seeker_places.copy(), np.zeros(needs, np.int64)
    lists = [np.empty(0, np.int64) for _ in range(needs)]
    need, metres = [np.int64(0) for _ in range(0)], [np.int64(0) for _ in range(0)]
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    for n in range(needs):
        lists[n] = _longer(a, g, n, lists[n], room)
        if len(lists[n]):
            heappush(heap, (lists[n][0] >> TURN_BITS, np.int64(n)))
    while heap:
        cost, n = heappop(heap)
        o = host_of(n, lists[n][tried[n]])
        if free[o]:
            free[o] -= 1
            empty[n] -= 1
            need.append(n)
            metres.append(cost)
        tried[n] += 1
        if tried[n] == len(lists[n]):
            lists[n] = _longer(a, g, n, lists[n], room)
        if empty[n] and tried[n] < len(lists[n]):
            heappush(heap, (lists[n][tried[n]] >> TURN_BITS, n))
    return np.array(need), np.array(metres)


@kernel
def _longer(a, g, n, known, room):  # type: ignore[no-untyped-def]
    """More of the need's pairs; the same list when that was all."""
    found = np.empty(max(FIRST, TIMES * len(known)), np.int64)
    return found[: cheapest(a, g, n, len(found), found, room)].copy()
