"""A volunteer signs up, and confirms the address."""

from collections.abc import Callable
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from app.models import Event, Offer, Person, TaskKind, Territory
from app.services import accounts
from app.services.accounts import Role
from tests.city import CENTRE, City
from tests.functional.web.test_accounts import count_calls
from tests.pages import Page, Visitor

EMAIL, PASSWORD = "sacha@example.org", "four plain words here"
Told = Callable[[str], list[dict[str, Any]]]


def fill_in(city: City, visitor: Visitor, expect: int = 200, **given: Any) -> Page:
    quartier = str(city.all(Territory)[0].id)
    usual = {
        "categories": ["shopping", "pets"], "mode": "in_person", "week": ["Mo-morning", "Tu-morning", "Sa-afternoon"], "radius": "2000",
        "capacity": "2", "languages": ["fr", "en"], "name": "Sacha Petit", "email": EMAIL, "phone": "06 39 98 12 34",
        "password": PASSWORD, "address": "12 rue de la Paix", "postcode": "69002", "town": "Lyon", "quartier": quartier,
        "charter": "y", "age": "y",
    }  # fmt: skip
    return visitor.submit(visitor.get("/offer/new"), "Sign up", expect, **(usual | given))


def test_a_sign_up_stores_the_offer_as_it_was_written(city: City, client: Visitor) -> None:
    assert fill_in(city, client).h1 == "We sent you an e-mail"
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
    fill_in(city, client)
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
    assert len([e for e in city.all(Event) if e.kind == "account_confirmed"]) == 1
    assert client.submit(client.get("/sign-in"), "Sign in", email=EMAIL, password=PASSWORD)


def test_the_page_is_the_same_where_the_address_has_an_account(
    city: City, client: Visitor, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts.add_user(city.ctx, name="Camille Roux", email="camille@example.org", role=Role.NONE, password=PASSWORD)
    hashed = count_calls(monkeypatch, PasswordHasher, "hash")
    fresh = fill_in(city, client)
    known = fill_in(city, client, email="Camille@example.org")
    assert fresh.html == known.html
    assert len(hashed) == 2
    assert len(told("account_exists")) == len(told("confirm_account")) == 1
    assert len(city.all(Offer)) == 1


def test_a_newer_sign_up_takes_the_place_of_one_that_was_never_confirmed(city: City, client: Visitor, told: Told) -> None:
    fill_in(city, client, password="the first password")
    fill_in(city, client, password="the second password")
    first, second = told("confirm_account")
    assert client.get(first["confirm_url"], 410).h1 == "This link no longer works"
    client.submit(client.get(second["confirm_url"]), "Yes, this is my address")
    client.submit(client.get("/sign-in"), "Sign in", 422, email=EMAIL, password="the first password")
    client.submit(client.get("/sign-in"), "Sign in", email=EMAIL, password="the second password")
    with city.ctx.db.read() as session:
        assert sorted(session.scalars(select(Offer.state))) == ["active", "withdrawn"]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"categories": []}, "Tick at least one kind of help."),
        ({"categories": ["gambling"]}, "Pick from the boxes."),
        ({"mode": "telepathy"}, "Say how you would help."),
        ({"radius": "17"}, "Pick one from the list."),
        ({"capacity": "0"}, "Pick one from the list."),
        ({"quartier": "9999"}, "Pick one from the list."),
        ({"languages": []}, "Tick at least one language."),
        ({"name": "  "}, "Write your name."),
        ({"name": "Sacha\u0000Petit"}, "Write this on one line, with ordinary characters."),
        ({"name": "Sacha\r\nBcc: all@example.org"}, "Write this on one line, with ordinary characters."),
        ({"name": "x" * 201}, "Shorten this to 200 characters."),
        ({"email": "sacha@"}, "Check the e-mail address. It looks like name@example.org."),
        ({"phone": "12"}, "Check the phone number. It looks like 06 39 98 12 34."),
        ({"password": "short"}, "Choose a password of at least 10 characters; several words make a good one."),
        ({"address": ""}, "Write the number and the street, for example 12 rue de la Paix."),
        ({"week": ["Mo-night"]}, "Pick from the boxes."),
        ({"charter": []}, "Tick the box to accept the charter: without it we cannot take your offer."),
        ({"age": []}, "Tick the box if you are 16 or older. Younger people cannot sign up yet."),
    ],
)
def test_each_mistake_is_said_above_the_form_and_at_its_field(city: City, client: Visitor, given: dict[str, Any], sentence: str) -> None:
    page = fill_in(city, client, 422, **given)
    assert page.link(sentence).startswith("#")
    assert f"Error: {sentence}" in page.text
    assert city.all(Person) == []


def test_the_mistakes_are_listed_in_the_order_of_the_page(city: City, client: Visitor) -> None:
    page = fill_in(city, client, 422, name="", categories=[], town="")
    said = [words for address, words in page.links if address in ("#name", "#categories-0", "#town")]
    assert said == ["Tick at least one kind of help.", "Write the town.", "Write your name."]
    assert page.title.startswith("Error: I can help")


def test_what_was_typed_stays_in_the_form_but_for_the_password(city: City, client: Visitor) -> None:
    form = fill_in(city, client, 422, name="").form("Sign up").values
    assert form["categories"] == ["shopping", "pets"]
    assert form["week"] == ["Mo-morning", "Tu-morning", "Sa-afternoon"]
    assert (form["email"], form["radius"], form["charter"]) == ([EMAIL], ["2000"], ["y"])
    assert form["password"] == [""]


def test_without_any_territory_the_form_says_that_the_service_is_not_open(city: City, client: Visitor) -> None:
    quartier = city.all(Territory)[0]
    page = client.get("/offer/new")
    with city.ctx.db.write() as session:
        session.delete(session.get_one(Territory, quartier.id))
    page = client.submit(page, "Sign up", 422, quartier=str(quartier.id))
    assert "Pick one from the list." in page.text


def test_sign_ups_with_one_address_are_slowed_down(city: City, client: Visitor) -> None:
    for _ in range(3):
        fill_in(city, client)
    page = fill_in(city, client, 429)
    assert "Try again in 1 hour." in page.text


def test_a_form_in_french_speaks_french(city: City, app: Any) -> None:
    page = Visitor(app, "fr").get("/offer/new")
    assert page.lang == "fr"
    assert "Quand êtes-vous en général disponible ?" in page.text.replace("\u00a0", " ")
    assert "Lundi" in page.text
