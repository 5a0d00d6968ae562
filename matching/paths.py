"""The compiled solver: successive shortest paths with prices, over lists of pairs that grow where the search needs them."""

from collections.abc import Callable
from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from matching.arrays import Arrays, places_order
from matching.candidates import cheapest, first_lists, first_turn
from matching.grid import Grid, room_for_runs
from matching.jit import Array, kernel

FIRST_LOOK = 12
BETWEEN_LOOKS = 64
"""So many needs are searched for before the clock is looked at again."""
FAR_AWAY = np.int64(1) << np.int64(61)
NEED = np.dtype([(name, np.int64) for name in (
    "price", "dist", "via", "key", "cursor", "list_first", "list_length", "whole", "place_first", "served", "left", "penalty",
)])  # fmt: skip
OFFER = np.dtype([(name, np.int64) for name in ("price", "dist", "via", "cost", "used", "capacity", "slot_first")])
SLOT = np.dtype([("need", np.int64), ("cost", np.int64)])


class State(NamedTuple):
    """The set of pairs so far, the prices that prove it, and what one search leaves behind.

    ``place`` has the offers of each need from its ``place_first`` on, ``slot`` the needs of each offer from its ``slot_first`` on.
    What is used together lies together: a search jumps about among needs and offers.
    """

    need: Array
    offer: Array
    place: Array
    slot: Array
    seen_needs: Array
    seen_offers: Array
    seen: Array
    runs: Array


def new_state(a: Arrays, g: Grid) -> State:
    """Nobody served yet, and all prices 0. Raises ``ValueError`` where lengths and numbers together pass 62 bits."""
    needs, offers = len(a.need_places), len(a.offer_capacity)
    need, offer = np.zeros(needs, NEED), np.zeros(offers, OFFER)
    need["dist"] = offer["dist"] = FAR_AWAY
    need["penalty"], offer["capacity"] = a.need_penalty, a.offer_capacity
    need["place_first"] = np.cumsum(a.need_places) - a.need_places
    offer["slot_first"] = np.cumsum(a.offer_capacity) - a.offer_capacity
    if int(a.need_penalty.max(initial=0)).bit_length() + node_bits(needs, offers) > 62:
        raise ValueError("these are too many places, with too large a radius, for one round: make rounds of parts of the country")
    places, slots = int(a.need_places.sum()), int(a.offer_capacity.sum())
    return State(
        need, offer, np.zeros(places, np.int64), np.zeros(slots, SLOT), np.zeros(needs, np.int64), np.zeros(offers, np.int64),
        np.zeros(2, np.int64), np.zeros((room_for_runs(g), 2), np.int64),
    )  # fmt: skip


def node_bits(needs: int, offers: int) -> int:
    return (needs + offers).bit_length()


def first_look(a: Arrays, g: Grid, s: State, order: Array) -> Array:
    """The beginning of each need's list."""
    pool, length = np.empty(FIRST_LOOK * len(order), np.int64), np.zeros(len(order), np.int64)
    first_lists(a, g, order, FIRST_LOOK, pool, length, len(s.runs))
    s.need["list_length"] = length
    s.need["list_first"][order] = np.arange(len(order)) * FIRST_LOOK
    s.need["whole"] = length < FIRST_LOOK
    return pool


def pairs(s: State) -> tuple[Array, Array]:
    """Needs and offers of the set, side by side, need after need."""
    served, first = s.need["served"], s.need["place_first"]
    need = np.repeat(np.arange(len(served)), served)
    return need, s.place[first[need] + np.arange(len(need)) - np.repeat(np.cumsum(served) - served, served)]


@kernel
def refill(a, g, need, runs, n, pool, end):  # type: ignore[no-untyped-def]
    """Make the need's list of cheapest pairs four times as long (or whole); return the pool, which may have moved, and its end."""
    want = 4 * need[n].list_length
    if end + want > len(pool):
        larger = np.empty(2 * (end + want), np.int64)
        larger[:end] = pool[:end]
        pool = larger
    count = cheapest(a, g, n, want, pool[end : end + want], runs)
    need[n].list_first, need[n].list_length, need[n].whole = end, count, count < want
    return pool, end + count


@kernel
def paired(place, first, served, o):  # type: ignore[no-untyped-def]
    for at in range(first, first + served):  # noqa: SIM110  # Numba has no any()
        if place[at] == o:
            return True
    return False


