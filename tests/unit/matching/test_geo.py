import math
from random import Random

import pytest
from geopy.distance import geodesic
from hypothesis import example, given
from hypothesis import strategies as st

from matching.geo import ARC_ERROR_M, BENT_REACH_M, arc_m, bent_m, blur, boxes, distance_m, geodesic_m, round_up_100, to_xyz

longitudes = st.floats(-180, 180)
latitudes = st.floats(-90, 90)
bearings = st.floats(0, 360)


def away(lon: float, lat: float, metres: float, bearing: float) -> tuple[float, float]:
    point = geodesic(meters=metres).destination((lat, lon), bearing=bearing)
    return point.longitude, point.latitude


@given(longitudes, latitudes, st.floats(0, 59_000), bearings)
@example(0, 90, 1000, 0)
@example(0, 0, 50_000, 45)
@example(180, 10, 1500, 90)
def test_the_fast_formula_is_as_good_as_promised(lon: float, lat: float, metres: float, bearing: float) -> None:
    there = away(lon, lat, metres, bearing)
    assert geodesic_m(lon, lat, *there) == pytest.approx(arc_m(*to_xyz(lon, lat), *to_xyz(*there)), abs=ARC_ERROR_M / 10)


@given(longitudes, latitudes, st.floats(0, BENT_REACH_M), bearings)
@example(0, 90, BENT_REACH_M, 0)
@example(0, 0, BENT_REACH_M, 0)
@example(0, 0, BENT_REACH_M, 90)
def test_so_is_the_one_that_takes_the_chord_alone(lon: float, lat: float, metres: float, bearing: float) -> None:
    there = away(lon, lat, metres, bearing)
    chord2 = math.dist(to_xyz(lon, lat), to_xyz(*there)) ** 2
    assert geodesic_m(lon, lat, *there) == pytest.approx(bent_m(chord2), abs=ARC_ERROR_M)


@given(longitudes, latitudes, longitudes, latitudes)
def test_far_distances_are_the_geodesic(lon: float, lat: float, lon2: float, lat2: float) -> None:
    assert geodesic_m(lon, lat, lon2, lat2) == pytest.approx(distance_m(lon, lat, lon2, lat2), abs=ARC_ERROR_M)


@given(st.integers(1, 100), bearings, st.floats(-0.001, 0.001))
def test_whole_and_half_metres_fall_on_the_side_of_the_reference(halves: int, bearing: float, off: float) -> None:
    there = away(4.85, 45.75, halves * 250.5 + off, bearing)
    fast, reference = distance_m(4.85, 45.75, *there), geodesic_m(4.85, 45.75, *there)
    assert (math.floor(2 * reference), reference <= halves * 250.5) == (math.floor(2 * fast), fast <= halves * 250.5)


def test_no_distance_to_oneself() -> None:
    assert distance_m(4.85, 45.75, 4.85, 45.75) == 0


@pytest.mark.parametrize(("metres", "told"), [(0, 100), (99.9, 100), (100, 100), (100.1, 200), (1450, 1500)])
def test_distances_told_are_rounded_up(metres: float, told: int) -> None:
    assert told == round_up_100(metres)


@given(longitudes, latitudes, st.floats(1, 50_000), bearings, st.floats(0, 1))
@example(179.99, -16.5, 2000, 90, 1)
@example(12, 89.99, 5000, 0, 1)
def test_everything_within_the_radius_is_in_a_box(lon: float, lat: float, radius: float, bearing: float, share: float) -> None:
    x, y = away(lon, lat, radius * share, bearing)
    assert any(west <= x <= east and south <= y <= north for west, south, east, north in boxes(lon, lat, radius))


@pytest.mark.parametrize("lat", [-60, 0, 45.75, 70])
def test_boxes_are_no_wider_than_need_be(lat: float) -> None:
    ((west, south, east, north),) = boxes(4.85, lat, 1000)
    assert 2000 <= geodesic_m(west, lat, east, lat) < 2100
    assert 2000 <= geodesic_m(4.85, south, 4.85, north) < 2100


def test_public_points_lie_as_far_off_as_asked() -> None:
    rng = Random(1)
    off = [geodesic_m(4.85, 45.75, *blur(4.85, 45.75, 300, rng)) for _ in range(2000)]
    assert pytest.approx(sum(off) / len(off), rel=0.05) == 300
    within = sum(metres <= 4.74 / (2 / 300) for metres in off) / len(off)  # 95 % within 4.74 / ε
    assert pytest.approx(within, abs=0.015) == 0.95


def test_public_points_lie_in_all_directions() -> None:
    rng = Random(2)
    points = [blur(4.85, 45.75, 300, rng) for _ in range(2000)]
    assert pytest.approx(sum(lon > 4.85 and lat > 45.75 for lon, lat in points) / len(points), abs=0.04) == 0.25
