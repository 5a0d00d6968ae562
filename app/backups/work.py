"""Making a backup and restoring one."""

import os
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from alembic.script import ScriptDirectory
from sqlalchemy import text

from app import migrate
from app.backups import dumps, pack
from app.context import Context
from app.crypto import CannotDecrypt
from app.errors import UserError

SEALED_AS = "backup.keys"


def back_up(ctx: Context, file: Path, passphrase: str | None) -> None:
    """Write the database to the new ``file``, which is there whole or not at all. Raises :class:`UserError`."""
    if file.exists():
        raise UserError(f"{file} is there already: a backup never replaces another file. Give it another name.")
    if not os.access(file.parent, os.W_OK):
        raise UserError(f"{file} cannot be written: its folder is not there, or not yours to write to. Name another one.")
    url = ctx.settings.resolved_database_url
    with tempfile.TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:
        dump, packed = Path(folder, "dump"), Path(folder, "packed")
        dumps.dump(url, dump)
        header = pack.Header(
            made_at=ctx.now().isoformat(timespec="seconds"), version=_version(), database=dumps.kind_of(url), schema=_schema(ctx),
            keys=ctx.keys.seal("", SEALED_AS),
        )  # fmt: skip
        pack.write(dump, packed, header, passphrase)
        packed.rename(file)
    folder_of = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder_of)
    os.close(folder_of)


def restore(ctx: Context, file: Path, passphrase: str | None, replace: bool) -> pack.Header:
    """Make the database what it was at the backup, with this version's tables. Raises :class:`UserError` before anything is changed."""
    url = ctx.settings.resolved_database_url
    header = pack.read_header(file)
    _check(ctx, url, header)
    if not replace and dumps.has_rows(url):
        raise UserError("The database is not empty. Restore into an empty one, or give --replace to lose what is in it.")
    # Beside the backup, or it may be more than the place for temporary files holds.
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=file.parent) as folder:
        dump = Path(folder, "dump")
        pack.read(file, dump, header, passphrase)
        dumps.load(url, dump)
    migrate.upgrade(url)
    return header


def _check(ctx: Context, url: str, header: pack.Header) -> None:
    here = dumps.kind_of(url)
    if header.database != here:
        raise UserError(f"This backup is of {header.database}, and DATABASE_URL is {here}: it can only go back into the same kind.")
    known = {revision.revision for revision in ScriptDirectory.from_config(migrate.config(url)).walk_revisions()}
    if header.schema not in known:
        raise UserError(f"This backup was made by a newer version of À deux pas ({header.version}). Update the programme first.")
    try:
        ctx.keys.unseal(header.keys, SEALED_AS)
    except CannotDecrypt:
        name = header.keys.partition(".")[0]
        raise UserError(
            f"ENCRYPTION_KEYS has not the key ({name}) that this backup's personal data is encrypted with. Put it there first."
        ) from None


def _schema(ctx: Context) -> str:
    with ctx.db.read() as session:
        return str(session.scalar(text("SELECT version_num FROM alembic_version")))


def _version() -> str:
    try:
        return version("adeuxpas")
    except PackageNotFoundError:
        return "unknown"
