"""Compiled: a seeker's eligible pairs, the cheapest first, as far as they are asked for.

A pair is written as cost · 2²² + turn; the cost is metres, with terms and the steps of its level. Equal costs take turns from another
host for each seeker, lest all needs of one address queue up before the same offers.
"""

import numpy as np
from numba import prange

from matching.arrays import FAILED_CATEGORY, FAILED_DISTANCE, FAILED_LANGUAGE, FAILED_MODE, PASSED, first_misfit
from matching.distance import BENT_REACH_M, ERROR_M, TOO_FAR, apart_m, bent_m, exact_m
from matching.geo import MIN_CURVATURE_M
from matching.grid import LAYERS, step_out
from matching.jit import kernel, parallel_kernel
from matching.model import REMOTE_COST_M

WIDER = 0.3
"""Each step goes farther by a cell, or by this share of the way."""
CHUNKS = 64
TURN_BITS = 22
TURN = (1 << TURN_BITS) - 1


@kernel
def first_turn(s, total):  # type: ignore[no-untyped-def]
    return (s * np.int64(2_654_435_761)) % max(total, 1)


@kernel
def near_cost(chord2, at, host_at, h, radius):  # type: ignore[no-untyped-def]
    """Whole metres between two who can meet in person, else TOO_FAR, from the square of the straight line between them. The reference
    decides what the fast formula cannot.

    The innermost functions take the few values they need: handing on all of Arrays costs more than what they do.
    """
    metres = bent_m(chord2)
    if metres >= BENT_REACH_M or abs(metres - radius) <= ERROR_M or abs(metres - np.floor(metres) - 0.5) <= ERROR_M:
        metres = apart_m(at[0], at[1], host_at[h, 0], host_at[h, 1])
    return np.int64(TOO_FAR) if metres > radius else np.int64(metres + 0.5)


@kernel
def metres_in_person(a, s, h):  # type: ignore[no-untyped-def]
    """Whole metres when the two meet in person: both can, and the need lies within the offer's reach; else TOO_FAR."""
    if not (a.seeker_near[s] and a.host_near[h] and in_area(a, s, h)):
        return np.int64(TOO_FAR)
    chord2 = ((a.seeker_xyz[s] - a.host_xyz[h]) ** 2).sum()
    return near_cost(chord2, a.seeker_at[s], a.host_at, h, min(a.seeker_radius[s], a.host_radius[h]))


@kernel
def meetings(a, seekers, hosts):  # type: ignore[no-untyped-def]
    """Of pairs: the metres between them, and whether they meet in person."""
    metres, near = np.empty(len(seekers)), np.empty(len(seekers), np.bool_)
    for i in range(len(seekers)):
        s, h = seekers[i], hosts[i]
        at, host_at = a.seeker_at[s], a.host_at[h]
        metres[i] = exact_m(a.seeker_xyz[s], at[0], at[1], a.host_xyz[h], host_at[0], host_at[1])
        near[i] = a.seeker_near[s] and a.host_near[h] and metres[i] <= min(a.seeker_radius[s], a.host_radius[h]) and in_area(a, s, h)
    return metres, near


@kernel
def within(ascending, h):  # type: ignore[no-untyped-def]
    if len(ascending) == 0:
        return False
    at = np.searchsorted(ascending, h)
    return at < len(ascending) and ascending[at] == h


@kernel
def in_area(a, s, h):  # type: ignore[no-untyped-def]
    """Whether the offer's area is among those that hold the need's point; its radius alone counts where it has none."""
    held = a.seeker_held[a.seeker_held_first[s] : a.seeker_held_first[s + 1]]
    return holds(a.host_area[h], held, a.seeker_area[s], a.host_held, a.host_held_first, h)


@kernel
def holds(area, held, own_area, host_held, host_held_first, h):  # type: ignore[no-untyped-def]
    """The same from the host's area, the areas that hold the seeker's point and the seeker's area."""
    if area >= 0:
        for each in held:  # noqa: SIM110  # a point lies in few areas
            if each == area:
                return True
        return False
    return own_area < 0 or within(host_held[host_held_first[h] : host_held_first[h + 1]], own_area)


@kernel
def fit(a, s, h):  # type: ignore[no-untyped-def]
    """The rules after distance, all at once."""
    if a.fits.size:
        if not a.fits[a.seeker_profile[s], a.host_profile[h]]:
            return False
        return not within(a.barred_host[a.barred_first[s] : a.barred_first[s + 1]], h)
    return first_failed(a, s, h) == PASSED


