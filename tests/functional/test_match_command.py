"""``adeuxpas match`` from two files to two files."""

import csv
import os
import pty
import random
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC
from pathlib import Path

import pytest
from openpyxl import Workbook

import matching.assignment
from app import cli
from app.cli import pairing
from app.sheets.read import read_table
from matching.assignment import solve
from matching.model import Need, Offer
from matching.solution import Solution
from tests.shared_data import shared_data

REPOSITORY = Path(__file__).parents[2]

OFFERS = """\
reference,name,email,phone,lon,lat,categories,availability,languages,mode,radius_m,capacity
O1,Ann,ann@example.org,,4.8500,45.7600,shopping|pets,Mo 09:00-12:00,fr,in_person,1000,1
O2,Bob,bob@example.org,,4.8510,45.7600,shopping,,fr|en,in_person,1000,2
O3,Cyd,,06 39 98 00 03,2.3500,48.8600,paperwork,,fr,both,1000,1
=O4,Dee,dee@example.org,,4.8500,45.7610,conversation,,ar,in_person,1000,1
"""
NEEDS = """\
reference,name,email,phone,contact,lon,lat,category,availability,languages,mode,urgency,helpers_needed
N2,Eve,eve@example.net,,,4.8500,45.7600,shopping,Mo 10:00-11:00,fr,in_person,normal,2
N1,Fay,fay@example.net,,,4.8509,45.7600,shopping,,en,in_person,urgent,1
N3,Gus,gus@example.net,,,4.8500,45.7600,paperwork,,fr,both,flexible,1
N4,Hal,,,letter,4.8500,45.7600,conversation,,ar|fr,in_person,flexible,1
"""
PAIRS = """\
need,offer,category,mode,distance_m
N1,O2,shopping,in_person,8
N2,O1,shopping,in_person,0
N2,O2,shopping,in_person,78
N3,O3,paperwork,remote,
N4,'=O4,conversation,in_person,111
"""
NOBODY = """\
N10,Ida,ida@example.net,,,4.8500,45.7600,homework,,fr,in_person,urgent,2
N11,Jan,jan@example.net,,,4.8500,45.7600,shopping,,fr,remote,urgent,1
N12,Kim,kim@example.net,,,4.9500,45.7600,shopping,,fr,in_person,urgent,1
N13,Lea,lea@example.net,,,4.8500,45.7600,pets,Tu 09:00-12:00,fr,in_person,urgent,1
N14,Max,max@example.net,,,4.8500,45.7600,conversation,,fr,in_person,urgent,1
N15,Cyd,cyd@example.net,+33639980003,,2.3500,48.8600,paperwork,,fr,in_person,urgent,1
N16,Oda,oda@example.net,,,4.8500,45.7600,paperwork,,fr,remote,urgent,1
N17,Pia,pia@example.net,,,4.8500,45.7600,paperwork,,fr,remote,normal,1
"""
UNMATCHED = """\
need,places_left,reason
N10,2,category
N11,1,mode
N12,1,distance
N13,1,hours
N14,1,language
N15,1,same_person
N17,1,taken
"""

EXPLAINED_COLUMNS = (
    "need,offer,category,mode,distance_m,radius_m,distance_counts_m,remote_counts_m,total_m,places_left,reason,offers,"
    "refused_category,refused_mode,refused_distance,refused_hours,refused_language,refused_same_person,"
    "refused_blocked,refused_level,refused_paused,has_it_already,taken,"
    "nearest_offer,nearest_fails,nearest_distance_m,nearest_radius_m,sentence"
)

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the command runs in, with the two files."""
    (tmp_path / "offers.csv").write_text(OFFERS)
    (tmp_path / "needs.csv").write_text(NEEDS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def match(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command; its exit code and the lines on standard error."""

    def run(offers: str = "offers.csv", needs: str = "needs.csv", output: str = "pairs.csv", *more: str) -> tuple[int, list[str]]:
        with pytest.raises(SystemExit) as ended:
            cli.main(["match", "--offers", offers, "--needs", needs, "--output", output, *more])
        out, err = capsys.readouterr()
        assert out == ""
        assert isinstance(ended.value.code, int)
        return ended.value.code, err.splitlines()

    return run


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_pairs_are_written_by_need_then_offer_and_a_remote_one_has_no_distance(folder: Path, match: Run) -> None:
    code, said = match()
    assert (folder / "pairs.csv").read_bytes().decode() == PAIRS
    assert code == 0
    assert said[:5] == [
        "urgent: 1 places served, 0 unserved",
        "normal: 2 places served, 0 unserved",
        "flexible: 2 places served, 0 unserved",
        "total: 3197 metres (1 remote pairs count 3000 each)",
        "proof: no set of pairs is better (the prices were added up twice, by the solver and by other code)",
    ]
    assert said[5].endswith(" seconds")


