"""CSV files as people's programs write them, and as nobody's should."""

import io
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sheets.read import read_table
from app.sheets.table import ROW, Row, SheetError, Table

KNOWN = ("reference", "name", "lon", "lat", "reason")


def table(folder: Path, content: bytes | str, required: tuple[str, ...] = ("reference",)) -> Table:
    path = folder / "posts.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_table(path, KNOWN, required, UTC)


def rows(folder: Path, content: bytes | str) -> list[Row]:
    return list(table(folder, content).rows)


def sentence(folder: Path, content: bytes | str) -> str:
    with pytest.raises(SheetError) as caught:
        rows(folder, content)
    return caught.value.sentence


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_utf_8_with_or_without_a_mark_and_windows_1252_read_alike(tmp_path: Path, encoding: str) -> None:
    assert [Row(2, {"reference": "1", "name": "Zoé Œuvray"})] == rows(tmp_path, "reference,name\n1,Zoé Œuvray\n".encode(encoding))


def test_windows_1252_is_found_however_far_down_it_shows(tmp_path: Path) -> None:
    content = b"reference,name\n" + b"1,Ann\n" * 400_000 + "2,Zoé\n".encode("cp1252")
    assert rows(tmp_path, content)[-1].cells["name"] == "Zoé"


def test_semicolons_mean_that_a_decimal_comma_is_understood(tmp_path: Path) -> None:
    found = table(tmp_path, "reference;lon;lat\n1;4,85;45,76\n")
    assert found.decimal_comma
    assert next(found.rows).cells == {"reference": "1", "lon": "4,85", "lat": "45,76"}
    assert not table(tmp_path, "reference,lon,lat\n1,4.85,45.76\n").decimal_comma


@pytest.mark.parametrize(
    "header", ["reference;name;notes, or whatever, you, like", '"a,b,c,d";reference;name', "reference;name", ";;;name;reference"]
)
def test_the_separator_is_the_one_that_gives_columns_which_mean_something(tmp_path: Path, header: str) -> None:
    assert {"reference", "name"} <= set(table(tmp_path, header + "\n").columns)


def test_header_names_are_trimmed_and_their_case_does_not_matter(tmp_path: Path) -> None:
    assert table(tmp_path, " Reference ,NAME\n").columns == ("reference", "name")


def test_unknown_columns_are_named_once_and_the_reason_column_is_dropped_in_silence(tmp_path: Path) -> None:
    found = table(tmp_path, "reference,colour,reason,size\n1,red,because,L\n")
    assert found.columns == ("reference", "colour", "size")
    assert found.warnings == ("columns ignored: colour, size",)
    assert table(tmp_path, "reference,reason,,\n").warnings == ()


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_row_knows_the_line_where_it_begins(tmp_path: Path, end: str) -> None:
    lines = ["", "reference,name", '1,"two', 'lines"', "", ",", '2,"three', "", 'lines"', "3,one"]
    assert [row.line for row in rows(tmp_path, end.join(lines))] == [3, 7, 10]


def test_a_quote_that_is_never_closed_costs_only_its_own_row(tmp_path: Path) -> None:
    first, second, third, fourth = rows(tmp_path, 'reference,name\n1,Ann\n2,"Bob\n3,Cy\n4,Di\n')
    assert [first.line, second.line, third.line, fourth.line] == [2, 3, 4, 5]
    assert second.problems[0].column == ROW
    assert [row.cells["name"] for row in (first, third, fourth)] == ["Ann", "Cy", "Di"]


def test_a_quote_too_many_costs_only_its_own_row_even_when_later_cells_have_quotes(tmp_path: Path) -> None:
    found = rows(tmp_path, 'reference,name\n1,"Bob\n2,Cy\n3,"Di, and more"\n')
    assert [(row.line, not row.problems) for row in found] == [(2, False), (3, True), (4, True)]


def test_a_cell_or_a_line_without_end_is_a_bad_row_and_no_more(tmp_path: Path) -> None:
    found = rows(tmp_path, "reference,name\n1," + "x" * 200_000 + "\n2," + "y" * 3_000_000 + "\n3,Cy\n")
    assert [(row.line, not row.problems) for row in found] == [(2, False), (3, False), (4, True)]


@pytest.mark.parametrize("row", ["1,Ann,more", "1", "1,2 rue Haute, Lyon"])
def test_a_row_with_too_many_or_too_few_cells_is_refused_because_its_cells_may_have_moved(tmp_path: Path, row: str) -> None:
    (found,) = rows(tmp_path, f"reference,name\n{row}\n")
    assert found.problems[0].column == ROW
    assert "but the header has 2" in found.problems[0].reason


