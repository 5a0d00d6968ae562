"""What a reason does to whom is asked next, and who is never brought together again."""

from dataclasses import replace
from datetime import timedelta

from app.models import Block, Need, Offer
from app.services import duty, matches, posting, reasons, taking
from app.services.matches import Answer
from app.services.proposing import told_m
from app.services.reasons import Because
from matching.lifecycle import MatchState, NeedState, OfferState
from tests.city import BY_LINK, City


def declined(city: City, **need: object) -> int:
    """The match of a need whose volunteer said no."""
    need_id = city.need(**need)
    city.match()
    match_id = city.matches(need_id)[-1].id
    assert matches.volunteer_answers(city.ctx, match_id, False, BY_LINK) is Answer.DECLINED
    return match_id


def test_too_far_draws_the_radius_in(city: City) -> None:
    offer = city.volunteer(north_m=850)
    match = declined(city)
    assert reasons.give_reason(city.ctx, match, Because.TOO_FAR, BY_LINK)
    assert city.one(Offer, offer).radius_m == 800
    far = city.need()
    assert city.match() == 0
    assert city.matches(far) == []
    assert city.match() == 0
    near = city.need(north_m=100)
    assert city.match() == 1
    assert city.matches(near)[0].offer_id == offer


def test_too_far_says_nothing_where_the_volunteer_drew_the_area(city: City) -> None:
    offer = city.volunteer(north_m=100, quartiers=(city.quartier_id,))
    match = declined(city)
    reasons.give_reason(city.ctx, match, Because.TOO_FAR, BY_LINK)
    assert city.one(Offer, offer).radius_m == 2000


def test_not_then_rests_until_the_morning(city: City) -> None:
    offer = city.volunteer()
    reasons.give_reason(city.ctx, declined(city), Because.NOT_THEN, BY_LINK)
    row = city.one(Offer, offer)
    assert row.state == OfferState.PAUSED
    assert row.paused_until.astimezone(city.ctx.settings.zone).isoformat() == "2026-11-24T08:00:00+01:00"
    need = city.need()
    assert (city.match(), duty.come_back(city.ctx)) == (0, 0)
    city.clock.moment = row.paused_until
    assert duty.come_back(city.ctx) == 1
    assert (city.one(Offer, offer).state, city.one(Offer, offer).paused_until) == (OfferState.ACTIVE, None)
    city.clock.advance(minutes=10)
    assert city.match() == 1
    assert city.matches(need)[0].offer_id == offer


def test_no_longer_available_is_off_duty(city: City) -> None:
    city.weigh()
    offer, other = city.volunteer(north_m=100, capacity=3), city.volunteer(north_m=900)
    waiting = city.need(category="shopping")
    city.match()
    match = declined(city)
    reasons.give_reason(city.ctx, match, Because.UNAVAILABLE, BY_LINK)
    assert city.one(Offer, offer).state == OfferState.PAUSED
    city.match()
    assert city.matches(waiting)[-1].offer_id == other, "whoever else waited for them is not kept waiting"


def test_whoever_would_rather_not_is_never_brought_together_again(city: City) -> None:
    offer = city.volunteer()
    match = declined(city, email="same@example.org")
    reasons.give_reason(city.ctx, match, Because.KNOWN, BY_LINK)
    again = city.need(email="same@example.org", phone="+33600000001")  # another request, so another row for the same person
    assert city.match() == 0
    assert city.matches(again) == []
    other = city.need()
    city.match()
    assert city.matches(other)[0].offer_id == offer


def test_a_block_holds_for_all_that_the_two_post_both_ways(city: City) -> None:
    phone = "+33600000009"
    offer = city.volunteer()
    first = city.need(share_contact=False, phone=phone)
    city.match()
    match = city.matches(first)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    assert matches.resident_answers(city.ctx, match.id, False, BY_LINK) is Answer.DECLINED
    assert len(city.all(Block)) == 1
    second = city.need(phone=phone, email="new@example.net")
    assert city.match() == 0
    assert city.matches(second) == []
    assert city.one(Offer, offer).taken == 0


