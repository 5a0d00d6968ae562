"""Telling the town hall that something went wrong, and seeing what is stored and who has seen it."""

from datetime import timedelta
from typing import Any

import pytest

from app.links import Purpose
from app.models import Event, Incident, Need, Offer, Person
from app.services import details, matches, posting, throttle
from app.services.events import Actor
from app.services.sight import EVERYTHING
from matching.lifecycle import MatchState
from tests.city import City
from tests.functional.doors.conftest import proposed
from tests.pages import Page, Visitor


def page_of(city: City, client: Visitor, need_id: int, words: str = "") -> Page:
    page = client.get(city.ctx.links.url(Purpose.MY_REQUEST, need_id))
    return client.get(page.link(words)) if words else page


def events(city: City, kind: str) -> list[Event]:
    return [event for event in city.all(Event) if event.kind == kind]


def report(city: City, client: Visitor, need_id: int, expect: int = 200, **typed: Any) -> Page:
    page = page_of(city, client, need_id, "Something went wrong: tell us")
    return client.submit(page, "Tell the town hall", expect, **({"reason": "money", "words": "He asked for my card."} | typed))


def test_a_report_is_an_incident_and_a_task_that_is_due_at_once(city: City, client: Visitor) -> None:
    match, need, offer = proposed(city, share_contact=True)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    form = page_of(city, client, need.id, "Something went wrong: tell us")
    assert all(number in form.text for number in ("17", "112", "114", "3977"))
    page = report(city, client, need.id)
    assert page.h1 == "Thank you for telling us"
    assert "They call or write to you" in page.text
    [task] = city.tasks("report")
    assert (task.reason, task.words, task.person_id, task.due_at) == (None, "", None, city.clock())
    assert (task.need_id, task.match_id) == (need.id, match.id)
    [incident] = city.all(Incident)
    assert (incident.reason, incident.words, incident.task_id) == ("money", "He asked for my card.", task.id)
    assert (incident.reporter_id, incident.about_id) == (need.person_id, offer.person_id)
    [event] = events(city, "reported")
    assert (event.reason, event.actor_id, event.channel, event.need_id) == (None, need.person_id, "link", need.id)
    assert "You told us that something went wrong." in page_of(city, client, need.id).text
    assert city.matches(need.id)[0].state == MatchState.AGREED, "what follows is for the lead to decide"


def test_a_report_needs_a_reason_and_no_words(city: City, client: Visitor) -> None:
    need_id = city.need()
    assert "Say what happened." in report(city, client, need_id, 422, reason="").text
    assert city.tasks("report") == []
    report(city, client, need_id, words="")


def test_reports_are_slowed_down(city: City, client: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "REPORT", throttle.Limit("report", 1, timedelta(hours=1)))
    need_id = city.need()
    report(city, client, need_id)
    report(city, client, need_id, 429)
    report(city, client, city.need())


def test_a_report_holds_no_card_number_and_may_speak_of_all_else(city: City, client: Visitor) -> None:
    need_id = city.need()
    page = report(city, client, need_id, 422, reason="money", words="Il a demandé ma carte 4111 1111 1111 1111")
    assert "This looks like the number of a bank card" in page.text
    report(city, client, need_id, reason="money", words="Elle voulait dix euros. Je suis diabétique, appelez le 06 39 98 12 34.")


def test_reports_come_first_and_no_coordinator_reads_or_ticks_them_off(city: City, client: Visitor, sign_in: Any) -> None:
    city.need(where=posting.Where("12 rue Inconnue", "69003", "Lyon"))
    city.clock.advance(days=9)
    report(city, client, city.need(), reason="unsafe", words="I was afraid.")
    visitor, [task] = sign_in(), city.tasks("report")
    page = visitor.get("/coordination/")
    assert page.text.index("Somebody reported a problem") < page.text.index("Overdue")
    assert "Read it" not in page.buttons
    one = visitor.get(f"/coordination/tasks/{task.id}")
    assert "nobody has it in hand" in one.text
    assert f"/coordination/tasks/{task.id}/close" not in page.html + one.html
    assert "unsafe" not in one.html and "afraid" not in one.html
    visitor.post(f"/coordination/tasks/{task.id}/close", None)
    assert city.tasks("report") != []


