"""Visits in a calendar, as icalendar reads back what was written."""

import dataclasses
import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications.calendar import Invitation, from_dict, write
from notifications.messages import VisitMoved
from notifications.messages import from_dict as message_from_dict
from notifications.samples import SAMPLES
from notifications.words import category_words

PARIS = ZoneInfo("Europe/Paris")
TEN = dt.datetime(2027, 3, 16, 9, tzinfo=dt.UTC)
WEEK = dt.timedelta(weeks=1)
ONCE = Invitation("match-7@example.org", 3, TEN, TEN, "entraide@example.org", "shopping", "Zoé", "12 rue des Tables, Lyon")
WEEKLY = dataclasses.replace(ONCE, weeks=1, skipped=(TEN + 2 * WEEK - dt.timedelta(hours=1),), moved=((TEN + WEEK, TEN + WEEK * 1.5),))
MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2030, 1, 1), timezones=st.just(dt.UTC))


def read(invitation: Invitation, language: str = "fr", to: str | None = "anne@example.org") -> Calendar:
    what = category_words(invitation.category, language)
    calendar = Calendar.from_ical(write(invitation, what, language, "04 65 71 00 00", PARIS, to).content)
    assert isinstance(calendar, Calendar)
    return calendar


def test_one_visit() -> None:
    calendar = read(ONCE)
    (event,) = calendar.events
    assert calendar["method"] == "REQUEST"
    assert (event["uid"], event["sequence"], event["summary"]) == ("match-7@example.org", 3, "Les courses avec Zoé")
    assert (event.start, event.end) == (TEN, TEN + dt.timedelta(hours=1))
    assert event["location"] == "12 rue des Tables, Lyon"
    assert "04 65 71 00 00" in event["description"] and "http" not in event["description"]
    assert (event["attendee"], event["attendee"].params["RSVP"]) == ("mailto:anne@example.org", "FALSE")
    assert event["organizer"] == "mailto:entraide@example.org"
    assert read(ONCE, "en").events[0]["summary"] == "Shopping with Zoé"


def test_a_rhythm_keeps_its_time_of_the_clock_and_has_exceptions() -> None:
    calendar = read(WEEKLY)
    rule, exception = calendar.events
    assert rule["rrule"] == {"FREQ": ["WEEKLY"], "INTERVAL": [1]}
    assert (rule.start.tzinfo is not None, f"{rule.start:%H:%M}") == (True, "10:00")
    assert "DTSTART;TZID=Europe/Paris:20270316T100000" in rule.to_ical().decode(), "in local time, so that summer changes nothing"
    assert [zone["tzid"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Paris"]
    assert [f"{each.dt:%d.%m. %H:%M}" for each in rule["exdate"].dts] == ["30.03. 10:00"]
    assert (exception["recurrence-id"].dt, exception.start) == WEEKLY.moved[0]
    assert exception["uid"] == rule["uid"]


def test_an_end_says_so_and_a_file_names_nobody() -> None:
    gone = read(dataclasses.replace(ONCE, cancelled=True, sequence=4, whom="", location=""))
    assert (gone["method"], gone.events[0]["status"], gone.events[0]["summary"]) == ("CANCEL", "CANCELLED", "Les courses")
    file = read(ONCE, to=None)
    assert file["method"] == "PUBLISH"
    assert not {"ATTENDEE", "ORGANIZER"} & set(file.events[0])


@pytest.mark.parametrize("invitation", [ONCE, WEEKLY])
def test_it_is_stored_with_its_message(invitation: Invitation) -> None:
    assert from_dict(json.loads(json.dumps(invitation.to_dict()))) == invitation
    message = SAMPLES["visit_moved"]
    assert isinstance(message, VisitMoved)
    with_it = dataclasses.replace(message, invitation=invitation)
    assert message_from_dict(json.loads(json.dumps(with_it.to_dict()))) == with_it


@given(MOMENTS, st.text(), st.text(), st.integers(0, 2))
def test_no_name_and_no_place_breaks_the_entry(at: dt.datetime, whom: str, place: str, weeks: int) -> None:
    assume(not at.astimezone(PARIS).fold)  # the hour that comes twice, in the night: a calendar entry can only name the first
    odd = dataclasses.replace(ONCE, starts_at=at, whom=whom, location=place, weeks=weeks)
    (event,) = read(odd).events
    assert event.start == at.replace(microsecond=0)
    assert event["uid"] == ONCE.uid
