"""A setting that nobody can find is no setting."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from config.settings import Settings

REPOSITORY = Path(__file__).parents[2]
SETTINGS = [(f.metadata["name"], f.metadata["default"]) for f in fields(Settings)]


@pytest.mark.parametrize(("name", "default"), SETTINGS)
def test_a_setting_stands_in_the_example_with_its_default(name: str, default: str) -> None:
    assert f"#{name}={default}" in (REPOSITORY / ".env.example").read_text().splitlines()


@pytest.mark.parametrize(("name", "default"), SETTINGS)
def test_a_setting_stands_in_the_operations_guide_with_its_default(name: str, default: str) -> None:
    shown = f"`{default}`" if default else "empty"
    assert f"\n| `{name}` | {shown} | " in (REPOSITORY / "docs" / "operations.md").read_text()


def test_nothing_else_is_called_a_setting() -> None:
    named = re.findall(r"^#(\w+)=", (REPOSITORY / ".env.example").read_text(), re.MULTILINE)
    assert set(named) == {name for name, _ in SETTINGS}
