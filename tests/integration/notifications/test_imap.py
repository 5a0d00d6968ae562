"""A mailbox read over a real connection: nothing is marked before it is taken, and only a server with a certificate is trusted."""

import ssl
from collections.abc import Callable

import pytest

from notifications.imap import MailboxServer, MailboxUnavailable, fetch
from notifications.inbound.read import MOST_BYTES
from tests.imap import DROP, ImapServer, imap_server
from tests.mail import sample


def server_of(box: ImapServer, password: str = "s3cret", use_ssl: bool = False) -> MailboxServer:
    return MailboxServer(box.host, box.port, "entraide", password, use_ssl)


def into(taken: list[bytes]) -> Callable[[bytes], bool]:
    return lambda raw: taken.append(raw) is None


def test_each_unread_message_is_taken_once_in_its_order() -> None:
    taken: list[bytes] = []
    with imap_server() as box:
        for name in ("postfix", "away-fr", "answer-gmail-fr"):
            box.deliver(sample(name))
        box.mails[1].seen = True
        assert fetch(server_of(box), into(taken)) == 2
        assert [raw.replace(b"\r\n", b"\n") for raw in taken] == [sample("postfix"), sample("answer-gmail-fr")]
        assert fetch(server_of(box), into(taken)) == 0
        assert box.unread == [] and box.said[-1] == "LOGOUT"


def test_what_is_not_taken_stays_unread_and_holds_nothing_up() -> None:
    with imap_server() as box:
        for name in ("postfix", "odd-daemon", "qmail"):
            box.deliver(sample(name))
        assert fetch(server_of(box), lambda raw: b"odd" not in raw and b"Please fill in" not in raw) == 2
        assert box.unread == [102]


def test_where_taking_fails_that_message_and_those_after_it_stay_unread() -> None:
    def take(raw: bytes) -> bool:
        if b"qmail-send" in raw:
            raise TimeoutError
        return True

    with imap_server() as box:
        for name in ("postfix", "qmail", "exim"):
            box.deliver(sample(name))
        with pytest.raises(TimeoutError):
            fetch(server_of(box), take)
        assert box.unread == [102, 103]


def test_a_message_that_was_taken_while_the_line_broke_comes_again() -> None:
    taken: list[bytes] = []
    with imap_server() as box:
        box.deliver(sample("postfix"))
        box.orders["UID STORE"] = DROP
        with pytest.raises(MailboxUnavailable):
            fetch(server_of(box), into(taken))
        box.orders.clear()
        assert fetch(server_of(box), into(taken)) == 1
    assert len(taken) == 2


def test_of_a_huge_message_the_beginning_is_taken() -> None:
    taken: list[bytes] = []
    with imap_server() as box:
        box.deliver(sample("answer-gmail-fr") + b"x" * MOST_BYTES)
        assert fetch(server_of(box), into(taken)) == 1
    assert len(taken[0]) == MOST_BYTES


@pytest.mark.parametrize(
    ("verb", "order"), [("LOGIN", DROP), ("SELECT", "NO no such mailbox"), ("UID SEARCH", "NO"), ("UID FETCH", DROP), ("UID STORE", "NO")]
)
def test_a_server_in_trouble_is_said_in_some_words_that_name_nobody(verb: str, order: str) -> None:
    with imap_server() as box:
        box.deliver(sample("postfix"))
        box.orders[verb] = order
        with pytest.raises(MailboxUnavailable) as caught:
            fetch(server_of(box), lambda raw: True)
        assert box.unread == [101]
    assert "@" not in caught.value.reason and len(caught.value.reason) < 60


def test_a_wrong_password_is_no_secret_in_the_error() -> None:
    with imap_server() as box, pytest.raises(MailboxUnavailable) as caught:
        fetch(server_of(box, password="hunter2"), lambda raw: True)
    assert caught.value.reason == "connect: error" and "hunter2" not in repr(server_of(box, password="hunter2"))


def test_nobody_listening_is_said() -> None:
    with imap_server() as box:
        pass
    with pytest.raises(MailboxUnavailable, match="ConnectionRefusedError"):
        fetch(server_of(box), lambda raw: True)


def test_a_mailbox_is_read_only_from_a_server_with_a_certificate_that_holds(context: ssl.SSLContext, known: bool) -> None:
    with imap_server(context) as box:
        box.deliver(sample("postfix"))
        if known:
            assert fetch(server_of(box, use_ssl=True), lambda raw: True) == 1
        else:
            with pytest.raises(MailboxUnavailable, match="SSLCertVerificationError"):
                fetch(server_of(box, use_ssl=True), lambda raw: True)
            assert box.said == []


def test_another_machine_is_told_the_password_only_by_tls(context: ssl.SSLContext, known: bool) -> None:
    with imap_server(later=context, host="127.0.0.2") as box:
        box.deliver(sample("postfix"))
        if known:
            assert fetch(server_of(box), lambda raw: True) == 1
            assert box.said.index("STARTTLS") < box.said.index("LOGIN")
        else:
            with pytest.raises(MailboxUnavailable, match="SSLCertVerificationError"):
                fetch(server_of(box), lambda raw: True)
            assert "LOGIN" not in box.said


def test_another_machine_without_tls_is_not_told_the_password() -> None:
    with imap_server(host="127.0.0.2") as box:
        with pytest.raises(MailboxUnavailable, match="connect"):
            fetch(server_of(box), lambda raw: True)
        assert "LOGIN" not in box.said
