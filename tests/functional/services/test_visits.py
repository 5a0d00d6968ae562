"""Visits: planned from both sides' hours, moved, left out, remembered, over; the code, the calendar, somebody else for a day."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import icalendar
import pytest
from icalendar import Calendar

from app.models import Event, Match, Need, Offer, Visit
from app.services import closing, duty, matches, posting, rearranging, reminding, standing_in, visits
from app.services.closing import Said
from app.services.rearranging import NotAnyMore, NotThen
from matching.lifecycle import MatchState, NeedState, OfferState, Side, VisitState
from matching.model import Urgency
from notifications import calendar
from tests.city import BY_LINK, City

Told = Callable[[str], list[dict[str, Any]]]
WEEK = timedelta(weeks=1)


def agreed(city: City, volunteer: dict[str, Any] | None = None, **need: Any) -> int:
    """A match on which both have agreed on Monday 23 November at 11:05 in Paris."""
    city.volunteer(north_m=100, **(volunteer or {}))
    need_id = city.need(**{"share_contact": True, "availability": "We 14:00-18:00"} | need)
    city.match()
    match = city.matches(need_id)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    return match.id


def of(city: City, match_id: int) -> list[Visit]:
    return sorted(city.all(Visit, match_id=match_id), key=lambda visit: visit.at)


def local(city: City, moment: datetime) -> str:
    return f"{moment.astimezone(city.ctx.settings.zone):%a %d %H:%M}"


def entry(city: City, match_id: int, side: Side) -> Calendar:
    """The calendar that this side has by now, as a calendar reads it."""
    invitation = visits.entry(city.ctx, match_id, side)
    assert invitation
    part = calendar.write(invitation, "les courses", "fr", "04 65 71 00 00", city.ctx.settings.zone, "somebody@example.org")
    read = Calendar.from_ical(part.content)
    assert isinstance(read, Calendar)
    return read


def test_the_first_visit_is_suggested_where_the_hours_of_both_meet(city: City, told: Told) -> None:
    match_id = agreed(city, volunteer={"availability": "Mo-Fr 15:00-20:00"})
    (visit,) = of(city, match_id)
    assert (local(city, visit.at), visit.state, visit.slot) == ("Wed 25 15:00", "planned", visit.at)
    match = city.one(Match, match_id)
    assert match.code and len(match.code) == 4 and match.code.isdigit()
    for kind in ("agreed_to_resident", "agreed_to_volunteer"):
        (message,) = told(kind)
        assert (message["code"], datetime.fromisoformat(message["visit_at"])) == (match.code, visit.at)
    (to_volunteer,), (to_resident,) = told("agreed_to_volunteer"), told("agreed_to_resident")
    assert to_volunteer["invitation"]["location"].startswith("1 rue d'Essai")
    assert (to_resident["invitation"]["location"], to_resident["invitation"]["whom"]) == ("", "Volontaire1")


@pytest.mark.parametrize(
    ("need", "when"),
    [
        ({"availability": ""}, "Wed 25 10:00"),  # nobody said when, and Tuesday at ten is less than a day away
        ({"availability": "", "urgency": Urgency.URGENT}, "Mon 23 13:30"),
        ({"availability": "Mo 08:00-20:00", "urgency": Urgency.URGENT}, "Mon 23 13:30"),
    ],
)
def test_how_soon_depends_on_how_urgent_it_is(city: City, need: dict[str, Any], when: str) -> None:
    assert local(city, of(city, agreed(city, **need))[0].at) == when


def test_help_that_repeats_is_planned_four_weeks_ahead_and_goes_on(city: City) -> None:
    match_id = agreed(city, repeats=1)
    assert [local(city, visit.at) for visit in of(city, match_id)] == ["Wed 25 14:00", "Wed 02 14:00", "Wed 09 14:00", "Wed 16 14:00"]
    assert visits.extend_due(city.ctx) == 0
    city.clock.advance(days=150)
    while visits.extend_due(city.ctx):
        pass
    rows = of(city, match_id)
    assert {local(city, visit.at)[4:] for visit in rows} >= {"31 14:00", "07 14:00"}, "the clocks went forward in between"
    assert {f"{visit.at.astimezone(city.ctx.settings.zone):%a %H:%M}" for visit in rows} == {"Wed 14:00"}
    assert rows[-1].at > city.clock() + 3 * WEEK


def test_visits_are_over_by_themselves_and_the_first_end_is_known(city: City) -> None:
    match_id = agreed(city, repeats=2)
    first = of(city, match_id)[0]
    with city.ctx.db.read() as session:
        assert visits.first_end(session, match_id) == first.at + timedelta(hours=1)
        assert visits.first_end(session, 999) is None
    city.clock.moment = first.at + timedelta(minutes=59)
    assert visits.pass_due(city.ctx) == 0
    city.clock.advance(minutes=1)
    assert visits.pass_due(city.ctx) == 1
    assert [visit.state for visit in of(city, match_id)] == ["done", "planned"]
    rearranging.missed(city.ctx, first.id, Side.RESIDENT, BY_LINK)
    rearranging.missed(city.ctx, first.id, Side.RESIDENT, BY_LINK)
    assert of(city, match_id)[0].state == "missed"
    with pytest.raises(NotAnyMore):
        rearranging.missed(city.ctx, of(city, match_id)[1].id, Side.RESIDENT, BY_LINK)
    assert [event.kind for event in city.all(Event, match_id=match_id) if event.kind.startswith("visit")] == ["visit_done", "visit_missed"]


def test_a_moved_visit_is_told_to_both_with_the_same_uid_and_a_higher_sequence(city: City, told: Told) -> None:
    match_id = agreed(city)
    before = entry(city, match_id, Side.RESIDENT).events[0]
    (visit,) = of(city, match_id)
    there = visit.at + timedelta(days=2)
    rearranging.move_visit(city.ctx, visit.id, there, Side.RESIDENT, BY_LINK)
    rearranging.move_visit(city.ctx, visit.id, there, Side.RESIDENT, BY_LINK)
    assert of(city, match_id)[0].at == there
    assert [message["first_name"] for message in told("visit_moved")] == ["Résidente2", "Volontaire1"], "twice is once"
    after = entry(city, match_id, Side.RESIDENT).events[0]
    assert (after["uid"], after["sequence"]) == (before["uid"], before["sequence"] + 1)
    assert after.start == there
    moved = [event for event in city.all(Event) if event.kind == "visit_moved"]
    assert [(event.reason, event.channel) for event in moved] == [("resident", "link")]


def test_one_of_many_is_an_exception_and_all_from_one_on_a_new_rhythm(city: City) -> None:
    match_id = agreed(city, repeats=1)
    first, second, third, _ = of(city, match_id)
    rearranging.move_visit(city.ctx, second.id, second.at + timedelta(days=1), Side.VOLUNTEER, BY_LINK)
    rearranging.skip(city.ctx, third.id, Side.RESIDENT, BY_LINK)
    rule, exception = entry(city, match_id, Side.VOLUNTEER).events
    assert (rule["rrule"]["FREQ"], rule["rrule"]["INTERVAL"], rule.start) == (["WEEKLY"], [1], first.at)
    assert [each.dt for each in rule["exdate"].dts] == [third.at]
    assert (exception["recurrence-id"].dt, exception.start) == (second.at, second.at + timedelta(days=1))
    assert rule["uid"] == exception["uid"]
    rearranging.move_visit(city.ctx, first.id, first.at + timedelta(hours=2), Side.RESIDENT, BY_LINK, onward=True)
    rows = of(city, match_id)
    assert [local(city, visit.at)[4:] for visit in rows] == ["25 16:00", "02 16:00", "09 16:00", "16 16:00"]
    assert [visit.state for visit in rows] == ["planned", "planned", "skipped", "planned"], "what was left out stays so"
    (rule,) = entry(city, match_id, Side.VOLUNTEER).events
    assert (rule.start, rule["sequence"]) == (rows[0].at, 3)
    city.clock.advance(days=40)
    while visits.extend_due(city.ctx):
        pass
    assert {f"{visit.at.astimezone(city.ctx.settings.zone):%H:%M}" for visit in of(city, match_id)} == {"16:00"}


def test_what_cannot_be_moved_or_left_out_is_said(city: City) -> None:
    once = agreed(city)
    (visit,) = of(city, once)
    with pytest.raises(NotThen):
        rearranging.move_visit(city.ctx, visit.id, city.clock() - timedelta(minutes=1), Side.RESIDENT, BY_LINK)
    with pytest.raises(NotThen):
        rearranging.move_visit(city.ctx, visit.id, city.clock() + timedelta(days=500), Side.RESIDENT, BY_LINK)
    with pytest.raises(NotAnyMore):
        rearranging.skip(city.ctx, visit.id, Side.RESIDENT, BY_LINK)
    with pytest.raises(NotAnyMore):
        rearranging.away(city.ctx, once, date(2026, 12, 1), date(2026, 12, 2), Side.RESIDENT, BY_LINK)
    matches.back_out(city.ctx, once, BY_LINK)
    with pytest.raises(NotAnyMore):
        rearranging.move_visit(city.ctx, visit.id, city.clock() + timedelta(days=3), Side.RESIDENT, BY_LINK)
    assert of(city, once)[0].state == "skipped"


def test_holidays_leave_out_the_visits_in_them_and_all_goes_on_after(city: City, told: Told) -> None:
    match_id = agreed(city, repeats=1)
    gone = rearranging.away(city.ctx, match_id, date(2026, 12, 9), date(2027, 1, 6), Side.VOLUNTEER, BY_LINK)
    assert gone == 5
    states = [(local(city, visit.at)[4:6], visit.state, visit.reason) for visit in of(city, match_id)]
    left_out = [(day, "skipped", "volunteer") for day in ("09", "16", "23", "30", "06")]
    assert states == [("25", "planned", None), ("02", "planned", None), *left_out]
    to_resident, to_volunteer = told("visits_skipped")
    assert (to_resident["number"], to_resident["may_replace"], to_volunteer["may_replace"]) == (5, True, False)
    assert len(entry(city, match_id, Side.RESIDENT).events[0]["exdate"].dts) == 5
    city.clock.moment = datetime(2026, 12, 17, tzinfo=UTC)
    while visits.extend_due(city.ctx):
        pass
    assert local(city, of(city, match_id)[-1].at) == "Wed 13 14:00"
    with pytest.raises(NotThen):
        rearranging.away(city.ctx, match_id, date(2027, 2, 2), date(2027, 2, 1), Side.VOLUNTEER, BY_LINK)
    assert rearranging.away(city.ctx, match_id, date(2027, 1, 14), date(2027, 1, 15), Side.VOLUNTEER, BY_LINK) == 0


def test_leaving_out_all_that_is_planned_plans_the_next(city: City, told: Told) -> None:
    match_id = agreed(city, repeats=1)
    for visit in of(city, match_id):
        rearranging.skip(city.ctx, visit.id, Side.RESIDENT, BY_LINK)
    assert datetime.fromisoformat(told("visits_skipped")[-1]["next_at"]) == datetime(2026, 12, 23, 13, tzinfo=UTC)
    skipped = len(told("visits_skipped"))
    rearranging.skip(city.ctx, of(city, match_id)[0].id, Side.RESIDENT, BY_LINK)
    assert len(told("visits_skipped")) == skipped == 8, "twice is once"


def test_both_are_reminded_once_on_the_day_before_at_ten(city: City, told: Told) -> None:
    match_id = agreed(city, contact="phone", repeats=1)
    city.clock.moment = datetime(2026, 11, 24, 8, 59, tzinfo=UTC)
    assert reminding.remind_due(city.ctx) == 0
    city.clock.advance(minutes=1)
    assert (reminding.remind_due(city.ctx), reminding.remind_due(city.ctx)) == (1, 0)
    (mail,) = told("visit_reminder")
    assert (mail["first_name"], mail["address"][:13], mail["code"]) == ("Volontaire1", "1 rue d'Essai", city.one(Match, match_id).code)
    (call,) = [task for task in city.tasks("tell") if task.reason == "visit_reminder"]
    assert mail["code"] in call.words and "http" not in call.words
    city.clock.moment = of(city, match_id)[0].at + timedelta(hours=1)
    visits.pass_due(city.ctx)
    assert not [task for task in city.tasks("tell") if task.reason == "visit_reminder"], "too late to call"


def test_nobody_is_reminded_of_what_they_have_just_been_told_or_of_what_is_left_out(city: City, told: Told) -> None:
    match_id = agreed(city, repeats=1, urgency=Urgency.URGENT, availability="Mo 14:00-18:00")
    assert reminding.remind_due(city.ctx) == 0, "it is today, and they have just agreed"
    second = of(city, match_id)[1]
    city.clock.moment = second.at - timedelta(days=2)
    rearranging.move_visit(city.ctx, second.id, second.at - timedelta(days=1), Side.RESIDENT, BY_LINK)
    city.clock.advance(hours=3)
    assert reminding.remind_due(city.ctx) == 0, "the new time was told after ten"
    third = of(city, match_id)[2]
    rearranging.skip(city.ctx, third.id, Side.RESIDENT, BY_LINK)
    city.clock.moment = third.at - timedelta(hours=20)
    assert reminding.remind_due(city.ctx) == 0
    assert told("visit_reminder") == []


@pytest.mark.parametrize("how", ["backed_out", "let_go", "withdrawn", "off_duty", "closed"])
def test_an_end_takes_the_visits_out_of_both_calendars(city: City, told: Told, how: str) -> None:
    match_id = agreed(city, repeats=1)
    match = city.one(Match, match_id)
    end: dict[str, Callable[[], object]] = {
        "backed_out": lambda: matches.back_out(city.ctx, match_id, BY_LINK),
        "let_go": lambda: matches.let_go(city.ctx, match_id, BY_LINK),
        "withdrawn": lambda: posting.move_need(city.ctx, match.need_id, NeedState.WITHDRAWN, BY_LINK),
        "off_duty": lambda: duty.move_offer(city.ctx, match.offer_id, OfferState.WITHDRAWN, BY_LINK),
        "closed": lambda: closing.say(city.ctx, match_id, Side.RESIDENT, Said.DONE, BY_LINK),
    }
    end[how]()
    assert {(visit.state, visit.reason) for visit in of(city, match_id)} == {("skipped", "ended")}
    off = [m for kind in ("match_ended_to_volunteer", "search_goes_on", "visits_off") for m in told(kind) if m["invitation"]]
    assert sorted(m["first_name"] for m in off) == ["Résidente2", "Volontaire1"]
    for message in off:
        part = calendar.write(calendar.from_dict(message["invitation"]), "shopping", "en", "1", city.ctx.settings.zone, "x@example.org")
        cancel = icalendar.Calendar.from_ical(part.content)
        assert (part.method, cancel["method"]) == ("CANCEL", "CANCEL")
        assert (cancel.events[0]["status"], cancel.events[0]["sequence"]) == ("CANCELLED", 1)
        assert cancel.events[0]["uid"] == f"match-{match_id}@{city.ctx.settings.mail_sender.partition('@')[2]}"
        assert "location" not in cancel.events[0]
    city.clock.advance(days=60)
    assert visits.extend_due(city.ctx) == visits.pass_due(city.ctx) == reminding.remind_due(city.ctx) == 0


@pytest.mark.parametrize(("outcome", "state"), [("done", "done"), ("not_done", "missed")])
def test_what_came_of_help_given_once_came_of_its_visit(city: City, told: Told, outcome: str, state: str) -> None:
    match_id = agreed(city)
    city.clock.moment = of(city, match_id)[0].at + timedelta(minutes=5)
    closing.say(city.ctx, match_id, Side.RESIDENT, Said(outcome), BY_LINK)
    assert [visit.state for visit in of(city, match_id)] == [state]
    assert told("visits_off") == []


@pytest.mark.parametrize("outcome", ["done", "not_done"])
def test_what_is_said_before_the_visit_calls_it_off_for_both(city: City, told: Told, outcome: str) -> None:
    match_id = agreed(city)
    closing.say(city.ctx, match_id, Side.RESIDENT, Said(outcome), BY_LINK)
    assert [(visit.state, visit.reason) for visit in of(city, match_id)] == [("skipped", "ended")]
    assert sorted(message["first_name"] for message in told("visits_off")) == ["Résidente2", "Volontaire1"], "nobody goes there for nothing"


def test_somebody_else_comes_for_one_day_and_never_whoever_is_away(city: City, told: Told) -> None:
    match_id = agreed(city, repeats=1, volunteer={"capacity": 5})
    visit = of(city, match_id)[2]
    assert standing_in.look_for(city.ctx, visit.id, BY_LINK) is None, "it takes place"
    rearranging.skip(city.ctx, visit.id, Side.VOLUNTEER, BY_LINK)
    need_id = standing_in.look_for(city.ctx, visit.id, BY_LINK)
    assert need_id == standing_in.look_for(city.ctx, visit.id, BY_LINK), "twice is once"
    assert need_id
    need, old = city.one(Need, need_id), city.one(Need, city.one(Match, match_id).need_id)
    assert (need.wanted_at, need.repeats, need.availability) == (visit.at, 0, "We 14:00-18:00")
    assert (need.person_id, need.point, need.public_lon, need.address) == (old.person_id, old.point, old.public_lon, old.address)
    city.match()
    assert city.matches(need_id) == []
    other = city.volunteer(north_m=300)
    city.clock.advance(minutes=11)
    city.match()
    (match,) = city.matches(need_id)
    assert match.offer_id == other
    assert datetime.fromisoformat(told("proposal_to_volunteer")[-1]["at"]) == visit.at
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    assert [each.at for each in of(city, match.id)] == [visit.at]
    assert city.one(Match, match_id).state == MatchState.AGREED


def test_a_day_that_nobody_could_take_ends_by_itself(city: City) -> None:
    match_id = agreed(city, repeats=1)
    visit = of(city, match_id)[1]
    rearranging.skip(city.ctx, visit.id, Side.VOLUNTEER, BY_LINK)
    need_id = standing_in.look_for(city.ctx, visit.id, BY_LINK)
    assert need_id
    offer = city.volunteer(north_m=300)
    city.match()
    assert standing_in.expire_due(city.ctx) == 0
    city.clock.moment = visit.at
    assert (standing_in.expire_due(city.ctx), standing_in.expire_due(city.ctx)) == (1, 0)
    assert city.one(Need, need_id).state == NeedState.EXPIRED
    assert [match.state for match in city.matches(need_id)] == ["cancelled"]
    assert city.one(Offer, offer).taken == 0
    assert city.kinds()[-1] == "need_closed"


def test_the_proposal_says_how_often(city: City, told: Told) -> None:
    city.volunteer()
    city.need(repeats=2)
    city.match()
    assert told("proposal_to_volunteer")[0]["weeks"] == 2


def test_a_visit_that_is_over_can_be_moved_no_more(city: City) -> None:
    match_id = agreed(city)
    (visit,) = of(city, match_id)
    city.clock.moment = visit.at + timedelta(hours=2)
    visits.pass_due(city.ctx)
    with pytest.raises(NotAnyMore):
        rearranging.move_visit(city.ctx, visit.id, city.clock() + WEEK, Side.VOLUNTEER, BY_LINK)
    assert of(city, match_id)[0].state == VisitState.DONE


def test_two_visits_are_never_at_the_same_time(city: City) -> None:
    match_id = agreed(city, repeats=1)
    first, second, *_ = of(city, match_id)
    with pytest.raises(rearranging.AlreadyThen):
        rearranging.move_visit(city.ctx, first.id, second.at, Side.RESIDENT, BY_LINK)
    assert [visit.at for visit in of(city, match_id)][:2] == [first.at, second.at]


def test_whoever_has_no_e_mail_is_called_when_the_other_side_ends_it_before_the_visit(city: City) -> None:
    match_id = agreed(city, contact="phone")
    closing.say(city.ctx, match_id, Side.VOLUNTEER, Said.DONE, BY_LINK)
    assert [task.reason for task in city.tasks("tell") if task.closed_at is None][-1] == "visits_off"
