"""The tree of territories: what there is, and how outlines get in: imported or drawn, looked at before and stored in one transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median

import numpy as np
from shapely import STRtree, box, covers, from_wkb, intersection, to_wkb, transform, union_all
from shapely.geometry.base import BaseGeometry
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Need, Offer, PersonTerritory, Territory
from app.services.events import Actor, record
from app.services.lists import PAGE_SIZE, Page, page_number
from app.services.outlines import FRANCE, Outline, Trouble
from matching.areas import Areas, area_m2, areas_m2

SLIVER = 1 / 100
"""Of the smaller of two neighbours: what they share of it without a word, since whoever digitises borders draws no line twice the same."""
MOST_OVERLAPS = 1_000
NEAR_DEGREES = 1.0
NO_ID = 1_000_000
"""What is new goes by its number less this, which is no territory's id."""
_IDS = 500


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
class Given:
    """Outlines of a kind to be stored. One of the same kind and name is brought up to date, or that of ``territory_id``, whatever its
    name. ``parent_id`` is the territory in which they lie; ``None``: the smallest of a larger kind that holds their middle."""

    outlines: Sequence[Outline]
    kind: str
    parent_id: int | None = None
    territory_id: int | None = None


@dataclass(frozen=True)
class Line:
    """What becomes of an outline: ``new``, ``changed`` or ``same``; ``shape`` as it will be. It will lie in ``parent`` (a name, empty for
    none), with which it shares ``inside`` of its own ground (0 to 1). ``far``: it lies far from all that is there."""

    name: str
    becomes: str
    mended: bool
    shape: BaseGeometry
    parent: str
    inside: float
    far: bool

    @property
    def odd(self) -> bool:
        return self.far or self.inside < 1 - SLIVER


@dataclass(frozen=True)
class Overlap:
    """Two of a kind that share more than a sliver; a post there belongs to the smaller one."""

    one: str
    other: str
    m2: float


@dataclass
class Moves:
    """Posts that come to lie in another territory: ids by kind of post and territory. ``left``: those that no outline holds any more;
    they stay with the territory that they had."""

    to: Mapping[type[Need] | type[Offer], dict[int, list[int]]] = field(default_factory=dict)
    left: int = 0

    def __len__(self) -> int:
        return sum(len(ids) for targets in self.to.values() for ids in targets.values())


@dataclass(frozen=True)
class Imported:
    """With ``troubles``, nothing is stored."""

    lines: Sequence[Line] = ()
    overlaps: Sequence[Overlap] = ()
    moved: int = 0
    left: int = 0
    troubles: Sequence[Trouble] = ()

    def count(self, becomes: str) -> int:
        return sum(line.becomes == becomes for line in self.lines)


def preview(ctx: Context, given: Given) -> Imported:
    """What :func:`import_territories` would do now."""
    with ctx.db.read() as session:
        would, shapes = _look(list(session.scalars(select(Territory).order_by(Territory.id))), given)
        if would.troubles:
            return would
        moves = find_moves(session, shapes)
        return replace(would, moved=len(moves), left=moves.left)


def import_territories(ctx: Context, given: Given, by: Actor) -> Imported:
    """Store outlines, set who lies in whom, and move the posts that lie in another territory now, all in one transaction. Importing twice
    changes nothing."""
    now = ctx.now()
    with ctx.db.write() as session:
        rows = list(session.scalars(select(Territory).order_by(Territory.id).with_for_update()))
        done, _ = _look(rows, given)
        if done.troubles or all(line.becomes == "same" for line in done.lines):
            return done
        for outline, row in _matched(rows, given):
            _store(session, outline, row, given, now, by)
        rows = list(session.scalars(select(Territory)))
        set_parents(rows, now)
        moves = find_moves(session, {row.id: from_wkb(row.shape) for row in rows})
        move_posts(session, moves)
        return replace(done, moved=len(moves), left=moves.left)


