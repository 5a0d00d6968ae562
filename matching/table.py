"""Hosts that come and go, laid out for the compiled search. Importing this loads Numba: :mod:`matching.index` does so when it is told to.

A grid holds whoever was there when it was laid out. Whoever comes later stands in a short list that each search reads through, and
whoever goes is struck out where they stand; when a list or the room for more is full, all is laid out anew.
"""

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from matching import grid
from matching.arrays import WORDS
from matching.geo import to_xyz
from matching.hours import half_hours
from matching.jit import Array
from matching.model import Id
from matching.rows import NOT_IN_PERSON, Row
from matching.search import ANY_COST, ENTRY, GONE, GROUP, STATE, lay, search

if TYPE_CHECKING:
    from matching.areas import AreasInUse

LEAST_ROOM, SHARE = 64, 64
"""Before all is laid out anew, so many may come to a group, or this part of all."""
SMALL_M = 6_400
"""Radii up to this are searched together: each layer more costs a question more than the entries that it spares it."""
STRIP_DEGREES = 0.005
NONE = np.empty(0, np.int64)


class Table:
    """Hosts by id, each in some groups. A group is whatever names it."""

    def __init__(self, hosts: Iterable[tuple[Id, Row, Sequence[Hashable]]]) -> None:
        hosts = list(hosts)
        self._groups: dict[Hashable, int] = {}
        self._profiles: dict[tuple[int, frozenset[str]], int] = {}
        self._languages: dict[str, int] = {}
        self._areas: AreasInUse | None = None
        self._bits = np.zeros((LEAST_ROOM, WORDS + 1), np.uint64)
        self._found, self._metres = np.empty((3, 0), np.int64), np.empty(0)
        total = len(hosts)
        self._place, self._state = np.zeros((total, 6)), np.zeros(total, STATE)
        self._ids: list[Id] = [key for key, _, _ in hosts]
        self._slots: dict[Id, int] = {key: slot for slot, (key, _, _) in enumerate(hosts)}
        self._looks: dict[tuple[tuple[Hashable, int], ...], Array] = {}
        rows = []
        for slot, (_, row, groups) in enumerate(hosts):
            self._write(slot, row)
            rows += [(slot, self._groups.setdefault(label, len(self._groups))) for label in groups]
        self._lay_out(*np.array(rows, np.int64).reshape(-1, 2).T)

    def put(self, key: Id, row: Row, groups: Sequence[Hashable]) -> None:
        """Insert a host whose id is not there."""
        mine = [self._groups.setdefault(label, len(self._groups)) for label in groups]
        if not self._free or any(group >= len(self._recents) or self._recents[group] == self._room for group in mine):
            self._lay_out(*self._standing())
        slot = self._free.pop()
        self._ids[slot], self._slots[key] = key, slot
        self._write(slot, row)
        for group in mine:
            self._recent[group, self._recents[group]] = (*self._place[slot, 2:], slot)
            self._recents[group] += 1

    def change(self, key: Id, row: Row) -> None:
        """The host stays in its groups and where it was, and changes in all else."""
        slot = self._slots[key]
        self._state[slot] = (self._profile(row.hours, row.languages), row.level, self._state["area"][slot], row.takes, row.far)

    def remove(self, key: Id) -> None:
        slot = self._slots.pop(key)
        if self._areas and self._state["area"][slot] >= 0:
            self._areas.drop(int(self._state["area"][slot]))
        self._state["profile"][slot] = GONE

    def search(
        self, row: Row, looks_in: tuple[tuple[Hashable, int], ...], barred: Iterable[Id], want: int, limit_m: int | None = None,
        every: bool = False,
    ) -> tuple[list[int], list[Id], list[int], list[float]]:  # fmt: skip
        """The cheapest hosts: what each costs in whole metres, its id, 1 when the two meet from afar, and the metres between them.

        ``looks_in`` are groups with their levels, the lowest first; ``barred`` are hosts not to meet."""
        if len(self._metres) != want:
            self._found, self._metres = np.empty((3, want), np.int64), np.empty(want)
        profile = self._profile(row.hours, row.languages)
        not_with = np.array(sorted(self._slots[key] for key in barred), np.int64) if barred else NONE
        held = self._areas.holding(row.lon, row.lat) if self._areas else NONE
        count = search(
            *self._laid, self._bits, row.lon, row.lat, row.radius_m, row.far, profile, row.level, self._numbers(looks_in), not_with, held,
            every, ANY_COST if limit_m is None else min(limit_m, ANY_COST), self._found, self._metres, self._runs,
        )  # fmt: skip
        costs, slots, far = self._found[:, :count].tolist()
        return costs, [self._ids[slot] for slot in slots], far, self._metres[:count].tolist()

    def _write(self, slot: int, row: Row) -> None:
        self._place[slot] = (row.lon, row.lat, *to_xyz(row.lon, row.lat), row.radius_m)
        area = -1
        if row.area is not None:
            if self._areas is None:
                from matching.areas import AreasInUse  # who has no areas needs no Shapely

                self._areas = AreasInUse()
            area = self._areas.add(row.area)
        self._state[slot] = (self._profile(row.hours, row.languages), row.level, area, row.takes, row.far)

    def _profile(self, hours: int, languages: frozenset[str]) -> int:
        """The number of these hours and languages; profiles are kept for good, some hundred bytes each."""
        known = self._profiles.get((hours, languages))
        if known is not None:
            return known
        bits = half_hours(hours)
        for code in languages:
            bits |= 1 << 64 * WORDS + self._languages.setdefault(code, len(self._languages))
        number = self._profiles[hours, languages] = len(self._profiles)
        more, wider = number == len(self._bits), WORDS + len(self._languages) // 64 + 1 - self._bits.shape[1]
        if more or wider:
            self._bits = np.pad(self._bits, ((0, number if more else 0), (0, wider)))
        self._bits[number] = np.frombuffer(bits.to_bytes(8 * self._bits.shape[1], "little"), "<u8")
        return number

    def _numbers(self, looks_in: tuple[tuple[Hashable, int], ...]) -> Array:
        """The groups that there are, by number, and their levels."""
        known = self._looks.get(looks_in)
        if known is None:
            there = [(self._groups[label], level) for label, level in looks_in if label in self._groups]
            known = self._looks[looks_in] = np.array(there, np.int64).reshape(-1, 2)
        return known

    def _standing(self) -> tuple[Array, Array]:
        """Slots and groups of all rows whose host is still there."""
        came = [self._recent["host"][group, :count] for group, count in enumerate(self._recents.tolist())]
        slot = np.concatenate([self._slot_of_row, *came])
        group = np.concatenate([self._group_of_row, np.repeat(np.arange(len(came)), self._recents)])
        there = self._state["profile"][slot] != GONE
        return slot[there], group[there]

    def _lay_out(self, slot: Array, group: Array) -> None:
        groups, total = len(self._groups), len(self._slots)
        self._room = max(LEAST_ROOM, total // SHARE)
        slot = self._in_order(total + 4 * self._room)[slot]
        self._slot_of_row, self._group_of_row = slot, group
        place, near, far = self._place, self._place[slot, 5] != NOT_IN_PERSON, self._state["far"][slot]
        lon, lat = np.radians(place[:, 0]), np.radians(place[:, 1])
        radius, small = place[:, 5], place[:, 5] <= SMALL_M
        reach = np.where(small, radius.max(where=small, initial=0), radius)  # one layer of the grid holds all of these
        xyz = np.ascontiguousarray(place[:, 2:5])
        g = grid.build(slot[near], group[near], lon, lat, xyz, reach, self._state["profile"], groups)
        order = np.argsort(group[far], kind="stable")
        ends = np.searchsorted(group[far][order], np.arange(groups + 1))
        self._recent, table = np.zeros((groups, self._room), ENTRY), np.zeros(groups, GROUP)
        table["far"], table["behind_far"], self._recents = ends[:-1], ends[1:], table["recent"]
        self._laid = lay(g, slot[far][order], table, self._recent, place, self._state)
        self._runs = np.empty((grid.room_for_runs(g), 2), np.int64)
        self._looks.clear()

    def _in_order(self, slots: int) -> Array:
        """New slots for all, neighbours side by side, as one search reads them; by old slot, and ``slots`` of them at the least."""
        there = np.array(list(self._slots.values()), np.int64)
        lon, lat = self._place[there, :2].T
        old = there[np.lexsort((lon, np.floor(lat / STRIP_DEGREES)))]
        more = slots - len(old)
        self._place = np.concatenate([self._place[old], np.zeros((more, 6))])
        self._state = np.concatenate([self._state[old], np.zeros(more, STATE)])
        self._ids = [self._ids[slot] for slot in old.tolist()] + [0] * more
        self._slots = {key: slot for slot, key in enumerate(self._ids[: len(old)])}
        self._state["profile"][len(old) :] = GONE
        self._free = list(range(len(old), slots))
        new = np.full(int(there.max(initial=-1)) + 1, -1)
        new[old] = np.arange(len(old))
        return new


def warm_up() -> None:
    """Compile the search, or load what was compiled before."""
    anybody = Row(0.0, 0.0, 1.0, True, None, 0, frozenset(), 0, True)
    Table([(1, anybody, ["any"])]).search(anybody, (("any", 0),), (), 1)
