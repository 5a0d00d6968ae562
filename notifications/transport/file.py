"""Messages as ``.eml`` files in a folder, where no mail server is set up; and reading them back.

A file is named after its ``Message-ID``: a message that is sent twice is there once.
"""

import datetime as dt
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import lru_cache
from itertools import islice
from pathlib import Path

from notifications.transport.base import Envelope, Mailbox, Prepare, Settle, Unavailable
from notifications.transport.mime import compose

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]*\.eml")


@dataclass(frozen=True)
class StoredMail:
    """A message read back; ``name`` is its file's. A list of many asks for their headers only."""

    name: str
    message: EmailMessage

    @property
    def to(self) -> str:
        return str(self.message["To"])

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def date(self) -> dt.datetime:
        moment: dt.datetime = self.message["Date"].datetime
        return moment

    @property
    def text(self) -> str:
        return _part(self.message, "plain")

    @property
    def html(self) -> str:
        return _part(self.message, "html")


class FileTransport:
    """Writes into ``folder``, which is made when it is missing. A folder that cannot be written to is ``Unavailable``."""

    def __init__(self, folder: Path, sender: Mailbox) -> None:
        self._folder = folder
        self._sender = sender

    def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
        content = compose(envelope, self._sender).as_bytes()
        settle()
        name = _name(envelope.message_id)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            _write_whole(self._folder / name, content, envelope.date)
        except OSError as error:
            raise Unavailable(f"mail folder: {type(error).__name__}") from None

    def close(self) -> None:
        pass


def list_mail(folder: Path, limit: int = 100, to: str = "") -> list[StoredMail]:
    """The newest messages in ``folder`` (to the address ``to``), newest first; none when there is no such folder."""
    files = sorted(((file.stat().st_mtime_ns, file.name) for file in _files(folder)), reverse=True)
    mails = (read_mail(folder, name) for _, name in files)
    return list(islice((mail for mail in mails if to in mail.to), limit))


def remove_mail(folder: Path, message_ids: Iterable[str] | None = None) -> None:
    """Empty ``folder`` of its messages, or of those with these ids."""
    for file in _files(folder) if message_ids is None else [folder / _name(each) for each in message_ids]:
        file.unlink(missing_ok=True)
    _parsed.cache_clear()


def _name(message_id: str) -> str:
    return re.sub(r"[^A-Za-z0-9@._-]", "_", message_id.strip("<>")) + ".eml"


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.iterdir() if _NAME.fullmatch(file.name)] if folder.is_dir() else []


def read_mail(folder: Path, name: str) -> StoredMail:
    """One message. ``FileNotFoundError`` for a name that is not the plain name of a message in ``folder``."""
    if not _NAME.fullmatch(name):
        raise FileNotFoundError("no such message")
    file = folder / name
    return StoredMail(name, _parsed(file, file.stat().st_mtime_ns))


@lru_cache(maxsize=1000)
def _parsed(file: Path, _written_ns: int) -> EmailMessage:
    """The message in a file, which is written whole and never changed: a list of them is not parsed anew for each page."""
    message: EmailMessage = message_from_bytes(file.read_bytes(), policy=default)
    return message


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return "" if part is None else part.get_content().replace("\r\n", "\n")


def _write_whole(path: Path, content: bytes, date: dt.datetime) -> None:
    """The file appears with all of ``content`` and stays, or not at all. It is as old as its message, so that files sort like mail."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".unfinished-", delete=False) as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            os.utime(file.name, (date.timestamp(), date.timestamp()))
            os.replace(file.name, path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
