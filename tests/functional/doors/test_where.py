"""The place of a post, as a visitor says it: found, asked back about, or left to the town hall; the same on every form."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from app import create_app
from app.links import Purpose
from app.models import Need
from app.services import addresses, streets, throttle
from app.services.streets import Address
from app.where import WhereFields
from app.wizard import Step, Wizard
from tests.city import CENTRE, City
from tests.geocoder import Geocoder, feature, geocoder
from tests.pages import Page, Visitor

LON, LAT = CENTRE
TABLE = [
    Address("4", "Rue des Essais", "69002", "Lyon", LON, LAT),
    Address("4", "Rue des Assais", "69002", "Lyon", LON + 0.01, LAT),
    Address("9", "Rue du Port", "69009", "Lyon", LON, LAT + 0.01),
    Address("1", "Rue de Rivoli", "75001", "Paris", 2.35, 48.85),
]
PLACE = {"address": "4 rue des essais", "postcode": "69002", "town": "Lyon"}
TYPED = PLACE | {"category": "shopping", "name": "Odette Martin", "contact": "letter", "notice": "y"}
POST = "Post the request"


@pytest.fixture
def table(city: City) -> City:
    streets.add(city.ctx, TABLE)
    return city


@pytest.fixture
def ban(monkeypatch: pytest.MonkeyPatch) -> Iterator[Geocoder]:
    with geocoder(monkeypatch) as stand_in:
        yield stand_in


@pytest.fixture
def agent(sign_in: Callable[..., Visitor]) -> Visitor:
    """Somebody with a form of one page, in which the place is one question of many."""
    return sign_in()


def ask(visitor: Visitor, expect: int = 200, page: Page | None = None, **typed: Any) -> Page:
    return visitor.submit(page or visitor.get("/coordination/needs/new"), POST, expect, **(typed if page else TYPED | typed))


def need(city: City) -> Need:
    [found] = city.all(Need)
    assert isinstance(found, Need)
    return found


def test_an_address_of_the_table_is_placed_without_a_question(table: City, agent: Visitor) -> None:
    assert "The request is posted." in ask(agent).text
    assert (need(table).point, need(table).approximate, need(table).address) == (CENTRE, False, "4 rue des essais, 69002 Lyon")
    assert table.tasks("place") == []


def test_a_street_without_that_house_is_placed_roughly(table: City, agent: Visitor) -> None:
    ask(agent, address="6 rue des essais")
    assert (need(table).point, need(table).approximate, need(table).address) == (CENTRE, True, "6 rue des essais, 69002 Lyon")


def test_an_address_written_differently_is_asked_back_and_picked(table: City, agent: Visitor) -> None:
    question = ask(agent, 422, address="4 rue des esais")
    assert "Which of these is it?" in question.text
    assert "Please put this right" not in question.text and not question.title.startswith("Error"), "a question is no mistake"
    assert {"4 Rue des Essais, 69002 Lyon", "4 Rue des Assais, 69002 Lyon", "None of these"} <= set(question.labels.values())
    asked_again = ask(agent, 422, question)
    choice = next(value for value in values_of(asked_again) if "Assais" in value)
    ask(agent, 200, asked_again, which=choice)
    assert (need(table).address, need(table).point) == ("4 Rue des Assais, 69002 Lyon", (LON + 0.01, LAT))


def values_of(page: Page) -> list[str]:
    return [control["value"] for control in page.controls if control.get("name") == "which"]


def test_none_of_these_leads_to_the_quartier_or_to_an_agent(table: City, agent: Visitor) -> None:
    question = ask(agent, 422, address="4 rue des esais")
    lost = ask(agent, 422, question, which="none")
    assert "We did not find this address on the map." in lost.text
    assert "Which of these is it?" not in lost.text
    assert lost.title.startswith("Error:")
    ask(agent, 200, lost)
    assert need(table).point is None
    assert len(table.tasks("place")) == 1


def test_an_address_that_nobody_finds_goes_on_with_the_quartier(table: City, agent: Visitor) -> None:
    lost = ask(agent, 422, address="77 allée des Nuages")
    ask(agent, 200, lost, quartier="1")
    assert (need(table).territory_id, need(table).approximate) == (1, True)


def test_whoever_picks_the_quartier_at_once_is_not_asked(table: City, agent: Visitor) -> None:
    ask(agent, address="77 allée des Nuages", quartier="1")
    assert (need(table).territory_id, need(table).approximate) == (1, True)


def test_an_address_corrected_after_the_question_is_looked_up_again(table: City, agent: Visitor) -> None:
    lost = ask(agent, 422, address="77 allée des Nuages")
    ask(agent, 200, lost, address="9 rue du Port", postcode="69009")
    assert need(table).point == (LON, LAT + 0.01)


def test_a_found_address_that_is_changed_without_scripts_is_looked_up_again(table: City, agent: Visitor) -> None:
    page = ask(agent, 422, name="")
    assert page.form(POST).values["spot"] == [f"{LON},{LAT}"]
    ask(agent, 200, page, address="9 rue du Port", postcode="69009", name="Odette Martin")
    assert need(table).point == (LON, LAT + 0.01)


def test_a_pin_holds_for_an_address_that_is_not_in_the_table(table: City, agent: Visitor) -> None:
    ask(agent, address="77 allée des Nuages", spot=f"{LON + 0.02},{LAT}", spot_of="77 allée des Nuages|69002|Lyon")
    assert need(table).point == (LON + 0.02, LAT)


@pytest.mark.parametrize("spot", ["2.35,48.85", "1 rue de Rivoli"])
def test_a_place_outside_is_refused_with_the_citys_number(table: City, agent: Visitor, spot: str) -> None:
    typed = {"address": "1 rue de Rivoli", "postcode": "75001", "town": "Paris"}
    if "," in spot:
        typed |= {"spot": spot, "spot_of": "1 rue de Rivoli|75001|Paris"}
    page = ask(agent, 422, **typed)
    said = next(words for address, words in page.links if address == "#address")
    assert "outside the area that the service covers. Call 04 65 71 00 00" in said, "at the address, before anything is sent"
    assert table.all(Need) == []


@pytest.mark.parametrize("spot", ["", "nonsense", "nan,nan", "4.83", "999,45", "inf,45"])
def test_a_point_that_is_none_is_no_point(city: City, agent: Visitor, spot: str) -> None:
    ask(agent, spot=spot, spot_of="4 rue des essais|69002|Lyon")
    assert need(city).point is None


@pytest.mark.parametrize("which", ["[]", "{", '["a", "b", "c", 4]', '["a\\nb", "69002", "Lyon", "4,45"]', f'["{"x" * 201}", "", "", ""]'])
def test_a_choice_that_was_never_offered_is_none(table: City, agent: Visitor, which: str) -> None:
    question = ask(agent, 422, address="4 rue des esais")
    assert "Which of these is it?" in ask(agent, 422, question, which=which).text


def test_where_nobody_can_be_asked_no_question_is_put(city: City, agent: Visitor) -> None:
    ask(agent)
    assert len(city.tasks("place")) == 1


# Addresses that are elsewhere


ELSEWHERE = "the service only covers Lyon. Check the postcode and the town, or call 04 65 71 00 00"


@pytest.mark.parametrize("postcode", ["6900", "690022", "69 002", "six", "٦٩٠٠٢"])
def test_a_postcode_has_five_digits(table: City, agent: Visitor, postcode: str) -> None:
    for quartier in ("", "1"):
        page = ask(agent, 422, postcode=postcode, quartier=quartier)
        assert ("#postcode", "Write the postcode as five digits, for example 69001.") in page.links
    assert table.all(Need) == []


def test_an_address_of_no_postcode_of_the_table_is_said_to_be_elsewhere(table: City, agent: Visitor) -> None:
    page = ask(agent, 422, address="12 rue de la Paix", postcode="75002", town="Paris")
    assert ELSEWHERE in page.text
    assert table.all(Need) == []
    ask(agent, 200, page, address="4 rue des Essais", postcode="69002", town="Lyon")
    assert need(table).point == CENTRE, "corrected, it is found"


def test_whoever_insists_on_an_address_elsewhere_has_an_agent_look_for_it(table: City, agent: Visitor) -> None:
    page = ask(agent, 422, address="<b>1</b>", postcode="00000", town="zz")
    assert ELSEWHERE in page.text
    ask(agent, 200, page)
    assert (need(table).address, need(table).point, len(table.tasks("place"))) == ("<b>1</b>, 00000 zz", None, 1)


def test_a_quartier_stands_in_for_an_address_of_no_postcode_of_the_table(table: City, agent: Visitor) -> None:
    ask(agent, address="12 rue de la Paix", postcode="69999", quartier="1")
    assert need(table).approximate


def test_a_street_that_is_here_too_is_offered_with_the_sentence_that_its_postcode_is_elsewhere(table: City, agent: Visitor) -> None:
    page = ask(agent, 422, address="9 rue du Port", postcode="13002", town="Marseille")
    assert ELSEWHERE in page.text
    assert "9 Rue du Port, 69009 Lyon" in page.labels.values()
    assert ELSEWHERE in ask(agent, 422, page, which="none").text


def test_a_table_without_postcodes_goes_by_its_towns(city: City, agent: Visitor) -> None:
    streets.add(city.ctx, [Address("4", "Rue des Essais", "", "Sainte-Foy-lès-Lyon", LON, LAT)])
    nowhere = {"address": "77 allée des Nuages", "postcode": "69110"}
    assert ELSEWHERE in ask(agent, 422, **nowhere, town="Paris").text
    assert ELSEWHERE not in ask(agent, 422, **nowhere, town="STE FOY LES LYON").text


def test_without_a_table_nothing_is_said_to_be_elsewhere(city: City, agent: Visitor) -> None:
    ask(agent, postcode="75002", town="Paris")
    assert len(city.tasks("place")) == 1


@pytest.mark.parametrize("town", ["LYON", "Lyon 2e", "lyon 2ème arrondissement", "Lyon cedex 02"])
def test_a_town_may_be_written_in_other_ways(table: City, agent: Visitor, town: str) -> None:
    ask(agent, town=town)
    assert need(table).point == CENTRE


def test_each_town_of_a_city_of_several_counts(table: City, agent: Visitor) -> None:
    streets.add(table.ctx, [Address("4", "Rue des Essais", "69230", "Saint-Genis-Laval", LON, LAT)])
    ask(agent, postcode="69230", town="St genis laval")
    assert need(table).point == CENTRE


def test_another_town_than_the_found_one_is_asked_back(table: City, agent: Visitor) -> None:
    question = ask(agent, 422, town="Marseille")
    assert "Which of these is it?" in question.text
    [found, _none] = values_of(question)
    ask(agent, 200, question, which=found)
    assert need(table).address == "4 Rue des Essais, 69002 Lyon"


# Forms of several pages


@pytest.mark.parametrize(
    ("door", "before"),
    [("/request/new", [{"category": "shopping"}]), ("/offer/new", [{"categories": ["shopping"]}, {"mode": "in_person"}])],
)
def test_a_form_of_several_pages_asks_back_and_then_goes_on(
    table: City, client: Visitor, door: str, before: list[dict[str, Any]]
) -> None:
    page = client.get(f"{door}/what")
    for answers in before:
        page = client.submit(page, "Continue", **answers)
    question = client.submit(page, "Continue", 422, **(PLACE | {"address": "4 rue des esais"}))
    assert "Which of these is it?" in question.text
    choice = next(value for value in values_of(question) if "Assais" in value)
    assert client.submit(question, "Continue", which=choice).path not in (f"{door}/what", f"{door}/where")
    kept = client.get(f"{door}/where").form("Continue").values
    assert [kept[name] for name in ("address", "postcode", "spot")] == [["4 Rue des Assais"], ["69002"], [f"{LON + 0.01},{LAT}"]]


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"address": "77 allée des Nuages"}, "address", "We did not find this address on the map."),
        ({"address": "77 allée des Nuages", "postcode": "00000"}, "postcode", "This seems to be elsewhere"),
    ],
)
def test_an_address_that_nobody_finds_is_an_error_like_others_on_every_page(
    table: City, client: Visitor, agent: Visitor, typed: dict[str, str], field: str, words: str
) -> None:
    change = table.ctx.links.url(Purpose.MY_REQUEST, table.need()) + "/change/where"
    steps = [client.get(f"{door}/what") for door in ("/request/new", "/offer/new")]
    for at, answers in enumerate(([{"category": "shopping"}], [{"categories": ["shopping"]}, {"mode": "in_person"}])):
        for answer in answers:
            steps[at] = client.submit(steps[at], "Continue", **answer)
    given = PLACE | typed
    for page, button in [(steps[0], "Continue"), (steps[1], "Continue"), (client.get(change), "Save")]:
        lost = client.submit(page, button, 422, **given)
        assert lost.title.startswith("Error:")
        assert "Please put this right" in lost.text
        assert [said for address, said in lost.links if address == f"#{field}" and said.startswith(words)], page.path
        assert "just go on: somebody from the town hall looks for the place" in lost.text
        assert "Error:" not in client.submit(lost, button).title, "whoever insists goes on"
    assert ask(agent, 422, **given).title.startswith("Error:")


def wizard() -> Wizard:
    return Wizard("test", "resident.ask", (Step("where", _l("Where"), WhereFields),), WhereFields)


def test_a_form_of_several_pages_asks_the_geocoder_once(city: City, ban: Geocoder) -> None:
    ban.knows(feature("4 Rue des Essais", LON, LAT))
    web = create_app(context=replace(city.ctx, settings=replace(city.ctx.settings, geocoder="ban")))
    with web.test_request_context("/?lang=en", method="POST", data=PLACE | {"quartier": "", "go": "on"}):
        first = wizard()
        _form, onward = first.take(first.step("where"))
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
    page = visitor.get("/request/new/what")
    headers = {"X-CSRFToken": page.form("Continue").values["csrf_token"][0]} if token else {}
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
    monkeypatch.setattr(throttle, "SEARCH_ADDRESS", replace(throttle.SEARCH_ADDRESS, times=throttle.AT_ONCE))
    assert [search(client, {"q": "4 rue"}).status_code for _ in range(throttle.AT_ONCE + 2)] == [200] * throttle.AT_ONCE + [429, 429]
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
