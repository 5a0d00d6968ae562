"""One environment for both databases: the URL comes from the programme, never from a file here."""

from typing import Any

import sqlalchemy as sa
from alembic import context

import app.models  # noqa: F401  (autogenerate compares with all tables)
import notifications.tables
from app.db import Base, make_engine


def render_item(kind: str, item: Any, _context: Any) -> str | bool:
    """Own column types stand in a migration as what they are in the database: a migration does not change with the code."""
    if kind == "type" and isinstance(item, sa.types.TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def run() -> None:
    engine = make_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        # Tables are rebuilt on SQLite, which must not delete what refers to them. Within a transaction the pragma does nothing, and our
        # engine begins one before each statement: hence the driver's own cursor.
        if connection.dialect.name == "sqlite":
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            # What was in the clear before a migration sealed it does not stay in pages that are free.
            connection.connection.cursor().execute("PRAGMA secure_delete=ON")
        context.configure(
            connection=connection,
            target_metadata=[Base.metadata, notifications.tables.metadata],
            render_as_batch=connection.dialect.name == "sqlite",
            transaction_per_migration=True,
            render_item=render_item,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
