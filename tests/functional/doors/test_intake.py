"""Posting for somebody on the phone or at the counter."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models import Need, Offer, Person, Task, Territory
from app.services import accounts
from app.services.events import Actor
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import events
from tests.pages import Page, Visitor

SignIn, Told = Callable[..., Visitor], Callable[[str], list[dict[str, Any]]]
TYPED = {
    "category": "shopping", "details": "Two bags a week <b>please</b>", "address": "4 rue des Essais", "postcode": "69002", "town": "Lyon",
    "name": "Odette Martin", "contact": "email", "email": "odette@example.net", "phone": "", "notice": "y",
    "week": ["Mo-morning", "Sa-evening"],
}  # fmt: skip


def post(visitor: Visitor, expect: int = 200, **typed: Any) -> Page:
    return visitor.submit(visitor.get("/coordination/needs/new"), "Post the request", expect, **typed)


def test_somebody_on_the_phone_is_posted_for_and_the_search_begins_at_once(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    form = visitor.get("/coordination/needs/new")
    typed = TYPED | {"contact": "phone", "email": "", "phone": "0639981234", "quartier": "1", "channel": "counter", "spoken": "en"}
    for _ in range(2):
        page = visitor.submit(form, "Post the request", **typed)
        assert "The request is posted." in page.text
    [need] = city.all(Need)
    person = city.one(Person, need.person_id)
    assert (need.state, need.posted_by, need.channel, person.language, person.contact) == ("open", "agent", "counter", "en", "phone")
    assert city.one(Person, events(city, "need_posted")[0].actor_id).name == "Ana Costa"
    page = visitor.submit(visitor.get("/coordination/needs/new"), "Post the request", 422, **(typed | {"notice": []}))
    assert "Read the notice on data aloud" in page.text
    assert page.form("Post the request").values["name"] == ["Odette Martin"]


def test_what_is_posted_for_another_territory_leads_back_to_the_tasks(city: City, sign_in: SignIn) -> None:
    here, there = quartier(city, "Here", -9000, 0), quartier(city, "There", 100, 9000)
    visitor = sign_in(territory_id=here)
    typed = TYPED | {"quartier": str(there), "channel": "phone"}
    page = visitor.submit(visitor.get("/coordination/needs/new"), "Post the request", **typed)
    assert page.path == "/coordination/"
    assert "The request is posted." in page.text
    assert "Tell the caller:" in page.text and f"Its number is {city.all(Need)[0].id}." in page.text


def test_the_questions_come_in_the_order_of_a_call_and_what_is_usual_is_answered(city: City, sign_in: SignIn) -> None:
    page = sign_in().get("/coordination/needs/new")
    names = ["category", "address", "urgency", "for_whom", "name", "contact", "phone", "notice"]
    places = [page.html.index(f'name="{name}"') for name in names]
    assert places == sorted(places)
    usual = {"urgency": "normal", "mode": "in_person", "languages": "fr", "contact": "phone", "channel": "phone", "town": "Lyon"}
    given = page.form("Post the request").values
    assert {name: given[name] for name in usual} == {name: [value] for name, value in usual.items()}
    assert page.html.count("autofocus") == 1
    assert page.html.index("autofocus") < page.html.index('name="address"'), "typing begins with what kind of help"
    assert page.text.index("We use what you tell us") < page.text.index("I have read the notice on data aloud")


def test_what_was_typed_is_kept_and_what_is_wrong_is_shown_even_where_it_was_folded_up(city: City, sign_in: SignIn) -> None:
    typed = {"name": "Odette Martin", "details": "Two bags", "for_whom": "relative", "languages": [], "week": ["Mo-morning"]}
    page = post(sign_in(), 422, **typed)
    form = page.form("Post the request").values
    assert (form["name"], form["details"], form["for_whom"]) == (["Odette Martin"], ["Two bags"], ["relative"])
    assert "Mo-morning" in form["week"]
    assert page.html.count("<details class=\"more\" open>") == 2, "languages, and who calls; not the hours"
    links = [address for address, _ in page.links]
    wanted = ["#category-0", "#languages-0", "#address", "#on_behalf_name", "#phone", "#notice"]
    assert [address for address in links if address in wanted] == wanted


@pytest.mark.parametrize(
    ("contact", "words"),
    [
        ({"contact": "phone", "phone": "0639981234", "email": ""}, "You get a call by today 15:05."),
        ({"contact": "email"}, "You get an e-mail as soon as somebody is asked."),
        ({"contact": "letter", "email": ""}, "You get a letter as soon as somebody is asked."),
    ],
)
def test_the_agent_is_told_what_to_tell_the_caller(city: City, sign_in: SignIn, contact: dict[str, str], words: str) -> None:
    page = post(sign_in(), **(TYPED | contact | {"quartier": "1"}))
    assert page.h1 == "Request no. 1: Shopping"
    assert words in page.text
    assert "Nothing: the service looks for a volunteer." in page.text


def test_what_is_not_found_on_the_map_takes_longer(city: City, sign_in: SignIn) -> None:
    page = post(sign_in(), **(TYPED | {"contact": "phone", "phone": "0639981234", "email": "", "quartier": ""}))
    assert "You get a call by tomorrow 13:00." in page.text, "eight hours from now nobody calls"
    assert "The address is not on the map yet" in page.text


@pytest.mark.parametrize(("hours", "told"), [
    ("", "today 15:05"), ("24/7", "today 15:05"), ("Mo-Su 09:00-15:00", "tomorrow 13:00"), ("Mo-Su 10:00-12:00", "tomorrow 12:00"),
    ("Mo-Su 22:00-02:00", "tomorrow 02:00"), ("Mo-Su 14:00-15:05", "tomorrow 15:00"), ("Mo-Su 14:00-15:15", "today 15:05"),
    ("Jan-Dec 09:00-10:00", "today 15:05"),
])  # fmt: skip
def test_a_promised_call_falls_in_the_hours_of_the_line(city: City, sign_in: SignIn, hours: str, told: str) -> None:
    with city.ctx.db.write() as session:
        row = session.get_one(Territory, city.quartier_id)
        row.settings, row.changed_at = {"hours": hours}, city.clock()
    page = post(sign_in(), **(TYPED | {"contact": "phone", "phone": "0639981234", "email": "", "quartier": str(city.quartier_id)}))
    assert f"You get a call by {told}." in page.text


def test_a_kind_that_is_off_where_the_agent_is_in_charge_is_no_choice(city: City, sign_in: SignIn) -> None:
    south, north = quartier(city, "Sud", -900, 0), quartier(city, "Nord", 0, 900)
    with city.ctx.db.write() as session:
        row = session.get_one(Territory, south)
        row.settings, row.changed_at = {"not_offered": ["pets"]}, city.clock()
    agents = [sign_in(territory_id=which) for which in (south, (south, north))]
    here, whole = (agent.get("/coordination/needs/new") for agent in agents)
    assert "Not offered in your area: Pets." in here.text and "Not offered" not in whole.text
    assert 'value="pets"' not in here.html and 'value="pets"' in whole.html
    refused = post(agents[0], 422, **(TYPED | {"category": "shopping", "notice": []}))
    assert "Not offered in your area: Pets." in refused.text, "nor when the form comes back"


OFFERED = {
    "categories": ["shopping", "pets"], "address": "4 rue des Essais", "postcode": "69002", "town": "Lyon", "quartier": "1",
    "name": "Yann Robert", "contact": "phone", "phone": "06 39 98 12 34", "charter": "y", "age": "y", "notice": "y",
}  # fmt: skip


def offer(visitor: Visitor, expect: int = 200, **typed: Any) -> Page:
    return visitor.submit(visitor.get("/coordination/offers/new"), "Post the offer", expect, **(OFFERED | typed))


def test_a_volunteer_on_the_phone_waits_for_the_approval_and_then_may_be_asked(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    form = visitor.get("/coordination/offers/new")
    for _ in range(2):
        page = visitor.submit(form, "Post the offer", **OFFERED)
        assert "The offer is posted." in page.text and "First the town hall accepts you" in page.text
    [posted] = city.all(Offer)
    person = city.one(Person, posted.person_id)
    assert (posted.state, posted.posted_by, posted.channel, posted.categories) == ("active", "agent", "phone", ["pets", "shopping"])
    assert (person.name, person.contact, person.account, person.approved_at) == ("Yann Robert", "phone", False, None)
    assert person.charter_version and person.notice_version and person.minimum_age_confirmed_at
    assert [task.kind for task in city.all(Task)] == ["approve"]
    visitor.submit(page, "Approve this volunteer")
    assert city.one(Person, person.id).approved_at


def test_nobody_without_an_account_is_sent_to_a_page_that_asks_to_sign_in(city: City, sign_in: SignIn, told: Told) -> None:
    visitor = sign_in()
    visitor.submit(offer(visitor, contact="email", email="yann@example.net"), "Approve this volunteer")
    accounts.approve(city.ctx, city.one(Offer, city.volunteer(approved=False)).person_id, Actor())
    assert [message["my_page_url"] for message in told("volunteer_approved")] == ["", "http://127.0.0.1:8000/me"]


def test_another_offer_of_somebody_known_is_theirs(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    offer(visitor)
    page = visitor.submit(visitor.get("/coordination/call"), "Search", said="yann robert")
    page = visitor.submit(page, "New offer by Yann Robert")
    assert page.form("Post the offer").values["address"] == ["4 rue des Essais"]
    visitor.submit(page, "Post the offer", categories=["conversation"], quartier="1", charter="y", age="y", notice="y")
    offer(visitor, name="Maud Robert")
    people = [posted.person_id for posted in city.all(Offer)]
    assert people[0] == people[1] != people[2], "who shares a number under another name is somebody else"


def test_an_offer_does_not_go_to_somebody_out_of_sight(city: City, sign_in: SignIn) -> None:
    here, there = quartier(city, "Here", -9000, 0), quartier(city, "There", 100, 9000)
    theirs = city.need(name="Yann Robert", phone="+33639981234", contact="phone", north_m=900)
    offer(sign_in(territory_id=here), quartier=str(there))
    [posted] = city.all(Offer)
    assert posted.person_id != city.one(Need, theirs).person_id


def test_without_charter_age_or_number_nothing_is_posted(city: City, sign_in: SignIn) -> None:
    page = offer(sign_in(), 422, charter=[], age=[], notice=[], phone="", categories=[])
    wanted = ["#categories-0", "#phone", "#charter", "#age", "#notice"]
    assert [address for address, _ in page.links if address in wanted] == wanted
    assert city.all(Offer) == []


def test_the_forms_speak_to_the_agent(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    need, offer = visitor.get("/coordination/needs/new"), visitor.get("/coordination/offers/new")
    assert "my first name" not in need.text and "gets their first name" in need.text
    refused = visitor.submit(offer, "Post the offer", 422).text
    assert "if you are 16" not in refused and "Tick the box if they are 16 or older." in refused and "Read the charter aloud" in refused
