"""Row: one operation at a time on offers that come and go: half of them are questions, a quarter each comings and goings."""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Literal

import numpy as np

from benchmarks.engine.checks import PLANE_ERROR, same_nearest
from benchmarks.engine.city import Array, City, draw, posts
from benchmarks.engine.online_peers import Found, K, OnPostGis, OnSqlite, OnTree, Side
from benchmarks.engine.timing import Missing, NotExact, Row, Sizes
from matching import index
from matching.ranking import best

CHUNK = 1_000
CHUNKS = 12
WHAT = "one question among comings and goings"
PEERS: tuple[tuple[Callable[[City], Side], str, float], ...] = (
    (OnPostGis, OnPostGis.name, 60), (OnSqlite, OnSqlite.name, 25), (OnTree, OnTree.name, 6),
)  # fmt: skip
Step = tuple[Literal["nearest", "insert", "delete"], int]


class Ours:
    """The index asked as the others are: what a need is was told beforehand, and ids come out."""

    name = "ours"

    def __init__(self, city: City) -> None:
        self._offers, self._needs = posts(city)
        index.warm_up()
        self._index = index.OfferIndex(self._offers)
        self._questions = list(map(self._index.question, self._needs))

    def nearest(self, need: int) -> Any:
        costs, ids = self._index.k_best(self._questions[need], K)  # type: ignore[arg-type]  # it was warmed up
        return ids, costs

    def insert(self, offer: int) -> None:
        self._index.put(self._offers[offer])

    def delete(self, offer: int) -> None:
        self._index.remove(offer)


class Whole(Ours):
    """The index as the service asks it: posts go in, pairs come out."""

    def nearest(self, need: int) -> Any:
        return best(self._index, self._needs[need], K)


def online(sizes: Sizes) -> Iterator[Row]:
    """All rules, the ten best."""
    city = draw(sizes.city, sizes.city, side_m=sizes.side_m)
    steps = tape(sizes.city)
    for build, name, reach in PEERS:
        try:
            theirs = build(city)
        except Missing as missing:
            yield Row(WHAT, name, "", f"missing: {missing}", None, reach)
            continue
        yield from beside((Ours(city), Whole(city), theirs), steps, reach)
        with suppress(AttributeError):
            theirs.close()  # type: ignore[attr-defined]


def tape(size: int, seed: int = 1) -> list[Step]:
    """Steps on a city of so many offers and needs, all offers being there at first."""
    rng = np.random.default_rng(seed)
    there, away = list(range(size)), list[int]()
    steps: list[Step] = []
    for draw_ in rng.random(CHUNK * CHUNKS):
        if draw_ < 0.5:
            steps.append(("nearest", int(rng.integers(size))))
        elif draw_ < 0.75 and away:
            steps.append(("insert", _drawn(rng, away, there)))
        else:
            steps.append(("delete", _drawn(rng, there, away)))
    return steps


def _drawn(rng: np.random.Generator, some: list[int], others: list[int]) -> int:
    """One of ``some``, who goes over to the others."""
    place = int(rng.integers(len(some)))
    some[place], some[-1] = some[-1], some[place]
    others.append(some.pop())
    return others[-1]


def beside(sides: tuple[Ours, Whole, Side], steps: list[Step], reach: float) -> Iterator[Row]:
    """All take the steps in turns, some at a time; every answer must be the same before any figure is told."""
    took: list[dict[str, list[float]]] = [{"nearest": [], "insert": [], "delete": []} for _ in sides]
    answers: list[list[Any]] = [[] for _ in sides]
    gc.collect()
    gc.disable()  # as timeit does: posts, and answers kept for comparison, are not to be looked through again and again
    try:
        for first in range(0, len(steps), CHUNK):
            for side, times, said in zip(sides, took, answers, strict=True):
                for what, number in steps[first : first + CHUNK]:
                    work = getattr(side, what)
                    began = time.perf_counter()
                    answer = work(number)
                    times[what].append(time.perf_counter() - began)
                    if what == "nearest":
                        said.append(answer)
    finally:
        gc.enable()
    whole = [[(pair.offer, pair.cost_m) for pair in answer] for answer in answers[1]]
    if [list(zip(*answer, strict=True)) for answer in answers[0]] != whole:
        raise NotExact("the index says one thing and the service another")
    same_nearest(_metres(whole), _metres(answers[2]), PLANE_ERROR)
    for name, share, wanted in (("median", 50, reach), ("99th percentile", 99, reach / 2)):
        asked, pairs, other = (np.percentile(times["nearest"], share) for times in took)
        moves = (", ".join(_said(np.percentile(times[what], share)) for what in ("insert", "delete")) for times in (took[0], took[2]))
        remark = f"posts in, pairs out: {_said(pairs)}; coming, going: {' and '.join(moves)}"
        yield Row(f"{WHAT}, {name}", sides[2].name, _said(asked), _said(other), other / asked, wanted, remark)


def _metres(answers: list[Found]) -> Array:
    metres = np.full((len(answers), K), np.inf)
    for row, answer in zip(metres, answers, strict=True):
        row[: len(answer)] = [apart_m for _, apart_m in answer]
    return metres


def _said(s: float) -> str:
    return f"{s * 1e6:,.0f} µs" if s > 1e-4 else f"{s * 1e6:.3g} µs"
