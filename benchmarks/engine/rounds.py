"""Rows: the certified round, everything included from the arrays on."""

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.engine import ours
from benchmarks.engine.checks import not_worse, same_score
from benchmarks.engine.city import draw, posts
from benchmarks.engine.flows import Graph, OrTools, graph_of, networkx
from benchmarks.engine.greedy import nearest_first
from benchmarks.engine.ours import Laid, Score
from benchmarks.engine.timing import Missing, NotExact, Row, Sizes, in_turns, said, seconds, side_m
from matching.assignment import solve
from matching.verify import verify

K = 10
SLOW_S = 60
"""A round that takes longer is not repeated."""
SOLVE = "OR-tools' solve of the 10-candidate graph"


def plenty(sizes: Sizes) -> Iterator[Row]:
    yield _beside_ortools("certified round, as many offers as needs", _city(sizes), 20)


def remote(sizes: Sizes) -> Iterator[Row]:
    yield _beside_ortools("the same, some of it from afar", _city(sizes, remote=True), None)


def fewer(sizes: Sizes) -> Iterator[Row]:
    yield _beside_ortools("certified round, 7 offers for 10 needs", _city(sizes, tenths=7), 10)


def short(sizes: Sizes) -> Iterator[Row]:
    yield _beside_ortools("certified round, 4 offers for 10 needs", _city(sizes, tenths=4), 1)


def beside_networkx(sizes: Sizes) -> Iterator[Row]:
    """Small enough to prove ours in two more ways: OR-tools over all eligible pairs, and ``verify``."""
    city = draw(sizes.town, sizes.town, side_m=sizes.side_m)
    laid = ours.lay(city)
    score = _proven(laid)
    offers, needs = posts(city)
    solution = solve(offers, needs)
    problems = verify(offers, needs, solution.pairs, solution.certificate)
    if problems or solution.total_m != score.metres:
        raise NotExact(f"{solution.total_m} m, not {score.metres} m; {problems[:5]}")
    whole = OrTools(graph_of(laid.a, ours.every_pair(laid.a, laid.g)))
    whole.solve()
    same_score(score, whole.score())
    what, against = f"certified round, {sizes.town:,} offers, {sizes.town:,} needs", "networkx' network simplex of the 10-candidate graph"
    try:
        theirs = networkx(graph_of(laid.a, ours.lists(laid.a, laid.g, K)))
    except Missing as missing:
        yield Row(what, against, "", f"missing: {missing}", None, 1000)
        return
    not_worse(score, theirs())
    ours_s, theirs_s = in_turns(partial(ours.solve_round, laid), theirs)
    yield Row(what, against, said(ours_s), said(theirs_s), theirs_s / ours_s, 1000, _greedy(laid, score))


def country(sizes: Sizes) -> Iterator[Row]:
    """A quarter of a city's crowd around everybody."""
    laid = ours.lay(draw(sizes.country, sizes.country, side_m=2 * side_m(sizes.country)))
    yield _beside_ortools(f"certified round of a country, {sizes.country:,} of each", laid, 15)


def growth(sizes: Sizes) -> Iterator[Row]:
    """The same number of neighbours around everybody, in ever larger cities."""
    cities = [ours.lay(draw(n, n, side_m=side_m(n))) for n in sizes.growing]
    for laid in cities:
        _proven(laid)
    taken = in_turns(*(partial(ours.solve_round, laid) for laid in cities), turns=3)
    exponent = float(np.polyfit(np.log(sizes.growing), np.log(taken), 1)[0])
    what = f"growth: {', '.join(f'{n:,}' for n in sizes.growing)} of each at equal density"
    remark = f"exponent {exponent:.2f}, at most 1.15 wanted{' (missed)' if exponent > 1.15 else ''}"
    yield Row(what, "itself", ", ".join(map(said, taken)), "", None, None, remark)


def floor(sizes: Sizes) -> Iterator[Row]:
    """What cannot be done without: the input read once, and the candidate pairs sorted by NumPy."""
    laid = _city(sizes)
    _proven(laid)
    keys, _ = ours.first_lists(laid.a, laid.g, K)

    def least() -> list[Any]:
        return [*(np.sum(column) for column in (*laid.a, *laid.g)), np.sort(keys)]

    ours_s, floor_s = in_turns(partial(ours.solve_round, laid), least)
    remark = f"{ours_s / floor_s:,.0f} times the floor"
    yield Row("certified round, as many offers as needs", "the floor", said(ours_s), said(floor_s), None, None, remark)


def _city(sizes: Sizes, *, tenths: int = 10, remote: bool = False) -> Laid:
    """``tenths`` offers for ten needs."""
    return ours.lay(draw(sizes.city * tenths // 10, sizes.city, side_m=sizes.side_m, remote=remote))


def _beside_ortools(what: str, laid: Laid, reach: float | None) -> Row:
    began = time.perf_counter()
    solved = ours.solve_round(laid)
    first_s = time.perf_counter() - began
    score = ours.proven(laid, *solved)
    room = laid.a.host_places.sum() / laid.a.seeker_places.sum() - 1
    remark = f"room for {room:+.0%} places; posts to arrays: {said(laid.took_s)} more; {_greedy(laid, score)}"
    try:
        peer = OrTools(_ten(laid))
    except Missing as missing:
        return Row(what, SOLVE, said(seconds(partial(ours.solve_round, laid))), f"missing: {missing}", None, reach, remark)
    peer.solve()
    theirs = peer.score()
    not_worse(score, theirs)
    lost = sum(score.served) - sum(theirs.served)
    if first_s > SLOW_S:
        ours_s, theirs_s, remark = first_s, seconds(peer.solve), f"measured once; {remark}"
    else:
        ours_s, theirs_s = in_turns(partial(ours.solve_round, laid), peer.solve)
    return Row(what, SOLVE, said(ours_s), said(theirs_s), theirs_s / ours_s, reach, f"ten candidates lose {lost:,} places; {remark}")


def _proven(laid: Laid) -> Score:
    return ours.proven(laid, *ours.solve_round(laid))


def _ten(laid: Laid) -> Graph:
    return graph_of(laid.a, ours.lists(laid.a, laid.g, K))


def _greedy(laid: Laid, best: Score) -> str:
    """By how much the nearest-first falls short."""
    theirs = nearest_first(laid)
    fewer, urgent = 1 - sum(theirs.served) / sum(best.served), best.served[0] - theirs.served[0]
    per_place = (theirs.metres / sum(theirs.served)) / (best.metres / sum(best.served)) - 1
    return f"nearest first: {fewer:.1%} fewer places served ({urgent:,} urgent ones fewer), {per_place:+.1%} metres a place"
