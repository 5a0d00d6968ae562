import json
from random import Random

import numpy as np
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box, from_wkt
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from matching.areas import Areas, area_m2, area_of, holders
from matching.geo import geodesic_m
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


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([], "one polygon at least"),
        ([Polygon()], "is empty"),
        ([CITY, MultiPolygon()], "is empty"),
        ([LineString([(0, 0), (1, 1)])], "not of a LineString"),
        ([Point(0, 0)], "not of a Point"),
        ([Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], "crosses or touches itself: Self-intersection"),
        ([MultiPolygon([CITY, PARK])], "crosses or touches itself"),
        ([box(179, -17, 181, -16)], "longitude from -180 to 180"),
        ([box(0, 89, 1, 91)], "latitude from -90 to 90"),
        ([Polygon([(179, -17), (-179, -17), (-179, -16), (179, -16)])], "cut the area in two at the 180th meridian"),
    ],
)
def test_what_is_no_area_is_refused_with_the_reason(shapes: list[BaseGeometry], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        area_of(shapes)


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_corners_that_are_no_numbers_are_refused(number: str) -> None:
    with np.errstate(invalid="ignore"):
        shape = from_wkt(f"POLYGON ((0 0, {number} 1, 1 0, 0 0))")
    with pytest.raises(ValueError, match="a corner of the area is not at a longitude"):
        area_of([shape])


def test_who_ticks_the_same_quartiers_shares_an_area() -> None:
    west, east = box(4.8, 45.7, 4.85, 45.8), box(4.85, 45.7, 4.9, 45.8)
    turned = Polygon(list(west.exterior.coords)[2:] + list(west.exterior.coords)[1:3])
    assert area_of([west, east]) == area_of([east, turned])
    assert hash(area_of([west, east])) == hash(area_of([east, turned]))
    assert area_of([west]) != area_of([east])
    assert area_of([west, east]).holds(4.85, 45.75)


def test_the_border_belongs_to_an_area_but_a_hole_does_not() -> None:
    area = area_of([Polygon(CITY.exterior, [DISTRICT.exterior]), PARK])
    assert area.holds(np.array([4.7, 4.8, 4.81, 4.85, 4.84, 4.69999]), np.full(6, 45.75)).tolist() == [True, True, False, True, True, False]


def test_the_180th_meridian_has_two_names() -> None:
    area = area_of([box(-180, -17, -179, -16)])
    assert area.holds(180.0, -16.5)
    assert area.holds(np.array([180.0, 179.9, -180.0, -179.5, 0.0]), np.full(5, -16.5)).tolist() == [True, False, True, True, False]
    assert area.outside_m(179.99, -16.5) == pytest.approx(geodesic_m(179.99, -16.5, 180, -16.5), abs=1e-3)
    points, numbers = holders([area], np.array([180.0, 179.0]), np.array([-16.5, -16.5]))
    assert (points.tolist(), numbers.tolist()) == ([0], [0])


@pytest.mark.parametrize(("lon", "lat"), [(4.85, 45.75), (25.0, 71.0), (-179.5, -16.5), (0.0, 0.0)])
def test_how_far_outside_is_measured_on_the_ground(lon: float, lat: float) -> None:
    area = area_of([Polygon([(lon - 0.02, lat), (lon, lat - 0.01), (lon + 0.02, lat), (lon, lat + 0.01)])])
    assert area.outside_m(lon, lat) == 0
    border = shapely.get_coordinates(shapely.segmentize(area.shape.exterior, 1e-4))
    for east, north in ((0.05, 0), (0, 0.04), (0.03, 0.02), (-0.03, 0.005)):
        by_trying = min(geodesic_m(lon + east, lat + north, *at) for at in border)
        assert area.outside_m(lon + east, lat + north) == pytest.approx(by_trying, rel=1e-3, abs=0.2)


@given(
    st.tuples(st.floats(-180, 180), st.floats(-90, 90)),
    st.tuples(st.floats(-179, 60), st.floats(-89, 88), st.floats(1e-4, 100), st.floats(1e-4, 100)),
    st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=3, max_size=5),
)
def test_nothing_of_an_area_is_out_of_reach(
    home: tuple[float, float], around: tuple[float, float, float, float], corners: list[tuple[float, float]]
) -> None:
    west, south, wide, high = around
    shape = shapely.convex_hull(
        shapely.MultiPoint([(west + x * wide, south + y * min(high, 89.5 - south)) for x, y in [*corners, (0, 0), (1, 0)]])
    )
    assume(shape.geom_type == "Polygon" and shape.is_valid)
    reach_m = area_of([shape]).reach_m(*home)
    x, y = (mesh.ravel() for mesh in np.meshgrid(*(np.linspace(shape.bounds[i], shape.bounds[i + 2], 7) for i in (0, 1))))
    held = shapely.intersects_xy(shape, x, y)
    points = [*zip(x[held], y[held], strict=True), *shapely.get_coordinates(shape)]
    assert max(geodesic_m(*home, lon, lat) for lon, lat in points) <= reach_m
    if wide < 0.1 and high < 0.1:
        assert reach_m < 1.5 * max(geodesic_m(*home, lon, lat) for lon, lat in points) + 400


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 5), st.integers(1, 5)), max_size=12), st.randoms())
def test_which_areas_hold_which_points(corners: list[tuple[int, int, int, int]], rng: Random) -> None:
    areas = [area_of([box(x, y, x + wide, y + high), box(20 + x, y, 20 + x + wide, y + high)]) for x, y, wide, high in corners]
    lon, lat = (np.array([rng.randint(0, 60) / 2 for _ in range(20)]) for _ in "xy")
    points, numbers = holders(areas, lon, lat)
    expected = [(p, a) for p in range(20) for a, area in enumerate(areas) if area.shape.covers(Point(lon[p], lat[p]))]
    assert list(zip(points.tolist(), numbers.tolist(), strict=True)) == expected
