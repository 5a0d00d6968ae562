"""The compiled parts of the solver: eligible pairs, successive shortest paths with prices, and the certificate.

Importing this compiles nothing, but it brings in Numba: only :mod:`matching.assignment` does, and only to solve.
"""

from collections.abc import Callable
from heapq import heappop, heappush, heapreplace
from typing import Any, NamedTuple

import numpy as np
from numba import njit

from matching import geo
from matching.arrays import BITS, OFFSET, Array, Arrays
from matching.model import REMOTE_COST_M

TOO_FAR, UNSETTLED = -1, -2
FAILED_CATEGORY, FAILED_MODE, FAILED_DISTANCE, FAILED_HOURS, FAILED_LANGUAGE, FAILED_SAME_PERSON, PASSED = range(7)
HOUR_WORDS = 11
FIRST_LOOK = 16
FAR_AWAY = np.int64(1) << np.int64(62)
ERROR_M, REACH_M = geo.ARC_ERROR_M, geo.ARC_REACH_M


def kernel(function: Callable[..., Any]) -> Any:
    """Compile, keeping the machine code on disk where a folder for it can be written."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # no such folder
        return njit(function)


arc_m = kernel(geo.arc_m)


class State(NamedTuple):
    """The set of pairs so far, the prices that prove it, and what one search leaves behind. The last two axes are as in Arrays."""

    need_price: Array
    need_left: Array
    need_served: Array
    place_first: Array
    place_offer: Array
    offer_price: Array
    offer_used: Array
    slot_first: Array
    slot_need: Array
    slot_cost: Array
    list_first: Array
    list_length: Array
    list_whole: Array
    need_dist: Array
    need_via: Array
    need_key: Array
    need_cursor: Array
    offer_dist: Array
    offer_via: Array
    offer_cost: Array
    seen_needs: Array
    seen_offers: Array
    seen: Array
    costs: Array
    offers: Array


def new_state(a: Arrays) -> State:
    """Nobody served yet, and all prices 0."""
    needs, offers = len(a.need_places), len(a.offer_capacity)

    def zeros(count: int) -> Array:
        return np.zeros(count, np.int64)

    place_first, slot_first = zeros(needs + 1), zeros(offers + 1)
    np.cumsum(a.need_places, out=place_first[1:])
    np.cumsum(a.offer_capacity, out=slot_first[1:])
    places, slots = int(place_first[-1]), int(slot_first[-1])
    return State(
        zeros(needs), zeros(needs), zeros(needs), place_first, zeros(places),
        zeros(offers), zeros(offers), slot_first, zeros(slots), zeros(slots),
        zeros(needs), zeros(needs), np.zeros(needs, np.bool_),
        np.full(needs, FAR_AWAY), zeros(needs), zeros(needs), zeros(needs),
        np.full(offers, FAR_AWAY), zeros(offers), zeros(offers),
        zeros(needs), zeros(offers), zeros(2), zeros(offers), zeros(offers),
    )  # fmt: skip


@kernel
def near_cost(point, xyz, radius, o, doubt_key, doubt_cost, pair):  # type: ignore[no-untyped-def]
    """Whole metres when the two can meet in person, else TOO_FAR; UNSETTLED where only the reference can tell.

    The innermost functions take the few arrays they need: handing on all of Arrays costs more than what they do.
    """
    x, y, z, limit = xyz[o, 0], xyz[o, 1], xyz[o, 2], radius[o]
    chord2 = (point[0] - x) ** 2 + (point[1] - y) ** 2 + (point[2] - z) ** 2
    if chord2 > (limit + 0.01) ** 2:  # the way over ground is longer
        return np.int64(TOO_FAR)
    metres = arc_m(point[0], point[1], point[2], x, y, z)
    if metres < REACH_M and abs(metres - limit) > ERROR_M and abs(metres - np.floor(metres) - 0.5) > ERROR_M:
        return np.int64(TOO_FAR) if metres > limit else np.int64(metres + 0.5)
    at = np.searchsorted(doubt_key, pair)
    if at < len(doubt_key) and doubt_key[at] == pair:
        return doubt_cost[at]
    return np.int64(UNSETTLED)


@kernel
def first_failed(need, bits, o, same):  # type: ignore[no-untyped-def]
    """The first of the rules after distance that the pair fails, or PASSED. ``same`` are the offers of the need's person."""
    shared = False
    for word in range(HOUR_WORDS):
        if need[word] & bits[o, word]:
            shared = True
            break
    if not shared:
        return FAILED_HOURS
    shared = False
    for word in range(HOUR_WORDS, len(need)):
        if need[word] & bits[o, word]:
            shared = True
            break
    if not shared:
        return FAILED_LANGUAGE
    if len(same):
        at = np.searchsorted(same, o)
        if at < len(same) and same[at] == o:
            return FAILED_SAME_PERSON
    return PASSED