def test_a_reason_counts_once_and_not_a_week_later(city: City) -> None:
    offer = city.volunteer(north_m=850)
    match = declined(city)
    assert reasons.give_reason(city.ctx, match, Because.NOT_THEN, BY_LINK)
    assert reasons.give_reason(city.ctx, match, Because.NOT_THEN, BY_LINK), "pressed twice is pressed once"
    assert not reasons.give_reason(city.ctx, match, Because.TOO_FAR, BY_LINK)
    assert city.one(Offer, offer).radius_m == 2000
    late = city.volunteer(north_m=200, capacity=3)
    old = declined(city)
    city.clock.advance(days=8)
    assert not reasons.give_reason(city.ctx, old, Because.UNAVAILABLE, BY_LINK)
    assert city.one(Offer, late).state == OfferState.ACTIVE


def test_only_a_no_has_a_reason(city: City) -> None:
    city.volunteer()
    need = city.need()
    city.match()
    match = city.matches(need)[0]
    assert not reasons.give_reason(city.ctx, match.id, Because.UNAVAILABLE, BY_LINK)
    assert city.matches(need)[0].state == MatchState.PROPOSED


def test_a_resident_lets_a_volunteer_go_and_somebody_else_is_looked_for(city: City) -> None:
    first, second = city.volunteer(north_m=100), city.volunteer(north_m=200)
    need = city.need(share_contact=True)
    city.match()
    match = city.matches(need)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    assert matches.let_go(city.ctx, match.id, BY_LINK, matches.SOMEBODY_ELSE) is Answer.DECLINED
    assert matches.let_go(city.ctx, match.id, BY_LINK, matches.SOMEBODY_ELSE) is Answer.OVER
    row = city.one(Need, need)
    assert (row.state, row.taken, city.one(Offer, first).taken) == (NeedState.OPEN, 0, 0)
    assert city.kinds()[-2:] == ["match_ended_to_volunteer", "visits_off"]
    city.clock.advance(days=30)
    city.match()
    assert city.matches(need)[-1].offer_id == second
    assert len(city.all(Block)) == 1


def test_tomorrow_begins_when_people_wake(city: City) -> None:
    zone = city.ctx.settings.zone
    for hour in (0, 7, 12, 23):
        now = city.clock().astimezone(zone).replace(hour=hour)
        woken = duty.tomorrow(city.ctx, now).astimezone(zone)
        assert (woken.date() - now.date(), woken.hour) == (timedelta(days=1), 8)


def test_a_block_holds_for_the_list_of_needs_nearby(city: City) -> None:
    offer = city.volunteer()
    reasons.give_reason(city.ctx, declined(city, phone="+33600000009"), Because.KNOWN, BY_LINK)
    me = city.one(Offer, offer).person_id
    for need in city.all(Need):
        posting.move_need(city.ctx, need.id, NeedState.WITHDRAWN, BY_LINK)
    kept, other = city.need(phone="+33600000009", email="else@example.net"), city.need(contact="phone")
    with city.ctx.db.read() as session:
        assert [need.id for need in taking.needs_near(session, me)] == [other]
    assert taking.offer_to_take(city.ctx, me, kept, BY_LINK) is Answer.OVER


def test_too_far_draws_the_radius_in_by_what_was_told_and_again_until_it_is_enough(city: City) -> None:
    """By the exact distance it would tell how far the door is."""
    city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, public_blur_m=300))
    offer, radii = city.volunteer(north_m=850), [2000]
    while True:
        need = city.need(email="same@example.net")
        if city.match() == 0:
            break
        (match,) = city.matches(need)
        told = told_m("in_person", city.one(Offer, offer).point, public_of(city, need), False)
        assert matches.volunteer_answers(city.ctx, match.id, False, BY_LINK) is Answer.DECLINED
        assert reasons.give_reason(city.ctx, match.id, Because.TOO_FAR, BY_LINK)
        radii.append(city.one(Offer, offer).radius_m)
        assert told and radii[-1] == min(radii[-2], told) - reasons.STEP_M
    assert 2 <= len(radii) < 10


def public_of(city: City, need_id: int) -> tuple[float | None, float | None]:
    need = city.one(Need, need_id)
    return need.public_lon, need.public_lat
