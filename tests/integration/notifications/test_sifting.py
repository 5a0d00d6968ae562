"""The policy at work: an outbox that says of each message what became of it and why."""

import datetime as dt
import json
from typing import Any

import pytest
from sqlalchemy import event

from notifications import outbox
from notifications.messages import Digest, from_dict
from notifications.relay import Relay
from notifications.render import Ways
from notifications.samples import CITY, SAMPLES
from notifications.tables import outbox as table
from notifications.tables import suppressed_address
from notifications.topics import Topic
from notifications.transport.base import Envelope, Mailbox, Transient
from notifications.transport.mail import MailTransport, Server
from notifications.transport.memory import MemoryTransport
from notifications.transport.mime import compose
from notifications.wishes import Rhythm
from tests.integration.notifications.conftest import Post, seal, unseal
from tests.integration.notifications.desk import CONTACTS, ENDED, NEWS, PASSWORD, PROPOSAL, RULES, SENDER, ZOE, Desk, paris, plain
from tests.smtp import SmtpServer


@pytest.fixture
def desk(post: Post) -> Desk:
    return Desk(post)


def test_what_waits_for_the_morning_says_so_and_goes_then(post: Post) -> None:
    desk = Desk(post, "2026-11-25 22:40")
    for message in (CONTACTS, PASSWORD, NEWS, PROPOSAL):
        post.enqueue(message=message)
    assert len(desk.work()) == 1
    held = ("waiting", "quiet hours")
    assert desk.outcomes() == [held, ("sent", None), held, held]
    assert {(row.due_at, row.attempts) for row in post.rows() if row.state == "waiting"} == {(paris("2026-11-26 08:00"), 0)}
    assert desk.work("2026-11-26 07:59") == []
    assert len(desk.work("2026-11-26 08:00")) == 3
    assert {mail["Date"].datetime for mail in desk.transport.sent[1:]} == {paris("2026-11-26 08:00")}
    assert desk.outcomes()[0] == ("sent", "quiet hours")


def test_an_urgent_message_wakes_whoever_did_not_say_otherwise(post: Post) -> None:
    desk = Desk(post, "2026-11-25 23:00")
    for address in ("awake@example.org", "asleep@example.org"):
        post.enqueue(address, PROPOSAL, urgent=True)
    desk.wish("asleep@example.org", night=True)
    assert len(desk.work()) == 1
    assert [row.state for row in post.rows()] == ["sent", "waiting"]
    assert len(desk.work("2026-11-26 08:00")) == 1


def test_nobody_is_woken_to_say_how_it_was(post: Post) -> None:
    desk = Desk(post, "2026-11-25 23:00")
    post.enqueue(message=SAMPLES["how_was_it-resident"], urgent=True)
    assert desk.work() == []
    assert desk.outcomes() == [("waiting", "quiet hours")]


def test_an_address_gets_no_more_than_a_confirmation_before_it_was_confirmed(desk: Desk) -> None:
    for message in (PASSWORD, NEWS, CONTACTS):
        desk.post.enqueue(message=message, consented=False)
    assert len(desk.work()) == 1
    never = ("skipped", "the address was never confirmed")
    assert desk.outcomes() == [("sent", None), never, never]
    desk.post.enqueue(message=CONTACTS, consented=True)
    desk.post.enqueue(message=NEWS, consented=False)
    assert len(desk.work()) == 2, "it is the address that was confirmed"


def test_what_was_stopped_is_skipped_with_its_reason_and_nobody_is_to_call(desk: Desk) -> None:
    desk.wish(off={Topic.PROGRESS, Topic.REQUESTS})
    for message in (NEWS, PROPOSAL, CONTACTS):
        desk.post.enqueue(message=message)
    desk.work()
    assert desk.outcomes() == [("skipped", "unsubscribed: progress"), ("skipped", "unsubscribed: requests"), ("sent", None)]
    with desk.post.database.begin() as connection:
        assert outbox.refused_unhandled(connection, 10) == []


