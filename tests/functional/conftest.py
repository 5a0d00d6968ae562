"""A city, and the web pages in front of it, on each kind of database."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from app import create_app, logging
from app.extensions import NAME
from app.services import accounts
from app.services.telling import SEALED_AS
from notifications.tables import outbox
from tests.city import City
from tests.pages import Visitor
from tests.routes import web_without_city


@pytest.fixture
def city(db_url: str, tmp_path: Path) -> Iterator[City]:
    made = City(db_url, tmp_path)
    yield made
    made.ctx.db.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are slow to check on purpose; not in tests, which check many."""
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_hasher", hasher)
    monkeypatch.setattr(accounts, "_NOBODYS_HASH", hasher.hash("nobody's password"))


@pytest.fixture
def app(city: City, quick: None) -> Flask:
    """The application, put together once a process: all that it knows of a city is the context."""
    web = _web()
    logging.configure(city.ctx.settings.log_level)  # which is the process's: another application may have changed it
    web.extensions[NAME] = city.ctx
    for counts in ("searches", "map"):
        web.extensions.pop(counts, None)
    return web


@pytest.fixture
def own_app(city: City, quick: None) -> Flask:
    """The application of this test alone, which adds pages to it."""
    web = create_app(context=city.ctx)
    web.testing = True
    return web


@cache
def _web() -> Flask:
    web = web_without_city()
    web.testing = True
    return web


@pytest.fixture
def client(app: Flask) -> Visitor:
    """Somebody with a browser, who reads English."""
    return Visitor(app)


@pytest.fixture
def told(city: City) -> Callable[[str], list[dict[str, Any]]]:
    """The messages of a kind that were enqueued, oldest first, as the fields that they were given."""

    def read(kind: str) -> list[dict[str, Any]]:
        with city.ctx.db.read() as session:
            rows = session.execute(select(outbox.c.payload).where(outbox.c.kind == kind).order_by(outbox.c.id)).scalars()
            return [json.loads(city.ctx.keys.unseal(payload, SEALED_AS)) for payload in rows]

    return read
