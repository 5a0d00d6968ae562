"""What a spreadsheet is once it is read: rows of named text cells, each with its line."""

import re
from collections.abc import Iterator
from datetime import tzinfo
from pathlib import Path
from typing import NamedTuple

from app.errors import UserError

REASON = "reason"
"""The column that a file of refused rows has besides its own; ignored on the way in."""

ROW = "row"
"""Stands for the column where a problem is about a whole row."""

_RUN_BY_SPREADSHEETS = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")
_SHOWN_CHARACTERS = 40


class SheetError(UserError):
    """Nothing in the file can be read. Reading it again does not help until it is changed."""

    def __init__(self, path: Path, what: str) -> None:
        super().__init__(f"{shown(str(path), 500)} {what}")


class Problem(NamedTuple):
    """Why a row is refused: the column (or :data:`ROW`) and what to put right."""

    column: str
    reason: str


class Row(NamedTuple):
    """``line`` is where the row begins, the header's first line being 1; a row with ``problems`` may lack cells."""

    line: int
    cells: dict[str, str]
    problems: tuple[Problem, ...] = ()


class Table(NamedTuple):
    """``rows`` can be gone through once, and may raise :class:`SheetError` when the rest of the file is broken.

    ``columns`` are lower-case, in the file's order. ``decimal_comma`` says that numbers may have one. ``zone`` is that of dates
    without a zone; ``None`` when such dates are refused.
    """

    columns: tuple[str, ...]
    rows: Iterator[Row]
    warnings: tuple[str, ...]
    decimal_comma: bool
    zone: tzinfo | None


def guarded(text: str) -> str:
    """``text`` so that no spreadsheet runs it; :func:`unguarded` gives it back.

    >>> guarded("=1+1"), guarded("'=1+1"), guarded("O'Neill")
    ("'=1+1", "''=1+1", "O'Neill")
    """
    return "'" + text if _RUN_BY_SPREADSHEETS.match(text) else text


def unguarded(text: str) -> str:
    """The text that was written as ``text``.

    >>> unguarded("'=1+1"), unguarded("'s-Hertogenbosch")
    ('=1+1', "'s-Hertogenbosch")
    """
    return text[1:] if _GUARDED.match(text) else text


def shown(text: str, longest: int = _SHOWN_CHARACTERS) -> str:
    """``text`` on one line, short and printable, for a report.

    >>> shown("a" + chr(10) + "b")
    'a?b'
    """
    short = text if len(text) <= longest else text[: longest - 1] + "…"
    return "".join(c if c.isprintable() else "?" for c in short)
