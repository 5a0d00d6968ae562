"""What the worker does when its work goes wrong."""

import threading

import pytest

from app import worker
from tests.city import City


def test_a_failure_that_nobody_foresaw_interrupts_the_work_and_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "EVERY_S", 0.001)
    stop, turns = threading.Event(), []

    def step() -> None:
        turns.append(len(turns))
        if len(turns) < 3:
            raise TypeError("on purpose")
        stop.set()

    worker._repeat(step, stop)
    assert turns == [0, 1, 2]

def test_the_database_goes_by_what_is_in_it(city: City) -> None:
    """SQLite reads all open tasks for those of one request, unless it knows how many each has."""
    if city.ctx.db.engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL counts by itself")
    city.need()
    city.ctx.db.refresh_statistics()
    assert "need" in {table for (table,) in city.raw("SELECT DISTINCT tbl FROM sqlite_stat1")}
