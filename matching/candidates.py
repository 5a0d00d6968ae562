"""Compiled: a need's eligible pairs, the cheapest first, as far as they are asked for.

A pair is written as cost · 2³² + turn. Equal costs take turns from another offer for each need, lest all needs of one address
queue up before the same offers.
"""

import numpy as np
from numba import prange

from matching.arrays import FAILED_CATEGORY, FAILED_DISTANCE, FAILED_LANGUAGE, FAILED_MODE, PASSED, first_misfit
from matching.distance import ERROR_M, REACH_M, TOO_FAR, apart_m, arc_m
from matching.geo import MIN_CURVATURE_M
from matching.grid import LAYERS, step_out
from matching.jit import kernel, parallel_kernel
from matching.model import REMOTE_COST_M

WIDER = 0.3
"""Each step goes farther by a cell, or by this share of the way."""
CHUNKS = 64


@kernel
def first_turn(n, total):  # type: ignore[no-untyped-def]
    return (n * np.int64(2_654_435_761)) % max(total, 1)


@kernel
def near_cost(at, point, offer_at, o, x, y, z, radius):  # type: ignore[no-untyped-def]
    """Whole metres when the two can meet in person, else TOO_FAR. The reference decides what the fast formulas cannot.

    The innermost functions take the few values they need: handing on all of Arrays costs more than what they do.
    """
    metres = arc_m(point[0], point[1], point[2], x, y, z)
    if metres >= REACH_M or abs(metres - radius) <= ERROR_M or abs(metres - np.floor(metres) - 0.5) <= ERROR_M:
        metres = apart_m(at[0], at[1], offer_at[o, 0], offer_at[o, 1])
    return np.int64(TOO_FAR) if metres > radius else np.int64(metres + 0.5)


@kernel
def in_person(a, n, o):  # type: ignore[no-untyped-def]
    """Whether the two meet in person: both can, and the need lies within the offer's reach."""
    if not (a.need_near[n] and a.offer_near[o]):
        return False
    if not holds(a.held_area[a.held_first[n] : a.held_first[n + 1]], a.offer_area[o]):
        return False
    there = a.offer_xyz[o]
    return near_cost(a.need_at[n], a.need_xyz[n], a.offer_at, o, there[0], there[1], there[2], a.offer_radius[o]) != TOO_FAR


@kernel
def meetings(a, needs, offers):  # type: ignore[no-untyped-def]
    """Of pairs (need, offer): the metres between them, and whether they meet in person."""
    metres, near = np.empty(len(needs)), np.empty(len(needs), np.bool_)
    for i in range(len(needs)):
        n, o = needs[i], offers[i]
        here, there = a.need_xyz[n], a.offer_xyz[o]
        metres[i] = arc_m(here[0], here[1], here[2], there[0], there[1], there[2])
        if not ERROR_M < metres[i] < REACH_M or abs(2 * metres[i] - round(2 * metres[i])) <= 2 * ERROR_M:
            metres[i] = apart_m(a.need_at[n, 0], a.need_at[n, 1], a.offer_at[o, 0], a.offer_at[o, 1])
        near[i] = a.need_near[n] and a.offer_near[o] and metres[i] <= a.offer_radius[o]
        near[i] &= holds(a.held_area[a.held_first[n] : a.held_first[n + 1]], a.offer_area[o])
    return metres, near


@kernel
def within(sorted_offers, o):  # type: ignore[no-untyped-def]
    if len(sorted_offers) == 0:
        return False
    at = np.searchsorted(sorted_offers, o)
    return at < len(sorted_offers) and sorted_offers[at] == o


@kernel
def holds(held, area):  # type: ignore[no-untyped-def]
    """Whether an offer's area is among those that hold a need's point; its radius alone counts where it has none."""
    return area < 0 or within(held, area)


