"""What docs/security.md names is there, and each line of its tables says how things stand."""

import re
from pathlib import Path

HERE = Path(__file__).parents[2]
TEXT = (HERE / "docs/security.md").read_text()
ROWS = [line.strip("| ").split(" | ") for line in TEXT.splitlines() if re.match(r"\| \d", line)]


def test_each_file_that_it_names_is_there() -> None:
    named = {path for path in re.findall(r"`((?:app|config|docs|matching|notifications|scripts|tests)/[\w./-]+)`", TEXT)}
    assert len(named) > 40
    assert sorted(path for path in named if not (HERE / path).exists()) == []


def test_each_line_says_how_things_stand() -> None:
    assert len(ROWS) > 100
    assert [row for row in ROWS if len(row) < 3 or row[2].strip(" |") not in ("yes", "partly", "no", "city", "–")] == []
