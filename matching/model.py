"""What the matcher knows of an offer, a need and a pair, and in which units.

Points are WGS84 decimal degrees, always named ``lon`` and ``lat`` so that no order of axes has to be remembered.
Distances are metres. Weekly hours are bit masks (see :mod:`matching.hours`).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:  # who has no areas needs no Shapely
    from matching.areas import Area


class Mode(StrEnum):
    IN_PERSON = "in_person"
    REMOTE = "remote"
    BOTH = "both"


class Urgency(StrEnum):
    """In the order in which needs are served."""

    URGENT = "urgent"
    NORMAL = "normal"
    FLEXIBLE = "flexible"


class Rule(StrEnum):
    """The hard rules, in the order in which they are tried; a refusal carries the one that failed."""

    CATEGORY = "category"
    MODE = "mode"
    DISTANCE = "distance"
    HOURS = "hours"
    LANGUAGE = "language"
    SAME_PERSON = "same_person"
    BLOCKED = "blocked"
    LEVEL = "level"
    PAUSED = "paused"
    CAPACITY = "capacity"


TAKEN: Literal["taken"] = "taken"
Reason = Rule | Literal["taken"]
"""Why a need has nobody: the first rule after which no offer is left, or ``taken``: whoever could help is busy with others.

Capacity is a rule for a pair but never a reason. Whether the places of an offer were full before a round or by it is the same to a
need: both are ``taken``.
"""


REMOTE_COST_M = 3_000
"""What a remote pair counts for, in metres, beside pairs that meet in person."""

Id = int | str


@dataclass(frozen=True, slots=True)
class Offer:
    """A volunteer's standing offer.

    ``hours`` is a mask of :data:`matching.hours.QUARTERS` bits. ``identities`` holds whatever tells a person apart (a keyed
    hash or a normalised e-mail or phone); two posts that share one are the same person. ``capacity`` is the number of
    places that the offer may still fill: none when it is 0 or less. Where there is an ``area`` the volunteer goes to all of it and
    nowhere else, and ``radius_m`` is not looked at. ``blocked`` are identities of people whom the volunteer never wants to meet.
    ``level`` is how far the volunteer was verified.
    """

    id: Id
    lon: float
    lat: float
    radius_m: int
    categories: frozenset[str]
    hours: int
    languages: frozenset[str] = frozenset({"fr"})
    mode: Mode = Mode.IN_PERSON
    capacity: int = 1
    identities: frozenset[str] = field(default_factory=frozenset)
    area: "Area | None" = None
    blocked: frozenset[str] = field(default_factory=frozenset)
    level: int = 0
    paused: bool = False

    @property
    def reach_m(self) -> float:
        """No place where the volunteer goes is farther from home: the radius, or a little more than the area needs."""
        return self.radius_m if self.area is None else self.area.reach_m(self.lon, self.lat)


@dataclass(frozen=True, slots=True)
class Need:
    """A resident's request. ``places`` is the number of different volunteers still looked for.

    ``blocked`` are identities of people whom the resident never wants to meet; ``level`` is how far a volunteer must be verified.
    """

    id: Id
    lon: float
    lat: float
    category: str
    hours: int
    languages: frozenset[str] = frozenset({"fr"})
    mode: Mode = Mode.IN_PERSON
    urgency: Urgency = Urgency.NORMAL
    places: int = 1
    identities: frozenset[str] = field(default_factory=frozenset)
    blocked: frozenset[str] = field(default_factory=frozenset)
    level: int = 0


class Pair(NamedTuple):  # made a million times a round, and a dataclass that is frozen takes twice as long
    """An eligible offer for a need. ``distance_m`` is the geodesic distance; ``mode`` is never ``both``.

    A remote pair keeps its distance (the two may live far apart) but counts :data:`REMOTE_COST_M`.
    """

    need: Id
    offer: Id
    mode: Mode
    distance_m: float

    @property
    def cost_m(self) -> int:
        """Whole metres that the pair adds to a set of pairs."""
        return REMOTE_COST_M if self.mode is Mode.REMOTE else round_half_up(self.distance_m)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an offer cannot serve a need. ``figures`` holds what the words for people need (``distance_m``, ``radius_m`` …)."""

    rule: Rule
    figures: dict[str, float] = field(default_factory=dict)


def round_half_up(metres: float) -> int:
    """Whole metres, halves upward (Python's own ``round`` would take 0.5 to 0).

    >>> round_half_up(0.5), round_half_up(1.49)
    (1, 1)
    """
    return int(metres + 0.5)
