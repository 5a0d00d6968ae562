"""Text messages: the gateway's answers and what they mean, and the relay of that channel, under the same policy as mail."""

import datetime as dt
import ssl
from collections.abc import Iterator
from dataclasses import replace

import pytest

from notifications import outbox
from notifications.messages import NeedReceived
from notifications.outbox import Recipient
from notifications.policy import Rules
from notifications.relay import Relay
from notifications.samples import SAMPLES
from notifications.tables import Channel
from notifications.transport.base import Envelope, Interrupted, Mailbox, Permanent, Transient, Unavailable
from notifications.transport.sms import Gateway, SmsTransport
from tests import gateway as standing_in
from tests.gateway import DROP, HANG, gateway
from tests.integration.notifications.conftest import Clock, Post, seal
from tests.integration.notifications.desk import RULES, paris
from tests.integration.notifications.relays import Scripted, relay

NUMBER = "+33639981234"
TOKEN = "not for everybody"
LINK = "https://entraide.example.org/page/AAA"


def nothing() -> None:
    """No other work."""


def envelope(number: int = 1, to: str = NUMBER) -> Envelope:
    return Envelope(Mailbox(to, "Zoé"), "", "Votre demande est là", "", f"<id-{number}@example.org>", dt.datetime.now(dt.UTC))


@pytest.fixture
def server() -> Iterator[standing_in.Gateway]:
    with gateway() as server:
        yield server


OPEN: list[SmsTransport] = []


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def to(server: standing_in.Gateway, *, scheme: str = "http", timeout_s: float = 10) -> SmsTransport:
    OPEN.append(SmsTransport(Gateway(f"{scheme}://127.0.0.1:{server.port}/v1/sms?account=7", TOKEN, "Lyon", timeout_s)))
    return OPEN[-1]


# --- the gateway


def test_a_message_arrives_as_the_contract_says(server: standing_in.Gateway) -> None:
    to(server).send(envelope(), nothing, nothing)
    [taken] = server.taken
    assert taken.message == {"to": NUMBER, "from": "Lyon", "text": "Votre demande est là", "id": "id-1@example.org"}
    assert (taken.path, taken.headers["Authorization"]) == ("/v1/sms?account=7", f"Bearer {TOKEN}")
    assert taken.headers["Content-Type"] == "application/json"


def test_one_connection_serves_many_messages_and_one_that_was_left_costs_none(server: standing_in.Gateway) -> None:
    sms = to(server)
    for number in (1, 2):
        sms.send(envelope(number), nothing, nothing)
    assert server.connections == 1
    server.leaves = True
    sms.send(envelope(3), nothing, nothing)
    server.wait_until_left()
    sms.send(envelope(4), nothing, nothing)
    assert server.ids == [f"id-{number}@example.org" for number in (1, 2, 3, 4)]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("status", "meaning", "reason"),
    [
        (200, None, ""), (201, None, ""), (204, None, ""),
        (302, Unavailable, "answer 302"), (401, Unavailable, "answer 401"), (403, Unavailable, "answer 403"),
        (404, Unavailable, "answer 404"), (429, Unavailable, "answer 429"), (503, Unavailable, "answer 503"),
        (408, Transient, "answer 408"), (425, Transient, "answer 425"),
        (400, Permanent, "answer 400"), (413, Permanent, "answer 413"), (422, Permanent, "answer 422"),
        (500, Interrupted, "answer 500"), (502, Interrupted, "answer 502"), (504, Interrupted, "answer 504"),
        (DROP, Interrupted, "RemoteDisconnected"), (HANG, Interrupted, "TimeoutError"),
    ],
)  # fmt: skip
def test_an_answer_says_whether_trying_again_helps(
    server: standing_in.Gateway, status: int, meaning: type[Exception] | None, reason: str
) -> None:
    server.order(status, {"Location": "/elsewhere"} if status == 302 else {}, body=b"" if status == 204 else NUMBER.encode())
    sms = to(server, timeout_s=0.3 if status == HANG else 10)
    if meaning is None:
        sms.send(envelope(), nothing, nothing)
    else:
        with pytest.raises(meaning) as failure:
            sms.send(envelope(), nothing, nothing)
        assert type(failure.value) is meaning
        assert failure.value.reason == reason  # type: ignore[attr-defined]
    sms.send(envelope(2), nothing, nothing)  # the next message is none the worse for it
    assert server.ids[-1] == "id-2@example.org"
    assert {taken.path for taken in server.taken} == {"/v1/sms?account=7"}, "redirects are not followed"


