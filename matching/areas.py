"""Shapes that stay, such as territories and where volunteers go: which ones hold a point (Shapely shapes in an R-tree of their boxes)."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from rtree.index import Index
from shapely import MultiPolygon, Point, Polygon, prepare, transform
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

from matching.geo import A_M, B_M, MIN_CURVATURE_M, Box, Xyz, distance_m, to_xyz

Key = TypeVar("Key")
HALF_EARTH_M = 20_004_000.0
"""No two points are farther apart (a meridian from pole to pole has 20,003,931 m)."""
_METRES_A_DEGREE = 111_700.0
"""More than a degree has anywhere."""
_PIECES = 64


def area_m2(shape: BaseGeometry) -> float:
    """Square metres on the WGS84 ellipsoid of a shape in degrees, its edges taken as straight on the map."""
    return float(transform(shape, _equal_area).area)


def areas_m2(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """The same of many shapes at once."""
    return np.asarray(shapely.area(transform(shapes, _equal_area)), np.float64)


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


@dataclass(frozen=True, slots=True)
class Area:
    """Where a volunteer goes, in place of a radius: polygons in WGS84 degrees, longitude first. Made by :func:`area_of`.

    Two are equal when they have the same outline (as normalised WKB), so that all who ticked the same quartiers share one.
    """

    outline: bytes
    shape: BaseGeometry = field(compare=False, repr=False)
    middle: Xyz = field(compare=False, repr=False)
    half_m: float = field(compare=False, repr=False)
    """No point of the area is farther from its ``middle``."""

    def holds(self, lon: Any, lat: Any) -> Any:
        """Whether the area covers the point, its border included; arrays of degrees give an array."""
        inside, turned = shapely.intersects_xy(self.shape, lon, lat), np.abs(lon) == 180
        return inside | turned & shapely.intersects_xy(self.shape, np.negative(lon), lat) if np.any(turned) else inside  # one meridian

    def outside_m(self, lon: float, lat: float) -> float:
        """Metres from the point to the area; 0 within."""
        return _outside_m(self, lon, lat)

    def reach_m(self, lon: float, lat: float) -> float:
        """No point of the area is so many metres from this one; not much more than needed."""
        return min(HALF_EARTH_M, 1.01 * (_longest_m(math.dist(to_xyz(lon, lat), self.middle)) + self.half_m) + 1)

    @property
    def boxes(self) -> list[Box]:
        """Degrees around each of the polygons; what touches the 180th meridian is on both sides of it."""
        boxes: list[Box] = [polygon.bounds for polygon in shapely.get_parts(self.shape)]
        touching = [(-side, south, -side, north) for west, south, east, north in boxes for side in (west, east) if abs(side) == 180]
        return boxes + touching


def area_of(shapes: Iterable[BaseGeometry]) -> Area:
    """The area that these polygons and multipolygons make up together.

    Raises ``ValueError`` for whatever is empty, is no polygon, is not valid (crosses itself), or has coordinates that are no degrees;
    and for a side of more than 180 degrees: what crosses the 180th meridian comes in two pieces.
    """
    given = [checked(shape) for shape in shapes]
    if not given:
        raise ValueError("an area needs one polygon at least")
    shape = shapely.normalize(given[0] if len(given) == 1 else shapely.union_all(given))
    prepare(shape)
    west, south, east, north = shape.bounds
    middle = to_xyz((west + east) / 2, (south + north) / 2)
    return Area(shapely.to_wkb(shape), shape, middle, HALF_EARTH_M if east - west > 90 else _half_m(shape, middle))


def checked(shape: BaseGeometry) -> BaseGeometry:
    """The shape itself, where :func:`area_of` takes it; else the same ``ValueError``."""
    if not isinstance(shape, Polygon | MultiPolygon):
        raise ValueError(f"an area is made of polygons, not of a {shape.geom_type}")
    if shape.is_empty:
        raise ValueError("a polygon of the area is empty")
    points = shapely.get_coordinates(shape)
    if not (np.abs(points) <= (180, 90)).all():
        raise ValueError("a corner of the area is not at a longitude from -180 to 180 and a latitude from -90 to 90")
    if not shape.is_valid:
        raise ValueError(f"a polygon of the area crosses or touches itself: {shapely.is_valid_reason(shape)}")
    rings = [polygon.exterior for polygon in shapely.get_parts(shape)]
    if any((np.abs(np.diff(shapely.get_coordinates(ring)[:, 0])) > 180).any() for ring in rings):
        raise ValueError("a side of the area is longer than 180 degrees: cut the area in two at the 180th meridian")
    return shapely.force_2d(shape)


def _half_m(shape: BaseGeometry, middle: Xyz) -> float:
    """No point of the area is farther from ``middle`` than its hull's border is, and no point of that farther than half a piece of it
    from the end of a piece. For areas of less than 90 degrees, which do not hold the antipodes of their middle."""
    west, south, east, north = shape.bounds
    piece = max(east - west, north - south) / _PIECES
    ends = shapely.get_coordinates(shapely.segmentize(shape.convex_hull, piece))
    return max(_longest_m(math.dist(to_xyz(lon, lat), middle)) for lon, lat in ends) + float(piece) / 2 * _METRES_A_DEGREE


def _longest_m(straight_m: float) -> float:
    """A way over ground between two points so far apart in a straight line is no longer: nowhere is the ellipsoid bent more."""
    return 2 * MIN_CURVATURE_M * math.asin(min(1.0, straight_m / (2 * MIN_CURVATURE_M)))


@lru_cache(maxsize=4096)
def _outside_m(area: Area, lon: float, lat: float) -> float:
    """The nearest point on a map that is true to scale here; also the other way round the Earth."""
    if area.holds(lon, lat):
        return 0.0
    narrow = max(math.cos(math.radians(lat)), 1e-9)
    here = transform(area.shape, lambda points: points * (narrow, 1.0))
    found = [nearest_points(here, Point((lon + turn) * narrow, lat))[0] for turn in (-360, 0, 360)]
    return min(distance_m(lon, lat, point.x / narrow, point.y) for point in found)


def holders(areas: Sequence[Area], lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which areas hold which points: their numbers side by side, point after point, the areas of each ascending."""
    boxes = [(number, box, None) for number, area in enumerate(areas) for box in area.boxes]
    if not boxes or not len(lon):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    at = np.column_stack([lon, lat])
    number, counts = Index(boxes).intersection_v(at, at)  # type: ignore[no-untyped-call]
    pairs = np.sort(number * len(at) + np.repeat(np.arange(len(at)), counts.astype(np.int64)))
    number, point = np.divmod(pairs[np.diff(pairs, prepend=-1) > 0], len(at))  # a point may be in several boxes of an area
    bounds = np.searchsorted(number, np.arange(1, len(areas)))
    held = [area.holds(lon[mine], lat[mine]) for area, mine in zip(areas, np.split(point, bounds), strict=True)]
    number, point = number[np.concatenate(held)], point[np.concatenate(held)]
    order = np.lexsort((number, point))
    return point[order], number[order]


class AreasInUse:
    """Areas that come and go, each counted as often as it was added: equal ones have one number."""

    def __init__(self) -> None:
        self._areas: dict[int, Area] = {}
        self._numbers: dict[Area, int] = {}
        self._uses: Counter[int] = Counter()
        self._boxes = Index()
        self._next = 0

    def add(self, area: Area) -> int:
        """The area's number."""
        number = self._numbers.get(area)
        if number is None:
            number, self._next = self._next, self._next + 1
            self._areas[number], self._numbers[area] = area, number
            for box in area.boxes:
                self._boxes.insert(number, box)
        self._uses[number] += 1
        return number

    def drop(self, number: int) -> None:
        self._uses[number] -= 1
        if not self._uses[number]:
            area = self._areas.pop(number)
            del self._numbers[area], self._uses[number]
            for box in area.boxes:
                self._boxes.delete(number, box)

    def holding(self, lon: float, lat: float) -> NDArray[np.int64]:
        """The numbers, ascending, of the areas that hold the point."""
        near = sorted(set(self._boxes.intersection((lon, lat, lon, lat))))
        return np.array([number for number in near if self._areas[number].holds(lon, lat)], np.int64)
