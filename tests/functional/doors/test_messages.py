"""Which messages come: the page of wishes, unsubscribing by the mail program's button and by the page that asks first."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app.links import Purpose
from app.models import Event, Match, Offer, PostedBy
from app.services import duty, matches, posting
from app.services.wishes import ways_of
from app.worker import make_relay
from matching.lifecycle import NeedState, OfferState
from notifications import wishes
from notifications.tables import outbox
from notifications.topics import Topic
from notifications.wishes import Wishes
from tests.city import BY_LINK, City
from tests.functional.doors.conftest import proposed
from tests.pages import Visitor

SignIn = Callable[..., Visitor]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def wishes_of(city: City, address: str) -> Wishes:
    with city.ctx.db.begin() as connection:
        return wishes.of_index(connection, city.ctx.keys.index(address))


def link(city: City, address: str, topic: Topic | None = None) -> str:
    there = ways_of(city.ctx, wishes_of(city, address).id, topic or Topic.NEWS)
    return (there.stop_url if topic else there.wishes_url).removeprefix("http://127.0.0.1:8000")


def post_from_afar(app: Flask, path: str, **form: str) -> Any:
    """As a mail provider does: no cookie, no token, no page before."""
    return app.test_client().post(path, data=form)


# --- one click


def test_a_mail_programs_button_needs_no_cookie_and_no_token(city: City, app: Flask) -> None:
    city.need()
    there = link(city, "r1@example.net", Topic.PROGRESS)
    for _ in range(2):
        answer = post_from_afar(app, there, **ONE_CLICK)
        assert (answer.status_code, answer.text) == (200, "")
        assert wishes_of(city, "r1@example.net").off == {Topic.PROGRESS}
    assert city.events().count("messages_chosen") == 1
    assert "Set-Cookie" not in answer.headers


def test_nothing_else_is_taken_without_a_token(city: City, app: Flask) -> None:
    city.need()
    there = link(city, "r1@example.net", Topic.PROGRESS)
    for form in ({}, {"List-Unsubscribe": "Two-Clicks"}):
        assert post_from_afar(app, there, **form).status_code == 400
    assert post_from_afar(app, link(city, "r1@example.net"), **ONE_CLICK, rhythm="weekly").status_code == 400
    assert wishes_of(city, "r1@example.net").off == set()


def test_the_link_asks_first_and_a_scanner_that_follows_it_changes_nothing(city: City, client: Visitor) -> None:
    city.need()
    there = link(city, "r1@example.net", Topic.PROGRESS)
    client.browser.head(there)
    page = client.get(there)
    assert page.h1 == "No more messages of this kind?"
    assert wishes_of(city, "r1@example.net").off == set()
    page = client.submit(page, "Yes, stop them")
    assert page.h1 == "You no longer get these messages"
    assert "Yes, stop them" not in page.buttons
    page = client.get(page.link("Choose which messages I get"))
    assert page.form("Keep my choice").values["topics"] == ["news"]


def test_a_digest_is_stopped_with_all_that_it_brings(city: City, app: Flask) -> None:
    city.need()
    post_from_afar(app, link(city, "r1@example.net", Topic.DIGEST), **ONE_CLICK)
    assert wishes_of(city, "r1@example.net").off == {Topic.PROGRESS, Topic.NEWS}


@pytest.mark.parametrize("stamp", ["match", "account", "everything", ""])
def test_a_link_for_what_cannot_be_stopped_is_no_link(city: City, client: Visitor, stamp: str) -> None:
    city.need()
    wishes_id = wishes_of(city, "r1@example.net").id
    client.get(f"/unsubscribe/{city.ctx.links.token(Purpose.UNSUBSCRIBE, wishes_id, stamp)}", 404)
    client.get(f"/unsubscribe/{city.ctx.links.token(Purpose.WISHES, wishes_id, 'news')}", 404)
    client.get(f"/messages/{city.ctx.links.token(Purpose.WISHES, 999)}", 410)


def test_no_address_of_somebody_stands_in_a_link(city: City) -> None:
    city.need()
    index = city.ctx.keys.index("r1@example.net")
    for there in (link(city, "r1@example.net", Topic.NEWS), link(city, "r1@example.net")):
        assert "r1" not in there and index not in there


# --- a volunteer without requests is off duty


def test_whoever_stops_requests_goes_off_duty_and_the_resident_does_not_wait(city: City, client: Visitor) -> None:
    match, _, offer = proposed(city)
    page = client.get(link(city, "v1@example.org", Topic.REQUESTS))
    assert "You would then be off duty" in page.text
    page = client.submit(page, "Yes, stop them")
    assert "You are off duty" in page.text
    assert (city.one(Offer, offer.id).state, city.one(Match, match.id).state) == ("paused", "cancelled")
    client.submit(client.get(link(city, "v1@example.org")), "Keep my choice")
    assert city.one(Offer, offer.id).state == "paused", "keeping it as it is changes nothing"


def test_what_was_agreed_stays(city: City, app: Flask) -> None:
    match, _, _ = proposed(city, share_contact=True)
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    post_from_afar(app, link(city, "v1@example.org", Topic.REQUESTS), **ONE_CLICK)
    assert city.one(Match, match.id).state == "agreed"


def test_back_on_duty_is_back_among_those_who_hear(city: City, app: Flask, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    city.need()
    city.match()
    post_from_afar(app, link(city, "v1@example.org", Topic.REQUESTS), **ONE_CLICK)
    visitor = sign_in(offer_id=offer_id)
    visitor.submit(visitor.get("/me"), "I am back on duty")
    assert city.one(Offer, offer_id).state == "active"
    assert wishes_of(city, "v1@example.org").off == set()


def test_an_offer_that_a_coordinator_brings_back_is_told_of_requests_too(city: City, app: Flask) -> None:
    offer_id = city.volunteer()
    city.need()
    city.match()
    post_from_afar(app, link(city, "v1@example.org", Topic.REQUESTS), **ONE_CLICK)
    duty.move_offer(city.ctx, offer_id, OfferState.ACTIVE, BY_LINK)
    assert wishes_of(city, "v1@example.org").off == set()


# --- the page of wishes


def test_a_volunteer_chooses_on_their_own_page(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    page = visitor.get(visitor.get("/me").link("Choose which messages I get"))
    assert "How my request goes on" not in page.text, "they asked for nothing"
    page = visitor.submit(page, "Keep my choice", topics=["news"], rhythm="weekly", night=[])
    assert "Your choice is kept." in page.text and "You are off duty." in page.text
    here = wishes_of(city, "v1@example.org")
    assert (here.off, here.rhythm, here.night) == ({Topic.REQUESTS}, "weekly", True)
    assert city.one(Offer, offer_id).state == "paused"
    page = visitor.submit(page, "Keep my choice", topics=["news", "requests"])
    assert city.one(Offer, offer_id).state == "active"
    here = wishes_of(city, "v1@example.org")
    assert (here.off, here.rhythm, here.night) == (set(), "weekly", True)


def test_a_resident_chooses_by_the_link_in_the_mail_or_from_their_request(city: City, client: Visitor) -> None:
    need_id = city.need()
    my_request = client.get(f"/request/{city.ctx.links.token(Purpose.MY_REQUEST, need_id)}")
    page = client.get(my_request.link("Choose which messages I get"))
    assert "Urgent requests may come at night too." not in page.text
    client.submit(page, "Keep my choice", topics=["news"], rhythm="daily")
    page = client.get(link(city, "r1@example.net"))
    assert (page.form("Keep my choice").values["topics"], page.form("Keep my choice").values["rhythm"]) == (["news"], ["daily"])
    client.submit(page, "Keep my choice", topics=["progress"], rhythm="at_once")
    here = wishes_of(city, "r1@example.net")
    assert (here.off, here.rhythm) == ({Topic.NEWS}, "at_once")
    [first, second] = [event for event in city.all(Event) if event.kind == "messages_chosen"]
    assert (first.channel, second.channel, second.reason) == ("link", "link", None)


def test_a_wish_that_no_button_of_ours_says_is_refused_in_a_sentence(city: City, client: Visitor) -> None:
    city.need()
    page = client.get(link(city, "r1@example.net"))
    page = client.submit(page, "Keep my choice", 422, rhythm="hourly")
    assert "Say when news should come." in page.text
    client.submit(page, "Keep my choice", 422, topics=["match"], rhythm="daily")
    assert wishes_of(city, "r1@example.net").off == set()


def test_whoever_has_no_e_mail_has_nothing_to_choose(city: City, client: Visitor) -> None:
    need_id = city.need(contact="phone", confirmed=False)
    token = city.ctx.links.token(Purpose.MY_REQUEST, need_id)
    assert "Choose which messages" not in client.get(f"/request/{token}").text
    client.get(f"/request/{token}/messages", 404)


# --- what the notifier is told


def test_an_address_is_known_to_be_wanted_once_it_was_confirmed(city: City) -> None:
    need_id = city.need(confirmed=False)
    with city.ctx.db.begin() as connection:
        assert connection.execute(wishes.table.select()).one().consented_at is None
    posting.confirm_need(city.ctx, need_id, BY_LINK)
    with city.ctx.db.begin() as connection:
        assert connection.execute(wishes.table.select()).one().consented_at == city.clock()


def test_who_talked_to_an_agent_has_said_so(city: City) -> None:
    city.need(posted_by=PostedBy.AGENT, confirmed=False)
    with city.ctx.db.begin() as connection:
        assert connection.execute(wishes.table.select()).one().consented_at == city.clock()


@pytest.mark.parametrize("urgency", ["urgent", "normal"])
def test_what_is_about_an_urgent_request_is_urgent_to_the_end(city: City, urgency: str) -> None:
    match, need, _ = proposed(city, urgency=urgency)
    matches.volunteer_answers(city.ctx, match.id, True, BY_LINK)
    posting.move_need(city.ctx, need.id, NeedState.WITHDRAWN, BY_LINK)
    with city.ctx.db.begin() as connection:
        rows = connection.execute(outbox.select()).all()
    told = {row.kind: row.urgent for row in rows}
    assert told["match_ended_to_volunteer"] == told["proposal_to_volunteer"] == told["accepted_to_volunteer"] == (urgency == "urgent")


def test_at_night_the_worker_of_a_real_city_waits_and_that_of_the_demonstration_does_not(city: City) -> None:
    city.clock.advance(hours=12)  # 23:05 in Paris
    proposed(city)
    real = replace(city.ctx, settings=replace(city.ctx.settings, demo=False))
    make_relay(real).run_once()
    with city.ctx.db.begin() as connection:
        rows = connection.execute(outbox.select().order_by(outbox.c.id)).all()
    assert {row.kind: row.state for row in rows} == {
        "confirm_need": "sent", "need_received": "sent", "proposal_to_volunteer": "waiting", "proposal_to_resident": "waiting",
    }  # fmt: skip
    with city.ctx.db.begin() as connection:
        connection.execute(outbox.update().values(due_at=city.clock()))
    make_relay(city.ctx).run_once()
    with city.ctx.db.begin() as connection:
        assert {row.state for row in connection.execute(outbox.select())} == {"sent"}
