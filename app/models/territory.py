"""Territories: the city, its districts, its quartiers."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, false
from sqlalchemy.orm import Mapped, mapped_column

from app.db import IDS_ONCE, Base
from notifications.types import UTCDateTime


class Territory(Base):
    """A named polygon (``shape`` is WKB, WGS84 lon/lat). Borders oversee, they do not limit who may meet."""

    __tablename__ = "territory"
    __table_args__ = IDS_ONCE  # what happened there is sealed under it (services/audit.py)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(40))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("territory.id"), index=True)
    parent_chosen: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Somebody said in which it lies; else it lies in the smallest of a larger kind that holds its middle."""
    settings: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    shape: Mapped[bytes] = mapped_column(LargeBinary)
    changed_at: Mapped[datetime] = mapped_column(UTCDateTime)
