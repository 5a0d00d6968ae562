"""What the map shows: posts by their public points, what would lie on each other as one, and live matches as lines.

A part of the map costs three queries, whatever is in it. The database counts the posts by the cells of a grid as fine as the screen;
neighbours that touch are joined here. So no answer is larger than a screen holds, and a city at a glance is as quick as a street.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, case, cast, exists, func, select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Match, Need, Offer
from app.services import lists
from app.services.lists import UNDER_WAY, Box, Filter, wanted
from app.services.places import all_territories
from app.services.sight import EVERYTHING, Kind, Sight, either_side

NEEDS, OFFERS, MATCHES = SHOWN = ("needs", "offers", "matches")
NEAREST = {True: 25, False: 10}
"""How many stand in the list beside the map: of one kind alone, or of each."""
COUNTED = 1_000
"""So many are counted for the list: beyond, a smaller part of the map has to be looked at, or a filter has to help."""
MOST_LINES = 250
CELL_PX, APART = 56, 0.9
"""The width of a cell on the screen, and how many of it two marks must be apart."""
ACROSS = 40
"""Cells at most in either direction, however fine the zoom is said to be."""
WORLD_PX = 256
NOWHERE = Box(math.inf, math.inf, -math.inf, -math.inf)

Cell = tuple[float, float]  # whole numbers, as the database rounds them
Point = tuple[float, float]


@dataclass
class Mark:
    """One post, or several that would lie on each other: where they are on average, and how far they reach. ``one`` has the columns of a
    single post (id, state, and category and urgency of a need, categories of an offer). ``within``: live matches from it to itself."""

    lon: float = 0.0
    lat: float = 0.0
    needs: int = 0
    urgent: int = 0
    offers: int = 0
    within: int = 0
    box: Box = NOWHERE
    one: Row[*tuple[Any, ...]] | None = None

    @property
    def posts(self) -> int:
        return self.needs + self.offers

    def add(self, other: "Mark") -> None:
        posts = self.posts + other.posts
        self.lon += (other.lon - self.lon) * other.posts / posts
        self.lat += (other.lat - self.lat) * other.posts / posts
        self.needs, self.urgent, self.offers = self.needs + other.needs, self.urgent + other.urgent, self.offers + other.offers
        self.box = Box.around(self.box, other.box)
        self.one = other.one if posts == 1 else None


@dataclass
class Line:
    """Matches between the same two marks, from the requests' to the offers'; ``match_id`` and ``state`` are those of one of them."""

    ends: tuple[Point, Point]
    matches: int
    match_id: int
    state: str


@dataclass(frozen=True)
class View:
    """``matches`` counts those in view (:data:`app.services.lists.MOST` at the most): those in ``lines``, those within a mark, and those
    that are too many to draw."""

    marks: Sequence[Mark]
    lines: Sequence[Line]
    matches: int


def view(ctx: Context, sight: Sight, given: Filter, zoom: float, show: str | None = None) -> View:
    """What is in the filter's box, at a zoom of the map (256 pixels around the world at 0). ``show`` leaves one of :data:`SHOWN` in."""
    assert given.box
    grid = Grid.of(given.box, zoom)
    cells: defaultdict[Cell, Mark] = defaultdict(Mark)
    rows: Sequence[Row[*tuple[Any, ...]]] = ()
    with ctx.db.read() as session:
        for post in (Need, Offer):
            if show in (None, NEEDS if post is Need else OFFERS):
                for row in session.execute(_counted(post, sight, given, grid)):
                    cells[row.x, row.y].add(_mark(post, row))
        if show in (None, MATCHES):
            rows = session.execute(_matches(sight, given, grid)).all()
    marks, at = _apart(cells, grid)
    return View(marks, _lines(rows, at, grid), len(rows))


@dataclass(frozen=True)
class Grid:
    """Cells of ``wide`` × ``tall`` degrees, about square on the screen, in the same places wherever the view is."""

    wide: float
    tall: float

    @classmethod
    def of(cls, box: Box, zoom: float) -> "Grid":
        narrow = math.cos(math.radians(min(80, abs(round((box.south + box.north) / 2)))))
        on_screen = CELL_PX * 360 / (WORLD_PX * 2**zoom)
        wide = max(on_screen, (box.east - box.west) / ACROSS, (box.north - box.south) / ACROSS / narrow)
        return cls(wide, wide * narrow)

    def columns(self, post: type[Need] | type[Offer]) -> list[ColumnElement[Any]]:
        # round() and not floor(), which SQLite may have been built without.
        return [func.round(post.public_lon / self.wide), func.round(post.public_lat / self.tall)]

    def middle(self, cell: Cell) -> Point:
        return cell[0] * self.wide, cell[1] * self.tall


