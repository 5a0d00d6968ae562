"""The compiled solver: successive shortest paths with prices, over lists of pairs that grow where the search needs them."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from matching.arrays import Arrays, turned
from matching.candidates import Room, cheapest, cost_of, first_lists, host_of, room_for
from matching.grid import Grid, room_for_runs
from matching.jit import Array, inner_kernel, kernel

FIRST_LOOK, TIGHT_LOOK = 12, 64
"""How long lists are at first; longer ones, which all cores make together, where more pairs will be needed."""
TIGHT = 1.3
"""How many places a host has for each that is sought, below which many searches go far."""
FIRST_HEAP = 1 << 12
BETWEEN_LOOKS = 64
"""So many seekers are served before the clock is looked at again."""
NO_ROOM = np.int64(-2)
FAR_AWAY = np.int64(1) << np.int64(61)
SEEKER = np.dtype([(name, np.int64) for name in (
    "price", "dist", "via", "key", "cursor", "list_first", "list_length", "whole", "place_first", "served", "left", "penalty",
)])  # fmt: skip
HOST = np.dtype([(name, np.int64) for name in ("price", "dist", "via", "cost", "used", "places", "slot_first")])
SLOT = np.dtype([("seeker", np.int64), ("cost", np.int64)])


class State(NamedTuple):
    """The set of pairs so far, the prices that prove it, and what one search leaves behind.

    ``place`` has the hosts of each seeker from its ``place_first`` on, ``slot`` the seekers of each host from its ``slot_first`` on.
    What is used together lies together: a search jumps about among seekers and hosts.
    """

    seeker: Array
    host: Array
    place: Array
    slot: Array
    seen_seekers: Array
    seen_hosts: Array
    seen: Array
    room: Room


def new_state(a: Arrays, g: Grid) -> State:
    """Nobody served yet, and all prices 0. Raises ``ValueError`` where lengths and numbers together pass 62 bits."""
    seekers, hosts = len(a.seeker_places), len(a.host_places)
    seeker, host = np.zeros(seekers, SEEKER), np.zeros(hosts, HOST)
    seeker["dist"] = host["dist"] = FAR_AWAY
    seeker["penalty"], host["places"] = a.penalty, a.host_places
    seeker["place_first"] = np.cumsum(a.seeker_places) - a.seeker_places
    host["slot_first"] = np.cumsum(a.host_places) - a.host_places
    if int(a.penalty.max(initial=0)).bit_length() + node_bits(seekers, hosts) > 62:
        raise ValueError("these are too many places, with too large a radius, for one round: make rounds of parts of the country")
    places, slots = int(a.seeker_places.sum()), int(a.host_places.sum())
    return State(
        seeker, host, np.zeros(places, np.int64), np.zeros(slots, SLOT), np.zeros(seekers, np.int64), np.zeros(hosts, np.int64),
        np.zeros(2, np.int64), room_for(room_for_runs(g)),
    )  # fmt: skip


def node_bits(seekers: int, hosts: int) -> int:
    return (seekers + hosts).bit_length()


def first_look(a: Arrays, g: Grid, s: State) -> Array:
    """The beginning of each seeker's list."""
    tight = not a.needs_seek or a.host_places.sum() < TIGHT * a.seeker_places.sum()
    look = TIGHT_LOOK if tight else FIRST_LOOK
    pool, length = np.empty(look * len(s.seeker), np.int64), np.zeros(len(s.seeker), np.int64)
    first_lists(a, g, look, pool, length, len(s.room.runs))
    s.seeker["list_length"] = length
    s.seeker["list_first"] = np.arange(len(length)) * look
    s.seeker["whole"] = length < look
    return pool


def pairs(s: State) -> tuple[Array, Array]:
    """Seekers and hosts of the set, side by side, seeker after seeker."""
    served, first = s.seeker["served"], s.seeker["place_first"]
    seeker = np.repeat(np.arange(len(served)), served)
    return seeker, s.place[first[seeker] + np.arange(len(seeker)) - np.repeat(np.cumsum(served) - served, served)]


@kernel
def refill(a, g, seeker, room, n, pool, end):  # type: ignore[no-untyped-def]
    """Make the seeker's list of cheapest pairs four times as long (or whole); return the pool's end."""
    want = 4 * seeker[n].list_length
    count = cheapest(a, g, n, want, pool[end : end + want], room)
    seeker[n].list_first, seeker[n].list_length, seeker[n].whole = end, count, count < want
    return end + count


