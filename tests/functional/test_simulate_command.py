"""``adeuxpas simulate`` on a handful of people: table, figures and pictures."""

import csv
from pathlib import Path
from xml.etree import ElementTree

import pytest

from matching.simulation.choosers import CHOOSERS
from tests.functional.test_command_line import run
from tests.unit.matching.conftest import compiled  # noqa: F401  # the kernels are compiled once for all test processes

SMALL = ("simulate", "--weeks", "1", "--volunteers", "40", "--needs-per-day", "4", "--runs", "2")
pytestmark = pytest.mark.usefixtures("compiled")


def test_table_figures_and_pictures(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    output, pictures = tmp_path / "figures.csv", tmp_path / "new" / "pictures"
    code, out, err = run(capsys, *SMALL, "--output", str(output), "--plots", str(pictures))
    assert (code, err) == (0, "")
    assert [line.split("|")[1].strip() for line in out.splitlines()[2:]] == list(CHOOSERS)
    with output.open() as file:
        figures = list(csv.DictReader(file))
    assert [(row["policy"], row["seed"]) for row in figures] == [(name, seed) for name in CHOOSERS for seed in "12"]
    assert all(0 <= float(row["gini_requests"]) <= 1 for row in figures)
    for name in ("soon.svg", "spread.svg", "both.svg"):
        words = "".join(ElementTree.parse(pictures / name).getroot().itertext())
        assert all(chooser in words for chooser in CHOOSERS)
        assert "nan" not in (pictures / name).read_text()


def test_the_country_is_another_place(capsys: pytest.CaptureFixture[str]) -> None:
    small = (*SMALL, "--runs", "1")
    assert run(capsys, *small)[1] == run(capsys, *small)[1] != run(capsys, *small, "--city", "country")[1]


def test_a_mean_of_nothing_is_a_dash(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "simulate", "--weeks", "1", "--volunteers", "1", "--needs-per-day", "1", "--runs", "1")
    assert code == 0
    assert "–" in out and "nan" not in out


def test_days_cannot_have_a_number_of_needs_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "simulate", "--needs-per-day", "nan")
    assert (code, out) == (2, "")
    assert "'nan' is no number that can be counted with" in err


def test_a_place_that_cannot_be_written_is_said_at_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, out, err = run(capsys, "simulate", "--output", str(tmp_path))
    assert (code, out) == (2, "")
    assert "folder" in err
