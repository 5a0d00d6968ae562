"""How sending stands, one message tried again, all messages to read: ``adeuxpas mail`` and ``/healthz/mail``."""

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import update

from app import create_app
from app.cli import group
from app.context import Context
from app.errors import UserError
from app.models import Task, TaskKind
from app.services.telling import follow_up_undelivered
from app.worker import make_relay
from notifications.samples import SAMPLES
from notifications.tables import OutboxState
from notifications.tables import outbox as table
from notifications.words import LANGUAGES
from tests.city import City
from tests.imap import imap_server
from tests.pages import Visitor
from tests.smtp import SmtpServer, smtp_server


def mail(city: City, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.setattr("app.cli.mail.open_city", lambda: city.ctx)
    return CliRunner().invoke(group, ["mail", *words], standalone_mode=False)


def set_state(city: City, state: OutboxState) -> None:
    with city.ctx.db.begin() as connection:
        connection.execute(update(table).values(state=state))


def by_smtp(city: City, server: SmtpServer, **settings: int) -> Context:
    there = replace(city.ctx.settings, mail_server="127.0.0.1", mail_port=server.port, **settings)  # type: ignore[arg-type]
    return replace(city.ctx, settings=there)


def send_all(ctx: Context) -> None:
    relay = make_relay(ctx)
    while relay.run_once():
        pass


def health(city: City) -> int:
    return Visitor(create_app(context=city.ctx)).browser.get("/healthz/mail").status_code


def test_what_waits_for_too_long_is_said_by_the_command_and_by_the_health_check(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "Nothing waits to be sent." in mail(city, monkeypatch, "status").output
    city.need()
    city.clock.advance(minutes=15)
    result = mail(city, monkeypatch, "status")
    assert (result.return_value, health(city)) == (None, 200)
    assert "        2  waiting\n" in result.stdout and "waited for 15 minutes" in result.stdout
    city.clock.advance(minutes=1)
    result = mail(city, monkeypatch, "status")
    assert (result.return_value, health(city)) == (1, 503)
    assert "is a worker running" in result.stderr
    relay = make_relay(city.ctx)
    assert relay.run_once() == 2
    assert (mail(city, monkeypatch, "status").return_value, health(city)) == (None, 200)


def test_what_a_dead_relay_holds_waits_too(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city.need(confirmed=False)
    with city.ctx.db.begin() as connection:
        connection.execute(update(table).values(state=OutboxState.SENDING, claimed_by="dead", claimed_until=city.clock()))
    assert health(city) == 200
    city.clock.advance(hours=1)
    assert health(city) == 503


def test_what_waits_for_the_morning_is_counted_apart_and_is_never_late(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city.clock.advance(hours=12)  # 23:05 in Paris
    city.volunteer()
    city.need()
    city.match()
    make_relay(replace(city.ctx, settings=replace(city.ctx.settings, demo=False))).run_once()
    city.clock.advance(hours=8)
    result = mail(city, monkeypatch, "status")
    assert (result.return_value, health(city)) == (None, 200)
    assert "        2  waiting\n" in result.stdout and "        2  of those that wait, until a morning or their digest" in result.stdout
    assert "Nothing waits to be sent." not in result.stdout and "No message is late." in result.stdout


@pytest.mark.parametrize("state", [OutboxState.WAITING, OutboxState.REFUSED, OutboxState.SUPPRESSED])
def test_a_message_that_did_not_go_is_tried_again_now(city: City, monkeypatch: pytest.MonkeyPatch, state: OutboxState) -> None:
    city.need(confirmed=False)
    with city.ctx.db.begin() as connection:
        connection.execute(update(table).values(state=state, due_at=city.clock.moment.replace(year=2027), attempts=9))
    result = mail(city, monkeypatch, "retry", "1")
    assert "Message 1 is due now" in result.output
    assert make_relay(city.ctx).run_once() == 1
    with city.ctx.db.begin() as connection:
        assert connection.execute(table.select()).one().state == OutboxState.SENT


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (OutboxState.SENT, "nobody gets it twice"), (OutboxState.SENDING, "at this moment"), (OutboxState.SKIPPED, "is not wanted"),
        (OutboxState.BUNDLED, "is part of another one"),
    ],
)  # fmt: skip
def test_what_went_or_goes_is_not_sent_again(city: City, monkeypatch: pytest.MonkeyPatch, state: OutboxState, sentence: str) -> None:
    city.need(confirmed=False)
    set_state(city, state)
    result = mail(city, monkeypatch, "retry", "1")
    assert isinstance(result.exception, UserError) and sentence in result.exception.sentence
    with city.ctx.db.begin() as connection:
        assert connection.execute(table.select()).one().state == state


def test_who_was_said_not_to_exist_is_written_to_again_after_a_retry(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    with smtp_server() as server:
        ctx = by_smtp(city, server)
        server.order("RCPT", "550 5.1.1 no such user", times=1)
        for _ in range(2):
            city.need(confirmed=False, email="rose@example.net")
            send_all(ctx)
        status = mail(city, monkeypatch, "status").stdout
        assert "1  failed for good" in status and "1  not sent, since" in status and "1  addresses that nothing is sent to" in status
        assert follow_up_undelivered(ctx) == 2
        assert {task.kind for task in city.all(Task)} == {TaskKind.UNDELIVERED}
        assert "written to again" in mail(city, monkeypatch, "retry", "2").output
        assert "written to again" not in mail(city, monkeypatch, "retry", "1").output
        send_all(ctx)
        assert len(server.received) == 2
    assert "0  addresses that nothing is sent to" in mail(city, monkeypatch, "status").stdout


def test_the_limits_of_the_settings_are_the_relays(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    with smtp_server() as server:
        ctx = by_smtp(city, server, mail_per_domain_minute=1, mail_per_second=100)
        for _ in range(2):
            city.need(confirmed=False, email="rose@example.net")
        send_all(ctx)
        assert len(server.received) == 1
        assert "1  waiting" in mail(city, monkeypatch, "status").stdout


def test_the_mailbox_is_read_when_it_is_asked(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = mail(city, monkeypatch, "fetch").exception
    assert isinstance(refused, UserError) and "MAIL_IMAP_SERVER is empty" in refused.sentence
    with imap_server() as box:
        there = {"mail_imap_server": box.host, "mail_imap_port": box.port, "mail_imap_username": box.username}
        more = {"mail_imap_password": box.password, "mail_imap_use_ssl": False}
        city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, **there, **more))  # type: ignore[arg-type]
        box.deliver(b"From: zoe@example.net\r\nTo: entraide@example.org\r\nSubject: Bonjour\r\n\r\nUne question.\r\n")
        assert "Messages filed: 1" in mail(city, monkeypatch, "fetch").output
        assert box.unread == [] and [task.kind for task in city.all(Task)] == [TaskKind.ANSWER]
        box.orders["SELECT"] = "NO down"
        failed = mail(city, monkeypatch, "fetch").exception
        assert isinstance(failed, UserError) and "Nothing is lost. Check the settings MAIL_IMAP_" in failed.sentence


def test_an_unknown_message_is_one_sentence(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    result = mail(city, monkeypatch, "retry", "7")
    assert isinstance(result.exception, UserError) and result.exception.sentence == "There is no message 7."


def test_all_messages_are_on_one_page_in_all_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CITY_NAME", "Saint-<b>Denis")
    file = tmp_path / "messages.html"
    result = CliRunner().invoke(group, ["mail", "preview", "--output", str(file)], standalone_mode=False)
    page = file.read_text(encoding="utf-8")
    assert str(file) in result.output
    assert page.count("<iframe sandbox") == page.count("<pre") / 2 == len(SAMPLES) * len(LANGUAGES), "as mail, and as a text message"
    assert [name for name in SAMPLES if f'<section id="{name}">' not in page] == []
    assert "<b>" not in page and "<script" not in page and 'src="' not in page