@inner_kernel
def paired(place, first, served, o):  # type: ignore[no-untyped-def]
    for at in range(first, first + served):  # noqa: SIM110  # Numba has no any()
        if place[at] == o:
            return True
    return False


@inner_kernel
def put(heap, size, key):  # type: ignore[no-untyped-def]
    """Put another key into the heap of so many, the lowest on top; how many there are then."""
    at = size
    while at and heap[(at - 1) >> 1] > key:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    heap[at] = key
    return size + 1


@inner_kernel
def drop_first(heap, size):  # type: ignore[no-untyped-def]
    size -= 1
    key, at = heap[size], 0
    while 2 * at + 1 < size:
        child = 2 * at + 1
        child += child + 1 < size and heap[child + 1] < heap[child]
        if heap[child] >= key:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key
    return size


@inner_kernel
def search(a, g, s, source, pool, end, heap, bits):  # type: ignore[no-untyped-def]
    """Dijkstra from a place to be filled to the nearest free one, or to the seeker that had best stay unserved.

    Lengths are costs less prices, never negative; the heap has length · 2^bits + node. From a seeker it goes along the list as far as
    pairs can matter now, then leaves a note to come back: the bound of a pair is its length if the host's price were 0 (U, Yiu,
    Mouratidis and Mamoulis, SIGMOD 2008). Returns length, goal (a seeker, or number of seekers + host) and the pool's end; the goal is
    NO_ROOM when pool or heap are too short: neither is made longer here, since a loop that changes an array counts its users each turn.
    """
    seeker, host, place, slot, seen, step = s.seeker, s.host, s.place, s.slot, s.seen, a.step
    seekers, best, goal = len(seeker), FAR_AWAY, np.int64(-1)
    see_seeker(seeker, s.seen_seekers, seen, source, np.int64(0), np.int64(-1))
    heap[0], size = source, 1
    while size:
        top = heap[0]
        size = drop_first(heap, size)
        key, node = top >> bits, top & ((np.int64(1) << bits) - 1)
        if key >= best:
            break
        if node >= seekers:
            o = node - seekers
            if key == host[o].dist:  # else it was reached by a shorter way since
                base, first = key - host[o].price, host[o].slot_first
                if size + host[o].used > len(heap):
                    return best, NO_ROOM, end
                for at in range(first, first + host[o].used):
                    m = slot[at].seeker
                    dist = base + seeker[m].price - slot[at].cost
                    if dist < seeker[m].dist and dist < best:
                        see_seeker(seeker, s.seen_seekers, seen, m, dist, o)
                        size = put(heap, size, dist << bits | m)
            continue
        n = seeker[node]
        if key != n.key:
            continue
        base, cursor = n.dist - n.price, max(n.cursor, np.int64(0))
        if n.cursor < 0 and base + n.penalty < best:
            best, goal = base + n.penalty, node
        while cursor < n.list_length or not n.whole:
            if cursor == n.list_length:
                if end + 4 * n.list_length > len(pool):
                    return best, NO_ROOM, end
                end = refill(a, g, seeker, s.room, node, pool, end)
                continue
            pair = pool[n.list_first + cursor]
            cost = cost_of(pair, step)
            bound = base + cost
            if bound >= best:
                break
            if size == len(heap):
                return best, NO_ROOM, end
            if size and bound > heap[0] >> bits:
                n.key = bound
                size = put(heap, size, bound << bits | node)
                break
            cursor += 1
            o = host_of(node, pair)
            dist = bound + host[o].price
            if dist < host[o].dist and dist < best and not paired(place, n.place_first, n.served, o):
                if host[o].dist == FAR_AWAY:
                    s.seen_hosts[seen[1]] = o
                    seen[1] += 1
                host[o].dist, host[o].via, host[o].cost = dist, node, cost
                if host[o].used < host[o].places:
                    best, goal = dist, seekers + o
                else:
                    size = put(heap, size, dist << bits | (seekers + o))
        n.cursor = cursor
    return best, goal, end


@inner_kernel
def see_seeker(seeker, seen_seekers, seen, n, dist, via):  # type: ignore[no-untyped-def]
    if seeker[n].dist == FAR_AWAY:
        seen_seekers[seen[0]] = n
        seen[0] += 1
        seeker[n].cursor = -1
    seeker[n].dist, seeker[n].via, seeker[n].key = dist, via, dist


@kernel
def reprice(s, length):  # type: ignore[no-untyped-def]
    """Raise the prices of what lies nearer than the goal, so that no length is negative afterwards; forget the search."""
    for n in s.seen_seekers[: s.seen[0]]:
        s.seeker[n].price += max(0, length - s.seeker[n].dist)
        s.seeker[n].dist = FAR_AWAY
    for o in s.seen_hosts[: s.seen[1]]:
        s.host[o].price += max(0, length - s.host[o].dist)
        s.host[o].dist = FAR_AWAY
    s.seen[:] = 0


