"""The check that no pair outside the set would make it better, by the prices that the solver ended with."""

import numpy as np
from numba import prange

from matching.arrays import Arrays
from matching.candidates import CHUNKS, WIDER, fit, holds, in_person, known_cost, near_cost, within
from matching.distance import TOO_FAR
from matching.geo import MIN_CURVATURE_M
from matching.grid import LAYERS, Grid, room_for_runs, step_out
from matching.jit import kernel, parallel_kernel
from matching.model import REMOTE_COST_M
from matching.paths import State, pairs


def check(a: Arrays, g: Grid, s: State) -> tuple[int, int]:
    """How many prices prove nothing, and by how many metres the set may miss the best: see :class:`matching.solution.Certificate`."""
    need, offer = s.need, s.offer
    need_price, offer_price = need["price"].copy(), offer["price"].copy()
    category = np.repeat(np.arange(len(a.far_first) - 1), np.diff(a.far_first))
    dearness = offer_price + a.offer_term  # what is added to the metres of each of an offer's pairs
    far_cheapest = a.far_offer[np.lexsort((dearness[a.far_offer], category))]
    violations = contradictions(
        a, g, np.append(0, np.cumsum(need["served"])), pairs(s)[1], need_price, offer_price, dearness, dearness[g.entry_offer],
        far_cheapest, room_for_runs(g),
    )  # fmt: skip
    holder = np.repeat(np.arange(len(offer)), offer["used"])
    slot = s.slot[offer["slot_first"][holder] + np.arange(len(holder)) - np.repeat(np.cumsum(offer["used"]) - offer["used"], offer["used"])]
    worth = need_price[slot["need"]] - offer_price[holder] - slot["cost"]
    bound = (a.need_places * need_price).sum() - (a.offer_capacity * offer_price).sum() - np.maximum(worth, 0).sum()
    cost = slot["cost"].sum() + (a.need_penalty * need["left"]).sum()
    return int(violations + (offer_price < 0).sum() + (need_price > a.need_penalty).sum()), int(cost - bound)


@parallel_kernel
def contradictions(  # type: ignore[no-untyped-def]
    a, g, paired_first, paired_offer, need_price, offer_price, dearness, entry_dearness, far_cheapest, room
):
    """Over all eligible pairs that are not in the set: how many would improve it, by the prices. ``dearness`` is what each offer
    adds to its metres, also by the grid's entries; ``far_cheapest`` is like ``far_offer`` with each category's lowest first.

    A pair costs its metres at least, so nobody need be looked at who lives farther away than the price of the need.
    """
    per, violations = len(need_price) // CHUNKS + 1, np.zeros(CHUNKS, np.int64)
    for chunk in prange(CHUNKS):
        runs = np.empty((room, 2), np.int64)
        for n in range(chunk * per, min(len(need_price), (chunk + 1) * per)):
            paired = paired_offer[paired_first[n] : paired_first[n + 1]]
            known = a.known_offer[a.known_first[n] : a.known_first[n + 1]]
            if a.need_near[n]:
                violations[chunk] += contradictions_near(a, g, n, paired, need_price[n], entry_dearness, runs)
            if a.need_far[n]:
                first, last = a.far_first[a.need_category[n]], a.far_first[a.need_category[n] + 1]
                for o in far_cheapest[first:last]:
                    if REMOTE_COST_M + dearness[o] >= need_price[n]:
                        break
                    violations[chunk] += o not in paired and not within(known, o) and fit(a, n, o) and not in_person(a, n, o)
            for i in range(a.known_first[n], a.known_first[n + 1]):
                o, cost = a.known_offer[i], known_cost(a, n, i)
                violations[chunk] += cost != TOO_FAR and o not in paired and cost + offer_price[o] < need_price[n]
    return violations.sum()


@kernel
def contradictions_near(a, g, n, paired, price, entry_dearness, runs):  # type: ignore[no-untyped-def]
    at, point, violations = a.need_at[n], a.need_xyz[n], 0
    lon, lat = np.radians(at[0]), np.radians(at[1])
    entry_place, entry_offer, offer_at = g.entry_place, g.entry_offer, a.offer_at
    known, held = a.known_offer[a.known_first[n] : a.known_first[n + 1]], a.held_area[a.held_first[n] : a.held_first[n + 1]]
    for layer in range(a.need_category[n] * LAYERS, (a.need_category[n] + 1) * LAYERS):
        reach = min(g.layer_reach[layer], price + 1.0)
        width = g.layer_step[layer] * MIN_CURVATURE_M
        inner, outer = -1.0, width
        while inner < reach:
            outer = min(outer, reach)
            for run in range(step_out(g, layer, lon, lat, inner, outer, runs)):
                for e in range(runs[run, 0], runs[run, 1]):
                    gain = price - entry_dearness[e]
                    if gain <= inner - 1:
                        continue
                    x, y, z, radius = entry_place[e, 0], entry_place[e, 1], entry_place[e, 2], entry_place[e, 3]
                    if (point[0] - x) ** 2 + (point[1] - y) ** 2 + (point[2] - z) ** 2 > (min(radius, max(gain, 0)) + 1) ** 2:
                        continue
                    o = entry_offer[e]
                    if not within(known, o) and fit(a, n, o) and holds(held, a.offer_area[o]):
                        cost = near_cost(at, point, offer_at, o, x, y, z, radius)
                        violations += cost != TOO_FAR and cost < gain and o not in paired
            inner, outer = outer, outer + max(width, outer * WIDER)
    return violations
