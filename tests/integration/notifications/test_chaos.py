"""A mail server that does whatever a mail server may do, and relays that are killed at any moment: nothing is lost.

What is repeated was in flight: its connection was cut after the server had taken it, or its relay was killed, which may repeat one.
"""

import asyncio
import random
import signal
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from notifications import outbox
from notifications.tables import suppressed_address
from tests.integration.notifications.conftest import Post
from tests.smtp import DROP, SLOW, SmtpServer, smtp_server
from tests.volume import volume

MESSAGES, KILLS = volume(200, 2000), volume(5, 60)
NOBODY = "550 5.1.1 there is nobody of that name"
TROUBLE = {
    "CONNECT": {"421 4.3.2 too many connections": 3, DROP: 2},
    "MAIL": {"421 4.3.2 closing": 1, "452 4.3.1 disk full": 1, DROP: 1, SLOW: 1},
    "RCPT": {"450 4.2.0 greylisted, try again in 1 seconds": 3, "451 4.3.0 no name service": 1, "421 4.7.0 slower": 1, DROP: 1, SLOW: 1},
    "DATA": {DROP: 4, "451 4.7.1 later": 1, "421 4.3.2 shutting down": 1, "452 4.3.1 disk full": 1, SLOW: 1},
}
"""How often in a hundred a command is answered so."""

RELAY = """
import os, socket, sys, threading
from app.db import Database
from app.services.leases import is_dead
from notifications import breaker, outbox, relay
from notifications.samples import CITY
from notifications.transport.base import Mailbox
from notifications.transport.mail import MailTransport, Server
from tests.integration.notifications.conftest import seal, unseal
relay.LOOK_S, relay.FIRST_BACK_OFF_S, relay.LONGEST_BACK_OFF_S, breaker.FIRST_PAUSE_S, breaker.LONGEST_PAUSE_S = 0.02, 0.05, 1, 0.02, 0.2
database = Database(sys.argv[1])
with database.begin() as connection:
    outbox.release_dead(connection, is_dead)
transport = MailTransport(Server("127.0.0.1", int(sys.argv[2])), Mailbox("entraide@example.org"))
stop = threading.Event()
def stop_when_done():
    while not stop.wait(0.05):
        with database.begin() as connection:
            counts = outbox.counts(connection)
        if not counts["waiting"] + counts["sending"]:
            stop.set()
threading.Thread(target=stop_when_done, daemon=True).start()
relay.Relay(database.connect, transport, unseal, CITY, f"{socket.gethostname()}:{os.getpid()}", seal=seal).run(stop)
"""


@dataclass
class Chaos(SmtpServer):
    """Answers at random, knows of some addresses that nobody is there, and calls ``kill`` at some of the commands or right after."""

    rng: random.Random = field(default_factory=random.Random)
    nobody: frozenset[str] = frozenset()
    kill_at: frozenset[int] = frozenset()
    kill: Callable[[], None] = lambda: None
    commands: int = 0
    answers: Counter[str] = field(default_factory=Counter)

    def next_order(self, verb: str, recipients: list[str]) -> str | None:
        self.commands += 1
        if self.commands in self.kill_at:
            asyncio.get_running_loop().call_later(self.rng.choice([0, self.rng.uniform(0, 0.005)]), self.kill)
        trouble = TROUBLE.get(verb, {})
        [order] = self.rng.choices([*trouble, None], [*trouble.values(), 100 - sum(trouble.values())])
        if verb == "RCPT" and order in (None, SLOW) and self.nobody.intersection(recipients):
            order = NOBODY
        if order:
            self.answers[f"{verb} {order}"] += 1
        return order


