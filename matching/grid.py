"""A grid over the hosts' points, compiled: who lives within so many metres.

The Earth is cut into rows of equal latitude, each row into columns about as wide; near a pole there are few columns, and the last
is beside the first. Each group of hosts has a layer for each fourfold radius, or for some of them together, with cells as wide as
its hosts lie apart. The entries lie row after row, so what is wanted of a row is one run of them, or a few.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from matching.geo import MIN_CURVATURE_M
from matching.jit import Array, inner_kernel, kernel, parallel_kernel

LAYERS = 5
"""Of a group: radii up to 400 m · 4ⁿ; the last one takes all that are larger. Some may be :func:`joined`."""
MOST_JOINED = 2.5
"""Layers become one where no search looks at more than so many times as many hosts for that."""
FINEST_M, COARSEST_M = 40.0, 50_000.0
WIDTHS_M = [FINEST_M * 1.4**n for n in range(24)]
SEEN_AT_ONCE = 5.0
"""How many neighbours a cell shall hold, about."""
SAMPLE = 1_000
MOST_EMPTY = 16
"""A row has its empty cells too where it is not so many times as long."""
PAD_M = 0.01
"""Steps reach so much farther than they promise: more than all rounding."""


class Grid(NamedTuple):
    """``layer_*`` go by group · LAYERS + layer: the width of its rows in radians, its largest radius (below 0: nobody), its first
    row on Earth, and where its rows begin here. ``row_cell[r]:row_cell[r + 1]`` are the cells of row r, by column, and
    ``cell_first[c]:cell_first[c + 1]`` the entries of cell c. ``entry_place`` has x, y, z and the radius, in metres."""

    layer_step: Array
    layer_reach: Array
    layer_south: Array
    layer_row: Array
    row_columns: Array
    row_cell: Array
    cell_column: Array
    cell_first: Array
    entry_place: Array
    entry_host: Array
    entry_profile: Array


@inner_kernel
def row_of(lat, step):  # type: ignore[no-untyped-def]
    return np.int64((lat + np.pi / 2) / step)


@kernel
def columns_of(row, step):  # type: ignore[no-untyped-def]
    """How many columns a row has: as many as fit where it is longest."""
    south = row * step - np.pi / 2
    north = south + step
    nearest = min(abs(south), abs(north)) if south * north > 0 else 0.0
    return max(np.int64(1), np.int64(2 * np.pi * np.cos(nearest) / step))


@inner_kernel
def column_of(lon, columns):  # type: ignore[no-untyped-def]
    """Counted on beyond the 180th meridian; the column is the remainder by ``columns``."""
    return np.int64(np.floor((lon + np.pi) / (2 * np.pi) * columns))


@kernel
def columns_of_rows(layer_step, layer_south, layer_row):  # type: ignore[no-untyped-def]
    columns = np.empty(layer_row[-1], np.int64)
    for layer in range(len(layer_step)):
        for row in range(layer_row[layer], layer_row[layer + 1]):
            columns[row] = columns_of(layer_south[layer] + row - layer_row[layer], layer_step[layer])
    return columns


@kernel
def layers_of(radius):  # type: ignore[no-untyped-def]
    """The layer for each radius in metres."""
    layer = np.zeros(len(radius), np.int64)
    for i in range(len(radius)):
        reach = 400.0
        while layer[i] < LAYERS - 1 and radius[i] > reach:
            layer[i], reach = layer[i] + 1, 4 * reach
    return layer


@kernel
def joined(layer, group, radius, groups):  # type: ignore[no-untyped-def]
    """The layers of rows (layer, group, radius), those beside each other as one where that costs little: each layer more is looked through
    on its own, but who looks as far as the large radii reach looks at all the small ones of a layer on the way."""
    place = group * LAYERS + layer
    count, reach = np.zeros(groups * LAYERS, np.int64), np.zeros(groups * LAYERS)
    for i in range(len(place)):
        count[place[i]] += 1
        reach[place[i]] = max(reach[place[i]], radius[i])
    into = np.arange(groups * LAYERS)
    for first in range(0, groups * LAYERS, LAYERS):
        since, hosts, apart = first, 0.0, 0.0
        for at in range(first, first + LAYERS):
            hosts, apart = hosts + count[at], apart + count[at] * reach[at] ** 2
            if hosts * reach[at] ** 2 > MOST_JOINED * apart:
                since, hosts, apart = at, np.float64(count[at]), count[at] * reach[at] ** 2
            if count[at]:
                into[since : at + 1] = at
    return into[place] - group * LAYERS


def build(
    host: Array, group: Array, layer: Array, lon: Array, lat: Array, xyz: Array, radius: Array, profile: Array, groups: int
) -> Grid:  # fmt: skip
    """The grid of rows (host, group, layer). By host: ``lon`` and ``lat`` in radians, ``xyz`` and ``radius`` in metres, ``profile``."""
    layer = (group * LAYERS + layer).astype(np.int32)
    order = in_order(np.arange(len(layer), dtype=np.int32), layer)
    host, ends = host.astype(np.int32)[order], np.searchsorted(layer[order], np.arange(groups * LAYERS + 1))
    del order, layer
    host, place, step, reach, south, height, row, column = row_after_row(host, ends, lon, lat, xyz, radius, np.array(WIDTHS_M))
    layer_row = np.append(0, np.cumsum(height))
    row += np.repeat((layer_row[:-1] - south).astype(np.int32), np.diff(ends))
    row_cell, cell_column, cell_first = cells_of(row, column, layer_row[-1])
    return Grid(
        step, reach, south, layer_row, columns_of_rows(step, south, layer_row), row_cell, cell_column, cell_first,
        place, host, profile[host].astype(np.int32),
    )  # fmt: skip


@kernel
def in_order(order, number):  # type: ignore[no-untyped-def]
    """The places in ``number`` that ``order`` has, by their number; those with the same stay as they are."""
    if len(number) == 0:
        return order
    low, numbers = number.min(), number.max() - number.min() + 1
    if numbers > MOST_EMPTY * len(order):
        return order[np.argsort(number[order], kind="mergesort")]
    first, sorted_ = np.zeros(numbers + 1, np.int64), np.empty_like(order)
    for at in order:
        first[number[at] - low + 1] += 1
    for i in range(1, numbers):
        first[i] += first[i - 1]
    for at in order:
        sorted_[first[number[at] - low]] = at
        first[number[at] - low] += 1
    return sorted_


@parallel_kernel
def row_after_row(host, ends, lon, lat, xyz, radius, widths):  # type: ignore[no-untyped-def]
    """The hosts of each layer, which stand between two ``ends``, row after row, and of a row column after column. Returns them
    and their places; by layer its step, reach, first row and number of rows; and by host its row on Earth and its column."""
    layers = len(ends) - 1
    step, reach, south, height = np.ones(layers), np.full(layers, -1.0), np.zeros(layers, np.int64), np.zeros(layers, np.int64)
    sorted_, row, column, place = np.empty_like(host), np.empty_like(host), np.empty_like(host), np.empty((len(host), 4))
    for layer in prange(layers):
        mine = host[ends[layer] : ends[layer + 1]]
        if len(mine):
            for h in mine:
                reach[layer] = max(reach[layer], radius[h])
            step[layer] = spacing_m(mine, lon, lat, reach[layer], widths) / MIN_CURVATURE_M
            rows, columns = np.empty_like(mine), np.empty_like(mine)
            for i in range(len(mine)):
                rows[i] = row_of(lat[mine[i]], step[layer])
            south[layer], height[layer] = rows.min(), rows.max() - rows.min() + 1
            around = np.array([columns_of(south[layer] + i, step[layer]) for i in range(height[layer])])
            for i in range(len(mine)):
                columns[i] = column_of(lon[mine[i]], around[rows[i] - south[layer]]) % around[rows[i] - south[layer]]
            order = in_order(in_order(np.arange(len(mine)).astype(np.int32), columns), rows)
            for i in range(len(mine)):
                at = ends[layer] + i
                sorted_[at], row[at], column[at] = mine[order[i]], rows[order[i]], columns[order[i]]
                x, y, z = xyz[sorted_[at]]
                place[at, 0], place[at, 1], place[at, 2], place[at, 3] = x, y, z, radius[sorted_[at]]
    return sorted_, place, step, reach, south, height, row, column


@kernel
def cells_of(row, column, rows):  # type: ignore[no-untyped-def]
    """``row_cell``, ``cell_column`` and ``cell_first`` of entries in order, with every cell between the first and the last of a row, unless
    far more are empty than not: a column is then found without a search."""
    row_cell, whole, begin = np.zeros(rows + 1, np.int64), np.zeros(rows, np.bool_), 0
    while begin < len(row):
        behind, there = begin + 1, 1
        while behind < len(row) and row[behind] == row[begin]:
            there += column[behind] != column[behind - 1]
            behind += 1
        width = column[behind - 1] - column[begin] + 1
        whole[row[begin]] = width <= MOST_EMPTY * there
        row_cell[row[begin] + 1] = width if whole[row[begin]] else there
        begin = behind
    row_cell = np.cumsum(row_cell)
    cell_column, cell_first, cell = np.empty(row_cell[-1], np.int64), np.empty(row_cell[-1] + 1, np.int64), 0
    for at in range(len(row)):
        if cell == row_cell[row[at]] or column[at] != column[at - 1]:
            while whole[row[at]] and cell > row_cell[row[at]] and cell_column[cell - 1] + 1 < column[at]:
                cell_column[cell], cell_first[cell] = cell_column[cell - 1] + 1, at
                cell += 1
            cell_column[cell], cell_first[cell] = column[at], at
            cell += 1
    cell_first[-1] = len(row)
    return row_cell, cell_column, cell_first


@kernel
def spacing_m(host, lon, lat, reach, widths):  # type: ignore[no-untyped-def]
    """How wide cells must be to hold a few each, judged by a sample; no wider than hosts reach."""
    x, y, some = np.empty(2 * SAMPLE), np.empty(2 * SAMPLE), 0
    for i in range(len(host)):
        if some < len(x) and drawn(i) * len(host) <= SAMPLE:
            x[some], y[some] = lon[host[i]] * np.cos(lat[host[i]]) * MIN_CURVATURE_M, lat[host[i]] * MIN_CURVATURE_M
            some += 1
    low, high = 0, max(0, np.searchsorted(widths, min(reach, COARSEST_M)) - 1)
    while low < high:
        middle = (low + high) >> 1
        if some and seen_at_once(x[:some], y[:some], widths[middle]) * len(host) / some + 1 >= SEEN_AT_ONCE:
            high = middle
        else:
            low = middle + 1
    return widths[low]


@inner_kernel
def drawn(number):  # type: ignore[no-untyped-def]
    """As good as a random number from 0 to 1, the same for the same (the mixing of SplitMix64, Steele et al., 2014)."""
    mixed = np.uint64(number + 1) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.float64((mixed ^ (mixed >> np.uint64(27))) >> np.uint64(11)) / (1 << 53)


@kernel
def seen_at_once(x, y, size):  # type: ignore[no-untyped-def]
    """How many others stand in the same cell as a point, on average."""
    room, pairs = 4, 0
    while room < 2 * len(x):
        room *= 2
    cells, count = np.empty(room, np.int64), np.zeros(room, np.int64)
    for i in range(len(x)):
        cell = np.int64(np.floor(x[i] / size)) << 32 ^ np.int64(np.floor(y[i] / size)) & 0xFFFF_FFFF
        at = np.int64(drawn(cell) * room)
        while count[at] and cells[at] != cell:
            at = (at + 1) & (room - 1)
        pairs += 2 * count[at]
        cells[at], count[at] = cell, count[at] + 1
    return pairs / len(x)


def room_for_runs(g: Grid) -> int:
    """How many runs :func:`runs_within` can write: each row is cut in two at the 180th meridian at the most."""
    return 2 * int(np.diff(g.layer_row).max(initial=0)) + 2


@inner_kernel
def half_width(lat, metres):  # type: ignore[no-untyped-def]
    """An angle to either side that ``metres`` cannot leave at this latitude; all the way round where a pole is that near.

    On the way nobody comes nearer to the pole than by ``metres``, and there a metre turns farthest.
    """
    angle = (metres + PAD_M) / MIN_CURVATURE_M
    if abs(lat) + angle >= np.pi / 2:
        return np.pi
    return min(np.pi, angle / np.cos(abs(lat) + angle))


@inner_kernel
def rows_within(lat, metres, step):  # type: ignore[no-untyped-def]
    """The first row and the last."""
    angle = (metres + PAD_M) / MIN_CURVATURE_M
    return row_of(max(lat - angle, -np.pi / 2), step), row_of(min(lat + angle, np.pi / 2), step)


@inner_kernel
def runs_within(g, layer, lon, lat, metres, wide, runs):  # type: ignore[no-untyped-def]
    """Write the runs of entries (first, behind the last) of what lies within so many metres; return how many runs. Whatever is in none of
    them lies farther away. ``wide`` is the :func:`half_width`."""
    step, found = g.layer_step[layer], 0
    south, north = rows_within(lat, metres, step)
    first_row, rows = g.layer_south[layer], g.layer_row[layer + 1] - g.layer_row[layer]
    for row in range(max(south, first_row), min(north, first_row + rows - 1) + 1):
        at = g.layer_row[layer] + row - first_row
        begin, end = g.row_cell[at], g.row_cell[at + 1]
        if begin == end:
            continue
        columns = g.row_columns[at]
        low = column_of(lon - wide, columns)
        high = min(column_of(lon + wide, columns), low + columns - 1)
        found = add_runs(g.cell_column, g.cell_first, begin, end, low, high, columns, runs, found)
    return found


@inner_kernel
def add_runs(cell_column, cell_first, begin, end, low, high, columns, runs, found):  # type: ignore[no-untyped-def]
    """The entries of a row's cells from column ``low`` to ``high``, which may lie beyond the 180th meridian."""
    length = high - low
    while length >= 0:
        if not 0 <= low < columns:
            low %= columns
        last = min(low + length, columns - 1)
        west, east = cell_column[begin], cell_column[end - 1]
        if east - west == end - 1 - begin:  # no cell is missing
            first, behind = begin + max(low - west, 0), begin + min(last, east) - west + 1
        else:
            first = first_from(cell_column, begin, end, low)
            behind = first_from(cell_column, first, end, last + 1)
        if first < behind and cell_first[first] < cell_first[behind]:
            runs[found, 0], runs[found, 1] = cell_first[first], cell_first[behind]
            found += 1
        length -= last - low + 1
        low = last + 1
    return found


@kernel
def first_from(cell_column, begin, end, low):  # type: ignore[no-untyped-def]
    """The first cell from ``begin`` to before ``end`` whose column is not below ``low``, else ``end``."""
    while begin < end:
        middle = (begin + end) >> 1
        if cell_column[middle] < low:
            begin = middle + 1
        else:
            end = middle
    return begin
