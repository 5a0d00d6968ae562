"""A grid over the offers' points, compiled: who lives within so many metres, a step outward at a time.

The Earth is cut into rows of equal latitude, each row into columns about as wide; near a pole there are few columns, and the last
is beside the first. Each category has a layer for each doubling of the radius, with cells as wide as its offers lie apart. Only
cells that hold somebody are kept, found by a hash of their place.
"""

from typing import NamedTuple

import numpy as np

from matching.geo import MIN_CURVATURE_M
from matching.jit import Array, kernel

LAYERS = 10
"""Of a category: radii up to 100 m · 2ⁿ; the last one takes all that are larger."""
FINEST_M, COARSEST_M = 40.0, 50_000.0
SEEN_AT_ONCE = 3.0
"""How many neighbours a cell shall hold, about."""
SAMPLE = 3_000
ROW_BITS, COLUMN_BITS = 20, 21
NOWHERE = -1
PAD_M = 0.01
"""Steps reach so much farther than they promise: more than all rounding."""
SCAN = 4
"""A cell looked up costs so many cells looked through."""


class Grid(NamedTuple):
    """``layer_*`` go by category · LAYERS + layer. ``cell_first[c]:cell_first[c + 1]`` are the entries of cell c, and
    ``layer_first[i]:layer_first[i + 1]`` the cells of layer i. ``entry_place`` has x, y, z and the radius, in metres."""

    layer_step: Array
    layer_reach: Array
    layer_first: Array
    table_key: Array
    table_cell: Array
    cell_key: Array
    cell_first: Array
    entry_place: Array
    entry_offer: Array


@kernel
def row_of(lat, step):  # type: ignore[no-untyped-def]
    return np.int64((lat + np.pi / 2) / step)


@kernel
def columns_of(row, step):  # type: ignore[no-untyped-def]
    """How many columns a row has: as many as fit where it is longest."""
    south = row * step - np.pi / 2
    north = south + step
    nearest = min(abs(south), abs(north)) if south * north > 0 else 0.0
    return max(np.int64(1), np.int64(2 * np.pi * np.cos(nearest) / step))


@kernel
def column_of(lon, columns):  # type: ignore[no-untyped-def]
    """Counted on beyond the 180th meridian; the column is the remainder by ``columns``."""
    return np.int64(np.floor((lon + np.pi) / (2 * np.pi) * columns))


@kernel
def key_of(layer, row, column):  # type: ignore[no-untyped-def]
    return ((np.int64(layer) << ROW_BITS | row) << COLUMN_BITS) | column


@kernel
def first_try(key, size):  # type: ignore[no-untyped-def]
    return (key * np.int64(-7046029254386353131) >> np.int64(20)) & np.int64(size - 1)


@kernel
def find_cell(table_key, table_cell, key):  # type: ignore[no-untyped-def]
    at = first_try(key, len(table_key))
    while table_key[at] != key:
        if table_key[at] == NOWHERE:
            return np.int64(NOWHERE)
        at = (at + 1) & (len(table_key) - 1)
    return np.int64(table_cell[at])


@kernel
def keys_of(layers, offers, lon, lat, steps):  # type: ignore[no-untyped-def]
    keys = np.empty(len(layers), np.int64)
    for i in range(len(layers)):
        step, o = steps[layers[i]], offers[i]
        row = row_of(lat[o], step)
        columns = columns_of(row, step)
        keys[i] = key_of(layers[i], row, column_of(lon[o], columns) % columns)
    return keys


@kernel
def hash_cells(cell_keys, table_key, table_cell):  # type: ignore[no-untyped-def]
    for cell in range(len(cell_keys)):
        at = first_try(cell_keys[cell], len(table_key))
        while table_key[at] != NOWHERE:
            at = (at + 1) & (len(table_key) - 1)
        table_key[at], table_cell[at] = cell_keys[cell], cell


def build(offer: Array, category: Array, lon: Array, lat: Array, xyz: Array, radius: Array, categories: int) -> Grid:
    """The grid of rows (offer, category). ``lon`` and ``lat`` in radians, ``xyz`` and ``radius`` in metres, all three by offer."""
    layers = categories * LAYERS
    layer = np.clip(np.ceil(np.log2(np.maximum(radius[offer], 1.0) / 100.0)), 0, LAYERS - 1).astype(np.int64) + category * LAYERS
    steps, reach = np.ones(layers), np.full(layers, -1.0)
    order = np.argsort(layer, kind="stable")
    offer, layer = offer[order], layer[order]
    ends = np.searchsorted(layer, np.arange(layers + 1))
    for i in np.flatnonzero(np.diff(ends)):
        mine = offer[ends[i] : ends[i + 1]]
        reach[i] = radius[mine].max()
        steps[i] = _spacing_m(lon[mine], lat[mine], float(reach[i])) / MIN_CURVATURE_M
    keys = keys_of(layer, offer, lon, lat, steps)
    order = np.argsort(keys, kind="stable")
    keys, offer = keys[order], offer[order]
    first = np.flatnonzero(np.diff(keys, prepend=-1))
    cell_keys = keys[first]
    size = 1 << max(4, int(2 * len(first)).bit_length())
    table_key, table_cell = np.full(size, NOWHERE, np.int64), np.zeros(size, np.int32)
    hash_cells(cell_keys, table_key, table_cell)
    return Grid(
        steps, reach, np.searchsorted(cell_keys >> (ROW_BITS + COLUMN_BITS), np.arange(layers + 1)), table_key, table_cell, cell_keys,
        np.append(first, len(offer)), np.column_stack([xyz[offer], radius[offer]]), offer.astype(np.int32),
    )  # fmt: skip


