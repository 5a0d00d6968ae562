"""Importing the outlines of the city, its districts and its quartiers."""

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

from shapely import GEOSException, from_wkb, make_valid, normalize, to_wkb
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from app.context import Context
from app.errors import UserError
from app.models import PersonTerritory, Territory
from app.services.lists import PAGE_SIZE, Page, page_number
from matching.areas import Areas, area_m2, area_of

MOST_BYTES = 50_000_000
MOST_NAME = 200


@dataclass(frozen=True)
class Outline:
    """A named polygon; ``number`` is its place in the file, from 1."""

    number: int
    name: str
    shape: BaseGeometry


def listed(ctx: Context, number: int) -> Page:
    """One page of all territories, by name. Columns: id, name, kind, above (a name), coordinators (how many), own (what it says itself)."""
    above = aliased(Territory)
    agents = select(func.count()).select_from(PersonTerritory).where(PersonTerritory.territory_id == Territory.id)
    rows = (
        select(
            Territory.id, Territory.name, Territory.kind, above.name.label("above"), agents.scalar_subquery().label("coordinators"),
            Territory.settings.label("own"),
        )
        .outerjoin(above, above.id == Territory.parent_id)
        .order_by(Territory.name, Territory.id)
    )  # fmt: skip
    with ctx.db.read() as session:
        total = session.scalar(select(func.count(Territory.id))) or 0
        number = page_number(number, total)
        return Page(session.execute(rows.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all(), total, number)


@dataclass(frozen=True)
class Imported:
    added: int
    changed: int
    same: int


def read_outlines(path: Path, name_property: str) -> list[Outline]:
    """The polygons of a GeoJSON file. Raises :class:`UserError` for the first thing that is wrong; nothing is half read."""
    features = _features(path)
    outlines = [_outline(number, feature, name_property) for number, feature in enumerate(features, 1)]
    if not outlines:
        raise UserError(f"{path} holds no features: a GeoJSON FeatureCollection of polygons is needed.")
    return outlines


def _features(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB. Split it, or simplify its outlines.")
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as e:
        raise UserError(f"{path} cannot be read: {e.strerror}.") from None
    except (ValueError, RecursionError):
        raise UserError(f"{path} is not GeoJSON: it does not parse as JSON.") from None
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        raise UserError(f"{path} is not a GeoJSON FeatureCollection.")
    return features


def _outline(number: int, feature: Any, name_property: str) -> Outline:
    where = f"Feature {number}"
    properties = feature.get("properties") if isinstance(feature, dict) else None
    name = (properties or {}).get(name_property) if isinstance(properties, dict) or properties is None else None
    if not isinstance(name, str) or not name.strip():
        there = ", ".join(sorted(properties)) if isinstance(properties, dict) else "none"
        raise UserError(f"{where} has no text property {name_property!r}. Its properties: {there}. Choose one with --name-property.")
    if len(name) > MOST_NAME:
        raise UserError(f"{where} has a name of more than {MOST_NAME} characters.")
    try:
        geometry = shape(feature["geometry"])
    except (KeyError, TypeError, ValueError, AttributeError, GEOSException):
        raise UserError(f"{where} ({name}) has no geometry that can be read.") from None
    if not isinstance(geometry, Polygon | MultiPolygon) or geometry.is_empty:
        raise UserError(f"{where} ({name}) is a {geometry.geom_type}, not a polygon.")
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise UserError(f"{where} ({name}) is not in degrees of longitude and latitude (WGS84). Export it as EPSG:4326.")
    if not geometry.is_valid:
        # A line that crosses itself, as hand-drawn outlines have them: the same area, put right.
        geometry = make_valid(geometry, method="structure")
        if not isinstance(geometry, Polygon | MultiPolygon) or geometry.is_empty:
            raise UserError(f"{where} ({name}) crosses itself in a way that cannot be put right.")
    try:
        area_of([geometry])  # a volunteer may name it as their area
    except ValueError as e:
        raise UserError(f"{where} ({name}): {e}.") from None
    return Outline(number, name.strip(), normalize(geometry))


def import_territories(ctx: Context, outlines: list[Outline], kind: str) -> Imported:
    """Store outlines of a kind. Those of the same kind and name are brought up to date; importing twice changes nothing."""
    now = ctx.now()
    added = changed = same = 0
    with ctx.db.write() as session:
        known: dict[tuple[str, int], Territory] = {}
        for row in session.scalars(select(Territory).where(Territory.kind == kind).order_by(Territory.id)):
            known[row.name, sum(name == row.name for name, _ in known)] = row
        seen: dict[str, int] = {}
        for outline in outlines:
            turn = seen.get(outline.name, 0)
            seen[outline.name] = turn + 1
            wkb = to_wkb(outline.shape)
            row = known.get((outline.name, turn))
            if row is None:
                session.add(Territory(name=outline.name, kind=kind, settings={}, shape=wkb, changed_at=now))
                added += 1
            elif row.shape != wkb:
                row.shape, row.changed_at = wkb, now
                changed += 1
            else:
                same += 1
        session.flush()
        if added or changed:
            _set_parents(list(session.scalars(select(Territory))), now)
    return Imported(added, changed, same)


def _set_parents(rows: list[Territory], now: datetime) -> None:
    """Each territory's parent is the smallest one of a larger kind that holds its middle."""
    shapes = {row.id: from_wkb(row.shape) for row in rows}
    kinds: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        kinds[row.kind].append(row.id)
    size = {kind: median(area_m2(shapes[i]) for i in ids) for kind, ids in kinds.items()}
    above = {k: Areas((i, shapes[i]) for other, ids in kinds.items() if size[other] > size[k] for i in ids) for k in kinds}
    for row in rows:
        middle = shapes[row.id].representative_point()
        parent = above[row.kind].locate(middle.x, middle.y)
        if parent != row.parent_id:
            row.parent_id, row.changed_at = parent, now
