"""What mail that comes in changes: addresses that are given up, notes, tasks, and never an answer by itself."""

import threading
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app.models import Event, Match, Note, Person
from app.services import inbound, leases
from app.services.inbound import Filed, fetch_mail, receive
from app.services.telling import follow_up_undelivered
from app.worker import Worker, make_relay
from matching.lifecycle import MatchState
from notifications.inbound.report import Outcome
from notifications.tables import OutboxState, received, suppressed_address
from notifications.tables import outbox as table
from tests.city import City
from tests.imap import ImapServer, imap_server
from tests.mail import sample

REPLIES = "entraide+{}@example.org"


@pytest.fixture
def asked(city: City) -> Match:
    """A match whose volunteer has been asked, by messages that were sent."""
    city.ctx = with_settings(city, mail_replies=REPLIES)
    city.volunteer()
    need = city.need()
    city.match()
    with city.ctx.db.begin() as connection:
        connection.execute(table.update().values(state=OutboxState.SENT))
    (match,) = city.matches(need)
    return match


def with_settings(city: City, **settings: Any) -> Any:
    return replace(city.ctx, settings=replace(city.ctx.settings, **settings))


def rows(city: City, which: Any, **where: Any) -> list[Any]:
    with city.ctx.db.read() as session:
        return list(session.execute(which.select().filter_by(**where).order_by(which.c[0])))


def proposal(city: City) -> Any:
    (row,) = rows(city, table, kind="proposal_to_volunteer")
    return row


def mail_about(city: City, name: str, row: Any, *, to: str = "v1@example.org", signed: bool = True, by_id: bool = True) -> bytes:
    """A sample about a message of ours: by its signed address, by its Message-ID, by both or by neither."""
    sent_by = city.ctx.replies.of(row.id) if signed else "entraide@example.org"
    return sample(name, to=to, sent_by=sent_by, message_id=row.message_id if by_id else "<other@example.org>")


def wrote(city: City) -> list[Event]:
    return [event for event in city.all(Event) if event.kind == "wrote"]


# --- delivery reports


@pytest.mark.parametrize(("signed", "by_id"), [(True, False), (False, True), (True, True)])
@pytest.mark.parametrize("name", ["postfix", "qmail", "exchange-fr"])
def test_a_message_that_bounced_gives_its_address_up_and_is_said_by_an_agent(
    city: City, asked: Match, name: str, signed: bool, by_id: bool
) -> None:
    row = proposal(city)
    assert receive(city.ctx, mail_about(city, name, row, signed=signed, by_id=by_id)) is Outcome.GONE
    (suppressed,) = rows(city, suppressed_address)
    assert (suppressed.recipient_index, suppressed.since) == (row.recipient_index, city.clock())
    assert suppressed.reason.startswith("bounced: gone 5.1.1")
    (task,) = city.tasks("undelivered")
    assert (task.reason, task.match_id, task.person_id) == ("proposal_to_volunteer", asked.id, city.all(Person)[0].id)
    assert "les courses" in task.words and "http" not in task.words
    assert proposal(city).state == OutboxState.REFUSED
    assert follow_up_undelivered(city.ctx) == 0, "it is told once"
    assert city.one(Match, asked.id).state == MatchState.PROPOSED


def test_nothing_more_is_sent_to_an_address_that_was_given_up(city: City, asked: Match) -> None:
    receive(city.ctx, mail_about(city, "postfix", proposal(city)))
    with city.ctx.db.begin() as connection:
        connection.execute(table.update().where(table.c.id == proposal(city).id).values(state=OutboxState.WAITING))
    assert make_relay(city.ctx).run_once() == 1
    assert proposal(city).state == OutboxState.SUPPRESSED


@pytest.mark.parametrize(("name", "outcome"), [("spam-refused", Outcome.FAILED), ("postfix-gave-up", Outcome.FAILED)])
def test_what_is_not_the_addresss_fault_is_told_and_the_address_stays(city: City, asked: Match, name: str, outcome: Outcome) -> None:
    assert receive(city.ctx, mail_about(city, name, proposal(city))) is outcome
    assert rows(city, suppressed_address) == [] and len(city.tasks("undelivered")) == 1


