"""WGS84 points and metres. Points are decimal degrees, longitude before latitude; this is the one place that knows about both.

The reference for a distance is ``geopy.distance.geodesic``. It takes 70 µs, so pairs of neighbours go through the length of the
straight line between the two points and the curvature of the ellipsoid under it (:func:`arc_m`, two hundred times faster,
off by less than :data:`ARC_ERROR_M` within :data:`ARC_REACH_M`); where that error could tip a decision, the reference decides.
"""

import math
from random import Random

from geopy.distance import geodesic

A_M = 6_378_137.0
"""WGS84's equatorial radius; :data:`B_M` is the polar one."""
B_M = A_M * (1 - 1 / 298.257223563)

ARC_REACH_M = 60_000.0
ARC_ERROR_M = 1e-4
BENT_REACH_M = 20_000.0
ELLIPSOID_ERROR_M = 1e-6
"""Of :func:`ellipsoid_m`, within :data:`ARC_REACH_M`."""
MIN_CURVATURE_M = B_M * B_M / A_M
"""The smallest radius of curvature anywhere (along the meridian, at the equator): nothing spans more degrees per metre."""
BEND = (MIN_CURVATURE_M**-2 + (A_M * A_M / B_M) ** -2) / 2
"""The square of the ellipsoid's curvature, about: the middle between the equator along the meridian and the poles."""

Box = tuple[float, float, float, float]
"""min lon, min lat, max lon, max lat."""
Xyz = tuple[float, float, float]
"""Metres from the Earth's centre (ECEF)."""


def to_xyz(lon: float, lat: float) -> Xyz:
    """The point on the ellipsoid in metres from the Earth's centre."""
    sin_lat, cos_lat = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    n = A_M * A_M / math.sqrt((A_M * cos_lat) ** 2 + (B_M * sin_lat) ** 2)
    return n * cos_lat * math.cos(math.radians(lon)), n * cos_lat * math.sin(math.radians(lon)), (B_M / A_M) ** 2 * n * sin_lat


def arc_m(x1: float, y1: float, z1: float, x2: float, y2: float, z2: float) -> float:
    """Metres along the ellipsoid between two points of it, good within :data:`ARC_REACH_M`; also compiled by the solver.

    The chord is bent to the curvature of the normal section at its middle: with chord c and curvature k, the arc is
    2/k · asin(ck/2), here as a series.
    """
    dx, dy, dz = x2 - x1, y2 - y1, z2 - z1
    x, y, z = (x1 + x2) / 2, (y1 + y2) / 2, (z1 + z2) / 2
    a2, b2 = A_M * A_M, B_M * B_M
    flat, steep = dx * dx + dy * dy, dz * dz
    chord2 = flat + steep
    bend = (flat / a2 + steep / b2) ** 2 / ((x * x + y * y) / (a2 * a2) + z * z / (b2 * b2)) / (chord2 + 1e-300)  # (c·k)²
    return math.sqrt(chord2) * (1 + bend / 24 + 3 * bend * bend / 640)


def bent_m(chord2: float) -> float:
    """The same from the square of the chord alone, within :data:`BENT_REACH_M`: 1/R² is between 1/6399.6² and 1/6335.4² km⁻² everywhere,
    which makes less than :data:`ARC_ERROR_M` of a difference that near; in kernels a third of the time."""
    return math.sqrt(chord2) * (1 + chord2 * (BEND / 24))


