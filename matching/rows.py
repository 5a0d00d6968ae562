"""An offer or a need as one row, the same for both: what the index of one side needs to know of either."""

from typing import TYPE_CHECKING, NamedTuple

from matching.model import Mode, Need, Offer

if TYPE_CHECKING:  # who has no areas needs no Shapely
    from matching.areas import Area

NOT_IN_PERSON = -1.0


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

    @property
    def where(self) -> tuple[object, ...]:
        """What says where and how the post meets people."""
        return self[:5]


def offer_row(offer: Offer, *, seeks: bool = False) -> Row:
    return Row(
        float(offer.lon), float(offer.lat), NOT_IN_PERSON if offer.mode is Mode.REMOTE else float(offer.reach_m),
        offer.mode is not Mode.IN_PERSON, offer.area, offer.hours, offer.languages, -offer.level if seeks else offer.level,
        not offer.paused and offer.capacity > 0,
    )  # fmt: skip


def need_row(need: Need, *, seeks: bool = False) -> Row:
    """A need goes as far as the offer does. Its level counts below zero where offers seek: so it is never above theirs."""
    return Row(
        float(need.lon), float(need.lat), NOT_IN_PERSON if need.mode is Mode.REMOTE else float("inf"),
        need.mode is not Mode.IN_PERSON, None, need.hours, need.languages, need.level if seeks else -need.level, True,
    )  # fmt: skip
