"""Compiled: one seeker's cheapest hosts of those that are there now, every rule asked on the way.

While it is among the best, a host is written as (level · 2²⁹ + metres) · 2³² + slot · 2 + (1 when the two meet from afar). What a
search is called with are few arrays of records: each array more costs it a tenth of a microsecond.
"""

from typing import Any, NamedTuple

import numpy as np

from matching.arrays import LEVEL_BIT, WORDS, meet
from matching.candidates import WIDER, near_cost, push, sink, within
from matching.distance import TOO_FAR, exact_m, to_xyz
from matching.geo import MIN_CURVATURE_M
from matching.grid import LAYERS, Grid, step_out
from matching.jit import Array, kernel
from matching.model import REMOTE_COST_M

GONE = -1
"""The profile of a host that was taken out."""
ANY_COST = (1 << LEVEL_BIT) - 1
LAYER = np.dtype([("step", np.float64), ("reach", np.float64), ("south", np.int64), ("row", np.int64)])
ROW = np.dtype([("columns", np.int64), ("cell", np.int64)])
CELL = np.dtype([("column", np.int64), ("first", np.int64)])
ENTRY = np.dtype([("x", np.float64), ("y", np.float64), ("z", np.float64), ("radius", np.float64), ("host", np.int64)])
GROUP = np.dtype([("far", np.int64), ("behind_far", np.int64), ("recent", np.int64)])
STATE = np.dtype([("profile", np.int32), ("level", np.int32), ("area", np.int32), ("takes", np.bool_), ("far", np.bool_)], align=True)


class Laid(NamedTuple):
    """Who is there. ``layers``, ``rows`` and ``cells`` are a :class:`matching.grid.Grid` of ``entries`` as it was laid out, and
    ``far`` are those that meet from afar, by group; ``recent`` has, by group, whoever came since, and ``groups`` how many there are.

    By slot of a host: ``place`` has degrees (longitude first), x, y, z and the reach in metres; in ``state`` an area of -1 is none.
    """

    layers: Array
    rows: Array
    cells: Array
    entries: Array
    far: Array
    recent: Array
    groups: Array
    place: Array
    state: Array


def lay(g: Grid, far: Array, groups: Array, recent: Array, place: Array, state: Array) -> Laid:
    """The grid's own reach may be wider than a host's: each has the one that stands in its place."""
    spread = (*g.entry_place.T[:3], place[g.entry_host, 5], g.entry_host)
    return Laid(
        _records(LAYER, (g.layer_step, g.layer_reach, g.layer_south, g.layer_row)),
        _records(ROW, (g.row_columns, g.row_cell)),
        _records(CELL, (g.cell_column, g.cell_first)),
        _records(ENTRY, spread),
        far, recent, groups, place, state,
    )  # fmt: skip


def _records(dtype: Any, columns: tuple[Array, ...]) -> Array:
    """Side by side; where one column is longer than others (it says where the last one ends) these go on with zeros."""
    table = np.zeros(max(map(len, columns)), dtype)
    for name, column in zip(dtype.names, columns, strict=True):
        table[name][: len(column)] = column
    return table


@kernel
def search(  # type: ignore[no-untyped-def]
    layers, rows, cells, entries, far, recent, groups, place, state, bits, lon, lat, own_radius, from_afar, profile, level, looks_in,
    barred, held, every, limit, found, metres, runs,
):  # fmt: skip
    """Write the cheapest hosts of at most ``limit`` metres, in order, as many as there is room for; return how many. In ``found`` stand
    what each costs, its slot, and 1 when it meets the seeker from afar.

    ``looks_in`` are groups and their levels, the lowest first. ``bits`` are by profile, as in :mod:`matching.arrays`. ``barred`` are
    slots of hosts not to be met, ``held`` the areas that hold the seeker's point; both ascend. With ``every`` all are found whom
    category, mode and distance let meet. ``runs`` is room for those of a step.
    """
    g = Grid(
        layers["step"], layers["reach"], layers["south"], layers["row"], rows["columns"], rows["cell"], cells["column"], cells["first"],
        entries, entries, entries,
    )  # fmt: skip
    here, mine, keys, count = to_xyz(lon, lat), bits[profile], found[0], 0
    want = len(keys)
    for i in range(len(looks_in)):
        group, base = looks_in[i, 0], looks_in[i, 1] << LEVEL_BIT
        if count == want and keys[0] >> 32 < base:
            break
        came = recent[group, : groups[group].recent]
        own = (lon, lat, own_radius, level, every, limit, base)
        if own_radius >= 0:
            for layer in range(group * LAYERS, (group + 1) * LAYERS):
                reach = min(g.layer_reach[layer], own_radius, limit + 1.0)
                if g.layer_reach[layer] < 0:
                    continue
                width = g.layer_step[layer] * MIN_CURVATURE_M
                inner, outer = -1.0, width
                while inner < reach and not (count == want and inner > (keys[0] >> 32) - base + 1):
                    outer = min(outer, reach)
                    there = runs[: step_out(g, layer, np.radians(lon), np.radians(lat), inner, outer, runs)]
                    count = add_near(entries, there, place, state, bits, here, mine, own, barred, held, keys, count)
                    inner, outer = outer, outer + max(width, outer * WIDER)
            runs[0, 0], runs[0, 1] = 0, len(came)
            count = add_near(came, runs[:1], place, state, bits, here, mine, own, barred, held, keys, count)
        if from_afar and limit >= REMOTE_COST_M:
            alike = far[groups[group].far : groups[group].behind_far]
            count = add_far(alike, place, state, bits, here, mine, own, barred, held, keys, count)
            count = add_far(came["host"], place, state, bits, here, mine, own, barred, held, keys, count)
    unpack(found, metres, count, place, here, lon, lat)
    return count


