"""Figures in tables, and what of them may be told: one that fewer than ``FEWEST`` people stand behind tells who they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.services.figures import FEWEST

MARK = "*"


@dataclass(frozen=True)
class Count:
    """So many, by so many people: no more than there are, where nothing else is known."""

    value: int
    people: int | None = None

    @property
    def few(self) -> bool:
        return 0 < (self.value if self.people is None else min(self.people, self.value)) < FEWEST

    @property
    def number(self) -> int:
        return self.value


@dataclass(frozen=True)
class Share:
    """``part`` of ``whole``, which as many people stand behind. Of nothing there is no share."""

    part: int
    whole: int
    people: int | None = None

    @property
    def few(self) -> bool:
        return Count(self.whole, self.people).few or Count(self.part).few

    @property
    def number(self) -> Decimal | None:
        """In percent, with one place after the point."""
        return round(Decimal(100 * self.part) / self.whole, 1) if self.whole else None


@dataclass(frozen=True)
class Number:
    """Any other figure, which so many people stand behind; ``None`` where there is none."""

    number: Decimal | int | None
    people: int

    @property
    def few(self) -> bool:
        return self.number is not None and 0 < self.people < FEWEST


Cell = Count | Share | Number
Row = tuple[str, *tuple[Cell, ...]]


def exported(rows: Sequence[Row]) -> list[list[str | int | Decimal | None]]:
    """Rows for a spreadsheet. Figures with few people behind them, or that would give those away, are marked: ``4 *``."""
    beside = giving_away(rows)
    return [[row[0], *(_marked(cell) if cell.few or i in beside else cell.number for cell in row[1:])] for i, row in enumerate(rows)]


NOTHING = Number(None, 0)


def opened(rows: Sequence[Row]) -> list[Row]:
    """Rows as everybody may have them, and the only way in which they leave: of some the name alone is left (:func:`withheld`)."""
    hidden = withheld(rows)
    return [(row[0], *(NOTHING for _ in row[1:])) if i in hidden else row for i, row in enumerate(rows)]


def opened_cell(cell: Cell) -> Cell:
    """The same for a figure that stands alone."""
    return NOTHING if cell.few else cell


def _marked(cell: Cell) -> str | None:
    return None if cell.number is None else f"{cell.number} {MARK}"


def withheld(rows: Sequence[Row]) -> set[int]:
    """The places of the rows that the public does not see: those with a figure that few people stand behind.

    Were it one alone, the total would give it away: then the next smallest is withheld too.
    """
    hidden = {i for i, row in enumerate(rows) if any(cell.few for cell in row[1:])}
    if len(hidden) == 1 < len(rows):
        hidden.add(min((i for i in range(len(rows)) if i not in hidden), key=lambda i: (_size(rows[i]) == 0, _size(rows[i]), i)))
    return hidden


def giving_away(rows: Sequence[Row]) -> set[int]:
    """The places of those withheld rows that would only give another one's figures away."""
    return {i for i in withheld(rows) if not any(cell.few for cell in rows[i][1:])}


def _size(row: Row) -> Decimal | int:
    return row[1].number or 0
