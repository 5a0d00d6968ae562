"""A report among the tasks: who takes it, who may have said it, who has read it, and what it overtakes."""

from typing import Any

import pytest

from app.links import Purpose
from app.models import Event, Incident, IncidentEntry, Match, Need, Person, Role, Task
from app.services import posting, reports, sharing
from app.services.events import Actor
from app.services.stale import check_due
from matching.lifecycle import MoveNotAllowed, NeedState, Side
from tests.city import City
from tests.functional.doors.conftest import proposed, quartier
from tests.functional.doors.test_incidents import agreed, lead, reported
from tests.pages import Visitor


@pytest.mark.parametrize(("says", "words"), [("relative", "Somebody close to the resident:"), ("agent", "An agent, who noticed it.")])
def test_family_or_an_agent_may_say_it_for_a_resident(city: City, sign_in: Any, says: str, words: str) -> None:
    match, need, offer = agreed(city)
    visitor = lead(city, sign_in())
    page = visitor.get(f"/coordination/matches/{match.id}/report")
    assert page.text.index("Call before you write: 112") < page.text.index("Who says so?"), "whoever is in danger calls first"
    visitor.submit(page, "Tell the safeguarding lead", side=says, reason="rude", words="He shouted at her.")
    [incident] = city.all(Incident)
    assert (incident.reporter_id, incident.about_id, incident.apart) == (need.person_id, offer.person_id, True)
    assert words in visitor.get(f"/coordination/incidents/{incident.id}").text


def test_a_report_is_taken_in_hand_where_it_is_read_and_nowhere_else(city: City, sign_in: Any) -> None:
    *_, incident = reported(city)
    other, visitor = sign_in(), lead(city, sign_in(role=Role.ADMINISTRATOR))
    for one in (other, visitor):
        page = one.get(f"/coordination/tasks/{incident.task_id}")
        assert "I take it" not in page.text and "Give it to a colleague" not in page.text
        assert "I take it" not in one.get("/coordination/?kind=report").text
    me = max(agent.id for agent in city.all(Person) if agent.role != Role.NONE)
    assert sharing.assign(city.ctx, incident.task_id, me, None, Actor(me)) is sharing.Assigned.NOT
    visitor.submit(visitor.get(f"/coordination/incidents/{incident.id}"), "I have it in hand")
    assert "You" in visitor.get("/coordination/?kind=report").text
    assert city.one(Task, incident.task_id).assigned_to_id == city.one(Incident, incident.id).lead_id


def test_what_a_lead_does_not_coordinate_leads_nowhere(city: City, sign_in: Any) -> None:
    match, need, offer, incident = reported(city)
    elsewhere = quartier(city, "Elsewhere", 5000, 9000)
    visitor = lead(city, sign_in(territory_id=elsewhere))
    page = visitor.get(f"/coordination/incidents/{incident.id}")
    assert f"Match no. {match.id}" in page.text and f"Person no. {need.person_id}" in page.text
    for thing in (f"matches/{match.id}", f"people/{need.person_id}", f"people/{offer.person_id}"):
        closed = f"/coordination/{thing}"
        assert f'"{closed}"' not in page.html
        visitor.get(closed, 404)
    page = lead(city, sign_in()).get(f"/coordination/incidents/{incident.id}")
    assert page.html.count(f'"/coordination/matches/{match.id}"') == 2


