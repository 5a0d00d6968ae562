"""Everything is killed at once while people post and answer: what a page has acknowledged is there, and what always holds does."""

from pathlib import Path

import pytest

from tests.killing import DATABASES, kill_everything
from tests.volume import volume

MOST = 5
"""Acknowledged answers between two kills, at the most."""


@pytest.mark.long
@pytest.mark.parametrize("database", DATABASES)
def test_nothing_that_was_acknowledged_is_lost_whenever_all_is_killed(database: str, tmp_path: Path) -> None:
    seen = kill_everything(database, tmp_path, volume(1, 20), MOST)
    assert seen.emails and seen.matches and seen.refused == 0
