"""What if: today's offers changed in one way or another, and what a round with them comes to beside today's.

Each change takes offers and gives offers; those that it does not touch stay as they are. ``shape`` limits it to offers that stand in
an area (degrees, longitude first, its border included).
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count as naturals
from itertools import islice
from random import Random
from statistics import median
from typing import TypeVar

from shapely import Point, prepare
from shapely.geometry.base import BaseGeometry

from matching.geo import blur
from matching.model import Id, Mode, Need, Offer, round_half_up
from matching.solution import Solution

Key = TypeVar("Key", bound=Hashable)

MOST_RADIUS_M = 50_000
"""What a post may have, so that none shrinks."""
NEARBY_M = 300.0
"""How far from a volunteer of today a new one lives on average, where no area is named."""


def more(
    offers: Sequence[Offer], count: int, models: Iterable[Offer], rng: Random, shape: BaseGeometry | None = None,
    categories: frozenset[str] = frozenset(), radius_m: int | None = None,
) -> list[Offer]:  # fmt: skip
    """``count`` more volunteers. Each is like one of ``models``, drawn from those who offer one of ``categories`` (from all where
    nobody does): hours, languages, mode, radius and capacity go together as they do among people. ``categories`` and ``radius_m``
    replace theirs.

    They live anywhere in ``shape``, all of it alike: few volunteers live there yet, or nobody would ask, so drawing from their places
    would put the new ones on top of each other. Without a shape they live near whom they are like, as a city has fields and rivers.

    Raises ValueError where there is nobody to be like.
    """
    in_order = sorted(models, key=lambda offer: offer.id)
    if not in_order:
        raise ValueError("nobody to be like")
    alike = [offer for offer in in_order if categories & offer.categories] or in_order
    added = []
    for new_id in _new_ids(offers, count):
        model = rng.choice(alike)
        lon, lat = point_in(shape, rng) if shape else blur(model.lon, model.lat, NEARBY_M, rng)
        added.append(
            replace(
                model, id=new_id, lon=lon, lat=lat, identities=frozenset(),
                categories=categories or model.categories, radius_m=radius_m or model.radius_m,
            )
        )  # fmt: skip
    return [*offers, *added]


def wider(offers: Iterable[Offer], to_m: int = 0, share: float = 0, shape: BaseGeometry | None = None) -> list[Offer]:
    """Radii of ``to_m`` at least, and larger by ``share`` (0.5: half as large again), up to :data:`MOST_RADIUS_M`; none shrinks."""

    def widened(offer: Offer) -> Offer:
        return replace(offer, radius_m=min(MOST_RADIUS_M, max(to_m, round_half_up(offer.radius_m * (1 + share)))))

    return _changed(offers, shape, widened)


def also(offers: Iterable[Offer], categories: frozenset[str], shape: BaseGeometry | None = None) -> list[Offer]:
    """Everybody offers ``categories`` as well."""
    return _changed(offers, shape, lambda offer: replace(offer, categories=offer.categories | categories))


def fewer_hours(offers: Iterable[Offer], hours: int, shape: BaseGeometry | None = None) -> list[Offer]:
    """Everybody has time within the mask ``hours`` only."""
    return _changed(offers, shape, lambda offer: replace(offer, hours=offer.hours & hours))


def point_in(shape: BaseGeometry, rng: Random) -> tuple[float, float]:
    """A point in a shape that has an area, each place as likely as any other; within a city degrees are alike enough for that."""
    prepare(shape)
    west, south, east, north = shape.bounds
    while not shape.covers(point := Point(rng.uniform(west, east), rng.uniform(south, north))):
        pass
    return point.x, point.y


def _changed(offers: Iterable[Offer], shape: BaseGeometry | None, change: Callable[[Offer], Offer]) -> list[Offer]:
    if shape is None:
        return [change(offer) for offer in offers]
    prepare(shape)
    return [change(offer) if shape.covers(Point(offer.lon, offer.lat)) else offer for offer in offers]


def _new_ids(offers: Iterable[Offer], count: int) -> list[Id]:
    """Ids that no offer has, of the same kind as theirs."""
    taken = {offer.id for offer in offers}
    numbers = [offer_id for offer_id in taken if isinstance(offer_id, int)]
    if numbers:
        return [max(numbers) + i for i in range(1, count + 1)]
    free = (f"new-{number}" for number in naturals(1) if f"new-{number}" not in taken)
    return list(islice(free, count))


@dataclass(frozen=True, slots=True)
class Places:
    """Places of needs: looked for, and served."""

    wanted: int
    served: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round comes to.

    ``urgencies``, ``categories`` and ``areas`` (by number) split ``total``. ``median_m`` (half meet no farther), ``p95_m`` (95 in 100) and
    ``total_m`` are of pairs that meet in person, ``remote`` counts the others. ``waited_served`` and ``waited_unserved`` are medians of
    the days that needs have waited, those with every place served and the others. ``None``: nobody to count.
    """

    total: Places
    urgencies: dict[str, Places]
    categories: dict[str, Places]
    areas: dict[int, Places]
    median_m: int | None
    p95_m: int | None
    total_m: int
    remote: int
    waited_served: float | None
    waited_unserved: float | None


def outcome(needs: Iterable[Need], solution: Solution, waited: Mapping[Id, float], area_of: Mapping[Id, int]) -> Outcome:
    """Counts a round. ``waited`` has the days of the needs for which they are known, ``area_of`` the area of those that lie in one."""
    needs = list(needs)
    served = Counter(pair.need for pair in solution.pairs)
    metres = sorted(pair.cost_m for pair in solution.pairs if pair.mode is Mode.IN_PERSON)
    days: dict[bool, list[float]] = {True: [], False: []}
    for need in needs:
        if need.id in waited:
            days[served[need.id] >= need.places].append(waited[need.id])
    return Outcome(
        total=Places(sum(need.places for need in needs), len(solution.pairs)),
        urgencies=_split(needs, served, lambda need: str(need.urgency)),
        categories=_split(needs, served, lambda need: need.category),
        areas=_split([need for need in needs if need.id in area_of], served, lambda need: area_of[need.id]),
        median_m=_reached(metres, 50),
        p95_m=_reached(metres, 95),
        total_m=sum(metres),
        remote=len(solution.pairs) - len(metres),
        waited_served=median(days[True]) if days[True] else None,
        waited_unserved=median(days[False]) if days[False] else None,
    )


def moved(today: Solution, then: Solution) -> tuple[list[Id], list[Id]]:
    """The needs with more places served then than today, and those with fewer."""
    before, after = Counter(pair.need for pair in today.pairs), Counter(pair.need for pair in then.pairs)
    return [need for need in after if after[need] > before[need]], [need for need in before if after[need] < before[need]]


def _split(needs: Iterable[Need], served: Mapping[Id, int], kind: Callable[[Need], Key]) -> dict[Key, Places]:
    found: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    for need in needs:
        found[kind(need)][0] += need.places
        found[kind(need)][1] += served[need.id]
    return {key: Places(*counts) for key, counts in found.items()}


def _reached(ascending: Sequence[int], percent: int) -> int | None:
    """The smallest figure that so many per cent of them do not exceed (nearest rank)."""
    return ascending[math.ceil(percent * len(ascending) / 100) - 1] if ascending else None
