"""A database as one file and back: SQLite by its own online copy, PostgreSQL by its own programmes, each of one moment."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from psycopg.conninfo import make_conninfo
from sqlalchemy import URL, MetaData, inspect, make_url, select
from sqlalchemy.exc import OperationalError

from app.db import BUSY_TIMEOUT_S, make_engine
from app.errors import UserError

_DROP = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = current_schema() LOOP
        EXECUTE format('DROP TABLE %I CASCADE', name);
    END LOOP;
    FOR name IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e') LOOP
        EXECUTE format('DROP FUNCTION %s', name); -- of triggers (decision 28); an extension's stay
    END LOOP;
END $$;
"""


def kind_of(url: str) -> str:
    return make_url(url).get_backend_name()


def dump(url: str, to: Path) -> None:
    """Write all of the database to the new file ``to``, as it is at one moment. Raises :class:`UserError`."""
    where = make_url(url)
    if kind_of(url) == "sqlite":
        with closing(_sqlite(where)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)
            # A file of its own, without a write-ahead log beside it.
            target.execute("PRAGMA journal_mode=DELETE")
    else:
        _run(where, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={to}")


def load(url: str, source: Path) -> None:
    """Make the database what the dump says, in one transaction: it is all that, or as it was. Raises :class:`UserError`."""
    where = make_url(url)
    if kind_of(url) == "sqlite":
        with closing(sqlite3.connect(source)) as dumped, closing(_sqlite(where)) as target:
            if dumped.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
                raise UserError("The database in this backup is damaged; nothing was restored. Take another backup.")
            dumped.backup(target)
        return
    # pg_restore's own --clean would leave the tables of which this dump knows nothing.
    script, before = source.with_suffix(".sql"), source.with_suffix(".drop")
    _run(None, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
    before.write_text(_DROP)
    _run(where, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--file={before}", f"--file={script}")


def has_rows(url: str) -> bool:
    """Whether anything is in the database, tables aside. Raises :class:`UserError` where it cannot be opened."""
    if kind_of(url) == "sqlite" and not Path(make_url(url).database or "").exists():
        return False
    engine = make_engine(url)
    try:
        tables = MetaData()
        tables.reflect(engine, only=[name for name in inspect(engine).get_table_names() if name != "alembic_version"], resolve_fks=False)
        with engine.connect() as connection:
            return any(connection.execute(select(1).select_from(table).limit(1)).first() for table in tables.tables.values())
    except OperationalError as e:
        raise UserError(f"The database cannot be opened: {str(e.orig).splitlines()[0]}. Check DATABASE_URL.") from None
    finally:
        engine.dispose()


def _sqlite(url: URL) -> sqlite3.Connection:
    return sqlite3.connect(url.database or "", timeout=BUSY_TIMEOUT_S)


def _run(url: URL | None, programme: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programmes. The password goes by the environment: a command line is for all to see."""
    found = shutil.which(programme)
    if found is None:
        raise UserError(f"{programme} is not installed: it comes with PostgreSQL's client (Debian: apt install postgresql-client).")
    environ, target = dict(os.environ), []
    if url is not None:
        named = url.translate_connect_args(username="user", database="dbname")
        environ["PGPASSWORD"] = str(named.pop("password", environ.get("PGPASSWORD", "")))
        target = [f"--dbname={make_conninfo(**named, **{name: str(value) for name, value in url.query.items()})}"]
    done = subprocess.run([found, *target, *arguments], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        # Its other lines may show what was in a row.
        raise UserError(f"{programme} failed: {(done.stderr.strip().splitlines() or ['it did not say why'])[0]}")
