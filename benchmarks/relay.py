"""The relay beside a bare ``smtplib`` loop over one connection, to the same server in a process of its own: ``python -m benchmarks.relay``.

Both sides take turns. With rendering each makes its messages while it sends them; without, both are given the same finished bytes. The
run fails unless the server got from either side the very same messages, each once, and the outbox says that all were sent.
"""

import base64
import contextlib
import datetime as dt
import gc
import os
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from unittest.mock import patch

import psycopg

from app.crypto import Keyring
from app.db import Database
from app.services.telling import SEALED_AS
from benchmarks.engine.timing import NotExact
from notifications import outbox
from notifications.outbox import Recipient
from notifications.relay import Relay
from notifications.render import Rendered, render
from notifications.samples import CITY, SAMPLES
from notifications.tables import OutboxState, metadata
from notifications.transport.base import Envelope, Mailbox
from notifications.transport.mail import MailTransport, Server
from notifications.transport.mime import compose
from tests import postgres

MESSAGES, TURNS = 200, 15
WANTED = 0.8
SENDER = Mailbox("entraide@example.org", "À deux pas")
SERVER = """
import asyncio, hashlib, re, sys
from aiosmtpd.smtp import SMTP
got = []
class Handler:
    async def handle_DATA(self, server, session, envelope):
        got.append(envelope.content)
        return "250 taken"
class Pipelining(Handler):
    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]
async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Pipelining(), hostname="mail.example.org", loop=loop), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    loop.add_reader(sys.stdin, tell)
    await asyncio.Event().wait()
def tell():
    if not sys.stdin.readline():
        sys.exit()
    ids = [re.search(rb"^Message-ID: <(.*)>", content, re.M)[1].decode() for content in got]
    print(*(f"{id}={hashlib.sha256(content).hexdigest()}" for id, content in zip(ids, got)), flush=True)
    got.clear()
asyncio.run(main())
"""


class SmtpProcess:
    """A server of its own that keeps what it got until it is asked."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())

    def got(self) -> dict[str, str]:
        """By ``Message-ID`` a hash of the message's bytes; raises :class:`NotExact` for one that came twice."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        pairs = [each.split("=") for each in self._process.stdout.readline().split()]
        if len(dict(pairs)) < len(pairs):
            raise NotExact("a message came twice")
        return dict(pairs)

    def close(self) -> None:
        self._process.communicate()


PLAIN = [message for message in SAMPLES.values() if message.kind != "digest" and not getattr(message, "invitation", None)]
"""All kinds of messages but digests, which the relay makes itself, and those with a calendar part, which the bare loop does not know."""


class Outbox:
    """A database whose outbox is filled anew for each turn; all kinds of messages in turn, sealed as the service does."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.database = Database(url)
        self._keys = Keyring("k1:" + base64.b64encode(os.urandom(32)).decode())
        metadata.create_all(self.database.engine)

    def seal(self, text: str) -> str:
        return self._keys.seal(text, SEALED_AS)

    def unseal(self, text: str) -> str:
        return self._keys.unseal(text, SEALED_AS)

    def record_ms(self) -> float:
        """What it takes to record that one message went, alone: the median of some."""
        self.fill(50)
        taken = []
        with self.database.connect() as connection:
            for id in connection.execute(outbox.outbox.select()).scalars().all():
                connection.rollback()
                began = time.perf_counter()
                with connection.begin():
                    outbox.record_sent(connection, id, now=dt.datetime.now(dt.UTC))
                taken.append(time.perf_counter() - began)
        return median(taken) * 1000

    def fill(self, messages: int) -> list[Envelope]:
        """What is to be sent, rendered."""
        now, rendered = dt.datetime.now(dt.UTC), []
        with self.database.begin() as connection:
            connection.execute(outbox.outbox.delete())
            for number, message in enumerate(islice(cycle(PLAIN), messages)):
                to = Recipient(f"v{number}@example.net", f"index {number}", ("fr", "en")[number % 2], "Zoé Martin", consented=True)
                outbox.enqueue(
                    connection, message, to=to, about="match:1", now=now, sender_domain="example.org",
                    seal=self.seal,
                )  # fmt: skip
                words = render(message, to.language, CITY)
                rendered.append((Mailbox(to.address, to.name), words.subject, words.text, words.html))
            rows = connection.execute(outbox.outbox.select().order_by(outbox.outbox.c.id)).all()
        return [Envelope(*each, row.message_id, row.created_at) for each, row in zip(rendered, rows, strict=True)]


def bare_s(port: int, envelopes: list[Envelope], finished: dict[str, bytes]) -> float:
    """Seconds that the bare loop takes; what is not ``finished`` is rendered and composed on the way."""
    messages = list(zip(cycle(PLAIN), cycle(("fr", "en")), envelopes, strict=False))
    began = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, "example.org") as server:
        for message, language, envelope in messages:
            content = finished.get(envelope.message_id)
            if content is None:
                words = render(message, language, CITY)
                made = Envelope(envelope.to, words.subject, words.text, words.html, envelope.message_id, envelope.date)
                content = compose(made, SENDER).as_bytes()
            server.sendmail(SENDER.address, [envelope.to.address], content)
    return time.perf_counter() - began


def relay_s(port: int, full: Outbox, finished: dict[str, bytes]) -> float:
    """Seconds until the relay has sent, and recorded, all of the outbox."""
    relay = Relay(full.database.connect, MailTransport(Server("127.0.0.1", port), SENDER), full.unseal, CITY, "relay", seal=full.seal)
    with patched(finished):
        began = time.perf_counter()
        while relay.run_once():
            pass
        taken = time.perf_counter() - began
    with full.database.begin() as connection:
        if outbox.counts(connection)[OutboxState.SENT] != sum(outbox.counts(connection).values()):
            raise NotExact("the outbox does not say that all were sent")
    return taken


class Finished:
    """In the place of a message that was composed beforehand."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def as_bytes(self) -> bytes:
        return self._content


