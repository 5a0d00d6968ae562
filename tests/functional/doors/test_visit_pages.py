"""Visits as both sides and an agent see and change them: by link, without an account, in plain words."""

from typing import Any

import pytest
from icalendar import Calendar

from app.links import Purpose
from app.models import Event, Match, Need, Visit
from app.services import matches
from matching.lifecycle import Side
from notifications.words import when_words
from tests.asking import ask
from tests.city import BY_LINK, City
from tests.functional.doors.conftest import proposed
from tests.pages import Page, Visitor


@pytest.fixture
def match(city: City) -> Match:
    """Weekly shopping on Wednesdays at two, on which both have agreed."""
    asked, _, _ = proposed(city, share_contact=True, availability="We 14:00-18:00", repeats=1)
    matches.volunteer_answers(city.ctx, asked.id, True, BY_LINK)
    made: Match = city.one(Match, asked.id)
    return made


def page_of(city: City, client: Visitor, match: Match, side: Side = Side.RESIDENT, expect: int = 200) -> Page:
    return client.get(city.ctx.links.url(Purpose.VISITS, match.id, side), expect)


def first(city: City, page: Page, words: str, number: int = 0) -> str:
    """The address of a link about one of the visits, the first one unless another ``number`` is given."""
    visit = sorted(city.all(Visit), key=lambda visit: visit.at)[number]
    return page.link(f"{words} ({when_words(visit.at, city.clock(), city.ctx.settings.zone, 'en')})")


def test_a_resident_asks_for_help_that_repeats_and_reads_it_back(city: City, client: Visitor) -> None:
    ask(client, repeats="1")
    (need,) = city.all(Need)
    assert need.repeats == 1
    page = client.get(city.ctx.links.url(Purpose.MY_REQUEST, need.id))
    assert page.facts["How often"] == "Every week"
    change = client.get(page.link("Change How often"))
    page = client.submit(change, "Save", repeats="2")
    assert page.facts["How often"] == "Every two weeks"
    assert city.one(Need, need.id).repeats == 2


def test_both_see_the_code_and_what_comes(city: City, client: Visitor, match: Match) -> None:
    for side, name, words in (
        (Side.RESIDENT, "Volontaire1", "Ask for it at the door"), (Side.VOLUNTEER, "Résidente2", "Say it at the door"),
    ):  # fmt: skip
        page = page_of(city, client, match, side)
        assert page.h1 == f"Visits with {name}"
        assert f"The code of these visits is {match.code}." in page.text and words in page.text
        assert "No bank card" in page.text
        assert page.text.count("planned") == 4
        assert "Rue" not in page.text and "@" not in page.text
    assert page_of(city, Visitor(client.web, "fr"), match).h1 == "Visites avec Volontaire1"


def test_the_own_pages_lead_there(city: City, client: Visitor, match: Match, sign_in: Any) -> None:
    mine = client.get(city.ctx.links.url(Purpose.MY_REQUEST, match.need_id))
    assert "Next visit: Wednesday 14:00 (every week)" in mine.text and f"code {match.code}" in mine.text
    assert client.get(mine.link("See or change the visits")).h1 == "Visits with Volontaire1"
    volunteer = sign_in(offer_id=match.offer_id)
    mine = volunteer.get("/me")
    assert mine.facts["Next visit"] == "Wednesday 14:00"
    assert f"Your code is {match.code}" in mine.text
    assert volunteer.get(mine.link("See or change the visits")).h1 == "Visits with Résidente2"


@pytest.mark.parametrize("side", [Side.RESIDENT, Side.VOLUNTEER])
def test_either_side_moves_a_visit_or_leaves_it_out(city: City, client: Visitor, match: Match, side: Side) -> None:
    move = client.get(first(city, page_of(city, client, match, side), "Another time"))
    assert "So far: Wednesday 14:00." in move.text
    page = client.submit(move, "Save the new time", day="2026-11-26", clock="10:30")
    assert "The new time is written down" in page.text and "Thursday 10:30" in page.text
    sure = client.get(first(city, page, "Leave it out", 1))
    assert sure.h1 == "Leave out this visit?"
    page = client.submit(sure, "Yes, leave it out")
    assert "left out" in page.text and "the other side is told" in page.text
    page = client.submit(sure, "Yes, leave it out")
    assert page.text.count("left out") == 2, "pressed twice"
    changed = [(event.kind, event.reason, event.channel) for event in city.all(Event) if event.kind.startswith("visit_")]
    assert changed == [("visit_moved", side, "link"), ("visit_skipped", side, "link")]


def test_a_new_rhythm(city: City, client: Visitor, match: Match) -> None:
    move = client.get(first(city, page_of(city, client, match), "Another time"))
    page = client.submit(move, "Save the new time", day="2026-11-27", clock="09:00", which="onward")
    assert page.text.count("09:00") >= 4
    assert "Friday 27 November" not in page.text and "Friday 4 December 09:00" in page.text


def test_a_time_that_is_past_is_refused_in_words(city: City, client: Visitor, match: Match) -> None:
    move = client.get(first(city, page_of(city, client, match), "Another time"))
    page = client.submit(move, "Save the new time", 422, day="2026-11-23", clock="08:00")
    assert "This time is past. Choose one that is still to come." in page.text
    page = client.submit(move, "Save the new time", 422, day="2031-01-01", clock="noon")
    assert "Pick one from the list." in page.text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"first": "", "last": ""}, "Write the first day, for example 24/12/2026."),
        ({"first": "31/02/2026", "last": "soon"}, "Write the last day"),
        ({"first": "2026-12-10", "last": "2026-12-01"}, "The last day must come after the first"),
    ],
)
def test_days_that_are_none_are_refused_in_words(city: City, client: Visitor, match: Match, given: dict[str, str], words: str) -> None:
    away = client.get(page_of(city, client, match).link("Holidays or away for a while? Leave out several visits"))
    page = client.submit(away, "Leave out these visits", 422, **given)
    assert words in page.text


