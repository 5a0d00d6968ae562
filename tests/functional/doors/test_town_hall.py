"""Whose number people are told to call."""

from collections.abc import Callable

import pytest

from app.links import Purpose
from app.models import Need, Offer, Person, Territory
from app.services import telling
from app.services.town_hall import near
from app.worker import make_relay
from notifications.messages import NeedReceived
from notifications.transport.base import Mailbox
from notifications.transport.memory import MemoryTransport
from notifications.words import NBSP
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.pages import Visitor

CITYS, SOUTHS, NORTHS = "04 65 71 00 00", "04 65 71 00 01", "04 65 71 00 02"


@pytest.fixture
def border(city: City) -> tuple[int, int]:
    """A need in the north, helped from the south: match and need."""
    for name, metres, phone in (("Sud", (-5000, 100), SOUTHS), ("Nord", (100, 5000), NORTHS)):
        made = quartier(city, name, *metres)
        with city.ctx.db.write() as session:
            row = session.get_one(Territory, made)
            row.settings, row.changed_at = {"phone": phone, "hours": "Mo 08:00-09:00"}, city.clock()
        city.clock.advance(seconds=1)
    city.volunteer()
    need_id = city.need(north_m=300)
    city.match()
    return city.matches(need_id)[0].id, need_id


def test_each_side_is_told_the_number_of_their_own_territory(city: City, border: tuple[int, int]) -> None:
    match_id, need_id = border
    volunteer, resident = city.all(Offer)[0].person_id, city.one(Need, need_id).person_id
    look = near(city.ctx)
    for about, phone in (
        (telling.about_words(volunteer, match_id=match_id, need_id=need_id), SOUTHS),
        (telling.about_words(resident, match_id=match_id), NORTHS),
        (telling.about_words(resident, need_id=need_id), NORTHS), (telling.about_words(volunteer), SOUTHS), ("person:999999", CITYS),
    ):  # fmt: skip
        told = look(city.ctx.city, about)
        assert told.phone == phone
        assert told.hours == (city.ctx.city.hours if phone == CITYS else "Mo 08:00-09:00")


def test_mail_says_it(city: City, border: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    transport = MemoryTransport(Mailbox("entraide@example.org", "À deux pas"))
    monkeypatch.setattr("app.worker.TRANSPORTS", {"email": lambda _ctx: transport})
    relay = make_relay(city.ctx)
    while relay.run_once():
        pass
    texts = {mail["To"]: mail.get_body(("plain",)).get_content() for mail in transport.sent}
    [volunteer] = [text for to, text in texts.items() if "Volontaire" in to]
    assert SOUTHS in volunteer and CITYS not in volunteer


def test_what_an_agent_says_or_prints_says_it(city: City, border: tuple[int, int]) -> None:
    resident = city.one(Need, border[1]).person_id
    with city.ctx.db.read() as session:
        person, about = session.get_one(Person, resident), telling.about_words(resident, need_id=border[1])
        words = telling.spoken(session, NeedReceived("Odette", "shopping", "", read_first=False), person, city.ctx, about)
    assert NORTHS in words and CITYS not in words


def test_pages_say_it(city: City, border: tuple[int, int], sign_in: Callable[..., Visitor], client: Visitor) -> None:
    page = client.get(f"/request/{city.ctx.links.token(Purpose.MY_REQUEST, border[1])}")
    assert shown(NORTHS) in page.html and shown(CITYS) not in page.html
    assert shown(SOUTHS) in sign_in(offer_id=city.all(Offer)[0].id).get("/me").html
    assert shown(CITYS) in client.get("/contact").html


def test_a_kind_that_is_switched_off_is_said_once_the_place_is_known(city: City, client: Visitor) -> None:
    with city.ctx.db.write() as session:
        row = session.get_one(Territory, city.quartier_id)
        row.settings, row.changed_at = {"phone": SOUTHS, "not_offered": ["pets"]}, city.clock()
    page = client.submit(client.get("/request/new/what"), "Continue", category="pets")
    while not page.path.endswith("/where"):
        page = client.submit(page, "Continue", **({"mode": "in_person"} if page.path.endswith("/how") else {}))
    page = client.submit(page, "Continue", 422, address="1 rue A", postcode="69002", town="Lyon", quartier=str(city.quartier_id))
    assert "This kind of help is not offered at this address. Call 04 65 71 00 01" in page.text
    page = client.submit(client.get("/request/new/what"), "Continue", category="shopping")
    assert page.status == 200 and "not offered" not in page.text


def shown(phone: str) -> str:
    return phone.replace(" ", NBSP)
