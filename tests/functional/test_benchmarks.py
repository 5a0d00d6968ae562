"""The benchmarks beside others still run, and both sides agree: all their rows at a handful of neighbours and messages."""

import contextlib

import numpy as np
import pytest

from benchmarks import cold, relay
from benchmarks.engine.__main__ import ROWS
from benchmarks.engine.checks import not_worse, same_nearest
from benchmarks.engine.ours import Score
from benchmarks.engine.timing import NotExact, Row, Sizes
from tests.unit.matching.conftest import compiled  # noqa: F401  # the kernels are compiled once for all test processes

TINY = Sizes(city=300, town=100, growing=(100, 200), country=200)


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize("name", ROWS)
def test_a_row_has_figures_or_says_what_is_missing(name: str) -> None:
    rows = list(ROWS[name](TINY))
    assert rows
    for row in rows:
        assert row.ours or row.theirs.startswith("missing: "), row
        assert str(row).count("|") == 8


def test_the_relay_and_a_bare_loop_send_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    relay.main(messages=30, turns=1)
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split(" | ")[:2] for row in rows][:2] == [["| SQLite", "beforehand"], ["| SQLite", "while sending"]]


def test_a_cold_index_has_what_was_written(capsys: pytest.CaptureFixture[str]) -> None:
    cold.main(offers=40)
    assert [row.split(" | ")[:2] for row in capsys.readouterr().out.splitlines()[2:]] == [["| SQLite", "40"], ["| PostgreSQL", "40"]]


def test_sending_something_else_than_the_bare_loop_is_no_comparison(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "patched", lambda _: contextlib.nullcontext())  # the relay's own bytes have boundaries of their own
    with pytest.raises(NotExact, match="same bytes"):
        relay.main(messages=30, turns=1)


def test_a_row_says_when_it_misses_its_aim() -> None:
    assert "| 3 (missed) | 10 |" in str(Row("what", "against", "1 s", "3 s", 3.0, 10))
    assert "| 12 | 10 |" in str(Row("what", "against", "1 s", "12 s", 12.0, 10))


def test_candidates_at_another_distance_are_not_the_same() -> None:
    ours = np.array([[100.0, 200.0], [300.0, np.inf]])
    same_nearest(ours, ours + 0.4, error=0)
    for theirs in (ours + 1, np.array([[100.0, np.inf], [300.0, np.inf]])):
        with pytest.raises(NotExact):
            same_nearest(ours, theirs, error=0)


def test_serving_fewer_of_the_most_urgent_is_worse_whatever_it_saves() -> None:
    not_worse(Score((2, 1), 500), Score((1, 2), 100))
    for theirs in (Score((3, 0), 900), Score((2, 1), 499)):
        with pytest.raises(NotExact):
            not_worse(Score((2, 1), 500), theirs)
