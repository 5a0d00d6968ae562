"""Shapes that stay, such as territories: which one holds a point (Shapely shapes in an R-tree of their boxes)."""

from collections.abc import Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from rtree.index import Index
from shapely import Point, prepare, transform
from shapely.geometry.base import BaseGeometry

from matching.geo import A_M, B_M

Key = TypeVar("Key")


def area_m2(shape: BaseGeometry) -> float:
    """Square metres on the WGS84 ellipsoid of a shape in degrees, its edges taken as straight on the map."""
    return float(transform(shape, _equal_area).area)


def _equal_area(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lambert's cylindrical equal-area projection of the ellipsoid (Snyder, Map Projections, 1987, formula 3-12)."""
    e2 = 1 - (B_M / A_M) ** 2
    e, sin_lat = e2**0.5, np.sin(np.radians(points[:, 1]))
    q = (1 - e2) * (sin_lat / (1 - e2 * sin_lat**2) + np.arctanh(e * sin_lat) / e)
    return np.column_stack([A_M * np.radians(points[:, 0]), A_M * q / 2])


class Areas(Generic[Key]):
    """Polygons and multipolygons in WGS84 degrees, longitude first. None may cross the 180th meridian in one piece."""

    def __init__(self, areas: Iterable[tuple[Key, BaseGeometry]]) -> None:
        # From the smallest to the largest, so that a place in this list is a rank; equal sizes by id.
        self._areas = sorted(areas, key=lambda area: (area_m2(area[1]), str(area[0])))
        self._boxes = Index()
        for rank, (_, shape) in enumerate(self._areas):
            if not shape.is_empty:
                prepare(shape)
                self._boxes.insert(rank, shape.bounds)

    def __len__(self) -> int:
        return len(self._areas)

    def locate(self, lon: float, lat: float) -> Key | None:
        """The smallest area that holds the point, its border included; None outside all."""
        point = Point(lon, lat)
        for rank in sorted(self._boxes.intersection((lon, lat, lon, lat))):
            key, shape = self._areas[rank]
            if shape.covers(point):
                return key
        return None
