"""The table that puts what a round comes to beside what it would come to."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from app.sheets.write import Cell
from matching.model import Urgency
from matching.whatif import Outcome, Places

COLUMNS = ("measure", "of", "wanted", "today", "then", "difference")
IN_ALL, AREAS = "in all", "places served by area"
Row = tuple[str, str, Cell, Cell, Cell, Cell]


def compared(today: Outcome, then: Outcome, names: Sequence[str]) -> Iterator[Row]:
    """The rows of :data:`COLUMNS`. ``names`` are those of the areas, by their number in the outcomes; areas come by name, kinds of
    help by how much they are wanted."""
    yield _places("places served", IN_ALL, today.total, then.total)
    for urgency in Urgency:
        if urgency in today.urgencies:
            yield _places("places served", str(urgency), today.urgencies[urgency], then.urgencies[urgency])
    for kind in sorted(today.categories, key=lambda kind: (-today.categories[kind].wanted, kind)):
        yield _places("places served by kind of help", kind, today.categories[kind], then.categories[kind])
    for number in sorted(today.areas, key=lambda number: (names[number], number)):
        yield _places(AREAS, names[number], today.areas[number], then.areas[number])
    yield _figures("metres to meet", "half within", today.median_m, then.median_m)
    yield _figures("metres to meet", "95 in 100 within", today.p95_m, then.p95_m)
    yield _figures("metres to meet", IN_ALL, today.total_m, then.total_m)
    yield _figures("pairs from afar", IN_ALL, today.remote, then.remote)
    yield _figures("days waited so far (median)", "needs that are served", _days(today.waited_served), _days(then.waited_served))
    yield _figures("days waited so far (median)", "the others", _days(today.waited_unserved), _days(then.waited_unserved))


def _places(measure: str, of: str, today: Places, then: Places) -> Row:
    return measure, of, today.wanted, today.served, then.served, then.served - today.served


def _figures(measure: str, of: str, today: int | Decimal | None, then: int | Decimal | None) -> Row:
    return measure, of, None, today, then, None if today is None or then is None else then - today


def _days(days: float | None) -> Decimal | None:
    return None if days is None else Decimal(f"{days:.1f}")
