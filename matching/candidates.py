"""Compiled: a seeker's eligible pairs, the cheapest first, as far as they are asked for.

A pair is written as cost · 2²² + turn; the cost is metres, with terms and the steps of its level. Equal costs take turns from another
host for each seeker, lest all needs of one address queue up before the same offers.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from matching.arrays import (
    FAILED_CATEGORY,
    FAILED_DISTANCE,
    FAILED_LANGUAGE,
    FAILED_MODE,
    GATHER,
    PASSED,
    TURN,
    TURN_BITS,
    first_misfit,
    scattered,
)  # fmt: skip
from matching.distance import BENT_REACH_M, ERROR_M, TOO_FAR, apart_m, bent_m, exact_m
from matching.geo import MIN_CURVATURE_M
from matching.grid import LAYERS, PAD_M, half_width, runs_within
from matching.jit import Array, inner_kernel, kernel, parallel_kernel
from matching.model import REMOTE_COST_M

FARTHER, WIDER = 1.25, 1.5
"""A list is first looked for so much farther than the one before reached, and then so many times as far as before."""
MOST_CELLS = 8
"""So many cells to each side at most: the neighbours before may have lived far out."""
CHUNKS = 64
BLOCK = 128
"""So many entries are measured before the near ones of them are asked for the other rules."""
FEW = 32
"""So many keys are kept in order; more of them in a heap."""
NOBODY = np.int64((1 << 63) - 1)
"""Stands behind the pairs of a list that is not full."""


class Room(NamedTuple):
    """What a search writes down: the runs of a step; of a block those entries that are near enough, and the squares of their chords;
    and how far to look for a list of one at first."""

    runs: Array
    near: Array
    chord2: Array
    reach: Array


@kernel
def room_for(runs):  # type: ignore[no-untyped-def]
    """Room for so many runs a step."""
    return Room(np.empty((runs, 2), np.int64), np.empty(BLOCK, np.int64), np.empty(BLOCK), np.zeros(1))


@inner_kernel
def turn_of(s, h):  # type: ignore[no-untyped-def]
    return scattered(h - s)


@kernel
def host_of(s, key):  # type: ignore[no-untyped-def]
    """The host of a written pair."""
    return (s + (key & TURN) * GATHER) & TURN


@inner_kernel
def in_doubt(metres, radius):  # type: ignore[no-untyped-def]
    """Whether what :func:`matching.geo.bent_m` says could tip a decision: then the reference decides."""
    return metres >= BENT_REACH_M or abs(metres - radius) <= ERROR_M or abs(metres - np.floor(metres) - 0.5) <= ERROR_M


@inner_kernel
def among(column, first, count, number):  # type: ignore[no-untyped-def]
    """Whether the number stands in so many lines of the column."""
    for at in range(first, first + count):  # noqa: SIM110  # Numba has no any()
        if column[at] == number:
            return True
    return False


@inner_kernel
def metres_in_person(a, s, h):  # type: ignore[no-untyped-def]
    """Whole metres when the two meet in person: both can, and the need lies within the offer's reach; else TOO_FAR."""
    if not (a.seeker_near[s] and a.host_near[h] and in_area(a, s, h)):
        return np.int64(TOO_FAR)
    (x, y, z), (host_x, host_y, host_z) = a.seeker_xyz[s], a.host_xyz[h]
    metres = bent_m((x - host_x) ** 2 + (y - host_y) ** 2 + (z - host_z) ** 2)
    radius = min(a.seeker_radius[s], a.host_radius[h])
    if in_doubt(metres, radius):
        metres = apart_m(a.seeker_at[s, 0], a.seeker_at[s, 1], a.host_at[h, 0], a.host_at[h, 1])
    return np.int64(TOO_FAR) if metres > radius else np.int64(metres + 0.5)


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


@inner_kernel
def within(ascending, h):  # type: ignore[no-untyped-def]
    if len(ascending) == 0:
        return False
    at = np.searchsorted(ascending, h)
    return at < len(ascending) and ascending[at] == h


