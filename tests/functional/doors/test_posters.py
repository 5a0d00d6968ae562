"""Posters: whose they may be, what they say, and where their short addresses lead."""

from collections.abc import Callable

import pytest
from flask import Flask

from app.models import Role, Territory
from app.services import places
from notifications.words import NBSP
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.pages import Visitor

SignIn = Callable[..., Visitor]
PRINT = "/coordination/posters/print"


def picked(visitor: Visitor, form: str) -> str:
    """The quartier that is filled in on a form's page of the place."""
    return visitor.get(f"{form}/where").form("Continue").values["quartier"][0]


def begin_request(visitor: Visitor) -> None:
    visitor.submit(visitor.get("/request/new/what"), "Continue", category="pets")


def test_the_citys_page_leads_to_the_posters(city: City, sign_in: SignIn) -> None:
    quartier(city, "Les Essais", -9000, 9000)
    visitor = sign_in()
    page = visitor.get(next(address for address, words in visitor.get("/coordination/city").links if words.startswith("Posters")))
    assert page.h1 == "Posters and leaflets" and "Les Essais" in page.text


def test_a_district_stays_to_be_chosen_where_its_quartiers_leave_a_part_of_it(city: City, client: Visitor, sign_in: SignIn) -> None:
    district = quartier(city, "District", -9000, 0)
    for name, south in (("South", -9000), ("Middle", -6000)):
        quartier(city, name, south, south + 3000, parent_id=district)
    begin_request(client)
    client.get(f"/q/{district}")
    assert picked(client, "/request/new") == str(district)
    visitor = sign_in()
    assert "District" in visitor.get(f"{PRINT}?quartier={district}").text
    here = places.middle_of(city.ctx, district)
    with city.ctx.db.read() as session:
        assert places.areas(session).locate(here.lon, here.lat) == district
    city.clock.advance(minutes=1)
    quartier(city, "North", -3000, -10, parent_id=district)
    client.get(f"/q/{district}")
    assert picked(client, "/request/new") == "", "slivers are no part"
    visitor.get(f"{PRINT}?quartier={district}", 404)


def test_a_coordinator_makes_posters_of_the_quartiers_in_sight_only(city: City, sign_in: SignIn) -> None:
    district = quartier(city, "District", -9000, 0)
    here, there = quartier(city, "Here", -9000, 0, parent_id=district), quartier(city, "There", 0, 9000)
    visitor = sign_in(territory_id=district)
    page = visitor.get("/coordination/posters")
    assert "Here (District)" in page.text and "There" not in page.text
    assert "Here" in visitor.get(f"{PRINT}?quartier={here}").text
    visitor.get(f"{PRINT}?quartier={there}", 404)
    visitor.get(f"{PRINT}?quartier={district}", 404)
    visitor.get(PRINT)


ONE = "04 65 71 00 11"


@pytest.mark.parametrize(("typed", "printed"), [("+33 4 65 71 00 11", ONE), ("0465710011", ONE), ("3919", "3919")])
def test_a_number_is_printed_as_others_are(typed: str, printed: str, city: City, sign_in: SignIn) -> None:
    own = quartier(city, "Les Essais", -9000, 9000)
    visitor = sign_in(role=Role.ADMINISTRATOR)
    city.clock.advance(seconds=1)
    visitor.submit(visitor.get(f"/coordination/territories/{own}"), "Save", phone=typed)
    assert f'<p class="number">{printed.replace(" ", NBSP)}</p>' in visitor.get(f"{PRINT}?sheet=hall&quartier={own}").html


@pytest.mark.parametrize("query", ["sheet=flag", "language=de", "quartier=abc", "quartier=-1", f"quartier={10**30}", "quartier=999999999"])
def test_what_is_not_one_of_the_sheets_is_not_found(query: str, city: City, sign_in: SignIn) -> None:
    sign_in().get(f"{PRINT}?{query}", 404)


def test_a_poster_has_the_number_and_the_hours_of_its_quartier(city: City, sign_in: SignIn) -> None:
    own = quartier(city, "Les Essais", -9000, 9000)
    with city.ctx.db.write() as session:
        session.get_one(Territory, own).settings = {"phone": "04 65 71 99 99", "hours": "Sa 10:00-12:00"}
    visitor = sign_in()
    for sheet in ("hall", "leaflet"):
        mine, city_wide = (visitor.get(f"{PRINT}?sheet={sheet}&language=fr-en{more}").text for more in (f"&quartier={own}", ""))
        assert "04 65 71 99 99" in mine and "samedi" in mine and "Saturday" in mine
        assert city.ctx.settings.city_phone in city_wide.replace("\u00a0", " ") and "samedi" not in city_wide


@pytest.mark.parametrize(("path", "form"), [("q", "/request/new"), ("b", "/offer/new")])
def test_a_short_address_leads_to_the_form_and_is_kept_by_nobody(path: str, form: str, city: City, app: Flask) -> None:
    own = quartier(city, "Les Essais", -9000, 9000)
    for address in (f"/{path}", f"/{path}/{own}", f"/{path}/0", f"/{path}/abc", f"/{path}/{10**30}"):
        answer = Visitor(app).browser.get(address)
        assert (answer.status_code, answer.location, answer.headers["Cache-Control"]) == (303, form, "no-store")


def test_the_quartier_of_the_poster_is_filled_in_and_can_be_changed(city: City, client: Visitor) -> None:
    own, other = quartier(city, "Les Essais", -9000, 0), quartier(city, "Les Autres", 0, 9000)
    client.get(f"/q/{own}/")
    begin_request(client)
    assert picked(client, "/request/new") == str(own)
    client.submit(client.get("/request/new/where"), "Continue", 422, quartier=str(other))
    client.get(f"/q/{own}")
    assert picked(client, "/request/new") == str(other), "what was answered stays"


def test_a_mistyped_number_takes_the_poster_before_it_away(city: City, client: Visitor) -> None:
    own = quartier(city, "Les Essais", -9000, 9000)
    client.get(f"/b/{own}")
    client.submit(client.get("/offer/new/what"), "Continue", categories="pets")
    client.submit(client.get("/offer/new/how"), "Continue", mode="in_person")
    assert picked(client, "/offer/new") == str(own)
    client.get("/b/0")
    assert picked(client, "/offer/new") == ""


def test_whoever_comes_without_a_poster_picks_the_quartier(city: City, client: Visitor) -> None:
    quartier(city, "Les Essais", -9000, 9000)
    begin_request(client)
    assert picked(client, "/request/new") == ""


def test_what_is_switched_off_is_neither_on_the_poster_nor_in_its_form(city: City, client: Visitor, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, 9000)
    with city.ctx.db.write() as session:
        row = session.get_one(Territory, here)
        row.settings, row.changed_at = {"phone": "04 65 71 00 09", "not_offered": ["pets"]}, city.clock()
    city.clock.advance(seconds=1)
    visitor = sign_in()
    assert "kinds" in visitor.get(PRINT).html and len(visitor.get(PRINT).html) > len(visitor.get(f"{PRINT}?quartier={here}").html)
    asked = client.get("/request/new/what")
    assert 'value="pets"' in asked.html and "04\u00a065\u00a071\u00a000\u00a000" in asked.html
    client.get(f"/q/{here}")
    asked = client.get("/request/new/what")
    assert 'value="pets"' not in asked.html and "04\u00a065\u00a071\u00a000\u00a009" in asked.html
    assert "04\u00a065\u00a071\u00a000\u00a000" not in asked.html