def _counted(post: type[Need] | type[Offer], sight: Sight, given: Filter, grid: Grid) -> Select[*tuple[Any, ...]]:
    x, y = grid.columns(post)
    if post is Need:
        own = [Need.category.label("what"), Need.urgency]
        conditions = wanted(given, Need.state, Need.category == given.category, [Need], urgency=Need.urgency)
    else:
        own = [cast(Offer.categories, Text).label("what"), cast(None, Text).label("urgency")]
        conditions = wanted(given, Offer.state, lists.offers_of(given.category), [Offer])
    each = (
        select(x.label("x"), y.label("y"), post.public_lon.label("lon"), post.public_lat.label("lat"), post.id, post.state, *own)
        .where(sight.inside(post.territory_id), *conditions)
        .subquery()
    )
    c = each.c
    return select(
        c.x, c.y, func.count().label("posts"), func.sum(case((c.urgency == "urgent", 1), else_=0)).label("urgent"),
        func.avg(c.lon).label("lon"), func.avg(c.lat).label("lat"),
        func.min(c.lon).label("west"), func.min(c.lat).label("south"), func.max(c.lon).label("east"), func.max(c.lat).label("north"),
        *[func.min(column).label(column.name) for column in (c.id, c.state, c.what, c.urgency)],
    ).group_by(c.x, c.y)  # fmt: skip


def _mark(post: type[Need] | type[Offer], row: Row[*tuple[Any, ...]]) -> Mark:
    needs, offers = (row.posts, 0) if post is Need else (0, row.posts)
    return Mark(row.lon, row.lat, needs, row.urgent, offers, 0, Box(row.west, row.south, row.east, row.north), row)


def _apart(cells: dict[Cell, Mark], grid: Grid) -> tuple[list[Mark], dict[Cell, Mark]]:
    """The marks, the fullest cell first with what touches it; and the mark of each cell."""
    at: dict[Cell, Mark] = {}
    marks = []
    for cell in sorted(cells, key=lambda cell: (-cells[cell].posts, cell)):
        if cell in at:
            continue
        mark = at[cell] = cells[cell]
        marks.append(mark)
        lon, lat = mark.lon, mark.lat
        for near in ((cell[0] + x, cell[1] + y) for x in (-1, 0, 1) for y in (-1, 0, 1)):
            other = cells.get(near)
            if near not in at and other and math.hypot((other.lon - lon) / grid.wide, (other.lat - lat) / grid.tall) < APART:
                at[near] = mark
                mark.add(other)
    return marks, at


def _matches(sight: Sight, given: Filter, grid: Grid) -> Select[*tuple[Any, ...]]:
    points = [Need.public_lon, Need.public_lat, Offer.public_lon, Offer.public_lat]
    rows = select(Match.id, Match.state, *points, *grid.columns(Need), *grid.columns(Offer)).join(Match.need).join(Match.offer)
    return rows.where(*[point.is_not(None) for point in points], *_live(sight, given)).limit(lists.MOST)


def _live(sight: Sight, given: Filter) -> list[ColumnElement[bool]]:
    """Live matches in sight; the state in the filter is that of either post."""
    return [*lists.of_matches(sight, replace(given, state=UNDER_WAY)), *_either_state(given)]


def _either_state(given: Filter) -> list[ColumnElement[bool]]:
    return [either_side(lambda post: post.state == given.state)] if given.state not in (None, UNDER_WAY) else []


def _lines(rows: Iterable[Row[*tuple[Any, ...]]], at: dict[Cell, Mark], grid: Grid) -> list[Line]:
    """From mark to mark, those of most matches first; an end that has no mark is in the middle of its cell.

    A single post may lie in one cell with the other side of its match, which a filter or the border of the view left out.
    """
    drawn: dict[tuple[Point, Point], Line] = {}
    for match_id, state, need_lon, need_lat, offer_lon, offer_lat, need_x, need_y, offer_x, offer_y in rows:
        here, there = (need_x, need_y), (offer_x, offer_y)
        need, offer = at.get(here), at.get(there)
        if need and need is offer and not need.one:
            need.within += 1
            continue
        if here == there or (need and need is offer):
            ends = (need_lon, need_lat), (offer_lon, offer_lat)
        else:
            ends = (need.lon, need.lat) if need else grid.middle(here), (offer.lon, offer.lat) if offer else grid.middle(there)
        line = drawn.get(ends)
        if line is None:
            drawn[ends] = Line(ends, 1, match_id, state)
        else:
            line.matches += 1
    return heapq.nlargest(MOST_LINES, drawn.values(), key=lambda line: line.matches)


