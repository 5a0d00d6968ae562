"""Measured in turns: ours, the other, ours, the other; what counts is the ratio of the medians of one run."""

import time
from collections.abc import Callable
from statistics import fmean, median
from typing import Any, NamedTuple

TURNS = 5
PATIENCE_S = 90
"""No further turn begins after so long; two are always taken."""
SHORT_S = 0.2
"""What takes less is done again and again for so long in its turn: a hundredth of a second may be one that the machine gave to others."""


class Sizes(NamedTuple):
    """How many needs there are: in the city, in the town that a slow peer can still manage, in the
    growing cities, and in the country."""

    city: int
    town: int
    growing: tuple[int, ...]
    country: int

    @property
    def side_m(self) -> float:
        """How wide the city is: 20 km when it is whole, and smaller ones as crowded."""
        return side_m(self.city)


def side_m(needs: int) -> float:
    return 20_000 * (needs / 100_000) ** 0.5


FULL = Sizes(100_000, 10_000, (100_000, 200_000, 400_000, 800_000), 1_000_000)
SMALL = Sizes(10_000, 1_000, (5_000, 10_000, 20_000, 40_000), 20_000)


class Missing(Exception):
    """The other side is not there; the text says what is missing."""


class NotExact(Exception):
    """The two sides do not agree on the same input, so that comparing their times would mean nothing."""


class Row(NamedTuple):
    """A line of the table. ``reach`` is how many times faster ours should be."""

    what: str
    against: str
    ours: str
    theirs: str
    times: float | None
    reach: float | None
    remark: str = ""

    def __str__(self) -> str:
        reach = "" if self.reach is None else f"{self.reach:,.4g}"
        missed = self.times is not None and self.reach is not None and self.times < self.reach
        times = "" if self.times is None else f"{self.times:,.3g}{' (missed)' if missed else ''}"
        return f"| {self.what} | {self.against} | {self.ours} | {self.theirs} | {times} | {reach} | {self.remark} |"


HEAD = "| row | against | ours | theirs | times faster | reach | remark |\n| --- | --- | --- | --- | --- | --- | --- |"


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def in_turns(*sides: Callable[[], Any], turns: int = TURNS) -> list[float]:
    """The median seconds of each; in a turn counts the mean of what was done again."""
    taken: list[list[float]] = [[] for _ in sides]
    began = time.perf_counter()
    for turn in range(turns):
        if turn >= 2 and time.perf_counter() - began > PATIENCE_S:
            break
        for side, times in zip(sides, taken, strict=True):
            times.append(_mean_seconds(side))
    return [median(times) for times in taken]


def _mean_seconds(work: Callable[[], Any]) -> float:
    times = [seconds(work)]
    while sum(times) < SHORT_S:
        times.append(seconds(work))
    return fmean(times)


def said(s: float) -> str:
    """Seconds in a unit that suits them."""
    return f"{s:,.2f} s" if s >= 1 else f"{s * 1000:,.3g} ms"
