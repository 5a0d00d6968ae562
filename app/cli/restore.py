"""``adeuxpas restore``."""

from pathlib import Path

import click

from app.backups.work import restore
from app.cli.passphrase import passphrase_option, read_passphrase
from app.cli.setup import settings
from app.context import instance_folder, make_context

EXAMPLES = """\b
Examples:
  adeuxpas restore /srv/backups/monday
  INSTANCE=scratch adeuxpas restore /srv/backups/monday --passphrase-file /etc/adeuxpas/passphrase
"""


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Restore though the database is not empty: what is in it is lost.")
@passphrase_option
def command(file: Path, replace: bool, passphrase_file: Path | None) -> None:
    """Make the database what it was when FILE was made. Stop the web server and the worker first.

    An older version's tables are brought up to date. ENCRYPTION_KEYS and SECRET_KEY must be those of then: they are not in FILE.
    """
    chosen = settings()
    if not chosen.database_url:
        instance_folder(chosen)
    ctx = make_context(chosen)
    click.get_current_context().call_on_close(ctx.db.close)
    header = restore(ctx, file, read_passphrase(passphrase_file), replace)
    click.echo(f"Restored: the database is as it was at {header.made_at}. Links that were sent work with the SECRET_KEY of then alone.")
