"""The town: its streets with their houses, and the people who live in them, all drawn from one seed."""

import json
import math
import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from shapely import Point
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from app.models import PostedBy
from app.services.demo import facts
from app.services.placing import Where
from app.services.posting import NeedInput, OfferInput
from app.services.streets import Address
from config.categories import CATEGORIES
from config.notices import NOTICE_VERSION
from matching.geo import distance_m
from matching.model import Urgency

DISTRICTS = Path(__file__).with_name("districts.geojson")
A_METRE = 1 / 111_150
HOUSES, HOUSE_M = 48, 6
QUIET_M = 450
"""So near to the square only the story's volunteers help: it goes the same way each time."""


@dataclass(frozen=True)
class Neighbour:
    """Somebody with an offer."""

    name: str
    email: str
    phone: str
    offer: OfferInput


@dataclass
class Town:
    """Draws streets and people. The same seed draws the same ones."""

    rng: random.Random
    houses: dict[int, list[Address]] = field(default_factory=dict)
    _names: list[str] = field(default_factory=list)
    _count: int = 0

    def __post_init__(self) -> None:
        districts = json.loads(DISTRICTS.read_text(encoding="utf-8"))["features"]
        for number, feature in enumerate(districts, 1):
            outline = shape(feature["geometry"])
            self.houses[number] = [house for name in facts.STREETS[number] for house in self._street(name, number, outline)]
        self._names = [f"{first} {last}" for first in facts.FIRST for last in facts.LAST]
        self.rng.shuffle(self._names)

    def addresses(self) -> Iterator[Address]:
        """The table of streets."""
        for houses in self.houses.values():
            yield from houses
        yield from (self.at_the_square(number) for number in range(1, HOUSES + 1))

    def at_the_square(self, number: int) -> Address:
        """A house of the story: number 4 is at home, the others beside it."""
        lon, lat = facts.HOME
        return Address(str(number), facts.SQUARE, "69004", "Lyon", round(lon + (number - 4) * HOUSE_M * A_METRE * 1.43, 6), lat)

    def _street(self, name: str, district: int, outline: BaseGeometry) -> list[Address]:
        """Houses on a straight line that lies within the district."""
        west, south, east, north = outline.bounds
        while True:
            lon, lat = self.rng.uniform(west, east), self.rng.uniform(south, north)
            way = self.rng.uniform(0, 2 * math.pi)
            step = HOUSE_M * A_METRE * 1.43 * math.cos(way), HOUSE_M * A_METRE * math.sin(way)
            points = [(round(lon + n * step[0], 6), round(lat + n * step[1], 6)) for n in range(1, HOUSES + 1)]
            if all(outline.covers(Point(point)) for point in (points[0], points[-1])):
                return [Address(str(n), name, f"6900{district}", "Lyon", *point) for n, point in enumerate(points, 1)]

    def somewhere(self, away_m: float = 0) -> tuple[Where, float]:
        """A house, at least ``away_m`` from the square, and how far that is."""
        while True:
            district = self.rng.choices(list(facts.POPULATION), list(facts.POPULATION.values()))[0]
            house = self.rng.choice(self.houses[district])
            distance = distance_m(*facts.HOME, house.lon, house.lat)
            if distance >= away_m:
                return where(house), distance

    def volunteer(self) -> Neighbour:
        place, distance = self.somewhere(QUIET_M + 300)
        name = self._names.pop()
        self._count += 1
        categories = self.rng.choice(facts.OFFERED)
        afar = all(CATEGORIES[category].remote for category in categories)
        offer = OfferInput(
            categories=categories, where=place,
            radius_m=int(min(self.rng.choice((800, 1500, 2500, 4000)), distance - QUIET_M)) // 100 * 100,
            capacity=self.rng.choice((1, 1, 1, 2, 2, 3)), availability=self.rng.choice(facts.WEEKS_OFFERED),
            mode=self.rng.choice(("in_person", "both", "remote")) if afar else "in_person",
            languages=("fr", *self.rng.choice(facts.SPOKEN)),
        )  # fmt: skip
        return Neighbour(name, f"{slug(name)}@example.org", f"+3363998{self._count:04d}", offer)

    def need(self) -> NeedInput:
        """A resident and what they ask for: by themselves, or a relative or an agent for them; one in three has no e-mail."""
        rng = self.rng
        place, _ = self.somewhere(2 * QUIET_M)
        name = self._names.pop()
        self._count += 1
        category = rng.choices(list(facts.CALLED_FOR), list(facts.CALLED_FOR.values()))[0]
        posted_by = rng.choices(list(PostedBy), (62, 12, 26))[0]
        contact = "email" if posted_by is not PostedBy.AGENT else rng.choices(("phone", "letter", "email"), (70, 15, 15))[0]
        spoken = rng.choice(facts.SPOKEN)
        if posted_by is PostedBy.AGENT and rng.random() < 0.2:
            place = Where(rng.choice(facts.UNKNOWN_PLACES), place.postcode, place.city)
        return NeedInput(
            name=name, category=category, where=place, contact=contact, email=f"{slug(name)}@example.net" if contact == "email" else None,
            phone=None if contact == "letter" else f"+3346571{self._count:04d}", language="en" if spoken[:1] == ("en",) else "fr",
            languages=spoken if spoken and rng.random() < 0.08 else ("fr", *spoken),
            urgency=rng.choices(list(Urgency), (20, 55, 25))[0],
            mode="both" if CATEGORIES[category].remote and rng.random() < 0.5 else "in_person",
            availability=rng.choice(facts.WEEKS_NEEDED), helpers_needed=2 if rng.random() < 0.06 else 1,
            details=rng.choice(facts.DETAILS[category]), share_contact=rng.random() < 0.3, posted_by=posted_by,
            on_behalf_name=self._names.pop() if posted_by is PostedBy.RELATIVE else None,
            on_behalf_phone=f"+3363998{5000 + self._count:04d}" if posted_by is PostedBy.RELATIVE else None,
            call=rng.choice((PostedBy.SELF, PostedBy.RELATIVE)) if posted_by is PostedBy.RELATIVE else PostedBy.SELF,
            school_level=rng.choice(facts.SCHOOL_LEVELS) if category == "homework" else None, notice_version=NOTICE_VERSION,
        )  # fmt: skip


def where(house: Address) -> Where:
    return Where(f"{house.number} {house.street}", house.postcode, house.town, house.lon, house.lat)


def slug(name: str) -> str:
    """A name as it stands in an e-mail address.

    >>> slug("Thi Mai Thévenet")
    'thi-mai.thevenet'
    """
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    *first, last = bare.split()
    return f"{'-'.join(first)}.{last}"
