"""``adeuxpas match`` with weights of its own, and the certificate that others may add up."""

import csv
from collections.abc import Callable
from datetime import UTC
from pathlib import Path

import pytest

from app import cli
from app.cli.pairing import need_of, offer_of, take
from app.sheets.certified import certified
from app.sheets.posts import OfferRow, load_needs, load_offers
from matching.eligibility import check
from matching.hours import ANY_TIME
from matching.model import Mode, Need, Offer, Pair, Urgency
from matching.policy import Terms
from matching.solution import Certificate, Solution

OFFERS = """\
reference,name,email,lon,lat,categories,radius_m,last_asked_at,asked_7,asked_30,answered,yes
O1,Ann,ann@example.org,4.8500,45.7610,shopping,1000,2026-11-01T08:00:00+01:00,2,5,6,0
O2,Bob,bob@example.org,4.8500,45.7640,shopping,1000,,,,,
"""
NEEDS = """\
reference,name,email,lon,lat,category,posted_at
N1,Eve,eve@example.net,4.8500,45.7600,shopping,2026-10-28T08:00:00+01:00
"""
SHORT = NEEDS + "N2,Fay,fay@example.net,4.8500,45.7605,shopping,2026-11-02T07:00:00+00:00\n"
NOW = ("--now", "2026-11-02T08:00:00+01:00")

