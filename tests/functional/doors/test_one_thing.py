"""A coordinator's page of one request, offer, match, person or call: what to do first, messages, people, calls that nobody answered."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from app.models import Match, Need, Offer, Person, PersonTerritory, Role
from app.services import duty, matches, posting, tasks
from app.services.events import Actor
from matching.lifecycle import NeedState, OfferState
from notifications.tables import outbox
from tests.city import City
from tests.functional.doors.conftest import proposed, quartier
from tests.functional.doors.test_coordination_pages import SECRETS, counted, events
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def now_to_do(visitor: Visitor, path: str) -> str:
    """What the page says under "What to do now"."""
    return visitor.get(path).text.partition("What to do now")[2].partition("What is")[0].partition("The two sides")[0]


# --- what to do first


@pytest.mark.parametrize(
    ("need", "words"),
    [
        ({"contact": "phone", "confirmed": False}, "The resident has no e-mail: call to confirm."),
        ({"contact": "letter", "confirmed": False}, "The resident is reached by letter"),
        ({"confirmed": False}, "The resident has an e-mail with a link to confirm the request."),
        ({}, "Nothing: the service looks for a volunteer."),
        ({"where": posting.Where("nowhere")}, "The address is not on the map yet, so nobody can be asked."),
    ],
)
def test_a_request_says_first_what_to_do(city: City, sign_in: SignIn, need: dict[str, Any], words: str) -> None:
    assert words in now_to_do(sign_in(), f"/coordination/needs/{city.need(**need)}")


def test_a_request_says_what_to_do_at_each_step_of_its_way(city: City, sign_in: SignIn) -> None:
    match, need, _offer = proposed(city)
    visitor, page = sign_in(), f"/coordination/needs/{need.id}"
    assert "A volunteer is asked. The answer is due by" in now_to_do(visitor, page)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    assert "A volunteer said yes. The resident’s answer is due by" in now_to_do(visitor, page)
    visitor.submit(visitor.get(page), "The resident says yes")
    assert "Both agreed" in now_to_do(visitor, page)
    assert "Both agreed" in now_to_do(visitor, f"/coordination/matches/{match.id}")
    visitor.submit(visitor.get(page), "The resident was helped")
    for path in (page, f"/coordination/matches/{match.id}"):
        assert "Nothing: this has ended." in now_to_do(visitor, path)


def test_a_paused_request_and_one_that_nobody_fits_say_so(city: City, sign_in: SignIn) -> None:
    need_id = city.need()
    city.match()
    visitor, page = sign_in(), f"/coordination/needs/{need_id}"
    assert "No volunteer fits yet: nobody offers this kind of help." in now_to_do(visitor, page)
    posting.move_need(city.ctx, need_id, NeedState.PAUSED, Actor())
    assert "The request is paused" in now_to_do(visitor, page)


def test_an_offer_says_first_what_to_do(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    approved, waiting = city.volunteer(), city.volunteer(approved=False)
    unplaced = city.volunteer(where=posting.Where("nowhere"))
    assert "Nothing: the volunteer is asked when" in now_to_do(visitor, f"/coordination/offers/{approved}")
    assert "This volunteer is not approved" in now_to_do(visitor, f"/coordination/offers/{waiting}")
    assert "so they cannot be asked" in now_to_do(visitor, f"/coordination/offers/{unplaced}")
    duty.move_offer(city.ctx, approved, OfferState.PAUSED, Actor())
    assert "The volunteer has paused" in now_to_do(visitor, f"/coordination/offers/{approved}")


# --- messages


def test_messages_tell_their_kind_their_side_and_whether_they_went_and_nothing_else(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city)
    with city.ctx.db.begin() as connection:
        for kind, state in (("proposal_to_volunteer", "sent"), ("need_received", "refused"), ("confirm_need", "suppressed")):
            connection.execute(update(outbox).where(outbox.c.kind == kind).values(state=state))
    visitor = sign_in()
    page = visitor.get(f"/coordination/needs/{need.id}")
    for words in (
        "to the volunteer “Can you help?” sent", "to the resident “A volunteer is asked” waits to be sent",
        "to the resident “Your request is received” refused", "“Is this request yours?” not sent: the address was refused before",
    ):  # fmt: skip
        assert words in page.text
    assert page.text.index("“Your request is received”") < page.text.index("“Can you help?”"), "in the order of what happened"
    assert not [secret for secret in SECRETS if secret in page.html]
    for path in (f"offers/{offer.id}", f"matches/{match.id}", f"people/{offer.person_id}"):
        page = visitor.get(f"/coordination/{path}")
        assert "“Can you help?” sent" in page.text
        assert "“Is this request yours?”" not in page.text, "that was about the request alone"


# --- people


def test_a_person_has_a_page_with_what_is_theirs_and_no_name(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city)
    visitor = sign_in()
    for whose, thing in ((need, f"needs/{need.id}"), (offer, f"offers/{offer.id}")):
        page = visitor.get(visitor.get(f"/coordination/{thing}").link(f"Person no. {whose.person_id}"))
        addresses = [address for address, _ in page.links]
        assert {f"/coordination/{thing}", f"/coordination/matches/{match.id}"} <= set(addresses)
        assert not [secret for secret in SECRETS if secret in page.html]
        assert "Volunteer asked (the service)" in page.text
        assert "looked_at" not in city.events()
    page = visitor.submit(page, "To check something")
    assert "Volontaire1 Dupont" in page.text
    [look] = events(city, "looked_at")
    assert (look.reason, look.person_id, look.offer_id) == ("check", offer.person_id, None)
    assert "Exact details looked at: to check something (Ana Costa" in visitor.get(page.path.removesuffix("/look")).text


def test_a_volunteer_is_approved_on_their_page(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(approved=False)
    visitor = sign_in()
    person_id = city.one(Offer, offer_id).person_id
    visitor.submit(visitor.get(f"/coordination/people/{person_id}"), "Approve this volunteer")
    assert "approved" in visitor.get(f"/coordination/people/{person_id}").text
    assert city.one(Person, person_id).approved_at == city.clock()


def test_of_a_person_with_posts_on_both_sides_of_a_border_each_side_sees_its_own(city: City, sign_in: SignIn) -> None:
    south, north = quartier(city, "South", -9000, 200), quartier(city, "North", 200, 9000)
    need_id, offer_id = city.need(north_m=1000), city.volunteer()
    person_id = city.one(Need, need_id).person_id
    with city.ctx.db.write() as session:
        session.get_one(Offer, offer_id).person_id = person_id
    for territory, own, other in ((south, f"offers/{offer_id}", f"needs/{need_id}"), (north, f"needs/{need_id}", f"offers/{offer_id}")):
        addresses = [address for address, _ in sign_in(territory_id=territory).get(f"/coordination/people/{person_id}").links]
        assert f"/coordination/{own}" in addresses
        assert f"/coordination/{other}" not in addresses


def test_whoever_has_no_post_is_seen_by_their_territory(city: City, sign_in: SignIn) -> None:
    south, north = quartier(city, "South", -9000, 200), quartier(city, "North", 200, 9000)
    southerner, northerner = sign_in(territory_id=south), sign_in(territory_id=north)
    agent = city.one(Person, city.all(PersonTerritory, territory_id=south)[0].person_id)
    assert "coordinator" in southerner.get(f"/coordination/people/{agent.id}").text
    northerner.get(f"/coordination/people/{agent.id}", 404)


# --- calls


def test_a_call_that_nobody_answered_comes_again(city: City, sign_in: SignIn) -> None:
    need_id = city.need(contact="phone", confirmed=False)
    visitor = sign_in()
    page = visitor.get(f"/coordination/tasks/{city.tasks()[0].id}")
    after = visitor.submit(page, "Call again in two hours")
    assert after.path == "/coordination/"
    assert "nobody answered. The call is on the list again for today 13:05." in after.text
    assert city.tasks()[0].due_at == city.clock() + timedelta(hours=2)
    visitor.submit(page, "Call again tomorrow morning")
    due = city.tasks()[0].due_at.astimezone(ZoneInfo("Europe/Paris"))
    assert (due.date() - city.clock().date(), due.hour, due.minute) == (timedelta(days=1), 9, 0)
    assert [tried.channel for tried in events(city, "call_tried")] == ["phone", "phone"]
    for path in (f"needs/{need_id}", f"tasks/{city.tasks()[0].id}"):
        assert "Called, nobody answered: have the request confirmed (Ana Costa, on the phone)" in visitor.get(f"/coordination/{path}").text

    visitor.submit(visitor.get("/coordination/"), "Tick off")
    assert "Somebody had ticked this task off already." in visitor.submit(page, "Call again in two hours").text


def test_a_call_does_not_come_later_than_the_answer_is_due(city: City, sign_in: SignIn) -> None:
    city.volunteer(email=False)
    city.need(urgency="urgent")
    city.match()
    [task] = city.tasks("tell")
    deadline = city.all(Match)[0].deadline_at
    visitor = sign_in()
    visitor.submit(visitor.get(f"/coordination/tasks/{task.id}"), "Call again tomorrow morning")
    assert city.tasks("tell")[0].due_at == deadline


def test_what_is_no_call_is_not_put_off(city: City, sign_in: SignIn) -> None:
    city.volunteer(approved=False)
    [task] = city.tasks("approve")
    visitor = sign_in()
    page = visitor.get(f"/coordination/tasks/{task.id}")
    assert "Call again" not in page.text
    token = page.form("Approve this volunteer").values["csrf_token"]
    visitor.post(f"/coordination/tasks/{task.id}/call-again", csrf_token=token, again="later")
    visitor.post(f"/coordination/tasks/{task.id}/call-again", 400, csrf_token=token, again="never")
    assert city.tasks("approve")[0].due_at == task.due_at
    assert "call_tried" not in city.events()


@pytest.mark.parametrize(
    ("call", "name", "number"), [("self", "Résidente1 Martin", "02 61 91 00 01"), ("relative", "Lise Martin", "06 39 98 77 01")]
)
def test_whom_to_call_stands_first(city: City, sign_in: SignIn, call: str, name: str, number: str) -> None:
    relative = {"posted_by": "relative", "on_behalf_name": "Lise Martin", "on_behalf_phone": "+33639987701"}
    need_id = city.need(contact="phone", confirmed=False, **relative)
    with city.ctx.db.write() as session:
        session.get_one(Need, need_id).call = call
    visitor = sign_in()
    for path, button in ((f"tasks/{city.tasks()[0].id}", "Show the number and the words"), (f"needs/{need_id}", "To call")):
        page = visitor.submit(visitor.get(f"/coordination/{path}"), button)
        assert f"{name} {number}" in page.text
        assert ("They asked for Résidente1 Martin" in page.text) == (call == "relative")


# --- what a page costs


def test_pages_cost_the_same_however_much_there_is_to_show(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city, contact="phone", helpers_needed=9)
    visitor = sign_in(role=Role.ADMINISTRATOR)
    paths = [f"needs/{need.id}", f"offers/{offer.id}", f"matches/{match.id}", f"people/{need.person_id}", f"people/{offer.person_id}"]

    def costs() -> list[int]:
        numbers = []
        for path in paths:
            with counted(city) as sent:
                visitor.get(f"/coordination/{path}")
            numbers.append(len([one for one in sent if not one.startswith(("BEGIN", "PRAGMA"))]))
        return numbers

    for task in city.tasks("nobody"):  # why nobody was found has its own test
        tasks.close_task(city.ctx, task.id, Actor())
    few = costs()
    for _ in range(8):
        city.volunteer(email=False)
    city.clock.advance(minutes=10)
    city.match()
    for made in city.matches(need.id):
        matches.volunteer_answers(city.ctx, made.id, True, Actor())
    assert len(city.matches(need.id)) == 9
    assert costs() == few
    assert max(few) <= 22, few


def test_why_nobody_was_found_costs_the_same_however_many_were_looked_at(city: City, sign_in: SignIn) -> None:
    need_id, visitor, numbers = city.need(), sign_in(role=Role.ADMINISTRATOR), []
    for _ in range(2):
        for _ in range(4):
            city.volunteer(north_m=4000)
        city.clock.advance(minutes=11)
        city.match()
        with counted(city) as sent:
            visitor.get(f"/coordination/needs/{need_id}")
        numbers.append(len([one for one in sent if not one.startswith(("BEGIN", "PRAGMA"))]))
    assert city.tasks("nobody")
    assert numbers[0] == numbers[1] <= 22
