"""The nearest neighbours in a category by other libraries: each asked in its best public way, one index for each category."""

from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.engine.city import LAT, LON, Array, City
from benchmarks.engine.timing import Missing
from matching.distance import points

Ask = Callable[[], list[Array]]
"""The distances of each category's needs to their k nearest, in the units of the library."""


def plane(at: Array) -> Array:
    """Degrees to metres east and north of the city's middle; within 10 km of it distances are right to 3 parts in a million."""
    lon, lat = np.radians(LON), np.radians(LAT)
    east = np.array([-np.sin(lon), np.cos(lon), 0.0])
    north = np.array([-np.sin(lat) * np.cos(lon), -np.sin(lat) * np.sin(lon), np.cos(lat)])
    xyz = points(at[:, 0].copy(), at[:, 1].copy()) - points(np.array([LON]), np.array([LAT]))
    return np.column_stack([xyz @ east, xyz @ north])


def by_category(city: City) -> Iterator[tuple[Array, Array]]:
    """The offers and the needs of each category."""
    for category in range(city.offers.shape[1]):
        yield np.flatnonzero(city.offers[:, category]), np.flatnonzero(city.need_category == category)


def ckdtree(city: City, k: int) -> Ask:
    try:
        from scipy.spatial import cKDTree
    except ImportError:
        raise Missing("SciPy is not installed") from None
    there, here = plane(city.offer_at), plane(city.need_at)
    trees = [(cKDTree(there[offers]), here[needs]) for offers, needs in by_category(city)]
    return lambda: [tree.query(asked, k=k, workers=2)[0] for tree, asked in trees]


def ball_tree(city: City, k: int) -> Ask:
    try:
        from sklearn.neighbors import BallTree
    except ImportError:
        raise Missing("scikit-learn is not installed") from None
    there, here = np.radians(city.offer_at[:, ::-1]), np.radians(city.need_at[:, ::-1])
    trees = [(BallTree(there[offers], metric="haversine"), here[needs]) for offers, needs in by_category(city)]
    return lambda: [tree.query(asked, k=min(k, tree.data.shape[0]))[0] for tree, asked in trees if len(asked)]


def rtree(city: City, k: int) -> Callable[[], list[tuple[Array, Array]]]:
    """Here the answer is which offers and how many: this library tells no distances."""
    from rtree.index import Index

    there, here = plane(city.offer_at), plane(city.need_at)
    trees = []
    for offers, needs in by_category(city):
        boxes = there[offers]
        trees.append((Index((offers, boxes, boxes)), np.ascontiguousarray(here[needs])))
    return lambda: [tree.nearest_v(asked, asked, num_results=k, strict=True) for tree, asked in trees if len(asked)]
