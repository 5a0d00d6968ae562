"""Everything is killed at once while people post and answer: what a page has acknowledged is there, and what always holds does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.city import City
from tests.killing import check, environment, kill_again_and_again
from tests.volume import volume

MOST = 5
"""Acknowledged answers between two kills, at the most."""


@pytest.fixture
def real_time(db_url: str, tmp_path: Path) -> Iterator[City]:
    city = City(db_url, tmp_path)
    city.clock.moment = datetime.now(UTC) - timedelta(hours=1)
    yield city
    city.ctx.db.close()


@pytest.mark.long
def test_nothing_that_was_acknowledged_is_lost_whenever_all_is_killed(
    real_time: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(real_time, tmp_path).items():
        monkeypatch.setenv(name, value)
    seen = kill_again_and_again(real_time, tmp_path, volume(1, 20), MOST)
    subprocess.run([sys.executable, "-m", "app.cli", "worker", "--until-quiet"], env=os.environ, check=True)
    assert seen.emails and seen.matches and seen.refused == 0
    check(real_time, seen)
