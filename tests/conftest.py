"""What every test has: databases of its own, and a network that ends at this machine."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import settings
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, create_engine, event

from app import traps
from tests.databases import Databases
from tests.network import only_loopback

only_loopback()
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if os.environ.get("LONG") != "1":
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="run by make test-long"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What axe leaves to a person's judgement (tests/browser), and figures that tests have for the reader: said, and failing nothing."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, [])]
    unsure = sorted({f"{name}: {', '.join(where)}" for report in reports for name, where in report.user_properties})
    for line in unsure:
        terminalreporter.line(line)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Databases:
    own = tmp_path_factory.getbasetemp()
    return Databases(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture(scope="session", autouse=True)
def pages_read_in_no_time() -> Iterator[None]:
    """Tests press buttons sooner than anybody reads (app/traps.py)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(traps, "FASTEST_S", 0)
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(databases: Databases) -> Iterator[None]:
    """Each test's application compiles the same templates: they are compiled once for all of them."""
    folder = databases.shared / "templates"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(Flask.jinja_options, "bytecode_cache", FileSystemBytecodeCache(str(folder)))
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    """The engines of a process meet the same statements: they are compiled once for each kind of database."""
    known: dict[str, Engine] = {}

    def shared(url: str, **how: Any) -> Engine:
        engine = create_engine(url, query_cache_size=5000, **how)
        if first := known.get(engine.dialect.name):
            engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
        else:  # a dialect learns from its first connection what the database can do
            event.listen(engine, "first_connect", lambda *_: known.setdefault(engine.dialect.name, engine))
        return engine

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("app.db.create_engine", shared)
        yield


@pytest.fixture
def sqlite_url(databases: Databases, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    return databases.sqlite(tmp_path / "test.db")


@pytest.fixture
def postgresql_url(databases: Databases) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    with databases.postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def db_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own; the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_db_url(request: pytest.FixtureRequest, databases: Databases, tmp_path: Path) -> Iterator[str]:
    """An empty database of the test's own, for tests of the migrations; once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with databases.postgresql(migrated=False) as url:
            yield url