@kernel
def part(s, n, o):  # type: ignore[no-untyped-def]
    """Take the pair out of the set."""
    seeker, host = s.seeker[n], s.host[o]
    last = seeker.place_first + seeker.served - 1
    for at in range(seeker.place_first, last + 1):
        if s.place[at] == o:
            s.place[at] = s.place[last]
    seeker.served -= 1
    last = host.slot_first + host.used - 1
    for at in range(host.slot_first, last + 1):
        if s.slot[at].seeker == n:
            s.slot[at].seeker, s.slot[at].cost = s.slot[last].seeker, s.slot[last].cost
    host.used -= 1


@kernel
def follow(s, source, goal):  # type: ignore[no-untyped-def]
    """Change the set of pairs along the path that the search found."""
    o = goal - len(s.seeker)
    if o < 0:
        s.seeker[goal].left += 1
        if goal == source:
            return
        o = s.seeker[goal].via
        part(s, goal, o)
    while True:
        host = s.host[o]
        n, before = host.via, s.seeker[host.via].via
        if n != source:
            part(s, n, before)
        s.place[s.seeker[n].place_first + s.seeker[n].served] = o
        s.seeker[n].served += 1
        at = host.slot_first + host.used
        s.slot[at].seeker, s.slot[at].cost = n, host.cost
        host.used += 1
        if n == source:
            return
        o = before


SCARCE = 0.8
"""Where offers have less than this share of the places that are wanted, they look for needs: whoever there are too few of soon finds a
free one, and the others would search through most of a city for the last ones."""


def seeking(a: Arrays) -> Arrays:
    """The arrays, needs being their seekers, or the same turned: whichever side has the shorter way."""
    return turned(a) if a.host_places.sum() < SCARCE * a.seeker_places.sum() else a


def best_set(a: Arrays, g: Grid, enough: Callable[[], bool]) -> State:
    """The best set of pairs, with its prices; once there has been ``enough``, whoever is left takes what is free."""
    s = new_state(a, g)
    pool = first_look(a, g, s)
    end, heap, bits, seekers = len(pool), np.empty(FIRST_HEAP, np.int64), node_bits(len(s.seeker), len(s.host)), len(s.seeker)
    for first in range(0, seekers, BETWEEN_LOOKS):
        if enough():
            take_what_is_free(a, s, first, pool)
            break
        pool, end, heap = assign(a, g, s, first, min(first + BETWEEN_LOOKS, seekers), pool, end, heap, bits)
    return s


@kernel
def assign(a, g, s, first, behind, pool, end, heap, bits):  # type: ignore[no-untyped-def]
    """Fill place after place; after each the set is the best one for the places so far. Returns the pool, its end, and the heap."""
    for n in range(first, behind):
        for _ in range(a.seeker_places[n]):
            goal = NO_ROOM
            while goal == NO_ROOM:
                length, goal, end = search(a, g, s, n, pool, end, heap, bits)
                if goal == NO_ROOM:
                    reprice(s, 0)
                    pool, heap = longer(pool), longer(heap)
            reprice(s, length)
            follow(s, n, goal)
    return pool, end, heap


@kernel
def longer(array):  # type: ignore[no-untyped-def]
    twice = np.empty(2 * len(array), np.int64)
    twice[: len(array)] = array
    return twice


@kernel
def take_what_is_free(a, s, first, pool):  # type: ignore[no-untyped-def]
    """For the seekers from ``first`` on, whom nobody has searched for: the cheapest free hosts of their lists. Their prices bound what
    a search might win."""
    for n in range(first, len(s.seeker)):
        seeker = s.seeker[n]
        least = seeker.penalty
        for at in range(seeker.list_first, seeker.list_first + seeker.list_length):
            cost, o = cost_of(pool[at], a.step), host_of(n, pool[at])
            host = s.host[o]
            least = min(least, cost + host.price if at + 1 < seeker.list_first + seeker.list_length or seeker.whole else cost)
            if seeker.served < a.seeker_places[n] and host.used < host.places:
                s.place[seeker.place_first + seeker.served] = o
                seeker.served += 1
                slot = s.slot[host.slot_first + host.used]
                slot.seeker, slot.cost = n, cost
                host.used += 1
        seeker.left = a.seeker_places[n] - seeker.served
        seeker.price = least
