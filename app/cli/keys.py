"""``adeuxpas keys``."""

import sys

import click

from app.cli.setup import open_city
from app.services.rotation import GONE, rotate, standing

EXAMPLES = """\b
Examples:
  adeuxpas keys
  adeuxpas keys rotate
"""


@click.group(invoke_without_command=True, epilog=EXAMPLES)
@click.pass_context
def command(click_context: click.Context) -> None:
    """How much of what lies sealed is under which key of ENCRYPTION_KEYS: one that nothing lies under can go."""
    if click_context.invoked_subcommand:
        return
    ctx = open_city()
    for name, number in standing(ctx).items():
        if name != GONE:
            written = ", writes" if name == ctx.keys.names[0] else ""
            click.echo(f"{name}{written}: {number['sealed']:,} values, {number['index']:,} indexes")
        elif number.total():
            click.echo(f"Under keys that are not in ENCRYPTION_KEYS: {number['sealed']:,} values, {number['index']:,} indexes")


@command.command("rotate", epilog=EXAMPLES)
def rotate_() -> None:
    """Bring everything under the first key, while web and workers run. Stopped and started again it goes on where it was."""
    ctx = open_city()
    old = ctx.keys.names[1:]
    waiting = sum(standing(ctx)[name].total() for name in old)
    with click.progressbar(length=waiting, label="Changing keys", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        rotate(ctx, bar.update)
    left = standing(ctx)
    for name in old:
        number = left[name]
        if number.total():
            left_there = f"{number['sealed']:,} values and {number['index']:,} indexes are left"
            click.echo(f"{name}: {left_there}. Run it again, or see docs/operations.md.")
        else:
            click.echo(f"{name}: nothing is left under it. It can go from ENCRYPTION_KEYS; older backups still need it.")
    if not old:
        click.echo("ENCRYPTION_KEYS has one key alone: there is nothing to change.")
