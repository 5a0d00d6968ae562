"""What is due is sent, each outcome is recorded, and trouble costs no message."""

import datetime as dt
import logging
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from notifications import breaker
from notifications import relay as relay_module
from notifications.erase import erase
from notifications.messages import MESSAGES
from notifications.relay import TRIES, Relay
from notifications.samples import CITY, SAMPLES
from notifications.tables import suppressed_address
from notifications.transport.base import DeliveryError, Envelope, Permanent, Prepare, Settle, Transient, Unavailable
from notifications.transport.mail import MailTransport, Server
from tests.integration.notifications.conftest import START, Post, seal, unseal
from tests.integration.notifications.relays import SENDER, Scripted, ids, relay
from tests.smtp import DROP, SmtpServer, smtp_server


def test_every_kind_of_message_is_sent_to_its_recipient_in_order(post: Post) -> None:
    for message in SAMPLES.values():
        post.enqueue(f"{message.kind}@example.org", message)
    transport = Scripted()
    sender = relay(post, transport)
    taken = 0
    while batch := sender.run_once():
        taken += batch
    assert taken == len(SAMPLES) == len(transport.sent)
    assert set(post.states()) == {"sent"}
    assert ids(transport.sent) == [row.message_id for row in post.rows()]
    assert {message["To"].addresses[0].username for message in transport.sent} == set(MESSAGES)
    assert {message["To"].addresses[0].display_name for message in transport.sent} == {"Zoé Martin"}
    assert transport.closed == 1  # once there was nothing left


def test_a_message_about_visits_takes_its_calendar_entry_along(post: Post) -> None:
    post.enqueue("anne@example.org", SAMPLES["visit_reminder"])
    post.enqueue("anne@example.org", SAMPLES["visits_off"])
    transport = Scripted()
    relay(post, transport).run_once()
    for message, method in zip(transport.sent, ("REQUEST", "CANCEL"), strict=True):
        (part,) = (each for each in message.walk() if each.get_content_type() == "text/calendar")
        assert part.get_param("method") == method
        assert "mailto:anne@example.org" in part.get_content().replace("\r\n ", "")


def test_a_transient_error_is_tried_again_later_and_later_with_the_same_message_id(post: Post) -> None:
    post.enqueue()
    transport = Scripted(*[Transient("recipient: 450")] * 4)
    sender = relay(post, transport)
    waits = []
    while not transport.sent:
        sender.run_once()
        row = post.row()
        if row.state == "waiting":
            waits.append((row.due_at - post.clock()).total_seconds())
            assert sender.run_once() == 0  # not before
            post.clock.now = row.due_at
    jitters = [wait / nominal for wait, nominal in zip(waits, (30, 120, 480, 1920), strict=True)]
    assert 0.75 <= min(jitters) < max(jitters) <= 1.25
    assert post.row().attempts == 5
    assert ids(transport.sent) == [post.row().message_id]


def test_a_wait_that_was_asked_for_is_kept(post: Post) -> None:
    post.enqueue()
    relay(post, Scripted(Transient("recipient: 450", retry_after_s=900))).run_once()
    assert post.row().due_at == START + dt.timedelta(seconds=900)


def test_a_transient_error_becomes_a_refusal_after_some_days(post: Post) -> None:
    post.enqueue()
    transport = Scripted(*[Transient("recipient: 450")] * 100)
    sender = relay(post, transport)
    while post.row().state == "waiting":
        sender.run_once()
        post.clock.now = max(post.clock.now, post.row().due_at)
    assert (post.row().state, post.row().last_error) == ("refused", "given up: recipient: 450")
    assert post.row().attempts == TRIES
    assert 2.5 < (post.clock.now - START).total_seconds() / 86400 < 3.5


def test_a_permanent_error_is_not_tried_again_and_stops_nobody_else(post: Post) -> None:
    post.enqueue()
    post.enqueue()
    transport = Scripted(Permanent("recipient: 550"))
    sender = relay(post, transport)
    assert (sender.run_once(), sender.run_once()) == (2, 0)
    assert post.states() == ["refused", "sent"]
    assert post.row().last_error == "recipient: 550"


def test_a_server_that_is_down_costs_no_message_a_try(post: Post) -> None:
    for _ in range(3):
        post.enqueue()
    transport = Scripted(Unavailable("connect: ConnectionRefusedError"))
    sender = relay(post, transport)
    sender.run_once()
    assert [(row.state, row.attempts) for row in post.rows()] == [("waiting", 0)] * 3
    post.clock.advance(days=30)  # however long it is down
    sender.run_once()
    assert post.states() == ["sent"] * 3


