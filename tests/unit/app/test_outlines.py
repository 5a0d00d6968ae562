"""Outlines as people export and draw them, and as nobody should."""

import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.outline_words import SENTENCES, say
from app.services import outlines
from app.services.outlines import Read

Corner = tuple[float, float]


def square(x: float, y: float, side: float) -> list[Corner]:
    return [(x, y), (x + side, y), (x + side, y + side), (x, y + side), (x, y)]


def file(geometry: Any, **more: Any) -> bytes:
    feature = {"type": "Feature", "properties": {"nom": "Nord", "code": 1, "old": None}, "geometry": geometry}
    return json.dumps({"type": "FeatureCollection", "features": [feature], **more}).encode()


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": rings}


def crs(name: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


def said(raw: bytes, name_property: str = "nom") -> str:
    """The one sentence about a file in which nothing is right."""
    found = outlines.read(raw, name_property)
    assert found.outlines == [] and len(found.troubles) == 1
    return say(found.troubles[0])


MOST = outlines.MOST_BYTES
GOOD = polygon(square(4.8, 45.7, 0.1))


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [
        (b"", "cannot be read as JSON"),
        (b"{", "cannot be read as JSON"),
        (b"[" * 200_000, "without end"),
        ("{}".encode("utf-16"), "not in UTF-8"),
        (b"[]", "not a GeoJSON FeatureCollection"),
        (json.dumps(GOOD).encode(), "not a GeoJSON FeatureCollection"),
        (b'{"type": "FeatureCollection", "features": []}', "no outlines"),
        (b'{"features": [{"geometry": {"coordinates": [NaN, Infinity]}}]}', "pairs of numbers"),
        (b" " * (MOST + 1), "larger than 10 MB. Simplify"),
        (json.dumps({"features": [1] * (outlines.MOST_FEATURES + 1)}).encode(), "more than 5000 features"),
        (file(None), r"Feature 1 (Nord): It has no geometry"),
        (file({}), r"Feature 1 (Nord): It has no geometry"),
        (file({"type": "Point", "coordinates": [4, 45]}), "It is a Point, not a polygon"),
        (file({"type": "GeometryCollection", "geometries": [GOOD]}), "It is a GeometryCollection, not a polygon"),
        (file(polygon()), "holds no ground"),
        (file({"type": "MultiPolygon", "coordinates": [[]]}), "holds no ground"),
        (file(polygon([(4.8, 45.7), (4.9, 45.8), (5.0, 45.9), (4.8, 45.7)])), "holds no ground"),
        (file(polygon([(4.8, 45.7), (4.9, 45.8), (4.8, 45.7)])), "fewer than three corners"),
        (file({"type": "Polygon"}), "pairs of numbers"),
        (file(polygon(["45.7", "4.8"])), "pairs of numbers"),
        (file(polygon([("4.8", "45.7")] * 4)), "pairs of numbers"),
        (file(polygon([(True, False)] * 4)), "pairs of numbers"),
        (file(polygon([(10**400, 1), (2, 2), (3, 3)])), "pairs of numbers"),
        (file({"type": "MultiPolygon", "coordinates": 7}), "pairs of numbers"),
        (file(polygon([(4 + i / 1e6, 45 + i % 2) for i in range(outlines.MOST_CORNERS + 1)])), "more than 100000 corners"),
        (file(polygon([(-179.9, -17), (179.9, -17), (179.9, -16), (-179.9, -16)])), "180th meridian"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_no_outline_has_a_sentence_of_its_own(raw: bytes, sentence: str) -> None:
    assert sentence in said(raw)


@pytest.mark.parametrize(
    ("raw", "projection"),
    [
        (file(GOOD, crs=crs("urn:ogc:def:crs:EPSG::2154")), "Lambert-93 (EPSG:2154)"),
        (file(GOOD, crs=crs("EPSG:3946")), "CC46 (EPSG:3946)"),
        (file(GOOD, crs=crs("urn:ogc:def:crs:EPSG::3857")), "Web Mercator (EPSG:3857)"),
        (file(GOOD, crs={"type": "EPSG", "properties": {"code": 27572}}), "EPSG:27572"),
        (file(polygon(square(842_000, 6_519_000, 900))), "Lambert-93 (EPSG:2154)."),
        (file(polygon(square(538_000, 5_740_000, 900))), "Web Mercator (EPSG:3857)."),
        (file(polygon(square(1_842_000, 5_170_000, 900))), "CC46 (EPSG:3946)."),
        (file(polygon(square(1_652_000, 8_180_000, 900))), "CC49 (EPSG:3949)."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_another_projection_is_recognised_and_how_to_convert_it_is_said(raw: bytes, projection: str) -> None:
    assert projection in said(raw) and "ogr2ogr -t_srs EPSG:4326" in said(raw)


@pytest.mark.parametrize("name", ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4171"])
def test_a_file_that_says_it_is_in_degrees_is_believed(name: str) -> None:
    assert len(outlines.read(file(GOOD, crs=crs(name)), "nom").outlines) == 1


@pytest.mark.parametrize(("name", "sentence"), [("name", "Its properties: code, nom, old"), ("old", "no text in its property old")])
def test_without_a_name_the_properties_that_there_are_are_named(name: str, sentence: str) -> None:
    assert sentence in said(file(GOOD), name)


@pytest.mark.parametrize("name", ["x" * 201, "a\x00b", "a\ud800", "a\nb"])
def test_a_name_that_no_page_could_show_is_refused(name: str) -> None:
    raw = json.dumps({"features": [{"properties": {"nom": name}, "geometry": GOOD}]}).encode()
    assert "cannot be printed" in said(raw)


def test_a_number_is_a_name_too() -> None:
    assert outlines.read(file(GOOD), "code").outlines[0].name == "1"


def test_a_hole_is_kept() -> None:
    (found,) = outlines.read(file(polygon(square(4.8, 45.7, 0.1), square(4.82, 45.72, 0.01))), "nom").outlines
    assert len(found.shape.interiors) == 1 and not found.mended


def test_a_crossing_is_put_right_where_next_to_nothing_changes_and_named_with_its_place_elsewhere() -> None:
    # The last corner but one is a metre beyond the side that it should lie on.
    slip = [(4.8, 45.7), (4.9, 45.7), (4.9, 45.8), (4.8, 45.8), (4.79999, 45.75), (4.80001, 45.75), (4.79999, 45.7500001), (4.8, 45.7)]
    (found,) = outlines.read(file(polygon(slip)), "nom").outlines
    assert found.mended and found.shape.is_valid
    bow = [(4.8, 45.7), (4.9, 45.8), (4.9, 45.7), (4.8, 45.8), (4.8, 45.7)]
    assert "near longitude 4.85000, latitude 45.75000" in said(file(polygon(bow)))


def test_everything_that_is_wrong_is_found_at_once() -> None:
    raw = json.dumps({"features": [7, {"properties": {"nom": "A"}, "geometry": GOOD}, {"properties": {"nom": "B"}}]}).encode()
    found = outlines.read(raw, "nom")
    assert [outline.number for outline in found.outlines] == [2]
    assert [(trouble.number, trouble.name) for trouble in found.troubles] == [(1, ""), (3, "B")]


@pytest.mark.parametrize("wrap", [lambda g: g, lambda g: {"type": "Feature", "geometry": g}, lambda g: json.loads(file(g))])
def test_one_outline_may_come_as_a_geometry_a_feature_or_a_collection(wrap: Any) -> None:
    found = outlines.one("Nord", json.dumps(wrap(GOOD)))
    assert [outline.name for outline in found.outlines] == ["Nord"] and found.troubles == []


@pytest.mark.parametrize("text", ["", "null", "[1]", "{", '{"type": "FeatureCollection", "features": []}', "\ud800"])
def test_one_outline_that_is_none_has_its_sentence(text: str) -> None:
    found = outlines.one("Nord", text)
    assert found.outlines == [] and say(found.troubles[0])


def test_no_more_of_a_large_file_is_read_than_it_takes_to_know(tmp_path: Path) -> None:
    large = tmp_path / "large.geojson"
    with large.open("wb") as out:
        out.truncate(50_000_000)
    tracemalloc.start()
    found = outlines.read_file(large, "nom")
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.troubles[0].what == "large" and most < 25_000_000


_DEGREES = st.one_of(st.integers(0, 6).map(lambda n: 4.8 + n / 100), st.floats(allow_nan=False, allow_infinity=False))
_RING = st.lists(st.tuples(_DEGREES, st.integers(0, 6).map(lambda n: 45.7 + n / 100)), max_size=9)


@given(st.lists(_RING, max_size=3), st.booleans())
def test_any_rings_are_refused_with_a_sentence_or_read_as_a_valid_outline(rings: list[list[Corner]], several: bool) -> None:
    geometry = {"type": "MultiPolygon", "coordinates": [[ring] for ring in rings]} if several else polygon(*rings)
    found = outlines.read(file(geometry), "nom")
    assert len(found.outlines) + len(found.troubles) == 1
    for outline in found.outlines:
        assert outline.shape.is_valid and outline.shape.area >= outlines.LEAST_DEGREES
    for trouble in found.troubles:
        assert trouble.what in SENTENCES and say(trouble)


_MEMBERS = ["type", "features", "geometry", "coordinates", "properties", "nom", "crs", "name"]
_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5) | st.sampled_from(["Polygon", "MultiPolygon"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(_MEMBERS), inner, max_size=4),
    max_leaves=25,
)


@given(_JSON)
def test_any_json_has_an_answer(data: Any) -> None:
    for given_data in (data, {"features": [data]}, {"features": [{"properties": {"nom": "x"}, "geometry": data}]}):
        found: Read = outlines.read(json.dumps(given_data).encode(), "nom")
        assert found.outlines or all(map(say, found.troubles))
    outlines.one("x", json.dumps(data))
