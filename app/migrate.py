"""Bringing a database to this version's tables, and telling when it cannot be."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

import migrations
from app.crypto import keyring
from app.db import Database, make_engine
from app.errors import UserError


def config(url: str) -> Config:
    """Alembic's configuration, without a file of its own."""
    alembic = Config()
    alembic.set_main_option("script_location", str(Path(migrations.__file__).parent))
    alembic.attributes["url"] = url
    alembic.attributes["keyring"] = keyring  # for what a migration seals; asked for only where there is something
    return alembic


def upgrade(url: str, to: str = "head") -> None:
    """Migrate to ``to``; nothing happens when the database is there already. Raises :class:`UserError` when it is newer."""
    if not is_current(url):
        command.upgrade(config(url), to)


def downgrade(url: str, to: str = "base") -> None:
    command.downgrade(config(url), to)


def is_current(url: str) -> bool:
    """Whether the database has this version's tables. Raises :class:`UserError` when a newer version made it or it cannot be opened."""
    scripts = ScriptDirectory.from_config(config(url))
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            here = MigrationContext.configure(connection).get_current_revision()
    except OperationalError as e:
        raise UserError(f"The database cannot be opened: {str(e.orig).splitlines()[0]}. Check DATABASE_URL.") from None
    finally:
        engine.dispose()
    if here is not None and here not in {s.revision for s in scripts.walk_revisions()}:
        raise UserError(f"The database was made by a newer version of À deux pas (its tables are at {here}). Update the programme first.")
    return here == scripts.get_current_head()


def require_current(db: Database) -> None:
    """Raise :class:`UserError` unless the database has this version's tables."""
    if not is_current(db.engine.url.render_as_string(hide_password=False)):
        raise UserError("The database is not up to date. Run: adeuxpas migrate")
