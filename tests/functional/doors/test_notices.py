"""Before anybody sends anything they read, or hear, why, who sees it and for how long; which version stays with each answer."""

from collections.abc import Callable

import pytest

from app.models import Event, Offer, Person
from app.services import accounts, posting
from app.services.events import Actor
from config.notices import NOTICE_VERSION
from tests.asking import answer
from tests.city import City
from tests.functional.doors.test_letter import printed, to_write
from tests.offers import fill_in
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
WHO, LONG = "Agents of the town hall who look after your area see it", "It is erased 2 years after"


def lacking(page: Page, *words: str) -> list[str]:
    return [each for each in (*words, WHO, LONG) if each not in page.text.replace("\u00a0", " ")]


def test_the_last_page_of_each_form_says_why_who_and_how_long(city: City, client: Visitor) -> None:
    both = f"version {NOTICE_VERSION}", "only once both of you have said yes"
    assert lacking(answer(client), *both, "to find a volunteer, and for nothing else") == []
    assert lacking(fill_in(city, client), *both, "in order to find neighbours for you") == []


@pytest.mark.parametrize("of", ["needs", "offers"])
def test_an_agent_reads_as_much_aloud(sign_in: SignIn, of: str) -> None:
    assert lacking(sign_in().get(f"/coordination/{of}/new"), "and for nothing else", "only once both of you have said yes") == []


def test_a_letter_says_as_much_on_paper(city: City, sign_in: SignIn) -> None:
    page = printed(sign_in(), to_write(city, language="en"))
    assert lacking(page, "and for nothing else", "only once you have both said yes", "call us or go to 127.0.0.1:8000/privacy") == []


@pytest.mark.parametrize("sheet", ["hall", "leaflet"])
def test_posters_and_leaflets_say_where_it_stands(sign_in: SignIn, sheet: str) -> None:
    page = sign_in().get(f"/coordination/posters/print?sheet={sheet}&language=fr-en")
    assert "why, who sees it and for how long: 127.0.0.1:8000/privacy" in page.text.replace("\u00a0", " ")
    assert "qui les voit et combien de temps" in page.text.replace("\u00a0", " ")


def test_the_version_stays_with_each_answer(city: City) -> None:
    city.need(notice_version="2026-1")
    offer = city.one(Offer, city.volunteer())
    more = posting.OfferInput(categories=("pets",), where=city.at(100))
    accounts.add_own_offer(city.ctx, offer.person_id, more, Actor(offer.person_id), charter_version="2026-1", notice_version="2027-1")
    kept = [(event.kind, event.reason) for event in city.all(Event) if event.kind in ("need_posted", "offer_posted")]
    assert kept[0] == ("need_posted", "2026-1") and kept[-1] == ("offer_posted", "2027-1")
    assert city.one(Person, offer.person_id).notice_version == "2027-1"


def test_the_public_page_tells_the_table_of_retention(client: Visitor) -> None:
    page = client.get("/privacy")
    text = page.text.replace("\u00a0", " ")
    for words in ("What somebody wrote to the town hall by e-mail", "1 year", "Forms that somebody began", "2 days", "A programme "
         "proposes"):
        assert words in text
