"""Outlines in GeoJSON, as people export and draw them, and all that is wrong with them. Knows no database.

What is wrong is data (:class:`Trouble`); :mod:`app.outline_words` has the sentences.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely import get_coordinates, is_valid_reason, make_valid, normalize
from shapely.errors import GEOSException
from shapely.geometry import MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from app.sheets.table import shown
from matching.areas import area_m2, checked

MOST_BYTES = 10_000_000
MOST_FEATURES = 5_000
MOST_CORNERS = 100_000
"""Of one outline."""
MOST_NAME = 200
MENDED_WITHIN = 1 / 1000
"""Of its area: an outline that crosses itself is put right where that changes no more."""
LEAST_DEGREES = 1e-10
"""Square degrees, about a square metre."""
IN_DEGREES = {"4326", "4979", "4171", "4258", "CRS84"}
"""WGS84, and what France and Europe call it, less than a metre away."""
_EARTH_M = 6_378_137
_NAMES = {"2154": "Lambert-93 (EPSG:2154)", "3857": "Web Mercator (EPSG:3857)", "900913": "Web Mercator (EPSG:3857)"} | {
    str(3900 + zone): f"CC{zone} (EPSG:{3900 + zone})" for zone in range(42, 51)
}
FRANCE = Polygon(
    [(-5.3, 48.7), (-1.8, 43.2), (3.2, 42.3), (9.7, 41.2), (9.7, 43.1), (7.8, 43.6), (7.2, 45.9), (8.4, 49.0), (2.6, 51.2), (-1.9, 49.9)]
)  # fmt: skip
"""Very roughly, to tell by their numbers which projection coordinates are in."""


@dataclass(frozen=True)
class Trouble:
    """``what`` is a key of :data:`app.outline_words.SENTENCES`; ``number`` the feature's place in the file, from 1, and 0 for the file."""

    what: str
    number: int = 0
    name: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True)
class Outline:
    """A named polygon; ``number`` is its place in the file, from 1; ``mended``: it crossed itself a little."""

    number: int
    name: str
    shape: BaseGeometry
    mended: bool = False


@dataclass(frozen=True)
class Read:
    outlines: list[Outline]
    troubles: list[Trouble]


class _Wrong(Exception):
    def __init__(self, what: str, **values: str | int) -> None:
        super().__init__(what)
        self.what, self.values = what, values


def read_file(path: Path, name_property: str) -> Read:
    """What a file holds; of a larger one than may be no more is read than it takes to know. Raises ``OSError``."""
    with path.open("rb") as file:
        return read(file.read(MOST_BYTES + 1), name_property)


