"""Compiled: one seeker's cheapest hosts of those that are there now, every rule asked on the way.

While it is among the best, a host is written as (level · 2²⁹ + metres) · 2³² + slot · 2 + (1 when the two meet from afar). Of those
with the same metres whoever is to be asked sooner comes first.
"""

import numpy as np

from matching.arrays import LEVEL_BIT, WORDS
from matching.candidates import FEW, within
from matching.distance import BENT_REACH_M, ERROR_M, TOO_FAR, bent_m, exact_m, to_xyz
from matching.geo import MIN_CURVATURE_M
from matching.grid import half_width, row_of, rows_within
from matching.ground import AT_ONCE, ENTRY, HOST, LAYERS, ROUNDED_M, UNITS, cell_within, far_of, later, row_within, tables_of, world_at
from matching.jit import inner_kernel, kernel
from matching.memory import array_at, fetch
from matching.model import REMOTE_COST_M

ANY_COST = (1 << LEVEL_BIT) - 1
PAD_M = 0.02
"""More than a rounded point can be nearer than it is."""
OPEN_M = ROUNDED_M + ERROR_M
"""Metres so near to a decision are worked out again, from points that are not rounded."""
ENTRY_BYTES, FETCHED = ENTRY.itemsize, 32
"""So many entries of a run are fetched ahead; the rest of a longer one follows by itself."""
WIDER = 0.3
"""Each step goes farther by a cell, or by this share of the way."""
QUESTION = np.dtype([(name, np.float64) for name in ("lon", "lat", "radius", "far", "profile", "level", "looks", "names")])
LOOK = np.dtype([(name, np.float64) for name in ("group", "level")])
BARRING = np.dtype([(name, np.int64) for name in ("barred", "held")])
QUESTION_BYTES, LOOK_BYTES, BARRING_BYTES = QUESTION.itemsize, LOOK.itemsize, BARRING.itemsize
HOST_BYTES, ID_BYTE = HOST.itemsize, HOST.fields["id"][1]  # type: ignore[index]
NOT_ASKED = -1


@kernel
def search(world, question, barring, every, limit):  # type: ignore[no-untyped-def]
    """Write the first hosts that cost at most ``limit`` metres, as many as there is room for; return how many. In the world's last
    table stand then what each costs, its id, 1 when it meets the seeker from afar, and its slot.

    The first three are addresses: an array takes longer to be handed over. ``world`` is :func:`matching.ground.world_of`. A question is
    followed by its looks, the lowest level first, and its names; ``far`` is 1 when the seeker also meets from afar. ``barring`` says how
    many slots of hosts follow who are not to be met, and how many areas that hold the seeker's point; both ascend. Where these hosts are
    NOT_ASKED for and there may be any, so it returns. With ``every`` all are found whom category, mode and distance let meet.
    """
    groups, hosts, bits, fits, busy, room, found = world_at(world)
    q, counts, keys, count = array_at(question, 1, QUESTION)[0], array_at(barring, 1, BARRING)[0], found[0], 0
    if len(keys) == 0:
        return 0
    if counts.barred == NOT_ASKED and not every:
        for name in array_at(question + QUESTION_BYTES + np.int64(q.looks) * LOOK_BYTES, np.int64(q.names), np.float64):
            if busy[np.int64(name)]:
                return NOT_ASKED
    barred = array_at(barring + BARRING_BYTES, max(counts.barred, np.int64(0)), np.int64)
    held = array_at(barring + BARRING_BYTES + 8 * len(barred), counts.held, np.int64)
    profile, here = np.int64(q.profile), to_xyz(q.lon, q.lat)
    table = fits[profile] if profile < len(fits) else fits[0, :0]
    rules = (bits, bits[profile], table, q.level, every, barred, held)  # ``barred`` is empty with ``every``
    for look in array_at(question + QUESTION_BYTES, np.int64(q.looks), LOOK):
        group, base = groups[np.int64(look.group)], np.int64(look.level) << LEVEL_BIT
        if count == len(keys) and last_of(keys) >> 32 < base:
            break
        own = (q.lon, q.lat, here, q.radius, limit, base)
        if q.radius >= 0:
            for layer in range(LAYERS):
                count = search_layer(group, layer, hosts, own, rules, room, keys, count)
        if q.far and limit >= REMOTE_COST_M:
            count = add_far(group, hosts, own, rules, keys, count)
    unpack(found, count, hosts)
    return count