def test_needs_that_nobody_can_serve_are_written_with_the_reason_and_are_no_error(folder: Path, match: Run) -> None:
    (folder / "needs.csv").write_text(NEEDS.splitlines(keepends=True)[0] + NOBODY)
    code, said = match("offers.csv", "needs.csv", "pairs.csv", "--unmatched", "left.csv")
    assert (folder / "left.csv").read_bytes().decode() == UNMATCHED
    assert code == 0
    assert said[:2] == ["urgent: 1 places served, 7 unserved", "normal: 0 places served, 1 unserved"]


def test_when_all_are_served_the_unmatched_file_has_its_header_alone(folder: Path, match: Run) -> None:
    match("offers.csv", "needs.csv", "pairs.csv", "--unmatched", "left.csv")
    assert (folder / "left.csv").read_text() == "need,places_left,reason\n"


def explained(folder: Path, match: Run, needs: str) -> list[dict[str, str]]:
    """The rows of the table that explains the pairs for these needs, each without its empty cells."""
    (folder / "needs.csv").write_text(needs)
    assert match("offers.csv", "needs.csv", "pairs.csv", "--explain", "why.csv")[0] == 0
    with (folder / "why.csv").open(newline="") as file:
        rows = csv.DictReader(file)
        assert ",".join(rows.fieldnames or ()) == EXPLAINED_COLUMNS
        return [{name: cell.replace("\u00a0", " ") for name, cell in row.items() if cell} for row in rows]


def test_each_pair_is_explained_by_what_it_counts(folder: Path, match: Run) -> None:
    rows = explained(folder, match, NEEDS)
    told = [f"{row['need']} {row['offer']} {row['total_m']}" for row in rows]
    assert told == ["N1 O2 8", "N2 O1 0", "N2 O2 78", "N3 O3 3000", "N4 '=O4 111"]
    assert rows[0] == {
        "need": "N1", "offer": "O2", "category": "shopping", "mode": "in_person", "distance_m": "7.780", "radius_m": "1000",
        "distance_counts_m": "8", "total_m": "8", "sentence": "About 100 m away, within this volunteer’s radius of 1 km.",
    }  # fmt: skip
    assert (rows[3]["remote_counts_m"], rows[3]["sentence"]) == ("3000", "From afar, which counts as 3 km.")


def test_each_need_with_places_left_is_explained_by_who_was_refused(folder: Path, match: Run) -> None:
    wanted = "N2,Eve,eve@example.net,,,4.8500,45.7600,shopping,Mo 10:00-11:00,fr,in_person,normal,4\n"
    found = {row["need"]: row for row in explained(folder, match, NEEDS.splitlines(keepends=True)[0] + wanted + NOBODY) if "reason" in row}
    assert [f"{need},{row['places_left']},{row['reason']}" for need, row in found.items()] == [*UNMATCHED.splitlines()[1:], "N2,2,taken"]
    for row in found.values():
        assert sum(int(row[name]) for name in row if name.startswith("refused_") or name in ("has_it_already", "taken")) == 4
    assert found["N12"]["nearest_fails"] == "distance"
    assert found["N12"]["nearest_offer"] == "O2"
    assert float(found["N12"]["nearest_distance_m"]) == pytest.approx(7702, abs=5)
    assert found["N12"]["nearest_radius_m"] == "1000"
    assert [found["N12"][name] for name in ("offers", "refused_category", "refused_distance")] == ["4", "2", "2"]
    assert found["N12"]["sentence"] == (
        "2 volunteers offer this. Closest to it: somebody who takes requests up to 1 km away (this one is about 7.8 km away)."
    )
    assert found["N10"]["sentence"] == "Nobody offers this kind of help."
    assert found["N2"]["sentence"] == "2 volunteers offer this. 2 of them have this request already."
    assert found["N14"]["nearest_offer"] == "'=O4"
    assert found["N17"]["taken"] == "1"


