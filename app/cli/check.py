"""``adeuxpas check``."""

from pathlib import Path

import click

from app.cli.setup import open_city
from app.errors import UserError
from app.services import audit, invariants
from app.services.audit import Head, Trail

EXAMPLES = """\b
Examples:
  adeuxpas check
  adeuxpas check audit > heads.txt
  adeuxpas check audit --kept heads.txt
"""


@click.group(invoke_without_command=True, epilog=EXAMPLES)
@click.pass_context
def command(click_context: click.Context) -> int:
    """Look for what is not as it should be, each with its mend; nothing is changed. Ends with 1 where there is something."""
    if click_context.invoked_subcommand:
        return 0
    ctx = open_city()
    found = invariants.check(ctx)
    for wrong in found:
        click.echo(f"{wrong.what}: {wrong.number:,} ({wrong.which}). {wrong.mend}")
    trail = audit.verify(ctx)
    _say(trail)
    if not found and _is_whole(trail):
        click.echo("All is as it should be.")
    return 0 if not found and _is_whole(trail) else 1


@command.command("audit", epilog=EXAMPLES)
@click.option("--kept", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Heads that an earlier check printed.")
def audit_(kept: Path | None) -> int:
    """Check the trail of what happened, and print the heads of its chains: territory, number of records, hash.

    Keep them where whoever holds the database cannot write: what was cut off or written anew since is found by them alone.
    """
    ctx = open_city()
    trail = audit.verify(ctx, _heads(kept) if kept else ())
    for head in trail.heads:
        click.echo(head)
    _say(trail)
    return 0 if _is_whole(trail) else 1


def _is_whole(trail: Trail) -> bool:
    return not trail.broken and not trail.waiting


def _say(trail: Trail) -> None:
    for wrong in trail.broken:
        which = f" (event {wrong.event_id})" if wrong.event_id else ""
        click.echo(f"Trail of territory {wrong.chain}, record {wrong.number}{which} {wrong.what}. Compare it with a backup.", err=True)
    if trail.waiting:
        click.echo(f"{trail.waiting:,} records wait to be sealed since an hour or more. Start a worker.", err=True)
    if not trail.broken:
        click.echo(f"{trail.sealed:,} records are as they were sealed.", err=True)


def _heads(file: Path) -> list[Head]:
    heads = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        try:
            chain, place, digest = line.split()
            heads.append(Head(int(chain), int(place), bytes.fromhex(digest).hex()))
        except ValueError:
            raise UserError(f"{file}, line {number}: this is no head. It must be a line that adeuxpas check audit has printed.") from None
    return heads
