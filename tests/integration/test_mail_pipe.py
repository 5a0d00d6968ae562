"""Mail that comes back through a mail server's pipe: the real command as a process of its own, with what a mail server makes of its end."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.models import Match, Note
from app.worker import make_relay
from matching.lifecycle import MatchState
from notifications.inbound.read import MOST_BYTES
from notifications.tables import suppressed_address
from tests.city import KEYS, City
from tests.mail import sample
from tests.smtp import Received, SmtpServer

TRY_AGAIN = 75


@pytest.fixture
def city(db_url: str, tmp_path: Path, smtp: SmtpServer) -> Iterator[City]:
    made = City(db_url, tmp_path)
    chosen = replace(made.ctx.settings, mail_server="127.0.0.1", mail_port=smtp.port, mail_replies="entraide+{}@example.org")
    made.ctx = replace(made.ctx, settings=chosen)
    yield made
    made.ctx.db.close()


def pipe(city: City, raw: bytes, *options: str, **settings: str) -> subprocess.CompletedProcess[bytes]:
    environ = {
        "DATABASE_URL": city.ctx.settings.resolved_database_url, "INSTANCE": city.ctx.settings.instance, "ENCRYPTION_KEYS": KEYS,
        "SECRET_KEY": "s" * 40, "MAIL_REPLIES": "entraide+{}@example.org",
    }  # fmt: skip
    command = [sys.executable, "-m", "app.cli", "mail", "receive", *options]
    return subprocess.run(command, input=raw, env=os.environ | environ | settings, capture_output=True, check=False)


def asked(city: City, smtp: SmtpServer) -> tuple[Match, Received]:
    """A match, and the message that asked its volunteer as a mail server has it."""
    city.volunteer()
    need = city.need()
    city.match()
    relay = make_relay(city.ctx)
    while relay.run_once():
        pass
    (to_volunteer,) = [each for each in smtp.received if each.recipients == ["v1@example.org"]]
    return city.matches(need)[0], to_volunteer


def come_back(name: str, message: Received) -> bytes:
    """What the other side's server makes of a message: all it knows is what it was given."""
    return sample(name, to=message.recipients[0], sent_by=message.sender, message_id=message.message["Message-ID"])


def test_a_message_goes_out_bounces_and_its_address_is_given_up(city: City, smtp: SmtpServer) -> None:
    _, message = asked(city, smtp)
    assert message.sender == message.message["Reply-To"] != "entraide@example.org"
    assert "entraide@example.org" in message.message["From"]
    ended = pipe(city, come_back("postfix", message))
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"Filed: report of an address that does not exist.\n", b"")
    with city.ctx.db.read() as session:
        assert len(session.execute(suppressed_address.select()).all()) == 1
    (task,) = city.tasks("undelivered")
    assert task.reason == "proposal_to_volunteer"


def test_an_answer_comes_back_to_its_match_by_the_envelope_alone(city: City, smtp: SmtpServer) -> None:
    match, message = asked(city, smtp)
    raw = sample("answer-gmail-fr", to="v1@example.org", message_id="<lost@example.com>")
    ended = pipe(city, raw, "--recipient", message.sender)
    assert (ended.returncode, ended.stdout) == (0, b"Filed: answer to a message of ours.\n")
    assert [note.match_id for note in city.all(Note)] == [match.id]
    assert city.one(Match, match.id).state == MatchState.PROPOSED
    assert (pipe(city, raw, "--recipient", message.sender).stdout, len(city.all(Note))) == (b"Filed: filed before.\n", 1)


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 5000, b"Content-Type: multipart/report; boundary=\n\n--\n"])
def test_what_is_no_mail_is_filed_too(city: City, raw: bytes) -> None:
    assert pipe(city, raw).returncode == 0


def test_a_message_of_any_length_is_read_to_its_end(city: City) -> None:
    ended = pipe(city, b"From: a@example.com\n\nBonjour\n" + b"x" * (3 * MOST_BYTES))
    assert (ended.returncode, len(city.all(Note))) == (0, 1)


@pytest.mark.parametrize(
    "settings",
    [{"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}, {"ENCRYPTION_KEYS": "no key"}, {"MAIL_PORT": "a lot"}],
    ids=["database away", "keys wrong", "settings wrong"],
)
def test_while_it_cannot_be_filed_the_mail_server_keeps_it(city: City, settings: dict[str, str]) -> None:
    ended = pipe(city, sample("answer-gmail-fr"), **settings)
    assert (ended.returncode, ended.stdout) == (TRY_AGAIN, b"")
    assert b"Traceback" not in ended.stderr and b"volontiers" not in ended.stderr
    assert city.all(Note) == []
