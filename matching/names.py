"""Whom a seeker must not meet: the same person, and people of whom one blocks the other."""

from collections.abc import Callable, Iterable

import numpy as np

FIRST_ROOM = 64


class Names:
    """What tells people apart, by number, and the slots of the hosts that are of that person or block that person. Names are kept for
    good, some hundred bytes each. ``busy`` says by number whether there is any such host; ``moved`` is called when it lies elsewhere."""

    def __init__(self, moved: Callable[[], None]) -> None:
        self._moved = moved
        self._numbers: dict[str, int] = {}
        self._owned: list[tuple[int, ...]] = []
        self._blocking: list[tuple[int, ...]] = []
        self.busy = np.zeros(FIRST_ROOM, np.bool_)
        self._busy = self.busy.data  # a third of the time to write into

    def number(self, name: str) -> int:
        known = self._numbers.get(name)
        return self._new(name) if known is None else known

    def enter(self, slot: int, identities: Iterable[str], blocked: Iterable[str]) -> None:
        for slots, names in ((self._owned, identities), (self._blocking, blocked)):
            for name in names:
                number = self.number(name)
                slots[number] += (slot,)
                self._busy[number] = True

    def leave(self, slot: int, identities: Iterable[str], blocked: Iterable[str]) -> None:
        for slots, names in ((self._owned, identities), (self._blocking, blocked)):
            for name in names:
                number = self._numbers[name]
                slots[number] = _without(slots[number], slot)
                self._busy[number] = bool(self._owned[number] or self._blocking[number])

    def barred(self, identities: Iterable[int], blocked: Iterable[int]) -> list[int]:
        """The slots, ascending, of the hosts that a seeker with these names, who blocks those, must not meet."""
        found = {slot for number in identities for slot in self._owned[number] + self._blocking[number]}
        return sorted(found.union(*(self._owned[number] for number in blocked)))

    def _new(self, name: str) -> int:
        number = self._numbers[name] = len(self._numbers)
        self._owned.append(())
        self._blocking.append(())
        if number == len(self.busy):
            self.busy = np.pad(self.busy, (0, number))
            self._busy = self.busy.data
            self._moved()
        return number


def _without(slots: tuple[int, ...], gone: int) -> tuple[int, ...]:
    return () if len(slots) == 1 else tuple([slot for slot in slots if slot != gone])
