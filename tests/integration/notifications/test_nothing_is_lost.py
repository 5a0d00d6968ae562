"""Whatever people wish, the clock says and the mail server answers: each message is explained."""

import json
import threading
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.messages import Message, from_dict
from notifications.relay import Relay
from notifications.tables import outbox as table
from notifications.tables import wishes as wishes_table
from notifications.topics import Topic
from notifications.transport.base import Envelope, Transient
from notifications.transport.memory import MemoryTransport
from notifications.wishes import Rhythm
from tests.integration.notifications.conftest import Post, unseal
from tests.integration.notifications.desk import CONTACTS, ENDED, NEWS, PASSWORD, PROPOSAL, SENDER, Desk


def test_two_relays_give_a_reader_one_digest(post: Post) -> None:
    desk = Desk(post)
    desk.wish(rhythm=Rhythm.DAILY)
    for _ in range(40):
        post.enqueue(message=NEWS)
    failures: list[BaseException] = []

    def work(relay: Relay) -> None:
        try:
            while relay.run_once():
                pass
        except BaseException as error:
            failures.append(error)

    relays = [threading.Thread(target=work, args=(desk.another(str(number)),)) for number in range(3)]
    for thread in relays:
        thread.start()
    for thread in relays:
        thread.join()
    assert failures == []
    assert desk.work("2026-11-26 08:00") == ["40 nouvelles d’À deux pas"]


@dataclass
class Step:
    hours: int
    who: str
    message: Message
    urgent: bool
    consented: bool
    off: set[Topic] = field(default_factory=set)
    rhythm: Rhythm | None = None
    fails: bool = False


MESSAGES = [NEWS, ENDED, PROPOSAL, CONTACTS, PASSWORD]
STEPS = st.lists(
    st.builds(
        Step, hours=st.integers(0, 30), who=st.sampled_from(["a@example.org", "b@example.org"]), message=st.sampled_from(MESSAGES),
        urgent=st.booleans(), consented=st.sampled_from([True, True, True, False]),
        off=st.sets(st.sampled_from([Topic.PROGRESS, Topic.REQUESTS])),
        rhythm=st.none() | st.sampled_from(list(Rhythm)), fails=st.booleans(),
    ),
    min_size=1, max_size=14,
)  # fmt: skip


class Shaky(MemoryTransport):
    """Refuses for the moment what comes while ``fails`` is set."""

    fails = False

    def send(self, envelope: Envelope, *more: Any) -> None:
        if self.fails:
            raise Transient("recipient: 450")
        super().send(envelope, *more)


@given(STEPS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_message_is_sent_bundled_in_one_that_was_sent_or_skipped_with_a_reason(post: Post, steps: list[Step]) -> None:
    with post.database.begin() as connection:
        connection.execute(table.delete())
        connection.execute(wishes_table.delete())
    desk = Desk(post, transport=Shaky(SENDER))
    for step in steps:
        post.clock.advance(hours=step.hours)
        if step.rhythm:
            desk.wish(step.who, off=step.off, rhythm=step.rhythm)
        post.enqueue(step.who, step.message, urgent=step.urgent, consented=step.consented)
        desk.transport.fails = step.fails
        desk.work()
    desk.transport.fails = False
    for _ in range(24):
        post.clock.advance(hours=8)
        desk.work()
    rows = {row.id: row for row in post.rows()}
    for row in rows.values():
        if row.state == "bundled":
            assert rows[row.bundled_in].state in ("sent", "refused") and row.reason
        else:
            ends = {"sent": True, "skipped": row.reason, "refused": row.last_error == "given up: recipient: 450"}
            assert ends.get(row.state), (row.state, row.reason)
    sent = [mail["Message-ID"] for mail in desk.transport.sent]
    assert sorted(sent) == sorted(row.message_id for row in rows.values() if row.state == "sent"), "each once"
    digests = [from_dict(json.loads(unseal(row.payload))) for row in rows.values() if row.kind == "digest" and row.state != "skipped"]
    assert sum(len(digest.items) for digest in digests) == sum(row.state == "bundled" for row in rows.values())  # type: ignore[attr-defined]
