"""A server that is down, one that is picky, one that is to be spared: nothing is lost, and nobody waits for what is not theirs."""

import datetime as dt
import threading

from notifications import outbox
from notifications.breaker import FAILURES
from notifications.limits import Limits
from notifications.transport.base import Envelope, Interrupted, Permanent, Prepare, Settle, Unavailable, UnknownAddress
from notifications.transport.mail import MailTransport, Server
from tests.integration.notifications.conftest import START, Post
from tests.integration.notifications.relays import SENDER, Scripted, relay
from tests.smtp import SmtpServer


def test_a_server_that_is_down_is_left_alone_and_then_asked_by_one_message(post: Post) -> None:
    for _ in range(20):
        post.enqueue()
    down = [Unavailable("connect: TimeoutError")] * 100
    transport = Scripted(*down)
    sender = relay(post, transport)
    assert [sender.run_once() for _ in range(10)] == [0] * 10
    assert len(transport.failures) == 100 - FAILURES
    tried = []
    for _ in range(600):  # ten minutes, looked at each second
        left = len(transport.failures)
        sender.run_once()
        post.clock.advance(seconds=1)
        tried.append(left - len(transport.failures))
    assert sum(tried[:60]) < 10 and sum(tried[300:]) < 8 and max(tried) == 1
    assert {(row.state, row.attempts, row.due_at) for row in post.rows()} == {("waiting", 0, START)}
    transport.failures.clear()
    post.clock.advance(minutes=2)
    assert sender.run_once() == 1  # half open
    assert sender.run_once() == 19


def test_a_server_that_breaks_off_each_time_uses_up_no_message(post: Post) -> None:
    for _ in range(5):
        post.enqueue()
    transport = Scripted(*[Interrupted("content: 421 4.3.2")] * 10_000)
    sender = relay(post, transport)
    for _ in range(10 * 24):  # ten days, looked at each hour
        sender.run_once()
        post.clock.advance(hours=1)
    assert len(transport.failures) < 9_800
    assert [row.state for row in post.rows()] == ["waiting"] * 5
    assert max(row.attempts for row in post.rows()) <= 1
    transport.failures.clear()
    post.clock.advance(minutes=2)
    while sender.run_once():
        pass
    assert set(post.states()) == {"sent"}


def test_a_message_that_makes_the_server_break_off_is_given_up_and_stops_nobody_else(post: Post) -> None:
    bad = post.enqueue("bad@example.org")

    class Picky(Scripted):
        def send(self, envelope: Envelope, settle: Settle, prepare: Prepare) -> None:
            if envelope.to.address == "bad@example.org":
                raise Interrupted("SMTPServerDisconnected")
            super().send(envelope, settle, prepare)

    sender = relay(post, Picky())
    for number in range(1, 24 * 5):
        post.enqueue()
        sender.run_once()
        assert post.states().count("sent") == number
        post.clock.advance(hours=1)
    assert (post.row(bad).state, post.row(bad).last_error) == ("refused", "given up: SMTPServerDisconnected")


def test_a_wait_that_the_whole_server_asks_for_is_kept_for_all(post: Post, smtp: SmtpServer) -> None:
    post.enqueue()
    smtp.order("MAIL", "421 4.7.0 try again in 300 seconds", times=1)
    sender = relay(post, MailTransport(Server("127.0.0.1", smtp.port), SENDER))
    assert sender.run_once() == 0
    post.clock.advance(seconds=299)
    assert sender.run_once() == 0
    post.clock.advance(seconds=1)
    assert sender.run_once() == 1
    sender.run_once()
    assert post.states() == ["sent"]


def test_a_full_domain_delays_only_its_own_messages(post: Post) -> None:
    for number in range(6):
        post.enqueue(f"v{number}@Full.example")
    post.enqueue("zoe@other.example")
    transport = Scripted()
    sender = relay(post, transport, limits=Limits(per_domain_minute=4))
    while sender.run_once():
        pass
    assert [message["To"].addresses[0].username for message in transport.sent] == ["v0", "v1", "v2", "v3", "zoe"]
    minute = START + dt.timedelta(minutes=1)
    assert [(row.attempts, row.due_at) for row in post.rows() if row.state == "waiting"] == [(0, minute)] * 2
    post.clock.advance(minutes=1)
    while sender.run_once():
        pass
    assert len(transport.sent) == 7
    assert set(post.states()) == {"sent"}


def test_messages_keep_the_distance_that_the_limit_asks_for(post: Post) -> None:
    for _ in range(4):
        post.enqueue()
    transport, waited = Scripted(), []

    class Patient(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout)
            assert post.states().count("sent") == len(transport.sent), "nothing is left to record while the relay waits"
            post.clock.advance(seconds=timeout or 0)
            if len(transport.sent) == 3:
                self.set()  # stopped while it waits
            return self.is_set()

    relay(post, transport, limits=Limits(per_second=4)).run(Patient())
    assert waited[:3] == [0.25] * 3
    assert post.states() == ["sent", "sent", "sent", "waiting"]


def test_an_address_that_does_not_exist_is_suppressed_and_its_message_told_to_the_app(post: Post) -> None:
    gone, refused = post.enqueue("gone@example.org"), post.enqueue("strict@example.org")
    sender = relay(post, Scripted(UnknownAddress("recipient: 550 5.1.1"), Permanent("content: 552 5.3.4")))
    sender.run_once()
    again = [post.enqueue("gone@example.org"), post.enqueue("strict@example.org")]
    sender.run_once()
    assert post.states() == ["refused", "refused", "suppressed", "sent"]
    assert post.row(again[0]).reason == "address suppressed: recipient: 550 5.1.1, 2026-11-30"
    with post.database.begin() as connection:
        assert [each.id for each in outbox.refused_unhandled(connection, 10)] == [gone, refused, again[0]]
