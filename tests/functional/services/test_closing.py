"""What came of a match: asked of both, once more, then a coordinator's task; what each answer does."""

from datetime import timedelta
from typing import Any

from app.models import Match, Need, Offer, Outcome, Person, Role, Visit
from app.services import closing, matches, posting
from app.services.closing import Became, Said
from app.services.events import Actor
from app.services.people import make_person
from matching.lifecycle import NeedState, Side
from tests.city import BY_LINK, City


def agreed(city: City, **need: Any) -> Match:
    need_id = city.need(share_contact=True, **need)
    city.match()
    match = city.matches(need_id)[-1]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    return city.one(Match, match.id)


def asked(city: City) -> int:
    return city.kinds().count("how_was_it")


def test_both_are_asked_after_some_days_once_more_and_then_a_coordinator(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    assert closing.ask_due(city.ctx) == 0
    city.clock.moment = match.ask_at
    (visit,) = city.all(Visit)
    assert match.ask_at - visit.at == timedelta(hours=4), "three hours after it is over"
    assert (closing.ask_due(city.ctx), asked(city)) == (1, 2)
    assert closing.ask_due(city.ctx) == 0
    for times in (4, 4):
        city.clock.moment = city.one(Match, match.id).ask_at
        closing.ask_due(city.ctx)
        assert asked(city) == times
    (task,) = city.tasks("outcome")
    assert (task.reason, task.match_id) == ("silent", match.id)
    assert city.one(Match, match.id).ask_at is None
    assert city.clock() - match.agreed_at < timedelta(days=30), "nobody waits a month for an outcome"
    closing.say(city.ctx, match.id, Side.EITHER, Said.DONE, BY_LINK)
    assert city.tasks("outcome") == []


def test_nobody_is_asked_before_a_visit_that_was_moved_or_at_night(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    (visit,) = city.all(Visit)
    evening = visit.at.astimezone(city.ctx.settings.zone).replace(hour=20) + timedelta(days=2)
    with city.ctx.db.write() as session:
        session.get_one(Visit, visit.id).at = evening
    city.clock.moment = match.ask_at
    assert (closing.ask_due(city.ctx), asked(city)) == (1, 0)
    later = city.one(Match, match.id).ask_at
    assert later == evening.replace(hour=8) + timedelta(days=1)
    city.clock.moment = later
    assert (closing.ask_due(city.ctx), asked(city)) == (1, 2)


def test_wherever_the_visit_is_moved_they_are_asked_within_the_month(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    with city.ctx.db.write() as session:
        session.get_one(Visit, city.all(Visit)[0].id).at = city.clock() + timedelta(days=60)
    city.clock.moment = match.agreed_at + timedelta(days=22)
    closing.ask_due(city.ctx)
    assert asked(city) == 2


def test_somebody_without_email_is_called(city: City) -> None:
    city.volunteer(email=False)
    match = agreed(city, contact="phone", posted_by="agent")
    city.clock.moment = match.ask_at
    closing.ask_due(city.ctx)
    assert [task.reason for task in city.tasks("tell")].count("how_was_it") == 2
    city.clock.moment = city.one(Match, match.id).ask_at
    closing.ask_due(city.ctx)
    assert [task.reason for task in city.tasks("tell")].count("how_was_it") == 2, "the second call takes the place of the first"


def test_done_frees_the_volunteer_and_closes_the_need(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    assert closing.say(city.ctx, match.id, Side.RESIDENT, Said.DONE, BY_LINK) is Became.WRITTEN
    row = city.one(Match, match.id)
    assert (row.state, row.outcome, row.ask_at) == ("closed", "done", None)
    assert (city.one(Need, match.need_id).state, city.one(Offer, match.offer_id).taken) == (NeedState.CLOSED, 0)
    assert closing.say(city.ctx, match.id, Side.VOLUNTEER, Said.DONE, BY_LINK) is Became.WRITTEN
    assert [(each.side, each.said) for each in city.all(Outcome)] == [("resident", "done"), ("volunteer", "done")]
    assert city.tasks("outcome") == []


def test_two_who_say_different_things_are_asked_by_a_coordinator(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    closing.say(city.ctx, match.id, Side.VOLUNTEER, Said.DONE, BY_LINK)
    for _ in range(2):
        assert closing.say(city.ctx, match.id, Side.RESIDENT, Said.NOT_DONE, BY_LINK, because="absent") is Became.DIFFERS
    (task,) = city.tasks("outcome")
    assert task.reason == "differs"
    assert city.one(Match, match.id).outcome == "done", "the first word stands until a coordinator has talked to both"
    assert len(city.all(Outcome)) == 2


def test_help_that_goes_on_is_asked_about_again_in_a_month(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    city.clock.moment = match.ask_at
    closing.ask_due(city.ctx)
    assert closing.say(city.ctx, match.id, Side.VOLUNTEER, Said.GOING_ON, BY_LINK) is Became.WRITTEN
    row = city.one(Match, match.id)
    assert (row.state, row.asked) == ("agreed", 0)
    assert timedelta(days=28) <= row.ask_at - city.clock() < timedelta(days=29)
    city.clock.moment = row.ask_at
    assert (closing.ask_due(city.ctx), asked(city)) == (1, 4)


def test_a_resident_without_help_is_looked_for_again_before_all_others(city: City) -> None:
    city.volunteer(north_m=100)
    second = city.volunteer(north_m=200)
    match = agreed(city)
    closing.say(city.ctx, match.id, Side.RESIDENT, Said.NOT_DONE, BY_LINK, because="absent")
    need = city.one(Need, match.need_id)
    assert (need.state, need.taken, need.next_try_at) == (NeedState.OPEN, 0, need.posted_at)
    assert city.one(Match, match.id).because == "absent"
    city.match()
    assert city.matches(match.need_id)[-1].offer_id == second


def test_or_not_if_they_want_it_no_more(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    closing.say(city.ctx, match.id, Side.RESIDENT, Said.NOT_DONE, BY_LINK, because="no_need", again=False)
    assert city.one(Need, match.need_id).state == NeedState.WITHDRAWN


def test_of_two_helpers_wanted_the_other_stays(city: City) -> None:
    city.volunteer(north_m=100)
    city.volunteer(north_m=200)
    need = city.need(share_contact=True, helpers_needed=2)
    city.match()
    one, other = city.matches(need)
    for match in (one, other):
        matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    closing.say(city.ctx, one.id, Side.RESIDENT, Said.NOT_DONE, BY_LINK, again=False)
    row = city.one(Need, need)
    assert (row.state, row.taken, row.helpers_needed) == (NeedState.AGREED, 1, 1)
    closing.say(city.ctx, other.id, Side.RESIDENT, Said.DONE, BY_LINK)
    assert city.one(Need, need).state == NeedState.CLOSED


def test_where_the_volunteer_says_so_the_resident_is_asked_first(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    closing.say(city.ctx, match.id, Side.VOLUNTEER, Said.NOT_DONE, BY_LINK, because="no_time")
    assert city.one(Need, match.need_id).state == NeedState.PAUSED
    assert city.kinds()[-1] == "not_done"
    posting.move_need(city.ctx, match.need_id, NeedState.OPEN, BY_LINK)
    assert city.one(Need, match.need_id).state == NeedState.OPEN


def test_whoever_took_the_call_learns_what_came_of_it(city: City) -> None:
    with city.ctx.db.write() as session:
        agent = make_person(city.ctx, city.clock(), name="Claire Petit", email="claire@example.org", phone=None, language="fr")
        agent.role, agent.account = Role.COORDINATOR, True
        session.add(agent)
        session.flush()
        agent_id = agent.id
    city.volunteer()
    match = agreed(city, contact="phone", posted_by="agent", by=Actor(agent_id))
    closing.say(city.ctx, match.id, Side.VOLUNTEER, Said.DONE, BY_LINK)
    assert city.kinds()[-1] == "outcome_to_agent"
    assert city.one(Person, agent_id).name == "Claire Petit"


def test_how_it_was_is_kept_beside_what_was_said_and_not_readable_at_rest(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    assert not closing.add_words(city.ctx, match.id, Side.RESIDENT, "Très bien", BY_LINK)
    closing.say(city.ctx, match.id, Side.RESIDENT, Said.DONE, BY_LINK)
    assert closing.add_words(city.ctx, match.id, Side.RESIDENT, "Très bien", BY_LINK)
    said = closing.said_by(city.ctx, match.id, Side.RESIDENT)
    assert said is not None and said.words == "Très bien"
    assert "Très bien" not in city.raw("SELECT words FROM outcome")[0][0]


def test_a_link_of_what_ended_otherwise_changes_nothing(city: City) -> None:
    city.volunteer()
    match = agreed(city)
    matches.back_out(city.ctx, match.id, BY_LINK)
    assert closing.say(city.ctx, match.id, Side.VOLUNTEER, Said.DONE, BY_LINK) is Became.OVER
    assert city.all(Outcome) == []
    assert closing.ask_due(city.ctx) == 0
