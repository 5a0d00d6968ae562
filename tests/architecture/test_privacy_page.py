"""docs/privacy.md says what the code says, in both languages; what it names is there; nothing that is kept or sent has been forgotten."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from app.permissions import Permission
from app.privacy.__main__ import PAGES
from app.privacy.declared import DATA, OUTSIDE, PERMISSIONS, SEES, TOPICS
from app.privacy.made import PARTS, renewed
from app.services.erasure import FATES
from config import settings
from notifications.topics import Topic

HERE = Path(__file__).parents[2]
OWN = {"base_url"}
"""An address in the settings that is the service's own."""


@pytest.mark.parametrize("language", PAGES)
def test_the_made_parts_are_what_the_code_says(language: str) -> None:
    text = PAGES[language].read_text()
    assert renewed(text, language) == text, "run python -m app.privacy"
    assert re.findall(r"<!-- made: (\w+) -->", text) == re.findall(r"<!-- made: (\w+) -->", PAGES["en"].read_text())
    assert set(re.findall(r"<!-- made: (\w+) -->", text)) == set(PARTS)


@pytest.mark.parametrize("language", PAGES)
def test_what_it_names_is_there(language: str) -> None:
    named = set(re.findall(r"`((?:app|config|docs|matching|notifications|tests)/[\w./-]+)`", PAGES[language].read_text()))
    assert len(named) > 30
    assert sorted(path for path in named if not (HERE / path).exists()) == []


def test_both_languages_say_as_much() -> None:
    english, french = (re.findall(r"^(?:#+|\||-) ?", PAGES[language].read_text(), re.MULTILINE) for language in ("en", "fr"))
    assert english == french


def test_no_table_is_forgotten() -> None:
    of_nobody = {name for name, fate in FATES.items() if fate.because == "holds nothing of anybody"}
    assert {table for each in DATA for table in each.tables} == FATES.keys() - of_nobody


def test_no_other_machine_is_forgotten() -> None:
    reach = {settings._url, settings._issuer, settings._gateway, settings._tiles, settings._database}
    named = {f.name for f in fields(settings.Settings) if f.metadata["parse"] in reach or f.name.endswith("_server")} | {"geocoder"}
    assert named - OWN == {each.setting for each in OUTSIDE}


def test_no_permission_and_no_topic_is_forgotten() -> None:
    assert set(Permission) == set(PERMISSIONS)
    assert set(Topic) == set(TOPICS)


def test_what_is_said_to_hold_it_is_there() -> None:
    assert [path for each in SEES for path in each.held_by if not (HERE / path).exists()] == []
