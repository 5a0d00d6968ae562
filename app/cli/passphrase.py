"""The passphrase of a backup: from a file or the environment, never from the command line, which all see."""

import os
from pathlib import Path

import click

from app.errors import UserError

SHORTEST = 12

passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with the passphrase in its first line; BACKUP_PASSPHRASE in the environment when not given.",
)


def read_passphrase(file: Path | None) -> str | None:
    """The passphrase, ``None`` where none is given. Raises :class:`UserError` for one that is soon guessed."""
    given = file.read_text(encoding="utf-8").partition("\n")[0].strip() if file else os.environ.get("BACKUP_PASSPHRASE", "")
    if (file or given) and len(given) < SHORTEST:
        raise UserError(f"The passphrase must have {SHORTEST} characters or more. Make one with: openssl rand -base64 24")
    return given or None
