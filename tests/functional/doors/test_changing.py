"""Changing a request by link, as long as nobody has agreed to it."""

from typing import Any

import pytest

from app.links import Purpose
from app.models import Event, Match, Need, Person
from app.services import changing, matches, streets
from app.services.events import Actor
from tests.city import CENTRE, City
from tests.functional.doors.conftest import proposed
from tests.pages import Page, Visitor


def address(city: City, need_id: int, what: str = "") -> str:
    return city.ctx.links.url(Purpose.MY_REQUEST, need_id) + (f"/change/{what}" if what else "")


def events(city: City, kind: str) -> list[Event]:
    return [event for event in city.all(Event) if event.kind == kind]


def change(city: City, client: Visitor, need_id: int, what: str, expect: int = 200, **typed: Any) -> Page:
    return client.submit(client.get(address(city, need_id, what)), "Save", expect, **typed)


def test_each_thing_has_its_page_with_what_was_said(city: City, client: Visitor) -> None:
    need_id = city.need(details="Two bags", availability="Mo-Fr 18:00-20:00", share_contact=True)
    page = client.get(address(city, need_id))
    for question, what in (
        ("Where", "where"), ("When", "when"), ("How urgent", "when"), ("For the volunteer", "more"), ("How to reach you", "reach"),
        ("Contact details", "share"),
    ):  # fmt: skip
        assert page.link(f"Change {question}").endswith(f"/change/{what}")
    assert client.get(address(city, need_id, "more")).form("Save").values["details"] == ["Two bags"]
    assert "Fr-evening" in client.get(address(city, need_id, "when")).form("Save").values["week"]
    assert client.get(address(city, need_id, "share")).form("Save").values["share_contact"] == ["yes"]
    assert client.get(address(city, need_id, "reach")).form("Save").values["phone"] == ["02 61 91 00 01"]
    assert "1 rue d'Essai, 69002 Lyon" in client.get(address(city, need_id, "where")).text


def test_what_does_not_concern_the_volunteer_just_changes(city: City, client: Visitor) -> None:
    match, need, _ = proposed(city)
    page = change(city, client, need.id, "more", details="Three bags")
    assert "Your request is changed." in page.text
    assert page.facts["For the volunteer"] == "Three bags"
    change(city, client, need.id, "share", share_contact="yes")
    change(city, client, need.id, "when", urgency="urgent")
    change(city, client, need.id, "reach", contact="phone", phone="06 39 98 12 34")
    now = city.one(Need, need.id)
    assert (now.details, now.share_contact, now.urgency, now.state) == ("Three bags", True, "urgent", "asked")
    person = city.one(Person, need.person_id)
    assert (person.contact, person.phone) == ("phone", "+33639981234")
    assert person.phone_index == city.ctx.keys.index("+33639981234")
    assert city.one(Match, match.id).state == "proposed"
    assert [event.reason for event in events(city, "need_changed")] == ["more", "share", "when", "reach"]


@pytest.mark.parametrize(
    ("what", "typed"),
    [
        ("when", {"week": ["Su-morning"]}),
        ("where", {"address": "4 rue des Essais", "postcode": "69002", "town": "Lyon", "quartier": "1"}),
        ("more", {"languages": ["fr", "ar"]}),
    ],
)
def test_another_time_place_or_language_asks_before_the_volunteer_is_let_go(
    city: City, client: Visitor, told: Any, what: str, typed: dict[str, Any]
) -> None:
    match, need, _ = proposed(city)
    question = change(city, client, need.id, what, **typed)
    assert question.h1 == "Change your request?"
    assert city.one(Match, match.id).state == "proposed", "the question alone changes nothing"
    assert events(city, "need_changed") == []
    page = client.submit(question, "Yes, change it")
    assert "Your request is changed." in page.text
    assert "We told the volunteer who had been asked." in page.text
    assert (city.one(Match, match.id).state, city.one(Match, match.id).reason) == ("cancelled", "changed")
    assert [message["why"] for message in told("match_ended_to_volunteer")] == ["changed"]
    now = city.one(Need, need.id)
    assert (now.state, now.taken, now.next_try_at) == ("open", 0, city.clock())
    if what == "where":
        assert (now.address, now.approximate) == ("4 rue des Essais, 69002 Lyon", True)


def test_without_a_volunteer_there_is_no_question(city: City, client: Visitor) -> None:
    need_id = city.need()
    page = change(city, client, need_id, "when", week=["Su-morning"])
    assert page.facts["When"] == "Sunday, 09:00 – 12:00"
    assert "You changed when, or how urgent it is." in page.text


