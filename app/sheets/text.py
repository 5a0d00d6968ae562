"""The rows of a CSV file: UTF-8 or Windows-1252, comma or semicolon, and no row that takes others down with it."""

import codecs
import csv
import io
import stat
from collections import deque
from collections.abc import Collection, Generator, Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

from app.sheets.table import ROW, Problem, SheetError

MAX_LINE = 1_000_000
MAX_LINES_OF_A_ROW = 200
MAX_PIPED_BYTES = 1_000_000_000
_SAMPLE = 100_000
_BROKEN = Problem(ROW, "cannot be split into cells: a quote is missing or too many, or the row is too long")

RawRow = tuple[int, list[str], tuple[Problem, ...]]


def open_file(path: Path) -> BinaryIO:
    """The file, open for reading from anywhere in it (a pipe is read into memory). Raises :class:`SheetError`."""
    try:
        file = path.open("rb")
        if stat.S_ISREG(path.stat().st_mode):
            return file
        with file:
            return io.BytesIO(file.read(MAX_PIPED_BYTES))
    except OSError as e:
        raise SheetError(path, f"cannot be read: {e.strerror}.") from e


def encoding_of(file: BinaryIO) -> str:
    """UTF-8 if all of the file is, or says that it is; Windows-1252 otherwise."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        if file.read(3) != codecs.BOM_UTF8:
            file.seek(0)
            while chunk := file.read(1 << 20):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        file.seek(0)
    return "utf-8-sig"


def names_of(cells: list[str]) -> list[str]:
    """The column names in a header row."""
    return [cell.strip().lower() for cell in cells]


def delimiter_of(sample: str, known: Collection[str]) -> str:
    """The one of comma and semicolon that splits the header into more columns that are known."""

    def known_names(delimiter: str) -> tuple[int, int]:
        try:
            header = next((row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if any(row)), [])
        except csv.Error:
            header = []
        return len(set(names_of(header)) & set(known)), len(header)

    return max(",;", key=known_names)


class _Lines:
    """Lines one by one; those that a broken row swallowed can be read again."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._again: deque[str] = deque()
        self._taken: list[str] = []
        self.row_begins = 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self._taken.append(line)
        if len(line) == MAX_LINE and line[-1] not in "\r\n":
            while (rest := self._file.readline(MAX_LINE)) and rest[-1] not in "\r\n":
                pass
            raise csv.Error("line too long")
        if len(self._taken) > MAX_LINES_OF_A_ROW:
            raise csv.Error("too many lines")
        return line

    def next_row(self) -> None:
        self.row_begins += len(self._taken)
        self._taken.clear()

    def give_back_all_but_the_first(self) -> None:
        self._again.extendleft(reversed(self._taken[1:]))
        del self._taken[1:]


def csv_rows(file: BinaryIO, encoding: str, delimiter: str) -> Generator[RawRow, None, None]:
    """Each row that is not blank, with the line where it begins; a broken one with its problem. Closes the file at the end."""
    with io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="") as text:
        lines = _Lines(text)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                lines.give_back_all_but_the_first()
                yield lines.row_begins, [], (_BROKEN,)
            else:
                if any(map(str.strip, cells)):
                    yield lines.row_begins, cells, ()
            lines.next_row()


def sample_of(file: BinaryIO, encoding: str) -> str:
    """The beginning of the file, to look at its header."""
    file.seek(0)
    sample = file.read(_SAMPLE).decode(encoding, errors="replace")
    file.seek(0)
    return sample
