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


class Databases:
    """Makes databases; ``shared`` is a folder that all processes of this test session see."""

    def __init__(self, shared: Path) -> None:
        self.shared = shared
        self._server: str | None = None

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
        server = self._running_server()
        template = make_url(like).database if like else self._migrated_template(server) if migrated else "template0"
        name = f"test_{uuid.uuid4().hex}"
        self._execute(server, f"CREATE DATABASE {name} TEMPLATE {template}")
        yield server.format(name=name)
        self._execute(server, f"DROP DATABASE {name} WITH (FORCE)")

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
    def _execute(server: str, statement: str) -> None:
        with psycopg.connect(server.format(name="postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    @contextmanager
    def only_one_process(self) -> Iterator[None]:
        """Held by one process of this test session at a time."""
        with (self.shared / "databases.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _migrate(url: str) -> None:
    from app.migrate import upgrade  # here, so that tests without a database need none of the app

    upgrade(url)


def unavailable(reason: str) -> None:
    """What this machine cannot run is skipped, with the reason shown at the end; with ``CI=true`` it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; with CI=true that is a failure", pytrace=False)
    pytest.skip(reason)