def test_what_a_lead_holds_only_a_lead_lets_go_on(city: City, sign_in: Any, client: Visitor) -> None:
    match, need, offer = proposed(city)
    reports.report(city.ctx, Side.VOLUNTEER, need.id, match.id, "unsafe", "", Actor(offer.person_id))
    own = f"/request/{city.ctx.links.token(Purpose.MY_REQUEST, need.id)}"
    client.submit(client.get(f"{own}/pause"), "Yes, pause it")
    stale = client.get(f"{own}/resume")
    visitor = lead(city, sign_in())
    report = visitor.submit(visitor.get(f"/coordination/incidents/{city.all(Incident)[0].id}"), "Put it on hold")
    page = client.get(own)
    assert "It is on hold: the town hall clarifies something first." in page.text and "Go on looking" not in page.text
    assert "On hold since" in client.get(f"{own}/data").text
    assert "This has changed meanwhile" in client.submit(stale, "Yes, go on looking").text
    page = visitor.get(f"/coordination/needs/{need.id}")
    assert "The request is on hold" in page.text and "Go on looking" not in page.text
    with pytest.raises(MoveNotAllowed):
        posting.move_need(city.ctx, need.id, NeedState.OPEN, Actor())
    city.clock.advance(days=60)
    check_due(city.ctx)
    assert city.one(Need, need.id).state == NeedState.PAUSED, "nothing becomes of it by time alone"
    visitor.submit(report, "Close the report", **{"close-outcome": "unfounded"})
    assert city.one(Need, need.id).state == NeedState.OPEN


@pytest.mark.parametrize("ends", [True, False])
def test_what_was_agreed_with_a_resident_of_whom_it_is_stands_before_the_lead(city: City, sign_in: Any, ends: bool) -> None:
    match, need, offer = agreed(city)
    reports.report(city.ctx, Side.VOLUNTEER, need.id, match.id, "unsafe", "", Actor(offer.person_id))
    [incident] = city.all(Incident)
    visitor = lead(city, sign_in())
    page = visitor.get(f"/coordination/incidents/{incident.id}")
    assert "What they agreed with volunteers" in page.text and "to be decided" in page.text
    if ends:
        visitor.submit(page, "End it, and look for somebody else")
    visitor.submit(page, "Close the report", **{"close-outcome": "unfounded"})
    assert city.one(Match, match.id).state == ("cancelled" if ends else "agreed")
    assert ("goes_on" in [entry.kind for entry in city.all(IncidentEntry)]) != ends


def test_closing_leaves_alone_what_the_resident_has_paused(city: City, sign_in: Any, client: Visitor) -> None:
    match, need, offer = proposed(city)
    reports.report(city.ctx, Side.VOLUNTEER, need.id, match.id, "unsafe", "", Actor(offer.person_id))
    client.submit(client.get(f"/request/{city.ctx.links.token(Purpose.MY_REQUEST, need.id)}/pause"), "Yes, pause it")
    visitor = lead(city, sign_in())
    report = visitor.get(f"/coordination/incidents/{city.all(Incident)[0].id}")
    visitor.submit(report, "Close the report", **{"close-outcome": "unfounded"})
    assert city.one(Need, need.id).state == NeedState.PAUSED


def test_whoever_opens_the_form_again_reads_that_they_were_heard(city: City, client: Visitor) -> None:
    match, _, _ = agreed(city)
    form = f"/report/{city.ctx.links.token(Purpose.REPORT, match.id, 'resident')}"
    assert "You told us" not in client.get(form).text
    client.submit(client.get(form), "Tell the town hall", reason="rude")
    assert "You told us today 11:05" in client.get(form).text
    assert "You told us" not in client.get(f"/report/{city.ctx.links.token(Purpose.REPORT, match.id, 'volunteer')}").text


def test_a_reader_stands_there_once_an_hour(city: City, sign_in: Any, client: Visitor) -> None:
    *_, incident = reported(city)
    visitor = lead(city, sign_in())
    for minutes in (0, 1, 2, 70):
        city.clock.advance(minutes=minutes)
        page = visitor.get(f"/coordination/incidents/{incident.id}")
    assert page.html.split("Who has read it")[1].count("Ana Costa") == 2
    assert sum(event.kind == "incident_read" for event in city.all(Event)) == 4, "each is kept"
    looks = [event for event in city.all(Event) if event.kind == "looked_at"]
    assert {event.person_id for event in looks} == {incident.reporter_id, incident.about_id}
    assert {event.reason for event in looks} == {"check"}, "it says nothing of a report"
    assert len(looks) == 4, "of both at once, and again after an hour"
    own = client.get(f"/request/{city.ctx.links.token(Purpose.MY_REQUEST, incident.need_id)}/data")
    assert "to check something" in own.text
