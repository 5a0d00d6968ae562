"""What holds in one territory and not in another."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from app.models import Event, Match, Need, Role
from app.services.local import local
from config.categories import CATEGORIES
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_intake import TYPED
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


def save(city: City, visitor: Visitor, page: Page, expect: int = 200, **typed: Any) -> Page:
    city.clock.advance(seconds=1)
    return visitor.submit(page, "Save", expect, **typed)


def test_what_a_territory_says_itself_holds_below_it_and_nowhere_else(city: City, sign_in: SignIn) -> None:
    district = quartier(city, "District", -9000, 9000)
    below, elsewhere = quartier(city, "Below", -500, 500, parent_id=district), quartier(city, "Elsewhere", 10_000, 11_000)
    visitor = sign_in(role=Role.ADMINISTRATOR)
    page = visitor.get(visitor.get("/coordination/territories").link("District"))
    assert "Empty: 13, as in Lyon." in page.text
    nothing = visitor.submit(page, "Save", 422, not_offered=list(CATEGORIES))
    assert "Leave at least one kind of help." in nothing.text
    saved = save(city, visitor, page, phone="04 65 71 00 09", answer_hours_normal="5", first_posts_wait="yes", not_offered=["pets"])
    assert "Written down. It holds from now on." in saved.text
    assert "Nothing to do" in save(city, visitor, saved).text
    with city.ctx.db.read() as session:
        here, there = local(session, city.ctx, below), local(session, city.ctx, elsewhere)
    assert (here.phone, here.answer_hours_normal, here.first_posts_wait, here.not_offered) == ("04 65 71 00 09", 5, True, {"pets"})
    assert (there.phone, there.answer_hours_normal, there.first_posts_wait, there.not_offered) == ("04 65 71 00 00", 13, False, set())
    page = visitor.get(f"/coordination/territories/{below}")
    for words in ("Empty: 5, as in District.", "As above: yes.", "Ticked above already: "):
        assert words in page.text
    changed = [event for event in city.all(Event) if event.kind == "territory_changed"]
    assert {event.reason for event in changed} == {"phone", "answer_hours_normal", "first_posts_wait", "not_offered"}
    assert {event.territory_id for event in changed} == {district}
    assert "Changed: Phone number (Ana Costa)" in saved.text


def test_what_is_wrong_has_its_sentence_and_changes_nothing(city: City, sign_in: SignIn) -> None:
    visitor = sign_in(role=Role.ADMINISTRATOR)
    page = visitor.get(f"/coordination/territories/{city.quartier_id}")
    page = save(city, visitor, page, 422, phone="call us", hours="when we can", answer_hours_urgent="0")
    for words in ("Write a phone number such as", "Write days and hours such as", "Write a whole number of hours from 1 to 240"):
        assert words in page.text
    assert [event for event in city.all(Event) if event.kind == "territory_changed"] == []
    visitor.get("/coordination/territories/99999", 404)


def test_opening_hours_are_written_and_read_in_words(city: City, sign_in: SignIn) -> None:
    visitor = sign_in(role=Role.ADMINISTRATOR)
    address = f"/coordination/territories/{city.quartier_id}?lang=fr"
    page = visitor.get(address)
    said = " ".join(page.text.split())
    assert "Mo-Fr" not in said and "Vide : du lundi au vendredi, 9 h – 17 h, comme à Lyon." in said
    assert "Seules comptent les heures de 8 h à 21 h." in said and "éveil" not in said
    for typed, stored, shown in (
        ("lundi et mardi de 9h à 12h", "Mo,Tu 09:00-12:00", "lundi et mardi, 9 h – 12 h"),
        ("Mo-Fr 09:00-12:00", "Mo-Fr 09:00-12:00", "du lundi au vendredi, 9 h – 12 h"),
        ("Mo-Fr 09:00-12:00; PH off", "Mo-Fr 09:00-12:00; PH off", "Mo-Fr 09:00-12:00; PH off"),
    ):  # fmt: skip
        city.clock.advance(seconds=1)
        page = visitor.submit(page, "Enregistrer", hours=typed)
        with city.ctx.db.read() as session:
            assert local(session, city.ctx, city.quartier_id).hours == stored
        assert page.form("Enregistrer").values["hours"] == [shown]
        page = visitor.submit(page, "Enregistrer")
        assert "Rien à faire" in page.text, "what was not written again is spelled as it was"


def test_a_volunteer_has_the_time_to_answer_of_the_needs_territory(city: City, sign_in: SignIn) -> None:
    visitor = sign_in(role=Role.ADMINISTRATOR)
    save(city, visitor, visitor.get(f"/coordination/territories/{city.quartier_id}"), answer_hours_urgent="1", answer_hours_normal="2")
    city.volunteer()
    city.need()
    assert city.match() == 1
    [match] = city.all(Match)
    assert match.deadline_at - match.proposed_at == timedelta(hours=2)


def test_a_kind_of_help_that_is_switched_off_is_refused_with_the_number_to_call(city: City, sign_in: SignIn) -> None:
    administrator = sign_in(role=Role.ADMINISTRATOR)
    quartier(city, "Elsewhere", 9000, 19_000)  # where it is offered, so that the form has it
    address = f"/coordination/territories/{city.quartier_id}"
    save(city, administrator, administrator.get(address), phone="04 65 71 00 09", not_offered=["pets"])
    typed = TYPED | {"category": "pets", "quartier": str(city.quartier_id)}
    page = administrator.submit(administrator.get("/coordination/needs/new"), "Post the request", 422, **typed)
    assert "This kind of help is not offered at this address. Call 04 65 71 00 09" in page.text
    assert city.all(Need) == []
    save(city, administrator, administrator.get(address), not_offered=[])
    administrator.submit(administrator.get("/coordination/needs/new"), "Post the request", **typed)
    assert len(city.all(Need)) == 1


def test_an_urgent_request_never_leaves_longer_to_answer_than_a_normal_one(city: City, sign_in: SignIn) -> None:
    visitor = sign_in(role=Role.ADMINISTRATOR)
    address = f"/coordination/territories/{city.quartier_id}"
    refused = "This is longer than for a normal request."
    assert refused in save(city, visitor, visitor.get(address), 422, answer_hours_urgent="20").text, "than the city's own"
    assert refused in save(city, visitor, visitor.get(address), 422, answer_hours_urgent="4", answer_hours_normal="3").text
    assert refused in save(city, visitor, visitor.get(address), 422, answer_hours_normal="1").text
    save(city, visitor, visitor.get(address), answer_hours_urgent="20", answer_hours_normal="20")


def test_nothing_is_as_above_where_nothing_is_above(city: City, sign_in: SignIn) -> None:
    below = quartier(city, "Below", -500, 500, parent_id=city.quartier_id)
    visitor = sign_in(role=Role.ADMINISTRATOR)
    top = visitor.get(f"/coordination/territories/{city.quartier_id}")
    assert "s above" not in top.text and "As above: no." in visitor.get(f"/coordination/territories/{below}").text
    save(city, visitor, top, first_posts_wait="yes")
    save(city, visitor, visitor.get(f"/coordination/territories/{city.quartier_id}"), first_posts_wait="")
    assert visitor.get("/coordination/territories").text.count("as above") == 1
