"""Requests that stand for long, and volunteers whom nobody needs: both are asked or told, neither is forgotten."""

import json
from datetime import timedelta

from app.models import Need, Offer, Task
from app.services import duty, matches, news, posting, stale, tasks
from matching.lifecycle import NeedState, OfferState
from notifications.tables import SEALED_AS
from tests.city import BY_LINK, City


def test_still_needed_then_it_ends(city: City) -> None:
    need = city.need()
    city.match()
    assert stale.check_due(city.ctx) == 0
    city.clock.advance(days=30)
    assert stale.check_due(city.ctx) == 1
    assert city.kinds()[-1] == "still_needed"
    assert stale.check_due(city.ctx) == 0
    city.clock.advance(days=7)
    stale.check_due(city.ctx)
    assert (city.one(Need, need).state, city.kinds()[-1]) == (NeedState.EXPIRED, "need_closed")
    assert city.tasks("nobody") == []
    assert not stale.still_needed(city.ctx, need, BY_LINK)


def test_a_yes_gives_it_as_long_again(city: City) -> None:
    need = city.need()
    city.clock.advance(days=30)
    stale.check_due(city.ctx)
    city.clock.advance(days=3)
    assert stale.still_needed(city.ctx, need, BY_LINK)
    city.clock.advance(days=29)
    assert stale.check_due(city.ctx) == 0
    assert city.one(Need, need).state == NeedState.OPEN
    city.clock.advance(days=1)
    assert stale.check_due(city.ctx) == 1


def test_a_request_that_was_never_confirmed_ends_with_its_link(city: City) -> None:
    need = city.need(confirmed=False)
    city.clock.advance(days=7)
    stale.check_due(city.ctx)
    assert city.one(Need, need).state == NeedState.EXPIRED
    assert city.kinds() == ["confirm_need"], "nobody who may have nothing to do with it is written to"


def test_silence_says_nothing_of_somebody_whom_nobody_has_called(city: City) -> None:
    need = city.need(contact="phone", posted_by="agent")
    city.clock.advance(days=30)
    stale.check_due(city.ctx)
    (call,) = [task for task in city.tasks("tell") if task.reason == "still_needed"]
    city.clock.advance(days=8)
    stale.check_due(city.ctx)
    assert city.one(Need, need).state == NeedState.OPEN
    tasks.close_task(city.ctx, call.id, BY_LINK)
    city.clock.advance(days=8)
    stale.check_due(city.ctx)
    assert city.one(Need, need).state == NeedState.EXPIRED
    assert city.one(Task, call.id).closed_at is not None


def test_a_need_that_is_met_is_not_asked_about(city: City) -> None:
    city.volunteer()
    need = city.need(share_contact=True)
    city.match()
    match = city.matches(need)[0]
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    assert city.one(Need, need).check_at is None
    matches.back_out(city.ctx, match.id, BY_LINK)
    assert city.one(Need, need).check_at == city.clock() + timedelta(days=30)


def told(city: City) -> list[dict[str, object]]:
    return [
        json.loads(city.ctx.keys.unseal(row.payload, SEALED_AS))
        for row in city.raw("SELECT payload FROM notification_outbox WHERE kind = 'no_need_near_you' ORDER BY id")
    ]


def test_a_volunteer_whom_nobody_needs_hears_what_would_change_it_once_a_month(city: City) -> None:
    city.volunteer(radius_m=500)
    for north_m in (700, 800):
        city.need(north_m=north_m)
    for _ in range(3):
        city.need(north_m=50, category="pets")
    city.clock.advance(days=29)
    assert news.tell_due(city.ctx) == 0
    for need in city.all(Need):
        with city.ctx.db.write() as session:
            session.get_one(Need, need.id).posted_at = city.clock()
    city.clock.advance(days=1)
    assert news.tell_due(city.ctx) == 1
    (message,) = told(city)
    assert (message["radius_m"], message["more"]) == (1000, 2)
    assert (message["category"], message["asked"]) == ("pets", 3)
    assert news.tell_due(city.ctx) == 0
    city.clock.advance(days=30)
    news.tell_due(city.ctx)
    message = told(city)[1]
    assert (message["radius_m"], message["more"], message["category"]) == (0, 0, ""), "last month nobody asked for anything"


def test_whoever_was_asked_or_is_off_duty_or_has_no_email_does_not_hear_it(city: City) -> None:
    asked, off, by_phone = city.volunteer(), city.volunteer(north_m=900), city.volunteer(email=False, north_m=1000)
    duty.move_offer(city.ctx, off, OfferState.PAUSED, BY_LINK)
    city.clock.advance(days=20)
    city.need()
    city.match()
    city.clock.advance(days=15)
    news.tell_due(city.ctx)
    assert told(city) == []
    assert city.one(Offer, asked).news_at > city.clock()
    assert [task.reason for task in city.tasks("tell")] == []
    assert city.one(Offer, by_phone).news_at > city.clock()


def test_a_resumed_request_has_its_time_anew(city: City) -> None:
    need = city.need()
    posting.move_need(city.ctx, need, NeedState.PAUSED, BY_LINK)
    city.clock.advance(days=25)
    posting.move_need(city.ctx, need, NeedState.OPEN, BY_LINK)
    city.clock.advance(days=10)
    assert stale.check_due(city.ctx) == 0
