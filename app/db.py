"""The database: one engine a process, a read session and a write session.

SQLite is the embedded default (write-ahead log, full synchronisation); PostgreSQL when the URL says so. A writing session begins
with ``BEGIN IMMEDIATE`` on SQLite, since a read that turns into a write there fails at once however long the busy timeout is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
IDS_ONCE = {"sqlite_autoincrement": True}
"""For tables whose ids stand in links: on SQLite too an id is given once, so that an old link never leads to something newer."""
BUSY_TIMEOUT_S = 20
SAMPLE = 50_000
"""Rows of an index that are looked at for its statistics."""


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


class Database:
    """One database. ``read()`` and ``write()`` give sessions; ``write()`` commits at the end or rolls all back."""

    def __init__(self, url: str) -> None:
        self.engine = make_engine(url)
        self._writer = self.engine.execution_options(immediate=True)

    @contextmanager
    def read(self) -> Iterator[Session]:
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A writing connection in its own transaction, for the parts that speak SQLAlchemy Core."""
        with self._writer.begin() as connection:
            yield connection

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """A writing connection for several transactions in turn, each begun by its ``begin()``."""
        with self._writer.connect() as connection:
            yield connection

    def refresh_statistics(self) -> None:
        """Have SQLite count anew what its planner goes by: from samples, so in a moment. (PostgreSQL does that by itself.)"""
        with self.begin() as connection:
            connection.exec_driver_sql(f"PRAGMA analysis_limit={SAMPLE}")
            connection.exec_driver_sql("ANALYZE")

    def close(self) -> None:
        self.engine.dispose()


def make_engine(url: str) -> Engine:
    """An engine for ``url`` with what its database needs at each connect. Its errors do not show the values that went in."""
    if url.startswith("sqlite"):
        engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


def _set_up_sqlite(dbapi_connection: Any, _record: object) -> None:
    # The driver would begin by itself, deferred; _begin_sqlite does it instead.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in ("journal_mode=WAL", f"busy_timeout={BUSY_TIMEOUT_S * 1000}", "foreign_keys=ON", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_up_postgresql(dbapi_connection: Any, _record: object) -> None:
    # To compile a statement that looks long to the planner took 300 ms where it ran for 10.
    with dbapi_connection.cursor() as cursor:
        cursor.execute("SET jit = off")
    dbapi_connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("immediate") else "BEGIN")