def test_a_volunteer_is_away_and_the_resident_wants_somebody_else(city: City, client: Visitor, match: Match) -> None:
    away = client.get(page_of(city, client, match, Side.VOLUNTEER).link("Holidays or away for a while? Leave out several visits"))
    page = client.submit(away, "Leave out these visits", first="01/12/2026", last="2026-12-09")
    assert page.text.count("left out") == 3
    page = page_of(city, client, match)
    sure = client.get(first(city, page, "Look for somebody else for that day", 1))
    page = client.submit(sure, "Yes, look for somebody else")
    assert "We are looking for somebody else for that day, and tell you" in page.text
    (_, need) = city.all(Need)
    mine = client.get(city.ctx.links.url(Purpose.MY_REQUEST, need.id))
    assert mine.facts["When"] == "Wednesday 2 December at 14:00"
    volunteer = page_of(city, client, match, Side.VOLUNTEER)
    assert "Look for somebody else" not in volunteer.text


def test_what_did_not_happen_is_said(city: City, client: Visitor, match: Match) -> None:
    city.clock.advance(days=3)
    page = client.submit(client.get(first(city, page_of(city, client, match), "Nobody came")), "Yes, nobody came")
    assert "It is written down that nobody came." in page.text
    assert city.all(Visit)[0].state == "missed"


def test_the_calendar_file(city: City, client: Visitor, match: Match) -> None:
    address = page_of(city, client, match).link("Put the visits into my calendar")
    answer = client.browser.get(address)
    assert answer.mimetype == "text/calendar"
    read = Calendar.from_ical(answer.data)
    assert (read["method"], read.events[0]["uid"]) == ("PUBLISH", f"match-{match.id}@{city.ctx.settings.mail_sender.partition('@')[2]}")
    assert "attendee" not in read.events[0] and "location" not in read.events[0]


def test_after_the_end_there_is_nothing_to_change_and_no_code(city: City, client: Visitor, match: Match) -> None:
    page = page_of(city, client, match)
    move, skip, file = first(city, page, "Another time"), first(city, page, "Leave it out"), page.link("Put the visits into my calendar")
    matches.back_out(city.ctx, match.id, BY_LINK)
    page = page_of(city, client, match)
    assert "This help has ended" in page.text and match.code not in page.text and "Volontaire" not in page.text
    assert "This has changed meanwhile" in client.get(move).text
    token = client.get("/request/lost").form("Send me the link").values["csrf_token"][0]
    assert "This has changed meanwhile" in client.post(skip, csrf_token=token).text
    assert client.browser.get(file).status_code == 404


def test_a_link_is_for_one_match_and_one_side(city: City, client: Visitor, match: Match) -> None:
    links = city.ctx.links
    wrong = links.token(Purpose.MY_REQUEST, match.id), links.token(Purpose.VISITS, match.id, "service"), links.token(Purpose.VISITS, 1)
    for token in wrong:
        client.get(f"/visits/{token}", 404)
    token = links.token(Purpose.VISITS, match.id, "volunteer")
    visit_id = city.all(Visit)[0].id
    client.get(f"/visits/{token}/{visit_id}/move")
    client.get(f"/visits/{token}/9999/move", 404)
    assert client.get(f"/visits/{token}/{visit_id}/replace").h1 == "Visits with Résidente2", "that is the resident’s to ask for"


def test_an_agent_does_it_all_for_either_side(city: City, sign_in: Any, match: Match) -> None:
    agent = sign_in()
    page = agent.get(f"/coordination/matches/{match.id}")
    assert f"the code of these visits is {match.code}" in page.text
    visits = agent.get(page.link("Visits, for the volunteer"))
    assert "On behalf of the volunteer" in visits.text
    moved = agent.submit(agent.get(first(city, visits, "Another time")), "Save the new time", day="2026-11-26", clock="10:30")
    agent.submit(agent.get(first(city, moved, "Leave it out", 1)), "Yes, leave it out")
    visits = agent.get(page.link("Visits, for the resident"))
    asked = agent.submit(agent.get(first(city, visits, "Look for somebody else for that day", 1)), "Yes, look for somebody else")
    assert "We are looking for somebody else for that day" in asked.text
    agent.submit(agent.get(asked.link("Holidays or away for a while? Leave out several visits")), "Leave out these visits",
                 first="09/12/2026", last="10/12/2026")  # fmt: skip
    events = [event for event in city.all(Event, match_id=match.id) if event.kind.startswith(("visit_", "stand_in"))]
    told = [(event.kind, event.reason, event.channel) for event in events]
    assert told == [
        ("visit_moved", "volunteer", "phone"), ("visit_skipped", "volunteer", "phone"), ("stand_in_wanted", None, "phone"),
        ("visit_skipped", "resident", "phone"),
    ]  # fmt: skip
    timeline = agent.get(f"/coordination/matches/{match.id}").text
    assert "Visit moved: from the volunteer" in timeline and "Visit left out: from the resident" in timeline


def test_an_agent_posts_help_that_repeats(city: City, sign_in: Any) -> None:
    agent = sign_in()
    page = agent.get("/coordination/needs/new")
    assert page.form("Post the request").values["repeats"] == ["0"]


def test_a_volunteer_reads_how_often_before_they_answer(city: City, client: Visitor) -> None:
    match, _, _ = proposed(city, repeats=2)
    page = client.get(city.ctx.links.url(Purpose.VOLUNTEER_YES, match.id))
    assert page.facts["When"] == "to be agreed between you, every two weeks"
