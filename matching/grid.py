"""A grid over the hosts' points, compiled: who lives within so many metres.

The Earth is cut into rows of equal latitude, each row into columns about as wide; near a pole there are few columns, and the last
is beside the first. Each group of hosts has a layer for each fourfold radius, or for some of them together, with cells as wide as
its hosts lie apart. The entries lie row after row, so what is wanted of a row is one run of them, or a few.
"""

from typing import NamedTuple

import numpy as np

from matching.geo import MIN_CURVATURE_M
from matching.jit import Array, inner_kernel, kernel

LAYERS = 5
"""Of a group: radii up to 400 m · 4ⁿ; the last one takes all that are larger. Some may be :func:`joined`."""
MOST_JOINED = 2.5
"""Layers become one where no search looks at more than so many times as many hosts for that."""
FINEST_M, COARSEST_M = 40.0, 50_000.0
WIDTHS_M = [FINEST_M * 1.4**n for n in range(24)]
SEEN_AT_ONCE = 5.0
"""How many neighbours a cell shall hold, about."""
SAMPLE = 1_000
MOST_COLUMNS = 1 << 24
"""More than a row can have: the finest go 40,000 km round."""
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
def rows_and_columns(layers, hosts, lon, lat, steps):  # type: ignore[no-untyped-def]
    rows, columns = np.empty(len(layers), np.int64), np.empty(len(layers), np.int64)
    for i in range(len(layers)):
        step, h = steps[layers[i]], hosts[i]
        rows[i] = row_of(lat[h], step)
        around = columns_of(rows[i], step)
        columns[i] = column_of(lon[h], around) % around
    return rows, columns


@kernel
def columns_of_rows(layer_step, layer_south, layer_row):  # type: ignore[no-untyped-def]
    columns = np.empty(layer_row[-1], np.int64)
    for layer in range(len(layer_step)):
        for row in range(layer_row[layer], layer_row[layer + 1]):
            columns[row] = columns_of(layer_south[layer] + row - layer_row[layer], layer_step[layer])
    return columns


def layers_of(radius: Array) -> Array:
    """The layer for each radius in metres."""
    fourfold = np.ceil(np.log2(np.maximum(radius, 1.0) / 400.0) / 2)
    return np.clip(fourfold, 0, LAYERS - 1).astype(np.int64)


def joined(layer: Array, group: Array, radius: Array, groups: int) -> Array:
    """The layers of rows (layer, group, radius), those beside each other as one where that costs little: each layer more is looked through
    on its own, but who looks as far as the large radii reach looks at all the small ones of a layer on the way."""
    place = group * LAYERS + layer
    count, reach = np.bincount(place, minlength=groups * LAYERS), np.zeros(groups * LAYERS)
    np.maximum.at(reach, place, radius)
    into = np.arange(groups * LAYERS)
    for first in range(0, groups * LAYERS, LAYERS):
        since, hosts, apart = first, 0.0, 0.0
        for at in range(first, first + LAYERS):
            hosts, apart = hosts + count[at], apart + count[at] * reach[at] ** 2
            if hosts * reach[at] ** 2 > MOST_JOINED * apart:
                since, hosts, apart = at, count[at], count[at] * reach[at] ** 2
            if count[at]:
                into[since : at + 1] = at
    layers: Array = into[place] - group * LAYERS
    return layers


