"""A file of addresses: France's Base Adresse Nationale as it is published, or a simple one of the city's own."""

import re
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path
from typing import NamedTuple

from app.sheets.cells import Cells
from app.sheets.read import read_table
from app.sheets.table import Problem, Row, SheetError, shown

_OURS = {
    "numero": "house_number", "rep": "repetition", "nom_voie": "street", "code_postal": "postcode", "nom_commune": "town",
    "commune": "town",
}  # fmt: skip
COLUMNS = ("house_number", "repetition", "street", "postcode", "town", "lon", "lat")
_HOUSE = re.compile(r"(\d{1,5})\s*([a-z]\w{0,5})?", re.IGNORECASE)


class AddressRow(NamedTuple):
    """``number`` is ``12`` or ``12 bis``, and empty where the row is a street; ``postcode`` and ``town`` may be empty."""

    number: str
    street: str
    postcode: str
    town: str
    lon: float
    lat: float


class RefusedRow(NamedTuple):
    line: int
    problems: tuple[Problem, ...]


def read_addresses(path: Path) -> Iterator[AddressRow | RefusedRow]:
    """Each row of the file. Raises :class:`SheetError` when nothing can be read."""
    table = read_table(path, (*COLUMNS, *_OURS), ("lon", "lat"), UTC)
    if not {"street", "nom_voie"} & set(table.columns):
        table.rows.close()  # type: ignore[attr-defined]
        raise SheetError(path, "lacks the column street (or nom_voie).")
    return (_address(row, decimal_comma=table.decimal_comma) for row in table.rows)


def _address(row: Row, *, decimal_comma: bool) -> AddressRow | RefusedRow:
    if row.problems:
        return RefusedRow(row.line, row.problems)
    cells = Cells({_OURS.get(name, name): cell for name, cell in row.cells.items()}, decimal_comma=decimal_comma)
    written = f"{cells.text('house_number', 10)} {cells.text('repetition', 6)}".strip()
    house = _HOUSE.fullmatch(written)
    if written and not house:
        cells.refuse("house_number", f"is {shown(written)} but must be a number such as 12 or 12 bis")
    street, postcode, town = cells.text("street", 200, required=True), cells.text("postcode", 10), cells.text("town", 100)
    lon, lat = cells.degrees("lon", 180), cells.degrees("lat", 90)
    for name, degrees in (("lon", lon), ("lat", lat)):
        if degrees is None and not any(problem.column == name for problem in cells.problems):
            cells.refuse(name, "is missing")
    if cells.problems or lon is None or lat is None:
        return RefusedRow(row.line, tuple(cells.problems))
    number = " ".join(filter(None, house.groups())).lower() if house else ""
    return AddressRow(number, " ".join(street.split()), postcode, " ".join(town.split()), lon, lat)  # no-break spaces are none in a form