@inner_kernel
def in_area(a, s, h):  # type: ignore[no-untyped-def]
    """Whether the offer's area is among those that hold the need's point; its radius alone counts where it has none."""
    area = a.host_area[h]
    if area >= 0:
        for i in range(a.seeker_held_first[s], a.seeker_held_first[s + 1]):  # noqa: SIM110  # a point lies in few areas
            if a.seeker_held[i] == area:
                return True
        return False
    return a.seeker_area[s] < 0 or within(a.host_held[a.host_held_first[h] : a.host_held_first[h + 1]], a.seeker_area[s])


@inner_kernel
def fit(a, s, h):  # type: ignore[no-untyped-def]
    """The rules after distance, all at once."""
    if a.fits.size:
        if not a.fits[a.seeker_profile[s], a.host_profile[h]]:
            return False
        return not within(a.barred_host[a.barred_first[s] : a.barred_first[s + 1]], h)
    return first_failed(a, s, h) == PASSED


@inner_kernel
def first_failed(a, s, h):  # type: ignore[no-untyped-def]
    """The first of the rules after distance that the pair fails, or PASSED."""
    p, q, first, last = a.seeker_profile[s], a.host_profile[h], a.barred_first[s], a.barred_first[s + 1]
    if not a.needs_seek:
        p, q = q, p
    failed = first_misfit(a.need_bits, a.offer_bits, a.need_level, a.offer_level, a.offer_standing, p, q)
    if failed > FAILED_LANGUAGE and within(a.barred_host[first:last], h):
        return a.barred_rule[first + np.searchsorted(a.barred_host[first:last], h)]
    return failed


@inner_kernel
def push(heap, want, key):  # type: ignore[no-untyped-def]
    """Keep the ``want`` lowest keys in a heap with the highest on top. A few are kept in order, which is a heap too, and a loop without
    branches."""
    if want <= FEW:
        for i in range(want - 1):
            heap[i] = max(heap[i + 1], min(heap[i], key))
        heap[want - 1] = min(heap[want - 1], key)
    elif key < heap[0]:
        sink(heap, want, key)


@inner_kernel
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


@inner_kernel
def lift_out(heap, want):  # type: ignore[no-untyped-def]
    """Turn the heap into a list in order, the lowest first; return how long it is."""
    if want <= FEW:
        for i in range(want >> 1):
            heap[i], heap[want - 1 - i] = heap[want - 1 - i], heap[i]
    else:
        for last in range(want - 1, 0, -1):
            key = heap[last]
            heap[last] = heap[0]
            sink(heap, last, key)
    count = want
    while count and heap[count - 1] == NOBODY:
        count -= 1
    return count


@inner_kernel
def cheapest(a, g, s, want, heap, room):  # type: ignore[no-untyped-def]
    """Write the seeker's ``want`` cheapest pairs, in order; return how many there are."""
    heap[:want] = NOBODY
    for at in range(a.group_first[s], a.group_first[s + 1]):
        group = a.group[at]
        base = a.level[group] * a.step + a.seeker_term[s]
        if heap[0] >> TURN_BITS < base:
            break  # the groups after it have no lower level
        if a.seeker_near[s]:
            cheapest_near(a, g, s, group, base, want, heap, room)
        if a.seeker_far[s]:
            cheapest_far(a, s, group, base, want, heap)
    for i in range(a.known_first[s], a.known_first[s + 1]):
        cost = known_cost(a, s, i)
        if cost != TOO_FAR:
            push(heap, want, cost << TURN_BITS | turn_of(s, a.known_host[i]))
    return lift_out(heap, want)