@kernel
def first_failed(a, s, h):  # type: ignore[no-untyped-def]
    """The first of the rules after distance that the pair fails, or PASSED."""
    p, q, first, last = a.seeker_profile[s], a.host_profile[h], a.barred_first[s], a.barred_first[s + 1]
    if not a.needs_seek:
        p, q = q, p
    failed = first_misfit(a.need_bits, a.offer_bits, a.need_level, a.offer_level, a.offer_standing, p, q)
    if failed > FAILED_LANGUAGE and within(a.barred_host[first:last], h):
        return a.barred_rule[first + np.searchsorted(a.barred_host[first:last], h)]
    return failed


@kernel
def push(heap, count, want, key):  # type: ignore[no-untyped-def]
    """Keep the ``want`` lowest keys in a heap with the highest on top; the new count."""
    if count < want:
        at = count
        while at and heap[(at - 1) >> 1] < key:
            heap[at] = heap[(at - 1) >> 1]
            at = (at - 1) >> 1
        heap[at] = key
        return count + 1
    if key < heap[0]:
        sink(heap, count, key)
    return count


@kernel
def sink(heap, count, key):  # type: ignore[no-untyped-def]
    """Put the key in the place of the highest one."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and heap[child + 1] > heap[child]:
            child += 1
        if heap[child] <= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key


@kernel
def cheapest(a, g, s, want, heap, runs):  # type: ignore[no-untyped-def]
    """Write the seeker's ``want`` cheapest pairs, in order; return how many there are. ``runs`` is room for those of a step."""
    count, start, total = 0, first_turn(s, len(a.host_places)), len(a.host_places)
    for at in range(a.group_first[s], a.group_first[s + 1]):
        group = a.group[at]
        base = a.level[group] * a.step + a.seeker_term[s]
        if count == want and heap[0] >> TURN_BITS < base:
            break  # the groups after it have no lower level
        if a.seeker_near[s]:
            count = cheapest_near(a, g, s, group, base, want, heap, count, runs)
        if a.seeker_far[s]:
            count = cheapest_far(a, s, group, base, want, heap, count)
    for i in range(a.known_first[s], a.known_first[s + 1]):
        cost = known_cost(a, s, i)
        if cost != TOO_FAR:
            count = push(heap, count, want, cost << TURN_BITS | (a.known_host[i] - start) % total)
    for last in range(count - 1, 0, -1):
        key = heap[last]
        heap[last] = heap[0]
        sink(heap, last, key)
    return count


@kernel
def known_cost(a, s, i):  # type: ignore[no-untyped-def]
    """What the pair of the seeker and ``known_host[i]`` costs, its level included, or TOO_FAR when they may not meet."""
    h = a.known_host[i]
    if not fit(a, s, h):
        return np.int64(TOO_FAR)
    metres = metres_in_person(a, s, h)
    if metres == TOO_FAR and a.seeker_far[s] and a.host_far[h]:
        metres = np.int64(REMOTE_COST_M)
    return metres if metres == TOO_FAR else max(np.int64(0), metres + a.known_term[i]) + a.known_more[i]


