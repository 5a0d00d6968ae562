"""The city's streets: where an address is, when no geocoder says so."""

from typing import Any

from sqlalchemy import JSON, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Base


class Street(Base):
    """One street of one postcode. ``key`` is its name without accents, capitals and signs, for searching.

    ``lon`` and ``lat`` (degrees) are a point in its middle; ``numbers`` maps a house number such as ``12`` or ``12 bis`` to ``[lon, lat]``.
    """

    __tablename__ = "street"
    __table_args__ = (Index("uq_street", "postcode", "town", "key", unique=True),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(200), index=True)
    postcode: Mapped[str] = mapped_column(String(10))
    town: Mapped[str] = mapped_column(String(100))
    lon: Mapped[float]
    lat: Mapped[float]
    numbers: Mapped[dict[str, Any]] = mapped_column(JSON)
