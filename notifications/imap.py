"""Mail from a mailbox by IMAP: each message is marked as read once the caller is done with it, and never before."""

import imaplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from notifications.inbound.read import MOST_BYTES

TIMEOUT_S = 30
_OWN_MACHINE = ("127.0.0.1", "::1", "localhost")


class MailboxUnavailable(Exception):
    """The mailbox cannot be read at present: the server is away or set up otherwise. Nothing is lost; trying again later helps, or a
    change of the settings. ``reason`` is short and names nobody."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class MailboxServer:
    """An IMAP server, with TLS from the start or else STARTTLS (none on this machine itself); certificates are checked."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    use_ssl: bool = True


def fetch(server: MailboxServer, take: Callable[[bytes], bool]) -> int:
    """Give each unread message of the inbox to ``take``, the oldest first; how many it took.

    A message is marked as read when ``take`` has returned ``True``. Raises :class:`MailboxUnavailable`, and what ``take`` raises; what was
    not taken until then stays unread.
    """
    try:
        mailbox = _connect(server)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxUnavailable(f"connect: {type(error).__name__}") from None
    try:
        return _fetch(mailbox, take)
    finally:
        with suppress(OSError, imaplib.IMAP4.error):
            mailbox.logout()
        with suppress(OSError):
            mailbox.shutdown()  # a farewell that failed has left the connection open


def _connect(server: MailboxServer) -> imaplib.IMAP4:
    context = ssl.create_default_context()
    if server.use_ssl:
        mailbox: imaplib.IMAP4 = imaplib.IMAP4_SSL(server.host, server.port, ssl_context=context, timeout=TIMEOUT_S)
    else:
        mailbox = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT_S)
    try:
        if not server.use_ssl and server.host not in _OWN_MACHINE:
            mailbox.starttls(context)
        mailbox.login(server.username, server.password)
    except BaseException:
        with suppress(OSError):
            mailbox.shutdown()
        raise
    return mailbox


def _fetch(mailbox: imaplib.IMAP4, take: Callable[[bytes], bool]) -> int:
    taken = 0
    _ask(mailbox.select, "INBOX")
    found = _ask(mailbox.uid, "SEARCH", "UNSEEN")
    uids: list[bytes] = found[0].split() if found and found[0] else []
    for uid in sorted(uids, key=int):
        answer = _ask(mailbox.uid, "FETCH", uid.decode(), f"(BODY.PEEK[]<0.{MOST_BYTES}>)")
        raw = next((part[1] for part in answer if isinstance(part, tuple)), None)
        if raw is not None and take(raw):  # no bytes: somebody has deleted it meanwhile
            _ask(mailbox.uid, "STORE", uid.decode(), "+FLAGS.SILENT", r"(\Seen)")
            taken += 1
    return taken


def _ask(command: Callable[..., tuple[str, list[Any]]], *words: str) -> list[Any]:
    try:
        answer, data = command(*words)
    except (OSError, imaplib.IMAP4.error) as error:
        raise MailboxUnavailable(f"{words[0]}: {type(error).__name__}") from None
    if answer != "OK":
        raise MailboxUnavailable(f"{words[0]}: {answer}")
    return data