def test_the_explanation_may_be_a_workbook(folder: Path, match: Run) -> None:
    columns = EXPLAINED_COLUMNS.split(",")
    for name in ("why.csv", "why.xlsx"):
        assert match("offers.csv", "needs.csv", "pairs.csv", "--explain", name)[0] == 0
    in_csv, in_xlsx = (list(read_table(folder / name, columns, columns, UTC).rows) for name in ("why.csv", "why.xlsx"))
    assert [row.cells["offer"] for row in in_xlsx] == [row.cells["offer"] for row in in_csv] == ["O2", "O1", "O2", "O3", "=O4"]
    assert [float(row.cells["distance_m"]) for row in in_xlsx] == [float(row.cells["distance_m"]) for row in in_csv]


def shuffled(text: str, seed: int) -> str:
    """The same table with its rows and columns in another order."""
    rng = random.Random(seed)
    header, *rows = [line.split(",") for line in text.splitlines()]
    order = rng.sample(range(len(header)), len(header))
    return "".join(",".join(row[i] for i in order) + "\n" for row in [header, *rng.sample(rows, len(rows))])


def test_the_order_of_rows_and_columns_changes_no_byte(folder: Path, match: Run) -> None:
    for seed in range(3):
        (folder / "offers.csv").write_text(shuffled(OFFERS, seed))
        (folder / "needs.csv").write_text(shuffled(NEEDS, seed + 10))
        assert match()[0] == 0
        assert (folder / "pairs.csv").read_bytes().decode() == PAIRS


def test_bad_rows_and_rows_without_a_point_are_reported_and_left_out(folder: Path, match: Run) -> None:
    (folder / "needs.csv").write_text(
        NEEDS
        + "N5,Ida,ida@example.net,,,4.85,145.76,shopping,,fr,teleport,urgent,1\n"
        + 'N6,"I\nda",ida@example.net,,,4.85,45.76,shopping,,fr,,urgent,1\n'
        + "N7,Ida,ida@example.net,,,4.85,45.76,shopping,,fr,,urgent\n"
    )
    (folder / "offers.csv").write_text(
        "address," + OFFERS.replace("\n", "\n,", 4) + "2 rue Haute,O5,Ann,a@example.org,,,,shopping,,fr,in_person,1000,1\n"
    )
    code, said = match()
    assert code == 1
    assert said[:5] == [
        "offers.csv:6: lon: is missing: an address alone cannot be matched, put it on the map first",
        "needs.csv:6: lat: is 145.76 but must be between -90 and 90",
        "needs.csv:6: mode: is teleport but must be in_person, remote or both",
        "needs.csv:7: name: has a line break, a control character or one that cannot be read",
        "needs.csv:9: row: has 12 cells but the header has 13: a separator is missing, too many or not quoted",
    ]
    assert (folder / "pairs.csv").read_text() == PAIRS


def test_unknown_columns_are_a_warning_and_no_error(folder: Path, match: Run) -> None:
    (folder / "offers.csv").write_text(OFFERS.replace("\n", ",x\n").replace("capacity,x", "capacity,colour"))
    code, said = match()
    assert code == 0
    assert said[0] == "offers.csv: columns ignored: colour"
    assert (folder / "pairs.csv").read_text() == PAIRS


def test_files_without_rows_give_a_file_without_pairs(folder: Path, match: Run) -> None:
    (folder / "offers.csv").write_text(OFFERS.splitlines(keepends=True)[0])
    assert match()[0] == 0
    assert (folder / "pairs.csv").read_text() == PAIRS.splitlines(keepends=True)[0]


def test_any_country_and_any_category_will_do(folder: Path, match: Run) -> None:
    (folder / "offers.csv").write_text("reference,name,phone,lon,lat,categories\no,Aroha,+64 3 123 4567,179.9999,-40,whale-watching\n")
    (folder / "needs.csv").write_text("reference,name,phone,lon,lat,category\nn,Mere,+64 3 123 4568,-179.9999,-40,whale-watching\n")
    assert match()[0] == 0
    assert (folder / "pairs.csv").read_text().splitlines()[1] == "n,o,whale-watching,in_person,17"


