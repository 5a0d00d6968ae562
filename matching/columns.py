"""Posts side by side: some two hundred bytes each in place of a thousand, in the columns that the solver's arrays are made from."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cached_property
from itertools import pairwise
from operator import attrgetter
from typing import Any, Generic, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from matching.hours import ANY_TIME
from matching.model import Need, Offer

Post = TypeVar("Post", Offer, Need)

FRACTIONS, WHOLES = ("lon", "lat"), ("radius_m", "capacity", "places", "level")
BOUNDS = {"lon": (-180, 180), "lat": (-90, 90), "radius_m": (0, 20_100_000), "places": (0, 1 << 20), "capacity": (-1 << 20, 1 << 20)}
BETWEEN_NAMES = "\0"


class Columns(Sequence[Post], Generic[Post]):
    """The posts in the order given, which may come row by row from a file; each is made anew whenever it is asked for.

    Numbers are kept as numbers; what many posts share (hours, languages, categories …) once, with a code for each post; ids as they
    are; identities as one text. Raises ``ValueError``, which names the post, for what no post can have.
    """

    def __init__(self, kind: type[Post], posts: Iterable[Post] = ()) -> None:
        self.kind: type[Post] = kind
        self.ids: list[Any] = []
        self._identities: list[str] = []
        names = [field.name for field in fields(kind)]
        self._numbers = {name: array("d" if name in FRACTIONS else "q") for name in names if name in FRACTIONS + WHOLES}
        self._codes = {name: array("q") for name in names if name not in {"id", "identities", *self._numbers}}
        self._known: dict[str, dict[Any, int]] = {name: {} for name in self._codes}
        numbers, shared = attrgetter(*self._numbers), attrgetter(*self._codes)
        code = [(self._known[name], column) for name, column in self._codes.items()]
        for post in posts:
            self.ids.append(post.id)
            self._identities.append(BETWEEN_NAMES.join(sorted(post.identities)))
            for (name, column), value in zip(self._numbers.items(), numbers(post), strict=True):
                try:
                    column.append(value)
                except (TypeError, OverflowError):
                    raise ValueError(f"{self.called} {post.id}: {name} is {value!r}, which is no number that it can be") from None
            for (known, column), value in zip(code, shared(post), strict=True):
                column.append(known.setdefault(value, len(known)))
        self._check()

    @property
    def called(self) -> str:
        return self.kind.__name__.lower()

    def _check(self) -> None:
        for name in BOUNDS.keys() & self._numbers.keys():
            low, high = BOUNDS[name]
            column = self.numbers(name)
            if (wrong := np.flatnonzero(~((column >= low) & (column <= high)))).size:  # so that not-a-number is wrong too
                value = column[wrong[0]]
                raise ValueError(f"{self.called} {self.ids[wrong[0]]}: {name} is {value}, not from {low} to {high}")
        if any(not 0 <= hours <= ANY_TIME for hours in self._known["hours"]):
            wrong_id = next(post.id for post in self if not 0 <= post.hours <= ANY_TIME)
            raise ValueError(f"{self.called} {wrong_id}: hours are no mask of quarters of a week")

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, at: int) -> Post: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Post]: ...
    def __getitem__(self, at: int | slice) -> Post | Sequence[Post]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        values = {name: self.values[name][column[at]] for name, column in self._codes.items()}
        values |= {name: column[at] for name, column in self._numbers.items()}
        return self.kind(id=self.ids[at], identities=frozenset(filter(None, self._identities[at].split(BETWEEN_NAMES))), **values)

    def numbers(self, name: str) -> NDArray[Any]:
        """A field that is a number, by post."""
        return np.array(self._numbers[name])

    def codes(self, name: str) -> NDArray[np.int64]:
        """A field that posts share, by post, as a place in its :attr:`values`."""
        return np.array(self._codes[name])

    @cached_property
    def values(self) -> dict[str, list[Any]]:
        """The different values of each field that posts share."""
        return {name: list(known) for name, known in self._known.items()}

    def identities(self) -> Iterator[list[str]]:
        """Of each post the names of the person."""
        return (text.split(BETWEEN_NAMES) if text else [] for text in self._identities)

    def in_order(self) -> "Columns[Post]":
        """Sorted by id. Raises ``ValueError`` when an id stands twice."""
        order = sorted(range(len(self)), key=self.ids.__getitem__)
        for a, b in pairwise(order):
            if self.ids[a] == self.ids[b]:
                raise ValueError(f"{'an offer' if self.kind is Offer else 'a need'}'s id stands twice: {self.ids[a]}")
        return self if all(a < b for a, b in pairwise(order)) else self.taken(order)

    def taken(self, order: Sequence[int] | NDArray[np.int64]) -> "Columns[Post]":
        """The posts at these places, in this order."""
        copy = Columns(self.kind)
        copy.ids, copy._identities = [self.ids[i] for i in order], [self._identities[i] for i in order]
        copy._numbers = {name: array(column.typecode, np.array(column)[order].tobytes()) for name, column in self._numbers.items()}
        copy._codes = {name: array("q", np.array(column)[order].tobytes()) for name, column in self._codes.items()}
        copy._known = self._known
        return copy


def columns_of(kind: type[Post], posts: Iterable[Post]) -> Columns[Post]:
    """The posts as columns; the same if they are."""
    return posts if isinstance(posts, Columns) else Columns(kind, posts)
