"""The solver's kernels are compiled once for all test processes, not once in each."""

import fcntl
from pathlib import Path

import pytest

from matching import table
from matching.assignment import solve


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory, worker_id: str = "master") -> None:
    own = tmp_path_factory.getbasetemp()
    shared: Path = own if worker_id == "master" else own.parent
    with (shared / "kernels.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # who comes second finds the machine code on disk
        solve([], [])
        table.warm_up()