@inner_kernel
def unpack(found, count, hosts):  # type: ignore[no-untyped-def]
    """Put what was found in order, and say it in full."""
    keys = found[0]
    if len(keys) > FEW:
        for last in range(count - 1, 0, -1):
            key = keys[last]
            keys[last] = keys[0]
            sink(keys, last, key, hosts)
    for i in range(count):
        found[2, i], found[3, i] = keys[i] & 1, (keys[i] & 0xFFFF_FFFF) >> 1
        found[1, i] = hosts[found[3, i]].id
        keys[i] = keys[i] >> 32 & ANY_COST


@inner_kernel
def search_layer(group, number, hosts, own, rules, room, keys, count):  # type: ignore[no-untyped-def]
    """Step by step outward, until whoever is farther costs more than the best."""
    layers, rows, cells, entries = tables_of(group)
    layer, (lon, lat, _, own_radius, _, _) = layers[number], own
    if layer.reach < 0:
        return count
    lon, lat = np.radians(lon), np.radians(lat)
    own_row, width = row_within(layer, row_of(lat, layer.step)), layer.step * MIN_CURVATURE_M
    most = min(layer.reach, own_radius, worth_m(keys, count, own))
    inner, outer = -1.0, width
    if abs(lon) + half_width(lat, most) > np.pi - 1e-9:
        outer = most  # over the 180th meridian: all in one step
    known = (np.int64(1), np.int64(0), 0.0)
    while inner < most:
        outer = min(outer, most)
        south, north = rows_within(lat, outer, layer.step)
        step = (row_within(layer, south), row_within(layer, north), half_width(lat, outer))
        runs = step_out(group, rows, cells, lon, own_row, step, known, room[AT_ONCE:])
        for at in range(AT_ONCE, AT_ONCE + runs, 2):
            count = add_near(entries, room[at], room[at + 1], hosts, own, rules, room, keys, count)
        most = min(most, worth_m(keys, count, own))
        known, inner, outer = step, outer, outer + max(width, outer * WIDER)
    return count


@inner_kernel
def worth_m(keys, count, own):  # type: ignore[no-untyped-def]
    """Whoever is farther away costs too much: more than the limit, or than as many as there is room for."""
    return (last_of(keys) >> 32) - own[5] + 1.0 if count == len(keys) else own[4] + 1.0


@inner_kernel
def step_out(group, rows, cells, lon, own_row, step, known, runs):  # type: ignore[no-untyped-def]
    """Write the runs of entries (first, behind the last) in the rows from ``step[0]`` to ``step[1]`` and as far as the angle ``step[2]`` to
    either side, but for what the step before looked at, ``known``; return how many numbers that are. The seeker's own row comes first:
    whoever is near spares the rest."""
    turn, wide, narrow, found = (lon + np.pi) / (2 * np.pi), step[2] / (2 * np.pi), known[2] / (2 * np.pi), 0
    for row in range(own_row, own_row + step[1] + 1 - step[0]):
        row -= (step[1] + 1 - step[0]) * (row > step[1])
        columns, begin, behind = np.int64(rows[row].columns), np.int64(rows[row].cell), np.int64(rows[row + 1].cell)
        low, high = np.int64(np.floor((turn - wide) * columns)), np.int64((turn + wide) * columns)
        first, skip_from, skip_to, end = begin, behind, behind, behind  # of the row's cells those from first to end, but for some between
        if low >= 0 and high < columns:
            first = cell_within(rows, cells, row, low)
            skip_from = skip_to = end = cell_within(rows, cells, row, high) + 1
            if known[0] <= row <= known[1]:
                skip_from = cell_within(rows, cells, row, np.int64((turn - narrow) * columns))
                skip_to = cell_within(rows, cells, row, np.int64((turn + narrow) * columns)) + 1
        elif high - low + 1 < columns:  # over the 180th meridian, in one step
            skip_to = cell_within(rows, cells, row, low % columns)
            skip_from = min(cell_within(rows, cells, row, high % columns) + 1, skip_to)
        for from_, to in ((first, skip_from), (skip_to, end)):
            start, stop = np.int64(cells[from_].entry), np.int64(cells[to].entry)
            if start < stop:
                fetch(group.entries + start * ENTRY_BYTES, group.entries + min(stop, start + FETCHED) * ENTRY_BYTES)
                runs[found], runs[found + 1] = start, stop
                found += 2
    return found


