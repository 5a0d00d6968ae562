"""``adeuxpas retention``."""

import click

from app.cli.setup import open_city
from app.retention import TABLE
from app.services import purging

EXAMPLES = """\b
Examples:
  adeuxpas retention --dry-run
  adeuxpas retention
"""


@click.command(epilog=EXAMPLES)
@click.option("--dry-run", is_flag=True, help="Count what would go, and change nothing.")
def command(dry_run: bool) -> None:
    """Erase what is kept too long, and ask volunteers before (docs/retention.md). A running worker does so once a day."""
    ctx = open_city()
    day, before = purging.last(ctx)
    went = sum(before.values()) - before.get(purging.ASKED, 0)
    click.echo(f"The last time: {day} ({went:,} in all)." if day else "It has not been done yet.")
    counts = purging.would_go(ctx) if dry_run else purging.purge(ctx)
    click.echo(f"{counts[purging.ASKED]:>9,}  volunteers asked whether they still want to help")
    for each in TABLE:
        click.echo(f"{counts[each.name]:>9,}  {each.what}")
    click.echo("Nothing was changed." if dry_run else "Done.")