@inner_kernel
def known_cost(a, s, i):  # type: ignore[no-untyped-def]
    """What the pair of the seeker and ``known_host[i]`` costs, its level included, or TOO_FAR when they may not meet."""
    h = a.known_host[i]
    if not fit(a, s, h):
        return np.int64(TOO_FAR)
    metres = metres_in_person(a, s, h)
    if metres == TOO_FAR and a.seeker_far[s] and a.host_far[h]:
        metres = np.int64(REMOTE_COST_M)
    return metres if metres == TOO_FAR else max(np.int64(0), metres + a.known_term[i]) + a.known_more[i]


@inner_kernel
def those_that_fit(fits, profile, profiles, near, chord2s, found):  # type: ignore[no-untyped-def]
    """Keep the entries, of so many found, whose profile fits; how many these are. Without branches: it is hard to foresee as well."""
    kept = 0
    for i in range(found):
        e = near[i]
        near[kept], chord2s[kept] = e, chord2s[i]
        kept += fits[profile, profiles[e]]
    return kept


@inner_kernel
def metres_to(a, g, s, e, chord2, barred, known):  # type: ignore[no-untyped-def]
    """Whole metres to an entry that is near enough and whose profile fits, as far as there is a table of that; TOO_FAR where any other rule
    refuses it, and for the ``known`` hosts, which are looked at by themselves."""
    h, radius, metres = g.entry_host[e], min(g.entry_place[e, 3], a.seeker_radius[s]), bent_m(chord2)
    if within(barred, h) if a.fits.size else first_failed(a, s, h) != PASSED:
        return np.int64(TOO_FAR)
    if not a.radii_only and not in_area(a, s, h):
        return np.int64(TOO_FAR)
    if in_doubt(metres, radius):
        metres = apart_m(a.seeker_at[s, 0], a.seeker_at[s, 1], a.host_at[h, 0], a.host_at[h, 1])
    return np.int64(TOO_FAR) if metres > radius or within(known, h) else np.int64(metres + 0.5)


@inner_kernel
def cheapest_near(a, g, s, group, base, want, heap, room):  # type: ignore[no-untyped-def]
    """Looks within a circle about as wide as the last list needed, over all layers, and wider ones until nobody outside can be cheaper."""
    x, y, z = a.seeker_xyz[s]
    lon, lat = np.radians(a.seeker_at[s, 0]), np.radians(a.seeker_at[s, 1])
    barred, known = a.barred_host[a.barred_first[s] : a.barred_first[s + 1]], a.known_host[a.known_first[s] : a.known_first[s + 1]]
    farthest, cell = widest_and_finest(g, group)
    farthest, limit = min(farthest, a.seeker_radius[s]), limit_of(heap, base)
    inner, beyond, outer = -1.0, -1.0, min(max(room.reach[0] * np.sqrt(want), cell / 2), cell * MOST_CELLS)
    while inner < min(farthest, limit):
        last, outer = outer >= min(farthest, limit), min(outer, farthest, limit)
        edge, wide = outer if last else chord_m(outer), half_width(lat, outer)
        for layer in range(group * LAYERS, (group + 1) * LAYERS):
            for run in range(runs_within(g, layer, lon, lat, outer, wide, room.runs) if inner < g.layer_reach[layer] else 0):
                for first in range(room.runs[run, 0], room.runs[run, 1], BLOCK):
                    found, most, behind = 0, min(edge, limit_of(heap, base)), min(first + BLOCK, room.runs[run, 1])
                    for e in range(np.uint64(first), np.uint64(behind)):  # no branches: who is near is hard to foresee
                        chord2 = (x - g.entry_place[e, 0]) ** 2 + (y - g.entry_place[e, 1]) ** 2 + (z - g.entry_place[e, 2]) ** 2
                        room.near[found], room.chord2[found] = e, chord2
                        found += (beyond < chord2) & (chord2 <= (min(g.entry_place[e, 3], most) + PAD_M) ** 2)
                    if a.fits.size:
                        found = those_that_fit(a.fits, a.seeker_profile[s], g.entry_profile, room.near, room.chord2, found)
                    for i in range(found):
                        h, metres = g.entry_host[room.near[i]], metres_to(a, g, s, room.near[i], room.chord2[i], barred, known)
                        if metres != TOO_FAR:
                            cost = base + metres + a.host_term[h]
                            push(heap, want, cost << TURN_BITS | turn_of(s, h))
        limit = limit_of(heap, base)
        inner, beyond, outer = edge, (edge + PAD_M) ** 2, outer * WIDER
    room.reach[0] = FARTHER * max(min(inner, limit), 0.0) / np.sqrt(want)


