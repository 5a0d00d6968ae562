"""The compiled solver: successive shortest paths with prices, over lists of pairs that grow where the search needs them.

Bids serve most seekers before the search begins (:mod:`matching.auction`). Where many fight for few, it begins with rough prices: each
pair costs more by its host's, so that nobody looks at what is near but wanted by others, and lists say what is best instead. That is
exact where each host with a price ends full. Where some do not, they look themselves afterwards, in the same arrays
:func:`matching.arrays.turned`, until they are full or their price is 0.
"""

from typing import NamedTuple

import numpy as np

from matching.arrays import TURN, TURN_BITS, Arrays, dearer, grid_of, turned
from matching.auction import Enough, exact_bids, rough_prices
from matching.candidates import Room, among, cheapest, first_lists, host_of, room_for
from matching.grid import Grid, room_for_runs
from matching.heap import drop_first, put
from matching.jit import Array, inner_kernel, kernel

FIRST_LOOK, TO_BID = 8, 16
"""How long lists are at first, and for rough prices."""
FIRST_HEAP = 1 << 12
BETWEEN_LOOKS = 1 << 15
"""So many seekers and hosts are seen, about, before the caller is asked again whether it has been enough: some hundredths of a second."""
NOTHING, ROOM = np.int64(-1), np.int64(-2)
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
    dearest = int(a.penalty.max(initial=0)).bit_length()
    if dearest + node_bits(seekers, hosts) > 62 or dearest + TURN_BITS > 62 or hosts > TURN:
        raise ValueError("these are too many places, with too large a radius, for one round: make rounds of parts of the country")
    places, slots = int(a.seeker_places.sum()), int(a.host_places.sum())
    return State(
        seeker, host, np.zeros(places, np.int64), np.zeros(slots, SLOT), np.zeros(seekers, np.int64), np.zeros(hosts, np.int64),
        np.zeros(2, np.int64), room_for(room_for_runs(g)),
    )  # fmt: skip


def node_bits(seekers: int, hosts: int) -> int:
    return (seekers + hosts).bit_length()


def first_look(a: Arrays, g: Grid, s: State, want: int) -> Array:
    """The beginning of each seeker's list."""
    pool, length = np.empty(want * len(s.seeker), np.int64), np.zeros(len(s.seeker), np.int64)
    first_lists(a, g, want, pool, length, len(s.room.runs))
    s.seeker["list_length"] = length
    s.seeker["list_first"] = np.arange(len(length)) * want
    s.seeker["whole"] = length < want
    return pool


@kernel
def stretches(first, count):  # type: ignore[no-untyped-def]
    """Of stretches that begin at ``first``: for each element whose it is, and where it is."""
    whose, where, end = np.empty(count.sum(), np.int64), np.empty(count.sum(), np.int64), 0
    for i in range(len(count)):
        for at in range(count[i]):
            whose[end], where[end] = i, first[i] + at
            end += 1
    return whose, where


def pairs(s: State) -> tuple[Array, Array]:
    """Seekers and hosts of the set, side by side, seeker after seeker."""
    seeker, at = stretches(s.seeker["place_first"], s.seeker["served"])
    return seeker, s.place[at]


def held(s: State) -> tuple[Array, Array]:
    """Hosts and slots of the set, side by side, host after host."""
    host, at = stretches(s.host["slot_first"], s.host["used"])
    return host, s.slot[at]


@inner_kernel
def refill(a, g, seeker, room, n, want, pool, end):  # type: ignore[no-untyped-def]
    """Make the seeker's list of cheapest pairs so long (or whole); return the pool's end."""
    count = cheapest(a, g, n, want, pool[end : end + want], room)
    seeker[n].list_first, seeker[n].list_length, seeker[n].whole = end, count, count < want
    return end + count


