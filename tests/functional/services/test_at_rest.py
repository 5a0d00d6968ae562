"""Nothing that names or places a person lies in the clear: every column of every table is walked, then the files themselves."""

import base64
import json
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, make_url, text

from app.db import Base
from app.models import Match
from notifications.tables import metadata as of_messages
from notifications.types import BlindIndex, Sealed
from tests.city import City
from tests.planted import ADDRESSES, EMAILS, HOME, NAMES, PHONES, STUDIO, WORDS, plant

TABLES = [*Base.metadata.sorted_tables, *of_messages.sorted_tables]
PUBLIC = {"street", "referent", "wording", "visit", "person_territory", "fact", "lease"}
"""What the planted city needs none of: public words and places, and rows that only point at others."""
TEXTS = [*NAMES.values(), *EMAILS.values(), *ADDRESSES.values(), *WORDS.values()]
TEXTS += [part for name in NAMES.values() for part in name.split()]
POINTS = [number for point in (HOME, STUDIO) for number in point]


def forms(secret: str) -> Iterator[bytes]:
    """The ways in which a text may lie somewhere and still be read."""
    for coded in (secret.encode(), secret.encode("utf-16-le"), secret.encode("utf-16-be"), json.dumps(secret)[1:-1].encode()):
        yield coded
        yield coded.hex().encode()
        for lead in range(3):  # the bytes that come before shift base64: what does not depend on them is looked for
            yield base64.b64encode(b"\0" * lead + coded)[4 if lead else 0 : -4]


SOUGHT = {form.lower(): secret for secret in TEXTS for form in forms(secret) if len(form) >= 6}
SOUGHT |= {form.lower(): str(n) for n in POINTS for form in (f"{n}".encode(), struct.pack(">d", n), struct.pack("<d", n))}
DIGITS = {phone[-9:]: phone for phone in PHONES.values()}


def found_in(raw: bytes) -> set[str]:
    lowered = raw.lower()
    return {secret for form, secret in SOUGHT.items() if form in lowered}


def found_in_value(value: Any, distances: set[int]) -> set[str]:
    raw = value if isinstance(value, bytes) else str(value).encode()
    dense = re.sub(rb"[\s./()-]", b"", raw)
    found = found_in(raw) | {phone for digits, phone in DIGITS.items() if digits.encode() in dense}
    return found | {f"{metres} m" for metres in distances if re.search(rf"(?<![\w+/=.]){metres}(?![\w+/=])", raw.decode("latin-1"))}


@pytest.fixture
def planted(city: City, quick: None, tmp_path: Path) -> City:
    plant(city, tmp_path)
    return city


def test_no_column_shows_a_person(planted: City) -> None:
    distances = {match.distance_m for match in planted.all(Match)} - {0}
    shown, filled = set(), set()
    with planted.ctx.db.read() as session:
        assert {table.name for table in TABLES} == set(inspect(session.connection()).get_table_names()) - {"alembic_version"}
        for table in TABLES:
            for row in session.execute(text(f'SELECT * FROM "{table.name}"')).mappings():
                for name, value in row.items():
                    if value not in (None, "", 0):
                        filled.add((table.name, name))
                        shown |= {(table.name, name, secret) for secret in found_in_value(value, distances)}
    assert shown == set()
    # It only counts if there was something to show.
    assert {table.name for table in TABLES} - {table for table, _ in filled} <= PUBLIC
    sealed = {(t.name, c.name) for t in TABLES for c in t.columns if isinstance(c.type, Sealed | BlindIndex)}
    assert sealed - filled == set()


def test_a_stolen_file_shows_nobody(planted: City) -> None:
    url = make_url(planted.ctx.settings.resolved_database_url)
    if url.get_backend_name() != "sqlite":
        pytest.skip("PostgreSQL's files are the server's")
    file = Path(str(url.database))
    files = [file, file.with_name(f"{file.name}-wal")]
    assert all(each.stat().st_size for each in files)
    assert {each.name: found_in(each.read_bytes()) for each in files} == {each.name: set() for each in files}
