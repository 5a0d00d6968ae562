"""The check that no pair outside the set would make it better, by the prices that the solver ended with."""

import numpy as np
from numba import prange

from matching.arrays import PASSED, Arrays
from matching.candidates import CHUNKS, WIDER, first_failed, fit, holds, known_cost, metres_in_person, near_cost, within
from matching.distance import TOO_FAR
from matching.geo import MIN_CURVATURE_M
from matching.grid import LAYERS, Grid, room_for_runs, step_out
from matching.jit import kernel, parallel_kernel
from matching.model import REMOTE_COST_M
from matching.paths import State, held, pairs


def check(a: Arrays, g: Grid, s: State) -> tuple[int, int]:
    """How many prices prove nothing, and by how many metres the set may miss the best: see :class:`matching.solution.Certificate`."""
    seeker, host = s.seeker, s.host
    seeker_price, host_price = seeker["price"].copy(), host["price"].copy()
    group = np.repeat(np.arange(len(a.far_first) - 1), np.diff(a.far_first))
    dearness = host_price + a.host_term  # what is added to the metres of each of a host's pairs
    far_cheapest = a.far_host[np.lexsort((dearness[a.far_host], group))]
    violations = contradictions(
        a, g, np.append(0, np.cumsum(seeker["served"])), pairs(s)[1], seeker_price, host_price, dearness, dearness[g.entry_host],
        far_cheapest, room_for_runs(g),
    )  # fmt: skip
    holder, slot = held(s)
    worth = seeker_price[slot["seeker"]] - host_price[holder] - slot["cost"]
    bound = (a.seeker_places * seeker_price).sum() - (a.host_places * host_price).sum() - np.maximum(worth, 0).sum()
    cost = slot["cost"].sum() + (a.penalty * seeker["left"]).sum()
    return int(violations + (host_price < 0).sum() + (seeker_price > a.penalty).sum()), int(cost - bound)


@parallel_kernel
def contradictions(  # type: ignore[no-untyped-def]
    a, g, paired_first, paired_host, seeker_price, host_price, dearness, entry_dearness, far_cheapest, room
):
    """Over all eligible pairs that are not in the set: how many would improve it, by the prices. ``dearness`` is what each host
    adds to its metres, also by the grid's entries; ``far_cheapest`` is like ``far_host`` with each group's lowest first.

    A pair costs its metres at least, so nobody need be looked at who lives farther away than the price of the seeker.
    """
    per, violations = len(seeker_price) // CHUNKS + 1, np.zeros(CHUNKS, np.int64)
    for chunk in prange(CHUNKS):
        runs = np.empty((room, 2), np.int64)
        for n in range(chunk * per, min(len(seeker_price), (chunk + 1) * per)):
            paired = paired_host[paired_first[n] : paired_first[n + 1]]
            known = a.known_host[a.known_first[n] : a.known_first[n + 1]]
            for group in a.group[a.group_first[n] : a.group_first[n + 1]]:
                price = seeker_price[n] - a.level[group] * a.step - a.seeker_term[n]
                if a.seeker_near[n]:
                    violations[chunk] += contradictions_near(a, g, n, group, paired, known, price, entry_dearness, runs)
                if a.seeker_far[n]:
                    for h in far_cheapest[a.far_first[group] : a.far_first[group + 1]]:
                        if REMOTE_COST_M + dearness[h] >= price:
                            break
                        if h not in paired and not within(known, h) and fit(a, n, h):
                            violations[chunk] += metres_in_person(a, n, h) == TOO_FAR
            for i in range(a.known_first[n], a.known_first[n + 1]):
                h, cost = a.known_host[i], known_cost(a, n, i)
                violations[chunk] += cost != TOO_FAR and h not in paired and cost + host_price[h] < seeker_price[n]
    return violations.sum()


@kernel
def contradictions_near(a, g, n, group, paired, known, price, entry_dearness, runs):  # type: ignore[no-untyped-def]
    at, point, own_radius, violations = a.seeker_at[n], a.seeker_xyz[n], a.seeker_radius[n], 0
    lon, lat = np.radians(at[0]), np.radians(at[1])
    entry_place, entry_host, entry_profile, host_at = g.entry_place, g.entry_host, g.entry_profile, a.host_at
    table, barred = a.fits.size > 0, a.barred_host[a.barred_first[n] : a.barred_first[n + 1]]
    held, own_area, areas = a.seeker_held[a.seeker_held_first[n] : a.seeker_held_first[n + 1]], a.seeker_area[n], not a.radii_only
    host_area, host_held, host_held_first = a.host_area, a.host_held, a.host_held_first
    row = a.fits[a.seeker_profile[n]] if table else np.empty(0, np.bool_)
    for layer in range(group * LAYERS, (group + 1) * LAYERS):
        reach = min(g.layer_reach[layer], own_radius, price + 1.0)
        width = g.layer_step[layer] * MIN_CURVATURE_M
        inner, outer = -1.0, width
        while inner < reach:
            outer = min(outer, reach)
            for run in range(step_out(g, layer, lon, lat, inner, outer, runs)):
                for e in range(runs[run, 0], runs[run, 1]):
                    gain = price - entry_dearness[e] - 0.49  # whoever costs less in whole metres is nearer than this
                    if gain <= inner - 1:
                        continue
                    radius = min(entry_place[e, 3], own_radius)
                    chord2 = (point[0] - entry_place[e, 0]) ** 2 + (point[1] - entry_place[e, 1]) ** 2 + (point[2] - entry_place[e, 2]) ** 2
                    if chord2 > min(radius + 1, max(gain, 0)) ** 2:
                        continue
                    h = entry_host[e]
                    if areas and not holds(host_area[h], held, own_area, host_held, host_held_first, h):
                        continue
                    if table:
                        if not row[entry_profile[e]] or within(barred, h):
                            continue
                    elif first_failed(a, n, h) != PASSED:
                        continue
                    if not within(known, h):
                        cost = near_cost(chord2, at, host_at, h, radius)
                        violations += cost != TOO_FAR and cost < gain and h not in paired
            inner, outer = outer, outer + max(width, outer * WIDER)
    return violations