@pytest.mark.parametrize(("name", "outcome"), [("postfix-delayed", Outcome.DELAYED), ("delivered", Outcome.DELIVERED)])
def test_what_may_still_arrive_is_filed_and_nothing_more(city: City, asked: Match, name: str, outcome: Outcome) -> None:
    assert receive(city.ctx, mail_about(city, name, proposal(city))) is outcome
    assert rows(city, suppressed_address) == [] and city.tasks() == []
    assert [(row.kind, row.outbox_id) for row in rows(city, received)] == [(outcome, proposal(city).id)]


def test_a_full_mailbox_is_given_up_when_it_was_full_a_week_ago_too(city: City, asked: Match) -> None:
    def full(day: int) -> list[Any]:
        receive(city.ctx, mail_about(city, "gmail-full", proposal(city)) + f"\nday {day}".encode())
        return rows(city, suppressed_address)

    assert full(0) == []
    city.clock.advance(days=3)
    assert full(3) == []
    city.clock.advance(days=4)
    assert [row.reason for row in full(7)] == ["bounced: full 5.2.2"]


def test_a_forged_report_gives_nobody_up(city: City, asked: Match) -> None:
    row = proposal(city)
    others = rows(city, table, kind="proposal_to_resident")[0]
    address = city.ctx.replies.of(others.id).replace(f"r.{others.id}.", f"r.{row.id}.")  # one's own signature on another's number
    forged = sample("postfix", to="v1@example.org", sent_by=address, message_id=row.message_id)
    guessed = sample("postfix", to="v1@example.org", sent_by="entraide@example.org", message_id="<1@example.org>")
    assert [receive(city.ctx, raw) for raw in (forged, guessed)] == [Filed.OTHER, Filed.OTHER]
    assert rows(city, suppressed_address) == [] and city.tasks() == [] and proposal(city).state == OutboxState.SENT


def test_a_report_gives_up_the_address_of_its_message_whatever_address_it_names(city: City, asked: Match) -> None:
    receive(city.ctx, mail_about(city, "postfix", proposal(city), to="somebody.else@example.com"))
    assert [row.recipient_index for row in rows(city, suppressed_address)] == [proposal(city).recipient_index]


def test_the_address_on_the_envelope_counts_before_those_in_the_message(city: City, asked: Match) -> None:
    raw = mail_about(city, "exchange-2003", proposal(city), signed=False, by_id=False)
    assert receive(city.ctx, raw, city.ctx.replies.of(proposal(city).id).upper()) is Outcome.GONE


# --- what people write


@pytest.mark.parametrize("signed", [True, False])
def test_an_answer_is_a_note_and_a_task_and_never_a_yes(city: City, asked: Match, signed: bool) -> None:
    raw = mail_about(city, "answer-gmail-fr", proposal(city), signed=signed)
    assert receive(city.ctx, raw) is Filed.ANSWER
    (note,) = city.all(Note)
    volunteer = city.all(Person)[0]
    assert (note.text, note.sender) == ("Oui, volontiers, mais seulement après 18 h.\nZélie", "v1@example.org")
    assert (note.match_id, note.need_id, note.person_id, note.at) == (asked.id, asked.need_id, volunteer.id, city.clock())
    (task,) = city.tasks("answer")
    assert (task.id, task.reason, task.match_id, task.person_id) == (note.task_id, "proposal_to_volunteer", asked.id, volunteer.id)
    assert city.one(Match, asked.id).state == MatchState.PROPOSED
    (event,) = wrote(city)
    assert (event.actor_id, event.channel, event.task_id) == (volunteer.id, "mail", task.id)


def test_an_answer_is_to_be_read_before_the_time_to_answer_is_over(city: City, asked: Match) -> None:
    city.clock.moment = asked.deadline_at
    city.clock.advance(hours=-1)
    receive(city.ctx, mail_about(city, "answer-gmail-fr", proposal(city)))
    assert city.tasks("answer")[0].due_at == asked.deadline_at