def test_what_nobody_can_do_without_cannot_be_stopped(desk: Desk) -> None:
    with pytest.raises(ValueError, match="only news, progress, requests can be stopped"):
        desk.wish(off={Topic.MATCH})


def test_an_address_that_takes_nothing_gets_nothing_and_somebody_is_to_call(desk: Desk) -> None:
    desk.post.enqueue(message=PASSWORD)
    with desk.post.database.begin() as connection:
        row = {"recipient_index": f"index of {ZOE}", "reason": "bounced", "since": desk.post.clock()}
        connection.execute(suppressed_address.insert().values(row))
    assert desk.work() == []
    assert desk.outcomes() == [("suppressed", "address suppressed: bounced, 2026-11-25")]
    with desk.post.database.begin() as connection:
        [found] = outbox.refused_unhandled(connection, 10)
        assert found.why == "address suppressed: bounced, 2026-11-25"


def test_a_weekly_digest_brings_what_came_in_the_week_and_what_is_needed_goes_at_once(desk: Desk) -> None:
    desk.wish(rhythm=Rhythm.WEEKLY)
    desk.post.enqueue(message=NEWS)
    desk.post.enqueue(message=CONTACTS)
    assert len(desk.work()) == 1
    desk.post.enqueue(message=ENDED, now=paris("2026-11-27 10:00"))
    assert desk.work("2026-11-27 10:00") == []
    assert desk.work("2026-11-29 12:00") == [], "not before Monday"
    assert desk.work("2026-11-30 08:00") == ["2 nouvelles d’À deux pas"]

    first, _contacts, digest, second = desk.post.rows()
    assert [(row.state, row.bundled_in, row.reason) for row in (first, second)] == [("bundled", digest.id, "weekly digest")] * 2
    assert (digest.state, digest.kind, digest.about, digest.attempts) == ("sent", "digest", "need:1", 1)
    message = from_dict(json.loads(unseal(digest.payload)))
    assert isinstance(message, Digest) and [item.message for item in message.items] == [NEWS, ENDED]
    mail = desk.transport.sent[-1]
    assert mail["Message-ID"] == digest.message_id
    assert mail["Date"].datetime == paris("2026-11-30 08:00"), "an old date would hide it among old mail"
    text = plain(mail.get_body(("plain",)).get_content())
    assert "mercredi 25 novembre à 14 h" in text and "vendredi 27 novembre à 10 h" in text
    assert text.count("Bonjour Zoé") == 1


def test_beyond_the_cap_what_can_wait_comes_in_one_message_next_morning(desk: Desk) -> None:
    for _ in range(5):
        desk.post.enqueue(message=NEWS)
    desk.post.enqueue(message=PROPOSAL)
    desk.post.enqueue("anne@example.org", NEWS)
    assert len(desk.work()) == 3 + 1 + 1
    assert [row.state for row in desk.post.rows()] == ["sent"] * 3 + ["bundled"] * 2 + ["sent"] * 2 + ["waiting"]
    assert desk.post.rows()[4].reason == "daily cap"
    desk.post.enqueue(message=ENDED)
    assert desk.work("2026-11-25 20:00") == []
    assert desk.work("2026-11-26 08:00") == ["3 nouvelles d’À deux pas"]
    desk.post.enqueue(message=NEWS)
    assert len(desk.work("2026-11-26 09:00")) == 1, "a new day"


def test_the_citys_day_counts_and_not_that_of_greenwich(desk: Desk) -> None:
    desk.post.clock.now = paris("2026-11-26 00:30")  # still the 25th in UTC
    for _ in range(3):
        desk.post.enqueue(message=PASSWORD)
    assert len(desk.work("2026-11-26 00:30")) == 3
    desk.post.enqueue(message=NEWS)
    assert desk.work("2026-11-26 09:00") == []
    assert desk.post.rows()[3].reason == "daily cap"