@contextlib.contextmanager
def patched(finished: dict[str, bytes]) -> Iterator[None]:
    """The relay finds what is ``finished`` made already, where there is any."""
    if not finished:
        yield
        return
    with (
        patch("notifications.relay.render", lambda *_: Rendered("", "", "")),
        patch("notifications.transport.mail.compose", lambda envelope, _: Finished(finished[envelope.message_id])),
    ):
        yield


def row(full: Outbox, server: SmtpProcess, *, rendering: bool, messages: int, turns: int) -> str:
    """A line of the table. Raises :class:`NotExact` unless both sides sent the same."""
    ours, theirs, records = [], [], []
    for _ in range(turns):
        records.append(full.record_ms())
        envelopes = full.fill(messages)
        finished = {} if rendering else {each.message_id: compose(each, SENDER).as_bytes() for each in envelopes}
        gc.collect()
        theirs.append(bare_s(server.port, envelopes, finished))
        by_them = server.got()
        ours.append(relay_s(server.port, full, finished))
        by_us = server.got()
        if by_us.keys() != {each.message_id.strip("<>") for each in envelopes} or by_us.keys() != by_them.keys():
            raise NotExact("the two sides did not send the same messages")
        if finished and by_us != by_them:
            raise NotExact("the two sides did not send the same bytes")
    times = median(theirs) / median(ours)
    missed = f" (missed: {WANTED})" if times < WANTED else ""
    each = sorted(a / b for a, b in zip(theirs, ours, strict=True))
    made = "while sending" if rendering else "beforehand"
    rates = f"{messages / median(ours):,.0f} | {messages / median(theirs):,.0f}"
    middle = f"{each[turns // 10]:.2f} to {each[-1 - turns // 10]:.2f}"
    return f"| {full.name} | {made} | {rates} | {times:.2f}{missed} | {middle} | {median(records):.2g} |"


@contextlib.contextmanager
def outboxes() -> Iterator[list[Outbox]]:
    """On both databases, each as safe as in a city: what was recorded outlives a power cut."""
    with tempfile.TemporaryDirectory() as folder:
        found = [Outbox("SQLite", f"sqlite:///{Path(folder, 'outbox.db')}")]
        with contextlib.suppress(postgres.NoPostgres):
            server = postgres.start(os.getpid(), durable=True)
            with psycopg.connect(server.format(name="postgres").replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("CREATE DATABASE outbox")
            found.append(Outbox("PostgreSQL", server.format(name="outbox")))
        with contextlib.ExitStack() as stack:
            for each in found:
                stack.callback(each.database.close)
            yield found


def main(messages: int = MESSAGES, turns: int = TURNS) -> None:
    print("| database | messages made | relay, a second | bare loop, a second | times its rate | in 8 of 10 turns | a record alone, ms |")
    print("| --- | --- | --- | --- | --- | --- | --- |", flush=True)
    with contextlib.closing(SmtpProcess()) as server, outboxes() as found:
        for full in found:
            for rendering in (False, True):
                print(row(full, server, rendering=rendering, messages=messages, turns=turns), flush=True)


if __name__ == "__main__":
    main()
