"""Taking a call: who it is, found as one hears it; the form filled in; a request that is there already."""

import re
from collections.abc import Callable

import pytest

from app.models import Match, Need, Person, Role
from app.services import finding
from app.services.events import Actor
from app.services.sight import EVERYTHING
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import counted, events
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


def search(visitor: Visitor, said: str) -> Page:
    return visitor.submit(visitor.get("/coordination/call"), "Search", said=said)


@pytest.mark.parametrize(
    "said", ["Anaïs Lefèvre", "anais lefevre", "LEFEVRE Anais", "lefevr", "Lefevra", "anqis", "Anaïs Lefebvre", "06 39 98 55 55",
             "+33639985555", "anais@example.net", "12 rue des Tapis", "rue des tapis"],
)  # fmt: skip
def test_somebody_is_found_as_one_hears_it(city: City, sign_in: SignIn, said: str) -> None:
    city.need(name="Bruno Keller", where=City.at(3000, "8 avenue Foch"))
    need_id = city.need(
        name="Anaïs Lefèvre", phone="+33639985555", email="anais@example.net", where=City.at(100, "12 rue des Tapis"), contact="phone"
    )
    visitor = sign_in()
    page = search(visitor, said)
    assert not set(said.split()) & set(re.split("[^a-zA-Z0-9]", page.address)), "nothing that was said stands in the address"
    assert "Anaïs Lefèvre" in page.text and f"Request no. {need_id}" in page.text
    assert "Bruno" not in page.text
    assert "Anaïs Lefèvre" in visitor.get(page.address).text, "whoever goes back has the same page, which is no other search"
    [event] = events(city, "found")
    assert (event.person_id, event.reason) == (city.one(Need, need_id).person_id, "call")
    city.clock.advance(minutes=11)
    visitor.get(page.address)
    assert len(events(city, "found")) == 2
    assert "Anaïs" not in sign_in(role=Role.ADMINISTRATOR).get(page.address).text, "it is the address of one agent"


@pytest.mark.parametrize(("said", "found"), [
    ("Mme Rivière", ["Rivière Renée"]), ("monsieur riviere", ["Rivière Renée"]), ("Madame", []),
    ("riverene", ["Rivière Renée"]), ("rene riviere", ["Rivière Renée"]), ("renneriviere", ["Rivière Renée"]),
    ("lemanec", ["Le Mannec"]), ("rivoiren", []), ("Karim", []),
])  # fmt: skip
def test_somebody_is_found_without_spaces_and_with_single_letters(city: City, said: str, found: list[str]) -> None:
    for name in ("Rivière Renée", "Le Mannec", "Bruno Keller", "Riverot Paul"):
        city.need(name=name, where=City.at(100, "12 cours Foch"))
    assert [one.name for one in finding.find(city.ctx, EVERYTHING, said, Actor())] == found


def test_a_volunteer_who_is_not_approved_yet_is_not_said_to_be_on_duty(city: City, sign_in: SignIn) -> None:
    city.volunteer(approved=False)
    text = search(sign_in(), "Volontaire1 Dupont").text
    assert "waits for approval" in text and "on duty" not in text


def test_whoever_asks_twice_is_one(city: City) -> None:
    first, second = (city.need(name="Odile Roux", phone="+33639987777", contact="phone") for _ in range(2))
    [found] = finding.find(city.ctx, EVERYTHING, "odile roux", Actor())
    assert [post[1] for post in found.posts] == [second, first]


def test_nobody_outside_of_the_territory_is_found(city: City, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, 0)
    quartier(city, "There", 0, 9000)
    city.need(name="Odile Roux", phone="+33639987777", contact="phone", north_m=900)
    visitor = sign_in(territory_id=here)
    for said in ("Odile Roux", "0639987777", "rue d'Essai"):
        page = search(visitor, said)
        assert "Nobody like that in your area." in page.text and page.link("Somebody new")
    assert events(city, "found") == []


def test_what_changed_and_what_is_new_is_found(city: City) -> None:
    assert finding.find(city.ctx, EVERYTHING, "Odile Roux", Actor()) == []
    city.clock.advance(minutes=5)
    city.need(name="Odile Roux")
    assert len(finding.find(city.ctx, EVERYTHING, "odil rou", Actor())) == 1


@pytest.mark.parametrize(("given", "same"), [({}, True), ({"name": "Anne Lefèvre"}, False), ({"phone": "06 39 98 55 56"}, False)])
def test_whom_an_agent_has_found_stays_one_person(city: City, sign_in: SignIn, given: dict[str, str], same: bool) -> None:
    person_id = city.one(Need, city.need(name="Anaïs Lefèvre", phone="+33639985555", contact="phone")).person_id
    visitor = sign_in()
    form = visitor.submit(search(visitor, "lefevre"), "New request for Anaïs Lefèvre")
    visitor.submit(form, "Post the request", category="pets", notice="y", **given)
    posted = max(city.all(Need), key=lambda need: need.id)
    assert (posted.person_id == person_id) == same, "whoever is told to be somebody else is another person"
    assert city.one(Person, person_id).name == "Anaïs Lefèvre"


