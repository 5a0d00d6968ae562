"""Where a post is: its territory, its exact and its public point; and where a volunteer goes who chose quartiers or drew an area."""

import hashlib
import json
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from shapely import Polygon, from_geojson, from_wkb, set_precision, to_geojson, unary_union
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, inspect, or_, select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import Need, Offer, Person, Territory
from app.models.post import Post, point_of
from matching.areas import Area, Areas, area_of
from matching.geo import blur, distance_m

DRAWN_WITHIN = 1e-4
"""Degrees (about ten metres) that a drawn outline may be off."""
SAME_HOME_M = 50
"""A pin that is put a few steps away, or another geocoder's answer, is the same home."""
LOOKED_AT = 100
SLIVERS = 1 / 100
"""Of a territory: borders of those below it that do not quite meet leave no more."""


def drawn_of(outlines: Iterable[tuple[int, str, BaseGeometry]]) -> str:
    """Numbers, names and outlines as GeoJSON to look at, some metres from the true ones."""
    features = [
        {"type": "Feature", "id": i, "properties": {"name": name}, "geometry": json.loads(to_geojson(rough))}
        for i, name, shape in outlines
        if not (rough := set_precision(shape.simplify(DRAWN_WITHIN), DRAWN_WITHIN / 10)).is_empty
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))


class Outside(UserError):
    """The point lies in no territory; a point elsewhere helps."""

    def __init__(self, phone: str) -> None:
        super().__init__(f"This place is outside the area that the service covers. Call {phone}: the town hall knows who helps there.")
        self.phone = phone


class NoTerritory(UserError):
    """No territory has been imported yet."""

    def __init__(self) -> None:
        super().__init__("No territory is loaded yet. Run: adeuxpas territory import FILE.geojson --name-property NAME")


class Quartier(NamedTuple):
    """A territory with none below it; ``district`` is the name of the one above it, empty where there is none."""

    id: int
    name: str
    district: str


@dataclass(frozen=True)
class Territories:
    """All territories as they are at ``mark``, by id."""

    mark: tuple[object, ...]
    names: dict[int, str]
    parents: dict[int, int | None]
    shapes: dict[int, BaseGeometry]
    settings: dict[int, dict[str, Any]]
    chosen: frozenset[int]
    """Those whose parent somebody chose."""
    _known: dict[frozenset[int], Area] = field(default_factory=dict)

    @cached_property
    def areas(self) -> Areas[int]:
        return Areas(self.shapes.items())

    @cached_property
    def quartiers(self) -> list[Quartier]:
        """Those that somebody may say they live in, by name: with none below, or with a part that none of those below covers."""
        leaves = sorted((name, i) for i, name in self.names.items() if not self.rest(i).is_empty)
        return [Quartier(i, name, self.names.get(self.parents[i] or 0, "")) for name, i in leaves]

    def rest(self, i: int) -> BaseGeometry:
        """The part of a territory that those below it leave, without slivers at their borders."""
        shape = self.shapes[i]
        below = unary_union([self.shapes[child] for child in self._children.get(i, ())])
        left = shape.difference(below)
        return left if left.area > SLIVERS * shape.area else Polygon()

    def below(self, tops: Iterable[int]) -> frozenset[int]:
        """These territories and all below them. What is not there is left out; a ring of parents ends."""
        found, new = set[int](), {i for i in tops if i in self.names}
        while new:
            found |= new
            new = {child for i in new for child in self._children.get(i, ())} - found
        return frozenset(found)

    def upward(self, territory_id: int | None) -> list[int]:
        """A territory and those above it, the topmost last; nothing for what is not there. A ring of parents ends."""
        found = list[int]()
        while territory_id is not None and territory_id in self.names and territory_id not in found:
            found.append(territory_id)
            territory_id = self.parents[territory_id]
        return found

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        children: dict[int, list[int]] = {}
        for i, parent in self.parents.items():
            if parent is not None:
                children.setdefault(parent, []).append(i)
        return children

    @cached_property
    def drawn(self) -> str:
        return drawn_of((i, self.names[i], shape) for i, shape in self.shapes.items())

    def away_m(self, i: int, lon: float, lat: float) -> float:
        """Metres from a point to the territory; 0 within."""
        area = self.own_area([i], None)
        return area.outside_m(lon, lat) if area else 0.0

    def own_area(self, ticked: Collection[int], drawn: str | None) -> Area | None:
        """Where somebody goes who ticked these quartiers and drew this shape; ``None``: their radius counts.

        Quartiers have the outlines that they have now, and what is no longer there is left out. Where nothing is left the radius
        counts again: an import of other outlines must not take volunteers away without a word.
        """
        there = frozenset(self.shapes.keys() & set(ticked)) if ticked else frozenset()
        if there and there not in self._known:
            self._known[there] = area_of(self.shapes[i] for i in sorted(there))
        if not drawn:
            return self._known[there] if there else None
        shape = from_geojson(drawn)
        return area_of([self._known[there].shape, shape] if there else [shape])