@inner_kernel
def add_near(entries, first, behind, hosts, own, rules, near, keys, count):  # type: ignore[no-untyped-def]
    """Of these entries those that the seeker meets in person. Most are sorted out without a branch, which would be guessed wrong."""
    _, _, here, own_radius, limit, base = own
    x, y, z = here[0] * UNITS, here[1] * UNITS, here[2] * UNITS
    for start in range(first, behind, AT_ONCE):
        nearest = min(own_radius, worth_m(keys, count, own))
        some = fitting = 0
        for i in range(start, min(start + AT_ONCE, behind)):
            e = entries[i]
            chord2 = (e.x - x) ** 2 + (e.y - y) ** 2 + (e.z - z) ** 2
            within_m = (min(np.float64(e.radius), nearest) + PAD_M) * UNITS  # below 0 for a hole
            near[some] = i
            some += chord2 <= within_m * abs(within_m)
        for i in range(some):
            near[fitting] = near[i]
            fitting += fit(entries[near[i]], rules)
        for i in range(fitting):
            e = entries[near[i]]
            if allowed(e, e.host, rules):
                cost = near_cost(e, hosts, own)
                if cost != TOO_FAR and cost <= limit:
                    host = hosts.ctypes.data + e.host * HOST_BYTES + ID_BYTE  # whose id is asked for in the end
                    fetch(host, host + 1)
                    count = push(keys, count, (base + cost) << 32 | np.int64(e.host) << 1, hosts)
    return count


@inner_kernel
def near_cost(e, hosts, own):  # type: ignore[no-untyped-def]
    """Whole metres, or TOO_FAR. Where a rounded point leaves that open, the one that is not decides."""
    _, _, here, own_radius, _, _ = own
    radius = min(np.float64(e.radius), own_radius)
    metres = bent_m((here[0] - e.x / UNITS) ** 2 + (here[1] - e.y / UNITS) ** 2 + (here[2] - e.z / UNITS) ** 2)
    if metres >= BENT_REACH_M or abs(metres - radius) <= OPEN_M or abs(metres - np.floor(metres) - 0.5) <= OPEN_M:
        metres = apart_m(hosts[e.host], own)
    return np.int64(TOO_FAR) if metres > radius else np.int64(metres + 0.5)


@inner_kernel
def apart_m(h, own):  # type: ignore[no-untyped-def]
    return exact_m(own[2], own[0], own[1], (h.x, h.y, h.z), h.lon, h.lat)


@kernel
def apart(world, question, slots):  # type: ignore[no-untyped-def]
    """The metres to each that :func:`search` found."""
    hosts, q = world_at(world)[1], array_at(question, 1, QUESTION)[0]
    metres, own = np.empty(len(slots)), (q.lon, q.lat, to_xyz(q.lon, q.lat))
    for i in range(len(slots)):
        metres[i] = apart_m(hosts[slots[i]], own)
    return metres


