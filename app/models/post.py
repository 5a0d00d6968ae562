"""What offers and needs have in common: where they are, who posted them and how."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.crypto import EncryptedText
from notifications.types import UTCDateTime


class PostedBy(StrEnum):
    SELF = "self"
    RELATIVE = "relative"
    AGENT = "agent"


class Channel(StrEnum):
    """How a fact came in."""

    WEB = "web"
    LINK = "link"
    PHONE = "phone"
    COUNTER = "counter"
    MAIL = "mail"
    FILE = "file"
    SYSTEM = "system"


class Post:
    """The columns that every post has.

    The exact point is ``"lon,lat"`` in ``exact_point``, for the two sides once both agreed and for the matcher. The public point
    beside it is drawn once, when the place is set, and is all that pages and exports know. ``None`` in both: not placed yet.
    ``approximate``: the exact point is only the middle of a quartier.
    ``changed_at`` is what the worker's index follows.
    """

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str | None] = mapped_column(String(100), unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    territory_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
    exact_point: Mapped[str | None] = mapped_column(EncryptedText("post.exact_point"))
    public_lon: Mapped[float | None]
    public_lat: Mapped[float | None]
    approximate: Mapped[bool] = mapped_column(default=False)
    address: Mapped[str] = mapped_column(EncryptedText("post.address"), default="")
    availability: Mapped[str] = mapped_column(Text, default="")
    languages: Mapped[list[str]] = mapped_column(JSON)
    mode: Mapped[str] = mapped_column(String(10))
    posted_by: Mapped[str] = mapped_column(String(10), default=PostedBy.SELF)
    channel: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)

    @property
    def point(self) -> tuple[float, float] | None:
        """The exact ``(lon, lat)``."""
        return point_of(self.exact_point)


def point_of(exact: str | None) -> tuple[float, float] | None:
    """What stands in ``exact_point`` as ``(lon, lat)``."""
    if exact is None:
        return None
    lon, lat = exact.split(",")
    return float(lon), float(lat)
