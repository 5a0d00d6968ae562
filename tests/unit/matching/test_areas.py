import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box
from shapely.geometry import shape

from matching.areas import Areas, area_m2
from tests.shared_data import shared_data

CITY, DISTRICT, PARK = box(4.7, 45.6, 5.0, 45.9), box(4.8, 45.7, 4.9, 45.8), box(4.84, 45.74, 4.86, 45.76)


@pytest.mark.parametrize(
    ("lon", "lat", "expected"),
    [
        (4.85, 45.75, "park"),
        (4.81, 45.71, "district"),
        (4.75, 45.65, "city"),
        (4.84, 45.75, "park"),
        (4.8, 45.7, "district"),
        (5.1, 45.7, None),
    ],
)
def test_the_smallest_area_wins_and_its_border_belongs_to_it(lon: float, lat: float, expected: str | None) -> None:
    assert expected == Areas([("city", CITY), ("park", PARK), ("district", DISTRICT)]).locate(lon, lat)


def test_holes_and_islands_are_what_they_are() -> None:
    island = MultiPolygon([Polygon(CITY.exterior, [DISTRICT.exterior]), PARK])
    areas = Areas([(1, island)])
    assert [areas.locate(4.75, 45.65), areas.locate(4.81, 45.71), areas.locate(4.85, 45.75)] == [1, None, 1]


@given(st.permutations(["a", "b", "c"]))
def test_equal_areas_go_by_name_whatever_their_order(names: list[str]) -> None:
    assert Areas([(name, DISTRICT) for name in names]).locate(4.85, 45.75) == "a"


def test_size_is_measured_on_the_ground_not_on_the_map() -> None:
    south, north = box(0, 0, 30, 30), box(0, 30, 29, 90)  # fewer degrees, more ground
    assert south.area < north.area
    assert Areas([("south", south), ("north", north)]).locate(15, 30) == "north"


def test_the_whole_earth_has_its_known_size() -> None:
    assert area_m2(box(-180, -90, 180, 90)) == pytest.approx(510_065_621_724_088, rel=1e-12)  # Karney, GeographicLib


def test_empty_shapes_and_no_shapes_hold_nothing() -> None:
    assert Areas([("void", Polygon())]).locate(0, 0) is None
    assert Areas([]).locate(0, 0) is None


def test_each_quartier_of_lyon_holds_a_point_of_its_own() -> None:
    features = json.loads((shared_data() / "lyon" / "quartiers.geojson").read_text(encoding="utf-8"))["features"]
    shapes = [(i, shape(feature["geometry"])) for i, feature in enumerate(features)]
    areas = Areas(shapes)
    points = [polygon.representative_point() for _, polygon in shapes]
    assert [i for i, _ in shapes] == [areas.locate(point.x, point.y) for point in points]
