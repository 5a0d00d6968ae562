"""The way back to a request whose link is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models import Need, Person, Task
from app.services import posting
from matching.lifecycle import NeedState
from tests.city import BY_LINK, City
from tests.pages import Page, Visitor

Told = Callable[[str], list[dict[str, Any]]]


def lose(client: Visitor, email: str, expect: int = 200) -> Page:
    return client.submit(client.get("/request/lost"), "Send me the link", expect, email=email)


def test_a_new_link_is_mailed_and_leads_to_the_request(city: City, client: Visitor, told: Told) -> None:
    city.need(email="odile@example.net", category="paperwork")
    assert lose(client, " Odile@Example.net ").h1 == "Look at your mail"
    (message,) = told("my_link")
    assert message["category"] == "paperwork"
    assert client.get(message["my_page_url"]).h1 == "My request: Paperwork"


def test_the_page_says_the_same_whoever_it_is(city: City, client: Visitor) -> None:
    city.need(email="odile@example.net")
    before = len(city.mails())
    known, unknown = lose(client, "odile@example.net"), lose(client, "nobody@example.net")
    assert known.text == unknown.text
    assert len(city.mails()) == before + 1


def test_each_live_request_gets_its_link_and_those_that_are_over_none(city: City, client: Visitor, told: Told) -> None:
    live, over = [city.need(email="odile@example.net") for _ in range(2)], city.need(email="odile@example.net")
    posting.move_need(city.ctx, live[0], NeedState.PAUSED, BY_LINK)
    posting.move_need(city.ctx, over, NeedState.WITHDRAWN, BY_LINK)
    lose(client, "odile@example.net")
    assert {about.split("/")[0] for kind, about in city.mails() if kind == "my_link"} == {f"need:{need_id}" for need_id in live}
    assert len(told("my_link")) == 2


def test_a_request_that_was_never_confirmed_gets_the_link_to_confirm_it(city: City, client: Visitor, told: Told) -> None:
    need_id = city.need(email="odile@example.net", confirmed=False)
    lose(client, "odile@example.net")
    assert told("my_link") == []
    client.submit(client.get(told("confirm_need")[-1]["confirm_url"]), "Yes, look for somebody")
    assert city.one(Need, need_id).state == NeedState.OPEN


def test_nobody_can_make_the_town_hall_call_by_typing_an_address(city: City, client: Visitor) -> None:
    need_id = city.need(contact="phone")
    with city.ctx.db.write() as session:
        person = session.get_one(Person, session.get_one(Need, need_id).person_id)
        person.email, person.email_index = "odile@example.net", city.ctx.keys.index("odile@example.net")
    before = len(city.all(Task)), len(city.mails())
    lose(client, "odile@example.net")
    assert (len(city.all(Task)), len(city.mails())) == before


def test_the_fourth_try_within_an_hour_has_to_wait_and_is_told_how_long(city: City, client: Visitor) -> None:
    city.need(email="odile@example.net")
    for _ in range(3):
        lose(client, "odile@example.net")
        city.clock.advance(minutes=10)
    before = len(city.mails())
    filled_in = client.get("/request/lost").form("Send me the link").values | {"email": "odile@example.net"}
    answer = client.browser.post("/request/lost", data=filled_in)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, str(30 * 60))
    assert "Try again in 30 minutes." in Page(answer.text).text
    assert len(city.mails()) == before
    city.clock.advance(minutes=31)
    lose(client, "odile@example.net")
    assert len(city.mails()) == before + 1


@pytest.mark.parametrize(("typed", "said"), [("", "Write the e-mail address that you gave"), ("odile", "Check the e-mail address.")])
def test_a_wrong_address_is_said_to_be_wrong(client: Visitor, typed: str, said: str) -> None:
    assert said in lose(client, typed, 422).text
