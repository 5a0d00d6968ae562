"""Messages kept in a list, for tests."""

from collections.abc import Callable
from email.message import EmailMessage

from notifications.transport.base import Envelope, Mailbox
from notifications.transport.mime import compose


class MemoryTransport:
    def __init__(self, sender: Mailbox) -> None:
        self._sender = sender
        self.sent: list[EmailMessage] = []

    def send(self, envelope: Envelope, settle: Callable[[], None]) -> None:
        settle()
        self.sent.append(compose(envelope, self._sender))

    def close(self) -> None:
        pass
