"""The place of a post, as a visitor says it: found, asked back about, or left to the town hall; the same on every form."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app import create_app
from app.models import Need, Offer
from app.services import addresses, streets, throttle
from app.services.streets import Address
from app.where import WhereFields
from app.wizard import Step, Wizard
from tests.asking import SENT, answer
from tests.asking import ask as ask_for_help
from tests.city import CENTRE, City
from tests.geocoder import Geocoder, feature, geocoder
from tests.offers import sign_up
from tests.pages import Page, Visitor

LON, LAT = CENTRE
TABLE = [
    Address("4", "Rue des Essais", "69002", "Lyon", LON, LAT),
    Address("4", "Rue des Assais", "69002", "Lyon", LON + 0.01, LAT),
    Address("9", "Rue du Port", "69009", "Lyon", LON, LAT + 0.01),
    Address("1", "Rue de Rivoli", "75001", "Paris", 2.35, 48.85),
]
ASKED = "/request/new/where", "Continue"
TYPED = {
    "category": "shopping", "address": "4 rue des essais", "postcode": "69002", "town": "Lyon", "name": "Odette Martin",
    "contact": "email", "email": "odette@example.net", "notice": "y",
}  # fmt: skip


@pytest.fixture
def table(city: City) -> City:
    streets.add(city.ctx, TABLE)
    return city


@pytest.fixture
def ban(monkeypatch: pytest.MonkeyPatch) -> Iterator[Geocoder]:
    with geocoder(monkeypatch) as stand_in:
        yield stand_in


def ask(visitor: Visitor, expect: int = 200, page: Page | None = None, **typed: Any) -> Page:
    return ask_for_help(visitor, expect, page, **(typed if page else {"address": "4 rue des essais", "quartier": ""} | typed))


def need(city: City) -> Need:
    [found] = city.all(Need)
    assert isinstance(found, Need)
    return found


def test_an_address_of_the_table_is_placed_without_a_question(table: City, client: Visitor) -> None:
    assert ask(client).h1 == SENT
    assert (need(table).point, need(table).approximate, need(table).address) == (CENTRE, False, "4 rue des essais, 69002 Lyon")
    assert table.tasks("place") == []


def test_a_street_without_that_house_is_placed_roughly(table: City, client: Visitor) -> None:
    ask(client, address="6 rue des essais")
    assert (need(table).point, need(table).approximate, need(table).address) == (CENTRE, True, "6 rue des essais, 69002 Lyon")


def test_an_address_written_differently_is_asked_back_and_picked(table: City, client: Visitor) -> None:
    question = ask(client, 422, address="4 rue des esais")
    assert "Which of these is it?" in question.text
    assert "Please put this right" not in question.text and not question.title.startswith("Error"), "a question is no mistake"
    assert {"4 Rue des Essais, 69002 Lyon", "4 Rue des Assais, 69002 Lyon", "None of these"} <= set(question.labels.values())
    asked_again = ask(client, 422, question)
    choice = next(value for value in values_of(asked_again) if "Assais" in value)
    assert ask(client, 200, asked_again, which=choice).h1 == SENT
    assert (need(table).address, need(table).point) == ("4 Rue des Assais, 69002 Lyon", (LON + 0.01, LAT))


def values_of(page: Page) -> list[str]:
    return [control["value"] for control in page.controls if control.get("name") == "which"]


def test_none_of_these_leads_to_the_quartier_or_to_an_agent(table: City, client: Visitor) -> None:
    question = ask(client, 422, address="4 rue des esais")
    lost = ask(client, 422, question, which="none")
    assert "We did not find this address on the map." in lost.text
    assert "Which of these is it?" not in lost.text
    assert ask(client, 200, lost).h1 == SENT, "it is asked once"
    assert need(table).point is None
    assert len(table.tasks("place")) == 1


def test_an_address_that_nobody_finds_goes_on_with_the_quartier(table: City, client: Visitor) -> None:
    lost = ask(client, 422, address="77 allée des Nuages")
    ask(client, 200, lost, quartier="1")
    assert (need(table).territory_id, need(table).approximate) == (1, True)


def test_whoever_picks_the_quartier_at_once_is_not_asked(table: City, client: Visitor) -> None:
    assert ask(client, address="77 allée des Nuages", quartier="1").h1 == SENT


def test_an_address_corrected_after_the_question_is_looked_up_again(table: City, client: Visitor) -> None:
    lost = ask(client, 422, address="77 allée des Nuages")
    ask(client, 200, lost, address="9 rue du Port", postcode="69009")
    assert need(table).point == (LON, LAT + 0.01)


def test_a_found_address_that_is_changed_without_scripts_is_looked_up_again(table: City, client: Visitor) -> None:
    answer(client, address="4 rue des essais", quartier="", urgency="")
    page = client.get(ASKED[0])
    assert page.form(ASKED[1]).values["spot"] == [f"{LON},{LAT}"]
    ask(client, 200, page, address="9 rue du Port", postcode="69009")
    assert need(table).point == (LON, LAT + 0.01)


def test_a_pin_holds_for_an_address_that_is_not_in_the_table(table: City, client: Visitor) -> None:
    ask(client, address="77 allée des Nuages", spot=f"{LON + 0.02},{LAT}", spot_of="77 allée des Nuages|69002|Lyon")
    assert need(table).point == (LON + 0.02, LAT)


@pytest.mark.parametrize("spot", ["2.35,48.85", "1 rue de Rivoli"])
def test_a_place_outside_is_refused_with_the_citys_number(table: City, client: Visitor, spot: str) -> None:
    typed = {"address": "1 rue de Rivoli", "postcode": "75001", "town": "Paris"}
    if "," in spot:
        typed |= {"spot": spot, "spot_of": "1 rue de Rivoli|75001|Paris"}
    page = ask(client, 422, **typed)
    assert "outside the area that the service covers. Call 04 65 71 00 00" in page.text
    assert table.all(Need) == []


@pytest.mark.parametrize("spot", ["", "nonsense", "nan,nan", "4.83", "999,45", "inf,45"])
def test_a_point_that_is_none_is_no_point(city: City, client: Visitor, spot: str) -> None:
    ask(client, spot=spot, spot_of="4 rue des essais|69002|Lyon")
    assert need(city).point is None


@pytest.mark.parametrize("which", ["[]", "{", '["a", "b", "c", 4]', '["a\\nb", "69002", "Lyon", "4,45"]', f'["{"x" * 201}", "", "", ""]'])
def test_a_choice_that_was_never_offered_is_none(table: City, client: Visitor, which: str) -> None:
    question = ask(client, 422, address="4 rue des esais")
    assert "Which of these is it?" in ask(client, 422, question, which=which).text


def test_where_nobody_can_be_asked_no_question_is_put(city: City, client: Visitor) -> None:
    assert ask(client).h1 == SENT
    assert len(city.tasks("place")) == 1


def test_a_volunteers_address_is_looked_up_as_well(table: City, client: Visitor) -> None:
    sign_up(table, client, address="9 rue du port", postcode="69009", town="Lyon", quartier="")
    assert table.all(Offer)[0].point == (LON, LAT + 0.01)


def test_a_coordinators_form_asks_the_same(table: City, sign_in: Any) -> None:
    agent = sign_in()
    given = TYPED | {"address": "4 rue des esais", "contact": "letter", "email": ""}
    question = agent.submit(agent.get("/coordination/needs/new"), "Post the request", 422, **given)
    choice = next(value for value in values_of(question) if "Essais" in value)
    agent.submit(question, "Post the request", which=choice)
    assert need(table).point == CENTRE


# Forms of several pages


def wizard() -> Wizard:
    return Wizard("test", "public.home", (Step("where", _l("Where"), WhereFields),), WhereFields)


def test_a_form_of_several_pages_asks_the_geocoder_once(city: City, ban: Geocoder) -> None:
    ban.knows(feature("4 Rue des Essais", LON, LAT))
    web = create_app(context=replace(city.ctx, settings=replace(city.ctx.settings, geocoder="ban")))
    typed = {"address": "4 rue des essais", "postcode": "69002", "town": "Lyon", "quartier": "", "go": "on"}
    with web.test_request_context("/?lang=en", method="POST", data=typed):
        whole = wizard()
        _form, onward = whole.take(whole.step("where"))
        assert onward is not None
        again = wizard()
        assert again.unfinished() is None
        form = again.whole
        assert form.validate()
        assert isinstance(form, WhereFields)
        assert (form.where.lon, form.where.lat, form.where.approximate) == (LON, LAT, False)
        assert form.where_words == "4 rue des essais, 69002 Lyon (found on the map)"
    assert ban.asked == ["4 rue des essais, 69002 Lyon"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"spot": f"{LON},{LAT}"}, "(found on the map)"),
        ({"spot": f"{LON},{LAT},about"}, "(the street is found)"),
        ({"quartier": "1"}, "(quartier: Centre)"),
        ({}, "(not on the map yet: we look for it and put it there)"),
    ],
)
def test_the_place_is_said_in_words_before_it_is_sent(app: Flask, given: dict[str, str], words: str) -> None:
    typed = {"address": "1 rue A", "postcode": "69002", "town": "Lyon", "spot_of": "1 rue A|69002|Lyon"} | given
    with app.test_request_context("/?lang=en"):
        form = WhereFields(formdata=MultiDict(typed), meta={"csrf": False})
        assert form.where_words == f"1 rue A, 69002 Lyon {words}"


# While somebody types


def search(visitor: Visitor, asked: Any, token: bool = True) -> Any:
    """The answer to the search, as the script asks."""
    visitor.submit(visitor.get("/request/new/what"), "Continue", category="shopping")
    page = visitor.get(ASKED[0])
    headers = {"X-CSRFToken": page.form(ASKED[1]).values["csrf_token"][0]} if token else {}
    return visitor.browser.post("/places/search", json=asked, headers=headers)


def test_addresses_are_suggested_with_all_that_the_form_needs(table: City, client: Visitor) -> None:
    answer = search(client, {"q": "4 rue des es"})
    assert answer.json == {
        "found": [
            {
                "label": "4 Rue des Essais, 69002 Lyon", "address": "4 Rue des Essais", "postcode": "69002", "town": "Lyon",
                "spot": f"{LON},{LAT}",
            }
        ]
    }  # fmt: skip
    assert answer.headers["Cache-Control"] == "no-store"
    assert search(client, {"q": "1 rue de rivoli"}).json == {"found": []}, "nothing outside the area is suggested"


@pytest.mark.parametrize("asked", [None, [], {}, {"q": 7}, {"q": "a\nb\0"}, {"q": "x" * 100_000}, "text"])
def test_whatever_is_asked_is_answered(table: City, client: Visitor, asked: Any) -> None:
    assert search(client, asked).json == {"found": []}


def test_the_search_is_not_for_other_sites(table: City, client: Visitor) -> None:
    assert search(client, {"q": "4 rue"}, token=False).status_code == 400


def test_the_search_is_slowed_down(table: City, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "SEARCH_ADDRESS", replace(throttle.SEARCH_ADDRESS, times=2))
    assert [search(client, {"q": "4 rue"}).status_code for _ in range(3)] == [200, 200, 429]
    table.clock.advance(minutes=11)
    assert search(client, {"q": "4 rue"}).status_code == 200


def test_what_is_searched_is_in_no_log(
    city: City, ban: Geocoder, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    settings = replace(city.ctx.settings, geocoder="ban", log_level="debug")
    visitor = Visitor(create_app(context=replace(city.ctx, settings=settings)))
    with caplog.at_level("DEBUG"):
        search(visitor, {"q": "77 impasse Secrète"})
    assert ban.asked == ["77 impasse Secrète"]
    assert "Secr" not in capsys.readouterr().err + caplog.text


def test_suggestions_come_from_the_table_when_the_geocoder_is_silent(table: City, ban: Geocoder) -> None:
    ban.body = None
    ctx = replace(table.ctx, settings=replace(table.ctx.settings, geocoder="ban"))
    assert [one.label for one in addresses.suggest(ctx, "9 rue du port")] == ["9 Rue du Port, 69009 Lyon"]