def test_whoever_unsubscribes_before_the_digest_is_due_does_not_get_it(desk: Desk) -> None:
    desk.wish(rhythm=Rhythm.DAILY)
    desk.post.enqueue(message=NEWS)
    desk.work()
    desk.wish(off={Topic.PROGRESS}, rhythm=Rhythm.DAILY)
    assert desk.work("2026-11-26 08:00") == []
    assert desk.outcomes() == [("skipped", "unsubscribed: progress"), ("skipped", "nothing was left in it")]


def test_another_rhythm_brings_what_waited_at_once(desk: Desk) -> None:
    desk.wish(rhythm=Rhythm.WEEKLY)
    desk.post.enqueue(message=NEWS)
    assert desk.work() == []
    desk.wish(rhythm=Rhythm.AT_ONCE)
    assert desk.work() == ["Votre demande : nous cherchons encore"]
    desk.post.enqueue(message=ENDED)
    assert len(desk.work()) == 1


def test_a_digest_that_a_server_put_off_is_the_same_one_and_later_news_goes_into_the_next(post: Post) -> None:
    class Once(MemoryTransport):
        busy = True

        def send(self, envelope: Envelope, *more: Any) -> None:
            if self.busy:
                self.busy = False
                raise Transient("recipient: 450")
            super().send(envelope, *more)

    desk = Desk(post, transport=Once(SENDER))
    desk.wish(rhythm=Rhythm.DAILY)
    post.enqueue(message=NEWS)
    desk.work()
    assert desk.work("2026-11-26 08:00") == []
    post.enqueue(message=ENDED)
    desk.work("2026-11-26 08:00")
    assert desk.work("2026-11-26 08:05") == ["Votre demande : nous cherchons encore"]
    [first, late] = [row for row in post.rows() if row.kind == "digest"]
    assert desk.transport.sent[-1]["Message-ID"] == first.message_id
    assert desk.work("2026-11-27 08:00") == ["Votre demande est arrivée à son terme"]
    assert post.row(late.id).state == "sent"


def test_what_a_dead_relay_had_put_into_a_digest_is_in_the_next_ones_too(desk: Desk) -> None:
    desk.wish(rhythm=Rhythm.DAILY)
    desk.post.enqueue(message=NEWS)
    desk.work()
    desk.post.clock.now = paris("2026-11-26 08:00")
    with desk.post.database.begin() as connection:
        batch = outbox.claim(connection, holder="dead", now=desk.post.clock(), limit=10, lease=dt.timedelta(minutes=10))
        [filled] = desk.relay._sieve.sift(connection, batch, desk.post.clock())
    desk.post.enqueue(message=ENDED)
    desk.work("2026-11-26 08:11")
    assert desk.transport.sent[0]["Message-ID"] == filled.message_id
    assert [plain(mail["Subject"]) for mail in desk.transport.sent] == ["Votre demande : nous cherchons encore"]


def test_a_message_that_cannot_be_read_leaves_the_digest_and_waits_to_be_mended(desk: Desk) -> None:
    desk.wish(rhythm=Rhythm.DAILY)
    broken = desk.post.enqueue(message=NEWS)
    desk.post.enqueue(message=ENDED)
    desk.work()
    with desk.post.database.begin() as connection:
        connection.execute(table.update().where(table.c.id == broken).values(payload="no key opens this"))
    assert desk.work("2026-11-26 08:00") == ["Votre demande est arrivée à son terme"]
    row = desk.post.row(broken)
    assert (row.state, row.last_error) == ("waiting", "cannot be made: AssertionError")


