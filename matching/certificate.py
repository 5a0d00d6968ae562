"""The check that no pair outside the set would make it better, by the prices that the solver ended with."""

import numpy as np
from numba import prange

from matching.arrays import Arrays
from matching.candidates import CHUNKS, WIDER, fit, in_person, near_cost
from matching.distance import TOO_FAR
from matching.geo import MIN_CURVATURE_M
from matching.grid import LAYERS, Grid, step_out
from matching.jit import kernel, parallel_kernel
from matching.model import REMOTE_COST_M
from matching.paths import State, pairs


def violations(a: Arrays, g: Grid, s: State) -> int:
    """How often prices and pairs do not prove each other: see :class:`matching.solution.Certificate`."""
    used = np.arange(len(s.slot_need)) - np.repeat(s.slot_first[:-1], a.offer_capacity) < np.repeat(s.offer_used, a.offer_capacity)
    category = np.repeat(np.arange(len(a.far_first) - 1), np.diff(a.far_first))
    far_cheapest = a.far_offer[np.lexsort((s.offer_price[a.far_offer], category))]
    found = contradictions(
        a, g, np.append(0, np.cumsum(s.need_served)), pairs(a, s)[1], s.need_price, s.offer_price, lowest_in_cells(g, s.offer_price),
        far_cheapest,
    )  # fmt: skip
    offer = np.repeat(np.arange(len(s.offer_used)), s.offer_used)
    wrong = (
        s.slot_cost[used] + s.offer_price[offer] > s.need_price[s.slot_need[used]],  # a pair that costs more than it is worth
        (s.offer_price < 0) | ((s.offer_used < a.offer_capacity) & (s.offer_price != 0)),
        (s.need_price > a.need_penalty) | ((s.need_left > 0) & (s.need_price != a.need_penalty)),
    )
    return int(found) + sum(int(np.sum(each)) for each in wrong)


@parallel_kernel
def contradictions(a, g, paired_first, paired_offer, need_price, offer_price, cell_price, far_cheapest):  # type: ignore[no-untyped-def]
    """Over all eligible pairs that are not in the set: how many would improve it, by the prices. ``cell_price`` is the lowest of a
    cell's offers, ``far_cheapest`` is like ``far_offer`` with each category's lowest price first.

    A pair costs its metres at least, so nobody need be looked at who lives farther away than the price of the need.
    """
    per, violations = len(need_price) // CHUNKS + 1, np.zeros(CHUNKS, np.int64)
    for chunk in prange(CHUNKS):
        cells = np.empty(len(g.cell_key), np.int64)
        for n in range(chunk * per, min(len(need_price), (chunk + 1) * per)):
            paired = paired_offer[paired_first[n] : paired_first[n + 1]]
            if a.need_near[n]:
                violations[chunk] += contradictions_near(a, g, n, paired, need_price[n], offer_price, cell_price, cells)
            if a.need_far[n]:
                first, last = a.far_first[a.need_category[n]], a.far_first[a.need_category[n] + 1]
                for o in far_cheapest[first:last]:
                    if REMOTE_COST_M + offer_price[o] >= need_price[n]:
                        break
                    violations[chunk] += o not in paired and fit(a, n, o) and not in_person(a, n, o)
    return violations.sum()


@kernel
def contradictions_near(a, g, n, paired, price, offer_price, cell_price, cells):  # type: ignore[no-untyped-def]
    at, point, violations = a.need_at[n], a.need_xyz[n], 0
    lon, lat = np.radians(at[0]), np.radians(at[1])
    cell_first, entry_place, entry_offer, offer_at = g.cell_first, g.entry_place, g.entry_offer, a.offer_at
    for layer in range(a.need_category[n] * LAYERS, (a.need_category[n] + 1) * LAYERS):
        reach = min(g.layer_reach[layer], price + 1.0)
        width = g.layer_step[layer] * MIN_CURVATURE_M
        inner, outer = -1.0, width
        while inner < reach:
            outer = min(outer, reach)
            for c in range(step_out(g, layer, lon, lat, inner, outer, cells)):
                if inner - 1 + cell_price[cells[c]] >= price:
                    continue
                for e in range(cell_first[cells[c]], cell_first[cells[c] + 1]):
                    o = entry_offer[e]
                    gain = price - offer_price[o]
                    x, y, z, radius = entry_place[e]
                    if gain <= 0 or (point[0] - x) ** 2 + (point[1] - y) ** 2 + (point[2] - z) ** 2 > (min(radius, gain) + 1) ** 2:
                        continue
                    if fit(a, n, o):
                        cost = near_cost(at, point, offer_at[o], x, y, z, radius)
                        violations += cost != TOO_FAR and cost < gain and o not in paired
            inner, outer = outer, outer + max(width, outer * WIDER)
    return violations


@kernel
def lowest_in_cells(g, offer_price):  # type: ignore[no-untyped-def]
    lowest = np.empty(len(g.cell_key), np.int64)
    for cell in range(len(lowest)):
        lowest[cell] = offer_price[g.entry_offer[g.cell_first[cell]]]
        for o in g.entry_offer[g.cell_first[cell] : g.cell_first[cell + 1]]:
            lowest[cell] = min(lowest[cell], offer_price[o])
    return lowest