def test_a_message_that_cannot_be_made_waits_to_be_mended_and_stops_nobody_else(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    post.enqueue("zoe@example.org")
    with post.database.begin() as connection:
        connection.exec_driver_sql("UPDATE notification_outbox SET payload = 'zoe@example.org'")
    post.enqueue()
    transport = Scripted()
    relay(post, transport).run_once()
    assert post.states() == ["waiting", "sent"]
    assert post.row().last_error == "cannot be made: AssertionError"


def test_a_suppressed_address_gets_nothing(post: Post) -> None:
    post.enqueue("gone@example.org")
    post.enqueue("here@example.org")
    with post.database.begin() as connection:
        connection.execute(suppressed_address.insert().values(recipient_index="index of gone@example.org", reason="bounced", since=START))
    transport = Scripted()
    relay(post, transport).run_once()
    assert [message["To"].addresses[0].addr_spec for message in transport.sent] == ["here@example.org"]
    assert post.states() == ["suppressed", "sent"]
    assert post.row().reason == "address suppressed: bounced, 2026-11-30"


def test_a_message_is_handed_over_only_when_the_one_before_is_recorded(post: Post) -> None:
    for _ in range(30):
        post.enqueue()
    recorded = []

    class Watching(Scripted):
        def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
            settle()
            recorded.append(post.states().count("sent"))
            super().send(envelope, settle, prepare)

    relay(post, Watching()).run_once()
    assert recorded == list(range(30))


def test_what_is_erased_while_the_batch_is_on_its_way_is_not_sent(post: Post) -> None:
    for number in range(3):
        post.enqueue(about=f"need:{number}")
    first, second, third = post.rows()

    class Meanwhile(Scripted):
        def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
            if envelope.message_id == second.message_id:
                with post.database.begin() as connection:
                    theirs, now = {second.reader_id}, post.clock()
                    erase(connection, readers=[], others=theirs, up_to=third.id, about=lambda about: about == "need:1", now=now)
            super().send(envelope, settle, prepare)

    sender = Meanwhile()
    relay(post, sender).run_once()
    assert ids(sender.sent) == [first.message_id, third.message_id]
    assert post.states() == ["sent", "skipped", "sent"]


def test_a_slow_server_does_not_make_two_relays_send_the_same(post: Post) -> None:
    for _ in range(3):
        post.enqueue()
    other = Scripted()

    class Slow(Scripted):
        def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
            super().send(envelope, settle, prepare)
            post.clock.advance(minutes=6)
            relay(post, other, "other").run_once()

    slow = Slow()
    relay(post, slow, lease=dt.timedelta(minutes=10)).run_once()
    assert sorted(ids(slow.sent) + ids(other.sent)) == sorted(row.message_id for row in post.rows())


def test_what_was_taken_while_a_slow_server_held_the_relay_up_is_left_to_the_other(post: Post) -> None:
    post.enqueue()
    post.enqueue()
    other = Scripted()

    class Stuck(Scripted):
        def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
            super().send(envelope, settle, prepare)
            post.clock.advance(minutes=30)
            relay(post, other, "other").run_once()

    stuck = Stuck()
    relay(post, stuck).run_once()
    first, second = (row.message_id for row in post.rows())
    assert ids(stuck.sent) == [first]  # in flight when its lease ran out: the one that is repeated
    assert ids(other.sent) == [first, second]


def test_logs_name_messages_by_number_only(post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="notifications")
    failures: list[DeliveryError] = [Transient("recipient: 450"), Permanent("recipient: 550"), Unavailable("connect: 421")]
    for _ in range(4):
        post.enqueue()
    sender = relay(post, Scripted(*failures))
    sender.run_once()
    sender.run_once()
    assert len(caplog.messages) == 5
    assert not [line for line in caplog.messages if "@" in line or "Zoé" in line or "AAA" in line]
    assert "message 1 (need_received, need:1) waits after try 1: recipient: 450" in caplog.messages


# --- the loop


@contextmanager
def running(sender: Relay) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=sender.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "LOOK_S", 0.01)
    monkeypatch.setattr(relay_module, "LONGEST_PAUSE_S", 0.05)
    monkeypatch.setattr(breaker, "LONGEST_PAUSE_S", 0.05)


def test_the_loop_sends_what_comes_and_stops_when_told(post: Post, smtp: SmtpServer) -> None:
    with running(relay(post, MailTransport(Server("127.0.0.1", smtp.port), SENDER))):
        for number in (1, 2):
            post.enqueue()
            smtp.wait_until(lambda server, number=number: len(server.received) == number)  # type: ignore[misc]
    assert post.states() == ["sent", "sent"]
    smtp.wait_until(lambda server: not server.open_connections)


