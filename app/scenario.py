"""What somebody asks "what if" about: today's posts, and the changes by the names that people use."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from random import Random

from shapely import union_all
from shapely.geometry.base import BaseGeometry

from app.errors import UserError
from app.services.streets import plain
from config.categories import CATEGORIES
from matching import whatif
from matching.model import Id, Need, Offer

MOST_NAMED = 20


@dataclass(frozen=True)
class Area:
    name: str
    shape: BaseGeometry
    """WGS84 degrees, longitude first."""


@dataclass(frozen=True)
class Today:
    """``models`` are the offers with the whole of their capacity, for new volunteers to be like; ``waited`` the days of each need
    for which they are known."""

    offers: list[Offer]
    models: list[Offer]
    needs: list[Need]
    waited: dict[Id, float]
    areas: list[Area]


@dataclass(frozen=True)
class Scenario:
    """The changes, all of them in the areas ``within`` (everywhere where there are none); new volunteers have the others too."""

    within: tuple[str, ...] = ()
    volunteers: int = 0
    offering: frozenset[str] = frozenset()
    radius_m: int | None = None
    wider_to_m: int = 0
    wider_share: float = 0
    also: frozenset[str] = frozenset()
    hours: int | None = None
    hours_text: str = ""

    def apply(self, today: Today, rng: Random) -> list[Offer]:
        """The offers that there would be. Raises :class:`UserError`."""
        known = {need.category for need in today.needs}.union(CATEGORIES, *(offer.categories for offer in today.offers))
        offering, also = _known(self.offering, known, "kind of help"), _known(self.also, known, "kind of help")
        shape = union_all([area.shape for area in areas_named(self.within, today.areas)]) if self.within else None
        offers = list(today.offers)
        if self.volunteers:
            if not today.models:
                raise UserError("Nobody offers anything today, so there is nobody whom new volunteers could be like.")
            offers = whatif.more(offers, self.volunteers, today.models, rng, shape, offering, self.radius_m)
        if self.wider_to_m or self.wider_share:
            offers = whatif.wider(offers, self.wider_to_m, self.wider_share, shape)
        if also:
            offers = whatif.also(offers, also, shape)
        if self.hours is not None:
            offers = whatif.fewer_hours(offers, self.hours, shape)
        return offers

    def sentence(self) -> str:
        parts = []
        if self.volunteers:
            offering = f" offering {_listed(self.offering)}" if self.offering else ""
            radius = f" who go up to {self.radius_m} m" if self.radius_m else ""
            parts.append(f"{self.volunteers} more {'volunteer' if self.volunteers == 1 else 'volunteers'}{offering}{radius}")
        if self.wider_to_m:
            parts.append(f"everybody goes {self.wider_to_m} m or farther")
        if self.wider_share:
            parts.append(f"everybody goes {self.wider_share:.0%} farther")
        if self.also:
            parts.append(f"everybody offers {_listed(self.also)} as well")
        if self.hours is not None:
            parts.append(f"everybody has time at {self.hours_text} only")
        return f"{_listed(self.within) if self.within else 'Everywhere'}: {'; '.join(parts)}"


def areas_named(names: Iterable[str], areas: Sequence[Area]) -> list[Area]:
    """All areas of these names, whatever the case and accents. Raises :class:`UserError` with the nearest names."""
    found = _known(names, [area.name for area in areas], "area")
    return [area for area in areas if area.name in found]


def _known(names: Iterable[str], known: Collection[str], what: str) -> frozenset[str]:
    """Those of ``known`` that are meant."""
    found: set[str] = set()
    shown = {plain(other): other for other in known}
    for name in names:
        if plain(name) not in shown:
            close = [shown[other] for other in get_close_matches(plain(name), shown, n=5, cutoff=0.4)]
            nearest = f"The nearest: {', '.join(close)}." if close else _none_of(sorted(shown.values()))
            raise UserError(f"{name!r} is no {what} here. {nearest}")
        found.update(other for other in known if plain(other) == plain(name))
    return frozenset(found)


def _none_of(known: Sequence[str]) -> str:
    """Names them, where they are few enough to read."""
    named = f": they are {', '.join(known)}" if 0 < len(known) <= MOST_NAMED else ""
    return f"None of the {len(known)} has a name like that{named}."


def _listed(names: Iterable[str]) -> str:
    *others, last = sorted(names)
    return f"{', '.join(others)} and {last}" if others else last
