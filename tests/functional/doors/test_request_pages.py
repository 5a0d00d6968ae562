"""The resident's door: one form, then the page of the request, by link."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.links import Purpose
from app.models import Event, Need, Person, Task
from app.services import matches, posting, throttle
from app.services.events import Actor
from tests.city import City
from tests.pages import Page, Visitor

Told = Callable[[str], list[dict[str, Any]]]
TYPED = {
    "category": "shopping", "details": "Two bags a week <b>please</b>", "address": "4 rue des Essais", "postcode": "69002", "town": "Lyon",
    "name": "Odette Martin", "contact": "email", "email": "odette@example.net", "phone": "", "notice": "y",
    "week": ["Mo-morning", "Sa-evening"],
}  # fmt: skip


def ask(visitor: Visitor, expect: int = 200, **typed: Any) -> Page:
    return visitor.submit(visitor.get("/request/new"), "Send my request", expect, **(TYPED | typed))


def my_request(city: City, need_id: int) -> str:
    return city.ctx.links.url(Purpose.MY_REQUEST, need_id)


def test_a_request_is_posted_confirmed_by_the_button_and_followed(city: City, client: Visitor, told: Told) -> None:
    received = ask(client)
    assert received.h1 == "What happens next"
    assert "We have sent you an e-mail" in received.text
    need = city.all(Need)[0]
    assert (need.state, need.category, need.channel, need.posted_by) == ("unconfirmed", "shopping", "web", "self")
    assert need.details == TYPED["details"]
    assert need.availability == "Mo 09:00-12:00; Sa 18:00-20:00"
    person = city.one(Person, need.person_id)
    assert (person.email, person.language, person.notice_version is None) == ("odette@example.net", "en", False)

    [mail] = told("confirm_need")
    page = client.get(mail["confirm_url"])
    assert city.one(Need, need.id).state == "unconfirmed", "a GET must not confirm: mail scanners follow links"
    mine = client.submit(page, "Yes, look for somebody")
    assert mine.h1 == "My request: Shopping"
    assert "looking for somebody" in mine.text
    assert city.one(Need, need.id).state == "open"

    again = client.get(mail["confirm_url"])
    assert again.h1 == "My request: Shopping", "the link in the mail leads on to the request afterwards"
    assert len(told("need_received")) == 1


def test_whoever_has_no_e_mail_is_called(city: City, client: Visitor) -> None:
    received = ask(client, contact="phone", email="", phone="06 39 98 12 34")
    assert "calls you to confirm" in received.text
    assert {task.reason for task in city.tasks("tell")} == {"confirm_need"}
    assert city.one(Person, city.all(Need)[0].person_id).phone == "+33639981234"


def test_whoever_has_neither_gets_a_letter(client: Visitor) -> None:
    assert "writes to you" in ask(client, contact="letter", email="").text


def test_a_second_click_on_send_is_the_same_request(city: City, client: Visitor) -> None:
    form = client.get("/request/new")
    for _ in range(2):
        assert client.submit(form, "Send my request", **TYPED).h1 == "What happens next"
    assert len(city.all(Need)) == 1
    ask(client)
    assert len(city.all(Need)) == 2, "a fresh form is another request"


def test_two_clicks_at_the_very_same_time_are_one_request(city: City, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    form = client.get("/request/new")
    client.submit(form, "Send my request", **TYPED)
    known, looked = posting._known, []

    def not_yet_there(*given: Any) -> int | None:
        looked.append(given)
        return None if len(looked) == 1 else known(*given)

    monkeypatch.setattr(posting, "_known", not_yet_there)
    assert client.submit(form, "Send my request", **TYPED).h1 == "What happens next"
    assert len(looked) == 2
    assert len(city.all(Need)) == len(city.all(Person)) == 1


def test_bad_input_keeps_everything_that_was_typed(city: City, client: Visitor) -> None:
    typed = {"email": "odette@", "postcode": "", "urgency": "urgent", "languages": ["fr", "ar"], "share_contact": "yes"}
    page = ask(client, 422, **typed)
    assert "Please put this right" in page.text
    kept = page.form("Send my request").values
    assert kept["email"] == ["odette@"]
    assert kept["details"] == [TYPED["details"]]
    assert (kept["urgency"], kept["languages"], kept["share_contact"]) == (["urgent"], ["fr", "ar"], ["yes"])
    assert kept["week"] == TYPED["week"]
    assert kept["notice"] == ["y"]
    errors = [address for address, _ in page.links if address in ("#email", "#postcode")]
    assert errors == ["#postcode", "#email"], "in the order of the page"
    assert city.all(Need) == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"category": ""}, "Say what kind of help you need."),
        ({"category": "homework"}, "a parent or guardian has to ask"),
        ({"mode": "remote"}, "This kind of help happens face to face."),
        ({"contact": "phone"}, "Write the phone number"),
        ({"email": ""}, "Write the e-mail address at which"),
        ({"for_whom": "relative", "on_behalf_phone": "0639981234"}, "Write your own name"),
        ({"for_whom": "relative", "on_behalf_name": "Lea"}, "Write your own phone number"),
        ({"notice": []}, "Read how your data is used"),
        ({"languages": []}, "Tick at least one language."),
        ({"helpers_needed": "11"}, "Pick one from the list."),
        ({"quartier": "999"}, "Pick one from the list."),
        ({"details": "x" * 1001}, "Shorten this to 1000 characters."),
    ],
)
def test_each_mistake_has_its_sentence(city: City, client: Visitor, typed: dict[str, Any], sentence: str) -> None:
    assert sentence in ask(client, 422, **typed).text
    assert city.all(Need) == []


def test_somebody_asks_for_somebody_else(city: City, client: Visitor) -> None:
    ask(client, for_whom="relative", on_behalf_name="Lea Martin", on_behalf_phone="06 39 98 00 01")
    need = city.all(Need)[0]
    assert (need.posted_by, need.on_behalf_name, need.on_behalf_phone) == ("relative", "Lea Martin", "+33639980001")


def test_a_parent_asks_for_homework_help_by_video(city: City, client: Visitor) -> None:
    ask(client, category="homework", parent="y", mode="remote")
    assert city.all(Need)[0].mode == "remote"


def test_the_quartier_stands_in_for_an_address_that_is_not_on_the_map(city: City, client: Visitor) -> None:
    ask(client, quartier="1")
    assert city.all(Need)[0].territory_id == 1
    assert city.tasks("place") == []


def test_posting_is_slowed_down_and_loses_nothing_typed(client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "POST_ADDRESS", throttle.Limit("post-address", 1, timedelta(hours=1)))
    ask(client)
    page = ask(client, 429)
    assert "Try again in 1 hour." in page.text
    assert page.form("Send my request").values["name"] == ["Odette Martin"]


def test_nobody_is_sent_more_than_five_mails_an_hour_by_strangers(city: City, client: Visitor, told: Told) -> None:
    for _ in range(throttle.POST_ACCOUNT.times):
        ask(client)
    ask(client, 429, email="Odette@example.net")
    assert len(told("confirm_need")) == 5
    ask(client, email="somebody.else@example.net")
    ask(client, contact="phone", email="", phone="06 39 98 12 34")
    city.clock.advance(hours=1, minutes=1)
    ask(client)


def test_the_quartiers_hint_says_what_it_is_good_for(client: Visitor) -> None:
    assert "we can then start looking at once, even when the address is not found by itself" in client.get("/request/new").text


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
    ("button", "state", "outcome"), [("Yes, I was helped", "closed", "done"), ("No, it did not happen", "open", "not_done")]
)
def test_the_resident_says_what_came_of_it(city: City, client: Visitor, button: str, state: str, outcome: str) -> None:
    city.volunteer()
    need_id = city.need(share_contact=True)
    city.match()
    [match] = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    page = client.get(my_request(city, need_id))
    for _ in range(2):
        assert "Thank you for telling us." in client.submit(page, button).text
    assert city.matches(need_id)[0].outcome == outcome
    assert city.one(Need, need_id).state == state
    assert "v1@example.org" not in client.get(my_request(city, need_id)).html, "contacts go when the help has ended"


def test_nobody_answers_for_another_request(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id, other = city.need(), city.need(category="pets")
    city.match()
    [match] = city.matches(need_id)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    token = my_request(city, other).rpartition("/")[2]
    form = client.get("/sign-in").form("Sign in")
    for action, data in (("answer", {"answer": "yes"}), ("outcome", {"outcome": "done"})):
        for number in (str(match.id), "", "x", "9" * 30):
            client.post(f"/request/{token}/{action}", 404, csrf_token=form.values["csrf_token"], match=number, **data)
    assert city.matches(need_id)[0].state == "accepted"


def test_what_no_button_says_is_refused(city: City, client: Visitor) -> None:
    city.volunteer()
    need_id = city.need()
    city.match()
    token = my_request(city, need_id).rpartition("/")[2]
    csrf = client.get("/sign-in").form("Sign in").values["csrf_token"]
    match = str(city.matches(need_id)[0].id)
    client.post(f"/request/{token}/answer", 400, csrf_token=csrf, match=match, answer="maybe")
    client.post(f"/request/{token}/outcome", 400, csrf_token=csrf, match=match, outcome="x")


def test_a_link_for_one_thing_opens_nothing_else(city: City, client: Visitor) -> None:
    need_id = city.need()
    token = city.ctx.links.token(Purpose.CONFIRM_NEED, need_id)
    client.get(f"/request/{token}", 404)
    client.get("/request/" + city.ctx.links.token(Purpose.MY_REQUEST, 999_999), 404)
    client.get("/confirm/request/nonsense", 404)


def test_a_request_without_a_place_says_so(city: City, client: Visitor, told: Told) -> None:
    ask(client)
    page = client.submit(client.get(told("confirm_need")[0]["confirm_url"]), "Yes, look for somebody")
    assert "We could not find your address on the map." in page.text
    assert [task.kind for task in city.all(Task) if task.kind == "place"] == ["place"]


def test_the_page_of_a_request_records_nothing(city: City, client: Visitor) -> None:
    need_id = city.need()
    before = len(city.all(Event))
    client.get(my_request(city, need_id))
    assert len(city.all(Event)) == before
