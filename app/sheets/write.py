"""Tables out, as CSV or ``.xlsx`` by the file's name: whole or not at all, and nothing in them that a spreadsheet would run."""

import io
import os
import re
import secrets
import zipfile
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

from app.errors import UserError
from app.sheets.posts import Refused
from app.sheets.table import REASON, guarded, shown

Cell = str | int | Decimal | None

_NUMBER_COLUMNS = ("lon", "lat", "radius_m", "capacity", "helpers_needed")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_TO_QUOTE = re.compile('[",;\r\n]')
_NO_TIME = (1980, 1, 1, 0, 0, 0)


class UnwritableError(UserError):
    """The file cannot be written there; another place or other rights help."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{shown(str(path), 500)} cannot be written: {reason}.")


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name, and an older one's place, once the block ends well; otherwise nothing of it remains.

    What is no ordinary file (a pipe, a device) is written as it is. Raises :class:`UnwritableError`, at once where it can.
    """
    try:
        target = path.resolve()
        if target.is_dir():
            raise UnwritableError(path, "it is a folder")
        if path.exists() and not path.is_file():
            with path.open("wb") as pipe:
                yield pipe
            return
        draft = target.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with draft.open("xb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as e:
        raise UnwritableError(path, e.strerror or type(e).__name__) from e


def write_table(file: BinaryIO, name: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell]], separator: str = ",") -> None:
    """Write a table into ``file``: a workbook when ``name`` ends in ``.xlsx``, else CSV. The same table gives the same bytes.

    Text is made safe (see :func:`app.sheets.table.guarded`), numbers stay numbers, ``None`` is an empty cell.
    """
    if name.suffix.lower() == ".xlsx":
        file.write(_workbook([columns, *rows]))
        return
    for row in (columns, *rows):
        file.write((separator.join(map(_csv_cell, row)) + "\n").encode())


def write_refused(path: Path, columns: Sequence[str], refused: Iterable[Refused], *, decimal_comma: bool, zone: tzinfo | None) -> None:
    """The refused rows, with their reasons in one more column, to be mended and read again. Raises :class:`UnwritableError`.

    ``decimal_comma`` says that the rows come from a file where numbers may have one; here they get a point, and semicolons between
    the cells as there. Dates without a zone, which a workbook may have, get that of ``zone``. The mark at the beginning lets
    spreadsheets read the accents.
    """
    separator = ";" if decimal_comma else ","
    rows = ([*(_cell(column, row.cells.get(column, ""), decimal_comma, zone) for column in columns), _reasons(row)] for row in refused)
    with new_file(path) as file:
        if path.suffix.lower() != ".xlsx":
            file.write(BOM_UTF8)
        write_table(file, path, (*columns, REASON), rows, separator)


def _cell(column: str, text: str, decimal_comma: bool, zone: tzinfo | None) -> Cell:
    number = text.strip().replace(",", ".", 1) if decimal_comma else text.strip()
    if column in _NUMBER_COLUMNS and _NUMBER.fullmatch(number):
        return Decimal(number)
    if column == "posted_at" and zone:
        with suppress(ValueError):
            moment = datetime.fromisoformat(text.strip())
            return moment.isoformat() if moment.tzinfo else moment.replace(tzinfo=zone).isoformat()
    return text


def _reasons(row: Refused) -> str:
    return "; ".join(f"{problem.column}: {problem.reason}" for problem in row.problems)


def _csv_cell(cell: Cell) -> str:
    text = guarded(cell) if isinstance(cell, str) else "" if cell is None else str(cell)
    return '"' + text.replace('"', '""') + '"' if _TO_QUOTE.search(text) else text


def _workbook(rows: Iterable[Sequence[Cell]]) -> bytes:
    from openpyxl import Workbook  # slow to import, and most files are CSV
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = datetime(*_NO_TIME)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append([ILLEGAL_CHARACTERS_RE.sub("?", guarded(cell)) if isinstance(cell, str) else cell for cell in row])
    dated, undated = io.BytesIO(), io.BytesIO()
    ExcelWriter(book, zipfile.ZipFile(dated, "w")).save()
    with zipfile.ZipFile(dated) as parts, zipfile.ZipFile(undated, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in parts.namelist():
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), parts.read(name), zipfile.ZIP_DEFLATED)
    return undated.getvalue()
