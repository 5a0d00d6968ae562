"""One way in for all spreadsheets: :func:`read_table`."""

from collections.abc import Collection, Generator, Iterator
from datetime import tzinfo
from pathlib import Path

from app.sheets.table import REASON, ROW, Problem, Row, SheetError, Table, shown, unguarded
from app.sheets.text import RawRow, csv_rows, delimiter_of, encoding_of, names_of, open_file, sample_of
from app.sheets.xlsx import MAGIC, xlsx_rows

_UNREADABLE = {
    b"\xd0\xcf\x11\xe0": "is an old Excel file: save it as .xlsx or CSV.",
    b"\xff\xfe": "is in UTF-16: save it as “CSV UTF-8”.",
    b"\xfe\xff": "is in UTF-16: save it as “CSV UTF-8”.",
}


MOST_COLUMNS, SHOWN_COLUMNS = 1000, 20


def read_table(path: Path, known: Collection[str], required: Collection[str], zone: tzinfo) -> Table:
    """The table in a CSV or ``.xlsx`` file (told apart by content, not by name).

    ``known`` are the columns that mean something, ``required`` those of them that must be there; ``zone`` is that of a
    workbook's dates, which never have one of their own. Rows that are blank throughout are passed over. Raises
    :class:`SheetError` when nothing can be read: no file, no table, or a required column is missing.
    """
    file = open_file(path)
    head = file.read(4)
    if b"\0\0" in (head[::2], head[1::2]):  # no mark, but every other byte is empty
        file.close()
        raise SheetError(path, "is in UTF-16 or UTF-32: save it as “CSV UTF-8”.")
    for magic, what in _UNREADABLE.items():
        if head.startswith(magic):
            file.close()
            raise SheetError(path, what)
    if is_workbook := head == MAGIC:
        rows, decimal_comma = xlsx_rows(file, path, known), True
    else:
        encoding = encoding_of(file)
        delimiter = delimiter_of(sample_of(file, encoding), known)
        rows, decimal_comma = csv_rows(file, encoding, delimiter), delimiter == ";"
    try:
        names = _header(path, rows, known, required)
    except SheetError:
        rows.close()
        raise
    seen = {REASON}
    kept = [name if name and not (name in seen or seen.add(name)) else None for name in names]  # type: ignore[func-returns-value]
    columns = tuple(name for name in kept if name)
    ignored = [shown(name) for name in columns if name not in known]
    more = f" and {len(ignored) - SHOWN_COLUMNS} more" if len(ignored) > SHOWN_COLUMNS else ""
    warnings = (f"columns ignored: {', '.join(ignored[:SHOWN_COLUMNS])}{more}",) if ignored else ()
    return Table(columns, _named(rows, kept), warnings, decimal_comma, zone if is_workbook else None)


def _header(path: Path, rows: Iterator[RawRow], known: Collection[str], required: Collection[str]) -> list[str]:
    line, cells, problems = next(rows, (0, [], ()))
    if not line:
        raise SheetError(path, "is empty.")
    names = [unguarded(name) for name in names_of(cells)]
    if problems:
        raise SheetError(path, "has a first row that cannot be read: a quote is missing or too many, or the row is too long.")
    if len(names) > MOST_COLUMNS:
        raise SheetError(path, f"has {len(names)} columns but may have {MOST_COLUMNS}: keep those that mean something.")
    if not set(names) & set(known):
        raise SheetError(path, f"is not a table of this kind: its first row must name columns, among them {', '.join(required)}.")
    if twice := sorted({name for name in names if name in known and names.count(name) > 1}):
        raise SheetError(path, f"names a column twice: {', '.join(twice)}.")
    if missing := [name for name in required if name not in names]:
        raise SheetError(path, f"lacks a column that every row needs: {', '.join(missing)}.")
    return names


def _named(rows: Iterator[RawRow], names: list[str | None]) -> Generator[Row, None, None]:
    width = len(names)
    for line, cells, problems in rows:
        if len(cells) > width and not any(map(str.strip, cells[width:])):
            del cells[width:]
        if len(cells) != width and not problems:
            problems = (Problem(ROW, f"has {len(cells)} cells but the header has {width}: a separator is missing, too many or not quoted"),)
        named = {name: unguarded(cell) if cell[:1] == "'" else cell for name, cell in zip(names, cells, strict=False) if name}
        yield Row(line, named, problems)