def test_a_refused_digest_is_told_with_all_its_words(desk: Desk) -> None:
    desk.wish(rhythm=Rhythm.DAILY)
    desk.post.enqueue(message=NEWS)
    desk.work()
    with desk.post.database.begin() as connection:
        row = {"recipient_index": f"index of {ZOE}", "reason": "bounced", "since": desk.post.clock()}
        connection.execute(suppressed_address.insert().values(row))
    desk.work("2026-11-26 08:00")
    with desk.post.database.begin() as connection:
        [found] = outbox.refused_unhandled(connection, 10)
    message = from_dict(json.loads(unseal(found.payload)))
    assert isinstance(message, Digest) and message.items[0].message == NEWS


def test_held_messages_are_counted_and_never_called_late(desk: Desk) -> None:
    desk.wish(rhythm=Rhythm.WEEKLY)
    desk.post.enqueue(message=NEWS)
    desk.post.enqueue(message=CONTACTS, now=paris("2026-11-25 22:00"))
    desk.work("2026-11-25 22:00")
    with desk.post.database.begin() as connection:
        standing = outbox.standing(connection, paris("2026-11-26 07:59"))
        assert (standing.waits_since, standing.held, standing.counts["bundled"]) == (None, 2, 1)
        assert outbox.standing(connection, paris("2026-11-26 08:20")).waits_since == paris("2026-11-26 08:00")


def test_a_batch_of_many_asks_the_database_no_more_often(desk: Desk) -> None:
    def statements(readers: int) -> int:
        for number in range(readers):
            address = f"v{number}@example.org"
            desk.wish(address, rhythm=Rhythm.DAILY if number % 2 else Rhythm.AT_ONCE)
            desk.post.enqueue(address, NEWS)
        made: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            made.append(statement)

        with desk.post.database.begin() as connection:
            batch = outbox.claim(connection, holder="relay", now=desk.post.clock(), limit=100, lease=dt.timedelta(minutes=10))
            event.listen(connection, "before_cursor_execute", note)
            desk.relay._sieve.sift(connection, batch, desk.post.clock())
        return len(made)

    few = statements(2)
    assert statements(40) == few <= 8


# --- on the wire


def test_the_headers_that_unsubscribe_arrive_whole(post: Post, smtp: SmtpServer) -> None:
    transport = MailTransport(Server("127.0.0.1", smtp.port), SENDER)
    desk = Desk(post, transport=transport)
    long = "https://entraide.example.org/unsubscribe/" + "WzEsInByb2dyZXNzIl0." * 8
    relay = Relay(
        post.database.connect, transport, unseal, CITY, "relay", clock=post.clock, seal=seal, rules=RULES,
        ways=lambda _id, topic: Ways("https://entraide.example.org/messages/W", long if topic is not Topic.MATCH else ""),
    )  # fmt: skip
    for message in (NEWS, CONTACTS, PASSWORD):
        desk.post.enqueue(message=message)
    relay.run_once()
    transport.close()
    news, contacts, password = (received.message for received in smtp.received)
    assert news["List-Unsubscribe"] == f"<{long}>"
    assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert contacts["List-Unsubscribe"] is None and password["List-Unsubscribe"] is None
    assert "/messages/W" in contacts.get_body(("plain",)).get_content()
    assert "/messages/W" not in password.get_body(("plain",)).get_content(), "whoever did not confirm yet has nothing to choose"


def test_an_address_of_the_web_stands_on_one_line_of_its_header() -> None:
    long = "https://entraide.example.org/unsubscribe/" + "x" * 300
    envelope = Envelope(Mailbox(ZOE), "é" * 90, "text", "html", "<1@example.org>", paris("2026-11-25 14:00"), Ways("", long).headers)
    head = compose(envelope, SENDER).as_bytes().partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert f"List-Unsubscribe: <{long}>".encode() in head
    assert [line for line in head if len(line) > 78 and not line.startswith(b"List-Unsubscribe:")] == [], "the others are folded as before"


def test_one_click_is_not_promised_without_tls() -> None:
    assert list(Ways("http://a.example/m", "http://a.example/u").headers) == ["List-Unsubscribe"]
