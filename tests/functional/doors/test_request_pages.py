"""Following a request by link: its story, yes or no, pause and withdraw, and what came of it."""

from collections.abc import Callable
from typing import Any

import pytest

from app.links import Purpose
from app.models import Event, Need, Task
from app.services import matches, stale
from app.services.events import Actor
from tests.asking import ask
from tests.city import City
from tests.functional.doors.conftest import after_the_visit
from tests.pages import Visitor

Told = Callable[[str], list[dict[str, Any]]]


def my_request(city: City, need_id: int) -> str:
    return city.ctx.links.url(Purpose.MY_REQUEST, need_id)


def test_the_story_names_no_volunteer_before_both_agreed(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id = city.need(north_m=350)
    city.match()
    page = client.get(my_request(city, need_id))
    assert "We asked a volunteer who lives about 400 m away." in page.text
    assert "They have until" in page.text
    [match] = city.matches(need_id)
    assert "Volontaire" not in page.html
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    page = client.get(my_request(city, need_id))
    assert "A volunteer said yes: does it suit you?" in page.text
    assert "Volontaire" not in page.html
    assert "v1@" not in page.html

    page = client.submit(page, "Yes, I agree")
    assert "Your volunteer: Volontaire1" in page.text
    assert "v1@example.org" in page.text
    assert "Dupont" not in page.html, "the first name is enough"


def test_a_no_to_the_volunteer_asks_the_next(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id = city.need()
    city.match()
    [match] = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    page = client.submit(client.get(my_request(city, need_id)), "No, ask somebody else")
    assert "You said no to this volunteer. We went on looking." in page.text
    assert city.one(Need, need_id).state == "open"


def test_a_request_is_paused_resumed_and_withdrawn_each_after_a_question(city: City, client: Visitor) -> None:
    need_id = city.need()
    address = my_request(city, need_id)
    paused = client.submit(client.get(client.get(address).link("Pause")), "Yes, pause it")
    assert city.one(Need, need_id).state == "paused"
    resumed = client.submit(paused, "Go on looking")
    assert city.one(Need, need_id).state == "open"
    question = client.get(resumed.link("Withdraw"))
    assert city.one(Need, need_id).state == "open", "the question alone changes nothing"
    for _ in range(2):
        page = client.submit(question, "Yes, withdraw it")
        assert "withdrawn" in page.text
    assert city.one(Need, need_id).state == "withdrawn"


def test_a_button_of_an_old_page_is_kindly_answered(city: City, client: Visitor) -> None:
    need_id = city.need()
    address = my_request(city, need_id)
    pause = client.get(client.get(address).link("Pause"))
    client.submit(client.get(client.get(address).link("Withdraw")), "Yes, withdraw it")
    assert "This has changed meanwhile." in client.submit(pause, "Yes, pause it").text
    assert city.one(Need, need_id).state == "withdrawn"


@pytest.mark.parametrize(
    ("button", "state", "outcome"),
    [
        ("Yes, I was helped", "closed", "done"), ("Yes, look for somebody else", "open", "not_done"),
        ("No, I need nobody any more", "withdrawn", "not_done"), ("It is still going on", "agreed", None),
    ],
)  # fmt: skip
def test_the_resident_says_what_came_of_it(city: City, client: Visitor, button: str, state: str, outcome: str | None) -> None:
    city.volunteer()
    need_id = city.need(share_contact=True)
    city.match()
    [match] = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    assert "Yes, I was helped" not in client.get(my_request(city, need_id)).buttons, "it is still to come"
    after_the_visit(city)
    page = client.get(my_request(city, need_id))
    if outcome == "not_done":
        page = client.get(page.link("No, it did not happen"))
    for _ in range(2):
        after = client.submit(page, button)
        assert "Thank you for telling us." in after.text
    assert city.matches(need_id)[0].outcome == outcome
    assert city.one(Need, need_id).state == state
    shown = "v1@example.org" in client.get(my_request(city, need_id)).html
    assert shown == (outcome is None), "contacts go when the help has ended"
    assert "The coordinators of the town hall read it." in client.submit(after, "Send", words="Tout s’est bien passé").text
    assert "Tout s’est bien passé" in client.get(after.path).text


def test_a_resident_lets_the_volunteer_go(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id = city.need(share_contact=True)
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(need_id)[0].id, True, Actor())
    page = client.get(my_request(city, need_id))
    question = client.get(page.link("It does not suit me after all"))
    assert city.matches(need_id)[0].state == "agreed"
    assert "look for somebody else" in client.submit(question, "I would rather have somebody else").text
    assert (city.matches(need_id)[0].reason, city.one(Need, need_id).state) == ("let_go", "open")
    assert "This has changed meanwhile." in client.submit(question, "I would rather have somebody else").text


def test_a_request_that_stands_for_long_is_asked_about(city: City, client: Visitor) -> None:
    need_id = city.need()
    city.clock.advance(days=30)
    stale.check_due(city.ctx)
    page = client.get(my_request(city, need_id))
    assert "Do you still need help?" in page.text
    assert "We go on looking for somebody." in client.submit(page, "Yes, I still need it").text
    assert "Do you still need help?" not in client.get(my_request(city, need_id)).text


def test_nobody_answers_for_another_request(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id, other = city.need(), city.need(category="pets")
    city.match()
    [match] = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    token = my_request(city, other).rpartition("/")[2]
    form = client.get("/sign-in").form("Sign in")
    for number in (str(match.id), "", "x", "9" * 30):
        client.post(f"/request/{token}/answer", 404, csrf_token=form.values["csrf_token"], match=number, answer="yes")
        client.post(f"/request/{token}/how/{number}", 404, csrf_token=form.values["csrf_token"], said="done")
    client.post(f"/request/{token}/let-go/{match.id}", 404, csrf_token=form.values["csrf_token"], because="other_time")
    assert city.matches(need_id)[0].state == "accepted"


def test_what_no_button_says_is_refused(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id = city.need()
    city.match()
    token = my_request(city, need_id).rpartition("/")[2]
    csrf = client.get("/sign-in").form("Sign in").values["csrf_token"]
    match = str(city.matches(need_id)[0].id)
    client.post(f"/request/{token}/answer", 400, csrf_token=csrf, match=match, answer="maybe")
    client.post(f"/request/{token}/how/{match}", 400, csrf_token=csrf, said="x")
    client.post(f"/request/{token}/how/{match}", 400, csrf_token=csrf, said="not_done", because="x")
    client.post(f"/request/{token}/let-go/{match}", 400, csrf_token=csrf, because="x")


def test_a_link_for_one_thing_opens_nothing_else(city: City, client: Visitor) -> None:
    need_id = city.need()
    token = city.ctx.links.token(Purpose.CONFIRM_NEED, need_id)
    client.get(f"/request/{token}", 404)
    client.get("/request/" + city.ctx.links.token(Purpose.MY_REQUEST, 999_999), 410)
    client.get("/confirm/request/nonsense", 404)


def test_a_request_without_a_place_says_so(city: City, client: Visitor, told: Told) -> None:
    ask(client, address="nowhere", quartier="")
    page = client.submit(client.get(told("confirm_need")[0]["confirm_url"]), "Yes, look for somebody")
    assert "We could not find your address on the map." in page.text
    assert [task.kind for task in city.all(Task) if task.kind == "place"] == ["place"]


def test_the_page_of_a_request_records_nothing(city: City, client: Visitor) -> None:
    need_id = city.need()
    before = len(city.all(Event))
    client.get(my_request(city, need_id))
    assert len(city.all(Event)) == before


def test_help_that_repeats_goes_on_with_the_first_button_and_ends_with_the_second(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id = city.need(share_contact=True, repeats=1)
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(need_id)[0].id, True, Actor())
    after_the_visit(city)
    page = client.get(my_request(city, need_id))
    assert "Yes, I was helped" not in page.text
    client.submit(page, "Yes, and it goes on")
    assert city.one(Need, need_id).state == "agreed"
    client.submit(page, "It has ended for good")
    assert city.one(Need, need_id).state == "closed"