@kernel
def gather(a, n, costs, offers):  # type: ignore[no-untyped-def]
    """Write the need's eligible pairs (cost, offer) into the two arrays; return how many, and the furthest rule anybody got to."""
    count, category = 0, a.need_category[n]
    furthest = FAILED_MODE if a.offered[category] else FAILED_CATEGORY
    if a.need_near[n]:
        count, furthest = gather_near(a, n, costs, offers, furthest)
    if not a.need_far[n]:
        return count, furthest
    point, need, same = a.need_xyz[n], a.need_bits[n], a.same_offer[a.same_first[n] : a.same_first[n + 1]]
    xyz, radius, bits, here, there = a.offer_xyz, a.offer_radius, a.offer_bits, a.need_near[n], a.offer_near
    doubt_key, doubt_cost, pair = a.doubt_key, a.doubt_cost, n * len(a.offer_radius)
    for o in a.far_offer[a.far_first[category] : a.far_first[category + 1]]:
        if here and there[o] and near_cost(point, xyz, radius, o, doubt_key, doubt_cost, pair + o) != TOO_FAR:
            continue  # they meet in person
        failed = first_failed(need, bits, o, same)
        furthest = max(furthest, failed)
        if failed == PASSED:
            costs[count], offers[count] = REMOTE_COST_M, o
            count += 1
    return count, furthest


