"""What happens to all ways of choosing alike: the volunteers, the needs with their times, who may meet whom, and everybody's luck."""

import math
from dataclasses import dataclass
from hashlib import blake2b
from random import Random
from statistics import NormalDist

from matching.eligibility import check
from matching.model import Id, Need, Offer, Pair, Urgency
from matching.simulation import people
from matching.simulation.city import CAPACITIES, CATEGORIES, HOURS, City
from matching.simulation.clock import DAY, HOUR

NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Volunteer:
    offer: Offer
    quartier: int
    willing: float


@dataclass(frozen=True, slots=True)
class Posted:
    """A need and the minute of its arrival."""

    need: Need
    quartier: int
    minute: int


@dataclass(frozen=True, slots=True)
class Setting:
    """``weeks`` is for how long needs arrive. All volunteers are there from the beginning."""

    city: City
    weeks: int
    volunteers: int
    needs_per_day: float


@dataclass(frozen=True, slots=True)
class Tape:
    """``pairs`` are the eligible ones of each need, the nearest first."""

    seed: int
    weeks: int
    volunteers: dict[Id, Volunteer]
    posted: tuple[Posted, ...]
    pairs: dict[Id, tuple[Pair, ...]]

    def luck(self, what: str, *key: Id) -> float:
        """A number from 0 to 1 that hangs on what is asked and nothing else, so that the same question always gets the same answer."""
        digest = blake2b(f"{self.seed} {what} {key}".encode(), digest_size=8).digest()
        return (int.from_bytes(digest, "big") + 0.5) / 2**64

    def answer_minutes(self, need: Need, volunteer: Id) -> int:
        """Waking minutes until the volunteer answers."""
        median = people.ANSWERS_AFTER / (2 if need.urgency is Urgency.URGENT else 1)
        return round(median * math.exp(people.SPREAD * NORMAL.inv_cdf(self.luck("minutes", need.id, volunteer))))


def draw(setting: Setting, seed: int) -> Tape:
    """The tape of a setting. The same arguments give the same tape."""
    people_rng, needs_rng = Random(f"volunteers {seed}"), Random(f"needs {seed}")
    there: dict[Id, Volunteer] = {i: _volunteer(people_rng, setting.city, i) for i in range(setting.volunteers)}
    arrivals = _arrivals(needs_rng, setting.weeks, setting.needs_per_day)
    posted = tuple(_posted(needs_rng, setting.city, i, minute) for i, minute in enumerate(arrivals))
    return Tape(seed, setting.weeks, there, posted, {p.need.id: _pairs(p.need, there) for p in posted})


def _pairs(need: Need, volunteers: dict[Id, Volunteer]) -> tuple[Pair, ...]:
    found = (check(need, v.offer) for v in volunteers.values())
    return tuple(sorted((pair for pair in found if isinstance(pair, Pair)), key=lambda pair: pair.distance_m))


def _arrivals(rng: Random, weeks: int, needs_per_day: float) -> list[int]:
    """Minutes of arrival: a Poisson process whose rate goes with the hour and the day, thinned out of an even one."""
    peak = max(people.HOUR_WEIGHTS) * max(people.DAY_WEIGHTS)
    mean = sum(people.HOUR_WEIGHTS) / 24 * sum(people.DAY_WEIGHTS) / 7
    at, found = 0.0, []
    while (at := at + rng.expovariate(needs_per_day * peak / mean / DAY)) < weeks * 7 * DAY:
        minute = int(at)
        weight = people.HOUR_WEIGHTS[minute % DAY // HOUR] * people.DAY_WEIGHTS[minute // DAY % 7]
        if rng.random() * peak < weight:
            found.append(minute)
    return found


def _volunteer(rng: Random, city: City, volunteer_id: int) -> Volunteer:
    quartier = rng.choices(range(len(city.supply)), city.supply)[0]
    lon, lat = city.point(rng, quartier)
    categories = {slug for slug, (_, offered) in CATEGORIES.items() if rng.random() < offered} or {rng.choice(list(CATEGORIES))}
    offer = Offer(
        volunteer_id, lon, lat, rng.choice(city.radii_m), frozenset(categories), rng.choice(HOURS), capacity=rng.choice(CAPACITIES),
        identities=frozenset({str(volunteer_id)}),
    )  # fmt: skip
    return Volunteer(offer, quartier, rng.betavariate(*people.WILLING))


def _posted(rng: Random, city: City, need_id: int, minute: int) -> Posted:
    quartier = rng.choices(range(len(city.demand)), city.demand)[0]
    lon, lat = city.point(rng, quartier)
    category = rng.choices(list(CATEGORIES), [wanted for wanted, _ in CATEGORIES.values()])[0]
    urgency = rng.choices(list(people.URGENCIES), list(people.URGENCIES.values()))[0]
    places = 2 if rng.random() < people.TWO_PLACES else 1
    return Posted(Need(need_id, lon, lat, category, rng.choice(HOURS), urgency=urgency, places=places), quartier, minute)