@pytest.mark.parametrize("content", [None, b"", bytes(range(256)), b"name,lon\nAnn,4.85\n"])
def test_when_nothing_is_readable_one_sentence_says_so_and_nothing_is_written(folder: Path, match: Run, content: bytes | None) -> None:
    (folder / "pairs.csv").write_text("of yesterday")
    if content is None:
        (folder / "needs.csv").unlink()
    else:
        (folder / "needs.csv").write_bytes(content)
    before = files(folder)
    code, said = match("offers.csv", "needs.csv", "pairs.csv", "--unmatched", "left.csv")
    assert (code, len(said)) == (2, 1)
    assert said[0].startswith("needs.csv ")
    assert (folder / "pairs.csv").read_text() == "of yesterday"
    assert files(folder) == before


@pytest.mark.parametrize("output", ["missing/pairs.csv", "offers.csv/pairs.csv", "."])
def test_an_unwritable_place_is_one_sentence_and_leaves_nothing(folder: Path, match: Run, output: str) -> None:
    usual = ("offers.csv", "needs.csv", "pairs.csv")
    for written in (("offers.csv", "needs.csv", output), (*usual, "--unmatched", output), (*usual, "--explain", output)):
        before = files(folder)
        code, said = match(*written)
        assert (code, len(said)) == (2, 1)
        assert f"{output} cannot be written: " in said[0]
        assert files(folder) == before


def test_no_file_that_is_read_or_written_is_written_over(folder: Path, match: Run) -> None:
    os.link(folder / "needs.csv", folder / "same-needs.csv")
    twice = (["new.csv", "--unmatched", "new.csv"], ["new.csv", "--explain", "new.csv"], ["new.csv", "--explain", "offers.csv"])
    for output, *more in (["offers.csv"], ["./needs.csv"], ["same-needs.csv"], *twice):
        code, said = match("offers.csv", "needs.csv", output, *more)
        assert (code, len(said)) == (2, 1)
        assert "name the same file" in said[0]
    assert (folder / "needs.csv").read_text() == NEEDS
    assert "new.csv" not in files(folder)