def _look(rows: Sequence[Territory], given: Given) -> tuple[Imported, Mapping[int, BaseGeometry]]:
    """What becomes of the outlines, before posts are looked at; and all shapes as they will be."""
    if troubles := _troubles(rows, given):
        return Imported(troubles=troubles), {}
    shapes, names = {row.id: from_wkb(row.shape) for row in rows}, {row.id: row.name for row in rows}
    kinds, chosen = {row.id: row.kind for row in rows}, {row.id: row.parent_id for row in rows if row.parent_chosen}
    pairs, mine = _matched(rows, given), list[int]()
    for outline, row in pairs:
        key = row.id if row else outline.number - NO_ID
        shapes[key], names[key] = outline.shape, outline.name
        kinds.setdefault(key, given.kind)
        is_chosen, parent = _chosen(row, given)
        chosen.pop(key, None)
        if is_chosen:
            chosen[key] = parent
        mine.append(key)
    parents = _parents(shapes, kinds, chosen)
    if twins := _twins(pairs, mine, names, parents):
        return Imported(troubles=twins), {}
    near = _near([from_wkb(row.shape) for row in rows])
    lines = [
        Line(
            outline.name, _becomes(outline, row, given), outline.mended, outline.shape, names.get(parents[key] or 0, ""),
            _inside(outline.shape, shapes.get(parents[key] or 0)), bool(rows) and not near.intersects(outline.shape),
        )
        for (outline, row), key in zip(pairs, mine, strict=True)
    ]  # fmt: skip
    return Imported(lines, _overlaps(shapes, kinds, names, set(mine))), shapes


def _twins(
    pairs: Iterable[tuple[Outline, Territory | None]], mine: Iterable[int], names: Mapping[int, str], parents: Mapping[int, int | None],
) -> list[Trouble]:  # fmt: skip
    """Those that would bear the name of another one beside them. Two that bore it already may keep it: their file comes in again."""
    count = Counter((parents[key], name.casefold()) for key, name in names.items())
    return [
        Trouble("twin", outline.number, outline.name)
        for (outline, row), key in zip(pairs, mine, strict=True)
        if count[parents[key], outline.name.casefold()] > 1 and (row is None or (row.name, row.parent_id) != (outline.name, parents[key]))
    ]


def _matched(rows: Iterable[Territory], given: Given) -> list[tuple[Outline, Territory | None]]:
    """Each outline with the territory that it is of; of several with one name, the first is the first."""
    if given.territory_id is not None:
        own = next((row for row in rows if row.id == given.territory_id), None)
        return [(outline, own) for outline in given.outlines]
    known = defaultdict[str, list[Territory]](list)
    for row in rows:
        if row.kind == given.kind:
            known[row.name].append(row)
    return [(outline, known[outline.name].pop(0) if known[outline.name] else None) for outline in given.outlines]


def _troubles(rows: Sequence[Territory], given: Given) -> list[Trouble]:
    """What is wrong with outlines beside what is there: latitude before longitude, or one that would lie in itself."""
    parents = {row.id: row.parent_id for row in rows}
    if any(i is not None and i not in parents for i in (given.territory_id, given.parent_id)):
        return [Trouble("gone")]
    if given.territory_id is not None and len(given.outlines) != 1:
        return [Trouble("several")]
    own, above = {row.id for _, row in _matched(rows, given) if row}, given.parent_id
    while above is not None and above not in own:
        above = parents.pop(above, None)
    if above is not None:
        return [Trouble("ring")]
    near = _near([from_wkb(row.shape) for row in rows])
    return [
        Trouble("swapped", outline.number, outline.name)
        for outline in given.outlines
        if not near.intersects(outline.shape) and near.intersects(transform(outline.shape, lambda points: points[:, ::-1]))
    ]


