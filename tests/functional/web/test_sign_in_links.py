"""Signing in by a link, without a password."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app.models import Person, Role, SignIn
from app.services import accounts
from tests.city import City
from tests.pages import Page, Visitor

EMAIL, PASSWORD = "camille@example.org", "four plain words here"
Told = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def person_id(city: City) -> int:
    return accounts.add_user(city.ctx, name="Camille Roux", email=EMAIL, role=Role.NONE, password=PASSWORD)


def ask(visitor: Visitor, email: str = EMAIL) -> Page:
    page = visitor.get("/sign-in")
    page = visitor.get(page.link("Send me a link instead: I need no password then"))
    return visitor.submit(page, "Send me the link", email=email)


def url(told: Told) -> str:
    return str(told("sign_in_link")[-1]["sign_in_url"])


def test_the_button_of_the_links_page_signs_in_once(city: City, client: Visitor, person_id: int, told: Told) -> None:
    assert ask(client).h1 == "Look at your mail"
    elsewhere = Visitor(client.web)
    page, left_open = client.get(url(told)), elsewhere.get(url(told))
    assert city.all(SignIn) == [], "a mail scanner opens links"
    assert client.submit(page, "Sign in now").path == "/me"
    client.submit(client.get("/"), "Sign out")
    assert client.get(url(told), 410).link("Send me a new link") == "/account/link"
    assert elsewhere.submit(left_open, "Sign in now", 410).h1 == "This link no longer works"


def test_whoever_was_on_the_way_somewhere_arrives_there(client: Visitor, person_id: int, told: Told) -> None:
    client.get("/me/signed-in")
    ask(client)
    assert client.submit(client.get(url(told)), "Sign in now").path == "/me/signed-in"


def test_it_ends_with_a_new_password_and_with_another_sign_in(city: City, client: Visitor, person_id: int, told: Told) -> None:
    ask(client)
    stamp = accounts.stamp_of(city.ctx, city.one(Person, person_id))
    accounts.set_password(city.ctx, person_id, stamp, "a very new password", accounts.Actor())
    client.get(url(told), 410)
    ask(client)
    elsewhere = Visitor(client.web)
    elsewhere.submit(elsewhere.get("/sign-in"), "Sign in", email=EMAIL, password="a very new password")
    client.get(url(told), 410)


def test_the_page_does_not_tell_whether_there_is_an_account(client: Visitor, person_id: int, told: Told) -> None:
    assert ask(client).html == ask(client, "nobody@example.org").html
    assert len(told("sign_in_link")) == 1


def test_agents_get_none_and_a_link_of_before_does_not_make_one_an_agent(
    city: City, app: Flask, client: Visitor, person_id: int, told: Told
) -> None:
    ask(client)
    with city.ctx.db.write() as session:
        session.get_one(Person, person_id).role = Role.COORDINATOR
    client.get(url(told), 410)
    assert ask(client).h1 == "Look at your mail"
    assert len(told("sign_in_link")) == 1


def test_links_to_one_address_are_slowed_down(client: Visitor, person_id: int) -> None:
    for _ in range(3):
        ask(client)
    client.submit(client.get("/account/link"), "Send me the link", 429, email=EMAIL)
