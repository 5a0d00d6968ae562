"""Distances for compiled code: whole metres, decided as the reference decides."""

import numpy as np
from numba import objmode

from matching import geo
from matching.geo import geodesic_m
from matching.jit import inner_kernel, kernel

ERROR_M, REACH_M, BENT_REACH_M = geo.ARC_ERROR_M, geo.ARC_REACH_M, geo.BENT_REACH_M
TOO_FAR = -1

arc_m = kernel(geo.arc_m)
bent_m = inner_kernel(geo.bent_m)
to_xyz = kernel(geo.to_xyz)
ellipsoid_m = kernel(geo.ellipsoid_m)


@kernel
def points(lon, lat):  # type: ignore[no-untyped-def]
    """Metres from the Earth's centre for degrees, row by row."""
    xyz = np.empty((len(lon), 3))
    for i in range(len(lon)):
        xyz[i] = to_xyz(lon[i], lat[i])
    return xyz


@kernel
def apart_m(lon1, lat1, lon2, lat2):  # type: ignore[no-untyped-def]
    """Metres, and on the reference's side of each whole and half metre. Degrees, like :func:`matching.geo.distance_m`."""
    metres = ellipsoid_m(lon1, lat1, lon2, lat2)
    if metres < REACH_M and abs(2 * metres - round(2 * metres)) > 2 * geo.ELLIPSOID_ERROR_M:
        return metres
    with objmode(metres="float64"):
        metres = geodesic_m(lon1, lat1, lon2, lat2)
    return metres


@kernel
def exact_m(here, lon1, lat1, there, lon2, lat2):  # type: ignore[no-untyped-def]
    """The same from x, y and z first: degrees are only looked at where that could tip a decision."""
    metres = arc_m(here[0], here[1], here[2], there[0], there[1], there[2])
    if ERROR_M < metres < REACH_M and abs(2 * metres - round(2 * metres)) > 2 * ERROR_M:
        return metres
    return apart_m(lon1, lat1, lon2, lat2)
