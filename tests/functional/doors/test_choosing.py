"""An agent chooses a volunteer by hand: the ranked, the others and why not, asking, agreeing, pinning, forbidding, holding."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app.models import Block, Match, Need, Offer, Person
from app.services import by_hand, duty, matches, posting
from app.services.blocks import block
from app.services.by_hand import Became
from app.services.events import Actor
from app.services.proposing import Proposal, propose
from matching.lifecycle import MatchState, NeedState, OfferState
from matching.model import Mode, Pair
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import SECRETS, counted, csrf
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


def page_of(visitor: Visitor, need_id: int) -> Page:
    return visitor.get(f"/coordination/needs/{need_id}")


def offer_of(city: City, offer_id: int) -> Offer:
    return city.one(Offer, offer_id)


def test_the_page_ranks_who_could_help_and_says_why_the_others_could_not(city: City, sign_in: SignIn) -> None:
    near, far = city.volunteer(north_m=300), city.volunteer(north_m=900)
    city.volunteer(north_m=3000)
    city.volunteer(north_m=200, languages=("ar",), availability="Tu 09:00-12:00")
    away = city.volunteer(north_m=390)
    duty.move_offer(city.ctx, away, OfferState.PAUSED, Actor())
    city.volunteer(categories=("pets",))
    city.volunteer(approved=False)
    need_id = city.need(availability="Mo 09:00-12:00")
    visitor = sign_in()
    page = page_of(visitor, need_id)
    words = page.text.replace("\u00a0", " ")
    assert "2 volunteers, the best first" in words
    assert words.index(f"Offer no. {near}") < words.index(f"Offer no. {far}")
    assert "about 300 m" in words and "within this volunteer’s radius of 2 km" in words
    assert "about 3 km: too far away" in words
    assert "about 200 m: free at other hours, other languages" in words
    assert "about 400 m: off duty" in words
    assert not [secret for secret in SECRETS if secret in page.html]
    french = visitor.get(f"/coordination/needs/{need_id}?lang=fr").text
    assert "Qui pourrait aider" in french


def test_a_volunteer_is_asked_by_hand(city: City, sign_in: SignIn) -> None:
    city.volunteer(north_m=300)
    other = city.volunteer(north_m=900, capacity=2)
    need_id = city.need()
    visitor = sign_in()
    page = page_of(visitor, need_id)
    page = visitor.post(f"/coordination/needs/{need_id}/volunteers", csrf_token=csrf(page), do="ask", offer=other)
    assert "The volunteer is asked." in page.text
    [match] = city.matches(need_id)
    assert (match.offer_id, match.state, match.made_because) == (other, MatchState.PROPOSED, "")
    assert match.terms
    assert offer_of(city, other).taken == 1
    chosen = visitor.get(f"/coordination/matches/{match.id}")
    assert chosen.facts["Chosen by"] == "Ana Costa"
    assert "chosen by an agent" in chosen.text
    page = visitor.post(f"/coordination/needs/{need_id}/volunteers", csrf_token=csrf(page), do="ask", offer=other)
    assert "This volunteer is asked already" in page.text
    assert visitor.get(f"/coordination/needs/{need_id}").link(f"asked now: match no. {match.id}") == f"/coordination/matches/{match.id}"


def test_whoever_is_asked_and_calls_back_has_agreed(city: City, sign_in: SignIn, told: Callable[[str], list[dict[str, str]]]) -> None:
    offer_id, need_id = city.volunteer(), city.need()
    assert by_hand.ask(city.ctx, need_id, offer_id, "", Actor()) == by_hand.Became.DONE
    assert by_hand.ask(city.ctx, need_id, offer_id, "", Actor()) == by_hand.Became.ASKED
    [match] = city.matches(need_id)
    proposal = Proposal(Pair(need_id, offer_id, Mode.IN_PERSON, 0))
    assert propose(city.ctx, [proposal]) == 0, "another agent may press at the same moment"
    visitor = sign_in()
    token = csrf(page_of(visitor, need_id))
    sure = visitor.post(f"/coordination/needs/{need_id}/volunteers", csrf_token=token, do="agreed", offer=offer_id)
    assert city.one(Match, match.id).state == MatchState.PROPOSED, "nothing is passed on before somebody is sure"
    visitor.submit(sure, "Yes, both have agreed")
    assert [(each.id, each.state) for each in city.matches(need_id)] == [(match.id, MatchState.AGREED)]
    assert offer_of(city, offer_id).taken == 1 and len(told("agreed_to_volunteer")) == 1
    assert by_hand.agreed(city.ctx, need_id, offer_id, "", Actor()) == by_hand.Became.ASKED


def test_whom_the_rules_refuse_is_not_asked_before_others(city: City) -> None:
    need_id = city.need()
    assert by_hand.pin(city.ctx, need_id, city.volunteer(categories=("pets",)), Actor()) == by_hand.Became.WHY
    assert city.one(Need, need_id).pinned_offer_id is None


@pytest.mark.parametrize("do", ["ask", "agreed"])
def test_whom_the_rules_refuse_needs_a_reason_in_writing(city: City, sign_in: SignIn, do: str) -> None:
    far = city.volunteer(north_m=5000, categories=("pets",))
    need_id = city.need()
    visitor = sign_in()
    page = page_of(visitor, need_id)
    button = {"ask": "Ask", "agreed": "Both have agreed already"}[do]
    refused = visitor.submit(page, button, offer=str(far), because=" ")
    assert "Write why you do it all the same." in refused.text and city.matches(need_id) == []
    done = visitor.submit(refused, button, offer=str(far), because="Her neighbour\x00 of twenty years")
    if do == "agreed":
        visitor.submit(done, "Yes, both have agreed")
    [match] = city.matches(need_id)
    assert (match.state, match.terms, match.made_because) == (
        {"ask": "proposed", "agreed": "agreed"}[do], None, "Her neighbour of twenty years",
    )  # fmt: skip
    assert visitor.get(f"/coordination/matches/{match.id}").facts["Why all the same"] == "Her neighbour of twenty years"
    assert city.one(Need, need_id).state == {"ask": "asked", "agreed": "agreed"}[do]


def test_both_hear_of_what_is_agreed_already(city: City, told: Callable[[str], list[dict[str, str]]]) -> None:
    offer_id, need_id = city.volunteer(), city.need()
    assert by_hand.agreed(city.ctx, need_id, offer_id, "", Actor()) == by_hand.Became.DONE
    assert len(told("agreed_to_resident")) == len(told("agreed_to_volunteer")) == 1
    assert city.one(Need, need_id).taken == offer_of(city, offer_id).taken == 1
    assert by_hand.agreed(city.ctx, need_id, city.volunteer(), "", Actor()) == by_hand.Became.OVER


@pytest.mark.parametrize(
    ("why", "said"), [("busy", Became.BUSY), ("paused", Became.OFF_DUTY), ("unapproved", Became.NOT_APPROVED), ("nobody", Became.NO_OFFER)]
)
def test_no_reason_helps_where_there_is_no_room(city: City, why: str, said: Became) -> None:
    offer_id = city.volunteer(approved=why != "unapproved")
    if why == "busy":
        with city.ctx.db.write() as session:
            session.get_one(Offer, offer_id).taken = 1
    if why == "paused":
        duty.move_offer(city.ctx, offer_id, OfferState.PAUSED, Actor())
    need_id = city.need()
    for decide in (by_hand.ask, by_hand.agreed):
        assert decide(city.ctx, need_id, 999 if why == "nobody" else offer_id, "please", Actor()) == said
    assert city.matches(need_id) == []


def test_nobody_helps_themselves_and_whoever_was_refused_is_not_asked(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    own = city.need(email="v1@example.org")
    assert by_hand.ask(city.ctx, own, offer_id, "please", Actor()) == by_hand.Became.NEVER
    need_id = city.need()
    visitor = sign_in()
    question = visitor.submit(page_of(visitor, need_id), "Never bring these two together")
    assert "Never bring these two together?" in question.text and not city.all(Block)
    page = visitor.submit(question, "Yes, never")
    assert "These two are not brought together any more." in page.text
    assert f"Never brought together with this resident Offer no. {offer_id}" in page.text
    assert f"An agent said that the two are not to meet: offer no. {offer_id}" in page.text
    assert by_hand.ask(city.ctx, need_id, offer_id, "please", Actor()) == by_hand.Became.NEVER
    assert city.match() == 0
    page = visitor.submit(page_of(visitor, need_id), "Allow it again")
    assert "These two may be brought together again." in page.text
    city.clock.advance(minutes=11)
    assert city.match() == 1


def test_what_one_of_the_two_said_is_not_shown_and_not_taken_back(city: City, sign_in: SignIn) -> None:
    offer_id, need_id = city.volunteer(north_m=250), city.need()
    with city.ctx.db.write() as session:
        block(session, city.one(Need, need_id).person_id, offer_of(city, offer_id).person_id, city.clock())
    assert f"Offer no. {offer_id}" not in page_of(sign_in(), need_id).text
    assert not by_hand.allow(city.ctx, need_id, offer_id, Actor())
    assert by_hand.ask(city.ctx, need_id, offer_id, "please", Actor()) == by_hand.Became.NEVER


def test_whom_an_agent_pinned_is_asked_before_all_others_and_alone(city: City, sign_in: SignIn) -> None:
    near, far = city.volunteer(north_m=100), city.volunteer(north_m=1500)
    need_id = city.need()
    visitor = sign_in()
    page = page_of(visitor, need_id)
    page = visitor.post(f"/coordination/needs/{need_id}/volunteers", csrf_token=csrf(page), do="pin", offer=far)
    assert f"Asked before all others: offer no. {far}." in page.text
    assert city.match() == 1
    [match] = city.matches(need_id)
    assert match.offer_id == far
    matches.volunteer_answers(city.ctx, match.id, False, Actor())
    assert city.match() == 1
    assert city.matches(need_id)[-1].offer_id == near, "whoever said no is not asked again, pinned or not"


def test_a_pin_that_cannot_be_used_keeps_nobody_waiting_and_is_taken_back(city: City, sign_in: SignIn) -> None:
    near, away = city.volunteer(north_m=100), city.volunteer(north_m=50)
    duty.move_offer(city.ctx, away, OfferState.PAUSED, Actor())
    need_id = city.need()
    assert by_hand.pin(city.ctx, need_id, away, Actor()) == by_hand.Became.DONE
    visitor = sign_in()
    visitor.submit(page_of(visitor, need_id), "Ask nobody before the others any more")
    assert city.one(Need, need_id).pinned_offer_id is None
    by_hand.pin(city.ctx, need_id, away, Actor())
    assert city.match() == 1
    assert city.matches(need_id)[0].offer_id == near
    assert by_hand.pin(city.ctx, need_id, 999, Actor()) == by_hand.Became.OVER


def test_a_request_is_held_until_a_day_and_goes_on_by_itself(city: City, sign_in: SignIn) -> None:
    city.volunteer()
    need_id = city.need()
    visitor = sign_in()
    question = visitor.get(f"/coordination/needs/{need_id}/pause")
    page = visitor.submit(question, "Yes, pause it", until="2026-11-30")
    assert "It goes on by itself" in page.text
    need = city.one(Need, need_id)
    assert (need.state, need.paused_until.isoformat()) == (NeedState.PAUSED, "2026-11-30T07:00:00+00:00")
    city.clock.moment = need.paused_until - timedelta(seconds=1)
    assert posting.go_on_due(city.ctx) == 0
    city.clock.advance(seconds=1)
    assert posting.go_on_due(city.ctx) == 1
    assert city.match() == 1


def test_whoever_is_not_eligible_is_never_brought_together_with_somebody_either(city: City, sign_in: SignIn) -> None:
    far, other = city.volunteer(north_m=5000), city.volunteer(categories=("pets",))
    need_id = city.need()
    visitor = sign_in()
    page = visitor.submit(visitor.submit(page_of(visitor, need_id), "Never bring these two together"), "Yes, never")
    assert f"Never brought together with this resident Offer no. {far}" in page.text
    token = csrf(page)
    visitor.submit(
        visitor.post(f"/coordination/needs/{need_id}/volunteers", csrf_token=token, do="forbid", offer=f"n° {other}", because=""),
        "Yes, never",
    )
    assert {block.other_id for block in city.all(Block)} == {offer_of(city, offer_id).person_id for offer_id in (far, other)}
    form = page.form("Both have agreed already")
    assert "offer" in form.names and "Never bring these two together" in [button.get("words") for button in form.buttons]


def test_no_day_is_until_somebody_resumes_it(city: City, sign_in: SignIn) -> None:
    need_id = city.need()
    visitor = sign_in()
    visitor.submit(visitor.get(f"/coordination/needs/{need_id}/pause"), "Yes, pause it", until="")
    need = city.one(Need, need_id)
    assert (need.state, need.paused_until) == (NeedState.PAUSED, None)


@pytest.mark.parametrize("until", ["yesterday", "2026-11-01", "9999-12-31", "2026-13-45", "<b>"])
def test_a_day_that_cannot_be_is_asked_for_again_and_nothing_is_paused(city: City, sign_in: SignIn, until: str) -> None:
    need_id = city.need()
    visitor = sign_in()
    page = visitor.submit(visitor.get(f"/coordination/needs/{need_id}/pause"), "Yes, pause it", 422, until=until)
    assert f"“{until}” is no day until which it can wait." in page.text
    assert city.one(Need, need_id).state == NeedState.OPEN
    visitor.submit(page, "Yes, pause it", until="")
    assert city.one(Need, need_id).state == NeedState.PAUSED


def test_what_was_found_of_a_search_rests_with_it_and_comes_up_again(city: City) -> None:
    need_id = city.need()
    city.match()
    assert len(city.tasks("nobody")) == 1
    posting.move_need(city.ctx, need_id, NeedState.PAUSED, Actor())
    assert not city.tasks("nobody")
    posting.move_need(city.ctx, need_id, NeedState.OPEN, Actor())
    city.clock.advance(minutes=30)
    city.match()
    assert len(city.tasks("nobody")) == 1


def test_odd_choices_are_refused(city: City, sign_in: SignIn) -> None:
    need_id = city.need()
    visitor = sign_in()
    token = csrf(page_of(visitor, need_id))
    here = f"/coordination/needs/{need_id}/volunteers"
    visitor.post(here, 400, csrf_token=token, do="eat")
    for do, offer in (("ask", None), ("ask", "x"), ("pin", ""), ("forbid", "")):
        page = visitor.post(here, 422, csrf_token=token, do=do, because="we know each other", **{"offer": offer} if offer else {})
        assert "Write the number of the volunteer’s offer" in page.text
        assert ("we know each other" in page.html) == (do != "forbid"), "the reason is still there"
    for do in ("forbid", "allow", "pin"):
        assert "This has changed" in visitor.post(here, csrf_token=token, do=do, offer="999", sure="yes").text


def test_volunteers_of_another_territory_are_asked_across_the_border_without_a_link(city: City, sign_in: SignIn) -> None:
    here = quartier(city, "Here", -9000, 0)
    quartier(city, "There", 0, 9000)
    over = city.volunteer(north_m=200)
    need_id = city.need(north_m=-200)
    visitor = sign_in(territory_id=here)
    page = page_of(visitor, need_id)
    assert f"Offer no. {over}" in page.text and f"/coordination/offers/{over}" not in page.html
    visitor.submit(page, "Ask", offer=str(over))
    assert [match.offer_id for match in city.all(Match)] == [over]


def test_the_page_costs_the_same_whatever_the_number_of_volunteers(city: City, sign_in: SignIn) -> None:
    visitor, need_id = sign_in(), city.need()
    page_of(visitor, need_id)
    costs = []
    for more in (1, 30):
        for _ in range(more):
            city.volunteer()
        with counted(city) as statements:
            page_of(visitor, need_id)
        costs.append(len(statements))
    assert costs[0] == costs[1]


def test_a_reason_that_is_too_long_is_refused_and_nothing_of_it_is_lost(city: City, sign_in: SignIn) -> None:
    offer_id, need_id = city.volunteer(categories=("pets",)), city.need()
    visitor, reason = sign_in(), "They know each other. " * 30 + "The end"
    token = csrf(page_of(visitor, need_id))
    page = visitor.post(f"/coordination/needs/{need_id}/volunteers", 422, csrf_token=token, do="ask", offer=offer_id, because=reason)
    assert "longer than 500 characters" in page.text and reason in page.html
    assert city.matches(need_id) == []
    visitor.submit(page, "Go on", because="They know each other.")
    assert [(each.offer_id, each.made_because) for each in city.matches(need_id)] == [(offer_id, "They know each other.")]


def test_of_somebody_who_is_asked_nothing_new_no_more_is_said(city: City, sign_in: SignIn) -> None:
    offer_id, need_id = city.volunteer(), city.need()
    with city.ctx.db.write() as session:
        session.get_one(Person, session.get_one(Offer, offer_id).person_id).frozen_at = city.clock()
    visitor = sign_in()
    token = csrf(page_of(visitor, need_id))
    page = visitor.post(f"/coordination/needs/{need_id}/volunteers", csrf_token=token, do="ask", offer=offer_id, because="please")
    assert "not to be asked at the moment" in page.text and "off duty, busy" not in page.text