def test_an_interrupt_leaves_nothing_behind(folder: Path, match: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(matching.assignment, "solve", interrupted)
    before = files(folder)
    assert match()[0] == 130
    assert files(folder) == before


def test_pairs_that_do_not_stand_the_check_are_not_written(folder: Path, match: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(offers: list[Offer], needs: list[Need], *_: object) -> Solution:
        right = solve(offers, needs)
        return replace(right, pairs=[right.pairs[0]._replace(distance_m=7.8), *right.pairs[1:]])

    monkeypatch.setattr(matching.assignment, "solve", careless)
    code, said = match()
    assert (code, len(said)) == (3, 2)
    assert said[1] == "need N1 with offer O2: distance 7.800 m, should be 7.780 m"
    assert "pairs.csv" not in files(folder)


def test_prices_that_do_not_stand_the_check_are_no_proof(folder: Path, match: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def boastful(offers: list[Offer], needs: list[Need], *_: object) -> Solution:
        right = solve(offers, needs)
        cheaper = {need: price - 1 for need, price in right.certificate.need_prices.items()}
        return replace(right, certificate=replace(right.certificate, need_prices=cheaper))

    monkeypatch.setattr(matching.assignment, "solve", boastful)
    code, said = match()
    assert (code, len(said)) == (3, 2)
    assert said[1].startswith("certificate: the set costs ")
    assert "pairs.csv" not in files(folder)
    monkeypatch.setattr(pairing, "MOST_ADDED_UP", 15)
    code, said = match()
    assert (code, said[4]) == (0, "proof: no set of pairs is better (the prices were added up by the solver alone)")


def test_on_a_terminal_a_bar_shows_how_far_the_search_is(folder: Path) -> None:
    ours, theirs = pty.openpty()
    words = ["match", "--offers", "offers.csv", "--needs", "needs.csv", "--output", "pairs.csv"]
    python = {**os.environ, "PYTHONPATH": str(REPOSITORY), "TERM": "xterm"}
    process = subprocess.Popen([sys.executable, "-m", "app.cli", *words], cwd=folder, stderr=theirs, env=python)
    os.close(theirs)
    said = ""
    with suppress(OSError):  # the other end is closed
        while part := os.read(ours, 4096):
            said += part.decode()
    os.close(ours)
    assert process.wait() == 0
    assert "Pairing 4 offers with 4 needs" in said and "Searching" in said and "100%" in said
    assert "proof: no set of pairs is better" in said


def test_a_search_without_time_keeps_a_good_set_and_says_what_it_may_lack(folder: Path, match: Run) -> None:
    code, said = match("offers.csv", "needs.csv", "pairs.csv", "--time-budget", "0")
    assert code == 0
    assert [line for line in said if line.startswith("proof: ")] == [
        "proof: time ran out; as many are served as can be, and at most 78 metres could be saved"
    ]
    assert (folder / "pairs.csv").read_text().count("\n") > 1


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1"])
def test_a_budget_is_a_number_of_seconds(folder: Path, match: Run, seconds: str) -> None:
    code, said = match("offers.csv", "needs.csv", "pairs.csv", "--time-budget", seconds)
    assert code == 2
    assert seconds in said[-1] and "--time-budget" in said[-1]
    assert "pairs.csv" not in files(folder)


@pytest.mark.parametrize("option", ["--output", "--unmatched", "--explain", "--certificate"])
@pytest.mark.parametrize("name", ["-", "x.txt", "x"])
def test_a_table_has_an_ending_that_says_what_it_becomes(folder: Path, match: Run, option: str, name: str) -> None:
    code, said = match("offers.csv", "needs.csv", "pairs.csv", option, name)
    assert code == 2
    assert f"{name!r} must be the name of a file that ends in .csv or .xlsx." in said[-1]
    assert files(folder) == {"offers.csv", "needs.csv"}


def test_a_device_needs_no_ending(match: Run) -> None:
    assert match("offers.csv", "needs.csv", os.devnull)[0] == 0


def test_workbooks_go_in_and_out_with_the_same_result(folder: Path, match: Run) -> None:
    for name, text in (("offers", OFFERS), ("needs", NEEDS)):
        book = Workbook()
        for line in text.splitlines():
            book.worksheets[0].append(["'" + cell if cell.startswith("=") else cell or None for cell in line.split(",")])
        book.save(folder / f"{name}.xlsx")
    for output in ("pairs.csv", "pairs.xlsx", "again.xlsx"):
        assert match("offers.xlsx", "needs.xlsx", output)[0] == 0
    assert (folder / "pairs.csv").read_text() == PAIRS
    assert (folder / "pairs.xlsx").read_bytes() == (folder / "again.xlsx").read_bytes()
    columns = ("need", "offer", "category", "mode", "distance_m")
    in_csv, in_xlsx = (list(read_table(folder / f"pairs.{kind}", columns, columns, UTC).rows) for kind in ("csv", "xlsx"))
    assert [row.cells for row in in_xlsx] == [row.cells for row in in_csv]


def test_it_needs_no_settings_no_database_and_no_web_framework(folder: Path) -> None:
    script = (
        "import sys\nfrom app.cli import main\ntry:\n    main(sys.argv[1:])\nfinally:\n"
        "    print(*sorted({'flask', 'sqlalchemy', 'openpyxl', 'shapely'} & set(sys.modules)), file=sys.stderr)\n"
    )
    (folder / ".env").write_text("PORT=nonsense\nDEMO=0\nDATABASE_URL=nonsense\n")
    arguments = ["match", "--offers", "offers.csv", "--needs", "needs.csv", "--output", "pairs.csv", "--explain", "why.csv"]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY), "PORT": "nonsense", "PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", script, *arguments], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.splitlines()[6:]) == (0, "", [""])
    assert (folder / "pairs.csv").read_text() == PAIRS


def test_the_city_of_lyon_is_matched_whole(folder: Path, match: Run) -> None:
    lyon = shared_data() / "lyon"
    code, said = match(str(lyon / "offers.csv"), str(lyon / "needs.csv"), "pairs.csv", "--unmatched", "left.csv")
    assert code == 0
    assert said[:3] == [
        "urgent: 56 places served, 0 unserved",
        "normal: 287 places served, 0 unserved",
        "flexible: 84 places served, 0 unserved",
    ]
    assert len((folder / "pairs.csv").read_text().splitlines()) == 1 + 56 + 287 + 84


def test_the_bad_rows_of_lyon_are_left_out(folder: Path, match: Run) -> None:
    lyon = shared_data() / "lyon"
    code, said = match(str(lyon / "offers-bad.csv"), str(lyon / "needs-bad.csv"))
    assert code == 1
    assert len([line for line in said if line.startswith(f"{lyon}/offers-bad.csv:")]) == 19 + 1
    assert len([line for line in said if line.startswith(f"{lyon}/needs-bad.csv:")]) == 20 + 1