def test_a_mail_server_that_comes_back_gets_everything(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    quick(monkeypatch)
    with smtp_server() as gone:
        port = gone.port
    for _ in range(25):
        post.enqueue()
    with running(relay(post, MailTransport(Server("127.0.0.1", port, timeout_s=5), SENDER))), smtp_server(port) as back:
        back.wait_until(lambda server: len(server.received) == 25)
    assert back.message_ids == [row.message_id for row in post.rows()]


class Flaky:
    """Has a database begin no transaction while ``gone`` is set."""

    def __init__(self, post: Post) -> None:
        self.gone = threading.Event()
        self.refused = threading.Event()
        event.listen(post.database.engine, "begin", self._begin, insert=True)

    def _begin(self, _: Connection) -> None:
        if self.gone.is_set():
            self.refused.set()
            raise OperationalError("SELECT secret", {}, Exception("gone"))


def test_a_database_that_goes_away_right_after_the_sending_repeats_nothing(
    post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    quick(monkeypatch)
    database = Flaky(post)
    arrived = threading.Semaphore(0)

    class Cutting(Scripted):
        def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
            super().send(envelope, settle, prepare)
            if len(self.sent) == 2:
                database.gone.set()
            arrived.release()

    for _ in range(4):
        post.enqueue()
    transport = Cutting()
    with running(Relay(post.database.connect, transport, unseal, CITY, "relay", seal=seal, clock=post.clock)):
        assert arrived.acquire(timeout=10) and arrived.acquire(timeout=10)
        assert database.refused.wait(10)
        database.gone.clear()
        assert arrived.acquire(timeout=10) and arrived.acquire(timeout=10)
    assert ids(transport.sent) == [row.message_id for row in post.rows()]
    assert set(post.states()) == {"sent"}
    assert "the outbox cannot be read or written: OperationalError" in caplog.messages


# --- SMTP, and death


def test_a_connection_cut_after_the_message_was_taken_repeats_that_message_only(post: Post, smtp: SmtpServer) -> None:
    for number in range(5):
        post.enqueue(f"v{number}@example.org")
    smtp.order("DATA", DROP, recipient="v2@example.org", times=1)
    sender = relay(post, MailTransport(Server("127.0.0.1", smtp.port), SENDER))
    sender.run_once()
    post.clock.advance(minutes=1)
    while sender.run_once():
        pass
    expected = [row.message_id for row in post.rows()]
    assert smtp.message_ids == [*expected, expected[2]]
    assert post.states() == ["sent"] * 5


def test_a_refused_recipient_and_a_busy_server_are_told_apart(post: Post, smtp: SmtpServer) -> None:
    for name in ("nobody", "later", "fine"):
        post.enqueue(f"{name}@example.org")
    smtp.order("RCPT", "550 5.1.1 <nobody@example.org> no such user", recipient="nobody@example.org")
    smtp.order("RCPT", "451 4.7.1 greylisted", recipient="later@example.org", times=1)
    sender = relay(post, MailTransport(Server("127.0.0.1", smtp.port), SENDER))
    sender.run_once()
    assert [(row.state, row.last_error) for row in post.rows()] == [
        ("refused", "recipient: 550 5.1.1"),
        ("waiting", "recipient: 451 4.7.1"),
        ("sent", None),
    ]
    post.clock.advance(minutes=1)
    while sender.run_once():
        pass
    assert post.states() == ["refused", "sent", "sent"]


RELAY_PROCESS = """
import sys, threading
from app.db import Database
from notifications import outbox
from notifications.relay import Relay
from notifications.transport.base import Mailbox
from notifications.transport.mail import MailTransport, Server
from tests.integration.notifications.conftest import seal, unseal
from notifications.samples import CITY
url, port, holder = sys.argv[1:]
database = Database(url)
with database.begin() as connection:
    outbox.release_dead(connection, lambda name: name != holder)
transport = MailTransport(Server("127.0.0.1", int(port)), Mailbox("entraide@example.org"))
Relay(database.connect, transport, unseal, CITY, holder, seal=seal).run(threading.Event())
"""


def test_a_relay_killed_at_any_moment_loses_nothing_and_repeats_only_what_was_in_flight(
    post: Post, smtp: SmtpServer, empty_db_url: str
) -> None:
    total, kills = 60, 3
    post.clock.now = dt.datetime.now(dt.UTC)
    for _ in range(total):
        post.enqueue()
    rng = random.Random()
    root = Path(__file__).parents[3]
    for life in range(kills + 1):
        seen = len(set(smtp.message_ids))
        process = subprocess.Popen([sys.executable, "-c", RELAY_PROCESS, empty_db_url, str(smtp.port), f"life {life}"], cwd=root)
        goal = total if life == kills else seen + rng.randint(1, 15)
        try:
            smtp.wait_until(lambda server, goal=goal: len(set(server.message_ids)) >= goal)  # type: ignore[misc]
            if life == kills:
                smtp.wait_until(lambda server: not server.open_connections)  # it closes when all is recorded
        finally:
            process.kill()
            process.wait()
    assert set(smtp.message_ids) == {row.message_id for row in post.rows()}
    assert len(smtp.message_ids) <= total + kills
    assert set(post.states()) == {"sent"}
