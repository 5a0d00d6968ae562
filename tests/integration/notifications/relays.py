"""Relays for tests, and a transport that fails as it is told to."""

import random
from email.message import EmailMessage

from notifications.relay import Relay
from notifications.samples import CITY
from notifications.transport.base import Envelope, Mailbox, Prepare, Settle, Transport
from notifications.transport.memory import MemoryTransport
from tests.integration.notifications.conftest import Post, seal, unseal

SENDER = Mailbox("entraide@example.org", "À deux pas")


class Scripted(MemoryTransport):
    """Raises what ``failures`` holds, in turn, before it takes anything; ``closed`` counts."""

    def __init__(self, *failures: Exception) -> None:
        super().__init__(SENDER)
        self.failures = list(failures)
        self.closed = 0

    def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
        if self.failures:
            raise self.failures.pop(0)
        super().send(envelope, settle, prepare)

    def close(self) -> None:
        self.closed += 1


def relay(post: Post, transport: Transport, holder: str = "relay", **options: object) -> Relay:
    options = {"clock": post.clock, "rng": random.Random(7), "seal": seal} | options
    return Relay(post.database.connect, transport, unseal, CITY, holder, **options)  # type: ignore[arg-type]


def ids(messages: list[EmailMessage]) -> list[str]:
    return [message["Message-ID"] for message in messages]