@inner_kernel
def search(s, pool, heap, size, best, goal, bits):  # type: ignore[no-untyped-def]
    """Dijkstra from a place to be filled to the nearest free one, or to the seeker that had best stay unserved.

    Lengths are costs less prices, never negative; the heap has length · 2^bits + node. From a seeker it goes along the list as far as
    pairs can matter now, then leaves a note to come back: the bound of a pair is its length if the host's price were 0 (U, Yiu,
    Mouratidis and Mamoulis, SIGMOD 2008). Returns the heap's size, length, goal (a seeker, or number of seekers + host) and what it lacks:
    NOTHING, ROOM in the heap, or more pairs of a seeker, to be called again afterwards. It is handed few arrays, and makes none longer:
    Numba counts who holds an array wherever it is handed on or replaced.
    """
    seeker, host, place, slot, seen = s.seeker, s.host, s.place, s.slot, s.seen
    seekers = len(seeker)
    while size:
        key, node = heap[0] >> bits, heap[0] & ((np.int64(1) << bits) - 1)
        if key >= best:
            break
        if node >= seekers:
            o = node - seekers
            if size + host[o].used > len(heap):
                return size, best, goal, ROOM
            size = drop_first(heap, size)
            if key == host[o].dist:  # else it was reached by a shorter way since
                base, first = key - host[o].price, host[o].slot_first
                for at in range(first, first + host[o].used):
                    m = slot[at].seeker
                    dist = base + seeker[m].price - slot[at].cost
                    if dist < seeker[m].dist and dist < best:
                        see_seeker(seeker, s.seen_seekers, seen, m, dist, o)
                        size = put(heap, size, dist << bits | m)
            continue
        size = drop_first(heap, size)
        n, lacks = seeker[node], NOTHING
        if key != n.key:
            continue
        base, cursor = n.dist - n.price, max(n.cursor, np.int64(0))
        if n.cursor < 0 and base + n.penalty < best:
            best, goal = base + n.penalty, node
        while cursor < n.list_length or not n.whole:
            if cursor == n.list_length or size + 1 == len(heap):
                lacks = node if cursor == n.list_length else ROOM
                size = put(heap, size, key << bits | node)
                break
            pair = pool[n.list_first + cursor]
            cost = pair >> TURN_BITS
            bound = base + cost
            if bound >= best:
                break
            if size and bound > heap[0] >> bits:
                n.key = bound
                size = put(heap, size, bound << bits | node)
                break
            cursor += 1
            o = host_of(node, pair)
            dist = bound + host[o].price
            if dist < host[o].dist and dist < best and not among(place, n.place_first, n.served, o):
                if host[o].dist == FAR_AWAY:
                    s.seen_hosts[seen[1]] = o
                    seen[1] += 1
                host[o].dist, host[o].via, host[o].cost = dist, node, cost
                if host[o].used < host[o].places:
                    best, goal = dist, seekers + o
                else:
                    size = put(heap, size, dist << bits | (seekers + o))
        n.cursor = cursor
        if lacks != NOTHING:
            return size, best, goal, lacks
    return size, best, goal, NOTHING


@inner_kernel
def see_seeker(seeker, seen_seekers, seen, n, dist, via):  # type: ignore[no-untyped-def]
    if seeker[n].dist == FAR_AWAY:
        seen_seekers[seen[0]] = n
        seen[0] += 1
        seeker[n].cursor = -1
    seeker[n].dist, seeker[n].via, seeker[n].key = dist, via, dist


@inner_kernel
def reprice(s, length):  # type: ignore[no-untyped-def]
    """Raise the prices of what lies nearer than the goal, so that no length is negative afterwards; forget the search."""
    for n in s.seen_seekers[: s.seen[0]]:
        s.seeker[n].price += max(0, length - s.seeker[n].dist)
        s.seeker[n].dist = FAR_AWAY
    for o in s.seen_hosts[: s.seen[1]]:
        s.host[o].price += max(0, length - s.host[o].dist)
        s.host[o].dist = FAR_AWAY
    s.seen[:] = 0


@inner_kernel
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


@inner_kernel
def follow(s, source, goal):  # type: ignore[no-untyped-def]
    """Change the set of pairs along the path that the search found."""
    o = goal - len(s.seeker)
    if o < 0:
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


def best_set(a: Arrays, g: Grid, enough: Enough) -> State:
    """The best set of pairs, with its prices; once there has been ``enough``, whoever is left takes what is free."""
    s = new_state(a, g)
    pool = first_look(a, g, s, FIRST_LOOK)
    bids, fight = exact_bids(a, pool, s.seeker["list_length"], enough)
    if fight and not enough(0):
        price = rough_prices(a, first_look(a, g, s, TO_BID), s.seeker["list_length"], enough)
        dear = dearer(a, price)
        pool = first_look(dear, g, s, FIRST_LOOK)
        take_pairs(s, *exact_bids(dear, pool, s.seeker["list_length"], enough)[0].sold)
        serve_left(dear, g, s, pool, enough)
        add_prices(s, price)
    else:
        take_pairs(s, *bids.sold)
        del bids  # a country's take a tenth of a gigabyte
        serve_left(a, g, s, pool, enough)
    unsold = np.where(s.host["price"] > 0, s.host["places"] - s.host["used"], 0)
    return look_back(a, s, unsold, enough) if unsold.any() and not enough(0) else s


def serve_left(a: Arrays, g: Grid, s: State, pool: Array, enough: Enough) -> None:
    """Fill the places that bids have left."""
    left = a.seeker_places - s.seeker["served"]
    enough(int(np.count_nonzero(left == 0)))
    serve(a, g, s, np.flatnonzero(left), left, pool, enough)


@kernel
def take_pairs(s, price, used, buyer, cost):  # type: ignore[no-untyped-def]
    """Begin with the pairs that came of bids, one for each seeker."""
    for o in range(len(s.host)):
        host = s.host[o]
        host.price, host.used = price[o], used[o]
        for at in range(host.slot_first, host.slot_first + host.used):
            seeker = s.seeker[buyer[at]]
            s.slot[at].seeker, s.slot[at].cost = buyer[at], cost[at]
            seeker.price, seeker.served = cost[at] + price[o], 1
            s.place[seeker.place_first] = o


