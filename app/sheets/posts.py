"""What the rows of the two files mean: offers and needs with typed fields, or everything that is wrong with them.

Whether a place lies in the city is for the import to say. The matcher takes any place on earth, so a longitude and a latitude
that were swapped pass here as long as they are possible: such a post lies far from everybody.
"""

from collections.abc import Callable, Collection, Generator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from app.sheets.cells import Cells
from app.sheets.read import read_table
from app.sheets.table import Problem, Table
from matching.model import Mode, Urgency

_COMMON = ("reference", "name", "email", "phone", "address", "postcode", "city", "lon", "lat", "availability", "languages", "mode")
OFFER_COLUMNS = (*_COMMON, "radius_m", "categories", "capacity")
NEED_COLUMNS = (*_COMMON, "category", "urgency", "helpers_needed", "repeats", "contact", "posted_at")
REPEATS = {"once": 0, "weekly": 1, "fortnightly": 2}
RECORD_COLUMNS = ("last_asked_at", "asked_7", "asked_30", "answered", "yes")
MOST_ASKED = 10_000
CONTACTS = ("email", "phone", "letter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What offers and needs have in common.

    ``line`` is where the row begins in its file. ``email`` is in lower case, ``phone`` in E.164. ``lon`` and ``lat`` are WGS84
    degrees, both ``None`` where only an address is given. ``availability`` is the text as written, ``hours`` its mask.
    """

    line: int
    reference: str
    name: str
    email: str | None
    phone: str | None
    address: str
    postcode: str
    city: str
    lon: float | None
    lat: float | None
    availability: str
    hours: int
    languages: tuple[str, ...]
    mode: Mode

    @property
    def identities(self) -> frozenset[str]:
        """What tells the person apart: two posts that share one are the same person's."""
        return frozenset(contact for contact in (self.email, self.phone) if contact)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferRow(Post):
    """A volunteer's offer. ``capacity`` is how many people are helped at the same time.

    The others are the :data:`RECORD_COLUMNS`: when the volunteer was last asked, how often in 7 and in 30 days, how many requests
    they answered, and how many of those with yes.
    """

    radius_m: int
    categories: tuple[str, ...]
    capacity: int
    last_asked_at: datetime | None = None
    asked_7: int = 0
    asked_30: int = 0
    answered: int = 0
    yes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedRow(Post):
    """A resident's need. ``repeats`` is each so many weeks (0: once); ``contact`` is one of :data:`CONTACTS`; ``posted_at`` has
    a zone, or is ``None`` for "now"."""

    category: str
    urgency: Urgency
    helpers_needed: int
    contact: str
    posted_at: datetime | None
    repeats: int = 0


class Refused(NamedTuple):
    """A row that cannot be taken: its cells as they were, and every reason."""

    line: int
    cells: dict[str, str]
    problems: tuple[Problem, ...]


P = TypeVar("P", OfferRow, NeedRow)
Check = Callable[[Any], Problem | None]


@dataclass(frozen=True)
class Posts(Generic[P]):
    """An open file of posts. ``rows`` can be gone through once and may raise :class:`app.sheets.table.SheetError`."""

    columns: tuple[str, ...]
    warnings: tuple[str, ...]
    decimal_comma: bool
    zone: tzinfo | None
    rows: Generator[P | Refused, None, None]

    def close(self) -> None:
        """Let go of the file; only needed where not all rows are read."""
        self.rows.close()


def load_offers(
    path: Path, *, zone: tzinfo, categories: Collection[str] | None = None, check: Check | None = None, records: bool = False
) -> Posts[OfferRow]:  # fmt: skip
    """The offers in a file. ``categories`` are the slugs that exist (``None``: any); ``zone`` is that of a workbook's dates.

    ``check`` says what else is wrong with a row that is right by itself. ``records``: read the :data:`RECORD_COLUMNS` too.

    Raises :class:`app.sheets.table.SheetError` when nothing can be read.
    """
    columns, parse = ((*OFFER_COLUMNS, *RECORD_COLUMNS), _parse_recorded) if records else (OFFER_COLUMNS, parse_offer)
    table = read_table(path, columns, ("reference", "name", "categories"), zone)
    return Posts(table.columns, table.warnings, table.decimal_comma, table.zone, _rows(table, parse, categories, check))


def load_needs(path: Path, *, zone: tzinfo, categories: Collection[str] | None = None, check: Check | None = None) -> Posts[NeedRow]:
    """The needs in a file; everything else as in :func:`load_offers`."""
    table = read_table(path, NEED_COLUMNS, ("reference", "name", "category"), zone)
    return Posts(table.columns, table.warnings, table.decimal_comma, table.zone, _rows(table, parse_need, categories, check))


def _rows(
    table: Table, parse: Callable[[int, Cells, Collection[str] | None], P], known: Collection[str] | None, check: Check | None
) -> Generator[P | Refused, None, None]:
    lines: dict[str, int] = {}
    for line, given, problems in table.rows:
        cells = Cells(given, decimal_comma=table.decimal_comma, zone=table.zone)
        cells.problems.extend(problems)
        post = None if problems else parse(line, cells, known)
        reference = given.get("reference", "").strip()
        if reference and lines.setdefault(reference, line) != line:
            cells.refuse("reference", f"is already used in line {lines[reference]}")
        if check and post and not cells.problems and (problem := check(post)):
            cells.problems.append(problem)
        if post is None or cells.problems:
            yield Refused(line, given, tuple(cells.problems))
        else:
            yield post


def parse_offer(line: int, cells: Cells, known: Collection[str] | None = None) -> OfferRow:
    """The offer in a row; void when ``cells.problems`` is not empty afterwards."""
    common = _common(line, cells)
    if not cells.given("email") and not cells.given("phone"):
        cells.refuse("email", "is missing, and so is phone: give one of the two")
    return OfferRow(
        **common,
        radius_m=cells.whole("radius_m", 100, 50_000, default=1500),
        categories=cells.categories("categories", known),
        capacity=cells.whole("capacity", 1, 20, default=1),
    )


def _parse_recorded(line: int, cells: Cells, known: Collection[str] | None) -> OfferRow:
    """Each week lies in its month, and each yes is an answer."""
    asked_7, answered = cells.whole("asked_7", 0, MOST_ASKED, default=0), cells.whole("answered", 0, MOST_ASKED, default=0)
    return replace(
        parse_offer(line, cells, known),
        last_asked_at=cells.moment("last_asked_at"),
        asked_7=asked_7,
        asked_30=cells.whole("asked_30", asked_7, MOST_ASKED, default=asked_7),
        answered=answered,
        yes=cells.whole("yes", 0, answered, default=0),
    )


def parse_need(line: int, cells: Cells, known: Collection[str] | None = None) -> NeedRow:
    """The need in a row; void when ``cells.problems`` is not empty afterwards."""
    common = _common(line, cells)
    category = cells.categories("category", known)
    if len(category) > 1:
        cells.refuse("category", f"names {len(category)} categories: a need has one")
    contact = cells.one_of("contact", CONTACTS, default="email" if cells.given("email") else "phone")
    if contact != "letter" and not cells.given("email") and not cells.given("phone"):
        cells.refuse("email", "is missing, and so is phone: give one of the two, or put letter under contact")
    elif contact != "letter" and not cells.given(contact):
        cells.refuse("contact", f"is {contact} but the row has no {contact}")
    return NeedRow(
        **common,
        category=category[0] if category else "",
        urgency=Urgency(cells.one_of("urgency", list(Urgency), default=Urgency.NORMAL)),
        helpers_needed=cells.whole("helpers_needed", 1, 10, default=1),
        repeats=REPEATS.get(cells.one_of("repeats", tuple(REPEATS), default="once"), 0),
        contact=contact,
        posted_at=cells.moment("posted_at"),
    )


def _common(line: int, cells: Cells) -> dict[str, Any]:
    availability, hours = cells.hours("availability")
    lon, lat = _place(cells)
    return {
        "line": line,
        "reference": cells.text("reference", 100, required=True),
        "name": cells.text("name", 200, required=True),
        "email": cells.email("email"),
        "phone": cells.phone("phone"),
        "address": cells.lines("address", 300),
        "postcode": cells.text("postcode", 20),
        "city": cells.text("city", 100),
        "lon": lon,
        "lat": lat,
        "availability": availability,
        "hours": hours,
        "languages": cells.languages("languages"),
        "mode": Mode(cells.one_of("mode", list(Mode), default=Mode.IN_PERSON)),
    }


def _place(cells: Cells) -> tuple[float | None, float | None]:
    lon, lat = cells.degrees("lon", 180), cells.degrees("lat", 90)
    if cells.given("lon") != cells.given("lat"):
        missing, other = ("lat", "lon") if cells.given("lon") else ("lon", "lat")
        cells.refuse(missing, f"is missing but {other} is given")
    elif not cells.given("lon") and not cells.given("address"):
        cells.refuse("address", "is missing, and so are lon and lat: the row does not say where")
    elif lon == 0 and lat == 0:
        cells.refuse("lon", "and lat are both 0: that is a point in the ocean")
    return lon, lat
