"""The compiled solver: successive shortest paths with prices, over lists of pairs that grow where the search needs them."""

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from matching.arrays import Arrays
from matching.candidates import cheapest, first_lists, first_turn
from matching.grid import Grid
from matching.jit import Array, kernel

FIRST_LOOK = 12
FAR_AWAY = np.int64(1) << np.int64(62)


class State(NamedTuple):
    """The set of pairs so far, the prices that prove it, and what one search leaves behind."""

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
    cells: Array


def new_state(a: Arrays, g: Grid) -> State:
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
        zeros(needs), zeros(offers), zeros(2), zeros(len(g.cell_key)),
    )  # fmt: skip


@kernel
def refill(a, g, s, n, pool, end):  # type: ignore[no-untyped-def]
    """Make the need's list of cheapest pairs four times as long (or whole); return the pool, which may have moved, and its end."""
    want = 4 * s.list_length[n]
    if end + want > len(pool):
        larger = np.empty(2 * (end + want), np.int64)
        larger[:end] = pool[:end]
        pool = larger
    count = cheapest(a, g, n, want, pool[end : end + want], s.cells)
    s.list_first[n], s.list_length[n], s.list_whole[n] = end, count, count < want
    return pool, end + count


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
def search(a, g, s, source, pool, end):  # type: ignore[no-untyped-def]
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
                best, goal, pool, end = look_along(a, g, s, node, key, best, goal, pool, end, heap)
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
def look_along(a, g, s, n, key, best, goal, pool, end, heap):  # type: ignore[no-untyped-def]
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
            pool, end = refill(a, g, s, n, pool, end)
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
def assign(a, g, s, order, pool):  # type: ignore[no-untyped-def]
    """Fill place after place; after each the set is the best one for the places so far."""
    end = len(pool)
    for n in order:
        for _ in range(a.need_places[n]):
            length, goal, pool, end = search(a, g, s, n, pool, end)
            reprice(s, length)
            follow(s, len(a.need_places), n, goal)


def first_look(a: Arrays, g: Grid, s: State, order: Array) -> Array:
    """The beginning of each need's list."""
    pool = np.empty(FIRST_LOOK * len(order), np.int64)
    first_lists(a, g, order, FIRST_LOOK, pool, s.list_length)
    s.list_first[order] = np.arange(len(order)) * FIRST_LOOK
    s.list_whole[:] = s.list_length < FIRST_LOOK
    return pool


def pairs(a: Arrays, s: State) -> tuple[Array, Array]:
    """Needs and offers of the set, side by side, need after need."""
    taken = np.arange(len(s.place_offer)) - np.repeat(s.place_first[:-1], a.need_places) < np.repeat(s.need_served, a.need_places)
    return np.repeat(np.arange(len(s.need_served)), s.need_served), s.place_offer[taken]
