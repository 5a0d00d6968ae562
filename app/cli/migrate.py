"""``adeuxpas migrate``."""

import click

from app.cli.setup import settings
from app.context import instance_folder
from app.migrate import upgrade

EXAMPLES = """\b
Examples:
  adeuxpas migrate
  DATABASE_URL=postgresql://adeuxpas@localhost/adeuxpas adeuxpas migrate
"""


@click.command(epilog=EXAMPLES)
def command() -> None:
    """Bring the database up to date with this version of the programme. Nothing happens when it is already."""
    chosen = settings()
    if not chosen.database_url:
        instance_folder(chosen)
    upgrade(chosen.resolved_database_url)
    click.echo("The database is up to date.")
