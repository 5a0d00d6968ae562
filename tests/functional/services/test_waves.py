"""Several volunteers are asked at once: the first yes takes the place, the others lose nothing, and a no asks the next."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import update

from app.models import Event, Need, Offer
from app.services import closing, duty, ending, matches
from app.services.closing import Said
from app.services.matches import Answer
from app.services.records import nearby_averages, past_of
from matching.lifecycle import MatchState, NeedState, OfferState, Side
from matching.waves import DEFAULT_WAVES
from notifications.tables import outbox
from tests.city import BY_LINK, City


@pytest.fixture
def crowd(city: City) -> City:
    """Nine volunteers to the north, the first the nearest, asked in waves."""
    city.waves = DEFAULT_WAVES
    for i in range(1, 10):
        city.volunteer(north_m=100 * i)
    return city


def asked(city: City, need: int) -> list[int]:
    return [match.offer_id for match in city.matches(need) if match.state == MatchState.PROPOSED]


def test_as_many_are_asked_as_make_a_yes_likely(crowd: City) -> None:
    need = crowd.need()
    assert crowd.match() == 3
    assert asked(crowd, need) == [1, 2, 3]
    row = crowd.one(Need, need)
    assert (row.state, row.taken, row.next_try_at) == (NeedState.ASKED, 0, None)
    assert crowd.kinds().count("proposal_to_volunteer") == 3
    assert crowd.kinds().count("proposal_to_resident") == 1, "one message says how many were asked"
    assert crowd.match() == 0


def test_the_first_yes_takes_the_place_and_the_others_are_free_at_once(crowd: City) -> None:
    need = crowd.need()
    crowd.match()
    first, second, third = crowd.matches(need)
    assert matches.volunteer_answers(crowd.ctx, second.id, True, BY_LINK) is Answer.ACCEPTED
    assert crowd.one(Need, need).taken == 1
    assert [(m.state, m.reason) for m in crowd.matches(need)] == [("cancelled", "settled"), ("accepted", None), ("cancelled", "settled")]
    assert [crowd.one(Offer, m.offer_id).taken for m in (first, second, third)] == [0, 1, 0]
    assert crowd.kinds().count("match_ended_to_volunteer") == 2
    assert matches.volunteer_answers(crowd.ctx, first.id, True, BY_LINK) is Answer.SETTLED
    assert matches.volunteer_answers(crowd.ctx, third.id, False, BY_LINK) is Answer.SETTLED
    assert crowd.one(Need, need).taken == 1


def test_whoever_was_not_needed_has_lost_nothing(crowd: City) -> None:
    need = crowd.need()
    crowd.match()
    matches.volunteer_answers(crowd.ctx, crowd.matches(need)[0].id, True, BY_LINK)
    with crowd.ctx.db.read() as session:
        past = past_of(session, crowd.clock(), [need], [2, 3, 9], nearby_averages(session, crowd.clock()))
    assert past.records[2] == past.records[3] == past.records[9], "as if they had never been asked"
    matches.back_out(crowd.ctx, crowd.matches(need)[0].id, BY_LINK)
    crowd.clock.advance(days=2)
    crowd.match()
    assert asked(crowd, need)[0] == 2, "they may be asked again for the same neighbour"


def test_a_no_and_a_silence_ask_the_next(crowd: City) -> None:
    need = crowd.need()
    crowd.match()
    matches.volunteer_answers(crowd.ctx, crowd.matches(need)[0].id, False, BY_LINK)
    assert crowd.match() >= 1
    assert asked(crowd, need)[:3] == [2, 3, 4]
    crowd.clock.advance(days=3)
    assert ending.expire_due(crowd.ctx) >= 3
    crowd.match()
    assert not {1, 2, 3, 4} & set(asked(crowd, need)), "nobody who said no or nothing is asked again"


def test_two_places_are_taken_by_two(crowd: City) -> None:
    need = crowd.need(helpers_needed=2)
    crowd.match()
    wave = crowd.matches(need)
    assert len(wave) > 2
    matches.volunteer_answers(crowd.ctx, wave[0].id, True, BY_LINK)
    assert crowd.one(Need, need).state == NeedState.ASKED
    assert len(asked(crowd, need)) == len(wave) - 1, "the second place is still to be had"
    matches.volunteer_answers(crowd.ctx, wave[1].id, True, BY_LINK)
    assert asked(crowd, need) == []
    assert crowd.one(Need, need).taken == 2


def test_two_at_once_say_yes_and_one_comes(crowd: City) -> None:
    need = crowd.need(share_contact=True)
    crowd.match()
    wave = crowd.matches(need)
    said: Counter[Answer] = Counter()
    ready = threading.Barrier(len(wave))

    def yes(match_id: int) -> None:
        ready.wait()
        said[matches.volunteer_answers(crowd.ctx, match_id, True, BY_LINK)] += 1

    threads = [threading.Thread(target=yes, args=(match.id,)) for match in wave]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said == {Answer.AGREED: 1, Answer.SETTLED: 2}
    assert crowd.one(Need, need).taken == 1
    assert sum(offer.taken for offer in crowd.all(Offer)) == 1
    assert crowd.events().count("contacts_shown") == 2


def test_needs_of_one_round_get_one_volunteer_each_before_any_gets_more(city: City) -> None:
    city.waves = DEFAULT_WAVES
    for i in range(1, 4):
        city.volunteer(north_m=100 * i)
    needs = [city.need(north_m=100 * i) for i in range(3)]
    assert city.match() == 3
    assert [len(asked(city, need)) for need in needs] == [1, 1, 1]


def test_a_need_that_somebody_backed_out_of_is_before_all_others(crowd: City) -> None:
    need = crowd.need(share_contact=True)
    crowd.match()
    match = crowd.matches(need)[0]
    matches.volunteer_answers(crowd.ctx, match.id, True, BY_LINK)
    crowd.clock.advance(days=1)
    younger = crowd.need()
    matches.back_out(crowd.ctx, match.id, BY_LINK, matches.PREVENTED)
    row = crowd.one(Need, need)
    assert (row.state, row.next_try_at) == (NeedState.OPEN, row.posted_at)
    assert row.next_try_at < crowd.one(Need, younger).next_try_at
    (back,) = [event for event in crowd.all(Event) if event.kind == "match_cancelled" and event.match_id == match.id]
    assert (back.reason, back.channel) == ("prevented", "link")
    shown = [event for event in crowd.all(Event) if event.kind == "contacts_shown"]
    assert {event.person_id for event in shown} == {crowd.one(Offer, match.offer_id).person_id, row.person_id}


def test_a_volunteer_who_goes_off_duty_is_not_waited_for(crowd: City) -> None:
    need = crowd.need()
    crowd.match()
    duty.set_duty(crowd.ctx, crowd.one(Offer, 1).person_id, False, BY_LINK)
    assert crowd.matches(need)[0].reason == "off_duty"
    crowd.match()
    assert asked(crowd, need)[:3] == [2, 3, 4]
    duty.set_duty(crowd.ctx, crowd.one(Offer, 1).person_id, True, BY_LINK)
    assert crowd.one(Offer, 1).state == OfferState.ACTIVE


def test_every_move_is_written_down(crowd: City) -> None:
    need = crowd.need(share_contact=True)
    crowd.match()
    match = crowd.matches(need)[0]
    matches.volunteer_answers(crowd.ctx, match.id, True, BY_LINK)
    closing.say(crowd.ctx, match.id, Side.EITHER, Said("done"), BY_LINK)
    moves = [event for event in crowd.all(Event, need_id=need) if event.match_id in (None, match.id)]
    told = [(event.kind, event.reason, event.channel) for event in moves if event.kind.startswith(("need_", "match_"))]
    assert told == [
        ("need_posted", None, "web"), ("need_open", "confirmed", "link"), ("match_proposed", None, "system"),
        ("need_asked", "asked", "system"), ("match_agreed", "yes", "link"), ("need_agreed", "agreed", "link"),
        ("match_closed", "done", "link"), ("need_closed", "done", "link"),
    ]  # fmt: skip


def test_what_waits_for_the_morning_is_not_said_once_it_is_overtaken(crowd: City) -> None:
    need = crowd.need()
    crowd.match()
    morning = crowd.clock() + timedelta(hours=9)
    first, second, third = crowd.matches(need)
    with crowd.ctx.db.write() as session:  # as the relay holds what is not to wake anybody
        session.execute(update(outbox).where(outbox.c.about.startswith(f"match:{second.id}/")).values(due_at=morning))
    matches.volunteer_answers(crowd.ctx, first.id, True, BY_LINK)
    asked = crowd.raw("SELECT about, state FROM notification_outbox WHERE kind = 'proposal_to_volunteer'")
    states = {row.about.split("/")[0]: row.state for row in asked}
    assert states[f"match:{second.id}"] == "skipped"
    assert states[f"match:{third.id}"] == "waiting", "it may be on its way"
    ended = [about for kind, about in crowd.mails() if kind == "match_ended_to_volunteer"]
    assert [about.split("/")[0] for about in ended] == [f"match:{third.id}"], "who never heard of it need not hear that it is settled"


def test_nobody_is_called_about_a_request_that_they_never_heard_of(city: City) -> None:
    city.waves = DEFAULT_WAVES
    city.volunteer(north_m=100)
    city.volunteer(north_m=200, email=False)
    need = city.need()
    city.match()
    assert [task.reason for task in city.tasks("tell")] == ["proposal_to_volunteer"]
    matches.volunteer_answers(city.ctx, city.matches(need)[0].id, True, BY_LINK)
    assert city.tasks("tell") == []


def test_two_needs_that_ask_the_same_volunteers_do_not_wait_for_each_other(crowd: City) -> None:
    """Each yes lets the other need's volunteer go: where rows were not locked in one order, PostgreSQL would break one of the two off."""
    failed: list[BaseException] = []

    def say(match_id: int, ready: threading.Barrier) -> None:
        ready.wait()
        try:
            matches.volunteer_answers(crowd.ctx, match_id, True, BY_LINK)
        except BaseException as error:
            failed.append(error)

    for offer in crowd.all(Offer):
        with crowd.ctx.db.write() as session:
            session.get_one(Offer, offer.id).capacity = 50
    for _ in range(8):
        needs = [crowd.need(share_contact=True) for _ in range(2)]
        crowd.match()
        first, second = ({match.offer_id: match.id for match in crowd.matches(need)} for need in needs)
        low, high = min(first), max(second)
        ready = threading.Barrier(2)
        threads = [threading.Thread(target=say, args=(match, ready)) for match in (first[low], second[high])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [crowd.one(Need, need).taken for need in needs] == [1, 1]
    assert failed == []