def test_all_that_is_stored_stands_on_one_page(city: City, client: Visitor) -> None:
    need_id = city.need(
        category="homework", school_level="CM1", details="Les fractions", on_behalf_name="Lea Martin", on_behalf_phone="+33639980001",
        posted_by="relative", call="relative", notice_version="2026-1", availability="Sa 09:00-12:00", languages=("fr", "ar"),
    )  # fmt: skip
    page = page_of(city, client, need_id, "See my data, and who has seen it")
    expected = {
        "Name": "Résidente1 Martin", "E-mail": "r1@example.net", "Phone": "02 61 91 00 01", "We reach you": "By e-mail",
        "Privacy notice": "Version 2026-1", "Help with": "Homework help", "School level": "CM1", "Address": "1 rue d'Essai, 69002 Lyon",
        "Quartier": "Centre", "When": "Saturday, 09:00 – 12:00", "Languages": "French, Arabic", "For the volunteer": "Les fractions",
        "Who asked": "Somebody for you", "Who asked for you": "Lea Martin", "Their phone": "06 39 98 00 01",
        "Whom we call": "Whoever asked for you", "Contact details": "Given once you have said yes",
    }  # fmt: skip
    assert {name: page.facts[name] for name in expected} == expected
    assert "Nobody so far." in page.text
    assert page.link("Sign in"), "who reads it by link is not signed in"


def test_nothing_stored_is_left_out(city: City, client: Visitor) -> None:
    """Every column of the need and its person is told, or is known here to be none of that."""
    told_in_words = {
        Need: {"category", "urgency", "mode", "availability", "languages", "helpers_needed", "details", "share_contact", "on_behalf_name",
               "on_behalf_phone", "call", "school_level", "repeats", "wanted_at", "address", "exact_point", "public_lon", "public_lat",
               "approximate", "territory_id", "posted_by", "posted_at", "confirmed_at", "state",
               "moderation", "held_at"},
        Person: {"name", "email", "phone", "language", "contact", "email_confirmed_at", "notice_version"},
    }  # fmt: skip
    for_the_machine = {
        Need: {
            "id", "reference", "person_id", "taken", "next_try_at", "check_at", "checked_at", "channel", "created_at", "changed_at",
            "paused_until", "pinned_offer_id",
        },
        Person: {"id", "erase_asked_at", "erased_at", "email_index", "phone_index", "created_at", "changed_at"},
    }
    of_accounts = {
        "account", "role", "whole_city", "password_hash", "charter_version", "minimum_age_confirmed_at", "approved_at", "approved_by_id",
        "merged_into_id", "frozen_at", "proconnect", "proconnect_index",
    }  # fmt: skip
    for kind in (Need, Person):
        columns = {column.key for column in kind.__table__.columns}
        assert columns - told_in_words[kind] - for_the_machine[kind] - (of_accounts if kind is Person else set()) == set()


def test_who_has_seen_it_stands_there_with_time_and_role(city: City, client: Visitor, sign_in: Any) -> None:
    match, need, offer = proposed(city, share_contact=True)
    sign_in()
    agent = city.all(Person)[-1].id
    details.look(city.ctx, EVERYTHING, Need, need.id, "place", Actor(agent))
    city.clock.advance(hours=1)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    details.look(city.ctx, EVERYTHING, Offer, offer.id, "check", Actor(agent))
    page = page_of(city, client, need.id, "See my data, and who has seen it")
    assert page.text.count("a volunteer, since you had both said yes") == 1
    assert page.text.count("a coordinator of the town hall (to put it on the map)") == 1
    assert "to check something" not in page.text, "that was the volunteer’s data"


def test_pages_of_a_request_are_kept_by_no_browser(city: City, client: Visitor) -> None:
    path = city.ctx.links.url(Purpose.MY_REQUEST, city.need()).removeprefix("http://127.0.0.1:8000")
    for page in ("", "/data", "/data/copy.csv", "/erase", "/report", "/reported", "/change/more"):
        assert client.browser.get(path + page).headers["Cache-Control"] == "no-store"
