"""Volunteers who were silent for long are asked before they are erased; a word of theirs, and it is as if they had never been silent."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.models import Offer, Person, Task
from app.services import duty, purging, silence
from app.services.events import Actor
from matching.lifecycle import OfferState
from tests.city import BY_LINK, City
from tests.functional.doors.test_letter import printed
from tests.pages import Visitor

BEFORE = {"days": 730 - 42, "minutes": 1}


def erased(city: City, offer_id: int) -> bool:
    return city.one(Person, city.one(Offer, offer_id).person_id).erased_at is not None


def asked(city: City) -> int:
    before = purging.would_go(city.ctx)[purging.ASKED]
    assert purging.purge(city.ctx)[purging.ASKED] == before
    return before


def test_asked_once_by_message_and_erased_without_a_word(city: City) -> None:
    offer_id = city.volunteer()
    city.clock.advance(days=730 - 42)
    assert asked(city) == 0
    city.clock.advance(minutes=1)
    assert [asked(city), asked(city)] == [1, 0]
    assert city.mails()[-1] == ("still_helping", f"offer:{offer_id}/person:{city.one(Offer, offer_id).person_id}")
    city.clock.advance(days=42, minutes=-1)
    assert asked(city) == 0 and not erased(city, offer_id)
    city.clock.advance(minutes=2)
    purging.purge(city.ctx)
    assert erased(city, offer_id)


def test_one_press_and_all_stays(city: City) -> None:
    offer_id = city.volunteer()
    city.clock.advance(**BEFORE)
    asked(city)
    silence.still_helping(city.ctx, offer_id, Actor(city.one(Offer, offer_id).person_id))
    city.clock.advance(**BEFORE)
    assert [asked(city), asked(city)] == [1, 0], "after as long again"
    assert not erased(city, offer_id)


def test_without_email_an_agent_calls_and_says_what_was_said(city: City, sign_in: Callable[..., Visitor]) -> None:
    offer_id = city.volunteer(email=False)
    city.clock.advance(**BEFORE)
    asked(city)
    [call] = city.tasks("tell")
    assert (call.reason, call.offer_id, call.due_at - city.clock()) == ("still_helping", offer_id, timedelta(days=21))
    visitor = sign_in()
    assert "They still want to help" in visitor.get(f"/coordination/tasks/{call.id}").buttons
    page = visitor.submit(visitor.get(f"/coordination/tasks/{call.id}"), "They still want to help")
    assert "Written down: they still want to help." in page.text
    assert city.one(Task, call.id).closed_at is not None
    city.clock.advance(days=60)
    purging.purge(city.ctx)
    assert not erased(city, offer_id)


def test_a_letter_has_a_slip_for_it(city: City, sign_in: Callable[..., Visitor]) -> None:
    offer_id = city.volunteer(email=False)
    with city.ctx.db.write() as session:
        session.get_one(Person, city.one(Offer, offer_id).person_id).contact = "letter"
    city.clock.advance(**BEFORE)
    asked(city)
    page = printed(sign_in(), city.tasks("tell")[0])
    for words in ("Votre proposition d’aide", "Oui, je souhaite toujours aider", "Non, effacez ce que vous gardez de moi"):
        assert words in page.text


def test_the_link_shows_a_button_and_only_that_counts(city: City, client: Visitor) -> None:
    offer_id = city.volunteer()
    city.clock.advance(**BEFORE)
    asked(city)
    link = city.ctx.links.url(silence.Purpose.STILL_HELPING, offer_id)
    page = client.get(link)
    assert "still_helping" not in city.events()
    assert client.submit(page, "Yes, I still want to help").h1 == "Good to have you with us"
    assert "still_helping" in city.events()
    city.clock.advance(days=60)
    purging.purge(city.ctx)
    assert not erased(city, offer_id)


def test_nobody_who_helps_is_erased_unasked(city: City) -> None:
    """As where the service is brought up to date after years."""
    offer_id = city.volunteer()
    city.clock.advance(days=1000)
    assert purging.would_go(city.ctx)["people"] == 0
    assert asked(city) == 1
    city.clock.advance(days=41)
    asked(city)
    assert not erased(city, offer_id)
    city.clock.advance(days=1)
    asked(city)
    assert erased(city, offer_id)


@pytest.mark.parametrize("move", ["withdrawn", "frozen", "spoke"])
def test_who_left_and_who_spoke_is_not_asked(city: City, move: str) -> None:
    offer_id = city.volunteer()
    if move == "withdrawn":
        duty.move_offer(city.ctx, offer_id, OfferState.WITHDRAWN, BY_LINK)
    with city.ctx.db.write() as session:
        if move == "frozen":
            session.get_one(Person, city.one(Offer, offer_id).person_id).frozen_at = city.clock()
    city.clock.advance(days=600)
    if move == "spoke":
        silence.still_helping(city.ctx, offer_id, Actor(city.one(Offer, offer_id).person_id))
    city.clock.advance(days=100)
    assert asked(city) == 0