@kernel
def cheapest_near(a, g, s, group, base, want, heap, count, runs):  # type: ignore[no-untyped-def]
    at, point, own_radius = a.seeker_at[s], a.seeker_xyz[s], a.seeker_radius[s]
    lon, lat, start, total = np.radians(at[0]), np.radians(at[1]), first_turn(s, len(a.host_places)), len(a.host_places)
    entry_place, entry_host, entry_profile, host_at, host_term = g.entry_place, g.entry_host, g.entry_profile, a.host_at, a.host_term
    held, own_area, areas = a.seeker_held[a.seeker_held_first[s] : a.seeker_held_first[s + 1]], a.seeker_area[s], not a.radii_only
    host_area, host_held, host_held_first = a.host_area, a.host_held, a.host_held_first
    table = a.fits.size > 0
    row = a.fits[a.seeker_profile[s]] if table else np.empty(0, np.bool_)
    barred, known = a.barred_host[a.barred_first[s] : a.barred_first[s + 1]], a.known_host[a.known_first[s] : a.known_first[s + 1]]
    for layer in range(group * LAYERS, (group + 1) * LAYERS):
        reach = min(g.layer_reach[layer], own_radius)
        if reach < 0:
            continue
        width = g.layer_step[layer] * MIN_CURVATURE_M
        inner, outer = -1.0, width
        while inner < reach and not (count == want and inner > (heap[0] >> TURN_BITS) - base + 1):
            outer = min(outer, reach)
            for run in range(step_out(g, layer, lon, lat, inner, outer, runs)):
                for e in range(runs[run, 0], runs[run, 1]):
                    radius = min(entry_place[e, 3], own_radius)
                    limit = min(radius, (heap[0] >> TURN_BITS) - base + 1.0) if count == want else radius
                    chord2 = (point[0] - entry_place[e, 0]) ** 2 + (point[1] - entry_place[e, 1]) ** 2 + (point[2] - entry_place[e, 2]) ** 2
                    if chord2 > (limit + 0.01) ** 2:
                        continue  # the way over ground is longer
                    h = entry_host[e]
                    if areas and not holds(host_area[h], held, own_area, host_held, host_held_first, h):
                        continue
                    if table:
                        if not row[entry_profile[e]] or within(barred, h):
                            continue
                    elif first_failed(a, s, h) != PASSED:
                        continue
                    cost = near_cost(chord2, at, host_at, h, radius)
                    if cost != TOO_FAR and not within(known, h):
                        count = push(heap, count, want, (base + cost + host_term[h]) << TURN_BITS | (h - start) % total)
            inner, outer = outer, outer + max(width, outer * WIDER)
    return count


@kernel
def cheapest_far(a, s, group, base, want, heap, count):  # type: ignore[no-untyped-def]
    """Whoever meets from afar costs the same but for their terms: those with the same term in turn, as many as there is room for."""
    start, total = first_turn(s, len(a.host_places)), len(a.host_places)
    known = a.known_host[a.known_first[s] : a.known_first[s + 1]]
    first = a.far_first[group]
    while first < a.far_first[group + 1]:
        alike = a.far_host[first : a.far_behind[first]]
        cost, begin = base + REMOTE_COST_M + a.host_term[alike[0]], np.searchsorted(alike, start)
        for i in range(len(alike)):
            h = alike[(begin + i) % len(alike)]
            key = cost << TURN_BITS | (h - start) % total
            if count == want and key >= heap[0]:
                if i == 0:
                    return count  # and whoever comes after costs more
                break
            if fit(a, s, h) and not within(known, h) and metres_in_person(a, s, h) == TOO_FAR:
                count = push(heap, count, want, key)
        first = a.far_behind[first]
    return count


@parallel_kernel
def first_lists(a, g, order, want, pool, length, room):  # type: ignore[no-untyped-def]
    """For each seeker in order its ``want`` cheapest pairs, side by side in the pool. ``room`` is for the runs of a step."""
    per = len(order) // CHUNKS + 1
    for chunk in prange(CHUNKS):
        runs = np.empty((room, 2), np.int64)
        for i in range(chunk * per, min(len(order), (chunk + 1) * per)):
            length[order[i]] = cheapest(a, g, order[i], want, pool[i * want : (i + 1) * want], runs)


@kernel
def furthest(a, g, n, runs):  # type: ignore[no-untyped-def]
    """The furthest rule that any offer got to: for a need that nobody passes all of them for. Needs are the seekers."""
    group, reached = a.group[a.group_first[n]], FAILED_MODE
    if not within(a.row_group, group):
        return FAILED_CATEGORY
    lon, lat = np.radians(a.seeker_at[n, 0]), np.radians(a.seeker_at[n, 1])
    for layer in range(group * LAYERS, (group + 1) * LAYERS) if a.seeker_near[n] else range(0):
        if g.layer_reach[layer] >= 0:
            reached = max(reached, FAILED_DISTANCE)
            for run in range(step_out(g, layer, lon, lat, -1.0, g.layer_reach[layer], runs)):
                for o in g.entry_host[runs[run, 0] : runs[run, 1]]:
                    if metres_in_person(a, n, o) != TOO_FAR:
                        reached = max(reached, first_failed(a, n, o))
    if a.seeker_far[n]:
        for o in a.far_host[a.far_first[group] : a.far_first[group + 1]]:
            reached = max(reached, first_failed(a, n, o))
    return reached