@pytest.mark.parametrize(
    ("asked", "wait_s"),
    [
        ("120", 120), ("999999", 21600), ("soon", None), ("", None),
        ("Wed, 21 Oct 2099 07:28:00 GMT", 21600), ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_wait_that_the_gateway_asks_for_is_passed_on(server: standing_in.Gateway, status: int, asked: str, wait_s: int | None) -> None:
    server.order(status, {"Retry-After": asked} if asked else {})
    with pytest.raises(Transient) as failure:
        to(server).send(envelope(), nothing, nothing)
    assert failure.value.retry_after_s == wait_s


def test_an_answer_without_end_is_not_listened_to(server: standing_in.Gateway) -> None:
    server.order(200, body=b"x" * 10_000_000)
    sms = to(server)
    for number in (1, 2):
        sms.send(envelope(number), nothing, nothing)
    assert server.connections == 2


def test_a_gateway_that_is_not_there_is_unavailable() -> None:
    with gateway() as server:
        sms = to(server)
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        sms.send(envelope(), nothing, nothing)
    assert TOKEN not in repr(Gateway("https://sms.example.org/", TOKEN, "Lyon"))


def test_a_gateway_is_written_to_only_with_a_certificate_that_holds(context: ssl.SSLContext, known: bool) -> None:
    with gateway(context) as server:
        sms = to(server, scheme="https")
        if known:
            sms.send(envelope(), nothing, nothing)
        else:
            with pytest.raises(Unavailable, match="SSLCertVerificationError"):
                sms.send(envelope(), nothing, nothing)
        sms.close()
        assert len(server.taken) == known


# --- the relay


def enqueue(post: Post, number: str = NUMBER, message: object = None, *, consented: bool = True, **more: object) -> None:
    reader = Recipient(number, f"index of {number}", "fr", "Zoé Martin", consented)
    given = message or NeedReceived("Zoé", "shopping", LINK)
    with post.database.begin() as connection:
        outbox.enqueue(
            connection, given, to=reader, about="need:1", now=post.clock(), seal=seal, sender_domain="example.org",  # type: ignore[arg-type]
            channel=Channel.SMS, **more,  # type: ignore[arg-type]
        )  # fmt: skip


def texts(post: Post, server: standing_in.Gateway, rules: Rules = RULES) -> Relay:
    return relay(post, to(server), "relay/sms", channel=Channel.SMS, rules=rules)


def test_each_channel_has_its_own_relay_and_takes_nothing_of_the_other(post: Post, server: standing_in.Gateway) -> None:
    by_mail = Scripted()
    mail, sms = relay(post, by_mail), texts(post, server)
    enqueue(post)
    assert mail.run_once() == 0
    post.enqueue()
    assert (sms.run_once(), mail.run_once()) == (1, 1)
    [taken] = server.taken
    assert taken.message["text"] == f"A deux pas, Lyon\nVotre demande est bien recue\n{LINK}\nMairie : 04 65 71 00 00"
    assert taken.message["id"] == post.rows()[0].message_id.strip("<>")
    assert len(by_mail.sent) == 1
    assert post.states() == ["sent", "sent"]


def test_a_gateway_that_is_down_loses_nothing_and_holds_up_no_mail(post: Post, server: standing_in.Gateway) -> None:
    server.order(503, times=3)
    enqueue(post)
    post.enqueue()
    sms, mail = texts(post, server), relay(post, Scripted())
    for _ in range(3):
        sms.run_once()
    assert mail.run_once() == 1
    assert (sms.run_once(), post.row().state) == (0, "waiting"), "it is left alone for a while"
    post.clock.advance(minutes=2)
    assert sms.run_once() == 1
    assert post.states() == ["sent", "sent"]


def test_a_repeat_is_the_same_message(post: Post, server: standing_in.Gateway) -> None:
    server.order(DROP)
    enqueue(post)
    texts(post, server).run_once()
    assert post.row().state == "waiting"
    post.clock.advance(minutes=2)
    texts(post, server).run_once()
    assert post.row().state == "sent"
    assert [taken.answered for taken in server.taken] == [False, True]
    assert len(set(server.ids)) == 1


def test_what_the_gateway_refuses_for_good_is_said_otherwise(post: Post, server: standing_in.Gateway) -> None:
    server.order(422, body=NUMBER.encode())
    enqueue(post)
    texts(post, server).run_once()
    with post.database.begin() as connection:
        [row] = outbox.refused_unhandled(connection, 10)
    assert row.why == "answer 422"


@pytest.mark.parametrize(
    ("at", "message", "consented", "state", "reason"),
    [
        ("2026-11-25 22:40", "accepted_to_resident", True, "waiting", "quiet hours"),
        ("2026-11-25 12:00", "accepted_to_resident", False, "skipped", "the address was never confirmed"),
        ("2026-11-25 22:40", "confirm_need", False, "sent", None),
        ("2026-11-25 12:00", "accepted_to_resident", True, "sent", None),
    ],
)
def test_the_policy_holds_for_text_messages(
    post: Post, server: standing_in.Gateway, at: str, message: str, consented: bool, state: str, reason: str | None
) -> None:
    post.clock = Clock(paris(at))
    enqueue(post, message=SAMPLES[message], consented=consented)
    texts(post, server).run_once()
    assert (post.row().state, post.row().reason) == (state, reason)


def test_a_number_that_was_suppressed_gets_none(post: Post, server: standing_in.Gateway) -> None:
    with post.database.begin() as connection:
        outbox.suppress(connection, f"index of {NUMBER}", "it was wrong", post.clock())
    enqueue(post)
    texts(post, server).run_once()
    assert (post.row().state, server.taken) == ("suppressed", [])


def test_beyond_the_cap_news_comes_next_morning_in_one_text_message_with_a_link(post: Post, server: standing_in.Gateway) -> None:
    post.clock = Clock(paris("2026-11-25 12:00"))
    sms = texts(post, server, replace(RULES, cap=1))
    enqueue(post)
    sms.run_once()
    for _ in range(2):
        enqueue(post, message=SAMPLES["nobody_yet"])
    sms.run_once()
    assert [row.channel for row in post.rows()] == ["sms"] * 4
    assert post.states() == ["sent", "bundled", "bundled", "waiting"]
    post.clock.now = paris("2026-11-26 08:00")
    sms.run_once()
    assert post.states()[3] == "sent"
    text = server.taken[-1].message["text"]
    assert SAMPLES["nobody_yet"].link in text
    assert "2 nouvelles d'A deux pas" in text


def test_what_waits_for_a_channel_that_is_no_more_is_to_be_said_otherwise(post: Post, server: standing_in.Gateway) -> None:
    post.clock = Clock(paris("2026-11-25 12:00"))
    enqueue(post)
    texts(post, server).run_once()
    for _ in range(2):
        enqueue(post, message=SAMPLES["nobody_yet"])
    texts(post, server, replace(RULES, cap=1)).run_once()
    enqueue(post)
    post.enqueue()
    assert post.states() == ["sent", "bundled", "bundled", "waiting", "waiting", "waiting"]
    with post.database.begin() as connection:
        outbox.give_up(connection, Channel.SMS, "no gateway")
    assert post.states() == ["sent", "refused", "refused", "skipped", "refused", "waiting"]
    with post.database.begin() as connection:
        assert [(row.kind, row.why) for row in outbox.refused_unhandled(connection, 10)] == [
            ("nobody_yet", "no gateway"), ("nobody_yet", "no gateway"), ("need_received", "no gateway"),
        ]  # fmt: skip
