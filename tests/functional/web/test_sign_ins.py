"""The page on which people see where they are signed in."""

import pytest
from flask import Flask

from app.models import Person, Role, SignIn
from app.services import accounts
from tests.city import City
from tests.pages import Visitor

EMAIL, PASSWORD = "camille@example.org", "four plain words here"


@pytest.fixture
def person_id(city: City) -> int:
    return accounts.add_user(city.ctx, name="Camille Roux", email=EMAIL, role=Role.NONE, password=PASSWORD)


def signed_in(app: Flask, browser: str = "Firefox Windows", email: str = EMAIL) -> Visitor:
    visitor = Visitor(app)
    visitor.browser.environ_base["HTTP_USER_AGENT"] = browser
    visitor.submit(visitor.get("/sign-in"), "Sign in", email=email, password=PASSWORD)
    return visitor


def is_in(visitor: Visitor) -> bool:
    return "Sign out" in visitor.get("/").text


def test_each_browser_is_a_line_and_can_be_signed_out_from_another(app: Flask, person_id: int) -> None:
    home, phone = signed_in(app), signed_in(app, "Safari iPhone")
    page = home.get(home.get("/me").link("See where I am signed in"))
    assert page.text.count("here, now") == 1
    assert "Firefox, Windows here, now" in page.text and "Safari, iPhone" in page.text
    assert "Signed out there." in home.submit(page, "Sign out there").text
    assert "that one had ended already" in home.submit(page, "Sign out there").text, "nor does a number of somebody else's end anything"
    assert not is_in(phone) and is_in(home)


def test_everywhere_is_everywhere(app: Flask, person_id: int) -> None:
    home, phone = signed_in(app), signed_in(app)
    page = home.submit(home.get("/me/signed-in"), "Sign out everywhere")
    assert "You are signed out everywhere." in page.text and page.h1 == "Sign in"
    assert not is_in(home) and not is_in(phone)


def test_nobody_signs_others_out(city: City, app: Flask, person_id: int) -> None:
    theirs = signed_in(app)
    (row,) = city.all(SignIn)
    accounts.add_user(city.ctx, name="Alix", email="alix@example.org", role=Role.NONE, password=PASSWORD)
    other = signed_in(app, email="alix@example.org")
    other.post(f"/me/signed-in/{row.id}/end", csrf_token=other.get("/me/signed-in").forms[0].values["csrf_token"][0])
    assert is_in(theirs)


def test_a_copy_of_the_cookie_is_worth_nothing_after_signing_out(app: Flask, person_id: int) -> None:
    visitor = signed_in(app)
    cookie = visitor.browser.get_cookie("session")
    assert cookie
    visitor.submit(visitor.get("/"), "Sign out")
    thief = Visitor(app)
    thief.browser.set_cookie("session", cookie.value)
    assert not is_in(thief)


def test_signing_in_again_ends_what_the_browser_had(city: City, app: Flask, person_id: int) -> None:
    visitor = signed_in(app)
    first = visitor.browser.get_cookie("session")
    visitor.submit(visitor.get("/sign-in"), "Sign in", email=EMAIL, password=PASSWORD)
    assert first
    visitor.browser.set_cookie("session", first.value)
    assert not is_in(visitor)


def test_a_page_that_keeps_itself_up_to_date_is_not_use(city: City, app: Flask, person_id: int) -> None:
    with city.ctx.db.write() as session:
        session.get_one(Person, person_id).role = Role.COORDINATOR
    visitor = signed_in(app)
    begun = city.clock()
    city.clock.advance(minutes=10)
    assert visitor.browser.get("/coordination/", headers={"X-Live": "part"}).status_code == 200
    assert city.all(SignIn)[-1].seen_at == begun
    visitor.get("/coordination/")
    assert city.all(SignIn)[-1].seen_at == city.clock()


def test_a_volunteers_cookie_stays_and_an_agents_goes_with_the_browser(city: City, app: Flask, person_id: int) -> None:
    visitor = signed_in(app)
    cookie = visitor.browser.get_cookie("session")
    assert cookie and cookie.expires
    with city.ctx.db.write() as session:
        session.get_one(Person, person_id).role = Role.COORDINATOR
    cookie = signed_in(app).browser.get_cookie("session")
    assert cookie and cookie.expires is None
