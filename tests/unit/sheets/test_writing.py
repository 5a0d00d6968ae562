"""What is written is safe to open, whole, and reads back as it was."""

import os
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sheets.posts import OfferRow, Refused, load_offers
from app.sheets.read import read_table
from app.sheets.table import Problem, guarded, unguarded
from app.sheets.write import Cell, UnwritableError, new_file, write_refused, write_table

_TEXT = st.text(st.characters(exclude_categories=["C"]), max_size=9)


def write(path: Path, columns: list[str], rows: list[list[Cell]]) -> Path:
    with new_file(path) as file:
        write_table(file, path, columns, rows)
    return path


@given(st.text(alphabet="'=+-@\t\ra 1", max_size=6))
def test_a_guarded_text_is_never_run_and_comes_back_as_it_was(text: str) -> None:
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguarded(guarded(text)) == text


def test_a_csv_file_is_utf_8_with_plain_line_ends_and_as_few_quotes_as_possible(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ["name", "n"], [["Zoé, 'la' \"grande\"", -1], ["=1+1", None], ["-1", Decimal("-4.50")]])
    assert path.read_bytes().decode() == 'name,n\n"Zoé, \'la\' ""grande""",-1\n\'=1+1,\n\'-1,-4.50\n'


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
@given(rows=st.lists(st.tuples(_TEXT, st.sampled_from(["=a", "'=", "a\nb", '"', "@"]))))
def test_whatever_is_written_reads_back(tmp_path_factory: pytest.TempPathFactory, suffix: str, rows: list[tuple[str, str]]) -> None:
    path = write(tmp_path_factory.getbasetemp() / f"a.{suffix}", ["name", "note"], [list(row) for row in rows])
    assert [tuple(row.cells.values()) for row in read_table(path, ("name", "note"), (), UTC).rows] == rows


def test_the_same_table_gives_the_same_bytes_as_a_workbook_too(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["=1+1", 3], ["x\x00y", None]]
    one, other = (write(tmp_path / name, ["name", "n"], rows).read_bytes() for name in ("a.xlsx", "b.xlsx"))
    assert one == other


def test_nothing_is_written_when_the_work_fails_and_an_older_file_stays(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", ["old"], [])
    with pytest.raises(ZeroDivisionError), new_file(path) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert path.read_text() == "old\n"
    assert [file.name for file in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("where", ["missing/a.csv", "a-file/a.csv", "."])
def test_an_impossible_place_is_refused_in_a_sentence(tmp_path: Path, where: str) -> None:
    (tmp_path / "a-file").touch()
    with pytest.raises(UnwritableError, match="cannot be written"), new_file(tmp_path / where):
        pytest.fail("the work must not begin")


def test_a_link_is_followed_and_a_pipe_is_written_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "target.csv")
    write(tmp_path / "link.csv", ["a"], [])
    assert (tmp_path / "target.csv").read_text() == "a\n"
    with new_file(Path(os.devnull)) as file:
        file.write(b"gone")
    assert Path(os.devnull).is_char_device()


@pytest.mark.parametrize("name", ["refused.csv", "refused.xlsx"])
def test_a_refused_row_is_mended_in_its_file_and_read_again(tmp_path: Path, name: str) -> None:
    source = tmp_path / "offers.csv"
    source.write_text(
        'reference;name;email;phone;lon;lat;categories;note\n1;"=Ann; or so";a@example.org;+33639981234;-1,55;47,2;;'
        '"two\nlines"\n2;Bob;b@example.org;;-1,55;47,2;pets;\n'
    )
    offers = load_offers(source, zone=UTC)
    refused = [row for row in offers.rows if isinstance(row, Refused)]
    assert [row.line for row in refused] == [2]
    path = tmp_path / name
    write_refused(path, offers.columns, refused, decimal_comma=offers.decimal_comma, zone=offers.zone)
    again = load_offers(path, zone=UTC)
    assert again.warnings == ("columns ignored: note",)
    (row,) = again.rows
    assert isinstance(row, Refused)
    assert row.problems == (Problem("categories", "is missing"),)
    assert row.cells["note"] == "two\nlines"
    mended = row._replace(cells=row.cells | {"categories": "pets"})
    write_refused(path, again.columns, [mended], decimal_comma=again.decimal_comma, zone=again.zone)
    (mended,) = load_offers(path, zone=UTC).rows
    assert isinstance(mended, OfferRow)
    assert (mended.name, mended.phone, mended.lon) == ("=Ann; or so", "+33639981234", -1.55)


def test_the_reason_stands_in_a_column_of_its_own(tmp_path: Path) -> None:
    row = Refused(2, {"reference": "1", "lon": "-4,5"}, (Problem("lon", "is wrong"), Problem("name", "is missing")))
    write_refused(tmp_path / "a.csv", ("reference", "lon"), [row], decimal_comma=True, zone=None)
    assert (tmp_path / "a.csv").read_text() == '\ufeffreference;lon;reason\n1;-4.5;"lon: is wrong; name: is missing"\n'
