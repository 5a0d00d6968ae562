"""Where the hosts of a group stand: a grid with room between, so that they come and go without its being laid out anew.

Rows and columns are those of :mod:`matching.grid`, with two differences. Each row has a cell at least, and a cell takes whatever lies
before the next one of its row; the outermost ones take all beyond: so there is a cell for any point on Earth. And every fifth place for
an entry is empty. Whoever goes leaves a hole; to a cell that is full the next hole is handed on from cell to cell.
"""

import numpy as np

from matching import grid
from matching.distance import to_xyz
from matching.grid import column_of, row_of
from matching.jit import Array, inner_kernel, kernel, view_kernel
from matching.memory import array_at

LAYER = np.dtype([("step", np.float64), ("reach", np.float64), ("south", np.int64), ("row", np.int64), ("behind", np.int64)])
ROW = np.dtype([(name, np.int32) for name in ("columns", "cell", "west", "whole")])
CELL = np.dtype([("column", np.int32), ("entry", np.int32)])
ENTRY = np.dtype([(name, np.int32) for name in ("x", "y", "z", "radius", "host", "profile", "level", "area")])
FAR = np.dtype([("asked", np.int64), ("id", np.int64), ("host", np.int64)])
HOST = np.dtype([
    *((name, np.float64) for name in ("lon", "lat", "x", "y", "z")), ("asked", np.int64), ("id", np.int64),
    *((name, np.int32) for name in ("radius", "profile", "level", "area")), ("far", np.bool_),
], align=True)  # fmt: skip
GROUP = np.dtype([
    (name, np.int64) for name in ("layers", "rows", "cells", "entries", "far", "row_count", "cell_count", "room", "far_room", "far_count")
])
"""Addresses of a :class:`Ground`'s arrays and their lengths: a kernel that is handed many arrays takes longer for that than to search."""
FIRST_LAYER = 2
"""The grid's layers from this one on; those below are one with it, since each layer more costs a question more than it spares it."""
LAYERS = grid.LAYERS - FIRST_LAYER
SMALL_M = 400 * 4**FIRST_LAYER
UNITS = 256.0
"""Of x, y and z of an entry to a metre, so that half the Earth stays below 2³¹."""
ROUNDED_M = 0.0035
"""What a distance is wrong by since an entry's point is rounded: less than √3 / 512."""
HOLE = -1
"""The radius of a place without entry."""
LEAST_ROOM = 16
SEARCHED = 4096
"""Where no hole is so near, all is laid out anew."""
AT_ONCE = 32
"""Entries that are sorted out together."""


