"""What every transport does alike, and what each does in its own way."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifications.calendar import CalendarPart
from notifications.transport.base import Envelope, Interrupted, Mailbox, Permanent, Transient, Transport, Unavailable, UnknownAddress
from notifications.transport.file import FileTransport, list_mail, read_mail
from notifications.transport.mail import MailTransport, Server
from notifications.transport.memory import MemoryTransport
from notifications.transport.mime import compose
from tests.integration.notifications.phones import texting
from tests.smtp import DROP, HANG, SmtpServer, smtp_server

SENDER = Mailbox("entraide@example.org", "À deux pas, Lyon")
TIMEOUT_S = 0.3
DATE = dt.datetime(2026, 11, 20, 18, 30, tzinfo=dt.UTC)


def envelope(address: str = "zoe@example.net", name: str = "Zoé Martin", number: int = 1) -> Envelope:
    text = "Bonjour Zoé,\n.\nÀ bientôt !\n" + "très long " * 200 + "\n"
    subject = "Votre demande est bien reçue : merci !"
    return Envelope(Mailbox(address, name), subject, text, f"<p>{text}</p>\n", f"<id-{number}@example.org>", DATE)


def nothing() -> None:
    """What is left to do of the message before."""


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def mail_transport(port: int, **options: object) -> MailTransport:
    return MailTransport(Server("127.0.0.1", port, **({"timeout_s": TIMEOUT_S} | options)), SENDER)  # type: ignore[arg-type]


@pytest.fixture
def mail(smtp: SmtpServer) -> Iterator[MailTransport]:
    transport = mail_transport(smtp.port, timeout_s=10)
    yield transport
    transport.close()


ENTRY = CalendarPart("CANCEL", "BEGIN:VCALENDAR\r\nSUMMARY:Visite à Zoé\r\nEND:VCALENDAR\r\n".encode())


def test_a_calendar_entry_is_a_part_of_its_own_and_a_file_to_open(mail: MailTransport, smtp: SmtpServer) -> None:
    mail.send(replace(envelope(), calendar=ENTRY), nothing, nothing)
    mail.send(envelope(number=2), nothing, nothing)
    entry, without = [received.message for received in smtp.received]
    parts = {each.get_content_type(): each for each in entry.walk()}
    assert list(parts) == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    assert parts["text/calendar"].get_param("method") == "CANCEL"
    for kind in ("text/calendar", "application/ics"):
        assert parts[kind].get_payload(decode=True) == ENTRY.content
    assert parts["application/ics"].get_filename() == "visit.ics"
    assert part(entry, "plain") == part(without, "plain")
    assert "text/calendar" not in [each.get_content_type() for each in without.walk()]


Kind = tuple[Transport, Callable[[], list[EmailMessage]]]


BY_MAIL = ["memory", "file", "mail", "mail, one step at a time"]


@pytest.fixture(params=BY_MAIL)
def kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    with opened(request.param, tmp_path) as kind:
        yield kind


@pytest.fixture(params=[*BY_MAIL, "sms"])
def any_kind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kind]:
    with opened(request.param, tmp_path) as kind:
        yield kind


@contextmanager
def opened(name: str, tmp_path: Path) -> Iterator[Kind]:
    """A transport, and what arrived by it."""
    if name == "memory":
        memory = MemoryTransport(SENDER)
        yield memory, lambda: [message_from_bytes(message.as_bytes(), policy=default) for message in memory.sent]
    elif name == "file":
        folder = tmp_path / "mail"
        files = lambda: sorted(folder.glob("*.eml"))  # noqa: E731
        yield FileTransport(folder, SENDER), lambda: [message_from_bytes(f.read_bytes(), policy=default) for f in files()]
    elif name == "sms":
        with texting() as kind:
            yield kind
    else:
        with smtp_server(state=SmtpServer(pipelining=name == "mail")) as server:
            transport = mail_transport(server.port, timeout_s=10)
            yield transport, lambda: [received.message for received in server.received]
            transport.close()


def test_a_message_arrives_whole(kind: Kind) -> None:
    transport, arrived = kind
    transport.send(envelope(), nothing, nothing)
    [message] = arrived()
    assert message["Message-ID"] == "<id-1@example.org>"
    assert message["Subject"] == "Votre demande est bien reçue : merci !"
    assert message["Auto-Submitted"] == "auto-generated"
    assert [(a.display_name, a.addr_spec) for a in message["To"].addresses] == [("Zoé Martin", "zoe@example.net")]
    assert [(a.display_name, a.addr_spec) for a in message["From"].addresses] == [("À deux pas Lyon", "entraide@example.org")]
    assert message["Date"].datetime == DATE
    assert message.get_content_type() == "multipart/alternative"
    assert (part(message, "plain"), part(message, "html")) == (envelope().text, envelope().html)
    assert len(message.keys()) == len(set(message.keys()))


def test_several_messages_arrive_in_turn(any_kind: Kind) -> None:
    transport, arrived = any_kind
    for number in (1, 2, 3):
        transport.send(envelope(number=number), nothing, nothing)
    transport.close()
    transport.send(envelope(number=4), nothing, nothing)
    assert [message["Message-ID"] for message in arrived()] == [f"<id-{number}@example.org>" for number in (1, 2, 3, 4)]


NO_ADDRESSES = ["", "zoe", "@x.org", "zoe@", "zoé@x.org", "zoe@x.org\r\nBcc: all@x.org", "a@x.org, b@x.org", "<a@x.org>", "a@.."]


@pytest.mark.parametrize("address", NO_ADDRESSES)
def test_what_is_no_address_is_refused_for_good_and_does_not_stop_others(any_kind: Kind, address: str) -> None:
    transport, arrived = any_kind
    with pytest.raises(Permanent) as refusal:
        transport.send(envelope(address), nothing, nothing)
    assert address == "" or address not in refusal.value.reason
    transport.send(envelope(number=2), nothing, nothing)
    assert [message["Message-ID"] for message in arrived()] == ["<id-2@example.org>"]


def test_an_international_domain_is_written_in_its_ascii_form(kind: Kind) -> None:
    transport, arrived = kind
    transport.send(envelope("zoe@bücher.example"), nothing, nothing)
    assert arrived()[0]["To"].addresses[0].addr_spec == "zoe@xn--bcher-kva.example"


@given(st.text())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_whatever_a_name_holds_the_message_goes_to_one_address_and_has_our_headers_only(name: str) -> None:
    name = name.encode(errors="replace").decode()
    wire = compose(envelope(name=name), SENDER).as_bytes()
    assert wire.isascii()
    assert max(len(line) for line in wire.splitlines()) <= 998
    message = message_from_bytes(wire, policy=default)
    assert [address.addr_spec for address in message["To"].addresses] == ["zoe@example.net"]
    headers = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}
    assert set(message.keys()) == headers


def test_what_is_left_of_the_message_before_is_done_before_this_one_can_be_taken(any_kind: Kind) -> None:
    transport, arrived = any_kind
    transport.send(envelope(number=1), nothing, nothing)
    there: list[int] = []
    transport.send(envelope(number=2), lambda: there.append(len(arrived())), nothing)
    assert there == [1]

    def cannot() -> None:
        raise LookupError

    for _ in range(2):
        with pytest.raises(LookupError):
            transport.send(envelope(number=3), cannot, nothing)
    transport.send(envelope(number=4), nothing, nothing)
    assert [message["Message-ID"] for message in arrived()] == [f"<id-{number}@example.org>" for number in (1, 2, 4)]


def test_the_next_message_is_made_ready_once_this_one_is_handed_over(any_kind: Kind) -> None:
    transport, arrived = any_kind
    done: list[str] = []
    for number in (1, 2):
        transport.send(envelope(number=number), lambda: done.append("settled"), lambda: done.append("prepared"))
    assert done in (["settled", "prepared"] * 2, ["settled"] * 2)
    assert len(arrived()) == 2


# --- SMTP


def test_a_server_that_takes_commands_together_hears_of_a_message_in_one_go(
    smtp: SmtpServer, mail: MailTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = threading.Event()
    monkeypatch.setattr(smtp, "next_order", lambda verb, _: named.set() if verb == "RCPT" else None)
    mail.send(envelope(), lambda: nothing() if named.wait(10) else pytest.fail("it waits for the answer to MAIL"), nothing)
    assert len(smtp.received) == 1


def test_a_server_that_would_take_a_message_for_nobody_gets_none() -> None:
    """With the commands together "go on" may follow upon a refused recipient: then the connection is left."""
    heard = b""

    def serve(listener: socket.socket) -> None:
        nonlocal heard
        connection, _ = listener.accept()
        with connection:
            for answer in (b"220 hello", b"250-mail.example.org\r\n250 PIPELINING", b"250 fine\r\n550 5.1.1 nobody\r\n354 go on"):
                connection.sendall(answer + b"\r\n")
                heard = connection.recv(1000)
                connection.settimeout(10)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener])
        thread.start()
        with pytest.raises(UnknownAddress):
            mail_transport(listener.getsockname()[1], timeout_s=10).send(envelope(), nothing, nothing)
        thread.join(10)
    assert heard == b""


def test_one_connection_serves_many_messages_and_is_renewed(smtp: SmtpServer, mail: MailTransport) -> None:
    for number in range(101):
        mail.send(envelope(number=number), nothing, nothing)
    assert len(smtp.received) == 101
    assert smtp.connections == 2
    mail.close()
    smtp.wait_until(lambda server: not server.open_connections)


def test_this_machine_s_name_is_not_looked_up_for_each_message(
    smtp: SmtpServer, mail: MailTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail.send(envelope(number=1), nothing, nothing)
    monkeypatch.setattr(socket, "getfqdn", lambda *_: pytest.fail("looked up"))
    mail.send(envelope(number=2), nothing, nothing)
    mail.close()
    mail.send(envelope(number=3), nothing, nothing)
    assert len(smtp.received) == 3


def test_a_server_that_hung_up_between_messages_loses_none(smtp: SmtpServer, mail: MailTransport) -> None:
    mail.send(envelope(number=1), nothing, nothing)
    [connection] = smtp.open_connections
    connection.loop.call_soon_threadsafe(connection.transport.close)
    smtp.wait_until(lambda server: not server.open_connections)
    mail.send(envelope(number=2), nothing, nothing)
    assert smtp.message_ids == ["<id-1@example.org>", "<id-2@example.org>"]
    assert smtp.connections == 2


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_refused_recipient_does_not_cost_the_others_their_connection(smtp: SmtpServer, mail: MailTransport, pipelining: bool) -> None:
    smtp.pipelining = pipelining
    smtp.order("RCPT", "550 5.1.1 unknown", recipient="nobody@example.net")
    smtp.order("RCPT", "450 4.2.0 greylisted", recipient="later@example.net")
    mail.send(envelope(number=1), nothing, nothing)
    for name in ("nobody", "later"):
        with pytest.raises((UnknownAddress, Transient)):
            mail.send(envelope(f"{name}@example.net"), nothing, nothing)
    mail.send(envelope(number=2), nothing, nothing)
    assert (smtp.connections, smtp.message_ids) == (1, ["<id-1@example.org>", "<id-2@example.org>"])


@pytest.mark.parametrize("farewell", ["421 too late", DROP, HANG])
def test_a_farewell_that_goes_wrong_is_no_failure(smtp: SmtpServer, farewell: str) -> None:
    smtp.order("QUIT", farewell)
    mail = mail_transport(smtp.port)
    mail.send(envelope(), nothing, nothing)
    mail.close()
    assert smtp.message_ids == ["<id-1@example.org>"]


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("verb", "reply", "meaning", "reason"),
    [
        ("RCPT", "550 5.1.1 <zoe@example.net> unknown", UnknownAddress, "recipient: 550 5.1.1"),
        ("RCPT", "550 5.1.10 null MX", UnknownAddress, "recipient: 550 5.1.10"),
        ("RCPT", "551 moved away", UnknownAddress, "recipient: 551"),
        ("RCPT", "553 no", UnknownAddress, "recipient: 553"),
        ("RCPT", "550 no", Permanent, "recipient: 550"),  # it may be the server's policy
        ("RCPT", "550 5.2.1 closed for now", Permanent, "recipient: 550 5.2.1"),
        ("RCPT", "552 5.2.2 mailbox full", Transient, "recipient: 552 5.2.2"),
        ("RCPT", "552 no room", Transient, "recipient: 552"),
        ("RCPT", "553 5.1.8 <entraide@example.org> no such domain", Transient, "recipient: 553 5.1.8"),
        ("RCPT", "421 4.7.0 too many at once", Interrupted, "recipient: 421 4.7.0"),
        ("RCPT", "451 4.3.0 name service down", Interrupted, "recipient: 451 4.3.0"),
        ("RCPT", "451 4.7.1 greylisted", Transient, "recipient: 451 4.7.1"),
        ("RCPT", "450 4.2.0 greylisted, try again in 300 seconds", Transient, "recipient: 450 4.2.0"),
        ("RCPT", "554 5.7.1 <zoe@example.net>: Relay access denied", Transient, "recipient: 554 5.7.1"),
        ("RCPT", "530 5.7.0 Authentication required", Unavailable, "recipient: 530 5.7.0"),
        ("MAIL", "550 5.7.1 sender not allowed", Unavailable, "SMTPSenderRefused 550 5.7.1"),
        ("MAIL", "452 4.3.1 disk full", Unavailable, "SMTPSenderRefused 452 4.3.1"),
        ("MAIL", "421 4.3.2 closing", Unavailable, "SMTPSenderRefused 421 4.3.2"),
        ("DATA", "451 4.7.1 try again in 5 minutes", Transient, "content: 451 4.7.1"),
        ("DATA", "421 4.3.2 shutting down", Interrupted, "content: 421 4.3.2"),
        ("DATA", "452 4.3.1 disk full", Interrupted, "content: 452 4.3.1"),
        ("DATA", "552 5.3.4 too big", Permanent, "content: 552 5.3.4"),
        ("DATA", "550 5.1.1 unknown after all", Permanent, "content: 550 5.1.1"),
        ("DATA", DROP, Interrupted, "SMTPServerDisconnected"),
        ("DATA", HANG, Interrupted, "SMTPServerDisconnected"),
        ("RCPT", DROP, Interrupted, None),  # smtplib sees it in one of two ways
        ("RCPT", HANG, Interrupted, "SMTPServerDisconnected"),
        ("CONNECT", "554 no service here", Unavailable, "connect: SMTPConnectError 554"),
        ("CONNECT", "421 too many connections", Unavailable, "connect: SMTPConnectError 421"),
        ("CONNECT", DROP, Unavailable, None),  # smtplib sees it in one of two ways
        ("CONNECT", HANG, Unavailable, "connect: SMTPServerDisconnected"),
    ],
)
def test_an_answer_says_whether_trying_again_helps(
    smtp: SmtpServer, verb: str, reply: str, meaning: type[Exception], reason: str | None, pipelining: bool
) -> None:
    smtp.pipelining = pipelining
    smtp.order(verb, reply, times=1)
    mail = mail_transport(smtp.port)
    with pytest.raises(meaning) as failure:
        mail.send(envelope(number=1), nothing, nothing)
    assert type(failure.value) is meaning
    assert reason in (None, failure.value.reason)  # type: ignore[attr-defined]
    mail.send(envelope(number=2), nothing, nothing)  # the next message is none the worse for it
    mail.close()
    assert smtp.message_ids[-1] == "<id-2@example.org>"


@pytest.mark.parametrize(
    ("reply", "wait_s"),
    [
        ("450 try again in 300 seconds", 300),
        ("451 4.7.1 Greylisted for 5 minutes", 300),
        ("450 come back in 00:05:30", 330),
        ("450 Retry after 2 hours", 7200),
        ("421 4.7.0 Try again in 120s", 120),
        ("450 in 99999 s", 21600),
        ("450 later", None),
        ("450 too many in 30 messages", None),
    ],
)
def test_a_wait_that_the_server_asks_for_is_passed_on(smtp: SmtpServer, mail: MailTransport, reply: str, wait_s: int | None) -> None:
    smtp.order("RCPT", reply)
    with pytest.raises(Transient) as failure:
        mail.send(envelope(), nothing, nothing)
    assert failure.value.retry_after_s == wait_s


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with smtp_server() as server:
        port = server.port
    with pytest.raises(Unavailable, match="ConnectionRefusedError"):
        mail_transport(port).send(envelope(), nothing, nothing)


def test_a_sign_in_that_fails_is_nobody_s_fault(smtp: SmtpServer) -> None:
    with pytest.raises(Unavailable, match="connect: SMTP"):
        mail_transport(smtp.port, username="entraide", password="hunter2").send(envelope(), nothing, nothing)
    assert "hunter2" not in repr(Server("127.0.0.1", 25, "entraide", "hunter2"))


def test_a_server_is_written_to_only_with_a_certificate_that_holds(context: ssl.SSLContext, known: bool) -> None:
    with smtp_server(tls_context=context, require_starttls=True) as server:
        mail = mail_transport(server.port, use_tls=True, timeout_s=10)
        if known:
            mail.send(envelope(), nothing, nothing)
        else:
            with pytest.raises(Unavailable, match="SSLCertVerificationError"):
                mail.send(envelope(), nothing, nothing)
        mail.close()
        assert len(server.received) == known


# --- files


def test_files_are_read_back_newest_first(tmp_path: Path) -> None:
    transport = FileTransport(tmp_path, SENDER)
    for number in (1, 2, 3):
        transport.send(envelope(number=number), nothing, nothing)
    listed = list_mail(tmp_path, limit=2)
    assert [mail.name for mail in listed] == ["id-3@example.org.eml", "id-2@example.org.eml"]
    mail = read_mail(tmp_path, "id-1@example.org.eml")
    assert (mail.subject, mail.to) == (envelope().subject, "Zoé Martin <zoe@example.net>")
    assert (mail.text, mail.html) == (envelope().text, envelope().html)


def test_a_repeated_message_is_one_file(tmp_path: Path) -> None:
    for _ in range(2):
        FileTransport(tmp_path, SENDER).send(envelope(), nothing, nothing)
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_that_is_not_there_holds_no_mail(tmp_path: Path) -> None:
    assert list_mail(tmp_path / "none") == []


@pytest.mark.parametrize(
    "name", ["../secret.eml", "/etc/passwd", "..", "", ".hidden.eml", "a/b.eml", "no\x00.eml", "unknown.eml", "id-1@example.org.eml\n"]
)
def test_only_a_message_of_the_folder_can_be_read(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.eml").write_bytes(compose(envelope(), SENDER).as_bytes())
    folder = tmp_path / "mail"
    FileTransport(folder, SENDER).send(envelope(), nothing, nothing)
    (folder / ".hidden.eml").write_bytes(b"")
    with pytest.raises(FileNotFoundError):
        read_mail(folder, name)


def test_a_folder_that_cannot_be_written_to_is_unavailable_and_leaves_nothing(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(Unavailable):
        FileTransport(blocked / "mail", SENDER).send(envelope(), nothing, nothing)
    (tmp_path / "id-1@example.org.eml").mkdir()  # where the message's file should go
    with pytest.raises(Unavailable):
        FileTransport(tmp_path, SENDER).send(envelope(), nothing, nothing)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