def _near(shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    """A box around all that is there and what is near; where nothing is, around France."""
    there = union_all([shape.envelope for shape in shapes]) if shapes else FRANCE
    return box(*there.envelope.buffer(NEAR_DEGREES).bounds)


def _inside(shape: BaseGeometry, parent: BaseGeometry | None) -> float:
    if parent is None or covers(parent, shape):
        return 1.0
    return float(intersection(parent, shape).area / shape.area)


def _becomes(outline: Outline, row: Territory | None, given: Given) -> str:
    if row is None:
        return "new"
    same = row.shape == to_wkb(outline.shape) and row.name == outline.name and _chosen(row, given) == (row.parent_chosen, row.parent_id)
    return "same" if same else "changed"


def _chosen(row: Territory | None, given: Given) -> tuple[bool, int | None]:
    """Whether somebody chose in which territory it lies, and in which. An import leaves a choice alone; a change may undo it."""
    if given.parent_id is not None or row is None:
        return given.parent_id is not None, given.parent_id
    return row.parent_chosen and given.territory_id is None, row.parent_id


def _overlaps(shapes: Mapping[int, BaseGeometry], kinds: Mapping[int, str], names: Mapping[int, str], mine: set[int]) -> list[Overlap]:
    """Those of ``mine`` with others of their kind, the largest first. With :data:`MOST_OVERLAPS` found no others are looked for: a file in
    which everything lies on everything has more of them than anybody reads."""
    siblings = {kinds[own] for own in mine}
    keys = np.array(sorted(key for key in shapes if kinds[key] in siblings), np.int64)
    all_of_them = np.array([shapes[int(key)] for key in keys], object)
    tree, sizes, new, found = STRtree(all_of_them), areas_m2(all_of_them), np.isin(keys, list(mine)), list[Overlap]()
    for own in np.flatnonzero(new):
        others = tree.query(all_of_them[own], predicate="intersects")
        others = others[(others > own) | ~new[others]]
        shared = areas_m2(intersection(all_of_them[own], all_of_them[others]))
        for at in np.flatnonzero(shared > SLIVER * np.minimum(sizes[own], sizes[others])):
            found.append(Overlap(names[int(keys[own])], names[int(keys[others[at]])], float(shared[at])))
        if len(found) >= MOST_OVERLAPS:
            break
    return sorted(found, key=lambda overlap: -overlap.m2)[:MOST_OVERLAPS]


def _store(session: Session, outline: Outline, row: Territory | None, given: Given, now: datetime, by: Actor) -> int:
    """Its id."""
    wkb = to_wkb(outline.shape)
    if row is None:
        row = Territory(
            name=outline.name, kind=given.kind, settings={}, shape=wkb, changed_at=now, parent_id=given.parent_id,
            parent_chosen=given.parent_id is not None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        record(session, "territory_added", now, by, territory_id=row.id)
        return row.id
    if row.shape != wkb:
        row.shape, row.changed_at = wkb, now
        record(session, "territory_redrawn", now, by, territory_id=row.id)
    if row.name != outline.name:
        record(session, "territory_renamed", now, by, territory_id=row.id, reason=row.name[:80])
        row.name, row.changed_at = outline.name, now
    chosen = _chosen(row, given)
    if chosen != (row.parent_chosen, row.parent_id):
        (row.parent_chosen, row.parent_id), row.changed_at = chosen, now
        record(session, "territory_under", now, by, territory_id=row.id)
    return row.id


def set_parents(rows: Sequence[Territory], now: datetime) -> None:
    """Each territory's parent is the smallest one of a larger kind that holds its middle, where nobody chose another."""
    chosen = {row.id: row.parent_id for row in rows if row.parent_chosen}
    parents = _parents({row.id: from_wkb(row.shape) for row in rows}, {row.id: row.kind for row in rows}, chosen)
    for row in rows:
        if parents[row.id] != row.parent_id:
            row.parent_id, row.changed_at = parents[row.id], now


def _parents(shapes: Mapping[int, BaseGeometry], kinds: Mapping[int, str], chosen: Mapping[int, int | None]) -> dict[int, int | None]:
    of_kind: dict[str, list[int]] = defaultdict(list)
    for i, kind in kinds.items():
        of_kind[kind].append(i)
    size = {kind: median(area_m2(shapes[i]) for i in ids) for kind, ids in of_kind.items()}
    above = {k: Areas((i, shapes[i]) for other, ids in of_kind.items() if size[other] > size[k] for i in ids) for k in of_kind}
    parents = dict(chosen)
    for i in shapes.keys() - chosen.keys():
        middle = shapes[i].representative_point()
        parents[i] = above[kinds[i]].locate(middle.x, middle.y)
    return parents


def find_moves(session: Session, shapes: Mapping[int, BaseGeometry]) -> Moves:
    """The posts that lie in another territory than they belong to, with these outlines."""
    areas, left = Areas(shapes.items()), 0
    to: dict[type[Need] | type[Offer], dict[int, list[int]]] = {}
    for kind in (Need, Offer):
        targets = to[kind] = defaultdict(list)
        placed = select(kind.id, kind.territory_id, kind.exact_point).where(kind.exact_point.is_not(None))
        for post_id, territory_id, point in session.execute(placed):
            lon, lat = map(float, point.split(","))
            found = areas.locate(lon, lat)
            if found is None:
                left += 1
            elif found != territory_id:
                targets[found].append(post_id)
    return Moves(to, left)


def move_posts(session: Session, moves: Moves) -> None:
    for kind, targets in moves.to.items():
        for territory_id, ids in targets.items():
            for start in range(0, len(ids), _IDS):
                session.execute(update(kind).where(kind.id.in_(ids[start : start + _IDS])).values(territory_id=territory_id))