@inner_kernel
def add_far(group, hosts, own, rules, keys, count):  # type: ignore[no-untyped-def]
    """Those that meet from afar all cost the same, and stand in the order in which they are asked."""
    far, cost = far_of(group), own[5] + REMOTE_COST_M
    for i in range(group.far_count):
        slot = far[i].host
        key, h = cost << 32 | slot << 1 | 1, hosts[slot]
        if count == len(keys) and not after(last_of(keys), key, hosts):
            break
        if fit(h, rules) and not within(rules[5], slot) and not (in_area(h, rules) and meets_near(h, own)):
            count = push(keys, count, key, hosts)
    return count


@inner_kernel
def meets_near(h, own):  # type: ignore[no-untyped-def]
    """Whether the two meet in person, areas aside."""
    radius, here = min(np.float64(h.radius), own[3]), own[2]
    if radius < 0 or (here[0] - h.x) ** 2 + (here[1] - h.y) ** 2 + (here[2] - h.z) ** 2 > (radius + PAD_M) ** 2:
        return False
    return apart_m(h, own) <= radius


@inner_kernel
def fit(s, rules):  # type: ignore[no-untyped-def]
    """Whether hours, languages and level let the two meet; not asked with ``every``."""
    bits, mine, table, level, every, _, _ = rules
    met = table[s.profile] if s.profile < len(table) else meet(bits[s.profile], mine)
    return every | (met & (s.level >= level))


@inner_kernel
def meet(mine, theirs):  # type: ignore[no-untyped-def]
    """Whether two profiles share hours and a language."""
    hours = languages = np.uint64(0)
    for word in range(WORDS):
        hours |= mine[word] & theirs[word]
    for word in range(WORDS, len(mine)):
        languages |= mine[word] & theirs[word]
    return (hours != 0) & (languages != 0)


@kernel
def write_fits(bits, fits, profile):  # type: ignore[no-untyped-def]
    """Whom a new profile meets of those before it."""
    for other in range(profile + 1):
        fits[profile, other] = fits[other, profile] = meet(bits[profile], bits[other])


@inner_kernel
def allowed(s, slot, rules):  # type: ignore[no-untyped-def]
    return not within(rules[5], slot) and in_area(s, rules)


@inner_kernel
def in_area(s, rules):  # type: ignore[no-untyped-def]
    """Whether the host's area is among those that hold the seeker's point; its radius alone counts where it has none."""
    return s.area < 0 or within(rules[6], s.area)


@inner_kernel
def last_of(keys):  # type: ignore[no-untyped-def]
    """Of as many as there is room for, the one that comes last."""
    return keys[0] if len(keys) > FEW else keys[-1]


@inner_kernel
def push(keys, count, key, hosts):  # type: ignore[no-untyped-def]
    """Keep the first keys, as many as there is room for: a few in order, many in a heap with the last one on top. The new count."""
    if count == len(keys) and not after(last_of(keys), key, hosts):
        return count
    if count == len(keys) > FEW:
        sink(keys, count, key, hosts)
        return count
    at = min(count, len(keys) - 1)
    while at:
        before = at - 1 if len(keys) <= FEW else (at - 1) >> 1
        if after(keys[before], key, hosts) == (len(keys) > FEW):
            break
        keys[at] = keys[before]
        at = before
    keys[at] = key
    return min(count + 1, len(keys))


@inner_kernel
def sink(heap, count, key, hosts):  # type: ignore[no-untyped-def]
    """Put the key in the place of the last one."""
    at = 0
    while True:
        child = 2 * at + 1
        if child >= count:
            break
        if child + 1 < count and after(heap[child + 1], heap[child], hosts):
            child += 1
        if not after(heap[child], key, hosts):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = key


@inner_kernel
def after(a, b, hosts):  # type: ignore[no-untyped-def]
    """Whether a written host comes after another: it costs more, or as much and is to be asked later."""
    if a >> 32 != b >> 32:
        return a > b
    return later(hosts[(a & 0xFFFF_FFFF) >> 1], hosts[(b & 0xFFFF_FFFF) >> 1])
