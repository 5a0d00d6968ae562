"""Spreadsheets into the database, through the commands."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from app.cli import group
from app.models import Need, Offer, Person
from app.services import accounts
from matching.lifecycle import NeedState, OfferState
from tests.city import CENTRE, KEYS, City
from tests.shared_data import shared_data

OFFERS = "reference,name,email,phone,address,lon,lat,categories\n"
NEEDS = "reference,name,email,phone,address,lon,lat,category,contact\n"
Run = Callable[..., Result]


@pytest.fixture
def run(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    url = city.ctx.settings.resolved_database_url
    given = {"DATABASE_URL": url, "INSTANCE": str(tmp_path), "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(group, [str(w) for w in words], standalone_mode=False, catch_exceptions=False)


def write(path: Path, header: str, *rows: str) -> Path:
    path.write_text(header + "".join(row + "\n" for row in rows), encoding="utf-8")
    return path


def test_good_rows_go_in_confirmed_and_approved(city: City, run: Run, tmp_path: Path) -> None:
    lon, lat = CENTRE
    offers = write(tmp_path / "o.csv", OFFERS, f"O1,Odile Petit,odile@example.org,,1 rue A,{lon},{lat},shopping|pets")
    needs = write(tmp_path / "n.csv", NEEDS, f"N1,Paul Rey,,04 65 71 00 01,2 rue B,{lon},{lat},shopping,phone")
    assert run("import", "--offers", offers, "--needs", needs).return_value == 0
    (offer,), (need,) = city.all(Offer), city.all(Need)
    volunteer = city.one(Person, offer.person_id)
    assert (offer.state, need.state) == (OfferState.ACTIVE, NeedState.OPEN)
    assert volunteer.approved_at and volunteer.account and volunteer.password_hash is None
    city.clock.advance(days=400)
    assert city.match() == 1
    assert [t.reason for t in city.tasks("tell")] == ["proposal_to_resident"]


def test_an_imported_volunteer_gets_a_password_by_a_reset_link(city: City, run: Run, tmp_path: Path) -> None:
    run("import", "--offers", write(tmp_path / "o.csv", OFFERS, f"O1,Odile,odile@example.org,,x,{CENTRE[0]},{CENTRE[1]},shopping"))
    accounts.forgotten(city.ctx, "Odile@example.org", "127.0.0.1")
    assert city.kinds() == ["reset_password"]
    person = city.all(Person)[0]
    accounts.set_password(city.ctx, person.id, accounts.stamp_of(city.ctx, person), "une longue phrase", accounts.Actor())
    assert accounts.sign_in(city.ctx, "odile@example.org", "une longue phrase", "127.0.0.1")


def test_importing_twice_changes_nothing_twice(city: City, run: Run, tmp_path: Path) -> None:
    offers = write(tmp_path / "o.csv", OFFERS, f"O1,Odile Petit,odile@example.org,,1 rue A,{CENTRE[0]},{CENTRE[1]},shopping")
    first = run("import", "--offers", offers)
    before = (city.all(Offer)[0].changed_at, city.events())
    second = run("import", "--offers", offers)
    assert (first.return_value, second.return_value) == (0, 0)
    assert (city.all(Offer)[0].changed_at, city.events()) == before and len(city.all(Person)) == 1
    assert "1 known already" in second.output


def test_bad_rows_are_reported_and_written_to_be_mended_and_imported_again(city: City, run: Run, tmp_path: Path) -> None:
    good = f"O1,Odile,odile@example.org,,1 rue A,{CENTRE[0]},{CENTRE[1]},shopping"
    swapped = f"O2,Paul,paul@example.org,,x,{CENTRE[1]},{CENTRE[0]},shopping"
    offers = write(tmp_path / "o.csv", OFFERS, good, swapped, "O3,Zoé,,,y,,,rocketry")
    result = run("import", "--offers", offers)
    assert result.return_value == 1
    for where in (":3: lon: ", ":4: categories: rocketry", ":4: email: "):
        assert f"{offers}{where}" in result.stderr
    refused = tmp_path / "o-refused.csv"
    rows = list(csv.DictReader(io.StringIO(refused.read_text(encoding="utf-8-sig"))))
    assert [row["reference"] for row in rows] == ["O2", "O3"] and "outside the area" in rows[0]["reason"]
    mended = refused.read_text(encoding="utf-8").replace(f"{CENTRE[1]},{CENTRE[0]}", f"{CENTRE[0]},{CENTRE[1]}")
    refused.write_text(mended.replace("rocketry", "pets").replace("Zoé,,", "Zoé,zoe@example.org,"), encoding="utf-8")
    assert run("import", "--offers", refused).return_value == 0
    assert len(city.all(Offer)) == 3


def test_rows_with_only_an_address_go_in_with_a_task_to_place_them(city: City, run: Run, tmp_path: Path) -> None:
    run("import", "--needs", write(tmp_path / "n.csv", NEEDS, "N1,Paul,p@example.net,,2 rue B,,,shopping,"))
    (need,) = city.all(Need)
    assert need.exact_point is None and [t.kind for t in city.tasks()] == ["place"]
    city.volunteer()
    city.clock.advance(days=400)
    assert city.match() == 0


def test_without_territory_the_command_to_run_is_named(db_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"DATABASE_URL": db_url, "INSTANCE": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Exception, match="adeuxpas territory import"):
        CliRunner().invoke(group, ["import", "--offers", "x.csv"], standalone_mode=False, catch_exceptions=False)


@pytest.mark.parametrize("kind", ["offers", "needs"])
def test_each_bad_row_of_the_examples_is_taken_or_refused_as_they_say(city: City, run: Run, kind: str, tmp_path: Path) -> None:
    source = shared_data() / "lyon" / f"{kind}-bad.csv"
    assert run("import", f"--{kind}", source).return_value == 1
    with source.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    expected = sorted(r["reference"] for r in rows if r["expect"] == "accepted")
    assert [o.reference for o in city.all(Offer if kind == "offers" else Need)] == expected
    with (tmp_path / f"{kind}-bad-refused.csv").open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(rows) - len(expected)


def test_two_who_share_an_address_stay_two_people(city: City, run: Run, tmp_path: Path) -> None:
    at = f"x,{CENTRE[0]},{CENTRE[1]}"
    rows = (f"O1,Ann,a@example.org,06 39 98 00 01,{at},pets", f"O2,Bob,a@example.org,06 39 98 00 02,{at},shopping")
    run("import", "--offers", write(tmp_path / "o.csv", OFFERS, *rows))
    assert [(p.name, p.phone, p.account) for p in city.all(Person)] == [("Ann", "+33639980001", True), ("Bob", "+33639980002", False)]
    run("import", "--needs", write(tmp_path / "n.csv", NEEDS, f"N1,Bob,,06 39 98 00 02,{at},shopping,phone"))
    city.clock.advance(days=400)
    assert city.match() == 0
    assert [task.reason for task in city.tasks("nobody")] == ["same_person"]


def test_refused_rows_of_several_files_never_replace_each_other(city: City, run: Run, tmp_path: Path) -> None:
    for folder in ("jan", "feb"):
        (tmp_path / folder).mkdir()
        run("import", "--offers", write(tmp_path / folder / "data.csv", OFFERS, f"{folder},v,bad,,x,,,shopping"))
    found = [path.read_text(encoding="utf-8-sig") for path in sorted(tmp_path.glob("data-refused*.csv"))]
    assert ["feb" in text for text in found] == [True, False] and "jan" in found[1]


def test_a_reference_that_stands_for_somebody_else_is_refused_and_not_swallowed(city: City, run: Run, tmp_path: Path) -> None:
    at = f"x,{CENTRE[0]},{CENTRE[1]}"
    run("import", "--offers", write(tmp_path / "o.csv", OFFERS, f"O1,Ann,a@example.org,,{at},pets"))
    result = run("import", "--offers", write(tmp_path / "p.csv", OFFERS, f"O1,Bob,b@example.org,,{at},pets"))
    assert result.return_value == 1 and "reference: stands for somebody else" in result.stderr


def test_a_date_of_a_workbook_keeps_its_zone_when_its_row_is_refused(city: City, run: Run, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["reference", "name", "email", "lon", "lat", "category", "posted_at"])
    book.active.append(["N1", "Paul", "bad", *CENTRE, "shopping", datetime(2026, 11, 2, 9)])
    book.save(tmp_path / "n.xlsx")
    assert run("import", "--needs", tmp_path / "n.xlsx").return_value == 1
    refused = tmp_path / "n-refused.csv"
    refused.write_text(refused.read_text(encoding="utf-8").replace("bad", "p@example.net", 1), encoding="utf-8")
    assert run("import", "--needs", refused).return_value == 0
    assert city.all(Need)[0].posted_at == datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "second", [NEEDS.encode("utf-16-le"), b"", b"reference," + b"x," * 100_000 + b"\n", b'"' + NEEDS.encode()],
    ids=["utf-16", "empty", "columns", "quote"],
)
def test_a_file_that_cannot_be_read_changes_nothing_nor_does_the_one_beside_it(
    city: City, run: Run, tmp_path: Path, second: bytes
) -> None:  # fmt: skip
    offers = write(tmp_path / "o.csv", OFFERS, f"O1,Odile,odile@example.org,,1 rue A,{CENTRE[0]},{CENTRE[1]},shopping")
    (tmp_path / "n.csv").write_bytes(second)
    with pytest.raises(Exception, match=r"n\.csv"):
        run("import", "--offers", offers, "--needs", tmp_path / "n.csv")
    assert city.all(Offer) == city.all(Need) == city.all(Person) == []


def test_a_formula_goes_in_as_text_and_comes_out_guarded(city: City, run: Run, tmp_path: Path) -> None:
    at = f"x,{CENTRE[0]},{CENTRE[1]}"
    rows = (f"O1,=1+1,odile@example.org,,{at},shopping", f'O2,"=HYPERLINK(""http://x"")",bad,,{at},shopping')
    run("import", "--offers", write(tmp_path / "o.csv", OFFERS, *rows))
    assert [person.name for person in city.all(Person)] == ["=1+1"]
    assert "'=HYPERLINK" in (tmp_path / "o-refused.csv").read_text(encoding="utf-8-sig")
