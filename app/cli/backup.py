"""``adeuxpas backup``."""

from pathlib import Path

import click

from app.backups.work import back_up
from app.cli.passphrase import passphrase_option, read_passphrase
from app.cli.setup import open_city
from app.errors import UserError

EXAMPLES = """\b
Examples:
  adeuxpas backup /srv/backups/monday
  adeuxpas backup /srv/backups/monday --encrypt --passphrase-file /etc/adeuxpas/passphrase
"""


@click.command(epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--encrypt", is_flag=True, help="Seal the whole file with a passphrase.")
@passphrase_option
def command(file: Path, encrypt: bool, passphrase_file: Path | None) -> None:
    """Write the whole database to FILE, as it is at one moment, while everything runs on.

    ENCRYPTION_KEYS and SECRET_KEY are not in it. Keep a copy of them apart from it: nobody can read a name without them.
    """
    passphrase = read_passphrase(passphrase_file) if encrypt else None
    if encrypt and not passphrase:
        raise UserError("--encrypt needs a passphrase: give --passphrase-file, or set BACKUP_PASSPHRASE.")
    ctx = open_city()
    back_up(ctx, file, passphrase)
    click.echo(f"Backed up to {file}. ENCRYPTION_KEYS and SECRET_KEY are not in it: keep them too, in another place.")