class Relays:
    """Some relay processes, each started again when it was killed; they end when nothing is left to be sent."""

    def __init__(self, url: str, port: int, number: int, rng: random.Random) -> None:
        self._command = [sys.executable, "-c", RELAY, url, str(port)]
        self._number = number
        self._rng = rng
        self._running: dict[int, subprocess.Popen[bytes]] = {}
        self.killed = 0

    def run(self) -> None:
        with ThreadPoolExecutor(self._number) as each:
            assert list(each.map(self._keep_running, range(self._number))) == [0] * self._number

    def _keep_running(self, which: int) -> int:
        code = -signal.SIGKILL
        while code == -signal.SIGKILL:
            self._running[which] = subprocess.Popen(self._command, cwd=Path(__file__).parents[3])
            code = self._running[which].wait(300)
            self.killed += code == -signal.SIGKILL
        return code

    def kill_one(self) -> None:
        self._rng.choice([*self._running.values()]).kill()


def contents(message: EmailMessage) -> tuple[str, ...]:
    """What the recipient sees; the parts are held apart by a boundary that is drawn anew."""
    parts = [str(part.get_content()) for part in message.iter_parts() if isinstance(part, EmailMessage)]
    return (message["To"], message["Subject"], str(message["Date"]), *parts)


def fill(post: Post) -> frozenset[str]:
    """Two messages for each address, the second ones after all first ones; the addresses of which one in ten has nobody."""
    post.clock.now = datetime.now(UTC)
    for number in range(MESSAGES):
        post.enqueue(f"v{number % (MESSAGES // 2)}@example.org")
    return frozenset(f"v{number}@example.org" for number in range(0, MESSAGES // 2, 10))


def test_whatever_a_server_does_and_whoever_dies_nothing_is_lost(
    post: Post, empty_db_url: str, record_property: Callable[[str, object], None]
) -> None:
    rng, number = random.Random(5), 2 if empty_db_url.startswith("postgresql") else 1
    nobody = fill(post)
    server = Chaos(rng=rng, nobody=nobody, kill_at=frozenset(rng.sample(range(5, 5 * MESSAGES // 2), KILLS)))
    with smtp_server(state=server):
        relays = Relays(empty_db_url, server.port, number, random.Random(6))
        server.kill = relays.kill_one
        relays.run()

    rows = post.rows()
    ids = {state: {row.message_id for row in rows if row.state == state} for state in {row.state for row in rows}}
    received = Counter(server.message_ids)
    cut = Counter(each.message["Message-ID"] for each in server.received if not each.answered)
    states = Counter(row.state for row in rows)
    repeated = sum(received.values()) - len(received)
    unexplained = sum(max(times - 1 - cut[id], 0) for id, times in received.items())
    assert received.keys() == ids["sent"], "none is lost, none is sent that is said not to be"
    assert len(rows) == MESSAGES == states["sent"] + states["refused"] + states["suppressed"]
    assert states["refused"] + states["suppressed"] == 2 * len(nobody)
    indexes = {f"index of {address}" for address in nobody}
    assert {row.recipient_index for row in rows if row.state != "sent"} == indexes
    with post.database.begin() as connection:
        assert set(connection.execute(suppressed_address.select()).scalars()) == indexes
        told = outbox.refused_unhandled(connection, MESSAGES)
    assert {each.id for each in told} == {row.id for row in rows if row.state != "sent"}
    assert unexplained <= relays.killed, "a kill repeats the message in flight at most"
    seen = defaultdict(set)
    for each in server.received:
        seen[each.message["Message-ID"]].add(contents(each.message))
    assert {len(versions) for versions in seen.values()} == {1}, "a repeat is the same message"
    figures = [
        f"relays {number}", f"messages {len(rows)}", f"delivered {states['sent']}", f"refused {states['refused']}",
        f"not sent since there is nobody {states['suppressed']}", "lost 0", f"relays killed {relays.killed}",
        f"connections cut after the content {cut.total()}", f"repeats {repeated}", f"of them by a kill {unexplained}",
        f"other bad answers {server.answers.total() - cut.total()}",
    ]  # fmt: skip
    record_property(f"chaos on {post.database.engine.dialect.name}", figures)
