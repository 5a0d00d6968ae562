"""A seeded city of neighbours: columns of numbers, and the posts made from them."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from matching.geo import A_M
from matching.hours import ANY_TIME, parse_hours
from matching.model import Mode, Need, Offer, Urgency

Array = NDArray[Any]

LON, LAT = 4.85, 45.75
CATEGORIES = {  # its share of the needs, and the share of the volunteers who offer it
    "accompaniment": (0.09, 0.20), "conversation": (0.18, 0.45), "homework": (0.08, 0.22), "paperwork": (0.13, 0.15),
    "pets": (0.03, 0.10), "pharmacy": (0.10, 0.40), "shopping": (0.34, 0.70), "small_repairs": (0.05, 0.12),
}  # fmt: skip
FROM_AFAR = [slug in {"conversation", "homework", "paperwork"} for slug in CATEGORIES]
HOURS = [ANY_TIME, ANY_TIME] + [parse_hours(text) for text in (
    "Mo-Fr 18:00-20:00", "Sa 09:00-12:00", "Mo-Su 08:00-20:00", "We 13:30-18:00; Sa 09:00-18:00", "Tu,Th 09:00-11:30",
    "Mo-Fr 09:00-17:00", "Sa-Su 10:00-19:00", "Mo 14:00-16:00; Fr 14:00-16:00",
)]  # fmt: skip
LANGUAGES = [text.split("|") for text in ["fr"] * 14 + ["fr|en"] * 4 + ["fr|ar"] * 3 + ["fr|es", "fr|pt", "fr|it", "en", "ar", "tr|fr"]]
MODES, URGENCIES = tuple(Mode), tuple(Urgency)
RADII_M = [500, 800, 1000, 1500, 2000, 3000]
OFFER_MODES = {"in_person": 0.70, "remote": 0.08, "both": 0.22}
NEED_MODES = {"in_person": 0.55, "remote": 0.15, "both": 0.30}


@dataclass(frozen=True)
class City:
    """``*_at`` are degrees, longitude first; hours, languages, modes and urgencies are places in the lists above; ``offers[o, c]``
    is whether offer o is of category c. Some needs are of people who also offer: posts of one number are of one person."""

    offer_at: Array
    offers: Array
    offer_radius: Array
    offer_hours: Array
    offer_languages: Array
    offer_mode: Array
    offer_capacity: Array
    offer_person: Array
    need_at: Array
    need_category: Array
    need_hours: Array
    need_languages: Array
    need_mode: Array
    need_urgency: Array
    need_places: Array
    need_person: Array


def draw(offers: int, needs: int, *, side_m: float, remote: bool = False, seed: int = 1) -> City:
    """Uniform over a square; in person only unless ``remote``."""
    rng = np.random.default_rng(seed)
    wanted, offered = np.array(list(CATEGORIES.values())).T
    chosen = rng.random((offers, len(CATEGORIES))) < offered
    nothing = np.flatnonzero(~chosen.any(axis=1))
    chosen[nothing, rng.integers(len(CATEGORIES), size=len(nothing))] = True
    category = rng.choice(len(CATEGORIES), needs, p=wanted)
    offer_mode = rng.choice(len(MODES), offers, p=[OFFER_MODES[mode] for mode in MODES])
    need_mode = np.where(np.array(FROM_AFAR)[category], rng.choice(len(MODES), needs, p=[NEED_MODES[mode] for mode in MODES]), 0)
    return City(
        _somewhere(rng, offers, side_m),
        chosen,
        rng.choice(RADII_M, offers),
        rng.integers(len(HOURS), size=offers),
        rng.integers(len(LANGUAGES), size=offers),
        offer_mode if remote else np.zeros(offers, np.int64),
        rng.choice([1, 2, 3, 5], offers, p=[0.60, 0.25, 0.10, 0.05]),
        np.arange(offers),
        _somewhere(rng, needs, side_m),
        category,
        rng.integers(len(HOURS), size=needs),
        rng.integers(len(LANGUAGES), size=needs),
        need_mode if remote else np.zeros(needs, np.int64),
        rng.choice(len(URGENCIES), needs, p=[0.12, 0.68, 0.20]),
        rng.choice([1, 2, 3], needs, p=[0.93, 0.05, 0.02]),
        np.where(rng.random(needs) < 0.05, rng.integers(offers, size=needs), offers + np.arange(needs)),
    )


def without_filters(city: City) -> City:
    """The same people, all of whom reach everybody at any time in one language: only the category is left to tell them apart."""
    offers, needs = np.arange(len(city.offer_at)), np.arange(len(city.need_at))
    alike = {f"offer_{what}": 0 * offers for what in ("hours", "languages", "mode")}
    alike |= {f"need_{what}": 0 * needs for what in ("hours", "languages", "mode")}
    return replace(city, **alike, offer_person=offers, need_person=len(offers) + needs, offer_radius=np.full(len(offers), 50_000))


def numbered(city: City, offers: Array, needs: Array) -> City:
    """The same people in another order."""
    order = {"offer": offers, "offers": offers, "need": needs}
    return City(*(getattr(city, field.name)[order[field.name.split("_")[0]]] for field in fields(city)))


def _somewhere(rng: np.random.Generator, count: int, side_m: float) -> Array:
    half = np.degrees(side_m / 2 / A_M)
    return np.column_stack([
        LON + rng.uniform(-half, half, count) / np.cos(np.radians(LAT)),
        LAT + rng.uniform(-half, half, count),
    ])  # fmt: skip


def posts(city: City) -> tuple[list[Offer], list[Need]]:
    """What the service would read from its tables."""
    slugs, spoken = list(CATEGORIES), [frozenset(codes) for codes in LANGUAGES]
    sets = {row.tobytes(): frozenset(slugs[i] for i in np.flatnonzero(row)) for row in np.unique(city.offers, axis=0)}
    offers = [
        Offer(i, lon, lat, radius, sets[row.tobytes()], HOURS[hours], spoken[tongue], MODES[mode], capacity, frozenset({f"p{person}"}))
        for i, ((lon, lat), row, radius, hours, tongue, mode, capacity, person) in enumerate(zip(
            city.offer_at.tolist(), city.offers, *_lists(city.offer_radius, city.offer_hours, city.offer_languages, city.offer_mode,
            city.offer_capacity, city.offer_person), strict=True))
    ]  # fmt: skip
    needs = [
        Need(i, lon, lat, slugs[category], HOURS[hours], spoken[tongue], MODES[mode], URGENCIES[urgency], places, frozenset({f"p{person}"}))
        for i, ((lon, lat), category, hours, tongue, mode, urgency, places, person) in enumerate(zip(
            city.need_at.tolist(), *_lists(city.need_category, city.need_hours, city.need_languages, city.need_mode, city.need_urgency,
            city.need_places, city.need_person), strict=True))
    ]  # fmt: skip
    return offers, needs


def _lists(*columns: Array) -> Sequence[list[Any]]:
    return [column.tolist() for column in columns]
