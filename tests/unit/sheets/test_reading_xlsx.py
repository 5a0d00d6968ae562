"""Workbooks as spreadsheet programs write them, and as an attacker would."""

import contextlib
import io
import re
import time
import warnings
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from defusedxml import EntitiesForbidden
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from app.sheets import xlsx
from app.sheets.posts import Refused, load_needs
from app.sheets.read import read_table
from app.sheets.table import Row, SheetError

KNOWN = ("reference", "name", "phone", "postcode", "lon", "lat", "posted_at")


def workbook(path: Path, *rows: list[Any]) -> Path:
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.create_sheet("second").append(["not", "this", "one"])
    book.save(path)
    return path


def changed(path: Path, part: str, old: str, new: str) -> Path:
    """The workbook with other text in one of its parts."""
    raw = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(raw) as before, zipfile.ZipFile(path, "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                assert re.search(old, content.decode())
                content = re.sub(old, new, content.decode()).encode()
            after.writestr(name, content)
    return path


def rows(path: Path) -> list[Row]:
    return list(read_table(path, KNOWN, ("reference",), UTC).rows)


def test_numbers_get_back_the_zero_that_the_spreadsheet_took(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx",
        ["reference", "name", "phone", "postcode"],
        [7, 2.0, 639981234, 1000],
        [8, 1.5, 639981234.0, 69001],
        ["9", None, "639981234", "1000"],
    )
    assert [tuple(row.cells.values()) for row in rows(path)] == [
        ("7", "2", "0639981234", "01000"),
        ("8", "1.5", "0639981234", "69001"),
        ("9", "", "639981234", "1000"),
    ]


def test_rows_have_the_number_that_the_spreadsheet_shows_and_blank_ones_are_passed_over(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [], ["reference", "name"], [None, None], ["1", "Ann"], [" ", None], ["2", "Bob"])
    assert [row.line for row in rows(path)] == [4, 6]


def test_coordinates_come_in_whole_and_with_a_decimal_comma_where_they_were_typed_as_text(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["reference", "lon", "lat"], ["1", -4.897201, "45,7"])
    assert [tuple(row.cells.values()) for row in rows(path)] == [("1", "-4.897201", "45,7")]
    assert read_table(path, KNOWN, (), UTC).decimal_comma


def test_a_date_without_a_zone_is_in_the_city_s(tmp_path: Path) -> None:
    columns = ["reference", "name", "category", "email", "address", "posted_at"]
    common = ["Ann", "pets", "ann@example.org", "2 rue Haute"]
    path = workbook(
        tmp_path / "a.xlsx",
        columns,
        ["summer", *common, datetime(2026, 7, 1, 9, 30)],
        ["winter", *common, date(2026, 12, 1)],
        ["text", *common, "2026-07-01T09:30:00"],
        ["zoned", *common, "2026-07-01T09:30:00Z"],
    )
    read = list(load_needs(path, zone=ZoneInfo("Europe/Paris")).rows)
    assert [need.posted_at.isoformat() for need in read if not isinstance(need, Refused) and need.posted_at] == [
        "2026-07-01T09:30:00+02:00",
        "2026-12-01T00:00:00+01:00",
        "2026-07-01T09:30:00+02:00",
        "2026-07-01T09:30:00+00:00",
    ]


def test_a_formula_counts_as_its_result_and_is_refused_without_one(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["reference", "name", "colour"], ["1", "=A2", "=A2"], ["2", "=1/0", None], ["3", "Cy", "=A2"])
    sheet = "xl/worksheets/sheet1.xml"
    changed(path, sheet, r'r="B3"( t="\w+")?><f>1/0</f><v ?/>', 'r="B3" t="e"><f>1/0</f><v>#DIV/0!</v>')
    without, wrong, elsewhere = rows(path)
    assert [(p.column, p.reason[:27]) for p in without.problems] == [("name", "is a formula without a resu")]
    assert [(p.column, p.reason) for p in wrong.problems] == [("name", "is a formula that went wrong (#DIV/0!)")]
    assert elsewhere == Row(4, {"reference": "3", "name": "Cy", "colour": ""})
    changed(path, sheet, r'r="B2"( t="\w+")?><f>A2</f><v ?/>', 'r="B2" t="str"><f>A2</f><v>Ann</v>')
    assert rows(path)[0] == Row(2, {"reference": "1", "name": "Ann", "colour": ""})


def test_text_that_looks_like_a_formula_is_text(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["reference", "name"])
    book.worksheets[0].append(["1", "-"])
    book.worksheets[0]["B2"].value = "=HYPERLINK()"
    book.worksheets[0]["B2"].data_type = "s"
    book.save(tmp_path / "a.xlsx")
    assert rows(tmp_path / "a.xlsx") == [Row(2, {"reference": "1", "name": "=HYPERLINK()"})]


def test_a_cell_beyond_the_header_makes_a_bad_row(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["reference", "name"], ["1", "Ann", None, "stray"], ["2"])
    assert [[p.column for p in row.problems] for row in rows(path)] == [["row"], []]


def test_a_sheet_that_claims_an_absurd_size_is_read_as_what_it_holds(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", ["reference", "name"], ["1", "Ann"], ["2", "Bob"])
    changed(path, "xl/worksheets/sheet1.xml", '<dimension ref="[^"]*"', '<dimension ref="A1:XFD1048576"')
    changed(path, "xl/worksheets/sheet1.xml", '<row r="3">', '<row r="999999999999">')
    changed(path, "xl/worksheets/sheet1.xml", 'r="B2"', 'r="XFD2"')
    started = time.perf_counter()
    assert [row.cells for row in rows(path)] == [{"reference": "1", "name": ""}]
    assert time.perf_counter() - started < 20


def test_a_workbook_that_unpacks_to_too_much_is_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", ["reference", "name"], *([["1", "x" * 50]] * 500))
    monkeypatch.setattr(xlsx, "MAX_UNPACKED_BYTES", 10_000)
    with pytest.raises(SheetError, match="larger than"):
        rows(path)


def test_no_entity_of_a_workbook_is_looked_at(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    for entities, used in (('<!ENTITY l0 "ha">' + laughs, "&l11;"), (f'<!ENTITY l0 SYSTEM "{secret.as_uri()}">', "&l0;")):
        path = workbook(tmp_path / "a.xlsx", ["reference", "name"], ["1", "Ann"])
        changed(path, "xl/worksheets/sheet1.xml", "^", f"<!DOCTYPE worksheet [{entities}]>")
        changed(path, "xl/worksheets/sheet1.xml", "Ann", used)
        with pytest.raises(SheetError, match="cannot be read") as refused:
            rows(path)
        broken = refused.value.__cause__
        assert broken and isinstance(broken.__cause__ or broken.__context__, EntitiesForbidden)


def test_a_zip_that_is_no_workbook_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    with pytest.raises(SheetError, match=r"cannot be read as an \.xlsx workbook"):
        rows(tmp_path / "a.xlsx")


@pytest.fixture(scope="module")
def sound_workbook(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return workbook(tmp_path_factory.mktemp("sound") / "a.xlsx", ["reference", "name"], ["1", "Ann"], ["2", 3.5]).read_bytes()


@given(data=st.data())
def test_no_damage_to_a_workbook_raises_anything_but_a_sheet_error(
    tmp_path_factory: pytest.TempPathFactory, sound_workbook: bytes, data: st.DataObject
) -> None:
    content = bytearray(sound_workbook)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.xlsx"
    path.write_bytes(content[: data.draw(st.integers(4, len(content)))] if data.draw(st.booleans()) else content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # a broken archive that openpyxl leaves open
        with contextlib.suppress(SheetError):
            rows(path)