def read(raw: bytes, name_property: str) -> Read:
    """The polygons of a GeoJSON FeatureCollection whose property ``name_property`` is their name, and all that is wrong."""
    outlines, troubles = list[Outline](), list[Trouble]()
    try:
        features = _features(raw)
    except _Wrong as error:
        return Read([], [Trouble(error.what, values=error.values)])
    for number, feature in enumerate(features, 1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        given = properties.get(name_property) if isinstance(properties, dict) else None
        name = str(given).strip() if isinstance(given, str | int) else ""
        try:
            _check_name(name, name_property, properties)
            outlines.append(Outline(number, name, *_shape(feature)))
        except _Wrong as error:
            troubles.append(Trouble(error.what, number, shown(name), error.values))
    return Read(outlines, troubles)


def one(name: str, text: str) -> Read:
    """One outline that somebody drew or pasted: a geometry, a feature or a collection of one."""
    try:
        data = _json(text.encode(errors="replace"))
    except _Wrong as error:
        return Read([], [Trouble(error.what, values=error.values)])
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "FeatureCollection" and isinstance(data.get("features"), list) and len(data["features"]) == 1:
        data, kind = data["features"][0], "Feature"
    geometry = data.get("geometry") if kind == "Feature" and isinstance(data, dict) else data
    return read(as_file(name, json.dumps(geometry)), "name")


def as_file(name: str, geometry: str) -> bytes:
    """A geometry (JSON) as a file of one feature, named by its property ``name``."""
    feature = {"type": "Feature", "properties": {"name": name}, "geometry": json.loads(geometry)}
    return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()


def _json(raw: bytes) -> Any:
    def refuse(_constant: str) -> None:
        raise _Wrong("numbers")

    if len(raw) > MOST_BYTES:
        raise _Wrong("large", most=MOST_BYTES // 1_000_000)
    try:
        return json.loads(raw.decode("utf-8-sig"), parse_constant=refuse)
    except UnicodeDecodeError:
        raise _Wrong("encoding") from None
    except RecursionError:
        raise _Wrong("nested") from None
    except ValueError:
        raise _Wrong("json") from None


def _features(raw: bytes) -> list[Any]:
    data = _json(raw)
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        raise _Wrong("collection")
    if not features:
        raise _Wrong("no_features")
    if len(features) > MOST_FEATURES:
        raise _Wrong("many", most=MOST_FEATURES)
    if projection := _named_projection(data.get("crs")):
        raise _Wrong("projection_named", projection=projection)
    return features


def _named_projection(crs: Any) -> str:
    """What the old ``crs`` member names, where it is not degrees."""
    properties = crs.get("properties") if isinstance(crs, dict) else None
    given = properties.get("name", properties.get("code")) if isinstance(properties, dict) else None
    if given is None:
        return ""
    code = (re.findall(r"CRS84|\d+", str(given)[:200]) or [""])[-1]
    return "" if code in IN_DEGREES else _NAMES.get(code, f"EPSG:{code}" if code else shown(str(given)))


def _check_name(name: str, name_property: str, properties: Any) -> None:
    if not name:
        there = ", ".join(shown(key) for key in sorted(properties)[:20]) if isinstance(properties, dict) else ""
        raise _Wrong("name", property=shown(name_property), there=there or "–")
    if len(name) > MOST_NAME or not name.isprintable():
        raise _Wrong("long_name", most=MOST_NAME)


def _shape(feature: Any) -> tuple[BaseGeometry, bool]:
    """The feature's polygons, and whether they had to be mended."""
    geometry = feature.get("geometry")
    if not isinstance(geometry, dict) or not isinstance(geometry.get("type"), str):
        raise _Wrong("geometry")
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in ("Polygon", "MultiPolygon"):
        raise _Wrong("polygon", kind=shown(kind))
    parts = [coordinates] if kind == "Polygon" else coordinates
    if not isinstance(parts, list):
        raise _Wrong("numbers")
    polygons = [_rings(part) for part in parts if part != []]
    if not polygons:
        raise _Wrong("empty")
    corners = [corner for rings in polygons for ring in rings for corner in ring]
    if len(corners) > MOST_CORNERS:
        raise _Wrong("corners", most=MOST_CORNERS)
    _check_degrees(corners)
    try:
        shapes = [Polygon(shell, holes) for shell, *holes in polygons]
        return _valid(shapes[0] if len(shapes) == 1 else MultiPolygon(shapes))
    except (ValueError, GEOSException):
        raise _Wrong("corner_few") from None


def _rings(part: Any) -> list[list[tuple[float, float]]]:
    """A polygon's rings, its outside first; what stands besides longitude and latitude is left out."""
    if not isinstance(part, list) or not all(isinstance(ring, list) for ring in part):
        raise _Wrong("numbers")
    rings = [list(_corners(ring)) for ring in part]
    if any(len(set(ring)) < 3 for ring in rings):
        raise _Wrong("corner_few")
    return rings


def _corners(ring: list[Any]) -> Iterator[tuple[float, float]]:
    for position in ring:
        if not isinstance(position, list) or len(position) < 2 or any(type(value) not in (int, float) for value in position[:2]):
            raise _Wrong("numbers")
        try:
            lon, lat = float(position[0]), float(position[1])
        except OverflowError:
            raise _Wrong("numbers") from None
        if not (math.isfinite(lon) and math.isfinite(lat)):
            raise _Wrong("numbers")
        yield lon, lat


def _check_degrees(corners: list[tuple[float, float]]) -> None:
    if all(abs(x) <= 180 and abs(y) <= 90 for x, y in corners):
        return
    looks = list(_looks_like(*next((x, y) for x, y in corners if abs(x) > 180 or abs(y) > 90)))
    if looks:
        raise _Wrong("projection_seen", projection=" / ".join(looks))
    raise _Wrong("degrees")


def _looks_like(x: float, y: float) -> Iterator[str]:
    """The projections in which a point of these metres lies in France."""
    lat = 46.5 + (y - 6_600_000) / 111_000
    if 40 < lat < 52 and FRANCE.covers(Point(3 + (x - 700_000) / (111_320 * math.cos(math.radians(lat))), lat)):
        yield _NAMES["2154"]
    if abs(x) < 2e7 and abs(y) < 2e7:
        lon, lat = (math.degrees(angle) for angle in (x / _EARTH_M, math.atan(math.sinh(y / _EARTH_M))))
        if FRANCE.covers(Point(lon, lat)):
            yield _NAMES["3857"]
    zone = round((y - 1_200_000) / 1_000_000) + 42
    if 42 <= zone <= 50 and FRANCE.covers(Point(3 + (x - 1_700_000) / (111_320 * math.cos(math.radians(zone))), zone)):
        yield _NAMES[str(3900 + zone)]


def _valid(shape: BaseGeometry) -> tuple[BaseGeometry, bool]:
    mended = not shape.is_valid
    if mended:
        reason = is_valid_reason(shape)
        where = re.search(r"\[(\S+) (\S+)\]", reason)
        lon, lat = (f"{float(degrees):.5f}" for degrees in where.groups()) if where else get_coordinates(shape)[0]
        before = area_m2(shape)
        shape = make_valid(shape, method="structure", keep_collapsed=False)
        polygonal = isinstance(shape, Polygon | MultiPolygon) and not shape.is_empty
        if not polygonal or abs(area_m2(shape) - before) > before * MENDED_WITHIN:
            raise _Wrong("hole" if reason.startswith("Hole lies outside") else "crosses", lon=str(lon), lat=str(lat))
    if shape.area < LEAST_DEGREES:
        raise _Wrong("empty")
    shape = normalize(shape)
    try:
        checked(shape)  # a volunteer may name it as their area
    except ValueError:
        raise _Wrong("meridian") from None
    return shape, mended