Run = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "offers.csv").write_text(OFFERS)
    (tmp_path / "needs.csv").write_text(NEEDS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def match(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command, with a policy when its text is given; its exit code and the lines on standard error."""

    def run(policy: str | None, *more: str) -> tuple[int, list[str]]:
        given = ["match", "--offers", "offers.csv", "--needs", "needs.csv", "--output", "pairs.csv", *more]
        if policy is not None:
            (folder / "fair.toml").write_text(policy)
            given += ["--policy", "fair.toml"]
        with pytest.raises(SystemExit) as ended:
            cli.main(given)
        assert isinstance(ended.value.code, int)
        return ended.value.code, capsys.readouterr().err.splitlines()

    return run


def pairs(folder: Path) -> list[str]:
    return [",".join(row[:2]) for row in table(folder / "pairs.csv")[1:]]


def table(file: Path) -> list[list[str]]:
    with file.open(newline="") as rows:
        return list(csv.reader(rows))


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


@pytest.mark.parametrize(
    ("weights", "offer"),
    [
        ("", "O1"),
        ("rest_m = 700", "O2"),
        ("rest_m = 700\nrest_days = 1", "O1"),
        ("week_m = 300.5", "O2"),
        ("load_m = 300", "O2"),
        ("load_m = 20", "O1"),
        ("silence_m = 900", "O2"),
    ],
)
def test_each_weight_moves_the_choice(folder: Path, match: Run, weights: str, offer: str) -> None:
    assert match(weights, *NOW)[0] == 0
    assert pairs(folder) == [f"N1,{offer}"]


def test_who_waits_longer_comes_first(folder: Path, match: Run) -> None:
    (folder / "offers.csv").write_text("".join(OFFERS.splitlines(keepends=True)[:2]))
    (folder / "needs.csv").write_text(SHORT)
    match("", *NOW)
    assert pairs(folder) == ["N2,O1"]
    match("waiting_m = 50", *NOW)
    assert pairs(folder) == ["N1,O1"]


def test_the_pair_is_explained_and_its_metres_add_up(folder: Path, match: Run) -> None:
    code, said = match("rest_m = 70\nweek_m = 10\nload_m = 20\nsilence_m = 90\nwaiting_m = 50\n", *NOW, "--explain", "why.csv")
    assert code == 0
    [row] = rows(folder / "why.csv")
    counts = {name: row[f"{name}_counts_m"] for name in ("distance", "remote", "rest", "week", "load", "silence", "continuity", "waiting")}
    assert counts == {
        "distance": "111", "remote": "", "rest": "60", "week": "20", "load": "50", "silence": "70", "continuity": "", "waiting": "250"
    }  # fmt: skip
    assert row["total_m"] == "311"
    assert said[3:5] == ["total: 111 metres (0 remote pairs count 3000 each)", "with the policy: 311 metres"]


def test_without_the_columns_nothing_is_known(folder: Path, match: Run) -> None:
    (folder / "offers.csv").write_text("\n".join(",".join(line.split(",")[:7]) for line in OFFERS.splitlines()))
    (folder / "needs.csv").write_text("\n".join(",".join(line.split(",")[:6]) for line in NEEDS.splitlines()))
    code, said = match("rest_m = 7000\nweek_m = 7000\nload_m = 7000\nsilence_m = 300\nwaiting_m = 50")
    assert code == 0
    assert pairs(folder) == ["N1,O1"]
    assert "with the policy: 211 metres" in said


def test_without_a_policy_the_columns_are_others_and_the_answer_is_the_nearest(folder: Path, match: Run) -> None:
    code, said = match(None, "--explain", "why.csv")
    assert (code, pairs(folder)) == (0, ["N1,O1"])
    assert said[0] == "offers.csv: columns ignored: last_asked_at, asked_7, asked_30, answered, yes"
    assert not any("policy" in line for line in said)
    assert "rest_counts_m" not in table(folder / "why.csv")[0]


@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (
            "week = 3\nrest_m = 4",
            "has no weight called week: they are rest_m, rest_days, week_m, load_m, silence_m, waiting_m, continuity_m.",
        ),
        ("week_m = '3'\nrest_m = true", "week_m, rest_m must be a number of metres or days, such as 300."),
        ("week_m = -3", "week_m: must be from 0 to 1,000,000 metres (or days), not -3."),
        ("week_m = nan", "week_m: must be from 0 to 1,000,000 metres (or days), not nan."),
        ("week_m", "is no TOML file with lines such as week_m = 300"),
    ],
)
def test_a_policy_that_cannot_be_taken_says_what_may_be(folder: Path, match: Run, policy: str, says: str) -> None:
    code, said = match(policy)
    assert (code, len(said)) == (2, 1)
    assert said[0].startswith(f"fair.toml: {says}")
    assert not (folder / "pairs.csv").exists()


def test_a_policy_that_is_not_there_or_that_would_be_written_over(folder: Path, match: Run) -> None:
    assert match(None, "--policy", "none.toml") == (2, ["none.toml: No such file or directory"])
    (folder / "fair.csv").write_text("")
    code, said = match(None, "--policy", "fair.csv", "--certificate", "fair.csv")
    assert code == 2 and "name the same file" in said[0]
    assert match(None, *NOW)[0] == 2
    assert match("", "--now", "yesterday")[0] == 2


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ("yesterday,2,5,6,0", "last_asked_at"), ("2026-11-01,2,5,6,0", "last_asked_at"), (",9,5,6,0", "asked_30"), (",2,5,6,7", "yes"),
        (",-2,5,6,6", "asked_7"), (",2,5,many,6", "answered"),
    ],
)  # fmt: skip
def test_a_past_that_cannot_be_is_refused_by_its_column(folder: Path, match: Run, cells: str, column: str) -> None:
    (folder / "offers.csv").write_text(OFFERS + f"O3,Cyd,cyd@example.org,4.8500,45.7640,shopping,1000,{cells}\n")
    code, said = match("week_m = 1", *NOW)
    assert code == 1
    assert next(line for line in said if ":4: " in line).startswith(f"offers.csv:4: {column}: ")


def test_a_month_is_no_less_than_its_week(folder: Path) -> None:
    (folder / "offers.csv").write_text("reference,name,email,lon,lat,categories,asked_7\nO1,Ann,ann@example.org,4,45,pets,3\n")
    [row] = load_offers(folder / "offers.csv", zone=UTC, records=True).rows
    assert isinstance(row, OfferRow)
    assert (row.asked_7, row.asked_30) == (3, 3)


@pytest.mark.parametrize("policy", [None, "rest_m = 300\nsilence_m = 200\nwaiting_m = 40"])
def test_the_certificate_can_be_added_up_by_others(folder: Path, match: Run, policy: str | None) -> None:
    """Weak duality, from the files alone."""
    (folder / "needs.csv").write_text(SHORT + "N3,Gus,gus@example.net,4.8500,45.7650,shopping,\n")
    assert match(policy, *(NOW if policy else ()), "--certificate", "proof.csv")[0] == 0
    assert table(folder / "proof.csv")[0] == ["kind", "reference", "price_m", "terms_m"]
    proof = {(row["kind"], row["reference"]): (int(row["price_m"]), int(row["terms_m"] or 0)) for row in rows(folder / "proof.csv")}
    offers, _ = take(folder / "offers.csv", load_offers(folder / "offers.csv", zone=UTC), Offer, offer_of)
    needs, _ = take(folder / "needs.csv", load_needs(folder / "needs.csv", zone=UTC), Need, need_of)
    costs = {(n.id, o.id): p.cost_m + proof["offer", str(o.id)][1] for n in needs for o in offers if isinstance(p := check(n, o), Pair)}
    price = {key: metres for key, (metres, _) in proof.items()}
    excess = sum(max(0, price["need", str(n)] - price["offer", str(o)] - cost) for (n, o), cost in costs.items())
    bound = sum(price["need", str(n.id)] * n.places for n in needs) - sum(price["offer", str(o.id)] * o.capacity for o in offers) - excess
    served = [tuple(row.split(",")) for row in pairs(folder)]
    empty = [price["penalty", n.urgency] + proof["need", str(n.id)][1] for n in needs if n.id not in {need for need, _ in served}]
    cost = sum(costs[need, offer] for need, offer in served) + sum(empty)
    assert len(empty) == 1
    assert bound == cost == price["total", "bound"] == price["total", "cost"]
    assert price["total", "violations"] == 0


def test_the_bound_of_a_set_that_ran_out_of_time_is_lower_by_what_it_may_miss() -> None:
    proof = Certificate({"N": 5}, {"O": 0}, {urgency: 1000 for urgency in Urgency}, violations=0, gap_m=7)
    solution = Solution([Pair("N", "O", Mode.IN_PERSON, 12.0)], [], proof)
    wanted = [Need("N", 4.85, 45.76, "shopping", ANY_TIME, places=2)]
    made = list(certified(wanted, solution, Terms({"O": 30}, {"N": 200})))
    assert made[:2] == [("need", "N", 5, 200), ("offer", "O", 0, 30)]
    assert made[-3:] == [("total", "cost", 1242, None), ("total", "bound", 1235, None), ("total", "violations", 0, None)]
