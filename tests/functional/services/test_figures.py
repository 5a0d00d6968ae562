"""Figures for everybody: what they count, and that few people are never counted."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from app.models import Offer
from app.services import closing, duty, matches
from app.services.closing import Said
from app.services.events import Actor
from app.services.figures import FEWEST, Figures, figures
from matching.lifecycle import OfferState, Side
from tests.city import City
from tests.pages import Visitor

NOTHING = Figures(None, None, None, None)


def agreed(city: City, *, hours: float = 2, **need: object) -> int:
    """A request whose volunteer says yes after some hours, and the resident too."""
    offer_id, need_id = city.volunteer(), city.need(**need)
    city.match()
    city.clock.advance(hours=hours, seconds=-1)
    (match,) = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, Actor(city.one(Offer, match.offer_id).person_id))
    matches.resident_answers(city.ctx, match.id, True, Actor())
    assert offer_id == match.offer_id
    return match.id


def test_four_people_are_too_few_and_five_are_enough(city: City) -> None:
    assert FEWEST == 5
    for n in range(4):
        agreed(city, hours=n + 1)
    assert figures(city.ctx) == NOTHING
    agreed(city, hours=5)
    assert figures(city.ctx) == Figures(ready=5, areas=1, answered=5, until_yes=timedelta(hours=3))


def test_one_person_who_asks_five_times_is_one(city: City) -> None:
    for _ in range(5):
        agreed(city, email="odile@example.net")
    found = figures(city.ctx)
    assert (found.ready, found.answered, found.until_yes) == (5, None, None)


def test_whoever_is_not_approved_or_pauses_is_not_ready(city: City) -> None:
    offers = [city.volunteer() for _ in range(5)]
    city.volunteer(approved=False)
    assert figures(city.ctx).ready == 5
    duty.move_offer(city.ctx, offers[0], OfferState.PAUSED, Actor())
    assert figures(city.ctx).ready is None
    assert figures(city.ctx).areas is None


def test_help_that_did_not_happen_is_not_counted(city: City) -> None:
    made = [agreed(city) for _ in range(6)]
    closing.say(city.ctx, made[0], Side.EITHER, Said("done"), Actor())
    assert figures(city.ctx).answered == 6
    closing.say(city.ctx, made[1], Side.EITHER, Said("not_done"), Actor())
    assert figures(city.ctx).answered == 5
    closing.say(city.ctx, made[2], Side.EITHER, Said("not_done"), Actor())
    assert figures(city.ctx).answered is None


def test_the_time_until_a_yes_is_that_of_the_last_months(city: City) -> None:
    for _ in range(5):
        agreed(city, hours=1)
    city.clock.advance(days=100)
    assert figures(city.ctx).until_yes is None


@pytest.mark.parametrize("people", [0, 6])
def test_figures_take_three_queries_however_many_people(city: City, people: int) -> None:
    for _ in range(people):
        agreed(city)
    asked: list[str] = []
    event.listen(city.ctx.db.engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    figures(city.ctx)
    assert len([each for each in asked if each.startswith("SELECT")]) == 3


def test_the_home_page_shows_them_in_words_or_not_at_all(city: City, client: Visitor) -> None:
    assert "So far in Lyon" not in client.get("/").text
    for _ in range(5):
        agreed(city, hours=3)
    text = client.get("/").text
    for words in ("5 neighbours ready to help", "5 requests for which somebody was found", "3 hours usually until a volunteer says yes"):
        assert words in text
