"""``adeuxpas demo``."""

import click

from app.cli.setup import open_city
from app.services import demo

EXAMPLES = """\b
Examples:
  adeuxpas demo
"""


@click.command(epilog=EXAMPLES)
def command() -> None:
    """Fill a small demonstration city into an empty database (DEMO=1), and show its sign-ins."""
    ctx = open_city()
    demo.fill(ctx)
    for sign_in in demo.sign_ins(ctx):
        click.echo(f"{sign_in.role}: {sign_in.how}")