def ellipsoid_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres by Vincenty's inverse formula (Survey Review, 1975): for what :func:`arc_m` leaves open. Not for antipodes."""
    flat = 1 - B_M / A_M
    u1, u2 = math.atan((1 - flat) * math.tan(math.radians(lat1))), math.atan((1 - flat) * math.tan(math.radians(lat2)))
    sin1, cos1, sin2, cos2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    apart = turn = math.radians(lon2 - lon1)
    for _ in range(20):
        sin_turn, cos_turn = math.sin(turn), math.cos(turn)
        sin_arc = math.sqrt((cos2 * sin_turn) ** 2 + (cos1 * sin2 - sin1 * cos2 * cos_turn) ** 2)
        if sin_arc == 0:
            return 0.0
        cos_arc = sin1 * sin2 + cos1 * cos2 * cos_turn
        arc = math.atan2(sin_arc, cos_arc)
        sin_way = cos1 * cos2 * sin_turn / sin_arc
        cos2_way = 1 - sin_way * sin_way
        middle = cos_arc - 2 * sin1 * sin2 / cos2_way if cos2_way > 1e-15 else 0.0
        c = flat / 16 * cos2_way * (4 + flat * (4 - 3 * cos2_way))
        before = turn
        turn = apart + (1 - c) * flat * sin_way * (arc + c * sin_arc * (middle + c * cos_arc * (2 * middle * middle - 1)))
        if abs(turn - before) < 1e-14:
            break
    bulge = cos2_way * (A_M * A_M - B_M * B_M) / (B_M * B_M)
    long = 1 + bulge / 16384 * (4096 + bulge * (-768 + bulge * (320 - 175 * bulge)))
    b = bulge / 1024 * (256 + bulge * (-128 + bulge * (74 - 47 * bulge)))
    bend = cos_arc * (2 * middle * middle - 1) - b / 6 * middle * (4 * sin_arc * sin_arc - 3) * (4 * middle * middle - 3)
    return B_M * long * (arc - b * sin_arc * (middle + b / 4 * bend))


def geodesic_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """The reference: metres of the WGS84 geodesic."""
    return float(geodesic((lat1, lon1), (lat2, lon2)).m)


def distance_m(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """Metres of the WGS84 geodesic to within :data:`ARC_ERROR_M`, and on the reference's side of every whole and half metre.

    So comparing with a radius of whole metres and rounding to whole metres give what the reference gives.
    """
    arc = arc_m(*to_xyz(lon1, lat1), *to_xyz(lon2, lat2))
    if ARC_ERROR_M < arc < ARC_REACH_M and abs(2 * arc - round(2 * arc)) > 2 * ARC_ERROR_M:
        return arc
    return geodesic_m(lon1, lat1, lon2, lat2)


def round_up_100(metres: float) -> int:
    """What the other side is told: "about 400 m". Never 0, so that nobody learns that it is next door.

    >>> round_up_100(301), round_up_100(300), round_up_100(0)
    (400, 300, 100)
    """
    return max(1, math.ceil(metres / 100)) * 100


def blur(lon: float, lat: float, mean_m: float, rng: Random) -> tuple[float, float]:
    """A public point for a private one: planar Laplace noise, ``mean_m`` metres away on average. Draw once and store.

    The noise of geo-indistinguishability (Andrés et al., 2013) with ε = 2 / ``mean_m``. Returns lon, lat.
    """
    away = geodesic(meters=rng.gammavariate(2, mean_m / 2)).destination((lat, lon), bearing=rng.uniform(0, 360))
    return float(away.longitude), float(away.latitude)


def boxes(lon: float, lat: float, radius_m: float) -> list[Box]:
    """One or two boxes of degrees that hold every point within ``radius_m`` (and a little more).

    Two where the circle crosses the 180th meridian; all longitudes where it holds a pole.
    """
    angle = (radius_m * 1.001 + 1) / MIN_CURVATURE_M
    south, north = lat - math.degrees(angle), lat + math.degrees(angle)
    if south <= -90 or north >= 90:
        return [(-180.0, max(south, -90.0), 180.0, min(north, 90.0))]
    half = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(lat)))))
    west, east = lon - half, lon + half
    if half >= 180:
        return [(-180.0, south, 180.0, north)]
    if west < -180:
        return [(-180.0, south, east, north), (west + 360, south, 180.0, north)]
    if east > 180:
        return [(west, south, 180.0, north), (-180.0, south, east - 360, north)]
    return [(west, south, east, north)]
