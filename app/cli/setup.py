"""What the commands that work on the database begin with."""

import os
from pathlib import Path

import click
from sqlalchemy import select

from app.context import Context, instance_folder, make_context
from app.errors import UserError
from app.migrate import require_current, upgrade
from app.models import Fact, Person
from config.settings import Settings, load


def settings() -> Settings:
    return load(os.environ, Path(".env"))


def is_empty(ctx: Context) -> bool:
    """Whether nobody is in the database yet."""
    with ctx.db.read() as session:
        return session.scalar(select(Person.id).limit(1)) is None


def bring_up_to_date(chosen: Settings) -> None:
    """Migrate, with the keys at hand: some migrations seal what lay in the clear."""
    if not chosen.database_url:
        instance_folder(chosen)
    ctx = make_context(chosen)
    ctx.db.close()
    upgrade(chosen.resolved_database_url)


def open_city(given: Settings | None = None) -> Context:
    """The context on a database that is up to date, and not a demonstration's where DEMO=0; closed with the command.

    Raises :class:`UserError`.
    """
    chosen = given or settings()
    if not chosen.database_url:
        instance_folder(chosen)
    ctx = make_context(chosen)
    click.get_current_context().call_on_close(ctx.db.close)
    require_current(ctx.db)
    with ctx.db.read() as session:
        if not chosen.demo and session.get(Fact, "demo"):
            raise UserError(
                "This database holds the demonstration city, and DEMO=0 is for a real one. Set DATABASE_URL or INSTANCE to another place."
            )
    return ctx
