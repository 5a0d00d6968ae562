"""Messages by SMTP, through Flask-Mail: one connection for many messages.

What Flask-Mail leaves open is settled here: each network step has a timeout, certificates are checked, a farewell that goes wrong
after the server took the message is no failure, and the connection is renewed outside of the sending of a message.
"""

import re
import select
import smtplib
import ssl
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cached_property
from types import TracebackType
from typing import Any

from flask import Flask
from flask_mail import Connection, Mail, Message

from notifications.transport.base import (
    DeliveryError,
    Envelope,
    Interrupted,
    Mailbox,
    Permanent,
    Prepare,
    Settle,
    Transient,
    Unavailable,
    UnknownAddress,
)
from notifications.transport.mime import address_on_the_wire, compose

_MESSAGES_PER_CONNECTION = 100
_LONGEST_WAIT_S = 6 * 3600
_ASKS_FOR_SIGN_IN = (530, 534, 535, 538)
# RFC 3463: the server's policy ("relaying denied"), a mailbox that is full, a sender that is not liked. Somebody may put that right.
_MAY_PASS = re.compile(rb"5\.(7\.\d|2\.2\b|1\.[78]\b)")
_NOBODY_THERE = re.compile(rb"5\.1\.(0|1|2|3|6|10)\b")


@dataclass(frozen=True)
class Server:
    """An SMTP server: STARTTLS with ``use_tls``, TLS from the start with ``use_ssl``; ``timeout_s`` holds for each network step."""

    host: str
    port: int
    username: str = ""
    password: str = ""
    use_tls: bool = False
    use_ssl: bool = False
    timeout_s: float = 20

    def __repr__(self) -> str:
        return f"Server({self.host!r}, {self.port})"


class MailTransport:
    """Sends through ``server`` as ``sender``. Close it when there is nothing to send, so that no idle connection is held."""

    def __init__(self, server: Server, sender: Mailbox) -> None:
        self._server = server
        self._sender = sender
        self._address = address_on_the_wire(sender)
        self._app = Flask("notifications")  # Flask-Mail lives on one; it serves no page
        self._app.config.update(
            MAIL_SERVER=server.host,
            MAIL_PORT=server.port,
            MAIL_USERNAME=server.username,
            MAIL_PASSWORD=server.password,
            MAIL_USE_TLS=server.use_tls,
            MAIL_USE_SSL=server.use_ssl,
            MAIL_DEFAULT_SENDER=self._address,
            MAIL_SUPPRESS_SEND=False,
            MAIL_DEBUG=0,  # its dialogue would show addresses
        )
        self._mail = Mail(self._app)
        self._open = ExitStack()
        self._connection: _Connection | None = None
        self._composed: tuple[Envelope, EmailMessage] | None = None

    def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
        with self._app.app_context():
            self._message.carry(envelope, self._composed_of(envelope))
            connection = self._connect()
            connection.host.settle, connection.host.prepare = settle, lambda: self._compose_ahead(prepare())
            try:
                # In pairs, for Flask-Mail would take texts apart at each message.
                connection.send(self._message, ("", envelope.reply_to or self._address))
            except smtplib.SMTPRecipientsRefused as error:  # the others may go by this connection, if it is still there
                raise _meaning(error) from None
            except (OSError, smtplib.SMTPException) as error:
                self.close()
                raise _meaning(error) from None
            except BaseException:  # what was begun here is nothing for the next message to go on with
                self.close()
                raise

    def close(self) -> None:
        self._connection = None
        self._open.close()

    def _composed_of(self, envelope: Envelope) -> EmailMessage:
        ahead, self._composed = self._composed, None
        return ahead[1] if ahead and ahead[0] is envelope else compose(envelope, self._sender)

    def _compose_ahead(self, envelope: Envelope | None) -> None:
        with suppress(Permanent):  # it will be said when it is this one's turn
            self._composed = (envelope, compose(envelope, self._sender)) if envelope else None

    @cached_property
    def _message(self) -> "_Composed":
        return _Composed()

    def _connect(self) -> "_Connection":
        if self._connection and (self._connection.num_emails >= _MESSAGES_PER_CONNECTION or self._connection.was_left()):
            self.close()
        if self._connection is None:
            try:
                self._connection = self._open.enter_context(_Connection(self._mail, self._server, self._address))
            except (OSError, smtplib.SMTPException) as error:
                raise Unavailable(f"connect: {_short(error)}") from None
        return self._connection


class _Composed(Message):
    """Flask-Mail's message with the bytes that we decide on.

    One carries all: each new one of Flask-Mail's looks this machine's name up in the network, with no timeout, for a
    ``Message-ID`` that is not wanted.
    """

    def carry(self, envelope: Envelope, composed: EmailMessage) -> None:
        self.subject = envelope.subject
        self.recipients = [("", address_on_the_wire(envelope.to))]
        self.msgId = envelope.message_id
        self._composed = composed

    def as_bytes(self) -> bytes:
        return self._composed.as_bytes()


