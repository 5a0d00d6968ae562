"""Somebody who wants a door and has all that pages, maps and messages show: how near they come."""

import random
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pytest

from app.models import Need, Offer
from app.services import mine
from app.services.places import Spot
from app.services.placing import Where, place_post
from app.services.posting import change_offer
from app.services.proposing import told_m
from matching.geo import blur, distance_m
from tests.city import BY_LINK, CENTRE, DEGREES_A_METRE, City

MEAN_M = 200
PROMISED_M = MEAN_M / 2
HOMES = 60
EAST = DEGREES_A_METRE / np.cos(np.radians(CENTRE[1]))
Point = tuple[float, float]
Told = Callable[[str], list[dict[str, Any]]]


def at(east_m: float, north_m: float) -> Point:
    return CENTRE[0] + east_m * EAST, CENTRE[1] + north_m * DEGREES_A_METRE


def metres(point: Point) -> np.ndarray:
    return np.array([(point[0] - CENTRE[0]) / EAST, (point[1] - CENTRE[1]) / DEGREES_A_METRE])


def multilaterated(own: np.ndarray, told: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Least squares (Gauss-Newton) over the distances, each taken as the middle of its step."""
    guess = start.copy()
    for _ in range(30):
        apart = guess - own
        away = np.maximum(np.linalg.norm(apart, axis=1), 1)
        step, *_ = np.linalg.lstsq(apart / away[:, None], (told - 50) - away, rcond=None)
        guess = guess + np.clip(step, -300, 300)
    return guess


def intersected(own: np.ndarray, told: np.ndarray, around: np.ndarray) -> np.ndarray:
    """The middle of all points that break the fewest of the distances."""
    steps = np.arange(-900, 901, 10)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2) + around
    away = np.linalg.norm(grid[:, None, :] - own[None, :, :], axis=2)
    broken = ((away > told + 1) | (away <= told - 101)).sum(axis=1)
    return grid[broken == broken.min()].mean(axis=0)


def ends_at(home: Point, seen: Point, aim: Point, rng: random.Random) -> float:
    """How far from the door the best of three ways ends: believing the point, least squares, and what all distances leave. ``seen`` is on
    the map; the distances that forty offers around it are told lead to ``aim``."""
    middle = metres(seen)
    offers = [at(middle[0] + rng.uniform(-1500, 1500), middle[1] + rng.uniform(-1500, 1500)) for _ in range(40)]
    told = np.array([told_m("in_person", offer, aim, False) for offer in offers], dtype=float)
    own = np.array([metres(offer) for offer in offers])
    guesses = (middle, multilaterated(own, told, middle), intersected(own, told, middle))
    return float(min(np.linalg.norm(guess - metres(home)) for guess in guesses))


def test_whoever_has_everything_that_is_shown_ends_farther_than_promised() -> None:
    rng = random.Random(29)
    homes = [at(rng.uniform(-3000, 3000), rng.uniform(-3000, 3000)) for _ in range(HOMES)]
    seen = [blur(*home, MEAN_M, rng) for home in homes]
    shown = [ends_at(home, public, public, rng) for home, public in zip(homes, seen, strict=True)]
    assert median(shown) > PROMISED_M
    # The same attack is good: distances to the doors themselves would have led to them.
    exact = [ends_at(home, public, home, rng) for home, public in zip(homes[:15], seen, strict=False)]
    assert median(exact) < PROMISED_M / 4


def test_the_distances_that_go_out_say_nothing_but_the_public_point(city: City, told: Told) -> None:
    offer = city.one(Offer, city.volunteer(north_m=-700, radius_m=5000))
    need = city.one(Need, city.need(north_m=120))
    city.match()
    (asked,), (heard,) = told("proposal_to_volunteer"), told("proposal_to_resident")
    assert asked["distance_m"] == told_m("in_person", offer.point, (need.public_lon, need.public_lat), False)
    assert heard["distance_m"] == told_m("in_person", need.point, (offer.public_lon, offer.public_lat), False)
    (match,) = city.matches(need.id)
    for side, message in (("volunteer", asked), ("resident", heard)):
        seen = mine.one_match(city.ctx, match.id, side)
        assert seen is not None and seen.distance_m == message["distance_m"]


def test_many_posts_from_one_home_stand_at_one_point(city: City) -> None:
    first = city.one(Need, city.need(email="r@example.net"))
    again = [city.one(Need, city.need(email="r@example.net", north_m=north_m)) for north_m in (0, 20, 40)]
    assert {(need.public_lon, need.public_lat) for need in again} == {(first.public_lon, first.public_lat)}
    other = city.one(Need, city.need(email="other@example.net"))
    moved = city.one(Need, city.need(email="r@example.net", north_m=400))
    for need in (other, moved):
        assert (need.public_lon, need.public_lat) != (first.public_lon, first.public_lat)


def test_the_phone_number_of_somebody_else_shows_no_point_of_theirs(city: City) -> None:
    theirs = city.one(Need, city.need(phone="+33639980001"))
    tried = city.one(Need, city.need(phone="+33639980001"))
    assert (tried.public_lon, tried.public_lat) != (theirs.public_lon, theirs.public_lat)


@pytest.mark.parametrize("kind", [Need, Offer])
def test_it_is_drawn_anew_only_when_the_place_changes(city: City, kind: type[Need] | type[Offer]) -> None:
    post_id = city.need() if kind is Need else city.volunteer()
    was = city.one(kind, post_id)
    lon, lat = was.point
    place_post(city.ctx, kind, post_id, Spot(lon, lat + 10 * DEGREES_A_METRE), BY_LINK)
    same = city.one(kind, post_id)
    assert (same.public_lon, same.public_lat) == (was.public_lon, was.public_lat) and same.point != was.point
    place_post(city.ctx, kind, post_id, Spot(lon, lat + 500 * DEGREES_A_METRE), BY_LINK)
    other = city.one(kind, post_id)
    assert (other.public_lon, other.public_lat) != (was.public_lon, was.public_lat)
    if kind is Offer:
        where = Where("2 rue d'Essai", "69002", "Lyon", *other.point)
        assert change_offer(city.ctx, post_id, BY_LINK, where=where)
        assert city.one(Offer, post_id).public_lon == other.public_lon
    assert distance_m(other.public_lon, other.public_lat, *other.point) > 0