@kernel
def fit(a, n, o):  # type: ignore[no-untyped-def]
    """The rules after distance, all at once."""
    if a.fits.size:
        if not a.fits[a.need_profile[n], a.offer_profile[o]]:
            return False
        return not within(a.barred_offer[a.barred_first[n] : a.barred_first[n + 1]], o)
    return first_failed(a, n, o) == PASSED


@kernel
def first_failed(a, n, o):  # type: ignore[no-untyped-def]
    """The first of the rules after distance that the pair fails, or PASSED."""
    p, q, first, last = a.need_profile[n], a.offer_profile[o], a.barred_first[n], a.barred_first[n + 1]
    failed = first_misfit(a.need_bits, a.offer_bits, a.need_level, a.offer_level, a.offer_standing, p, q)
    if failed > FAILED_LANGUAGE and within(a.barred_offer[first:last], o):
        return a.barred_rule[first + np.searchsorted(a.barred_offer[first:last], o)]
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
def cheapest(a, g, n, want, heap, runs):  # type: ignore[no-untyped-def]
    """Write the need's ``want`` cheapest pairs, in order; return how many there are. ``runs`` is room for those of a step."""
    count = 0
    if a.need_near[n]:
        count = cheapest_near(a, g, n, want, heap, runs)
    if a.need_far[n]:
        count = cheapest_far(a, n, want, heap, count)
    start, total = first_turn(n, len(a.offer_radius)), len(a.offer_radius)
    for i in range(a.known_first[n], a.known_first[n + 1]):
        o = a.known_offer[i]
        cost = known_cost(a, n, i)
        if cost != TOO_FAR:
            count = push(heap, count, want, cost << 32 | (o - start) % total)
    for last in range(count - 1, 0, -1):
        key = heap[last]
        heap[last] = heap[0]
        sink(heap, last, key)
    return count


@kernel
def known_cost(a, n, i):  # type: ignore[no-untyped-def]
    """What the pair of the need and ``known_offer[i]`` costs, or TOO_FAR when they may not meet."""
    o = a.known_offer[i]
    if not fit(a, n, o):
        return np.int64(TOO_FAR)
    there = a.offer_xyz[o]
    metres = np.int64(TOO_FAR)
    if a.need_near[n] and a.offer_near[o] and holds(a.held_area[a.held_first[n] : a.held_first[n + 1]], a.offer_area[o]):
        metres = near_cost(a.need_at[n], a.need_xyz[n], a.offer_at, o, there[0], there[1], there[2], a.offer_radius[o])
    if metres == TOO_FAR and a.need_far[n] and a.offer_far[o]:
        metres = np.int64(REMOTE_COST_M)
    return metres if metres == TOO_FAR else max(np.int64(0), metres + a.offer_term[o] - a.known_off[i])


