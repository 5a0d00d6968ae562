"""From a need to an agreement and back: what answers, silence and withdrawals do to the world."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from app.models import Match, Need, Offer, Person
from app.services import closing, duty, ending, matches, matching, posting
from app.services.accounts import approve
from app.services.closing import Said
from app.services.events import Actor
from app.services.matches import Answer
from matching.lifecycle import MatchState, MoveNotAllowed, NeedState, OfferState, Side
from matching.model import Urgency
from tests.city import BY_LINK, City


def test_the_nearest_volunteer_is_asked_and_both_are_told(city: City) -> None:
    far, near = city.volunteer(north_m=900), city.volunteer(north_m=320)
    need = city.need()
    assert city.match() == 1
    (match,) = city.matches(need)
    assert (match.offer_id, match.state, match.distance_m) == (near, MatchState.PROPOSED, 320)
    assert city.one(Need, need).state == NeedState.ASKED
    assert [city.one(Offer, o).taken for o in (near, far)] == [1, 0]
    assert city.kinds() == ["confirm_need", "need_received", "proposal_to_volunteer", "proposal_to_resident"]


def test_an_urgent_or_normal_need_is_due_at_once_and_a_flexible_one_within_the_hour(city: City) -> None:
    for urgency, minutes in ((Urgency.URGENT, 0), (Urgency.NORMAL, 0), (Urgency.FLEXIBLE, 25)):
        need = city.one(Need, city.need(urgency=urgency))
        assert (need.next_try_at - city.clock()).total_seconds() / 60 == minutes


def test_yes_and_yes_exchange_the_contacts(city: City) -> None:
    city.volunteer()
    need = city.need()
    city.match()
    (match,) = city.matches(need)
    assert matches.volunteer_answers(city.ctx, match.id, True, BY_LINK) is Answer.ACCEPTED
    assert matches.resident_answers(city.ctx, match.id, True, BY_LINK) is Answer.AGREED
    assert city.one(Need, need).state == NeedState.AGREED
    assert city.kinds()[-4:] == ["accepted_to_resident", "accepted_to_volunteer", "agreed_to_volunteer", "agreed_to_resident"]
    assert city.events().count("contacts_shown") == 2


def test_a_yes_agrees_at_once_where_the_resident_said_so_beforehand(city: City) -> None:
    city.volunteer()
    need = city.need(share_contact=True)
    city.match()
    (match,) = city.matches(need)
    assert matches.volunteer_answers(city.ctx, match.id, True, BY_LINK) is Answer.AGREED
    assert city.kinds()[-2:] == ["agreed_to_volunteer", "agreed_to_resident"]


def test_a_declined_proposal_goes_to_the_next_volunteer_and_not_to_the_same_again(city: City) -> None:
    near, far = city.volunteer(north_m=100), city.volunteer(north_m=500)
    need = city.need()
    city.match()
    assert matches.volunteer_answers(city.ctx, city.matches(need)[0].id, False, BY_LINK) is Answer.DECLINED
    assert city.one(Offer, near).taken == 0
    assert city.match() == 1
    assert [(m.offer_id, m.state) for m in city.matches(need)] == [(near, "declined"), (far, "proposed")]
    matches.volunteer_answers(city.ctx, city.matches(need)[1].id, False, BY_LINK)
    assert city.match() == 0
    assert [t.reason for t in city.tasks("nobody")] == ["all_asked"]


def test_silence_until_the_deadline_goes_to_the_next_volunteer(city: City) -> None:
    city.volunteer(north_m=100)
    far = city.volunteer(north_m=500)
    need = city.need()
    city.match()
    assert ending.expire_due(city.ctx) == 0
    city.clock.advance(hours=24, seconds=1)
    assert ending.expire_due(city.ctx) == 1
    city.match()
    silent, asked = city.matches(need)
    assert (silent.state, silent.reason, asked.offer_id) == ("expired", "silent", far)
    assert matches.volunteer_answers(city.ctx, silent.id, True, BY_LINK) is Answer.TOO_LATE
    assert (city.one(Need, need).taken, city.one(Offer, far).taken) == (0, 1)


def test_a_yes_after_the_deadline_is_too_late_even_before_the_worker_looked(city: City) -> None:
    city.volunteer()
    need = city.need()
    city.match()
    city.clock.advance(hours=25)
    (match,) = city.matches(need)
    assert matches.volunteer_answers(city.ctx, match.id, True, BY_LINK) is Answer.TOO_LATE
    assert city.one(Need, need).state == NeedState.OPEN


def test_a_resident_who_says_no_lets_the_volunteer_go_and_the_next_one_is_asked(city: City) -> None:
    first, second = city.volunteer(north_m=100), city.volunteer(north_m=200)
    need = city.need()
    city.match()
    match = city.matches(need)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    assert matches.resident_answers(city.ctx, match.id, False, BY_LINK) is Answer.DECLINED
    assert city.kinds()[-1] == "match_ended_to_volunteer"
    assert city.one(Offer, first).taken == 0
    city.match()
    assert city.matches(need)[1].offer_id == second


def test_a_silent_residents_volunteer_is_let_go_and_the_next_one_asked_until_the_second_silence(city: City) -> None:
    first, second = city.volunteer(north_m=100), city.volunteer(north_m=200)
    need = city.need()
    for offer in (first, second):
        city.match()
        match = city.matches(need)[-1]
        assert match.offer_id == offer
        matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
        city.clock.advance(hours=25)
        ending.expire_due(city.ctx)
        assert city.one(Offer, offer).taken == 0
    assert city.one(Need, need).state == NeedState.PAUSED
    assert [kind for kind in city.kinds() if kind in ("search_goes_on", "need_paused")] == ["search_goes_on", "need_paused"]
    assert city.kinds().count("match_ended_to_volunteer") == 2
    posting.move_need(city.ctx, need, NeedState.OPEN, BY_LINK)
    assert city.one(Need, need).state == NeedState.OPEN


def test_a_resident_without_email_has_time_to_be_reached(city: City) -> None:
    city.volunteer()
    need = city.need(contact="phone", posted_by="agent")
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(need)[0].id, True, BY_LINK)
    city.clock.advance(hours=70)
    assert ending.expire_due(city.ctx) == 0


def test_a_call_that_is_overtaken_is_off_the_list(city: City) -> None:
    city.volunteer(north_m=100)
    need = city.need(contact="phone", posted_by="agent")

    def calls() -> list[str | None]:
        return [task.reason for task in city.tasks("tell")]

    city.match()
    assert calls() == ["proposal_to_resident"]
    (match,) = city.matches(need)
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    assert calls() == ["accepted_to_resident"]
    matches.resident_answers(city.ctx, match.id, True, BY_LINK)
    assert calls() == ["agreed_to_resident"]
    matches.back_out(city.ctx, match.id, BY_LINK)
    assert calls() == ["search_goes_on"], "nobody reads out the contacts of a volunteer who backed out"
    city.match()
    assert calls() == ["search_goes_on", "nobody_yet"]
    city.volunteer(north_m=200)
    city.clock.advance(minutes=11)
    city.match()
    assert calls() == ["proposal_to_resident"]
    posting.move_need(city.ctx, need, NeedState.WITHDRAWN, BY_LINK)
    assert calls() == ["need_closed"]


def test_withdrawing_a_need_tells_the_volunteer_and_frees_them(city: City) -> None:
    offer, need = city.volunteer(), city.need()
    city.match()
    posting.move_need(city.ctx, need, NeedState.WITHDRAWN, BY_LINK)
    assert city.matches(need)[0].state == MatchState.CANCELLED
    assert city.one(Offer, offer).taken == 0
    assert city.kinds()[-2:] == ["match_ended_to_volunteer", "need_closed"]
    assert matches.volunteer_answers(city.ctx, city.matches(need)[0].id, True, BY_LINK) is Answer.OVER
    with pytest.raises(MoveNotAllowed):
        posting.move_need(city.ctx, need, NeedState.OPEN, BY_LINK)


def test_a_volunteer_who_withdraws_leaves_the_need_to_the_next_one(city: City) -> None:
    first, second = city.volunteer(north_m=100), city.volunteer(north_m=300)
    need = city.need(share_contact=True)
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(need)[0].id, True, BY_LINK)
    duty.move_offer(city.ctx, first, OfferState.WITHDRAWN, BY_LINK)
    assert city.kinds()[-1] == "search_goes_on"
    city.match()
    assert city.matches(need)[1].offer_id == second


def test_a_pause_keeps_what_was_agreed_and_gives_open_requests_back(city: City) -> None:
    offer = city.volunteer(capacity=2)
    agreed, waiting = city.need(share_contact=True), city.need()
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(agreed)[0].id, True, BY_LINK)
    duty.move_offer(city.ctx, offer, OfferState.PAUSED, BY_LINK)
    assert [city.matches(n)[0].state for n in (agreed, waiting)] == ["agreed", "cancelled"]
    assert city.one(Offer, offer).taken == 1
    assert city.match() == 0


def test_backing_out_after_agreeing_opens_the_need_again(city: City) -> None:
    city.volunteer(north_m=100)
    city.volunteer(north_m=300)
    need = city.need(share_contact=True)
    city.match()
    match = city.matches(need)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    matches.back_out(city.ctx, match.id, BY_LINK)
    assert city.one(Need, need).state == NeedState.OPEN
    assert city.match() == 1


def test_a_need_that_was_met_is_closed_and_its_volunteer_free(city: City) -> None:
    offer, need = city.volunteer(), city.need(share_contact=True)
    city.match()
    match = city.matches(need)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    closing.say(city.ctx, match.id, Side.EITHER, Said("done"), BY_LINK)
    assert city.one(Need, need).state == NeedState.CLOSED
    assert city.one(Offer, offer).taken == 0


def test_help_that_was_not_given_opens_the_need_again(city: City) -> None:
    city.volunteer()
    need = city.need(share_contact=True)
    city.match()
    match = city.matches(need)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    closing.say(city.ctx, match.id, Side.EITHER, Said("not_done"), BY_LINK)
    assert city.one(Need, need).state == NeedState.OPEN


def test_two_places_are_filled_by_two_volunteers(city: City) -> None:
    for north_m in (100, 200, 300):
        city.volunteer(north_m=north_m, capacity=2)
    need = city.need(helpers_needed=2, share_contact=True)
    assert city.match() == 2
    first, second = city.matches(need)
    assert first.offer_id != second.offer_id
    matches.volunteer_answers(city.ctx, first.id, True, BY_LINK)
    assert city.one(Need, need).state == NeedState.ASKED
    matches.volunteer_answers(city.ctx, second.id, True, BY_LINK)
    assert city.one(Need, need).state == NeedState.AGREED


def test_several_needs_at_once_get_the_best_set_where_one_after_the_other_would_lose_one(city: City) -> None:
    everywhere, near_only = city.volunteer(north_m=0, radius_m=3000), city.volunteer(north_m=1500, radius_m=500)
    middle, south = city.need(north_m=1100), city.need(north_m=-1000)
    assert city.match() == 2
    assert [city.matches(n)[0].offer_id for n in (middle, south)] == [near_only, everywhere]


def test_nobody_eligible_becomes_a_task_with_its_reason_once(city: City) -> None:
    city.volunteer(north_m=5000)
    need = city.need()
    assert city.match() == 0
    city.clock.advance(minutes=11)
    assert city.match() == 0
    assert [t.reason for t in city.tasks("nobody")] == ["distance"]
    assert city.kinds().count("nobody_yet") == 1
    city.volunteer(north_m=100)
    city.clock.advance(minutes=11)
    assert city.match() == 1
    assert city.tasks("nobody") == [] and city.one(Need, need).state == NeedState.ASKED


@pytest.mark.parametrize(
    ("offer", "reason"),
    [({"categories": ("pets",)}, "category"), ({"availability": "Mo 08:00-09:00"}, "hours"), ({"languages": ("tr",)}, "language")],
)
def test_the_reason_names_the_rule_that_nobody_passes(city: City, offer: dict[str, object], reason: str) -> None:
    city.volunteer(**offer)
    city.need(availability="Tu 10:00-12:00")
    city.match()
    assert [t.reason for t in city.tasks("nobody")] == [reason]


def test_busy_volunteers_are_said_to_be_busy(city: City) -> None:
    city.volunteer()
    city.need()
    city.match()
    city.need()
    city.match()
    assert [t.reason for t in city.tasks("nobody")] == ["taken"]


def test_a_volunteer_whom_nobody_approved_is_never_asked(city: City) -> None:
    offer = city.volunteer(approved=False)
    city.need()
    assert city.match() == 0
    approve(city.ctx, city.one(Offer, offer).person_id, Actor())
    city.clock.advance(minutes=11)
    assert city.match() == 1


def test_whoever_has_no_email_becomes_a_task_with_the_words_to_say(city: City) -> None:
    city.volunteer(email=False, north_m=250)
    city.need(contact="phone", posted_by="agent")
    city.match()
    to_volunteer, to_resident = city.tasks("tell")
    assert (to_volunteer.reason, to_resident.reason) == ("proposal_to_volunteer", "proposal_to_resident")
    assert "300 m" in to_volunteer.words.replace("\xa0", " ") and "/answer/" not in to_volunteer.words
    assert city.mails() == []


def test_an_answer_by_phone_closes_the_call_that_asked_for_it(city: City) -> None:
    city.volunteer(email=False)
    need = city.need()
    city.match()
    assert len(city.tasks("tell")) == 1
    matches.volunteer_answers(city.ctx, city.matches(need)[0].id, True, BY_LINK)
    assert [t.reason for t in city.tasks("tell")] == ["accepted_to_volunteer"]


def test_the_same_answer_twice_changes_nothing_twice(city: City) -> None:
    city.volunteer()
    need = city.need()
    city.match()
    match = city.matches(need)[0].id
    answers = [matches.volunteer_answers(city.ctx, match, True, BY_LINK) for _ in range(2)]
    answers += [matches.resident_answers(city.ctx, match, True, BY_LINK) for _ in range(2)]
    assert answers == [Answer.ACCEPTED, Answer.ACCEPTED, Answer.AGREED, Answer.AGREED]
    assert len(city.kinds()) == len(set(city.mails()))
    assert matches.volunteer_answers(city.ctx, match, False, BY_LINK) is Answer.OVER


def test_answers_that_race_end_in_one_state(city: City) -> None:
    city.volunteer()
    need = city.need()
    city.match()
    match = city.matches(need)[0].id
    got: list[Answer] = []
    threads = [
        threading.Thread(target=lambda yes=yes: got.append(matches.volunteer_answers(city.ctx, match, yes, BY_LINK)))
        for yes in (True, False, True, False)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = city.matches(need)[0].state
    assert {Answer.ACCEPTED: "accepted", Answer.DECLINED: "declined"}[got[0]] == state
    assert set(got) <= {got[0], Answer.OVER}
    assert city.one(Need, need).taken == (1 if state == "accepted" else 0)


def test_the_write_claims_room_again_when_the_index_is_stale(city: City) -> None:
    offer = city.volunteer(capacity=1)
    city.need()
    city.match()
    second = city.need()
    city.board.index.put(replace(city.board.index.get(offer), capacity=1))
    assert matching.match_due(city.ctx, city.board) == 0
    assert city.matches(second) == [] and city.one(Offer, offer).taken == 1


def test_a_volunteer_is_never_asked_for_their_own_need(city: City) -> None:
    offer = city.volunteer()
    city.need(email=city.one(Person, city.one(Offer, offer).person_id).email)
    assert city.match() == 0
    assert [t.reason for t in city.tasks("nobody")] == ["same_person"]


def test_whoever_is_signed_in_posts_as_themselves(city: City) -> None:
    account = city.one(Person, city.one(Offer, city.volunteer()).person_id)
    mine = city.need(email=account.email, by=Actor(account.id))
    others = city.need(email=account.email)
    assert city.one(Need, mine).person_id == account.id
    assert city.one(Need, others).person_id != account.id, "anybody can type an address into a form"


def test_a_pause_of_a_need_keeps_the_helper_who_agreed(city: City) -> None:
    for north_m in (100, 200):
        city.volunteer(north_m=north_m)
    need = city.need(helpers_needed=2, share_contact=True)
    city.match()
    agreed, _ = city.matches(need)
    matches.volunteer_answers(city.ctx, agreed.id, True, BY_LINK)
    posting.move_need(city.ctx, need, NeedState.PAUSED, BY_LINK)
    assert [m.state for m in city.matches(need)] == ["agreed", "cancelled"]
    posting.move_need(city.ctx, need, NeedState.OPEN, BY_LINK)
    row = city.one(Need, need)
    assert (row.state, row.taken) == (NeedState.OPEN, 1)


def test_the_write_asks_again_whether_the_volunteer_is_approved(city: City) -> None:
    offer, need = city.volunteer(), city.need()
    city.board.follow(city.ctx)
    with city.ctx.db.write() as session:
        session.get_one(Person, city.one(Offer, offer).person_id).approved_at = None
    assert matching.match_due(city.ctx, city.board) == 0
    assert city.matches(need) == []


def test_a_place_that_comes_free_is_filled_at_once_though_another_one_waits_for_the_next_try(city: City) -> None:
    for north_m in (100, 200):
        city.volunteer(north_m=north_m)
    need = city.need(helpers_needed=3)
    assert city.match() == 2
    assert city.one(Need, need).next_try_at > city.clock() + timedelta(minutes=5)
    third = city.volunteer(north_m=300)
    matches.volunteer_answers(city.ctx, city.matches(need)[0].id, False, BY_LINK)
    assert city.match() == 1
    assert city.matches(need)[2].offer_id == third


def test_a_setting_approves_a_confirmed_volunteer_at_once(city: City) -> None:
    by_hand = city.volunteer(approved=False)
    assert [task.offer_id for task in city.tasks("approve")] == [by_hand]
    city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, approve_volunteers="at_once"))
    at_once = city.volunteer(approved=False)
    need = city.need()
    city.match()
    assert [match.offer_id for match in city.matches(need)] == [at_once]


def test_a_need_that_nobody_has_put_on_the_map_waits_for_that_however_often_it_is_resumed(city: City) -> None:
    city.volunteer()
    nowhere = city.need(where=posting.Where("12 rue Inconnue", "69003", "Lyon"))
    for there in (NeedState.PAUSED, NeedState.OPEN):
        posting.move_need(city.ctx, nowhere, there, BY_LINK)
    assert city.one(Need, nowhere).next_try_at is None
    found = city.need()
    assert city.match() == 1
    assert [len(city.matches(need)) for need in (nowhere, found)] == [0, 1]


@pytest.mark.parametrize(("contact", "days"), [("email", (0, 2)), ("phone", (2, 5)), ("letter", (7, 11))])
def test_a_resident_has_as_long_to_answer_as_it_takes_to_reach_them(city: City, contact: str, days: tuple[int, int]) -> None:
    city.volunteer()
    city.need(contact=contact)
    city.match()
    [match] = city.all(Match)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    left = city.one(Match, match.id).deadline_at - city.clock()
    assert timedelta(days=days[0]) < left < timedelta(days=days[1])


def test_off_duty_keeps_a_yes_that_the_resident_has_not_answered_yet(city: City) -> None:
    offer = city.volunteer()
    need = city.need()
    city.match()
    [match] = city.matches(need)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    duty.move_offer(city.ctx, offer, OfferState.PAUSED, BY_LINK)
    assert city.one(Match, match.id).state == MatchState.ACCEPTED, "the resident counts on it"
    matches.resident_answers(city.ctx, match.id, True, Actor())
    assert city.one(Match, match.id).state == MatchState.AGREED