class _Busy(smtplib.SMTP):
    """Uses the time that the server takes to answer: while it hears of a message the one before is settled, while it takes the content
    the next one is prepared. A server that offers PIPELINING (RFC 2920) hears of it in one go."""

    settle: Settle
    prepare: Settle
    _meanwhile: Settle | None = None
    _gone: tuple[str, ...] = ()
    """Commands that are sent already."""

    def sendmail(  # type: ignore[override]  # our one caller gives these
        self, from_addr: str, to_addrs: list[str], msg: bytes, mail_options: Sequence[str] = (), rcpt_options: Sequence[str] = ()
    ) -> dict[str, tuple[int, bytes]]:
        self.ehlo_or_helo_if_needed()
        if self.has_extn("pipelining"):
            [to] = to_addrs
            size = f" size={len(msg)}" if self.has_extn("size") else ""
            self._gone = ("mail", "rcpt", "data")
            self.send(f"mail FROM:<{from_addr}>{size}\r\nrcpt TO:<{to}>\r\ndata\r\n")
        return super().sendmail(from_addr, to_addrs, msg, mail_options, rcpt_options)

    def putcmd(self, cmd: str, args: str = "") -> None:
        if self._has_gone(cmd):
            return
        while self._gone:  # the message is given up half-way
            self._gone = self._gone[1:]
            if self.getreply()[0] == 354:
                self.close()  # it waits for a content that is not to come
        super().putcmd(cmd, args)

    def close(self) -> None:
        self._gone = ()
        super().close()

    def _has_gone(self, cmd: str) -> bool:
        gone = self._gone[:1] == (cmd,)
        self._gone = self._gone[gone:]
        return gone

    def mail(self, sender: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        self._meanwhile = self.settle
        return self.getreply() if self._has_gone("mail") else super().mail(sender, options)

    def rcpt(self, recip: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        return self.getreply() if self._has_gone("rcpt") else super().rcpt(recip, options)

    def send(self, s: Any) -> None:
        super().send(s)
        if isinstance(s, bytes):  # the content; commands are texts
            self._meanwhile = self.prepare

    def getreply(self) -> tuple[int, bytes]:
        meanwhile, self._meanwhile = self._meanwhile, None
        if meanwhile:
            meanwhile()
        return super().getreply()


class _BusySsl(_Busy, smtplib.SMTP_SSL):
    pass


class _Connection(Connection):
    """Flask-Mail's connection with timeouts, checked certificates and a farewell that cannot fail."""

    def __init__(self, mail: Mail, server: Server, sender: str) -> None:
        super().__init__(mail)
        self._server = server
        self._name = sender.rpartition("@")[2]  # smtplib would look this machine's name up, for as long as that takes

    host: _Busy

    def configure_host(self) -> _Busy:
        server = self._server
        context = ssl.create_default_context() if server.use_tls or server.use_ssl else None
        host: _Busy
        if server.use_ssl:
            host = _BusySsl(server.host, server.port, self._name, timeout=server.timeout_s, context=context)
        else:
            host = _Busy(server.host, server.port, self._name, timeout=server.timeout_s)
        try:
            if server.use_tls:
                host.starttls(context=context)
            if server.username:
                host.login(server.username, server.password)
        except BaseException:
            host.close()
            raise
        return host

    def was_left(self) -> bool:
        """Whether the server has spoken or hung up unasked (as it does after a while): it would not take another message."""
        sock = self.host and self.host.sock
        return not sock or bool(select.select([sock], [], [], 0)[0])

    def __exit__(self, exc_type: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        if self.host is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            self.host.quit()
        self.host.close()


def _meaning(error: OSError | smtplib.SMTPException) -> DeliveryError:
    """What an error between ``MAIL FROM`` and the end of ``DATA`` means for trying again."""
    reply: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        step, (code, reply) = "recipient", next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPDataError):
        step, code, reply = "content", error.smtp_code, error.smtp_error
    elif isinstance(error, smtplib.SMTPResponseException):  # HELO or MAIL FROM: it would say so to any message
        return Unavailable(_short(error), _asked_wait_s(error.smtp_error))
    else:
        return Interrupted(_short(error))
    reason, wait_s, text = f"{step}: {_code(code, reply)}", _asked_wait_s(reply), _bytes(reply)
    if code in _ASKS_FOR_SIGN_IN:
        return Unavailable(reason)
    if code == 421 or text.startswith(b"4.3."):  # it is about to hang up, or has no room or no name service: nothing of this message
        return Interrupted(reason, wait_s)
    if code < 500 or _MAY_PASS.match(text) or (step == "recipient" and code == 552):
        return Transient(reason, wait_s)
    if step == "recipient" and (code in (551, 553) or _NOBODY_THERE.match(text)):
        return UnknownAddress(reason)
    return Permanent(reason)


def _short(error: OSError | smtplib.SMTPException) -> str:
    """Kind and code of an error; never the reply's text, where servers repeat addresses."""
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{type(error).__name__} {_code(error.smtp_code, error.smtp_error)}"
    return type(error).__name__


def _code(code: int, reply: bytes | str) -> str:
    enhanced = re.match(rb"[245]\.\d{1,3}\.\d{1,3}\b", _bytes(reply))
    return f"{code} {enhanced[0].decode()}" if enhanced else str(code)


def _asked_wait_s(reply: bytes | str) -> int | None:
    """The wait that greylisting servers ask for in words ("try again in 300 seconds", "come back in 00:05:00"), six hours at most."""
    text = _bytes(reply).lower()
    if clock := re.search(rb"\b(?:in|after|for) (\d\d):(\d\d):(\d\d)\b", text):
        wait_s = int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
    elif asked := re.search(rb"\b(?:in|after|for) (\d{1,5}) ?(s|m|h)(?:ec|in|our|\b)", text):
        wait_s = int(asked[1]) * {b"s": 1, b"m": 60, b"h": 3600}[asked[2]]
    else:
        return None
    return min(wait_s, _LONGEST_WAIT_S)


def _bytes(reply: bytes | str) -> bytes:
    return reply.encode() if isinstance(reply, str) else reply
