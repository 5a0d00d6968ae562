"""A volunteer signs up, and confirms the address."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from app.models import Draft, Event, Offer, Person, TaskKind, Territory
from app.services import accounts
from app.services.accounts import Role
from app.services.places import Spot
from tests.city import CENTRE, City
from tests.functional.web.test_accounts import count_calls
from tests.offers import ANSWERS, EMAIL, PASSWORD, fill_in, go_on, sign_up, step_of
from tests.pages import Visitor

EASY = "This password is easy to guess. Take three or four words that have nothing to do with each other or with you."
Told = Callable[[str], list[dict[str, Any]]]


def test_a_sign_up_stores_the_offer_as_it_was_written(city: City, client: Visitor) -> None:
    assert sign_up(city, client).h1 == "We sent you an e-mail"
    (person,), (offer,) = city.all(Person), city.all(Offer)
    assert (person.name, person.email, person.phone, person.language) == ("Sacha Petit", EMAIL, "+33639981234", "en")
    assert (person.account, person.email_confirmed_at, person.approved_at) == (True, None, None)
    assert person.charter_version and person.notice_version and person.minimum_age_confirmed_at
    assert (offer.state, offer.categories, offer.radius_m, offer.capacity) == ("unconfirmed", ["pets", "shopping"], 2000, 2)
    assert (offer.languages, offer.mode, offer.channel) == (["fr", "en"], "in_person", "web")
    assert offer.availability == "Mo,Tu 09:00-12:00; Sa 14:00-18:00"
    assert offer.address == "12 rue de la Paix, 69002 Lyon"
    assert offer.point == pytest.approx(CENTRE, abs=0.01)


def test_only_the_button_on_the_links_page_confirms(city: City, client: Visitor, told: Told) -> None:
    sign_up(city, client)
    (message,) = told("confirm_account")
    path = message["confirm_url"].removeprefix("http://127.0.0.1:8000")
    page = client.get(path)
    client.browser.head(path)
    assert city.all(Offer)[0].state == "unconfirmed"

    done = client.submit(page, "Yes, this is my address")
    assert "An agent of the town hall looks at your offer" in done.text
    assert city.all(Offer)[0].state == "active"
    assert len(city.tasks(TaskKind.APPROVE)) == 1

    assert client.submit(page, "Yes, this is my address").h1 == client.get(path).h1 == "Your address is confirmed already"
    assert len(city.tasks(TaskKind.APPROVE)) == 1
    assert [e.actor_id for e in city.all(Event) if e.kind == "account_confirmed"] == [city.all(Offer)[0].person_id]
    assert client.submit(client.get("/sign-in"), "Sign in", email=EMAIL, password=PASSWORD)


def test_the_page_is_the_same_where_the_address_has_an_account(
    city: City, client: Visitor, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add_user(city.ctx, name="Camille Roux", email="camille@example.org", role=Role.NONE, password=PASSWORD)
    hashed = count_calls(monkeypatch, PasswordHasher, "hash")
    fresh = sign_up(city, client)
    known = sign_up(city, client, email="Camille@example.org")
    assert fresh.html == known.html
    assert len(hashed) == 2
    assert len(told("account_exists")) == len(told("confirm_account")) == 1
    assert len(city.all(Offer)) == 1


def test_a_newer_sign_up_takes_the_place_of_one_that_was_never_confirmed(city: City, client: Visitor, told: Told) -> None:
    sign_up(city, client, password="the first password")
    sign_up(city, client, password="the second password")
    first, second = told("confirm_account")
    assert client.get(first["confirm_url"], 410).h1 == "This link no longer works"
    client.submit(client.get(second["confirm_url"]), "Yes, this is my address")
    client.submit(client.get("/sign-in"), "Sign in", 422, email=EMAIL, password="the first password")
    client.submit(client.get("/sign-in"), "Sign in", email=EMAIL, password="the second password")
    with city.ctx.db.read() as session:
        assert sorted(session.scalars(select(Offer.state))) == ["active", "withdrawn"]


@pytest.mark.parametrize(
    ("step", "given", "sentence"),
    [
        ("what", {"categories": []}, "Tick at least one kind of help."),
        ("what", {"categories": ["gambling"]}, "Pick from the boxes."),
        ("how", {"mode": "telepathy"}, "Say how you would help."),
        ("radius", {"radius": "17"}, "Pick one from the list."),
        ("people", {"capacity": "0"}, "Pick one from the list."),
        ("where", {"quartier": "9999"}, "Pick one from the list."),
        ("people", {"languages": []}, "Tick at least one language."),
        ("you", {"name": "  "}, "Write your name."),
        ("you", {"name": "Sacha\u0000Petit"}, "Write this on one line, with ordinary characters."),
        ("you", {"name": "Sacha\r\nBcc: all@example.org"}, "Write this on one line, with ordinary characters."),
        ("you", {"name": "x" * 201}, "Shorten this to 200 characters."),
        ("you", {"email": "sacha@"}, "Check the e-mail address. It looks like name@example.org."),
        ("you", {"phone": "12"}, "Check the phone number. It looks like 06 39 98 12 34."),
        ("where", {"address": ""}, "Write the number and the street, for example 12 rue de la Paix."),
        ("charter", {"charter": []}, "Tick the box to accept the charter: without it we cannot take your offer."),
        ("charter", {"age": []}, "Tick the box if you are 16 or older. Younger people cannot sign up yet."),
    ],
)
def test_each_mistake_is_said_above_the_form_and_at_its_field(
    city: City, client: Visitor, step: str, given: dict[str, Any], sentence: str
) -> None:
    page = go_on(city, client, fill_in(city, client, until=step), 422, **given)
    assert step_of(page) == step
    assert page.link(sentence).startswith("#")
    assert f"Error: {sentence}" in page.text
    assert page.title.startswith("Error: ")
    assert step_of(client.get("/offer/new/check")) == step, "nobody gets past it"


def test_a_short_password_is_said_on_the_last_page_and_none_is_kept(city: City, client: Visitor) -> None:
    page = sign_up(city, client, 422, password="short")
    assert page.link("Choose a password of at least 10 characters; several words make a good one.") == "#password"
    assert page.form("Sign up").values["password"] == [""]
    client.submit(page, "Sign up", password=PASSWORD)
    assert city.all(Draft) == [], "what was sent is kept as an offer only"


def test_a_password_that_is_easy_to_guess_is_said_so_as_often_as_it_takes(city: City, client: Visitor) -> None:
    page = sign_up(city, client, 422, password="azertyuiop")
    for easy in ("motdepasse1", f"{ANSWERS['you']['name']} 1950", "à deux pas 2026", "Lyon69007lyon"):
        page = client.submit(page, "Sign up", 422, password=easy)
        assert page.link(EASY) == "#password"
    client.submit(page, "Sign up", password=PASSWORD)


def test_the_way_back_loses_nothing_and_a_changed_answer_leads_back_to_the_check(city: City, client: Visitor) -> None:
    page = fill_in(city, client, until="people")
    page = client.submit(page, "Back", capacity="3", languages=[])
    assert page.form("Continue").values["week"] == [*ANSWERS["when"]["week"], ""]
    page = client.get("/offer/new/people")
    assert (page.form("Continue").values["capacity"], page.form("Continue").values.get("languages")) == (["3"], None)
    page = fill_in(city, client)
    for words in ("Shopping, Pets", "Face to face", "12 rue de la Paix, 69002 Lyon", "2 people", "French, English", "Sacha Petit", EMAIL):
        assert words in page.text
    page = client.get(page.link("Change Who are you?"))
    page = client.submit(page, "Continue", name="Sacha Grand")
    assert step_of(page) == "check"
    assert "Sacha Grand" in page.text


def test_a_promise_of_the_charter_is_read_before_it_is_made(city: City, client: Visitor) -> None:
    page = fill_in(city, client, until="charter")
    assert page.html.count("<li>") >= 10
    assert "I help for free." in page.text


def test_whoever_helps_from_afar_is_not_asked_how_far(city: City, client: Visitor) -> None:
    page = fill_in(city, client, until="where", mode="remote", categories=["conversation"])
    assert step_of(go_on(city, client, page)) == "when"
    assert step_of(client.get("/offer/new/radius")) == "when"
    sign_up(city, client, mode="remote")
    assert city.all(Offer)[0].mode == "remote"


def test_the_reach_is_said_in_minutes_and_drawn_where_the_place_is_known(city: City, client: Visitor) -> None:
    page = fill_in(city, client, until="radius")
    assert "About 20 minutes’ walk (about 1 km)" in page.text
    assert 'data-map="radius"' in page.html
    page = client.submit(client.get("/offer/new/where"), "Continue", quartier="")
    assert 'data-map="radius"' not in page.html


def test_hours_in_words_are_shown_back_before_they_count(city: City, client: Visitor) -> None:
    page = fill_in(city, client, until="when")
    page = client.submit(page, "Continue", week=["lundi à vendredi de 18 h 30 à 19 h 30"])
    assert step_of(page) == "when"
    assert "We read this as: Monday to Friday, 18:30 – 19:30." in page.text
    assert "Error" not in page.title
    assert step_of(client.submit(page, "Continue")) == "people"
    sign_up(city, client, week=page.form("Continue").values["week"])
    assert city.all(Offer)[0].availability == "Mo,Tu,We,Th,Fr 18:30-19:30"


def test_a_sentence_that_the_boxes_can_say_becomes_boxes(city: City, client: Visitor) -> None:
    page = client.submit(fill_in(city, client, until="when"), "Continue", week=["Su-morning", "weekday evenings"])
    assert page.form("Continue").values["week"] == [*(f"{day}-evening" for day in ("Mo", "Tu", "We", "Th", "Fr")), ""]
    page = client.submit(page, "Continue")
    assert step_of(page) == "people"


def test_a_sentence_that_was_changed_after_it_was_shown_is_shown_again(city: City, client: Visitor) -> None:
    page = client.submit(fill_in(city, client, until="when"), "Continue", week=["Monday 6pm-7pm"])
    shown = page.form("Continue").values["week"][-1]
    page = client.submit(page, "Continue", week=["Tuesday 6pm-7pm", shown])
    assert "We read this as: Tuesday, 18:00 – 19:00." in page.text


def test_a_sentence_left_by_going_back_is_still_to_be_shown(city: City, client: Visitor) -> None:
    client.submit(fill_in(city, client, until="when"), "Back", week=["Monday 6pm-7pm"])
    page = client.get("/offer/new/when")
    assert page.form("Continue").values["week"] == ["Monday 6pm-7pm"]
    assert "We read this as" in client.submit(page, "Continue").text


def test_a_sentence_that_cannot_be_read_stays_and_the_error_says_how_to_write_it(city: City, client: Visitor) -> None:
    page = client.submit(fill_in(city, client, until="when"), "Continue", 422, week=["Mo-morning", "when the moon is full"])
    assert page.link(
        "We could not read “when”. Write days and hours, for example: Monday to Friday 6 pm to 8 pm."
    ) == "#week-words"
    assert page.form("Continue").values["week"] == ["Mo-morning", "when the moon is full"]


def test_an_address_outside_the_area_is_refused_kindly(city: City, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "locate", lambda *_: Spot(0.0, 0.0))
    page = sign_up(city, client, 422)
    assert "This place is outside the area" in page.text
    assert city.all(Person) == []
    client.get(page.link("Change Where do you live?"))


def test_without_any_territory_the_service_is_not_open(city: City, client: Visitor) -> None:
    page = fill_in(city, client)
    with city.ctx.db.write() as session:
        session.delete(session.get_one(Territory, city.quartier_id))
    page = client.submit(page, "Sign up", password=PASSWORD)
    assert step_of(page) == "where", "the quartier that was picked is gone"


def test_what_happens_next_is_said(city: City, client: Visitor) -> None:
    page = sign_up(city, client)
    for words in ("looks at your offer", "You say yes or no.", "Never more requests at once than the number of people you chose"):
        assert words in page.text
    assert EMAIL not in page.html


def test_sign_ups_with_one_address_are_slowed_down(city: City, client: Visitor) -> None:
    for _ in range(3):
        sign_up(city, client)
    page = sign_up(city, client, 429)
    assert "Try again in 1 hour." in page.text


def test_the_pages_in_french_speak_french(city: City, app: Any) -> None:
    page = Visitor(app, "fr").get("/offer/new/what")
    assert page.lang == "fr"
    assert page.h1.replace("\u00a0", " ") == "En quoi pourriez-vous aider ?"
    assert "Aide aux devoirs" in page.text