@kernel
def unpack(found, metres, count, place, here, lon, lat):  # type: ignore[no-untyped-def]
    """Put what was found in order, and say it in full."""
    keys = found[0]
    for last in range(count - 1, 0, -1):
        key = keys[last]
        keys[last] = keys[0]
        sink(keys, last, key)
    for i in range(count):
        found[1, i], found[2, i] = (keys[i] & 0xFFFF_FFFF) >> 1, keys[i] & 1
        keys[i] = keys[i] >> 32 & ANY_COST
        there = place[found[1, i]]
        metres[i] = exact_m(here, lon, lat, there[2:5], there[0], there[1])


@kernel
def add_near(entries, runs, place, state, bits, here, mine, own, barred, held, keys, count):  # type: ignore[no-untyped-def]
    """Of the entries in ``runs`` (the first, behind the last) those that the seeker meets in person."""
    lon, lat, own_radius, level, every, limit, base = own
    want = len(keys)
    for run in range(len(runs)):
        for i in range(runs[run, 0], runs[run, 1]):
            e = entries[i]
            radius = min(e.radius, own_radius)
            nearest = min(radius, (keys[0] >> 32) - base + 1.0 if count == want else limit + 1.0)
            chord2 = (here[0] - e.x) ** 2 + (here[1] - e.y) ** 2 + (here[2] - e.z) ** 2
            if chord2 > (nearest + 0.01) ** 2:
                continue  # the way over ground is longer
            if there_now(state[e.host], bits, mine, level, every, barred, e.host) and in_area(state[e.host], held):
                cost = near_cost(chord2, (lon, lat), place, e.host, radius)
                if cost != TOO_FAR and cost <= limit:
                    count = push(keys, count, want, (base + cost) << 32 | e.host << 1)
    return count


@kernel
def add_far(hosts, place, state, bits, here, mine, own, barred, held, keys, count):  # type: ignore[no-untyped-def]
    """Those that meet from afar all cost the same: as many as there is room for."""
    lon, lat, own_radius, level, every, _, base = own
    cost, want = base + REMOTE_COST_M, len(keys)
    for i in range(len(hosts)):
        h = hosts[i]
        if count == want and cost >= keys[0] >> 32:
            break
        if not (state[h].far and there_now(state[h], bits, mine, level, every, barred, h)):
            continue
        radius = min(own_radius, place[h, 5])
        chord2 = (here[0] - place[h, 2]) ** 2 + (here[1] - place[h, 3]) ** 2 + (here[2] - place[h, 4]) ** 2
        in_reach = radius >= 0 and chord2 <= (radius + 0.01) ** 2 and in_area(state[h], held)
        if not in_reach or near_cost(chord2, (lon, lat), place, h, radius) == TOO_FAR:  # else these two meet in person
            count = push(keys, count, want, cost << 32 | h << 1 | 1)
    return count


@kernel
def there_now(s, bits, mine, level, every, barred, h):  # type: ignore[no-untyped-def]
    """Whether the host was not taken out, and the rules after distance let the two meet (not asked with ``every``)."""
    if s.profile == GONE or every:
        return s.profile != GONE
    if not (s.takes and s.level >= level):
        return False
    theirs = bits[s.profile]
    return meet(mine, theirs, 0, WORDS) and meet(mine, theirs, WORDS, len(mine)) and not within(barred, h)


@kernel
def in_area(s, held):  # type: ignore[no-untyped-def]
    """Whether the host's area is among those that hold the seeker's point; its radius alone counts where it has none."""
    return s.area < 0 or within(held, s.area)