class Ground:
    """``layers``, ``rows`` and ``cells`` say where those of a row or cell begin, as in :class:`matching.grid.Grid`, and each table has
    one line more than there are. ``far`` are those who meet from afar, in the order in which they are asked."""

    def __init__(self, hosts: Array, near: Array, far: Array) -> None:
        """``near`` and ``far`` are slots of those who meet people in person and from afar."""
        self._directory(hosts, near)
        order = np.lexsort((hosts["id"][far], hosts["asked"][far]))
        self.far = np.zeros(len(far) * 5 // 4 + LEAST_ROOM, FAR)
        self.far_count = len(far)
        for name in ("asked", "id"):
            self.far[name][: len(far)] = hosts[name][far[order]]
        self.far["host"][: len(far)] = far[order]

    def _directory(self, hosts: Array, near: Array) -> None:
        who = hosts[near]
        reach = np.maximum(who["radius"], SMALL_M)
        lon, lat = np.radians(who["lon"]), np.radians(who["lat"])
        xyz = np.column_stack([who["x"], who["y"], who["z"]])
        alone = np.zeros(len(near), np.int64)
        g = grid.build(np.arange(len(near)), alone, grid.layers_of(reach), lon, lat, xyz, reach, who["profile"], 1)
        layer_row, (columns, row_cell) = _one_at_least(g.layer_row[FIRST_LAYER:], (g.row_columns, 1), (g.row_cell, None))
        row_cell, (column, cell_first) = _one_at_least(row_cell, (g.cell_column, 0), (g.cell_first, None))
        self.layers = np.zeros(LAYERS, LAYER)
        for name, values in (("step", g.layer_step), ("south", g.layer_south), ("reach", g.layer_reach)):
            self.layers[name] = values[FIRST_LAYER:]
        self.layers["row"], self.layers["behind"] = layer_row[:-1], layer_row[1:]
        self.rows = np.zeros(len(row_cell), ROW)
        self.rows["columns"][:-1], self.rows["cell"] = columns, row_cell
        west, east = column[row_cell[:-1]], column[row_cell[1:] - 1]
        self.rows["west"][:-1], self.rows["whole"][:-1] = west, east - west == np.diff(row_cell) - 1
        spread = cell_first * 5 // 4
        self.entries = np.zeros(len(near) * 5 // 4 + LEAST_ROOM, ENTRY)
        self.entries["radius"] = HOLE
        place = np.arange(len(near)) + np.repeat((spread - cell_first)[:-1], np.diff(cell_first))
        spread[-1] = len(self.entries)
        self.cells = np.zeros(len(spread), CELL)
        self.cells["column"][:-1], self.cells["entry"] = column, spread
        standing = who[g.entry_host]
        for name in ("x", "y", "z"):
            self.entries[name][place] = np.rint(standing[name] * UNITS)
        for name in ("radius", "profile", "level", "area"):
            self.entries[name][place] = standing[name]
        self.entries["host"][place] = near[g.entry_host]

    def record(self) -> tuple[int, ...]:
        """The line of :data:`GROUP`, good for as long as this object lives."""
        tables = (self.layers, self.rows, self.cells, self.entries, self.far)
        lengths = (len(self.rows) - 1, len(self.cells) - 1, len(self.entries), len(self.far), self.far_count)
        return (*(table.ctypes.data for table in tables), *lengths)

    @property
    def room(self) -> int:
        """How many numbers a search works with: two runs in each row of a layer, and some entries."""
        return 4 * int((self.layers["behind"] - self.layers["row"]).max()) + AT_ONCE


def _one_at_least(first: Array, *columns: tuple[Array, int | None]) -> tuple[Array, list[Array]]:
    """Something for each one that has nothing: ``first[i]:first[i + 1]`` is where those of i stand in the columns. What is put in is
    given with the column, or begins where the next one does."""
    empty = np.flatnonzero(np.diff(first) == 0)
    at = first[empty]
    more = [np.insert(column, at, column[at] if value is None else value) for column, value in columns]
    return first + np.searchsorted(empty, np.arange(len(first))), more


def world_of(groups: Array, hosts: Array, bits: Array, fits: Array, busy: Array, room: Array, found: Array) -> Array:
    """Where a table's arrays are, for a kernel; good for as long as they stay."""
    arrays = (groups, hosts, bits, fits, busy, room, found)
    sizes = (len(groups), len(hosts), *bits.shape, len(fits), len(busy), len(room), found.shape[1])
    return np.array([*(array.ctypes.data for array in arrays), *sizes])


@view_kernel
def world_at(address):  # type: ignore[no-untyped-def]
    """By number: groups, hosts, the bits of profiles as in :mod:`matching.arrays`, which of the first ones meet, and which names have any
    hosts. Last, room to work in and for what is found."""
    a = array_at(address, 15, np.int64)
    return (
        array_at(a[0], a[7], GROUP), array_at(a[1], a[8], HOST), array_at(a[2], (a[9], a[10]), np.uint64),
        array_at(a[3], (a[11], a[11]), np.bool_), array_at(a[4], a[12], np.bool_), array_at(a[5], a[13], np.int64),
        array_at(a[6], (4, a[14]), np.int64),
    )  # fmt: skip


@view_kernel
def tables_of(group):  # type: ignore[no-untyped-def]
    """Layers, rows, cells and entries."""
    return (
        array_at(group.layers, LAYERS, LAYER), array_at(group.rows, group.row_count + 1, ROW),
        array_at(group.cells, group.cell_count + 1, CELL), array_at(group.entries, group.room, ENTRY),
    )  # fmt: skip


@view_kernel
def far_of(group):  # type: ignore[no-untyped-def]
    return array_at(group.far, group.far_room, FAR)


@inner_kernel
def row_within(layer, row):  # type: ignore[no-untyped-def]
    """The row, of those that there are in the layer, which takes a row of the Earth."""
    return min(max(layer.row + row - layer.south, layer.row), layer.behind - 1)


@inner_kernel
def cell_within(rows, cells, row, column):  # type: ignore[no-untyped-def]
    """The cell of a row that takes the column."""
    begin, behind = np.int64(rows[row].cell), np.int64(rows[row + 1].cell)
    if rows[row].whole:
        return min(max(begin + column - rows[row].west, begin), behind - 1)
    while begin + 1 < behind:
        middle = (begin + behind) >> 1
        if cells[middle].column <= column:
            begin = middle
        else:
            behind = middle
    return begin


@kernel
def cell_of(layer, rows, cells, lon, lat):  # type: ignore[no-untyped-def]
    row = row_within(layer, row_of(lat, layer.step))
    columns = np.int64(rows[row].columns)
    return cell_within(rows, cells, row, column_of(lon, columns) % columns)


@kernel
def layer_of(radius):  # type: ignore[no-untyped-def]
    return 0 if radius <= SMALL_M else 1 if radius <= 4 * SMALL_M else 2


@kernel
def room_in(cells, entries, cell):  # type: ignore[no-untyped-def]
    """A hole for the cell, or -1."""
    for hole in range(cells[cell].entry, min(len(entries), cells[cell + 1].entry + SEARCHED)):
        if entries[hole].radius == HOLE:
            break
    else:
        return np.int64(-1)
    there = cell
    while cells[there + 1].entry <= hole:
        there += 1
    while there > cell:
        first = int(cells[there].entry)
        entries[hole] = entries[first]
        cells[there].entry, hole, there = first + 1, first, there - 1
    return hole


@kernel
def put(world, slot, mine, key, asked, lon, lat, radius, profile, level, area, far):  # type: ignore[no-untyped-def]
    """Write a host down, and :func:`enter` it."""
    h = world_at(world)[1][slot]
    h.lon, h.lat, h.asked, h.id = lon, lat, asked, key
    h.x, h.y, h.z = to_xyz(lon, lat)
    h.radius, h.profile, h.level, h.area, h.far = radius, profile, level, area, far
    return enter(world, slot, mine, np.int64(0))  # as :class:`matching.table.Table` calls it, lest it be compiled twice


@kernel
def enter(world, slot, mine, begin):  # type: ignore[no-untyped-def]
    """Put the host into its groups, from ``mine[begin]`` on; how many are done. Where that is not all, the next one has no room."""
    groups, hosts = world_at(world)[:2]
    h = hosts[slot]
    for i in range(begin, len(mine)):
        group = groups[mine[i]]
        layers, rows, cells, entries = tables_of(group)
        if h.far and group.far_count == group.far_room:
            return i
        if h.radius != HOLE:
            layer = layers[layer_of(h.radius)]
            at = room_in(cells, entries, cell_of(layer, rows, cells, np.radians(h.lon), np.radians(h.lat)))
            if at < 0:
                return i
            layer.reach = max(layer.reach, np.float64(h.radius))
            e = entries[at]
            e.x, e.y, e.z = np.rint(h.x * UNITS), np.rint(h.y * UNITS), np.rint(h.z * UNITS)
            e.radius, e.host, e.profile, e.level, e.area = h.radius, slot, h.profile, h.level, h.area
        if h.far:
            far, at = far_of(group), group.far_count
            while at > 0 and later(far[at - 1], h):
                far[at] = far[at - 1]
                at -= 1
            far[at].asked, far[at].id, far[at].host = h.asked, h.id, slot
            group.far_count += 1
    return len(mine)


@kernel
def leave(world, slot, mine):  # type: ignore[no-untyped-def]
    """Take the host out of its groups."""
    groups, hosts = world_at(world)[:2]
    h = hosts[slot]
    for i in range(len(mine)):
        group = groups[mine[i]]
        layers, rows, cells, entries = tables_of(group)
        if h.radius != HOLE:
            at = np.int64(cells[cell_of(layers[layer_of(h.radius)], rows, cells, np.radians(h.lon), np.radians(h.lat))].entry)
            while entries[at].radius == HOLE or entries[at].host != slot:
                at += 1
            entries[at].radius = HOLE
        if h.far:
            far, behind = far_of(group), group.far_count
            at = behind - 1
            while far[at].host != slot:
                at -= 1
            for i in range(at + 1, behind):
                far[i - 1] = far[i]
            group.far_count = behind - 1


@inner_kernel
def later(a, b):  # type: ignore[no-untyped-def]
    """Of two who cost the same: whether ``a`` is asked after ``b``."""
    return a.asked > b.asked or (a.asked == b.asked and a.id > b.id)
