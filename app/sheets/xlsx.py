"""The rows of an ``.xlsx`` workbook's first sheet, as the text that the same cells would be in a CSV file."""

import warnings
import zipfile
from collections.abc import Collection, Generator, Iterator
from datetime import date, time
from pathlib import Path
from typing import Any, BinaryIO

from app.sheets.table import Problem, SheetError, shown
from app.sheets.text import RawRow, names_of

MAGIC = b"PK\x03\x04"
MAX_UNPACKED_BYTES = 300_000_000
MAX_ROWS, MAX_COLUMNS = 1_048_576, 100
_DIGITS = {"phone": 10, "postcode": 5}
"""How long French numbers are that a spreadsheet robbed of their leading zero."""


def xlsx_rows(file: BinaryIO, path: Path, known: Collection[str]) -> Generator[RawRow, None, None]:
    """Each row that is not blank. Raises :class:`SheetError` for whatever openpyxl cannot read. Closes the file at the end."""
    with file:
        try:
            _check_size(file, path)
            yield from _rows(file, known)
        except SheetError:
            raise
        except Exception as e:  # openpyxl lets through whatever its parsers raise on a broken file
            raise SheetError(path, "cannot be read as an .xlsx workbook: save it again, or as CSV.") from e


def _check_size(file: BinaryIO, path: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        if sum(part.file_size for part in archive.infolist()) > MAX_UNPACKED_BYTES:
            raise SheetError(path, f"is larger than {MAX_UNPACKED_BYTES // 1_000_000} MB when unpacked: save it as CSV.")


def _rows(file: BinaryIO, known: Collection[str]) -> Iterator[RawRow]:
    header: list[str] = []
    results: Iterator[tuple[int, Any]] | None = None
    for line, row in _first_sheet(file, results_of_formulas=False):
        row = list(row)
        formulas = [i for i, cell in enumerate(row) if cell.data_type == "f"]
        if formulas:
            results = results or _first_sheet(file, results_of_formulas=True)
            result = next(cells for number, cells in results if number == line)
            for i in formulas:
                row[i] = result[i]
        cells = [_text(cell.value, header[i] if i < len(header) else "") for i, cell in enumerate(row)]
        width = max((i + 1 for i, cell in enumerate(cells) if cell.strip() or i in formulas), default=0)
        if width:
            problems = tuple(_problems(header, row, formulas, known))
            header = header or names_of(cells[:width])
            yield line, cells[: max(width, len(header))], problems


def _first_sheet(file: BinaryIO, *, results_of_formulas: bool) -> Iterator[tuple[int, Any]]:
    from openpyxl import load_workbook  # slow to import, and most files are CSV
    from openpyxl.cell.read_only import EMPTY_CELL

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and the like that do not matter here
        book = load_workbook(file, read_only=True, data_only=results_of_formulas, keep_links=False)
    try:
        # The limits also keep openpyxl from filling up whatever size the file claims for itself.
        rows = book.worksheets[0].iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS)
        yield from ((line, row) for line, row in enumerate(rows, 1) if any(cell is not EMPTY_CELL for cell in row))
    finally:
        book.close()


def _text(value: Any, column: str) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and len(str(value)) == _DIGITS.get(column, 0) - 1:
        return f"0{value}"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    return value.isoformat() if isinstance(value, date) else str(value)


def _problems(header: list[str], row: list[Any], formulas: list[int], known: Collection[str]) -> Iterator[Problem]:
    for i, (column, cell) in enumerate(zip(header, row, strict=False)):
        if column in known and cell.value is None and i in formulas:
            yield Problem(column, "is a formula without a result: open the file in a spreadsheet program and save it again")
        elif column in known and cell.data_type == "e":
            yield Problem(column, f"is a formula that went wrong ({shown(str(cell.value))})")
