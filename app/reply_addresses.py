"""Addresses to which answers and delivery reports come: each names one message, and nobody can make one up."""

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence

_MARK_BYTES = 10
"""What somebody who tries addresses one by one, by mail, will never hit."""


class ReplyAddresses:
    """The first of ``secrets`` signs, all are read. ``pattern`` is an address with ``{}`` in its local part; empty: there are none.

    The local part is at most 29 characters longer than the pattern's, in lower case and digits: some mail servers change the case.

    >>> addresses = ReplyAddresses([b"secret"], "entraide+{}@example.org")
    >>> addresses.of(12)
    'entraide+r.12.6cz6sreupoqn2yww@example.org'
    >>> addresses.read("Entraide+R.12.6cz6sreupoqn2yww@example.org"), addresses.read("entraide+r.13.6cz6sreupoqn2yww@example.org")
    (12, 0)
    >>> addresses.read("entraide@example.org") is None
    True
    """

    def __init__(self, secrets: Sequence[bytes], pattern: str) -> None:
        self._secrets, self._pattern = secrets, pattern
        self._form = re.compile(re.escape(pattern).replace(r"\{\}", r"r\.([0-9]{1,10})\.([a-z2-7]{1,32})"), re.IGNORECASE)

    def of(self, message_id: int) -> str:
        """The address of a message; empty where there are none."""
        return self._pattern.replace("{}", f"r.{message_id}.{self._mark(message_id, self._secrets[0])}")

    def read(self, address: str) -> int | None:
        """Which message it names: 0 when it was made up, ``None`` for any other address."""
        found = self._form.fullmatch(address) if self._pattern else None
        if found is None:
            return None
        number = int(found[1])
        return number if any(hmac.compare_digest(found[2].lower(), self._mark(number, secret)) for secret in self._secrets) else 0

    @staticmethod
    def _mark(message_id: int, secret: bytes) -> str:
        mark = hmac.digest(secret, f"reply:{message_id}".encode(), hashlib.sha256)[:_MARK_BYTES]
        return base64.b32encode(mark).decode().lower()
