"""Fresh, migrated databases for tests, quickly: each is a copy of one that was migrated once in the session."""

import fcntl
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from tests import postgres

USES = 40
"""So many tests may have a PostgreSQL database in turn; where rows come and go without a vacuum it grows slow."""
_EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
SET session_replication_role = replica; -- which asks no foreign keys
DO $$
DECLARE name text; filled bool;
BEGIN
    FOR name IN SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
        IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
    END LOOP;
END $$;
SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL;
"""
_SHAPE = """
SELECT string_agg(relname, ',' ORDER BY relname), (SELECT string_agg(version_num, ',') FROM alembic_version)
FROM pg_class WHERE relnamespace = 'public'::regnamespace
"""


class Databases:
    """Makes databases; ``shared`` is a folder that all processes of this test session see."""

    def __init__(self, shared: Path) -> None:
        self.shared = shared
        self._server: str | None = None
        self._shape: object = None
        self._used: list[tuple[str, int]] = []

    def sqlite(self, file: Path) -> str:
        """The URL of a migrated SQLite database, made as ``file``."""
        with self.only_one_process():
            template = self.shared / "template.db"
            if not template.exists():
                unfinished = template.with_suffix(".unfinished")
                unfinished.unlink(missing_ok=True)
                _migrate(f"sqlite:///{unfinished}")
                unfinished.rename(template)
        shutil.copy(template, file)
        return f"sqlite:///{file}"

    @contextmanager
    def postgresql(self, *, migrated: bool = True, like: str = "") -> Iterator[str]:
        """The URL of a new PostgreSQL database, dropped at the end, with what is in the one ``like`` where that is told. Skips where no
        server can run; with ``CI=true`` that fails."""
        server, name, uses = self._running_server(), f"test_{uuid.uuid4().hex}", 1
        if migrated and not like and self._used:
            used, uses = self._used.pop()
            self._execute(server, f"ALTER DATABASE {used} RENAME TO {name}")  # what a process remembers of a database is by its name
        else:
            template = make_url(like).database if like else self._migrated_template(server) if migrated else "template0"
            self._execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        if self._shape is None and migrated and not like:
            self._shape = self._look(server, name)
        yield server.format(name=name)
        if migrated and not like and uses < USES and self._emptied(server, name):
            self._used.append((name, uses + 1))
        else:
            self._execute(server, f"DROP DATABASE {name} WITH (FORCE)")

    def _emptied(self, server: str, name: str) -> bool:
        """Take all rows out of a database, which is quicker than making one anew; whether it is then as it was made."""
        self._execute(server, _EMPTY, name)
        return self._look(server, name) == self._shape

    def _running_server(self) -> str:
        if self._server is None:
            with self.only_one_process():
                known = self.shared / "postgresql.json"
                if not known.exists():
                    known.write_text(json.dumps(self._start_server()))
                answer = json.loads(known.read_text())
            if "problem" in answer:
                unavailable(answer["problem"])
            self._server = answer["url"]
        return self._server

    @staticmethod
    def _start_server() -> dict[str, str]:
        session = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()
        try:
            return {"url": postgres.start(session)}
        except postgres.NoPostgres as problem:
            return {"problem": str(problem)}

    def _migrated_template(self, server: str) -> str:
        with self.only_one_process():
            done = self.shared / "postgresql-migrated"
            if not done.exists():
                self._execute(server, "DROP DATABASE IF EXISTS migrated WITH (FORCE)")
                self._execute(server, "CREATE DATABASE migrated")
                _migrate(server.format(name="migrated"))
                done.touch()
        return "migrated"

    @staticmethod
    def _look(server: str, name: str) -> object:
        with psycopg.connect(_plain(server, name), autocommit=True) as connection:
            return connection.execute(_SHAPE).fetchone()

    @staticmethod
    def _execute(server: str, statements: str, name: str = "postgres") -> None:
        with psycopg.connect(_plain(server, name), autocommit=True) as connection:
            connection.execute(statements)  # type: ignore[call-overload]

    @contextmanager
    def only_one_process(self) -> Iterator[None]:
        """Held by one process of this test session at a time."""
        with (self.shared / "databases.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _plain(server: str, name: str) -> str:
    """A server's URL without SQLAlchemy's part of it."""
    return server.format(name=name).replace("+psycopg", "")


def _migrate(url: str) -> None:
    from app.migrate import upgrade  # here, so that tests without a database need none of the app

    upgrade(url)


def unavailable(reason: str) -> None:
    """What this machine cannot run is skipped, with the reason shown at the end; with ``CI=true`` it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; with CI=true that is a failure", pytrace=False)
    pytest.skip(reason)
