"""Files that somebody takes away."""

import io
from codecs import BOM_UTF8
from collections.abc import Iterable, Sequence
from pathlib import Path

from flask import send_file
from flask.typing import ResponseReturnValue

from app.sheets.write import Cell, write_table


def table_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> ResponseReturnValue:
    """A table as CSV or ``.xlsx``, by its name."""
    file = io.BytesIO()
    if name.endswith(".csv"):
        file.write(BOM_UTF8)  # spreadsheets read the accents by it
    write_table(file, Path(name), heads, rows)
    return attached(file.getvalue(), name)


def attached(content: bytes, name: str) -> ResponseReturnValue:
    return send_file(io.BytesIO(content), download_name=name, as_attachment=True)
