"""Hosts that come and go, laid out for the compiled search. Importing this loads Numba: :mod:`matching.index` does so when it is told to.

Each group has a ground of its own (:mod:`matching.ground`), which is laid out anew when it has no more room; the others stay.
"""

from array import array
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Sequence
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from matching.arrays import WORDS
from matching.geo import to_xyz
from matching.ground import GROUP, HOLE, HOST, LEAST_ROOM, Ground, enter, leave, put, world_of
from matching.hours import half_hours
from matching.jit import Array
from matching.model import Id
from matching.names import Names
from matching.rows import NOT_IN_PERSON, Looks, Question, Row
from matching.search import ANY_COST, NOT_ASKED, apart, search, write_fits

if TYPE_CHECKING:
    from matching.areas import AreasInUse

NONE = np.empty(0, np.int64)
_NOT_ASKED = array("q", (NOT_ASKED, 0))
NAMES_NOT_ASKED = _NOT_ASKED.buffer_info()[0]
TAKES_NOBODY = -(1 << 31)
"""Below any level that is asked for."""
MOST_M = (1 << 31) - 1
MOST_FITS = 2048
"""For so many profiles it is written down which of them meet."""


class Table:
    """Hosts by id, each in some groups. A group is whatever names it."""

    def __init__(self, hosts: Iterable[tuple[Id, Row, int, Collection[Hashable]]]) -> None:
        """Each with its id, when it was asked, and its groups."""
        hosts = list(hosts)
        self._slots: dict[Id, int] = {key: slot for slot, (key, *_) in enumerate(hosts)}
        self._free: list[int] = []
        self._grounds: list[Ground] = []
        self._number_of: dict[Hashable, int] = {}
        self._numbers: dict[Collection[Hashable], Array] = {}
        self._looks: dict[Looks, list[int]] = {}
        self._profiles: dict[tuple[int, frozenset[str]], int] = {}
        self._languages: dict[str, int] = {}
        self._areas: AreasInUse | None = None
        self._names = Names(self._moved)
        self._found = np.empty((4, 0), np.int64)
        self._want = 0
        self._rows: Sequence[Array] = list(self._found)
        self._groups, self._hosts = np.zeros(0, GROUP), np.zeros(0, HOST)
        self._bits, self._fits, self._room = np.zeros((64, WORDS + 1), np.uint64), np.zeros((64, 64), np.bool_), np.zeros(0, np.int64)
        rows = [(row.lon, row.lat, *to_xyz(row.lon, row.lat), asked, key, *self._said(row)) for key, row, asked, *_ in hosts]
        self._hosts = np.array(rows, HOST)
        self._moved()
        for slot, (_, row, *_) in enumerate(hosts):
            self._names.enter(slot, row.identities, row.blocked)
        members = defaultdict[Hashable, list[int]](list)
        for slot, (_, _, _, labels) in enumerate(hosts):
            for label in labels:
                members[label].append(slot)
        for label, slots in members.items():
            self._new_group(label, np.array(slots, np.int64))

    def put(self, key: Id, row: Row, asked: int, labels: Collection[Hashable]) -> None:
        """Insert a host whose id is not there."""
        if not self._free:
            self._more_slots()
        slot = self._slots[key] = self._free.pop()
        mine = self._groups_of(labels)
        said = self._said(row)
        self._names.enter(slot, row.identities, row.blocked)
        done = put(self._at, slot, mine, key, asked, row.lon, row.lat, *said)
        while done < len(mine):
            self._lay_out_anew(int(mine[done]))
            done = enter(self._at, slot, mine, done)

    def remove(self, key: Id, labels: Collection[Hashable], identities: Collection[str], blocked: Collection[str]) -> None:
        slot = self._slots.pop(key)
        self._names.leave(slot, identities, blocked)
        leave(self._at, slot, self._groups_of(labels))
        if self._areas and self._hosts["area"][slot] >= 0:
            self._areas.drop(int(self._hosts["area"][slot]))
        self._free.append(slot)

    def question(self, row: Row, looks_in: Looks) -> Question:
        """A seeker as the search knows it, good for as long as this table is."""
        looks = self._looks.get(looks_in)
        if looks is None:
            groups = self._groups_of(tuple(label for label, _ in looks_in)).tolist()
            levels = [level for _, level in looks_in]
            looks = self._looks[looks_in] = [number for look in zip(groups, levels, strict=True) for number in look]
        profile = self._profile(row.hours, row.languages)
        own, blocked = list(map(self._names.number, row.identities)), list(map(self._names.number, row.blocked))
        said = (row.lon, row.lat, row.radius_m, row.far, profile, row.level, len(looks_in), len(own) + len(blocked), *looks, *own, *blocked)
        numbers = array("d", said)
        return Question(numbers, numbers.buffer_info()[0], own, blocked)

    def search(self, question: Question, want: int, limit_m: int = ANY_COST, every: bool = False) -> Sequence[Array]:
        """The first hosts: what each costs in whole metres, its id, 1 when the two meet from afar, and what :meth:`metres` takes."""
        if want != self._want:
            self._want, self._found = want, np.empty((4, want), np.int64)
            self._rows = list(self._found)
            self._moved()
        count = NOT_ASKED if self._areas else search(self._at, question.address, NAMES_NOT_ASKED, every, limit_m)
        if count == NOT_ASKED:
            barred = [] if every else self._names.barred(question.identities, question.blocked)
            held = self._areas.holding(question.numbers[0], question.numbers[1]).tolist() if self._areas else ()
            barring = array("q", (len(barred), len(held), *barred, *held))
            count = search(self._at, question.address, barring.buffer_info()[0], every, limit_m)
        return self._rows if count == want else [row[:count] for row in self._rows]

    def metres(self, question: Question, slots: Array) -> list[float]:
        """Between the seeker and each host that was found."""
        return apart(self._at, question.address, slots).tolist()  # type: ignore[no-any-return]

    def _said(self, row: Row) -> tuple[int, int, int, int, bool]:
        """A host's radius, profile, level, area, and whether it meets people from afar."""
        area = -1
        if row.area is not None:
            if self._areas is None:
                from matching.areas import AreasInUse  # who has no areas needs no Shapely

                self._areas = AreasInUse()
            area = self._areas.add(row.area)
        level = row.level if row.takes else TAKES_NOBODY
        radius = HOLE if row.radius_m == NOT_IN_PERSON else ceil(min(row.radius_m, MOST_M))
        return radius, self._profile(row.hours, row.languages), level, area, row.far

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
            self._moved()
        self._bits[number] = np.frombuffer(bits.to_bytes(8 * self._bits.shape[1], "little"), "<u8")
        if len(self._fits) <= number < MOST_FITS:
            self._fits = np.pad(self._fits, (0, len(self._fits)))
            self._moved()
        if number < MOST_FITS:
            write_fits(self._bits, self._fits, number)
        return number

    def _groups_of(self, labels: Collection[Hashable]) -> Array:
        """The groups' numbers, which they keep."""
        known = self._numbers.get(labels)
        if known is None:
            for label in labels:
                if label not in self._number_of:
                    self._new_group(label, NONE)
            known = self._numbers[labels] = np.array([self._number_of[label] for label in labels], np.int64)
        return known

    def _new_group(self, label: Hashable, slots: Array) -> None:
        number = self._number_of[label] = len(self._grounds)
        ground = Ground(self._hosts, slots[self._hosts["radius"][slots] != HOLE], slots[self._hosts["far"][slots]])
        self._grounds.append(ground)
        self._groups = np.append(self._groups, np.zeros(1, GROUP))
        self._laid_out(number)

    def _lay_out_anew(self, number: int) -> None:
        ground = self._grounds[number]
        entries, far = ground.entries, ground.far[: self._groups["far_count"][number]]
        self._grounds[number] = Ground(self._hosts, entries["host"][entries["radius"] != HOLE].astype(np.int64), far["host"])
        self._laid_out(number)

    def _laid_out(self, number: int) -> None:
        ground = self._grounds[number]
        self._groups[number] = ground.record()
        if ground.room > len(self._room):
            self._room = np.zeros(ground.room, np.int64)
        self._moved()

    def _more_slots(self) -> None:
        before = len(self._hosts)
        more = before // 4 + LEAST_ROOM
        self._hosts.resize(before + more, refcheck=False)
        self._free = list(range(before, before + more))
        self._moved()

    def _moved(self) -> None:
        """Tell kernels where all is now."""
        self._world = world_of(self._groups, self._hosts, self._bits, self._fits, self._names.busy, self._room, self._found)
        self._at = self._world.ctypes.data


def warm_up() -> None:
    """Compile the search, or load what was compiled before."""
    anybody = Row(0.0, 0.0, 1.0, True, None, 0, frozenset(), 0, True)
    table = Table([(1, anybody, 0, ("any",))])
    for key in range(2, LEAST_ROOM + 3):  # more than there is room for at first
        table.put(key, anybody, 0, ("any",))
    table.remove(2, ("any",), (), ())
    question = table.question(anybody, (("any", 0),))
    table.metres(question, table.search(question, 1)[3])