def test_a_form_cannot_name_somebody_out_of_sight(city: City, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, 0)
    quartier(city, "There", 0, 9000)
    away = city.one(Need, city.need(name="Anaïs Lefèvre", phone="+33639985555", contact="phone", north_m=900)).person_id
    near = city.need(name="Anaïs Lefèvre", phone="+33639985555", contact="phone", north_m=-900)
    visitor = sign_in(territory_id=here)
    form = visitor.submit(search(visitor, "lefevre"), "New request for Anaïs Lefèvre")
    assert form.form("Post the request").values["known"] == [str(city.one(Need, near).person_id)]
    visitor.submit(form, "Post the request", category="pets", notice="y", known=str(away))
    assert max(city.all(Need), key=lambda need: need.id).person_id not in (away, city.one(Need, near).person_id)


@pytest.mark.parametrize("said", ["", "  ", "a", "..", "%", "'; drop table person", "x" * 200])
def test_odd_searches_find_nobody_and_break_nothing(city: City, sign_in: SignIn, said: str) -> None:
    city.need()
    visitor = sign_in()
    page = visitor.submit(visitor.get("/coordination/call"), "Search", expect=None, said=said)
    assert page.status in (200, 422)
    assert "Résidente" not in page.text
    assert visitor.get("/coordination/call?search=%00&person=%00").h1 == visitor.get(f"/coordination/call?search={'x' * 500}").h1


def test_the_form_for_somebody_known_is_filled_in_and_the_look_written_down(city: City, sign_in: SignIn) -> None:
    need_id = city.need(name="Anaïs Lefèvre", phone="+33639985555", contact="phone", languages=("fr", "ar"))
    visitor = sign_in()
    page = visitor.submit(search(visitor, "lefevre"), "New request for Anaïs Lefèvre")
    form = page.form("Post the request")
    assert {name: form.values[name] for name in ("name", "phone", "address", "postcode", "town", "contact")} == {
        "name": ["Anaïs Lefèvre"], "phone": ["06 39 98 55 55"], "address": ["1 rue d'Essai"], "postcode": ["69002"], "town": ["Lyon"],
        "contact": ["phone"],
    }  # fmt: skip
    assert form.values["languages"] == ["fr", "ar"]
    looks = events(city, "looked_at")
    assert [(event.person_id, event.reason) for event in looks] == [(city.one(Need, need_id).person_id, "intake")]


@pytest.mark.parametrize(("said", "field"), [("06 39 98 44 44", "phone"), ("new@example.net", "email"), ("Zoé Nouvelle", "name")])
def test_what_was_searched_for_stands_in_the_form_for_somebody_new(city: City, sign_in: SignIn, said: str, field: str) -> None:
    visitor = sign_in()
    page = visitor.get(search(visitor, said).link("Somebody new"))
    assert page.form("Post the request").values[field] == [said]


def test_a_request_that_is_there_already_is_pointed_out_and_posted_all_the_same(city: City, sign_in: SignIn) -> None:
    first = city.need(name="Anaïs Lefèvre", phone="+33639985555", contact="phone", category="pets")
    visitor = sign_in()
    page = visitor.submit(search(visitor, "lefevre"), "New request for Anaïs Lefèvre")
    given = {"category": "pets", "urgency": "normal", "notice": "y", "quartier": str(city.quartier_id)}
    page = visitor.submit(page, "Post the request", 422, **given)
    assert "There is a request for this already" in page.text and f"/coordination/needs/{first}" in page.html
    assert len(city.all(Need)) == 1
    page = visitor.submit(page, "Post the request", twice="y")
    assert len(city.all(Need)) == 2, page.text


def test_another_kind_of_help_is_no_repetition(city: City) -> None:
    city.need(phone="+33639985555", category="pets")
    assert finding.same_request(city.ctx, EVERYTHING, "shopping", ["+33639985555"]) is None
    assert finding.same_request(city.ctx, EVERYTHING, "pets", [None]) is None


def test_a_search_costs_the_same_whatever_the_number_of_people(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    costs = []
    for more in (2, 30):
        for n in range(more):
            city.need(name=f"Odile Roux{n}")
        search(visitor, "odile")
        with counted(city) as statements:
            search(visitor, "odile")
        costs.append(len([one for one in statements if "INSERT INTO event" not in one]))
    assert costs[0] == costs[1]


def test_a_volunteer_who_calls_back_has_their_answer_written_down_in_two_presses(city: City, sign_in: SignIn) -> None:
    city.volunteer()
    need = city.need()
    city.match()
    [match] = [asked.id for asked in city.matches(need)]
    visitor = sign_in()
    page = search(visitor, "volontaire1 dupont")
    page = visitor.get(page.link(f"Match no. {match}: Shopping"))
    visitor.submit(page, "The volunteer says yes")
    assert city.one(Match, match).state == "accepted"