def test_empty_cells_beyond_the_header_do_no_harm(tmp_path: Path) -> None:
    assert [Row(2, {"reference": "1", "name": "Ann"})] == rows(tmp_path, "reference,name\n1,Ann,, \n")


def test_a_guard_against_formulas_is_taken_off_and_other_apostrophes_stay(tmp_path: Path) -> None:
    found = rows(tmp_path, "reference,name\n'=1+1,'s-Hertogenbosch\n''@x,'\n")
    assert [tuple(row.cells.values()) for row in found] == [("=1+1", "'s-Hertogenbosch"), ("'@x", "'")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"\n \n,,\n", "is empty"),
        (bytes(range(256)) * 50, "is not a table of this kind"),
        (b"1,Ann\n2,Bob\n", "is not a table of this kind"),
        (b'"reference,name\n1,Ann\n', "a quote is missing or too many"),
        (b"reference," + b"x" * 10_000_000 + b"\n1,Ann\n", "or the row is too long"),
        (b"reference," + b",".join(b"c%d" % i for i in range(100_000)) + b"\n", "has 100001 columns but may have 1000"),
        ("reference,name\n1,Ann\n".encode("utf-16-le"), "UTF-16 or UTF-32"),
        ("reference,name\n1,Ann\n".encode("utf-16-be"), "UTF-16 or UTF-32"),
        ("reference,name\n1,Ann\n".encode("utf-32"), "UTF-16"),
        (b"refer\x00ence,name\n1,Ann\n", "lacks a column that every row needs: reference"),
        (b"name,lon\nAnn,4\n", "lacks a column that every row needs: reference"),
        (b"reference,name,Name\n1,Ann,Bob\n", "names a column twice: name"),
        ("reference,name\n1,Ann\n".encode("utf-16"), "UTF-16"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "old Excel"),
        (b"PK\x03\x04" + bytes(600), "cannot be read as an .xlsx workbook"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in sentence(tmp_path, content)


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert rows(tmp_path, "reference,name\n") == []


def test_line_ends_may_be_of_all_kinds_in_one_file(tmp_path: Path) -> None:
    found = rows(tmp_path, "reference,name\r\n1,Ann\r2,Bob\n3,Cy\r\n")
    assert [(row.line, row.cells["name"]) for row in found] == [(2, "Ann"), (3, "Bob"), (4, "Cy")]


def test_a_row_of_a_hundred_thousand_cells_costs_only_itself(tmp_path: Path) -> None:
    found = rows(tmp_path, "reference,name\n1,Ann" + ",x" * 100_000 + "\n2,Bob\n")
    assert [(row.line, not row.problems) for row in found] == [(2, False), (3, True)]


def test_of_many_columns_that_mean_nothing_some_are_named(tmp_path: Path) -> None:
    found = table(tmp_path, "reference," + ",".join(f"c{i}" for i in range(30)) + "\n")
    assert found.warnings[0].endswith("c19 and 10 more")


def test_a_missing_file_and_a_folder_are_refused_in_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(SheetError, match="cannot be read"):
            read_table(path, KNOWN, (), UTC)


def test_a_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    import os
    import threading

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=("reference,name\n1,Zoé\n".encode("cp1252"),))
    writer.start()
    assert [row.cells["name"] for row in read_table(pipe, KNOWN, (), UTC).rows] == ["Zoé"]
    writer.join()


@given(st.binary(max_size=400), st.sampled_from([b"", b"reference,name\n", b"reference;name\r\n"]))
def test_no_bytes_whatever_raise_anything_but_a_sheet_error(tmp_path_factory: pytest.TempPathFactory, tail: bytes, head: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        found = rows(folder, head + tail)
    except SheetError:
        return
    assert sorted(row.line for row in found) == [row.line for row in found]
    assert all(1 < row.line <= 2 + tail.count(b"\n") + tail.count(b"\r") + 1 for row in found)


@given(st.text(alphabet=" \",;\n\r'ab", max_size=60))
def test_every_line_with_something_in_it_is_part_of_a_row_or_reported(tmp_path_factory: pytest.TempPathFactory, tail: str) -> None:
    found = rows(tmp_path_factory.getbasetemp(), f"reference,name\n{tail}\n9,last\n")
    assert found[-1].cells == {"reference": "9", "name": "last"}
    assert 3 + sum(1 for _ in io.StringIO(tail, newline="")) >= found[-1].line
