"""The coordinators' page of e-mails: piles, plain reasons, their own area's only, and one more try."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from app.models import Role, Task
from app.services.telling import follow_up_undelivered
from app.worker import make_relay
from notifications.tables import OutboxState, suppressed_address
from notifications.tables import outbox as table
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import SECRETS, counted, csrf
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def change(city: City, which: Any = True, **values: Any) -> None:
    with city.ctx.db.begin() as connection:
        connection.execute(update(table).where(which).values(**values))


def state(city: City, id: int = 1) -> str:
    with city.ctx.db.begin() as connection:
        return str(connection.execute(table.select().where(table.c.id == id)).one().state)


def test_each_pile_says_how_many_and_why(city: City, sign_in: SignIn) -> None:
    for _ in range(6):
        city.need(confirmed=False)
    change(city, table.c.id == 1, state=OutboxState.REFUSED, last_error="recipient: 550 5.1.1")
    change(city, table.c.id == 2, state=OutboxState.SUPPRESSED, reason="address suppressed: bounced, 2026-11-30")
    change(city, table.c.id == 3, last_error="recipient: 450 4.2.0")
    change(city, table.c.id == 4, reason="quiet hours", due_at=city.clock().replace(year=2027), held_until=city.clock().replace(year=2027))
    change(city, table.c.id == 5, state=OutboxState.SENT, sent_at=city.clock(), reason="quiet hours")
    change(city, table.c.id == 6, state=OutboxState.SKIPPED, reason="unsubscribed: news")
    visitor = sign_in()
    page = visitor.get("/coordination/mail")
    for name in ("Not arrived (1)", "Address given up (1)", "On its way (1)", "For later (1)", "Gone out (1)", "Not wanted (1)"):
        assert page.link(name)
    assert "There is nobody at this address." in page.text and "recipient: 550 5.1.1" in page.text
    given_up = visitor.get(page.link("Address given up (1)"))
    assert "nothing is sent to it any more" in given_up.text and given_up.form("Send it again")
    assert "does not take it" in (waiting := visitor.get(page.link("On its way (1)"))).text and waiting.form("Send it again")
    assert "It waits for the morning." in (held := visitor.get(page.link("For later (1)"))).text and "Send it again" not in held.text
    assert "waits for the morning" not in visitor.get(page.link("Gone out (1)")).text
    assert "They do not want messages of this kind." in visitor.get(page.link("Not wanted (1)")).text
    assert not [secret for secret in SECRETS if secret in page.html]
    assert visitor.get("/coordination/mail?pile=odd&page=99").text == page.text


def test_empty_piles_say_what_comes_there(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    page = visitor.get("/coordination/mail")
    assert "All messages of the last 30 days arrived" in page.text
    assert "No message waits to be sent." in visitor.get(page.link("On its way (0)")).text


def test_what_did_not_arrive_is_sent_again_and_is_a_task_again_when_it_fails_again(city: City, sign_in: SignIn) -> None:
    city.need(confirmed=False)
    change(city, state=OutboxState.REFUSED, last_error="recipient: 550 5.1.1")
    with city.ctx.db.begin() as connection:
        index = connection.execute(table.select()).one().recipient_index
        connection.execute(suppressed_address.insert().values(recipient_index=index, reason="550 5.1.1", since=city.clock()))
    assert follow_up_undelivered(city.ctx) == 1
    visitor = sign_in()
    page = visitor.submit(visitor.get("/coordination/mail"), "Send it again")
    assert "The message is being sent once more." in page.text and "Not arrived (0)" in page.text
    assert [task.closed_at is None for task in city.all(Task)] == [False]
    assert "mail_retried" in city.events()
    change(city, state=OutboxState.REFUSED, last_error="recipient: 550 5.1.1")
    assert follow_up_undelivered(city.ctx) == 1, "it failed once more, and somebody has to call"
    assert [task.closed_at is None for task in city.all(Task)] == [False, True]
    visitor.submit(visitor.get("/coordination/mail"), "Send it again")
    make_relay(city.ctx).run_once()
    assert state(city) == OutboxState.SENT
    token = csrf(visitor.get("/coordination/"))
    assert "this message has gone" in visitor.post("/coordination/mail/1/again", csrf_token=token).text
    assert state(city) == OutboxState.SENT


def test_the_messages_of_another_area_are_not_there_and_cannot_be_sent_again(city: City, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, -1000)
    quartier(city, "There", -1000, 9000)
    city.need()
    change(city, state=OutboxState.REFUSED)
    outsider, insider = sign_in(territory_id=here), sign_in(role=Role.ADMINISTRATOR)
    assert "Not arrived (0)" in outsider.get("/coordination/mail").text
    assert "Not arrived (2)" in insider.get("/coordination/mail").text
    outsider.post("/coordination/mail/1/again", 404, csrf_token=csrf(outsider.get("/coordination/")))
    insider.post("/coordination/mail/99/again", 404, csrf_token=csrf(insider.get("/coordination/")))
    assert state(city) == OutboxState.REFUSED


def test_mail_that_does_not_go_out_is_said_at_the_top(city: City, sign_in: SignIn) -> None:
    city.need(confirmed=False)
    visitor = sign_in()
    city.clock.advance(minutes=1)
    page = visitor.get("/coordination/mail")
    assert "No message has gone out since" not in page.text and "The oldest that is due has waited since" in page.text
    city.clock.advance(minutes=16)
    for path in ("/coordination/mail", "/coordination/"):
        assert "No message has gone out since" in visitor.get(path).text


@pytest.mark.parametrize("pile", ["failed", "sent"])
def test_the_page_costs_the_same_however_many_there_are(city: City, sign_in: SignIn, pile: str) -> None:
    visitor = sign_in(territory_id=quartier(city, "Here", -9000, 9000))

    def queries() -> int:
        with counted(city) as sent:
            visitor.get(f"/coordination/mail?pile={pile}")
        return len(sent)

    city.need()
    change(city, state=OutboxState.REFUSED if pile == "failed" else OutboxState.SENT)
    few = queries()
    for _ in range(20):
        city.need()
    change(city, state=OutboxState.REFUSED if pile == "failed" else OutboxState.SENT)
    assert queries() == few
