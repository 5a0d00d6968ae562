"""The check that no pair outside the set would make it better, by the prices that the solver ended with."""

import numpy as np
from numba import prange

from matching.arrays import Arrays
from matching.candidates import BLOCK, CHUNKS, fit, known_cost, metres_in_person, metres_to, room_for, those_that_fit, within
from matching.distance import TOO_FAR
from matching.grid import LAYERS, Grid, half_width, room_for_runs, runs_within
from matching.jit import inner_kernel, parallel_kernel
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
    a, g, paired_first, paired_host, seeker_price, host_price, dearness, entry_dearness, far_cheapest, runs
):
    """Over all eligible pairs that are not in the set: how many would improve it, by the prices. ``dearness`` is what each host
    adds to its metres, also by the grid's entries; ``far_cheapest`` is like ``far_host`` with each group's lowest first.

    A pair costs its metres at least, so nobody need be looked at who lives farther away than the price of the seeker.
    """
    per, violations = len(seeker_price) // CHUNKS + 1, np.zeros(CHUNKS, np.int64)
    for chunk in prange(CHUNKS):
        room = room_for(runs)
        for n in range(chunk * per, min(len(seeker_price), (chunk + 1) * per)):
            paired = paired_host[paired_first[n] : paired_first[n + 1]]
            known = a.known_host[a.known_first[n] : a.known_first[n + 1]]
            for group in a.group[a.group_first[n] : a.group_first[n + 1]]:
                price = seeker_price[n] - a.level[group] * a.step - a.seeker_term[n]
                if a.seeker_near[n]:
                    violations[chunk] += contradictions_near(a, g, n, group, paired, known, price, entry_dearness, room)
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


@inner_kernel
def contradictions_near(a, g, n, group, paired, known, price, entry_dearness, room):  # type: ignore[no-untyped-def]
    x, y, z = a.seeker_xyz[n]
    lon, lat = np.radians(a.seeker_at[n, 0]), np.radians(a.seeker_at[n, 1])
    barred, violations = a.barred_host[a.barred_first[n] : a.barred_first[n + 1]], 0
    for layer in range(group * LAYERS, (group + 1) * LAYERS):
        reach = min(g.layer_reach[layer], a.seeker_radius[n], price + 1.0)
        for run in range(runs_within(g, layer, lon, lat, reach, half_width(lat, reach), room.runs) if reach >= 0 else 0):
            for first in range(room.runs[run, 0], room.runs[run, 1], BLOCK):
                found, behind = 0, min(first + BLOCK, room.runs[run, 1])
                for e in range(np.uint64(first), np.uint64(behind)):
                    chord2 = (x - g.entry_place[e, 0]) ** 2 + (y - g.entry_place[e, 1]) ** 2 + (z - g.entry_place[e, 2]) ** 2
                    gain = max(min(g.entry_place[e, 3] + 1, price - entry_dearness[e] - 0.49), 0)  # less in whole metres
                    room.near[found], room.chord2[found] = e, chord2
                    found += chord2 < gain * gain
                if a.fits.size:
                    found = those_that_fit(a.fits, a.seeker_profile[n], g.entry_profile, room.near, room.chord2, found)
                for i in range(found):
                    e, metres = room.near[i], metres_to(a, g, n, room.near[i], room.chord2[i], barred, known)
                    violations += metres != TOO_FAR and metres < price - entry_dearness[e] and g.entry_host[e] not in paired
    return violations
