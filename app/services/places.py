"""Where a post is: its territory, its exact and its public point."""

import hashlib
import json
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from shapely import from_wkb, set_precision, to_geojson
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import Territory
from app.models.post import Post
from matching.areas import Areas
from matching.geo import blur

DRAWN_WITHIN = 1e-4
"""Degrees (about ten metres) that a drawn outline may be off."""


class Outside(UserError):
    """The point lies in no territory; a point elsewhere helps."""

    def __init__(self, phone: str) -> None:
        super().__init__(f"This place is outside the area that the service covers. Call {phone}: the town hall knows who helps there.")


class NoTerritory(UserError):
    """No territory has been imported yet."""

    def __init__(self) -> None:
        super().__init__("No territory is loaded yet. Run: adeuxpas territory import FILE.geojson --name-property NAME")


@dataclass(frozen=True)
class _Loaded:
    mark: tuple[object, ...]
    shapes: list[tuple[int, str, BaseGeometry]]

    @cached_property
    def areas(self) -> Areas:
        return Areas([(i, shape) for i, _, shape in self.shapes])

    @cached_property
    def drawn(self) -> str:
        """GeoJSON to look at, some metres from the true outlines."""
        features = [
            {"type": "Feature", "properties": {"name": name}, "geometry": json.loads(to_geojson(rough))}
            for _, name, shape in self.shapes
            if not (rough := set_precision(shape.simplify(DRAWN_WITHIN), DRAWN_WITHIN / 10)).is_empty
        ]
        return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))


_lock = threading.Lock()
_loaded: dict[str, _Loaded] = {}


def areas(session: Session) -> Areas:
    """The territories as an index, loaded again when a row has changed. Raises :class:`NoTerritory` when there are none."""
    with _lock:
        held = _load(session)
        if not held.shapes:
            raise NoTerritory
        return held.areas


def _load(session: Session) -> _Loaded:
    url = str(session.get_bind().engine.url)
    mark = tuple(session.execute(select(func.count(Territory.id), func.max(Territory.changed_at), func.max(Territory.id))).one())
    held = _loaded.get(url)
    if held is None or held.mark != mark:
        rows = session.execute(select(Territory.id, Territory.name, Territory.shape)).all()
        held = _loaded[url] = _Loaded(mark, [(row.id, row.name, from_wkb(row.shape)) for row in rows])
    return held


def outlines(ctx: Context) -> tuple[str, str]:
    """The territories as GeoJSON to draw on a map, and a mark that differs when they do."""
    with ctx.db.read() as session, _lock:
        held = _load(session)
        return held.drawn, hashlib.sha256(repr(held.mark).encode()).hexdigest()[:16]


def inside(ctx: Context, lon: float, lat: float) -> bool:
    """Whether a territory holds the point. Where there is none yet, every point will do: nothing is posted anyway."""
    with ctx.db.read() as session:
        try:
            return areas(session).locate(lon, lat) is not None
        except NoTerritory:
            return True


class Spot(NamedTuple):
    """A point in degrees. ``approximate``: only the middle of a quartier."""

    lon: float
    lat: float
    approximate: bool = False


def place(session: Session, ctx: Context, post: Post, spot: Spot) -> None:
    """Put a post on the map and draw its public point, once. Raises :class:`Outside`."""
    lon, lat, post.approximate = spot
    territory = areas(session).locate(lon, lat)
    if territory is None:
        raise Outside(ctx.settings.city_phone)
    post.territory_id = territory
    post.exact_point = f"{lon!r},{lat!r}"
    post.public_lon, post.public_lat = blur(lon, lat, ctx.settings.public_blur_m, ctx.rng)


def middle_of(ctx: Context, territory_id: int) -> Spot:
    """A point well inside a territory. Raises :class:`Outside` when there is no such territory."""
    with ctx.db.read() as session:
        outline = session.scalar(select(Territory.shape).where(Territory.id == territory_id))
    if outline is None:
        raise Outside(ctx.settings.city_phone)
    middle = from_wkb(outline).representative_point()
    return Spot(middle.x, middle.y, approximate=True)
