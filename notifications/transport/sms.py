"""Text messages, through a gateway with an HTTP interface: each a POST of JSON, on one connection for many messages.

The contract is in docs/operations.md, with an example. Certificates are checked, redirects are not followed: the token and the
number go to the address that was set and to no other.
"""

import datetime as dt
import http.client
import json
import re
import select
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from notifications.transport.base import DeliveryError, Envelope, Interrupted, Permanent, Prepare, Settle, Transient, Unavailable

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_ANSWER = 64 * 1024
_LONGEST_WAIT_S = 6 * 3600
_SET_UP_WRONGLY = (401, 403, 404, 405, 407)
_PASSES = (408, 425)


@dataclass(frozen=True)
class Gateway:
    """Where the messages are posted; ``token`` goes with each, ``sender`` is whom they come from; ``timeout_s`` holds for each step."""

    url: str
    token: str
    sender: str
    timeout_s: float = 20

    def __repr__(self) -> str:
        return f"Gateway({urlsplit(self.url).hostname!r})"


class SmsTransport:
    """Posts ``to`` (in E.164), ``from``, ``text`` and ``id``; a repeat has the same ``id``. Of an envelope only the text is sent."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        where = urlsplit(gateway.url)
        self._path = (where.path or "/") + (f"?{where.query}" if where.query else "")
        self._headers = {"Authorization": f"Bearer {gateway.token}", "Content-Type": "application/json", "Accept": "application/json"}
        self._connection: http.client.HTTPConnection | None = None

    def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
        to = envelope.to.address
        if not _NUMBER.fullmatch(to):
            raise Permanent("no phone number")
        body = {"to": to, "from": self._gateway.sender, "text": envelope.text, "id": envelope.message_id.strip("<>")}
        connection = self._connect()
        settle()
        try:
            connection.request("POST", self._path, json.dumps(body).encode(), self._headers)
            prepare()
            answer = connection.getresponse()
            answer.read(_LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Interrupted(type(error).__name__) from None
        except BaseException:  # what was begun here is nothing for the next message to go on with
            self.close()
            raise
        if not answer.isclosed():
            self.close()
        if not 200 <= answer.status < 300:
            raise _meaning(answer)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection:
            with suppress(OSError):
                connection.close()

    def _connect(self) -> http.client.HTTPConnection:
        if self._connection and _was_left(self._connection):
            self.close()
        if self._connection is None:
            where, timeout_s = urlsplit(self._gateway.url), self._gateway.timeout_s
            host = where.hostname or ""
            fresh = (
                http.client.HTTPSConnection(host, where.port, timeout=timeout_s, context=ssl.create_default_context())
                if where.scheme == "https"
                else http.client.HTTPConnection(host, where.port, timeout=timeout_s)
            )
            try:
                fresh.connect()
            except OSError as error:
                fresh.close()
                raise Unavailable(f"connect: {type(error).__name__}") from None
            self._connection = fresh
        return self._connection


def _was_left(connection: http.client.HTTPConnection) -> bool:
    """Whether the gateway has hung up, or has spoken unasked: it would not take another message there."""
    return connection.sock is None or bool(select.select([connection.sock], [], [], 0)[0])


def _meaning(answer: http.client.HTTPResponse) -> DeliveryError:
    """What an answer that is no yes means for trying again. Its text is not repeated: it may hold the number."""
    reason, wait_s = f"answer {answer.status}", _asked_wait_s(answer.headers.get("Retry-After", ""))
    if answer.status in (429, 503):
        return Unavailable(reason, wait_s)
    if answer.status in _PASSES:
        return Transient(reason, wait_s)
    if answer.status < 400 or answer.status in _SET_UP_WRONGLY:
        return Unavailable(reason)
    if answer.status < 500:
        return Permanent(reason)
    return Interrupted(reason, wait_s)


def _asked_wait_s(text: str) -> int | None:
    """``Retry-After`` in either of its forms, six hours at most."""
    if text.isascii() and text.isdigit():
        return min(int(text[:9]), _LONGEST_WAIT_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    wait = until.replace(tzinfo=until.tzinfo or dt.UTC) - dt.datetime.now(dt.UTC)
    return min(max(int(wait.total_seconds()), 0), _LONGEST_WAIT_S)
