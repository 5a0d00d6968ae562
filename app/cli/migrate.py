"""``adeuxpas migrate``."""

import click

from app.cli.setup import bring_up_to_date, settings

EXAMPLES = """\b
Examples:
  adeuxpas migrate
  DATABASE_URL=postgresql://adeuxpas@localhost/adeuxpas adeuxpas migrate
"""


@click.command(epilog=EXAMPLES)
def command() -> None:
    """Bring the database up to date with this version of the programme. Nothing happens when it is already."""
    bring_up_to_date(settings())
    click.echo("The database is up to date.")
