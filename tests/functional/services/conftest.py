"""A city on each kind of database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.city import City


@pytest.fixture
def city(db_url: str, tmp_path: Path) -> Iterator[City]:
    made = City(db_url, tmp_path)
    yield made
    made.ctx.db.close()