@kernel
def cheapest_near(a, g, n, want, heap, runs):  # type: ignore[no-untyped-def]
    at, point, count = a.need_at[n], a.need_xyz[n], 0
    lon, lat, start, total = np.radians(at[0]), np.radians(at[1]), first_turn(n, len(a.offer_radius)), len(a.offer_radius)
    entry_place, entry_offer, offer_at = g.entry_place, g.entry_offer, a.offer_at
    table, entry_profile = a.fits.size > 0, g.entry_profile
    row = a.fits[a.need_profile[n]] if table else np.empty(0, np.bool_)
    barred, known = a.barred_offer[a.barred_first[n] : a.barred_first[n + 1]], a.known_offer[a.known_first[n] : a.known_first[n + 1]]
    offer_term, offer_area, held = a.offer_term, a.offer_area, a.held_area[a.held_first[n] : a.held_first[n + 1]]
    for layer in range(a.need_category[n] * LAYERS, (a.need_category[n] + 1) * LAYERS):
        reach = g.layer_reach[layer]
        if reach < 0:
            continue
        width = g.layer_step[layer] * MIN_CURVATURE_M
        inner, outer = -1.0, width
        while inner < reach and not (count == want and inner > (heap[0] >> 32) + 1):
            outer = min(outer, reach)
            for run in range(step_out(g, layer, lon, lat, inner, outer, runs)):
                for e in range(runs[run, 0], runs[run, 1]):
                    x, y, z, radius = entry_place[e, 0], entry_place[e, 1], entry_place[e, 2], entry_place[e, 3]
                    limit = min(radius, (heap[0] >> 32) + 1.0) if count == want else radius
                    if (point[0] - x) ** 2 + (point[1] - y) ** 2 + (point[2] - z) ** 2 > (limit + 0.01) ** 2:
                        continue  # the way over ground is longer
                    o = entry_offer[e]
                    if table:
                        if not row[entry_profile[e]] or within(barred, o):
                            continue
                    elif first_failed(a, n, o) != PASSED:
                        continue
                    cost = near_cost(at, point, offer_at, o, x, y, z, radius)
                    if cost != TOO_FAR and holds(held, offer_area[o]) and not within(known, o):
                        count = push(heap, count, want, (cost + offer_term[o]) << 32 | (o - start) % total)
            inner, outer = outer, outer + max(width, outer * WIDER)
    return count


@kernel
def cheapest_far(a, n, want, heap, count):  # type: ignore[no-untyped-def]
    """Whoever helps from afar costs the same but for their terms: those with the same term in turn, as many as there is room for."""
    category, start, total = a.need_category[n], first_turn(n, len(a.offer_radius)), len(a.offer_radius)
    known = a.known_offer[a.known_first[n] : a.known_first[n + 1]]
    first = a.far_first[category]
    while first < a.far_first[category + 1]:
        alike = a.far_offer[first : a.far_behind[first]]
        cost, begin = REMOTE_COST_M + a.offer_term[alike[0]], np.searchsorted(alike, start)
        for i in range(len(alike)):
            o = alike[(begin + i) % len(alike)]
            key = cost << 32 | (o - start) % total
            if count == want and key >= heap[0]:
                if i == 0:
                    return count  # and whoever comes after costs more
                break
            if fit(a, n, o) and not within(known, o) and not in_person(a, n, o):
                count = push(heap, count, want, key)
        first = a.far_behind[first]
    return count


@parallel_kernel
def first_lists(a, g, order, want, pool, length, room):  # type: ignore[no-untyped-def]
    """For each need in order its ``want`` cheapest pairs, side by side in the pool. ``room`` is for the runs of a step."""
    per = len(order) // CHUNKS + 1
    for chunk in prange(CHUNKS):
        runs = np.empty((room, 2), np.int64)
        for i in range(chunk * per, min(len(order), (chunk + 1) * per)):
            length[order[i]] = cheapest(a, g, order[i], want, pool[i * want : (i + 1) * want], runs)


@kernel
def furthest(a, g, n, runs):  # type: ignore[no-untyped-def]
    """The furthest rule that any offer got to: for a need that nobody passes all of them for."""
    category, reached = a.need_category[n], FAILED_MODE
    if not a.offered[category]:
        return FAILED_CATEGORY
    lon, lat = np.radians(a.need_at[n, 0]), np.radians(a.need_at[n, 1])
    for layer in range(category * LAYERS, (category + 1) * LAYERS) if a.need_near[n] else range(0):
        if g.layer_reach[layer] >= 0:
            reached = max(reached, FAILED_DISTANCE)
            for run in range(step_out(g, layer, lon, lat, -1.0, g.layer_reach[layer], runs)):
                for o in g.entry_offer[runs[run, 0] : runs[run, 1]]:
                    if in_person(a, n, o):
                        reached = max(reached, first_failed(a, n, o))
    if a.need_far[n]:
        for o in a.far_offer[a.far_first[category] : a.far_first[category + 1]]:
            reached = max(reached, first_failed(a, n, o))
    return reached
