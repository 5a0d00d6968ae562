"""A relay with a city's rules, on a real database, at a time that the test says."""

import datetime as dt
import random
from typing import Any
from zoneinfo import ZoneInfo

from config.waking import parse
from notifications import wishes
from notifications.messages import NeedClosed, NobodyYet
from notifications.policy import Rules
from notifications.relay import Relay
from notifications.render import Ways
from notifications.samples import CITY, SAMPLES
from notifications.topics import Topic
from notifications.transport.base import Mailbox
from notifications.transport.memory import MemoryTransport
from notifications.wishes import Rhythm
from notifications.words import NBSP
from tests.integration.notifications.conftest import Post, seal, unseal

PARIS = ZoneInfo("Europe/Paris")
RULES = Rules(PARIS, parse("08:00-21:00"), cap=3)
SENDER = Mailbox("entraide@example.org", "À deux pas")
NEWS = NobodyYet("Zoé", "pets", "https://entraide.example.org/page/AAA")
ENDED = NeedClosed("Zoé", "shopping", "expired")
PROPOSAL, CONTACTS, PASSWORD = SAMPLES["proposal_to_volunteer"], SAMPLES["agreed_to_resident"], SAMPLES["reset_password"]
ZOE = "zoe@example.org"


def paris(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS)


def plain(text: object) -> str:
    return str(text).replace(NBSP, " ")


def ways(wishes_id: int, topic: Topic) -> Ways:
    return Ways(f"https://entraide.example.org/messages/{wishes_id}", f"https://entraide.example.org/unsubscribe/{wishes_id}-{topic}")


class Desk:
    """A relay with the city's rules, and what it sent."""

    def __init__(self, post: Post, now: str = "2026-11-25 14:00", transport: Any = None) -> None:
        self.post, self.transport = post, transport or MemoryTransport(SENDER)
        post.clock.now = paris(now)
        self.relay = self.another("relay")

    def another(self, holder: str) -> Relay:
        return Relay(
            self.post.database.connect, self.transport, unseal, CITY, holder, clock=self.post.clock, seal=seal, rules=RULES, ways=ways,
            rng=random.Random(7),
        )  # fmt: skip

    def work(self, at: str | None = None) -> list[str]:
        """Send what is due (``at`` some time); the subjects that went, in order."""
        self.post.clock.now = paris(at) if at else self.post.clock.now
        before = len(self.transport.sent)
        while self.relay.run_once():
            pass
        return [plain(mail["Subject"]) for mail in self.transport.sent[before:]]

    def wish(self, address: str = ZOE, off: set[Topic] | None = None, rhythm: Rhythm = Rhythm.AT_ONCE, night: bool = False) -> None:
        with self.post.database.begin() as connection:
            here = wishes.known(connection, f"index of {address}", consented=False, now=self.post.clock())
            wishes.change(connection, here, off=off or set(), rhythm=rhythm, night=night, now=self.post.clock())

    def outcomes(self) -> list[tuple[str, str | None]]:
        return [(row.state, row.reason) for row in self.post.rows()]
