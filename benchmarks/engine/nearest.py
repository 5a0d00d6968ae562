"""Rows: the ten candidates of each need, with all rules and with none but the category."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.engine import neighbours, ours, postgis
from benchmarks.engine.checks import PLANE_ERROR, SPHERE_ERROR, same_nearest
from benchmarks.engine.city import Array, City, draw, without_filters
from benchmarks.engine.ours import Laid
from benchmarks.engine.postgis import PostGis
from benchmarks.engine.timing import Missing, NotExact, Row, Sizes, in_turns, said

K = 10
SPHERE_M = 6_371_008.8


def full(sizes: Sizes) -> Iterator[Row]:
    """Category, distance within the offer's reach, hours, languages, not the same person."""
    yield from _beside_postgis("candidates, all rules", ours.lay(draw(sizes.city, sizes.city, side_m=sizes.side_m)), postgis.FULL, 80)


def plain(sizes: Sizes) -> Iterator[Row]:
    """The category and nothing else."""
    laid = ours.lay(without_filters(draw(sizes.city, sizes.city, side_m=sizes.side_m)))
    what, found = "candidates, category only", ours.lists(laid.a, laid.g, K).metres
    yield from _beside_postgis(what, laid, postgis.PLAIN, 50)
    for name, build, reach in PEERS:
        try:
            ask, metres, error = build(laid.city)
        except Missing as missing:
            yield Row(what, name, "", f"missing: {missing}", None, reach)
            continue
        same_nearest(found, metres, error)
        yield _row(what, name, partial(ours.first_lists, laid.a, laid.g, K), ask, len(laid.city.need_at), reach)


def _beside_postgis(what: str, laid: Laid, conditions: str, reach: float) -> Iterator[Row]:
    try:
        peer = PostGis(laid.city)
    except Missing as missing:
        yield Row(what, "PostGIS LATERAL", "", f"missing: {missing}", None, reach)
        return
    same_nearest(ours.lists(laid.a, laid.g, K).metres, peer.metres(conditions, K), PLANE_ERROR)
    if peer.nearest(conditions, K) != peer.nearest_in_two(conditions, K):
        raise NotExact("PostGIS finds another number in two sessions than in one")
    mine = partial(ours.first_lists, laid.a, laid.g, K)
    yield _row(what, "PostGIS LATERAL", mine, partial(peer.nearest, conditions, K), len(laid.city.need_at), reach)
    yield _row(what, "PostGIS LATERAL, two sessions", mine, partial(peer.nearest_in_two, conditions, K), len(laid.city.need_at), None)
    peer.cluster()
    yield _row(what, "PostGIS LATERAL, its table clustered", mine, partial(peer.nearest, conditions, K), len(laid.city.need_at), None)
    peer.close()


def _row(what: str, against: str, mine: Callable[[], Any], theirs: Callable[[], Any], needs: int, reach: float | None) -> Row:
    ours_s, theirs_s = in_turns(mine, theirs)
    each = f"{ours_s / needs * 1e6:.2f} and {theirs_s / needs * 1e6:.1f} µs a need"
    return Row(what, against, said(ours_s), said(theirs_s), theirs_s / ours_s, reach, each)


def _ckdtree(city: City) -> tuple[neighbours.Ask, Array, float]:
    ask = neighbours.ckdtree(city, K)
    return ask, _by_need(city, ask()), PLANE_ERROR


def _ball_tree(city: City) -> tuple[neighbours.Ask, Array, float]:
    ask = neighbours.ball_tree(city, K)
    return ask, _by_need(city, [angles * SPHERE_M for angles in ask()]), SPHERE_ERROR


def _rtree(city: City) -> tuple[Callable[[], Any], Array, float]:
    ask = neighbours.rtree(city, K)
    there, here = neighbours.plane(city.offer_at), neighbours.plane(city.need_at)
    metres = np.full((len(city.need_at), K), np.inf)
    for (_, needs), (offers, counts) in zip(neighbours.by_category(city), ask(), strict=True):
        need = np.repeat(needs, counts.astype(np.int64))
        turn = np.arange(len(need)) - np.repeat(np.cumsum(counts) - counts, counts.astype(np.int64)).astype(np.int64)
        metres[need, turn] = np.hypot(*(there[offers] - here[need]).T)
    return ask, np.sort(metres, axis=1), PLANE_ERROR


def _by_need(city: City, lists: list[Array]) -> Array:
    metres = np.full((len(city.need_at), K), np.inf)
    for (_, needs), found in zip(neighbours.by_category(city), lists, strict=True):
        metres[needs, : found.shape[1]] = found
    return metres


PEERS = (("scikit-learn BallTree", _ball_tree, 30.0), ("Rtree nearest_v", _rtree, 25.0), ("SciPy cKDTree, 2 workers", _ckdtree, 1.2))