def test_the_same_hours_written_differently_are_no_change(city: City, client: Visitor) -> None:
    match, need, _ = proposed(city, availability="Mo-Fr 18:00-20:00")
    page = change(city, client, need.id, "when", urgency="flexible")
    assert "Your request is changed." in page.text
    assert city.one(Match, match.id).state == "proposed"
    assert city.one(Need, need.id).availability == "Mo-Fr 18:00-20:00"


def test_hours_that_no_box_says_stay(city: City, client: Visitor) -> None:
    need_id = city.need(availability="Tu 10:15-11:45")
    change(city, client, need_id, "when", urgency="urgent")
    assert city.one(Need, need_id).availability == "Tu 10:15-11:45"


def test_a_new_place_that_nobody_finds_waits_for_an_agent(city: City, client: Visitor) -> None:
    need_id = city.need()
    change(city, client, need_id, "where", address="nowhere", postcode="69002", town="Lyon", quartier="")
    need = city.one(Need, need_id)
    assert (need.point, need.public_lon, need.next_try_at, need.state) == (None, None, None, "open")
    assert len(city.tasks("place")) == 1
    change(city, client, need_id, "where", address="4 rue des Essais", postcode="69002", town="Lyon", quartier="1")
    assert city.tasks("place") == []
    assert city.one(Need, need_id).next_try_at == city.clock()


def test_the_same_place_keeps_its_public_point(city: City, client: Visitor) -> None:
    streets.add(city.ctx, [streets.Address("1", "Rue d’Essai", "69002", "Lyon", *CENTRE)])
    before = city.one(Need, city.need())
    change(city, client, before.id, "where", address="1 RUE D'ESSAI", postcode="69002", town="Lyon")
    after = city.one(Need, before.id)
    assert after.address == "1 RUE D'ESSAI, 69002 Lyon"
    assert (after.point, after.public_lon, after.public_lat) == (CENTRE, before.public_lon, before.public_lat)


def test_more_and_fewer_volunteers(city: City, client: Visitor) -> None:
    city.volunteer()
    city.volunteer(north_m=100)
    need_id = city.need(helpers_needed=2)
    city.match()
    assert city.one(Need, need_id).state == "asked"
    for match in city.matches(need_id):
        matches.volunteer_answers(city.ctx, match.id, True, Actor())
    page = change(city, client, need_id, "more", 422, helpers_needed="1")
    assert "2 volunteers have said yes already." in page.text
    change(city, client, need_id, "more", helpers_needed="3")
    assert (city.one(Need, need_id).state, city.one(Need, need_id).helpers_needed) == ("open", 3)
    change(city, client, need_id, "more", helpers_needed="2")
    assert city.one(Need, need_id).state == "asked"


def test_a_paused_request_stays_paused(city: City, client: Visitor) -> None:
    need_id = city.need()
    page = client.get(address(city, need_id))
    client.submit(client.get(page.link("Pause")), "Yes, pause it")
    change(city, client, need_id, "when", week=["Su-morning"])
    assert (city.one(Need, need_id).state, city.one(Need, need_id).next_try_at) == ("paused", None)


def test_once_somebody_has_agreed_nothing_is_changed_here(city: City, client: Visitor) -> None:
    match, need, _ = proposed(city, share_contact=True)
    open_page = client.get(address(city, need.id, "more"))
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    page = client.submit(open_page, "Save", details="Too late")
    assert "This can no longer be changed here." in page.text
    assert not any(words.startswith("Change") for _address, words in page.links)
    assert "talk to your volunteer or call us" in page.text
    assert city.one(Need, need.id).details == ""
    with pytest.raises(changing.TooLate):
        changing.change_need(city.ctx, need.id, changing.Change("more", details="x"), Actor())


def test_mistakes_come_back_with_what_was_typed(city: City, client: Visitor) -> None:
    need_id = city.need()
    page = change(city, client, need_id, "more", 422, details="Je suis diabétique.")
    assert "about health" in page.text
    assert "Your request is changed." in client.submit(page, "Save", **{"details-as-it-is": "health"}).text
    assert "Write the phone number" in change(city, client, need_id, "reach", 422, contact="phone", phone="").text


def test_homework_refuses_a_childs_name_here_too(city: City, client: Visitor) -> None:
    need_id = city.need(category="homework", school_level="CM1")
    assert "a child’s name" in change(city, client, need_id, "more", 422, details="Emma, 8 ans").text


def test_whoever_has_no_e_mail_is_not_offered_it(city: City, client: Visitor) -> None:
    page = client.get(address(city, city.need(contact="phone"), "reach"))
    assert "By e-mail" not in page.labels.values()
    assert "By e-mail" in client.get(address(city, city.need(), "reach")).labels.values()
