"""What a volunteer says of themselves on their page, and changes there: where they live, how to reach them."""

from collections.abc import Callable

from sqlalchemy import text

from app.models import Event, Match, Offer, Person
from app.services import duty, posting, streets
from app.services.events import Actor
from matching.lifecycle import NeedState, OfferState
from tests.city import CENTRE, DEGREES_A_METRE, City
from tests.functional.doors.conftest import proposed
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
HOME = (CENTRE[0], CENTRE[1] + 9000 * DEGREES_A_METRE)
NEW_HOME = {"address": "4 rue des Essais", "postcode": "69002", "town": "Lyon"}


def move(city: City, visitor: Visitor, offer_id: int, expect: int = 200, **typed: str) -> Page:
    """Sent as somebody whose new home is 9 km north of the city's centre."""
    house = streets.Address("4", "Rue des Essais", "69002", "Lyon", *HOME)
    streets.add(city.ctx, [house])
    return visitor.submit(visitor.get(f"/me/offers/{offer_id}/where"), "Keep the change", expect, **(NEW_HOME | typed))


def test_a_volunteer_who_moves_is_asked_for_neighbours_around_the_new_home(city: City, sign_in: SignIn) -> None:
    match, asked, offer = proposed(city)
    visitor = sign_in(offer_id=offer.id)
    page = visitor.get("/me")
    assert page.facts["Where"] == "7 quai du Départ, 69002 Lyon"
    assert "So far: 7 quai du Départ, 69002 Lyon" in visitor.get(page.link("Change Where")).text
    city.clock.advance(minutes=5)
    page = move(city, visitor, offer.id)
    assert "Your offer is changed." in page.text
    assert page.facts["Where"] == "4 rue des Essais, 69002 Lyon"
    after = city.one(Offer, offer.id)
    assert (after.point, after.changed_at) == (HOME, city.clock.moment)
    assert (after.public_lon, after.public_lat) != (offer.public_lon, offer.public_lat)
    assert city.one(Match, match.id).state == "proposed", "what was asked stays"
    assert [event.reason for event in city.all(Event) if event.kind == "offer_changed"] == ["where"]

    posting.move_need(city.ctx, asked.id, NeedState.WITHDRAWN, Actor())
    old, new = city.need(), city.need(north_m=9100)
    city.match()
    assert [len(city.matches(need_id)) for need_id in (old, new)] == [0, 1]


def test_the_public_point_is_drawn_again_only_for_another_place(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    move(city, visitor, offer_id)
    moved = city.one(Offer, offer_id)
    move(city, visitor, offer_id, address="4 RUE DES ESSAIS")
    again = city.one(Offer, offer_id)
    assert again.address == "4 RUE DES ESSAIS, 69002 Lyon"
    assert (again.public_lon, again.public_lat) == (moved.public_lon, moved.public_lat)


def test_a_new_home_that_nobody_finds_waits_for_an_agent(city: City, sign_in: SignIn) -> None:
    offer_id, _need_id = city.volunteer(), city.need()
    visitor = sign_in(offer_id=offer_id)
    lost = move(city, visitor, offer_id, 422, address="77 allée des Nuages")
    assert "We did not find this address on the map." in lost.text
    for _ in range(2):
        page = visitor.submit(lost, "Keep the change")
    assert page.facts["Where"] == "77 allée des Nuages, 69002 Lyon (not on the map yet: we look for it and put it there)"
    offer = city.one(Offer, offer_id)
    assert (offer.point, offer.public_lon, [task.offer_id for task in city.tasks("place")]) == (None, None, [offer_id])
    assert city.match() == 0
    move(city, visitor, offer_id)
    assert (city.one(Offer, offer_id).point, city.tasks("place")) == (HOME, [])


def test_the_home_of_an_offer_that_is_withdrawn_stays(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    page = visitor.get(f"/me/offers/{offer_id}/where")
    duty.move_offer(city.ctx, offer_id, OfferState.WITHDRAWN, Actor())
    assert "This has changed meanwhile." in visitor.submit(page, "Keep the change", **NEW_HOME).text
    assert (city.one(Offer, offer_id).address, city.tasks("place")) == ("7 quai du Départ, 69002 Lyon", [])


# How to reach them


def test_a_volunteer_sees_who_they_are_and_whom_to_call_about_the_address(city: City, sign_in: SignIn) -> None:
    page = sign_in(offer_id=city.volunteer()).get("/me")
    assert [page.facts[name] for name in ("Name", "E-mail", "Phone")] == ["Volontaire1 Dupont", "v1@example.org", "06 39 98 00 01"]
    assert "Another e-mail address? Call 04 65 71 00 00" in page.text


def test_a_volunteer_changes_their_phone_number(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    city.clock.advance(minutes=5)
    form = visitor.get(visitor.get("/me").link("Change Phone"))
    assert form.form("Keep the change").values["phone"] == ["06 39 98 00 01"]
    refused = visitor.submit(form, "Keep the change", 422, phone="06 39")
    assert ("#phone", "Check the phone number. It looks like 06 39 98 12 34.") in refused.links
    page = visitor.submit(refused, "Keep the change", phone="06.39.98.12.34")
    assert "Your phone number is changed." in page.text
    assert page.facts["Phone"] == "06 39 98 12 34"
    offer = city.one(Offer, offer_id)
    person = city.one(Person, offer.person_id)
    assert (person.phone, person.phone_index) == ("+33639981234", city.ctx.keys.index("+33639981234"))
    assert (person.changed_at, offer.changed_at) == (city.clock.moment, city.clock.moment), "the worker's index sees it"
    [event] = [event for event in city.all(Event) if event.kind == "phone_changed"]
    assert (event.person_id, event.actor_id) == (person.id, person.id)
    stored = text("SELECT phone FROM person WHERE id = :id")
    with city.ctx.db.read() as session:
        assert "639981234" not in session.execute(stored, {"id": person.id}).scalar_one()
    assert "Phone number changed" in sign_in().get(f"/coordination/people/{person.id}").text


def test_a_volunteer_may_leave_the_phone_number_out_unless_they_are_called(city: City, sign_in: SignIn) -> None:
    person_id = city.one(Offer, city.volunteer()).person_id
    visitor = sign_in(offer_id=1)
    visitor.submit(visitor.get("/me/phone"), "Keep the change", phone="")
    assert (city.one(Person, person_id).phone, city.one(Person, person_id).phone_index) == (None, None)
    assert "Phone" in visitor.get("/me").facts
    with city.ctx.db.write() as session:
        session.get_one(Person, person_id).contact = "phone"
    refused = visitor.submit(visitor.get("/me/phone"), "Keep the change", 422, phone="")
    assert ("#phone", "Write the phone number at which we should reach you.") in refused.links


def test_the_details_are_their_own_only(city: City, client: Visitor) -> None:
    assert client.get("/me/phone").h1 == "Sign in"