@kernel
def gather_near(a, n, costs, offers, furthest):  # type: ignore[no-untyped-def]
    """The part of :func:`gather` for pairs that meet in person: the cells around the need, group by group."""
    point, need, same = a.need_xyz[n], a.need_bits[n], a.same_offer[a.same_first[n] : a.same_first[n + 1]]
    xyz, radius, bits = a.offer_xyz, a.offer_radius, a.offer_bits
    entry_first, entry_offer, doubt_key, doubt_cost = a.entry_first, a.entry_offer, a.doubt_key, a.doubt_cost
    count, pair = 0, n * len(a.offer_radius)
    for g in range(a.group_first[a.need_category[n]], a.group_first[a.need_category[n] + 1]):
        furthest = max(furthest, FAILED_DISTANCE)
        first, cell_m = a.cell_first[g], a.group_cell_m[g]
        keys = a.cell_key[first : a.cell_first[g + 1]]
        x, y, z = np.int64(np.floor(point[0] / cell_m)), np.int64(np.floor(point[1] / cell_m)), np.int64(np.floor(point[2] / cell_m))
        for column in range(9):  # three cells upon each other have keys in a row
            key = (((x + column // 3 - 1 + OFFSET) << BITS) | (y + column % 3 - 1 + OFFSET)) << BITS
            low, high = np.searchsorted(keys, key | (z - 1 + OFFSET)), np.searchsorted(keys, key | (z + 2 + OFFSET))
            for e in range(entry_first[first + low], entry_first[first + high]):
                o = entry_offer[e]
                cost = near_cost(point, xyz, radius, o, doubt_key, doubt_cost, pair + o)
                if cost == TOO_FAR:
                    continue
                failed = first_failed(need, bits, o, same)
                furthest = max(furthest, failed)
                if failed == PASSED:
                    costs[count], offers[count] = cost, o
                    count += 1
    return count, furthest


@kernel
def doubts(a, costs, offers):  # type: ignore[no-untyped-def]
    """The pairs (need · number of offers + offer, ascending) whose distance only the reference can settle."""
    found = [np.int64(0) for _ in range(0)]
    for n in range(len(a.need_places)):
        count, _ = gather(a, n, costs, offers)
        for i in range(count):
            if costs[i] == UNSETTLED:
                found.append(np.int64(n) * len(a.offer_radius) + offers[i])
    return np.sort(np.array(found, dtype=np.int64))


@kernel
def refill(a, s, n, pool, end):  # type: ignore[no-untyped-def]
    """Make the need's list of cheapest pairs four times as long (or whole); return the pool, which may have moved, and its end.

    A pair in a list is cost · 2³² + turn. Equal costs take turns from another offer for each need, lest all needs of one
    address queue up before the same offers.
    """
    costs, offers = s.costs, s.offers
    want = max(FIRST_LOOK, 4 * s.list_length[n])
    count, _ = gather(a, n, costs, offers)
    kept = min(want, count)
    if end + kept > len(pool):
        larger = np.empty(2 * (end + kept), np.int64)
        larger[:end] = pool[:end]
        pool = larger
    total = len(a.offer_radius)
    start = first_turn(n, total)
    heap = [np.int64(0) for _ in range(0)]
    for i in range(count):
        key = (costs[i] << 32) | ((offers[i] - start) % total)
        if len(heap) < kept:
            heappush(heap, -key)
        elif -key > heap[0]:
            heapreplace(heap, -key)
    for i in range(kept - 1, -1, -1):
        pool[end + i] = -heappop(heap)
    s.list_first[n], s.list_length[n], s.list_whole[n] = end, kept, kept == count
    return pool, end + kept


@kernel
def first_turn(n, total):  # type: ignore[no-untyped-def]
    return (n * np.int64(2_654_435_761)) % max(total, 1)


@kernel
def paired(place_offer, first, served, o):  # type: ignore[no-untyped-def]
    for place in range(first, first + served):  # noqa: SIM110  # Numba has no any()
        if place_offer[place] == o:
            return True
    return False


@kernel
def see_need(s, n, dist, via, heap):  # type: ignore[no-untyped-def]
    if s.need_dist[n] == FAR_AWAY:
        s.seen_needs[s.seen[0]] = n
        s.seen[0] += 1
        s.need_cursor[n] = -1
    s.need_dist[n], s.need_via[n], s.need_key[n] = dist, via, dist
    heappush(heap, (dist, n))


@kernel
def search(a, s, source, pool, end):  # type: ignore[no-untyped-def]
    """Dijkstra from a place to be filled to the nearest free capacity, or to the need that had best stay unserved.

    Lengths are costs less prices, never negative. Returns length, goal (a need, or number of needs + offer), pool, its end.
    """
    needs = len(a.need_places)
    need_dist, need_key, need_price, offer_dist = s.need_dist, s.need_key, s.need_price, s.offer_dist
    slot_need, slot_cost = s.slot_need, s.slot_cost
    best, goal = FAR_AWAY, np.int64(-1)
    heap = [(np.int64(0), np.int64(0)) for _ in range(0)]
    see_need(s, source, np.int64(0), np.int64(-1), heap)
    while heap:
        key, node = heappop(heap)
        if key >= best:
            break
        if node < needs:
            if key == need_key[node]:  # else it was reached by a shorter way since
                best, goal, pool, end = look_along(a, s, node, key, best, goal, pool, end, heap)
        elif key == offer_dist[node - needs]:
            o = node - needs
            base, first = key - s.offer_price[o], s.slot_first[o]
            for slot in range(first, first + s.offer_used[o]):
                m = slot_need[slot]
                dist = base + need_price[m] - slot_cost[slot]
                if dist < need_dist[m] and dist < best:
                    see_need(s, m, dist, o, heap)
    return best, goal, pool, end


@kernel
def look_along(a, s, n, key, best, goal, pool, end, heap):  # type: ignore[no-untyped-def]
    """The search's step from a need: along its list as far as pairs can matter now, then a note to come back.

    The bound of a pair is its length if the offer's price were 0 (U, Yiu, Mouratidis and Mamoulis, SIGMOD 2008).
    """
    needs, total = len(a.need_places), len(a.offer_radius)
    capacity, used, place_offer, offer_price, offer_dist = a.offer_capacity, s.offer_used, s.place_offer, s.offer_price, s.offer_dist
    first_place, served, turn = s.place_first[n], s.need_served[n], first_turn(n, total)
    first, length, whole = s.list_first[n], s.list_length[n], s.list_whole[n]
    base, cursor = s.need_dist[n] - s.need_price[n], max(s.need_cursor[n], 0)
    if s.need_cursor[n] < 0 and base + a.need_penalty[n] < best:
        best, goal = base + a.need_penalty[n], n
    while cursor < length or not whole:
        if cursor == length:
            pool, end = refill(a, s, n, pool, end)
            first, length, whole = s.list_first[n], s.list_length[n], s.list_whole[n]
            continue
        pair = pool[first + cursor]
        bound = base + (pair >> 32)
        if bound >= best:
            break
        if bound > key:
            s.need_key[n] = bound
            heappush(heap, (bound, n))
            break
        cursor += 1
        o = (pair & 0xFFFF_FFFF) + turn
        if o >= total:
            o -= total
        dist = bound + offer_price[o]
        if dist < offer_dist[o] and dist < best and not paired(place_offer, first_place, served, o):
            if offer_dist[o] == FAR_AWAY:
                s.seen_offers[s.seen[1]] = o
                s.seen[1] += 1
            offer_dist[o], s.offer_via[o], s.offer_cost[o] = dist, n, pair >> 32
            if used[o] < capacity[o]:
                best, goal = dist, needs + o
            else:
                heappush(heap, (dist, needs + o))
    s.need_cursor[n] = cursor
    return best, goal, pool, end


@kernel
def reprice(s, length):  # type: ignore[no-untyped-def]
    """Raise the prices of what lies nearer than the goal, so that no length is negative afterwards; forget the search."""
    for n in s.seen_needs[: s.seen[0]]:
        s.need_price[n] += max(0, length - s.need_dist[n])
        s.need_dist[n] = FAR_AWAY
    for o in s.seen_offers[: s.seen[1]]:
        s.offer_price[o] += max(0, length - s.offer_dist[o])
        s.offer_dist[o] = FAR_AWAY
    s.seen[:] = 0


@kernel
def part(s, n, o):  # type: ignore[no-untyped-def]
    """Take the pair out of the set."""
    last = s.place_first[n] + s.need_served[n] - 1
    for place in range(s.place_first[n], last + 1):
        if s.place_offer[place] == o:
            s.place_offer[place] = s.place_offer[last]
    s.need_served[n] -= 1
    last = s.slot_first[o] + s.offer_used[o] - 1
    for slot in range(s.slot_first[o], last + 1):
        if s.slot_need[slot] == n:
            s.slot_need[slot], s.slot_cost[slot] = s.slot_need[last], s.slot_cost[last]
    s.offer_used[o] -= 1


@kernel
def follow(s, needs, source, goal):  # type: ignore[no-untyped-def]
    """Change the set of pairs along the path that the search found."""
    o = goal - needs
    if goal < needs:
        s.need_left[goal] += 1
        if goal == source:
            return
        o = s.need_via[goal]
        part(s, goal, o)
    while True:
        n, cost = s.offer_via[o], s.offer_cost[o]
        before = s.need_via[n]
        if n != source:
            part(s, n, before)
        s.place_offer[s.place_first[n] + s.need_served[n]] = o
        s.need_served[n] += 1
        slot = s.slot_first[o] + s.offer_used[o]
        s.slot_need[slot], s.slot_cost[slot] = n, cost
        s.offer_used[o] += 1
        if n == source:
            return
        o = before


@kernel
def assign(a, s, order):  # type: ignore[no-untyped-def]
    """Fill place after place; after each the set is the best one for the places so far."""
    pool, end = np.empty(FIRST_LOOK * (len(order) + 1), np.int64), 0
    for n in order:
        for _ in range(a.need_places[n]):
            length, goal, pool, end = search(a, s, n, pool, end)
            reprice(s, length)
            follow(s, len(a.need_places), n, goal)


@kernel
def certify(a, s):  # type: ignore[no-untyped-def]
    """Over all eligible pairs: how many there are, and how many contradict the prices."""
    costs, offers, offer_price, place_offer = s.costs, s.offers, s.offer_price, s.place_offer
    pairs, violations = 0, 0
    for n in range(len(a.need_places)):
        count, _ = gather(a, n, costs, offers)
        pairs += count
        price, first, served = s.need_price[n], s.place_first[n], s.need_served[n]
        for i in range(count):
            slack = costs[i] + offer_price[offers[i]] - price
            if slack != 0 and (slack > 0) == paired(place_offer, first, served, offers[i]):
                violations += 1
    return pairs, violations
