"""The code of an agent's phone."""

import re
from dataclasses import replace

import pyotp
import pytest
from flask import Flask

from app import create_app
from app.errors import UserError
from app.models import Person, RecoveryCode, Role, SecondFactor
from app.services import accounts, second_factor
from app.services.events import Actor
from tests.city import City
from tests.pages import Page, Visitor

EMAIL, PASSWORD = "alix@example.org", "four plain words here"


@pytest.fixture
def agent(city: City) -> int:
    return accounts.add_user(city.ctx, name="Alix Roy", email=EMAIL, role=Role.COORDINATOR, password=PASSWORD)


def half_way(visitor: Visitor) -> Page:
    """The password is given."""
    page = visitor.get("/sign-in")
    return visitor.post("/sign-in", **(page.form("Sign in").values | {"email": EMAIL, "password": PASSWORD}))


def code_of(city: City, agent: int, later: int = 0) -> str:
    return pyotp.TOTP(city.one(SecondFactor, agent).secret).at(int(city.clock().timestamp()) + 30 * later)


def set_up(city: City, visitor: Visitor, agent: int) -> list[str]:
    """The recovery codes."""
    page = visitor.submit(half_way(visitor), "Go on", code=code_of(city, agent))
    assert page.h1 == "Keep these codes"
    return re.findall(r"<strong>([a-z0-9]{5}-[a-z0-9]{5})</strong>", page.html)


def test_an_agent_without_one_gets_nowhere_until_it_is_set_up(city: City, client: Visitor, agent: int) -> None:
    page = half_way(client)
    assert page.h1 == "Set up the code of your phone"
    assert page.facts["In letters"].replace(" ", "") == city.one(SecondFactor, agent).secret
    assert "<svg" in page.html
    for path in ("/coordination/", "/coordination/needs", "/me", "/me/signed-in"):
        assert client.get(path).h1 == page.h1
    assert "Sign out" not in client.get("/").text
    assert "This code is not right any more." in client.submit(page, "Go on", 422, code="000000").text
    codes = client.submit(page, "Go on", code=code_of(city, agent))
    assert len(set(re.findall(r"<strong>([a-z0-9]{5}-[a-z0-9]{5})</strong>", codes.html))) == 10
    assert client.get(codes.link("I have kept them: go on")).path == "/me/signed-in", "where they were on their way to"


def test_a_password_alone_leads_to_the_code_and_a_code_is_taken_once(city: City, app: Flask, agent: int) -> None:
    set_up(city, Visitor(app), agent)
    city.clock.advance(minutes=1)
    one, other = Visitor(app), Visitor(app)
    page, same = half_way(one), half_way(other)
    assert page.h1 == "Type the code of your phone"
    code = code_of(city, agent)
    assert one.submit(page, "Go on", code=f"{code[:3]} {code[3:]}").path == "/coordination/"
    other.submit(same, "Go on", 422, code=code)
    assert other.get("/coordination/").h1 == page.h1
    assert other.submit(same, "Go on", code=code_of(city, agent, 1)).path == "/coordination/"


def test_the_session_is_another_one_after_the_code(city: City, app: Flask, agent: int) -> None:
    visitor = Visitor(app)
    half_way(visitor)
    before = visitor.browser.get_cookie("session")
    set_up(city, visitor, agent)
    assert before
    visitor.browser.set_cookie("session", before.value)
    assert visitor.get("/coordination/").h1 == "Sign in"


def test_whoever_has_not_given_a_password_has_nothing_to_type(client: Visitor) -> None:
    assert client.get("/sign-in/code").h1 == client.get("/sign-in/set-up").h1 == "Sign in"


def test_a_quarter_of_an_hour_later_the_password_is_asked_again(city: City, client: Visitor, agent: int) -> None:
    half_way(client)
    city.clock.advance(minutes=16)
    assert client.get("/coordination/").h1 == "Sign in"


def test_a_recovery_code_lets_in_once_and_says_how_many_are_left(city: City, app: Flask, agent: int) -> None:
    codes = set_up(city, Visitor(app), agent)
    visitor = Visitor(app)
    page = visitor.submit(half_way(visitor), "Go on", code=codes[3].upper().replace("-", " "))
    assert "You have 9 recovery codes left." in page.text and page.path == "/coordination/"
    visitor.submit(half_way(visitor), "Go on", 422, code=codes[3])
    assert "recovery_code_used" in city.events()


def test_nothing_of_it_lies_in_clear(city: City, client: Visitor, agent: int) -> None:
    codes = set_up(city, client, agent)
    secret = city.one(SecondFactor, agent).secret
    rows = repr(city.raw("SELECT * FROM second_factor") + city.raw("SELECT * FROM recovery_code"))
    assert secret not in rows and not any(code in rows or code.replace("-", "") in rows for code in codes)


def test_codes_are_slowed_down_for_the_account(city: City, app: Flask, agent: int) -> None:
    set_up(city, Visitor(app), agent)
    visitor, elsewhere = Visitor(app), Visitor(app)
    page = half_way(visitor)
    for _ in range(9):  # the tenth was the one that set it up
        visitor.submit(page, "Go on", 422, code="000000")
    elsewhere.submit(half_way(elsewhere), "Go on", 429, code=code_of(city, agent, 1))


def test_a_real_city_says_no_code(city: City, agent: int) -> None:
    second_factor.give(city.ctx, agent)
    settings = replace(city.ctx.settings, demo=False)
    visitor = Visitor(create_app(context=replace(city.ctx, settings=settings)))
    assert "demonstration" not in half_way(visitor).text


def test_a_volunteer_needs_none(city: City, client: Visitor, agent: int) -> None:
    with city.ctx.db.write() as session:
        session.get_one(Person, agent).role = Role.NONE
    assert half_way(client).path == "/me"


def test_whoever_becomes_an_agent_while_signed_in_sets_it_up_first(city: City, client: Visitor, agent: int) -> None:
    with city.ctx.db.write() as session:
        session.get_one(Person, agent).role = Role.NONE
    half_way(client)
    with city.ctx.db.write() as session:
        session.get_one(Person, agent).role = Role.COORDINATOR
    assert client.get("/coordination/").h1 == "Set up the code of your phone"


def test_a_lost_phone_is_reset_by_whoever_runs_the_service(city: City, client: Visitor, agent: int) -> None:
    set_up(city, client, agent)
    second_factor.reset_of(city.ctx, EMAIL)
    assert city.all(SecondFactor) == city.all(RecoveryCode) == []
    assert client.get("/coordination/").h1 == "Sign in", "signed out everywhere"
    assert half_way(client).h1 == "Set up the code of your phone"
    with pytest.raises(UserError, match="No agent"):
        second_factor.reset_of(city.ctx, "nobody@example.org")


def test_setting_up_twice_changes_nothing(city: City, client: Visitor, agent: int) -> None:
    set_up(city, client, agent)
    city.clock.advance(minutes=1)
    assert second_factor.confirm(city.ctx, agent, code_of(city, agent), Actor()) == []
