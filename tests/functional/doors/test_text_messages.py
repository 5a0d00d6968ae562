"""Being reached by text message, where the city has a gateway: asked for in the forms, sent by the worker, answered by link."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask

from app import create_app
from app.models import Need, Person
from app.services import accounts, matches, posting
from app.services.events import Actor
from app.worker import Worker
from matching.lifecycle import NeedState
from notifications.tables import outbox
from tests.asking import ask
from tests.city import BY_LINK, City
from tests.functional.doors.conftest import proposed
from tests.functional.doors.test_changing import address, change
from tests.functional.doors.test_intake import TYPED, post
from tests.gateway import Gateway, gateway
from tests.pages import Visitor

MOBILE, LANDLINE = "06 39 98 12 34", "04 65 71 12 34"
BY_TEXT = {"contact": "sms", "email": "", "phone": MOBILE}
SENT = "we have sent you a text message"


@pytest.fixture
def phones(city: City) -> Iterator[Gateway]:
    """The gateway, which the city has set up."""
    with gateway() as server:
        settings = replace(city.ctx.settings, sms_url=f"http://127.0.0.1:{server.port}/sms", sms_token="secret")
        city.ctx = replace(city.ctx, settings=settings)
        yield server


@pytest.fixture
def app(phones: Gateway, app: Flask) -> Flask:
    """The site of that city."""
    return app


def work(city: City) -> None:
    Worker(city.ctx).run_until_quiet()


def sent_by(city: City) -> list[tuple[str, str, str]]:
    with city.ctx.db.begin() as connection:
        return [(row.kind, row.channel, row.state) for row in connection.execute(outbox.select().order_by(outbox.c.id))]


def link_in(text: str) -> str:
    return re.findall(r"http\S+", text)[0]


def test_without_a_gateway_nobody_is_asked_whether_they_want_text_messages(city: City, phones: Gateway) -> None:
    off = Visitor(create_app(context=replace(city.ctx, settings=replace(city.ctx.settings, sms_url=""))))
    page = off.get(address(city, city.need(), "reach"))
    assert "By phone" in page.text
    assert "text message" not in page.text
    assert change(city, off, city.need(), "reach", 422, contact="sms", phone=MOBILE).status == 422


def test_a_request_is_confirmed_by_the_link_in_a_text_message_and_goes_on_so(city: City, client: Visitor, phones: Gateway) -> None:
    page = ask(client, **BY_TEXT)
    assert SENT in page.text
    assert "You follow the link in the text message" in page.text
    work(city)
    [taken] = phones.taken
    assert taken.message["to"] == "+33639981234"
    assert "Martin" not in taken.message["text"]
    page = client.get(link_in(taken.message["text"]))
    client.submit(page, page.buttons[0])
    [need] = city.all(Need)
    assert (need.state, city.one(Person, need.person_id).email_confirmed_at) == ("open", None)
    work(city)
    assert sent_by(city)[:2] == [("confirm_need", "sms", "sent"), ("need_received", "sms", "sent")]
    assert client.get(link_in(phones.taken[1].message["text"])).h1
    assert city.tasks("tell") == []


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"phone": ""}, "Write the phone number at which we should reach you."),
        ({"phone": LANDLINE}, "No text message arrives at this number. Write the number of a mobile phone, or choose a call."),
        ({"phone": "06"}, "Check the phone number."),
    ],
)
def test_a_number_that_takes_no_text_messages_is_refused(client: Visitor, typed: dict[str, str], sentence: str) -> None:
    assert sentence in ask(client, 422, **BY_TEXT | typed).text


def test_a_link_to_say_yes_comes_by_text_message_too(city: City, client: Visitor, phones: Gateway) -> None:
    match, _need, _offer = proposed(city, contact="sms", phone="+33639981234", confirmed=True)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    work(city)
    asked = next(taken for taken in phones.taken if "d'accord" in taken.message["text"])
    page = client.get(link_in(asked.message["text"]))
    assert page.path.startswith("/request/")
    assert any("Yes" in button for button in page.buttons)
    assert {channel for kind, channel, _ in sent_by(city) if kind == "proposal_to_volunteer"} == {"email"}


def test_an_agent_posts_for_somebody_who_wants_text_messages(city: City, sign_in: Callable[..., Visitor], phones: Gateway) -> None:
    page = post(sign_in(), **TYPED | BY_TEXT)
    assert "You get a text message as soon as somebody is asked." in page.text
    assert page.facts["Reached by"] == "text message"
    work(city)
    assert sent_by(city)[0] == ("need_received", "sms", "sent")


def test_somebody_changes_over_to_text_messages_and_back(city: City, client: Visitor, phones: Gateway) -> None:
    need_id = city.need()
    assert "No text message arrives" in change(city, client, need_id, "reach", 422, contact="sms", phone=LANDLINE).text
    page = change(city, client, need_id, "reach", contact="sms", phone=MOBILE)
    assert page.facts["How to reach you"] == f"By text message {MOBILE}"
    assert "By text message" in client.get(address(city, need_id) + "/data").text
    work(city)
    change(city, client, need_id, "reach", contact="email", phone=MOBILE)
    posting.move_need(city.ctx, need_id, NeedState.WITHDRAWN, BY_LINK)
    work(city)
    said = [(kind, channel) for kind, channel, _ in sent_by(city)]
    assert said == [("confirm_need", "email"), ("need_received", "email"), ("nobody_yet", "sms"), ("need_closed", "email")]


def test_an_account_s_messages_go_to_its_address_whoever_has_the_link_of_a_request(city: City, client: Visitor, phones: Gateway) -> None:
    need_id = city.need()
    with city.ctx.db.write() as session:
        person = session.get_one(Person, city.one(Need, need_id).person_id)
        person.account, person.contact = True, "sms"
    accounts.forgotten(city.ctx, "r1@example.net", "127.0.0.1")
    work(city)
    assert phones.taken == []
    assert sent_by(city)[-1][:2] == ("nobody_yet", "email")
    assert ("reset_password", "email", "sent") in sent_by(city)
    assert "text message" not in client.get(address(city, need_id, "reach")).text


def test_what_the_gateway_refuses_is_a_call_to_make(city: City, sign_in: Callable[..., Visitor], phones: Gateway) -> None:
    phones.order(422)
    city.need(contact="sms", phone="+33639981234", confirmed=False)
    work(city)
    [task] = city.tasks("undelivered")
    assert "Message refused, call instead" in sign_in().get(f"/coordination/tasks/{task.id}").text
    assert "Tell me now" in task.words or "Dites-le-moi maintenant" in task.words


def test_a_city_that_gives_its_gateway_up_calls(city: City, phones: Gateway) -> None:
    need_id = city.need(contact="sms", phone="+33639981234")
    city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, sms_url=""))
    work(city)
    waited = [(task.reason, task.need_id) for task in city.tasks("undelivered")]
    assert waited == [("confirm_need", need_id), ("need_received", need_id)]
    assert [(task.reason, task.need_id) for task in city.tasks("tell")] == [("nobody_yet", need_id)], "and what is said from now on"