@inner_kernel
def chord_m(metres):  # type: ignore[no-untyped-def]
    """Whoever is this near, in a straight line, is within so many metres over ground, wherever that is."""
    return 2 * MIN_CURVATURE_M * np.sin(min(metres / (2 * MIN_CURVATURE_M), np.pi / 2)) - PAD_M


@inner_kernel
def limit_of(heap, base):  # type: ignore[no-untyped-def]
    """So many metres away nobody can be cheaper than those of a full list."""
    return (heap[0] >> TURN_BITS) - base + 1.0


@inner_kernel
def widest_and_finest(g, group):  # type: ignore[no-untyped-def]
    """The group's largest radius (below 0: there is nobody) and narrowest cell, in metres."""
    radius, cell = -1.0, np.inf
    for layer in range(group * LAYERS, (group + 1) * LAYERS):
        if g.layer_reach[layer] >= 0:
            radius, cell = max(radius, g.layer_reach[layer]), min(cell, g.layer_step[layer] * MIN_CURVATURE_M)
    return radius, cell


@inner_kernel
def cheapest_far(a, s, group, base, want, heap):  # type: ignore[no-untyped-def]
    """Whoever meets from afar costs the same but for their terms: those with the same term in turn, as many as there is room for."""
    known = a.known_host[a.known_first[s] : a.known_first[s + 1]]
    first = a.far_first[group]
    while first < a.far_first[group + 1]:
        alike = a.far_host[first : a.far_behind[first]]
        cost, begin = base + REMOTE_COST_M + a.host_term[alike[0]], first_in_turn(alike, s)
        for i in range(len(alike)):
            h = alike[(begin + i) % len(alike)]
            key = cost << TURN_BITS | turn_of(s, h)
            if key >= heap[0]:
                if i == 0:
                    return  # and whoever comes after costs more
                break
            if fit(a, s, h) and not within(known, h) and metres_in_person(a, s, h) == TOO_FAR:
                push(heap, want, key)
        first = a.far_behind[first]


@inner_kernel
def first_in_turn(alike, s):  # type: ignore[no-untyped-def]
    """The place of the host that is the seeker's first, in hosts that are :func:`matching.arrays.scattered` and ascending by that."""
    low, high = 0, len(alike)
    while low < high:
        middle = (low + high) >> 1
        if scattered(alike[middle]) < scattered(s):
            low = middle + 1
        else:
            high = middle
    return low


@parallel_kernel
def first_lists(a, g, want, pool, length, runs):  # type: ignore[no-untyped-def]
    """For each seeker its ``want`` cheapest pairs, side by side in the pool. ``runs`` is how many a step can have."""
    per = len(length) // CHUNKS + 1
    for chunk in prange(CHUNKS):
        room = room_for(runs)
        for s in range(chunk * per, min(len(length), (chunk + 1) * per)):
            length[s] = cheapest(a, g, s, want, pool[s * want : (s + 1) * want], room)


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
            reach = g.layer_reach[layer]
            for run in range(runs_within(g, layer, lon, lat, reach, half_width(lat, reach), runs)):
                for o in g.entry_host[runs[run, 0] : runs[run, 1]]:
                    if metres_in_person(a, n, o) != TOO_FAR:
                        reached = max(reached, first_failed(a, n, o))
    if a.seeker_far[n]:
        for o in a.far_host[a.far_first[group] : a.far_first[group + 1]]:
            reached = max(reached, first_failed(a, n, o))
    return reached
