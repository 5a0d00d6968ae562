"""Cities to simulate: quartiers side by side, with unequal numbers of volunteers."""

import math
from dataclasses import dataclass
from random import Random

from matching.hours import ANY_TIME, parse_hours

LON, LAT = 4.85, 45.75
METRES_PER_DEGREE = 111_200.0

CATEGORIES = {  # shares of the needs, and of the volunteers who offer it (guesses)
    "accompaniment": (0.09, 0.20), "conversation": (0.18, 0.45), "homework": (0.08, 0.22), "paperwork": (0.13, 0.15),
    "pets": (0.03, 0.10), "pharmacy": (0.10, 0.40), "shopping": (0.34, 0.70), "small_repairs": (0.05, 0.12),
}  # fmt: skip
HOURS = [ANY_TIME, ANY_TIME, *map(parse_hours, ("Mo-Fr 18:00-20:00", "Sa-Su 10:00-19:00", "Mo-Fr 09:00-17:00", "Mo-Su 08:00-20:00"))]
"""Weekly hours of volunteers and residents alike (a guess)."""
CAPACITIES = (1, 1, 1, 1, 1, 1, 2, 2, 2, 3)
"""How much a volunteer takes on at a time (a guess)."""


@dataclass(frozen=True, slots=True)
class City:
    """Squares of ``side_m`` in rows of ``columns``; ``supply`` and ``demand`` are the weights of volunteers and needs in each."""

    name: str
    side_m: float
    columns: int
    supply: tuple[int, ...]
    demand: tuple[int, ...]
    radii_m: tuple[int, ...]

    def point(self, rng: Random, quartier: int) -> tuple[float, float]:
        """A point somewhere in the quartier: lon, lat."""
        row, column = divmod(quartier, self.columns)
        east, north = (column + rng.random()) * self.side_m, (row + rng.random()) * self.side_m
        return LON + east / METRES_PER_DEGREE / math.cos(math.radians(LAT)), LAT + north / METRES_PER_DEGREE


CITIES = {
    city.name: city
    for city in (
        City("town", 2_000, 3, (28, 22, 18, 14, 11, 7), (14, 18, 16, 18, 16, 18), (500, 800, 1_000, 1_500, 2_000, 3_000)),
        City("country", 6_000, 4, (30, 6, 4, 10, 8, 5, 22, 15), (22, 9, 8, 12, 11, 8, 16, 14), (5_000, 8_000, 10_000, 15_000)),
    )
}
"""A town whose needs lie more evenly than its volunteers, and villages far apart between two small towns."""
