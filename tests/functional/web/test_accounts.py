"""Signing in and out, and passwords."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from argon2 import PasswordHasher
from flask import Flask, render_template_string

from app import create_app
from app.links import Purpose
from app.models import Attempt, Person, Role
from app.permissions import SIGNED_IN, permit
from app.services import accounts
from tests.city import City
from tests.pages import Visitor

EMAIL, PASSWORD = "camille@example.org", "four plain words here"
REFUSED = "The e-mail address or the password is not right, or the address has not been confirmed yet."
Told = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def person_id(city: City) -> int:
    return accounts.add_user(city.ctx, name="Camille Roux", email=EMAIL, role=Role.NONE, password=PASSWORD)


def sign_in(visitor: Visitor, email: str = EMAIL, password: str = PASSWORD, expect: int = 200) -> Any:
    return visitor.submit(visitor.get("/sign-in"), "Sign in", expect, email=email, password=password)


def test_a_person_signs_in_and_out(client: Visitor, person_id: int) -> None:
    sign_in(client)
    home = client.get("/")
    assert "Sign out" in home.text

    home = client.submit(home, "Sign out")
    assert home.path == "/"
    assert "Sign in" in home.text


def test_whoever_was_on_the_way_somewhere_arrives_there_after_signing_in(own_app: Flask, person_id: int) -> None:
    @own_app.get("/only/for/people")
    @permit(SIGNED_IN)
    def only_for_people() -> str:
        page = '{% extends "layout.html" %}{% block title %}Here{% endblock %}{% block main %}<h1>Here you are</h1>{% endblock %}'
        return render_template_string(page)

    client = Visitor(own_app)
    page = client.get("/only/for/people")
    assert page.h1 == "Sign in"
    assert client.submit(page, "Sign in", email=EMAIL, password=PASSWORD).h1 == "Here you are"


@pytest.mark.parametrize(
    ("email", "password"),
    [(EMAIL, "not the password at all"), ("nobody@example.org", PASSWORD), ("waiting@example.org", PASSWORD)],
    ids=["wrong password", "no account", "address not confirmed"],
)
def test_no_failure_to_sign_in_tells_whether_there_is_an_account(
    city: City, client: Visitor, person_id: int, email: str, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = accounts.add_user(city.ctx, name="Dominique", email="waiting@example.org", role=Role.NONE, password=PASSWORD)
    with city.ctx.db.write() as session:
        session.get_one(Person, waiting).email_confirmed_at = None
    checked = count_calls(monkeypatch, PasswordHasher, "verify")
    page = sign_in(client, email, password, expect=422)
    assert REFUSED in page.text
    assert len(checked) == 1
    assert page.text == sign_in(client, "nobody-else@example.org", password, expect=422).text


def test_the_ninth_try_for_an_account_in_a_quarter_of_an_hour_has_to_wait(city: City, person_id: int) -> None:
    # Two processes of the web server: what they count stands in the database.
    one, other = Visitor(create_app(context=city.ctx)), Visitor(create_app(context=city.ctx))
    for visitor in (one, other) * 4:
        sign_in(visitor, password="wrong wrong wrong", expect=422)
    page = sign_in(one, expect=429)
    assert "Try again in 15 minutes." in page.text
    sign_in(other, expect=429)

    city.clock.advance(minutes=16)
    sign_in(other)


def test_an_account_that_does_not_exist_is_slowed_down_alike(client: Visitor) -> None:
    for _ in range(8):
        sign_in(client, "nobody@example.org", expect=422)
    sign_in(client, "nobody@example.org", expect=429)


def test_wrong_passwords_from_one_address_keep_nobody_out_elsewhere(client: Visitor, person_id: int) -> None:
    for _ in range(8):
        sign_in(client, password="wrong wrong wrong", expect=422)
    sign_in(client, expect=429)
    elsewhere = Visitor(client.web)
    elsewhere.browser.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    sign_in(elsewhere)


def test_attempts_are_stored_without_the_address_in_clear(city: City, client: Visitor) -> None:
    sign_in(client, "nobody@example.org", expect=422)
    keys = [attempt.key for attempt in city.all(Attempt)]
    assert len(keys) == 3
    assert not any("nobody" in key or "127.0.0.1" in key for key in keys)


def test_a_forgotten_password_is_set_anew_by_the_link_once(city: City, client: Visitor, person_id: int, told: Told) -> None:
    signed_in_elsewhere = Visitor(client.web)
    sign_in(signed_in_elsewhere)
    assert "Look at your mail" in client.submit(client.get("/account/forgotten"), "Send me the link", email=EMAIL).text
    (message,) = told("reset_password")

    page = client.get(message["reset_url"])
    assert client.submit(page, "Keep this password", 422, password="short").h1 == "Choose a new password"
    easy = client.submit(page, "Keep this password", 422, password="camille roux!")
    assert "This password is easy to guess." in easy.text
    assert client.submit(page, "Keep this password", password="a very new password").h1 == "Your password is set"

    assert "Sign out" not in signed_in_elsewhere.get("/").text
    sign_in(client, expect=422)
    sign_in(client, password="a very new password")
    assert client.get(message["reset_url"], 410).h1 == "This link no longer works"


def test_a_page_left_open_does_not_set_the_password_a_second_time(client: Visitor, person_id: int, told: Told) -> None:
    client.submit(client.get("/account/forgotten"), "Send me the link", email=EMAIL)
    page = client.get(told("reset_password")[0]["reset_url"])
    client.submit(page, "Keep this password", password="a very new password")
    assert client.submit(page, "Keep this password", 410, password="yet another password").h1 == "This link no longer works"
    sign_in(client, password="a very new password")


def test_a_forgotten_password_says_the_same_for_an_address_without_account(client: Visitor, person_id: int, told: Told) -> None:
    known, unknown = (client.submit(client.get("/account/forgotten"), "Send me the link", email=e) for e in (EMAIL, "nobody@example.org"))
    assert known.html == unknown.html
    assert len(told("reset_password")) == 1


def test_a_link_that_is_too_old_says_so_and_offers_a_new_one(city: City, client: Visitor, person_id: int) -> None:
    token = city.ctx.links.token(Purpose.RESET_PASSWORD, person_id, accounts.stamp_of(city.ctx, city.one(Person, person_id)))
    with time_machine.travel(datetime.now(UTC) + timedelta(hours=2, minutes=1)):
        page = client.get(f"/account/reset/{token}", 410)
    assert client.get(page.link("Send me a new link")).h1 == "A forgotten password"


def test_a_link_for_one_purpose_opens_nothing_else(city: City, client: Visitor, person_id: int) -> None:
    token = city.ctx.links.token(Purpose.CONFIRM_ACCOUNT, person_id, accounts.stamp_of(city.ctx, city.one(Person, person_id)))
    assert client.get(f"/account/reset/{token}", 404).h1 == "This link does not work"


def test_signing_in_begins_a_session_of_its_own(client: Visitor, person_id: int) -> None:
    page = client.get("/sign-in")
    with client.browser.session_transaction() as session:
        session["left by somebody"] = "else"
    client.submit(page, "Sign in", email=EMAIL, password=PASSWORD)
    with client.browser.session_transaction() as session:
        assert "left by somebody" not in session


def count_calls(monkeypatch: pytest.MonkeyPatch, owner: type[Any], name: str) -> list[None]:
    calls: list[None] = []
    original = getattr(owner, name)

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(None)
        return original(*args, **kwargs)

    monkeypatch.setattr(owner, name, counted)
    return calls
