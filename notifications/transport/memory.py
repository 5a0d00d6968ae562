"""Messages kept in a list, for tests."""

from email.message import EmailMessage

from notifications.transport.base import Envelope, Mailbox, Prepare, Settle
from notifications.transport.mime import compose


class MemoryTransport:
    def __init__(self, sender: Mailbox) -> None:
        self._sender = sender
        self.sent: list[EmailMessage] = []

    def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
        settle()
        self.sent.append(compose(envelope, self._sender))

    def close(self) -> None:
        pass
