"""The example files: good rows are read, and each bad one meets its fate."""

from datetime import UTC

import pytest

from app.sheets.posts import Refused, load_needs, load_offers
from app.sheets.read import read_table
from config.categories import CATEGORIES
from tests.shared_data import shared_data

OF_THE_MAP = "latitude and longitude swapped: far outside the service area"
"""A place on earth all the same: only somebody with a map of the city can refuse it."""


@pytest.mark.parametrize(("name", "load", "count"), [("offers", load_offers, 2450), ("needs", load_needs, 400)])
def test_all_good_rows_are_read(name: str, load: type[load_offers], count: int) -> None:
    posts = load(shared_data() / "lyon" / f"{name}.csv", zone=UTC, categories=CATEGORIES)
    rows = list(posts.rows)
    assert len(rows) == count
    assert [row for row in rows if isinstance(row, Refused)] == []
    assert posts.warnings == ()


@pytest.mark.parametrize(("name", "load"), [("offers", load_offers), ("needs", load_needs)])
def test_each_bad_row_is_accepted_or_refused_as_its_file_says(name: str, load: type[load_offers]) -> None:
    path = shared_data() / "lyon" / f"{name}-bad.csv"
    posts = load(path, zone=UTC, categories=CATEGORIES)
    assert posts.warnings == ("columns ignored: defect, expect",)
    refused = {row.line: row for row in posts.rows if isinstance(row, Refused)}
    expected = {row.line for row in read_table(path, ("expect", "defect"), (), UTC).rows if row.cells["expect"] == "refused"}
    swapped = {row.line for row in read_table(path, ("expect", "defect"), (), UTC).rows if row.cells["defect"] == OF_THE_MAP}
    assert len(swapped) == 1
    assert set(refused) == expected - swapped
    assert all(len(row.problems) == 1 for row in refused.values())
