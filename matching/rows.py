"""An offer or a need as one row, the same for both: what the index of one side needs to know of either."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple

from matching.model import Mode, Need, Offer

if TYPE_CHECKING:  # who has no areas needs no Shapely
    from array import array

    from matching.areas import Area

NOT_IN_PERSON = -1.0
_ANYWHERE = float("inf")
_REMOTE, _IN_PERSON = Mode.REMOTE, Mode.IN_PERSON
Looks = tuple[tuple[Hashable, int], ...]
"""The groups that a seeker looks in, each with its level, the lowest first."""


class Row(NamedTuple):
    """``radius_m`` is how far the post reaches, :data:`NOT_IN_PERSON` when it meets people only from afar; ``far`` whether it does that
    at all. Two fit when the host's ``level`` is not below the seeker's and the host ``takes`` anybody."""

    lon: float
    lat: float
    radius_m: float
    far: bool
    area: "Area | None"
    hours: int
    languages: frozenset[str]
    level: int
    takes: bool
    identities: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()


class Question(NamedTuple):
    """A seeker made ready to be asked for, once or again and again: its numbers and where they lie; its names, and of those whom it blocks,
    as :class:`matching.names.Names` numbers them."""

    numbers: "array[float]"
    address: int
    identities: list[int]
    blocked: list[int]


def offer_row(offer: Offer, *, seeks: bool = False) -> Row:
    return Row(
        offer.lon + 0.0, offer.lat + 0.0, NOT_IN_PERSON if offer.mode is _REMOTE else offer.reach_m + 0.0,  # no whole numbers for kernels
        offer.mode is not _IN_PERSON, offer.area, offer.hours, offer.languages, -offer.level if seeks else offer.level,
        not offer.paused and offer.capacity > 0, offer.identities, offer.blocked,
    )  # fmt: skip


def need_row(need: Need, *, seeks: bool = False) -> Row:
    """A need goes as far as the offer does. Its level counts below zero where offers seek: so it is never above theirs."""
    return Row(
        need.lon + 0.0, need.lat + 0.0, NOT_IN_PERSON if need.mode is _REMOTE else _ANYWHERE, need.mode is not _IN_PERSON, None, need.hours,
        need.languages, need.level if seeks else -need.level, True, need.identities, need.blocked,
    )  # fmt: skip
