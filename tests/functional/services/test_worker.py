"""What the worker does when its work goes wrong."""

import threading

import pytest

from app import worker


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