def _spacing_m(lon: Array, lat: Array, reach: float) -> float:
    """How wide cells must be to hold a few each, judged by a sample; many at one address count once."""
    pick = np.random.default_rng(len(lon)).choice(len(lon), SAMPLE, replace=False) if len(lon) > SAMPLE else np.arange(len(lon))
    points = np.unique(np.column_stack([lon[pick] * np.cos(lat[pick]), lat[pick]]) * MIN_CURVATURE_M, axis=0)
    size = FINEST_M
    while size < min(reach, COARSEST_M):
        cells = np.floor(points / size).astype(np.int64)
        counts = np.unique(cells[:, 0] << 32 ^ cells[:, 1] & 0xFFFF_FFFF, return_counts=True)[1]
        if (counts * (counts - 1)).sum() / len(points) * (len(lon) / len(pick)) + 1 >= SEEN_AT_ONCE:
            break
        size *= 1.4
    return float(size)


@kernel
def half_width(lat, metres):  # type: ignore[no-untyped-def]
    """The angle to either side that ``metres`` can span at this latitude; all the way round where a pole is that near."""
    angle = (metres + PAD_M) / MIN_CURVATURE_M
    if abs(lat) + angle >= np.pi / 2:
        return np.pi
    return np.arcsin(min(1.0, np.sin(angle) / np.cos(lat)))


@kernel
def rows_within(lat, metres, step):  # type: ignore[no-untyped-def]
    """The first row and the last; none when ``metres`` is negative."""
    if metres < 0:
        return np.int64(1), np.int64(0)
    angle = (metres + PAD_M) / MIN_CURVATURE_M
    return row_of(max(lat - angle, -np.pi / 2), step), row_of(min(lat + angle, np.pi / 2), step)


@kernel
def span(lon, half, columns):  # type: ignore[no-untyped-def]
    """First and last column; no more than all of them."""
    low = column_of(lon - half, columns)
    return low, min(column_of(lon + half, columns), low + columns - 1)


@kernel
def step_out(g, layer, lon, lat, inner, outer, cells):  # type: ignore[no-untyped-def]
    """Write the cells that hold what lies within ``outer`` metres, but for those of an earlier step to ``inner`` (below 0: none).

    Returns how many; ``cells`` needs room for all of the layer. Whatever is not in them lies more than ``outer`` metres away.
    """
    step, found = g.layer_step[layer], 0
    wide, narrow = half_width(lat, outer), half_width(lat, inner)
    south, north = rows_within(lat, outer, step)
    near_south, near_north = rows_within(lat, inner, step)
    columns = columns_of(row_of(lat, step), step)
    low, high = span(lon, wide, columns)
    first, last = g.layer_first[layer], g.layer_first[layer + 1]
    if (north - south + 1) * (high - low + 1) > SCAN * (last - first):
        return look_through(g, layer, lon, south, north, near_south, near_north, wide, narrow, cells)
    for row in range(south, north + 1):
        columns = columns_of(row, step)
        low, high = span(lon, wide, columns)
        if near_south <= row <= near_north:
            skip_from, skip_to = span(lon, narrow, columns)
            if high - low + 1 == columns:  # all round: begin behind what is known
                low, high = skip_from, skip_from + columns - 1
        else:
            skip_from, skip_to = high + 1, high
        column = low
        while column <= high:
            if column == skip_from:
                column = skip_to + 1
                continue
            cell = find_cell(g.table_key, g.table_cell, key_of(layer, row, column % columns))
            if cell != NOWHERE:
                cells[found] = cell
                found += 1
            column += 1
    return found


@kernel
def look_through(g, layer, lon, south, north, near_south, near_north, wide, narrow, cells):  # type: ignore[no-untyped-def]
    """The same for a wide step among few cells: each of the layer is looked at."""
    step, found = g.layer_step[layer], 0
    for cell in range(g.layer_first[layer], g.layer_first[layer + 1]):
        row = (g.cell_key[cell] >> COLUMN_BITS) & ((1 << ROW_BITS) - 1)
        column = g.cell_key[cell] & ((1 << COLUMN_BITS) - 1)
        if south <= row <= north:
            columns = columns_of(row, step)
            low, high = span(lon, wide, columns)
            if (column - low) % columns <= high - low:
                low, high = span(lon, narrow, columns)
                if not (near_south <= row <= near_north and (column - low) % columns <= high - low):
                    cells[found] = cell
                    found += 1
    return found