@kernel
def search(a, g, s, source, pool, end, heap, bits):  # type: ignore[no-untyped-def]
    """Dijkstra from a place to be filled to the nearest free capacity, or to the need that had best stay unserved.

    Lengths are costs less prices, never negative; the heap has length · 2^bits + node. From a need it goes along the list as far as
    pairs can matter now, then leaves a note to come back: the bound of a pair is its length if the offer's price were 0 (U, Yiu,
    Mouratidis and Mamoulis, SIGMOD 2008). Returns length, goal (a need, or number of needs + offer), pool, its end.
    """
    need, offer, place, slot, seen = s.need, s.offer, s.place, s.slot, s.seen
    needs, total, best, goal = len(need), len(offer), FAR_AWAY, np.int64(-1)
    see_need(need, s.seen_needs, seen, source, np.int64(0), np.int64(-1))
    heap.clear()
    heap.append(np.int64(source))
    while heap:
        top = heappop(heap)
        key, node = top >> bits, top & ((np.int64(1) << bits) - 1)
        if key >= best:
            break
        if node >= needs:
            o = node - needs
            if key == offer[o].dist:  # else it was reached by a shorter way since
                base, first = key - offer[o].price, offer[o].slot_first
                for at in range(first, first + offer[o].used):
                    m = slot[at].need
                    dist = base + need[m].price - slot[at].cost
                    if dist < need[m].dist and dist < best:
                        see_need(need, s.seen_needs, seen, m, dist, o)
                        heappush(heap, dist << bits | m)
            continue
        n = need[node]
        if key != n.key:
            continue
        base, cursor, turn = n.dist - n.price, max(n.cursor, np.int64(0)), first_turn(node, total)
        if n.cursor < 0 and base + n.penalty < best:
            best, goal = base + n.penalty, node
        while cursor < n.list_length or not n.whole:
            if cursor == n.list_length:
                pool, end = refill(a, g, need, s.runs, node, pool, end)
                continue
            pair = pool[n.list_first + cursor]
            bound = base + (pair >> 32)
            if bound >= best:
                break
            if len(heap) and bound > heap[0] >> bits:
                n.key = bound
                heappush(heap, bound << bits | node)
                break
            cursor += 1
            o = (pair & 0xFFFF_FFFF) + turn
            if o >= total:
                o -= total
            dist = bound + offer[o].price
            if dist < offer[o].dist and dist < best and not paired(place, n.place_first, n.served, o):
                if offer[o].dist == FAR_AWAY:
                    s.seen_offers[seen[1]] = o
                    seen[1] += 1
                offer[o].dist, offer[o].via, offer[o].cost = dist, node, pair >> 32
                if offer[o].used < offer[o].capacity:
                    best, goal = dist, needs + o
                else:
                    heappush(heap, dist << bits | (needs + o))
        n.cursor = cursor
    return best, goal, pool, end


@kernel
def see_need(need, seen_needs, seen, n, dist, via):  # type: ignore[no-untyped-def]
    if need[n].dist == FAR_AWAY:
        seen_needs[seen[0]] = n
        seen[0] += 1
        need[n].cursor = -1
    need[n].dist, need[n].via, need[n].key = dist, via, dist


@kernel
def reprice(s, length):  # type: ignore[no-untyped-def]
    """Raise the prices of what lies nearer than the goal, so that no length is negative afterwards; forget the search."""
    for n in s.seen_needs[: s.seen[0]]:
        s.need[n].price += max(0, length - s.need[n].dist)
        s.need[n].dist = FAR_AWAY
    for o in s.seen_offers[: s.seen[1]]:
        s.offer[o].price += max(0, length - s.offer[o].dist)
        s.offer[o].dist = FAR_AWAY
    s.seen[:] = 0


@kernel
def part(s, n, o):  # type: ignore[no-untyped-def]
    """Take the pair out of the set."""
    need, offer = s.need[n], s.offer[o]
    last = need.place_first + need.served - 1
    for at in range(need.place_first, last + 1):
        if s.place[at] == o:
            s.place[at] = s.place[last]
    need.served -= 1
    last = offer.slot_first + offer.used - 1
    for at in range(offer.slot_first, last + 1):
        if s.slot[at].need == n:
            s.slot[at].need, s.slot[at].cost = s.slot[last].need, s.slot[last].cost
    offer.used -= 1


@kernel
def follow(s, source, goal):  # type: ignore[no-untyped-def]
    """Change the set of pairs along the path that the search found."""
    o = goal - len(s.need)
    if o < 0:
        s.need[goal].left += 1
        if goal == source:
            return
        o = s.need[goal].via
        part(s, goal, o)
    while True:
        offer = s.offer[o]
        n, before = offer.via, s.need[offer.via].via
        if n != source:
            part(s, n, before)
        s.place[s.need[n].place_first + s.need[n].served] = o
        s.need[n].served += 1
        at = offer.slot_first + offer.used
        s.slot[at].need, s.slot[at].cost = n, offer.cost
        offer.used += 1
        if n == source:
            return
        o = before


def best_set(a: Arrays, g: Grid, enough: Callable[[], bool]) -> State:
    """The best set of pairs, with its prices; once there has been ``enough``, whoever is left takes what is free."""
    s, order = new_state(a, g), places_order(a)
    pool = first_look(a, g, s, order)
    end, bits = len(pool), node_bits(len(s.need), len(s.offer))
    for start in range(0, len(order), BETWEEN_LOOKS):
        if enough():
            take_what_is_free(a, s, order[start:], pool)
            break
        pool, end = assign(a, g, s, order[start : start + BETWEEN_LOOKS], pool, end, bits)
    return s


@kernel
def assign(a, g, s, order, pool, end, bits):  # type: ignore[no-untyped-def]
    """Fill place after place; after each the set is the best one for the places so far. Returns the pool and its end."""
    heap = [np.int64(0)]
    for n in order:
        for _ in range(a.need_places[n]):
            length, goal, pool, end = search(a, g, s, n, pool, end, heap, bits)
            reprice(s, length)
            follow(s, n, goal)
    return pool, end


@kernel
def take_what_is_free(a, s, order, pool):  # type: ignore[no-untyped-def]
    """For needs that nobody has searched for: the cheapest free offers of their lists. Their prices bound what a search might win."""
    total = len(s.offer)
    for n in order:
        need, turn = s.need[n], first_turn(n, total)
        least = need.penalty
        for at in range(need.list_first, need.list_first + need.list_length):
            cost, o = pool[at] >> 32, ((pool[at] & 0xFFFF_FFFF) + turn) % total
            offer = s.offer[o]
            least = min(least, cost + offer.price if at + 1 < need.list_first + need.list_length or need.whole else cost)
            if need.served < a.need_places[n] and offer.used < offer.capacity:
                s.place[need.place_first + need.served] = o
                need.served += 1
                slot = s.slot[offer.slot_first + offer.used]
                slot.need, slot.cost = n, cost
                offer.used += 1
        need.left = a.need_places[n] - need.served
        need.price = least