_lock = threading.Lock()
_loaded: dict[str, Territories] = {}


def territories(session: Session) -> Territories:
    """The territories, loaded again when a row has changed."""
    with _lock:
        url = str(session.get_bind().engine.url)
        mark = tuple(session.execute(select(func.count(Territory.id), func.max(Territory.changed_at), func.max(Territory.id))).one())
        held = _loaded.get(url)
        if held is None or held.mark != mark:
            columns = Territory.id, Territory.name, Territory.parent_id, Territory.shape, Territory.settings, Territory.parent_chosen
            rows = session.execute(select(*columns).order_by(Territory.id)).all()
            names, parents = {row.id: row.name for row in rows}, {row.id: row.parent_id for row in rows}
            shapes, settings = {row.id: from_wkb(row.shape) for row in rows}, {row.id: row.settings for row in rows}
            chosen = frozenset(row.id for row in rows if row.parent_chosen)
            held = _loaded[url] = Territories(mark, names, parents, shapes, settings, chosen)
        return held


def all_territories(ctx: Context) -> Territories:
    """The territories, for a page."""
    with ctx.db.read() as session:
        return territories(session)


def areas(session: Session) -> Areas[int]:
    """The territories as an index. Raises :class:`NoTerritory` when there are none."""
    held = territories(session)
    if not held.shapes:
        raise NoTerritory
    return held.areas


def outlines(ctx: Context) -> tuple[str, str]:
    """The territories as GeoJSON to draw on a map, and a mark that differs when they do."""
    held = all_territories(ctx)
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
    """Put a post on the map. Its public point is drawn once for a home: what its person posts from there stands at the same one, since the
    middle of many drawings would be the door (decision 29). Raises :class:`Outside`."""
    lon, lat, post.approximate = spot
    territory = areas(session).locate(lon, lat)
    if territory is None:
        raise Outside(ctx.settings.city_phone)
    post.territory_id = territory
    drawn = _drawn_before(session, post, (lon, lat))  # before the post itself is there
    post.exact_point = f"{lon!r},{lat!r}"
    post.public_lon, post.public_lat = drawn or blur(lon, lat, ctx.settings.public_blur_m, ctx.rng)


def _drawn_before(session: Session, post: Post, point: tuple[float, float]) -> tuple[float, float] | None:
    """The public point that something else at the same home has, of this person or of their e-mail address: by that, and not by a phone
    number, since whoever types another's sees nothing of it before its owner confirms."""
    person = inspect(post).dict.get("person") or session.get(Person, post.person_id)
    if person is None:
        return None
    own = or_(Person.id == person.id, Person.email_index == person.email_index)
    for kind in (Need, Offer):
        columns = kind.exact_point, kind.public_lon, kind.public_lat
        theirs = select(*columns).join(Person, Person.id == kind.person_id).where(own, kind.public_lon.is_not(None))
        theirs = theirs.order_by(kind.id).limit(LOOKED_AT)
        for exact, lon, lat in session.execute(theirs.execution_options(autoflush=False)):
            there = point_of(exact)
            if there and distance_m(*there, *point) <= SAME_HOME_M:
                return lon, lat
    return None


def middle_of(ctx: Context, territory_id: int) -> Spot:
    """A point well inside a territory, where it can in none below it. Raises :class:`Outside` when there is no such territory."""
    here = all_territories(ctx)
    if territory_id not in here.shapes:
        raise Outside(ctx.settings.city_phone)
    rest = here.rest(territory_id)
    middle = (here.shapes[territory_id] if rest.is_empty else rest).representative_point()
    return Spot(middle.x, middle.y, approximate=True)
