"""The coordinators' pages: lists, one page a thing, and what an agent does for somebody."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event

from app.models import Event, Match, Need, Offer, Person, Role
from app.services import matches, posting, streets
from app.services.events import Actor
from app.services.streets import Address
from tests.city import CENTRE, City
from tests.functional.doors.conftest import proposed, quartier
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]
LISTS = ("", "needs", "offers", "matches")
HOUSES = [Address("4", "Rue des Essais", "69002", "Lyon", *CENTRE)]
SECRETS = (
    "Résidente", "Volontaire", "Martin", "Dupont", "@example.net",
    "+332619", "02 61 91", "+336399", "06 39 98", "Essai", "Départ", "third floor",
)  # fmt: skip


def csrf(page: Page) -> str:
    return next(form for form in page.forms if form.method == "post").values["csrf_token"][0]


@contextmanager
def counted(city: City) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    sqlalchemy_event.listen(city.ctx.db.engine, "before_cursor_execute", note)
    yield sent
    sqlalchemy_event.remove(city.ctx.db.engine, "before_cursor_execute", note)


def events(city: City, kind: str) -> list[Event]:
    return [event for event in city.all(Event) if event.kind == kind]


# --- who may come in


def test_a_coordinator_of_the_district_sees_its_quartiers_and_what_is_not_placed(city: City, sign_in: SignIn) -> None:
    district = quartier(city, "District", -9000, 9000)
    quartier(city, "Inside", -500, 500, parent_id=district)
    city.need()
    unplaced = posting.NeedInput(name="A B", category="pets", where=posting.Where("nowhere"), email="a@example.net")
    posting.post_need(city.ctx, unplaced, Actor())
    page = sign_in(territory_id=district).get("/coordination/needs")
    assert "2 requests" in page.text
    assert "Inside" in page.text
    assert "not placed yet" in page.text


def test_a_match_across_a_border_is_seen_from_both_sides_with_the_other_sides_data_closed(city: City, sign_in: SignIn) -> None:
    south, north = quartier(city, "South", -9000, 200), quartier(city, "North", 200, 9000)
    match, need, offer = proposed(city, contact="phone")
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    assert (need.territory_id, offer.territory_id) == (north, south)
    tasks = []
    for territory, seen, closed in ((south, f"offers/{offer.id}", f"needs/{need.id}"), (north, f"needs/{need.id}", f"offers/{offer.id}")):
        visitor = sign_in(territory_id=territory)
        assert "1 match" in visitor.get("/coordination/matches").text
        page = visitor.get(f"/coordination/matches/{match.id}")
        addresses = [address for address, _ in page.links]
        assert f"/coordination/{seen}" in addresses
        assert f"/coordination/{closed}" not in addresses
        visitor.get(f"/coordination/{closed}", 404)
        links = [address for address in addresses if address.startswith("/coordination/tasks/")]
        assert [visitor.get(address) for address in links] if territory == north else not links
        tasks += links
    assert tasks, "the resident's call is a task of theirs"


# --- one page a thing


def test_exact_data_comes_after_a_look_that_is_written_down(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city, details="third floor", contact="phone")
    visitor = sign_in()
    for path in (f"needs/{need.id}", f"offers/{offer.id}", f"matches/{match.id}", f"tasks/{city.tasks()[0].id}"):
        page = visitor.get(f"/coordination/{path}")
        assert not [secret for secret in SECRETS if secret in page.html]
    assert "looked_at" not in city.events()

    page = visitor.submit(visitor.get(f"/coordination/needs/{need.id}"), "To call")
    for known in ("Résidente2 Martin", "02 61 91 00 02", "1 rue d'Essai", "third floor", "4.83200, 45.76"):
        assert known in page.text
    page = visitor.submit(visitor.get(f"/coordination/offers/{offer.id}"), "To check something")
    assert "Volontaire1 Dupont" in page.text
    page = visitor.submit(visitor.get(f"/coordination/tasks/{city.tasks()[0].id}"), "Show the number and the words")
    assert "02 61 91 00 02" in page.text
    looks = [(look.reason, look.need_id, look.offer_id, look.task_id) for look in events(city, "looked_at")]
    assert looks == [("call", need.id, None, None), ("check", None, offer.id, None), ("task", None, None, city.tasks()[0].id)]
    assert "Exact details looked at: to call (Ana Costa, on the site)" in visitor.get(f"/coordination/needs/{need.id}").text
    visitor.post(f"/coordination/needs/{need.id}/look", 400, csrf_token=csrf(page), reason="curious")


def test_a_look_is_shown_for_a_moment_on_its_page_alone_to_who_looked(city: City, sign_in: SignIn) -> None:
    _match, need, offer = proposed(city, contact="phone")
    visitor, colleague = sign_in(), sign_in(role=Role.ADMINISTRATOR)
    pressed = visitor.submit(visitor.get(f"/coordination/needs/{need.id}"), "To call")
    person = visitor.submit(visitor.get(f"/coordination/people/{offer.person_id}"), "To call")
    other_pages = f"/coordination/people/{need.person_id}", f"/coordination/offers/{offer.id}"
    for page, name, other in zip((pressed, person), ("Martin", "Dupont"), other_pages, strict=True):
        query = page.address.removeprefix(page.path)
        assert name in visitor.get(page.address).text, "going back, or loading it once more, asks nothing"
        assert name not in visitor.get(page.path).text
        assert name not in visitor.get(other + query).text
        assert name not in colleague.get(page.address).text
    assert "Who could help" in pressed.text, "all else stands there as before"
    visitor.submit(visitor.get(pressed.path), "To call")
    assert len(events(city, "looked_at")) == 2
    city.clock.advance(minutes=11)
    assert "Martin" not in visitor.get(pressed.address).text
    visitor.submit(visitor.get(pressed.path), "To call")
    assert len(events(city, "looked_at")) == 3


def test_the_timeline_tells_who_did_what_and_how(
    city: City, client: Visitor, sign_in: SignIn, told: Callable[[str], list[dict[str, Any]]]
) -> None:
    match, need, _ = proposed(city)
    client.submit(client.get(told("proposal_to_volunteer")[0]["yes_url"]), "Yes, I will help")
    matches.resident_answers(city.ctx, match.id, True, Actor(need.person_id))
    page = sign_in().get(f"/coordination/needs/{need.id}")
    for words in ("Request posted", "Search begun", "Volunteer asked (the service)", "Both agreed (the resident)"):
        assert words in page.text
    assert "The volunteer said yes (the volunteer, by link)" in page.text


def test_all_that_happens_has_words(city: City, sign_in: SignIn) -> None:
    """A kind of event, task or reason that is not known to the page would stand there as a slug."""
    match, need, offer = proposed(city, contact="phone", share_contact=True)
    visitor = sign_in()
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    matches.back_out(city.ctx, match.id, Actor())
    city.match()
    for task in city.tasks():
        page = visitor.get(f"/coordination/tasks/{task.id}")
        assert "_" not in page.text.split("À deux pas, Lyon")[1]
    for path in (f"needs/{need.id}", f"offers/{offer.id}", ""):
        assert not re.search(r"\w_\w", visitor.get(f"/coordination/{path}").text)


# --- doing


def test_a_volunteer_is_approved_with_the_time_and_by_whom(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(approved=False)
    visitor = sign_in()
    page = visitor.get(visitor.get(visitor.get("/coordination/").link("Approve a volunteer")).link(f"Offer no. {offer_id}"))
    for _ in range(2):
        after = visitor.submit(page, "Approve this volunteer")
    person = city.one(Person, city.one(Offer, offer_id).person_id)
    assert person.approved_at == city.clock()
    assert city.one(Person, person.approved_by_id).name == "Ana Costa"
    assert "Approve this volunteer" not in after.text
    assert city.events().count("volunteer_approved") == 1
    assert city.tasks() == []


def test_a_request_is_confirmed_on_the_phone(city: City, sign_in: SignIn) -> None:
    need_id = city.need(contact="phone", confirmed=False)
    visitor = sign_in()
    page = visitor.get(f"/coordination/tasks/{city.tasks()[0].id}")
    for _ in range(2):
        visitor.submit(page, "Confirmed on the phone")
    assert city.one(Need, need_id).state == "open"
    [opened] = events(city, "need_open")
    assert (opened.channel, city.one(Person, opened.actor_id).name) == ("phone", "Ana Costa")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Write the address, pick the quartier, or give the coordinates."),
        ({"postcode": "6900"}, "Write the postcode as five digits"),
        ({"address": "4 rue sans nom", "postcode": "69002", "town": "Lyon"}, "We did not find this address on the map."),
        ({"address": "4 rue sans nom"}, "We did not find this address on the map."),
        ({"address": "4 rue sans nom", "postcode": "75002"}, "the service only covers Lyon"),
        ({"lon": "4.83"}, "Write the latitude as well."),
        ({"lat": "45.75"}, "Write the longitude as well."),
        ({"lon": "east", "lat": "45.75"}, "Write the longitude as a number"),
        ({"lon": "nan", "lat": "45.75"}, "Write the longitude as a number"),
        ({"lon": "4.83", "lat": "95"}, "Write the latitude as a number"),
        ({"lon": "2.35", "lat": "48.85"}, "This place is outside the area"),
    ],
)
def test_a_place_that_cannot_be_has_its_sentence(city: City, sign_in: SignIn, typed: dict[str, str], sentence: str) -> None:
    streets.add(city.ctx, HOUSES)
    need_id = city.need(where=posting.Where("4 rue sans nom", "69002", "Lyon"))
    visitor = sign_in()
    page = visitor.submit(visitor.get(f"/coordination/needs/{need_id}"), "Put it there", 422, **typed)
    again = visitor.submit(page, "Put it there", 422)
    for refused in (page, again):
        assert sentence in refused.text
        assert refused.title.startswith("Error:")
    assert city.one(Need, need_id).territory_id is None


@pytest.mark.parametrize(
    "typed",
    [
        {"address": "4 rue des essais", "postcode": "69002", "town": "Lyon"},
        {"address": "77 allée des Nuages", "quartier": "1"},
        {"spot": "4.832,45.7578", "spot_of": "||"},
        {"lon": "4,832", "lat": "45.7578"},
        {"quartier": "1"},
    ],
    ids=["address", "address and quartier", "pin", "coordinates", "quartier"],
)
def test_a_post_is_put_on_the_map_and_the_search_begins(city: City, sign_in: SignIn, typed: dict[str, str]) -> None:
    streets.add(city.ctx, HOUSES)
    need_id = city.need(where=posting.Where("4 rue sans nom", "69002", "Lyon"))
    assert [task.kind for task in city.tasks()] == ["place"]
    city.volunteer(radius_m=50_000)
    visitor = sign_in()
    page = visitor.submit(visitor.get(f"/coordination/needs/{need_id}"), "Put it there", **typed)
    assert "The place is on the map." in page.text
    assert city.tasks() == []
    assert city.match() == 1


def test_an_address_written_differently_is_asked_back_before_a_post_is_placed(city: City, sign_in: SignIn) -> None:
    streets.add(city.ctx, HOUSES)
    offer_id = city.volunteer(where=posting.Where("4 rue sans nom", "69002", "Lyon"))
    visitor = sign_in()
    question = visitor.submit(visitor.get(f"/coordination/offers/{offer_id}"), "Put it there", 422, address="4 rue des esais")
    assert "Which of these is it?" in question.text
    assert not question.title.startswith("Error:")
    [found, _none] = [control["value"] for control in question.controls if control.get("name") == "which"]
    assert "The place is on the map." in visitor.submit(question, "Put it there", which=found).text
    assert city.one(Offer, offer_id).point == CENTRE


def test_the_address_that_was_looked_at_stands_in_the_form_for_the_place(city: City, sign_in: SignIn) -> None:
    need_id = city.need(where=posting.Where("4, rue sans nom", "69002", "Sainte-Foy, Lyon"))
    visitor = sign_in()
    page = visitor.get(f"/coordination/needs/{need_id}")
    assert page.form("Put it there").values["address"] == [""]
    values = visitor.submit(page, "To put it on the map").form("Put it there").values
    assert [values[name] for name in ("address", "postcode", "town")] == [["4, rue sans nom"], ["69002"], ["Sainte-Foy, Lyon"]]


def test_a_place_outside_the_coordinators_own_territory_leads_back_to_the_tasks(city: City, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, 0)
    quartier(city, "There", 100, 9000)
    need_id = city.need(where=posting.Where("4 rue sans nom", "69002", "Lyon"))
    visitor = sign_in(territory_id=here)
    page = visitor.submit(visitor.get(f"/coordination/needs/{need_id}"), "Put it there", lon="4.832", lat="45.78")
    assert page.path == "/coordination/"
    assert "The place is on the map." in page.text


def test_answers_given_on_the_phone_count_as_the_sides_own(city: City, sign_in: SignIn) -> None:
    match, need, _ = proposed(city, contact="phone")
    visitor = sign_in()
    page = visitor.get(f"/coordination/matches/{match.id}")
    for _ in range(2):
        after = visitor.submit(page, "The volunteer says yes")
        assert "The resident is asked now." in after.text
    assert city.one(Match, match.id).state == "accepted"
    late = visitor.get(f"/coordination/matches/{match.id}")
    assert "Written down: both agreed" in visitor.submit(late, "The resident says yes").text
    assert "This has changed meanwhile." in visitor.submit(late, "The resident says no").text
    assert city.one(Need, need.id).state == "agreed"
    agreed = events(city, "match_agreed")[0]
    assert (agreed.channel, city.one(Person, agreed.actor_id).name) == ("phone", "Ana Costa")

    page = visitor.get(f"/coordination/matches/{match.id}")
    for _ in range(2):
        assert "The outcome is written down." in visitor.submit(page, "The resident was helped").text
    assert city.one(Need, need.id).state == "closed"
    assert "This has changed meanwhile." in visitor.submit(page, "The volunteer can no longer come").text


def test_a_match_says_what_it_counted_for_when_it_was_proposed(city: City, sign_in: SignIn) -> None:
    city.weigh(rest_m=700)
    near = city.volunteer(north_m=112, capacity=2)
    city.volunteer(north_m=340)
    with city.ctx.db.write() as session:
        session.add(Match(
            need_id=city.need(category="pets"), offer_id=near, state="declined", reason="volunteer", mode="in_person", distance_m=1,
            proposed_at=city.clock() - timedelta(days=2), deadline_at=city.clock(),
        ))  # fmt: skip
    needs = [city.need(availability=each) for each in ("Mo 09:00-10:00", "Mo 10:00-11:00")]
    assert city.match() == 2
    first, second = (city.matches(need_id)[0] for need_id in needs)
    assert {first.rank, second.rank} == {1, 2}
    asked = first if first.offer_id == near else second
    visitor = sign_in()
    page = visitor.get(f"/coordination/matches/{asked.id}").text.replace("\u00a0", " ")
    assert "About 200 m away, within this volunteer’s radius of 2 km, asked 2 days ago (counts as 500 m more). In all about 700 m." in page
    assert "2 of those who could be asked (1: the best)" in page
    french = visitor.get(f"/coordination/matches/{asked.id}?lang=fr").text.replace("\u00a0", " ")
    assert "sollicitation il y a 2 jours (compte pour 500 m de plus)" in french


def test_a_pair_has_one_distance_wherever_it_is_told(city: City, sign_in: SignIn) -> None:
    city.volunteer(north_m=1312)
    need_id = city.need()
    assert city.match() == 1
    [match] = city.matches(need_id)
    visitor = sign_in()
    page = visitor.get(f"/coordination/matches/{match.id}")
    assert page.facts["Distance"].replace("\u00a0", " ") == "about 1.4 km"
    for address in (f"matches/{match.id}", f"needs/{need_id}", f"offers/{match.offer_id}"):
        text = visitor.get(f"/coordination/{address}").text.replace("\u00a0", " ")
        assert ("about 1.4 km" in text, "1.3 km" in text) == (True, False)


def test_days_told_as_one_says_them_stand_after_words_that_they_go_with(city: City, sign_in: SignIn) -> None:
    match, _, _ = proposed(city)
    with city.ctx.db.write() as session:
        kept = session.get_one(Match, match.id)
        kept.deadline_at = city.clock()
    stuck = city.need(category="pets")
    city.match()
    city.clock.advance(days=1)
    visitor = sign_in()
    pages = [f"matches/{match.id}", f"needs/{stuck}", "matches", ""]
    english, french = ([visitor.get(f"/coordination/{page}{lang}").text for page in pages] for lang in ("", "?lang=fr"))
    assert "answer by yesterday" in english[0] and "réponse attendue : hier" in french[0]
    assert "due today" in english[1] and "échéance : aujourd’hui" in french[1]
    assert "Proposéehier" in french[0], "a label and what it is for"
    for text in english + french:
        assert not re.search(r"until (?:yesterday|today)|\b(?:le|avant)\W*(?:hier|aujourd|demain)|\bon (?:yesterday|today)", text)


def test_a_match_that_nobody_ranked_says_nothing_of_it(city: City, sign_in: SignIn) -> None:
    match, _, _ = proposed(city)
    with city.ctx.db.write() as session:
        kept = session.get_one(Match, match.id)
        kept.rank = kept.terms = None
    page = sign_in().get(f"/coordination/matches/{match.id}").text
    assert "What it counts for" not in page
    assert "Rank" not in page


def test_the_call_of_a_task_is_answered_on_its_page(city: City, sign_in: SignIn) -> None:
    city.volunteer(email=False)
    need_id = city.need()
    city.match()
    [task] = city.tasks()
    visitor = sign_in()
    visitor.submit(visitor.get(f"/coordination/tasks/{task.id}"), "The volunteer says no")
    assert city.matches(need_id)[0].state == "declined"
    assert task.id not in [open_task.id for open_task in city.tasks()]


def test_requests_and_offers_are_paused_resumed_and_withdrawn_after_a_question(city: City, sign_in: SignIn) -> None:
    things = {"needs": (Need, city.need(), "open"), "offers": (Offer, city.volunteer(), "active")}
    resume = {"needs": "Go on looking", "offers": "Back on duty"}
    visitor = sign_in()
    for name, (kind, thing, running) in things.items():
        question = visitor.get(visitor.get(f"/coordination/{name}/{thing}").link("Pause"))
        assert city.one(kind, thing).state == running
        page = visitor.submit(question, "Yes, pause it")
        assert city.one(kind, thing).state == "paused"
        page = visitor.submit(page, resume[name])
        assert city.one(kind, thing).state == running
        visitor.submit(visitor.get(page.link("Withdraw")), "Yes, withdraw it")
        assert city.one(kind, thing).state == "withdrawn"
        assert "This has changed meanwhile." in visitor.submit(question, "Yes, pause it").text


def test_what_no_button_says_is_refused(city: City, sign_in: SignIn) -> None:
    match, _, _ = proposed(city)
    visitor = sign_in()
    token = csrf(visitor.get("/coordination/"))
    for path in ("volunteer", "resident", "outcome"):
        visitor.post(f"/coordination/matches/{match.id}/{path}", 400, csrf_token=token, answer="perhaps", outcome="perhaps")
    visitor.get("/coordination/needs/99999999999999999999", 404)
    visitor.get("/coordination/needs/999999", 404)
    assert city.one(Match, match.id).state == "proposed"


def test_a_deadline_that_has_passed_is_told_on_the_phone_page(city: City, sign_in: SignIn) -> None:
    match, _, _ = proposed(city)
    visitor = sign_in()
    page = visitor.get(f"/coordination/matches/{match.id}")
    city.clock.advance(seconds=timedelta(hours=25).total_seconds())
    assert "The time to answer was over" in visitor.submit(page, "The volunteer says yes").text