def test_an_answer_from_another_address_is_not_taken_for_the_persons_own(city: City, asked: Match) -> None:
    receive(city.ctx, mail_about(city, "answer-gmail-fr", proposal(city), to="daughter@example.com"))
    assert [event.actor_id for event in wrote(city)] == [None]
    assert [note.sender for note in city.all(Note)] == ["daughter@example.com"]


@pytest.mark.parametrize("name", ["away-fr", "away-en", "was-read"])
def test_a_robots_answer_is_filed_and_nobodys_work(city: City, asked: Match, name: str) -> None:
    assert receive(city.ctx, mail_about(city, name, proposal(city))) is Filed.AUTO_REPLY
    assert city.tasks() == [] and city.all(Note) == []
    assert [(row.kind, row.outbox_id) for row in rows(city, received)] == [("auto_reply", proposal(city).id)]


def test_a_daemon_that_says_what_we_do_not_understand_is_read_by_somebody_where_it_is_about_our_message(city: City, asked: Match) -> None:
    assert receive(city.ctx, mail_about(city, "odd-daemon", proposal(city))) is Filed.ANSWER
    assert "fill in the form" in city.all(Note)[0].text
    assert receive(city.ctx, mail_about(city, "odd-daemon", proposal(city), signed=False, by_id=False)) is Filed.OTHER
    assert len(city.tasks()) == 1


def test_a_stranger_who_writes_to_the_city_is_a_task(city: City, asked: Match) -> None:
    raw = b"From: Marc <marc@example.com>\nTo: entraide@example.org\nSubject: Bonjour\n\nComment faire ?"
    assert receive(city.ctx, raw) is Filed.STRANGER
    (task,) = city.tasks("answer")
    (note,) = city.all(Note)
    assert (task.person_id, task.match_id, task.reason) == (None, None, None)
    assert (note.subject, note.text, note.sender) == ("Bonjour", "Comment faire ?", "marc@example.com")


def test_somebody_we_know_who_writes_of_their_own_is_named(city: City, asked: Match) -> None:
    receive(city.ctx, b"From: V1@Example.org\nTo: entraide@example.org\nSubject: Question\n\nPuis-je venir lundi ?")
    assert city.tasks("answer")[0].person_id == city.all(Person)[0].id


def test_a_forged_answer_is_a_strangers_mail(city: City, asked: Match) -> None:
    row = proposal(city)
    raw = sample(
        "answer-gmail-fr", to="x@example.com", sent_by=f"entraide+r.{row.id}.aaaaaaaaaaaaaaaa@example.org", message_id=row.message_id
    )
    assert receive(city.ctx, raw) is Filed.STRANGER
    assert city.all(Note)[0].match_id is None


def test_advertising_is_nobodys_work(city: City, asked: Match) -> None:
    assert receive(city.ctx, sample("newsletter")) is Filed.OTHER
    assert city.tasks() == []


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 5000, b"Subject: from nobody\r\n\r\nBuy this\r\n"])
def test_what_comes_from_nobody_is_nobodys_work(city: City, asked: Match, raw: bytes) -> None:
    assert receive(city.ctx, raw) is Filed.OTHER
    assert city.tasks() == []


def test_our_own_messages_coming_back_are_no_answer(city: City, asked: Match) -> None:
    assert receive(city.ctx, b"From: entraide@example.org\nAuto-Submitted: auto-generated\n\nHello") is Filed.AUTO_REPLY


def test_what_is_stored_of_an_answer_cannot_be_read_in_the_database(city: City, asked: Match) -> None:
    receive(city.ctx, mail_about(city, "answer-outlook-html", proposal(city)))
    with city.ctx.db.begin() as connection:
        stored = connection.exec_driver_sql("SELECT * FROM note").one()
        filed = connection.exec_driver_sql("SELECT * FROM notification_received").one()
    shown = " ".join(map(str, [*stored, *filed]))
    assert [word for word in ("déplacement", "v1@example.org", "attestation", "Pouvez") if word in shown] == []


