"""The page on which people change what opens their account."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pyotp
import pytest
from flask import Flask

from app.crypto import Keyring, use_keyring
from app.extensions import NAME
from app.models import Event, Person, Role, SecondFactor, SignIn
from app.services import accounts, rotation, second_factor
from app.services.events import Actor
from tests.city import KEYS, City
from tests.pages import Page, Visitor

EMAIL, PASSWORD, BETTER = "alix@example.org", "four plain words here", "quite another thing now"
Told = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def volunteer(city: City) -> int:
    return accounts.add_user(city.ctx, name="Camille Roux", email=EMAIL, role=Role.NONE, password=PASSWORD)


@pytest.fixture
def agent(city: City) -> int:
    made = accounts.add_user(city.ctx, name="Alix Roy", email=EMAIL, role=Role.COORDINATOR, password=PASSWORD)
    second_factor.give(city.ctx, made)
    return made


def sign_in(app: Flask, password: str = PASSWORD, expect: int = 200) -> Visitor:
    visitor = Visitor(app)
    visitor.submit(visitor.get("/sign-in"), "Sign in", expect, email=EMAIL, password=password)
    return visitor


def is_in(visitor: Visitor) -> bool:
    return visitor.get("/me/account").h1 == "My account"


def codes_on(page: Page) -> list[str]:
    return re.findall(r"<strong>([a-z0-9]{5}-[a-z0-9]{5})</strong>", page.html)


def change(visitor: Visitor, old: str, new: str, expect: int = 200) -> Page:
    page = visitor.get(visitor.get(visitor.get("/me").link("My account")).link("Change my password"))
    return visitor.submit(page, "Keep this password", expect, old=old, password=new)


def test_a_new_password_takes_the_old_one(city: City, app: Flask, volunteer: int, told: Told) -> None:
    here, elsewhere = sign_in(app), sign_in(app)
    assert "This is not the password that you have now." in change(here, "not the right words", BETTER, 422).text
    assert "easy to guess" in change(here, PASSWORD, "motdepasse1", 422).text
    assert is_in(elsewhere) and told("account_changed") == []
    assert "Your password is changed." in change(here, PASSWORD, BETTER).text
    assert is_in(here) and not is_in(elsewhere)
    sign_in(app, PASSWORD, 422)
    assert is_in(sign_in(app, BETTER))
    assert [message["what"] for message in told("account_changed")] == ["password"]
    assert "password_set" in city.events()


def test_the_old_password_is_not_guessed_there(app: Flask, volunteer: int) -> None:
    here = sign_in(app)
    page = here.get("/me/account/password")
    for _ in range(10):
        here.submit(page, "Keep this password", 422, old="not the right words", password=BETTER)
    here.submit(page, "Keep this password", 429, old=PASSWORD, password=BETTER)


def test_a_volunteer_has_no_codes(volunteer: int, app: Flask) -> None:
    here = sign_in(app)
    page = here.get("/me/account")
    assert "Recovery codes" not in page.text
    token = page.form("Sign out").values["csrf_token"]
    for path in ("phone-code", "recovery-codes"):
        here.post(f"/me/account/{path}", 404, csrf_token=token)


def test_another_phone_takes_the_place_of_the_one_before(city: City, app: Flask, agent: int, told: Told) -> None:
    here, elsewhere = sign_in(app), sign_in(app)
    old = city.one(SecondFactor, agent).secret
    page = here.submit(here.get("/me/account"), "Set up another phone")
    assert page.h1 == "Set up the code of your phone"
    new = page.facts["In letters"].replace(" ", "")
    now = int(city.clock().timestamp())
    here.submit(page, "Go on", 422, code=pyotp.TOTP(old).at(now))
    assert new != old == city.one(SecondFactor, agent).secret, "until the new one has shown a code the old one counts"
    again = here.submit(here.get("/me/account"), "Set up another phone")
    assert again.facts["In letters"].replace(" ", "") == new
    done = here.submit(again, "Go on", code=pyotp.TOTP(new).at(now))
    assert len(codes_on(done)) == 10 and here.get(done.link("I have kept them: go on")).h1 == "My account"
    assert not is_in(elsewhere)
    assert not second_factor.check(city.ctx, agent, pyotp.TOTP(old).at(now + 30), Actor(agent))
    assert second_factor.check(city.ctx, agent, pyotp.TOTP(new).at(now + 30), Actor(agent))
    assert second_factor.check(city.ctx, agent, codes_on(done)[4], Actor(agent))
    assert [message["what"] for message in told("account_changed")] == ["phone_code"]


def test_new_recovery_codes_end_the_old_ones(city: City, app: Flask, agent: int, told: Told) -> None:
    here = sign_in(app)
    assert "You have 0 recovery codes left." in here.get("/me/account").text
    first = codes_on(here.submit(here.get("/me/account"), "Make new recovery codes"))
    second = codes_on(here.submit(here.get("/me/account"), "Make new recovery codes"))
    assert len(set(first + second)) == 20 and "You have 10 recovery codes left." in here.get("/me/account").text
    assert not second_factor.check(city.ctx, agent, first[0], Actor(agent))
    assert second_factor.check(city.ctx, agent, second[0].upper(), Actor(agent))
    assert [message["what"] for message in told("account_changed")] == ["recovery_codes"] * 2


@pytest.mark.parametrize("button", ["Set up another phone", "Make new recovery codes"])
def test_after_ten_minutes_the_code_is_asked_once_more_for_it(city: City, app: Flask, agent: int, button: str) -> None:
    here = sign_in(app)
    city.clock.advance(minutes=11)
    asks = here.submit(here.get("/me/account"), button)
    assert asks.h1 == "Type the code of your phone once more" and city.one(SecondFactor, agent).next_secret == ""
    said = re.search(r"The code is:</?[^>]*> *<strong>(\d{6})|<strong>(\d{6})</strong>", asks.html)
    assert said
    done = here.submit(asks, "Go on", proof=said[1] or said[2])
    assert done.h1 in ("Set up the code of your phone", "Keep these codes")


def test_recovery_codes_outlive_an_encryption_key(city: City, app: Flask, agent: int) -> None:
    codes = second_factor.renew_codes(city.ctx, agent, Actor(agent))
    for keys in (f"k2:{'bm' * 21}4=,{KEYS}", f"k2:{'bm' * 21}4="):
        ring = Keyring(keys)
        use_keyring(ring)
        city.ctx = app.extensions[NAME] = replace(city.ctx, keys=ring)
        rotation.rotate(city.ctx, lambda _: None)
    assert second_factor.check(city.ctx, agent, codes[0], Actor(agent))
    assert not second_factor.check(city.ctx, agent, codes[0], Actor(agent))


def test_another_phone_number_is_told_by_mail(city: City, app: Flask, volunteer: int, told: Told) -> None:
    accounts.change_phone(city.ctx, volunteer, "+33639980001", Actor(volunteer))
    assert [message["what"] for message in told("account_changed")] == ["phone"]


def test_what_is_kept_by_the_browser_goes_when_one_signs_out(app: Flask, volunteer: int) -> None:
    here = sign_in(app)
    page = here.get("/me/account")
    answer = here.browser.post("/sign-out", data=page.form("Sign out").values)
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert here.get(answer.location).lang == "en", "the language is kept"
    assert "Clear-Site-Data" not in here.browser.get("/").headers


def test_each_way_in_and_each_refusal_has_a_line(
    city: City, app: Flask, agent: int, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in(app, "not the right words", 422)
    visitor = Visitor(app)
    visitor.submit(visitor.get("/sign-in"), "Sign in", 422, email="nobody@example.org", password=PASSWORD)
    here = sign_in(app)
    here.post("/sign-out", csrf_token=here.get("/").form("Sign out").values["csrf_token"])
    second_factor.check(city.ctx, agent, "000000", Actor(agent))
    trapped = Visitor(app)
    page = trapped.get("/account/forgotten")
    trapped.submit(page, "Send me the link", 422, email="x@example.org", comments="Buy cheap watches")
    for _ in range(9):
        sign_in(app, "not the right words", None)
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines() if line.startswith("{")]
    lines = [{name: line.get(name) for name in ("event", "person", "reason", "limit", "form") if name in line} for line in told]
    lines = [line for line in lines if line["event"] != "request"]
    failed = {"event": "sign_in_failed"}
    assert lines[:2] == [failed | {"person": agent, "reason": "password"}, failed | {"person": None, "reason": "account"}]
    for line in (
        {"event": "password_right", "person": agent}, {"event": "sign_in", "person": agent}, {"event": "session_ended", "person": agent},
        {"event": "second_factor_failed", "person": agent}, {"event": "trapped", "form": "ForgottenForm"},
        {"event": "throttled", "limit": "sign-in-here"},
    ):
        assert line in lines
    assert all(line["request_id"] for line in told if line["event"] == "sign_in")
    assert [event.actor_id for event in city.all(Event) if event.kind == "signed_in"] == [agent]


def test_sign_ins_of_volunteers_are_no_events(city: City, app: Flask, volunteer: int) -> None:
    sign_in(app)
    assert "signed_in" not in city.events() and len(city.all(SignIn)) == 1 and city.one(Person, volunteer).role == Role.NONE
