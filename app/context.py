"""What every service function is given first: settings, database, keys, links and the clock. Made once a process."""

import base64
import contextlib
import os
import random
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.crypto import Keyring, use_keyring
from app.db import Database
from app.errors import UserError
from app.links import Links
from app.reply_addresses import ReplyAddresses
from config.settings import Settings
from notifications.render import City

DEMO_KEYS_FILE = "demo-keys"


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    settings: Settings
    db: Database
    keys: Keyring
    links: Links
    now: Callable[[], datetime] = utc_now
    rng: random.Random = field(default_factory=random.SystemRandom)

    @property
    def city(self) -> City:
        return city_of(self.settings)

    @property
    def replies(self) -> ReplyAddresses:
        return ReplyAddresses(self.links.secrets, self.settings.mail_replies)

    @property
    def mail_folder(self) -> Path:
        """Where messages lie as files, without a mail server."""
        return Path(self.settings.instance) / "mail"

    @property
    def holder(self) -> str:
        """This process, as it signs leases and claims."""
        return f"{socket.gethostname()}:{os.getpid()}"


def city_of(s: Settings) -> City:
    """What messages say of the city."""
    return City(name=s.city_name, phone=s.city_phone, hours=s.city_hours, url=s.root_url, timezone=s.timezone, language=s.language)


def make_context(settings: Settings) -> Context:
    """The context of this process; the demonstration makes its own keys and keeps them beside its database.

    Raises :class:`UserError` when the instance folder cannot be written and ``SettingsError`` for keys that cannot be read.
    """
    secret, encryption = settings.secret_key, settings.encryption_keys
    if not secret or not encryption:
        own_secret, own_encryption = _demo_keys(instance_folder(settings))
        secret, encryption = secret or own_secret, encryption or own_encryption
    keys = Keyring(encryption)
    use_keyring(keys)
    return Context(settings, Database(settings.resolved_database_url), keys, Links(secret, settings.root_url))


def instance_folder(settings: Settings) -> Path:
    """The instance folder, made when it is missing, readable by its owner only."""
    folder = Path(settings.instance)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as e:
        mend = "Give it to this user, or set INSTANCE to another one."
        raise UserError(f"The folder {folder} cannot be written: {e.strerror}. {mend}") from None
    return folder


def _demo_keys(folder: Path) -> tuple[str, str]:
    file = folder / DEMO_KEYS_FILE
    if not file.exists():
        fresh = folder / f".{DEMO_KEYS_FILE}-{os.getpid()}"
        fresh.touch(mode=0o600)
        fresh.write_text(f"{secrets.token_urlsafe(48)}\nk1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n", encoding="utf-8")
        # A link fails where a rename would replace the keys that another process has just made; those are then the ones.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, file)
        fresh.unlink()
    secret, encryption = file.read_text(encoding="utf-8").split()
    return secret, encryption