# --- once, and all or nothing


def test_the_same_message_is_filed_once_whichever_way_it_comes(city: City, asked: Match) -> None:
    raw = mail_about(city, "answer-gmail-fr", proposal(city))
    assert receive(city.ctx, raw) is Filed.ANSWER
    assert receive(city.ctx, b"Delivered-To: x@example.org\n" + raw.replace(b"\n", b"\r\n")) is Filed.TWICE
    assert len(city.tasks("answer")) == len(city.all(Note)) == len(rows(city, received)) == 1


def test_two_at_once_file_it_once(city: City, asked: Match) -> None:
    raw, filed = mail_about(city, "answer-gmail-fr", proposal(city)), []
    threads = [threading.Thread(target=lambda: filed.append(receive(city.ctx, raw))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(filed) == [Filed.ANSWER, *[Filed.TWICE] * 3]
    assert len(city.all(Note)) == 1


def test_where_anything_fails_nothing_is_filed_and_it_works_the_next_time(
    city: City, asked: Match, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = mail_about(city, "answer-gmail-fr", proposal(city))
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "record", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receive(city.ctx, raw)
    assert rows(city, received) == [] and city.tasks() == []
    assert receive(city.ctx, raw) is Filed.ANSWER


# --- the mailbox


@pytest.fixture
def box(city: City, asked: Match) -> Any:
    with imap_server() as server:
        city.ctx = with_settings(
            city, mail_imap_server="127.0.0.1", mail_imap_port=server.port, mail_imap_username=server.username,
            mail_imap_password=server.password, mail_imap_use_ssl=False,
        )  # fmt: skip
        yield server


def test_the_mailbox_is_emptied_of_what_is_unread(city: City, box: ImapServer) -> None:
    for name in ("postfix", "away-fr", "answer-gmail-fr"):
        box.deliver(mail_about(city, name, proposal(city)))
    assert fetch_mail(city.ctx) == 3
    assert [row.kind for row in rows(city, received)] == ["gone", "auto_reply", "answer"]
    assert box.unread == []


def test_a_message_is_read_only_once_it_is_committed(city: City, box: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    box.deliver(mail_about(city, "answer-gmail-fr", proposal(city)))
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "record", lambda *_, **__: (_ for _ in ()).throw(OperationalError("", {}, OSError())))
        with pytest.raises(OperationalError):
            fetch_mail(city.ctx)
    assert box.unread == [101] and city.all(Note) == []
    assert fetch_mail(city.ctx) == 1 and len(city.all(Note)) == 1


def test_a_message_that_cannot_be_filed_holds_nothing_up(city: City, box: ImapServer, monkeypatch: pytest.MonkeyPatch) -> None:
    box.deliver(mail_about(city, "answer-gmail-fr", proposal(city)))
    box.deliver(mail_about(city, "postfix", proposal(city)))
    monkeypatch.setattr(inbound, "record", lambda *_, **__: 1 / 0)
    assert fetch_mail(city.ctx) == 1
    assert box.unread == [101]


def test_one_worker_reads_the_mailbox(city: City, box: ImapServer) -> None:
    box.deliver(mail_about(city, "postfix", proposal(city)))
    other = "elsewhere:1"
    with city.ctx.db.begin() as connection:
        connection.exec_driver_sql(f"INSERT INTO lease (name, holder, until) VALUES ('mailbox', '{other}', '2026-11-23 10:30:00+00:00')")
    Worker(city.ctx).read_mail()
    assert box.said == []
    city.clock.advance(hours=1)
    Worker(city.ctx).read_mail()
    assert box.unread == [] and leases.hold(city.ctx, "mailbox")


def test_a_mailbox_that_is_away_is_said_in_the_log_and_stops_nothing(city: City, box: ImapServer, caplog: pytest.LogCaptureFixture) -> None:
    box.orders["SELECT"] = "NO down"
    Worker(city.ctx).read_mail()
    assert "the mailbox cannot be read at present: INBOX: NO" in caplog.text
