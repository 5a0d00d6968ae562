"""News that waits for a digest: it comes in the morning, and an agent says all of it when it cannot."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.models import Need
from app.services import posting, wishes
from app.services.telling import follow_up_undelivered
from app.worker import make_relay
from matching.lifecycle import NeedState
from notifications.relay import Relay
from notifications.tables import suppressed_address
from notifications.transport.file import StoredMail, list_mail
from notifications.wishes import Rhythm
from tests.city import BY_LINK, City


@pytest.fixture
def relay(city: City) -> Iterator[Relay]:
    """That of a real city, in whose outbox two pieces of news wait for a resident's digest."""
    city.volunteer()
    need_id = city.need()
    choices = wishes.of_person(city.ctx, city.one(Need, need_id).person_id)
    assert choices
    wishes.choose(city.ctx, choices, BY_LINK, off=(), rhythm=Rhythm.DAILY, night=False)
    city.match()
    posting.move_need(city.ctx, need_id, NeedState.WITHDRAWN, BY_LINK)
    real = make_relay(replace(city.ctx, settings=replace(city.ctx.settings, demo=False)))
    while real.run_once():
        pass
    yield real


def mail_to(city: City, address: str) -> list[StoredMail]:
    return list_mail(Path(city.ctx.settings.instance) / "mail", to=address)


def test_it_comes_in_the_morning_with_a_link_that_stops_it(city: City, relay: Relay) -> None:
    assert len(mail_to(city, "r2@example.net")) == 2, "to confirm, and that it is received"
    city.clock.advance(hours=22)
    relay.run_once()
    digest = mail_to(city, "r2@example.net")[0]
    assert digest.subject == "2 nouvelles d’À deux pas"
    assert "/unsubscribe/" in digest.text and "/messages/" in digest.html


def test_an_agent_says_all_that_stood_in_one_that_does_not_arrive(city: City, relay: Relay) -> None:
    with city.ctx.db.begin() as connection:
        row = {"recipient_index": city.ctx.keys.index("r2@example.net"), "reason": "bounced", "since": city.clock()}
        connection.execute(suppressed_address.insert().values(row))
    city.clock.advance(hours=22)
    relay.run_once()
    assert follow_up_undelivered(city.ctx) == 1
    [task] = city.tasks("undelivered")
    assert (task.reason, task.person_id) == ("digest", city.all(Need)[0].person_id)
    assert "1. Nous avons demandé" in task.words and "2. Votre demande" in task.words
    assert "http" not in task.words