@dataclass(frozen=True)
class Beside:
    """What stands beside the map: the nearest to the middle of the box (the newest, where there is none), and how many there are in all:
    one more than :data:`COUNTED`, if there are more."""

    rows: Sequence[Row[*tuple[Any, ...]]] = ()
    total: int = 0
    box: Box | None = None
    """The part of the map in which those lie that were counted."""

    @property
    def more(self) -> bool:
        return self.total > COUNTED


def beside(ctx: Context, sight: Sight, given: Filter, show: str | None = None) -> dict[str, Beside]:
    """By :data:`SHOWN`: the rows of :mod:`app.services.lists` that have a public point. Two to four queries each."""
    found = dict.fromkeys(SHOWN, Beside())
    with ctx.db.read() as session:
        for name in SHOWN if show is None else [show]:
            kind, ids, rows = _listed(name, sight, given)
            most = NEAREST[show == name]
            chosen, total = _nearest(session, ids, kind, given.box, most) if given.box else _newest(session, ids, most)
            box = None if given.box or kind is Match or total > COUNTED else _around(session, kind, ids)
            shown = session.execute(rows.where(kind.id.in_(chosen))).all()
            found[name] = Beside(sorted(shown, key=lambda row: chosen.index(row.id)), total, box)
    return found


def whole(ctx: Context, sight: Sight, found: dict[str, Beside]) -> Box | None:
    """The part of the map in which all that was found lies: of what is too much to count, all that is in sight."""
    if any(each.more for each in found.values()):
        shapes = all_territories(ctx).shapes
        boxes = [Box(*shape.bounds) for i, shape in shapes.items() if sight.everything or i in sight.ids]
    else:
        boxes = [each.box for name in (NEEDS, OFFERS) if (each := found[name]).box]
    return Box.around(*boxes) if boxes else None


def _listed(name: str, sight: Sight, given: Filter) -> tuple[Kind, Select[int], Select[*tuple[Any, ...]]]:
    """Which they are, the newest first, and what is shown of them."""
    if name == MATCHES:
        live = lists.chosen_matches(sight, replace(given, state=UNDER_WAY)).where(*_either_state(given), *_placed(joined=given.box))
        return Match, live, lists.match_rows(EVERYTHING, Filter())
    post, rows = (Need, lists.need_rows(sight, given)) if name == NEEDS else (Offer, lists.offer_rows(sight, given))
    return post, rows.with_only_columns(post.id).where(post.public_lon.is_not(None)), rows


def _placed(joined: object) -> list[ColumnElement[bool]]:
    """Both sides of a match have a public point, whether or not the query joins them."""
    sides = ((Match.need_id, Need), (Match.offer_id, Offer))
    points = [(side == post.id, post.public_lon.is_not(None)) for side, post in sides]
    return [point if joined else exists().where(its, point).correlate(Match) for its, point in points]


def _newest(session: Session, ids: Select[int], most: int) -> tuple[list[int], int]:
    """Some of them, and how many there are, :data:`COUNTED` and one at the most."""
    return list(session.scalars(ids.limit(most))), session.scalar(select(lists.up_to(COUNTED, ids.order_by(None)))) or 0


def _nearest(session: Session, ids: Select[int], kind: Kind, box: Box, most: int) -> tuple[list[int], int]:
    """The same of those nearest to the middle of the box: all have to be looked at, once for both. A match is where its request is."""
    post, grid = Offer if kind is Offer else Need, Grid.of(box, 0)
    x, y = post.public_lon - (box.west + box.east) / 2, (post.public_lat - (box.south + box.north) / 2) * (grid.wide / grid.tall)
    each = ids.order_by(None).add_columns((x * x + y * y).label("away"), func.count().over().label("total")).subquery()
    found = session.execute(select(each.c.id, each.c.total).order_by(each.c.away, each.c.id.desc()).limit(most)).all()
    return [row.id for row in found], min(found[0].total, COUNTED + 1) if found else 0


def _around(session: Session, post: type[Need] | type[Offer], ids: Select[int]) -> Box | None:
    lon, lat = post.public_lon, post.public_lat
    rows = select(func.min(lon), func.min(lat), func.max(lon), func.max(lat)).where(post.id.in_(ids.order_by(None)))
    ends = session.execute(rows).one()
    return None if None in ends else Box(*ends)