def look_back(a: Arrays, s: State, unsold: Array, enough: Enough) -> State:
    """The set after so many places of each host have looked for seekers."""
    back, order = turned(a), np.flatnonzero(unsold)
    back_g = grid_of(back)
    other = from_the_other_side(back, new_state(back, back_g), s)
    price = other.host["price"].copy()
    add_prices(other, -price)
    serve(dearer(back, price), back_g, other, order, unsold, np.empty(0, np.int64), enough)
    add_prices(other, price)
    del back, back_g  # a country's take a fifth of a gigabyte
    return from_the_other_side(a, s, other)


def from_the_other_side(a: Arrays, s: State, of: State) -> State:
    """The same set and prices, the hosts being the seekers, written into a state for these."""
    s.seeker["price"], s.seeker["served"] = a.penalty - of.host["price"], of.host["used"]
    s.host["price"], s.host["used"] = of.seeker["penalty"] - of.seeker["price"], of.seeker["served"]
    s.seeker["left"] = a.seeker_places - s.seeker["served"]
    s.place[:] = of.slot["seeker"]
    seeker, slot = held(of)
    order = np.argsort(slot["seeker"], kind="stable")
    host, at = stretches(s.host["slot_first"], s.host["used"])
    s.slot["seeker"][at] = seeker[order]
    s.slot["cost"][at] = slot["cost"][order] + a.penalty[seeker[order]] - of.seeker["penalty"][host]
    return s


def add_prices(s: State, price: Array) -> None:
    """Undo :func:`matching.arrays.dearer`."""
    s.host["price"] += price
    s.slot["cost"] -= np.repeat(price, s.host["places"])


def serve(a: Arrays, g: Grid, s: State, order: Array, places: Array, pool: Array, enough: Enough) -> None:
    """Fill so many places of each seeker in order."""
    end, heap, bits = len(pool), np.empty(FIRST_HEAP, np.int64), node_bits(len(s.seeker), len(s.host))
    served = 0
    while len(order):
        if enough(served):
            take_what_is_free(a, s, order, pool)
            break
        served, pool, end, heap = assign(a, g, s, order, places, pool, end, heap, bits, BETWEEN_LOOKS)
        order = order[served:]
    else:
        enough(served)  # so that it knows of the last ones
    s.seeker["left"] = a.seeker_places - s.seeker["served"]


@kernel
def assign(a, g, s, order, places, pool, end, heap, bits, most):  # type: ignore[no-untyped-def]
    """Fill place after place; after each the set is the best one for the places so far. Ends after the seeker with whom so many are seen.
    Returns how many seekers are served, the pool, its end, and the heap."""
    seen = 0
    for i in range(len(order)):
        n = order[i]
        if seen >= most:
            return i, pool, end, heap
        for _ in range(places[n]):
            see_seeker(s.seeker, s.seen_seekers, s.seen, n, np.int64(0), np.int64(-1))
            size, length, goal = put(heap, 0, np.int64(n)), FAR_AWAY, np.int64(-1)
            size, length, goal, lacks = search(s, pool, heap, size, length, goal, bits)
            while lacks != NOTHING:
                if lacks == ROOM:
                    heap = longer(heap, 2 * len(heap))
                else:
                    want = max(FIRST_LOOK, 2 * s.seeker[lacks].list_length)
                    if end + want > len(pool):
                        pool = longer(pool, end + want + len(pool) // 4)
                    end = refill(a, g, s.seeker, s.room, lacks, want, pool, end)
                size, length, goal, lacks = search(s, pool, heap, size, length, goal, bits)
            seen += s.seen.sum()
            reprice(s, length)
            follow(s, n, goal)
    return len(order), pool, end, heap


@kernel
def longer(array, length):  # type: ignore[no-untyped-def]
    copy = np.empty(length, np.int64)
    copy[: len(array)] = array
    return copy


@kernel
def take_what_is_free(a, s, order, pool):  # type: ignore[no-untyped-def]
    """For seekers that nobody has searched for: the cheapest free hosts of their lists. Their prices bound what a search might win."""
    for n in order:
        seeker = s.seeker[n]
        least, behind = seeker.penalty, seeker.list_first + seeker.list_length
        if behind == seeker.list_first and not seeker.whole:
            continue
        for at in range(seeker.list_first, behind):
            cost, o = pool[at] >> TURN_BITS, host_of(n, pool[at])
            host = s.host[o]
            least = min(least, cost + host.price if at + 1 < behind or seeker.whole else cost)
            if seeker.served < a.seeker_places[n] and host.used < host.places and not among(s.place, seeker.place_first, seeker.served, o):
                s.place[seeker.place_first + seeker.served] = o
                seeker.served += 1
                slot = s.slot[host.slot_first + host.used]
                slot.seeker, slot.cost = n, cost
                host.used += 1
        seeker.price = least