def build(
    host: Array, group: Array, layer: Array, lon: Array, lat: Array, xyz: Array, radius: Array, profile: Array, groups: int
) -> Grid:  # fmt: skip
    """The grid of rows (host, group, layer). By host: ``lon`` and ``lat`` in radians, ``xyz`` and ``radius`` in metres, ``profile``."""
    layers, layer = groups * LAYERS, group * LAYERS + layer
    steps, reach, order = np.ones(layers), np.full(layers, -1.0), np.argsort(layer, kind="stable")
    host, layer = host[order], layer[order]
    ends = np.searchsorted(layer, np.arange(layers + 1))
    for i in np.flatnonzero(np.diff(ends)):
        mine = host[ends[i] : ends[i + 1]]
        reach[i] = radius[mine].max()
        steps[i] = _spacing_m(lon[mine], lat[mine], float(reach[i])) / MIN_CURVATURE_M
    row, column = rows_and_columns(layer, host, lon, lat, steps)
    some = np.flatnonzero(np.diff(ends))
    south, height = np.zeros(layers, np.int64), np.zeros(layers, np.int64)
    south[some] = np.minimum.reduceat(row, ends[some])
    height[some] = np.maximum.reduceat(row, ends[some]) - south[some] + 1
    layer_row = np.append(0, np.cumsum(height))
    cell = (layer_row[layer] + row - south[layer]) * MOST_COLUMNS + column
    order = np.argsort(cell)
    host, cell = host[order], cell[order]
    first = np.flatnonzero(np.diff(cell, prepend=-1))
    row_cell, cell_column, cell_first = with_empty_cells(
        np.searchsorted(cell[first], np.arange(layer_row[-1] + 1) * MOST_COLUMNS), cell[first] % MOST_COLUMNS, np.append(first, len(host))
    )
    return Grid(
        steps, reach, south, layer_row, columns_of_rows(steps, south, layer_row), row_cell, cell_column, cell_first,
        np.column_stack([xyz[host], radius[host]]), host.astype(np.int32), profile[host].astype(np.int32),
    )  # fmt: skip


@kernel
def with_empty_cells(row_cell, cell_column, cell_first):  # type: ignore[no-untyped-def]
    """``row_cell``, ``cell_column`` and ``cell_first`` with every cell between the first and the last of a row, unless far more are
    empty than not: a column is then found without a search."""
    rows = len(row_cell) - 1
    filled = np.zeros(rows + 1, np.int64)
    for row in range(rows):
        begin, end = row_cell[row], row_cell[row + 1]
        width = cell_column[end - 1] - cell_column[begin] + 1 if begin < end else 0
        filled[row + 1] = filled[row] + (width if width <= MOST_EMPTY * (end - begin) else end - begin)
    column, first = np.empty(filled[-1], np.int64), np.empty(filled[-1] + 1, np.int64)
    for row in range(rows):
        at, begin, end = filled[row], row_cell[row], row_cell[row + 1]
        for cell in range(begin, end):
            while filled[row + 1] - filled[row] > end - begin and at > filled[row] and column[at - 1] + 1 < cell_column[cell]:
                column[at], first[at] = column[at - 1] + 1, cell_first[cell]
                at += 1
            column[at], first[at] = cell_column[cell], cell_first[cell]
            at += 1
    first[-1] = cell_first[-1]
    return filled, column, first


def _spacing_m(lon: Array, lat: Array, reach: float) -> float:
    """How wide cells must be to hold a few each, judged by a sample; many at one address count once."""
    pick = np.random.default_rng(len(lon)).choice(len(lon), SAMPLE, replace=False) if len(lon) > SAMPLE else np.arange(len(lon))
    points = np.column_stack([lon[pick] * np.cos(lat[pick]), lat[pick]]) * MIN_CURVATURE_M
    sizes = np.array([FINEST_M, *(size for size in WIDTHS_M if FINEST_M < size < min(reach, COARSEST_M))])
    return float(sizes[least_size(points, sizes, len(lon))])


@kernel
def least_size(points, sizes, total):  # type: ignore[no-untyped-def]
    """The place of the first size with which cells hold enough of ``total``, of whom the points are a sample; else the last place."""
    low, high, cells = 0, len(sizes) - 1, np.empty(len(points), np.int64)
    while low < high:
        middle = (low + high) >> 1
        if seen_at_once(points, sizes[middle], cells) * total / len(points) + 1 >= SEEN_AT_ONCE:
            high = middle
        else:
            low = middle + 1
    return low


@kernel
def seen_at_once(points, size, cells):  # type: ignore[no-untyped-def]
    """How many others stand in the same cell as a point, on average."""
    for i in range(len(points)):
        cells[i] = np.int64(np.floor(points[i, 0] / size)) << 32 ^ np.int64(np.floor(points[i, 1] / size)) & 0xFFFF_FFFF
    cells.sort()
    first, pairs = 0, 0
    for i in range(1, len(cells) + 1):
        if i == len(cells) or cells[i] != cells[first]:
            pairs += (i - first) * (i - first - 1)
            first = i
    return pairs / len(points)


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
