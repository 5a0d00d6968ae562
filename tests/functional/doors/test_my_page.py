"""The volunteer's own page."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, event

from app.models import Incident, Match, Need, Offer, Person
from app.services import accounts, closing, duty, matches, tasks
from app.services.closing import Said
from app.services.events import Actor
from app.services.places import Spot
from matching.hours import parse_hours
from matching.lifecycle import OfferState, Side
from tests.city import City
from tests.functional.doors.conftest import after_the_visit, proposed
from tests.offers import fill_in, step_of
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


def post_as(visitor: Visitor, page: Page, path: str, expect: int, **data: str) -> Page:
    return visitor.post(path, expect, csrf_token=next(f for f in page.forms if f.method == "post").values["csrf_token"], **data)


def test_the_page_is_for_whoever_has_signed_in(client: Visitor) -> None:
    assert client.get("/me").h1 == "Sign in"


def test_a_volunteer_without_approval_is_told_so(city: City, sign_in: SignIn) -> None:
    page = sign_in(offer_id=city.volunteer(approved=False)).get("/me")
    assert "The town hall has not approved you yet." in page.text
    assert "waits for approval" in page.text


def test_nothing_waits(city: City, sign_in: SignIn) -> None:
    page = sign_in(offer_id=city.volunteer()).get("/me")
    assert "Nothing waits for you." in page.text
    assert "on duty" in page.text


def test_whoever_is_signed_in_adds_an_offer_to_the_account(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    visitor.submit(visitor.get(visitor.get("/me").link("Withdraw")), "Yes, withdraw it")
    assert visitor.get("/me").link("I can help") == "/offer/new"
    page = visitor.submit(fill_in(city, visitor, categories=["pets"]), "Add my offer")
    assert "Thank you! Your offer is written down." in page.text
    assert "on duty" in page.text
    old, new = city.all(Offer)
    assert (new.person_id, new.state, new.categories) == (old.person_id, "active", ["pets"])
    assert city.tasks() == []

    person = city.one(Person, new.person_id)
    assert person.charter_version and person.notice_version and person.minimum_age_confirmed_at
    visitor.get("/offer/new/you", 404)
    visitor.get("/offer/new/charter", 404)
    assert step_of(fill_in(city, visitor)) == "check", "and no more is asked"


def test_a_new_offer_of_somebody_not_approved_yet_is_a_new_task(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(approved=False)
    visitor = sign_in(offer_id=offer_id)
    duty.move_offer(city.ctx, offer_id, OfferState.WITHDRAWN, Actor())
    tasks.close_task(city.ctx, city.tasks("approve")[0].id, Actor())
    page = visitor.submit(fill_in(city, visitor), "Add my offer")
    assert "waits for approval" in page.text
    new = city.all(Offer)[-1]
    assert [task.offer_id for task in city.tasks("approve")] == [new.id]


def test_an_offer_outside_the_area_is_refused_kindly(city: City, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = sign_in(offer_id=city.volunteer())
    page = fill_in(city, visitor)
    monkeypatch.setattr(accounts, "locate", lambda *_: Spot(0.0, 0.0))
    page = visitor.submit(page, "Add my offer", 422)
    assert "This place is outside the area" in page.text
    assert len(city.all(Offer)) == 1


def test_a_request_is_answered_and_its_contacts_come_after_the_second_yes(city: City, sign_in: SignIn) -> None:
    match, _, offer = proposed(city, details="Ring twice")
    visitor = sign_in(offer_id=offer.id)
    page = visitor.get("/me")
    assert "Somebody needs your answer" in page.text
    assert "about 400 m" in page.text
    page = visitor.submit(page, "Yes, I will help")
    assert "We have asked the resident whether it suits them" in page.text
    assert "Waiting for the resident" in page.text
    for secret in ("Résidente", "@example.net", "+332619", "02 61 91", "Ring twice", "Essai"):
        assert secret not in page.html

    matches.resident_answers(city.ctx, match.id, True, Actor())
    page = visitor.get("/me")
    assert "Résidente2: Shopping" in page.text
    assert "Martin" not in page.text
    for known in ("r2@example.net", "02 61 91", "1 rue d'Essai", "Ring twice"):
        assert known in page.text


def test_the_resident_who_agreed_beforehand_is_known_at_once(city: City, sign_in: SignIn) -> None:
    _, _, offer = proposed(city, share_contact=True)
    visitor = sign_in(offer_id=offer.id)
    page = visitor.submit(visitor.get("/me"), "Yes, I will help")
    assert "You both agreed: the contact details are below." in page.text
    assert "r2@example.net" in page.text


def test_a_remote_helper_does_not_learn_the_address(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(categories=("conversation",), mode="remote")
    need_id = city.need(category="conversation", mode="remote", share_contact=True)
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(need_id)[0].id, True, Actor())
    page = sign_in(offer_id=offer_id).get("/me")
    assert "r2@example.net" in page.text
    assert "Essai" not in page.text


def test_the_most_pressing_request_comes_first(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(capacity=2, categories=("shopping", "pets"))
    city.need(category="shopping")
    city.match()
    city.need(category="pets", urgency="urgent")
    city.match()
    page = sign_in(offer_id=offer_id).get("/me")
    assert "2 requests need your answer" in page.text
    assert page.text.index("Help with a pet") < page.text.index("Help with shopping")


def test_no_is_said_twice_and_counts_once(city: City, sign_in: SignIn) -> None:
    match, _, offer = proposed(city)
    visitor = sign_in(offer_id=offer.id)
    page = visitor.get("/me")
    for _ in range(2):
        assert "Thank you for telling us." in visitor.submit(page, "No, not this time").text
    assert city.one(Match, match.id).state == "declined"
    assert "This has changed meanwhile." in visitor.submit(page, "Yes, I will help").text


def test_backing_out_asks_first_and_the_need_goes_on(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city, share_contact=True)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    visitor = sign_in(offer_id=offer.id)
    question = visitor.get(visitor.get("/me").link("I can’t help any more"))
    assert city.one(Match, match.id).state == "agreed"
    page = visitor.submit(question, "Something came up this time")
    assert (city.one(Match, match.id).state, city.one(Need, need.id).state) == ("cancelled", "open")
    assert "@example.net" not in page.html
    assert "This has changed meanwhile." in visitor.submit(question, "Something came up this time").text
    assert visitor.get(question.path).path == "/me"


def test_one_button_takes_all_offers_off_duty_and_back(city: City, sign_in: SignIn) -> None:
    match, need, first = proposed(city)
    second = city.volunteer()
    with city.ctx.db.write() as session:
        session.get_one(Offer, second).person_id = first.person_id
    visitor = sign_in(offer_id=first.id)
    before = visitor.get("/me")
    for _ in range(2):
        page = visitor.submit(before, "Go off duty")
        assert "You are off duty: nobody’s request reaches you." in page.text
    assert {offer.state for offer in city.all(Offer)} == {"paused"}
    assert (city.one(Match, match.id).state, city.one(Need, need.id).state) == ("cancelled", "open"), "the request goes to others"
    page = visitor.submit(page, "I am back on duty")
    assert "on duty" in page.text
    assert {offer.state for offer in city.all(Offer)} == {"active"}


def test_a_withdrawn_offer_is_gone_for_good_and_old_buttons_are_kindly_answered(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    before = visitor.get("/me")
    question = visitor.get(before.link("Withdraw"))
    for _ in range(2):
        assert "Your offer is withdrawn." in visitor.submit(question, "Yes, withdraw it").text
    assert city.one(Offer, offer_id).state == "withdrawn"
    visitor.submit(before, "Go off duty")
    assert city.one(Offer, offer_id).state == "withdrawn"
    assert "You offer nothing at the moment." in visitor.get("/me").text


def test_nobody_touches_what_is_another_volunteers(city: City, sign_in: SignIn) -> None:
    match, _, offer = proposed(city)
    visitor = sign_in(offer_id=city.volunteer())
    page = visitor.get("/me")
    for path in ("back-out", "outcome"):
        post_as(visitor, page, f"/me/requests/{match.id}/{path}", 404, outcome="done", reason="other", words="…")
    post_as(visitor, page, f"/me/requests/{match.id}", 404, answer="yes")
    for path in ("what", "how", "where", "radius", "when", "people", "withdraw"):
        post_as(visitor, page, f"/me/offers/{offer.id}/{path}", 404, radius="300")
        visitor.get(f"/me/offers/{offer.id}/{path}", 404)
    visitor.get(f"/me/requests/{match.id}/back-out", 404)
    post_as(visitor, page, "/me/requests/99999999999", 404, answer="yes")
    assert (city.one(Match, match.id).state, city.one(Offer, offer.id).state) == ("proposed", "active")


def agreed(city: City, **need: Any) -> tuple[Match, Need, Offer]:
    match, asked, offer = proposed(city, share_contact=True, **need)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    return match, asked, offer


def test_the_next_thing_to_do_comes_first(city: City, sign_in: SignIn) -> None:
    match, _, offer = proposed(city)
    visitor = sign_in(offer_id=offer.id)
    page = visitor.get("/me")
    assert "A neighbour hopes for help with shopping. Say yes or no by" in page.text
    assert page.link("See the request") == f"#request-{match.id}"

    page = visitor.submit(page, "Yes, I will help")
    assert "Nothing for now. The resident has until" in page.text

    matches.resident_answers(city.ctx, match.id, True, Actor())
    page = visitor.get("/me")
    assert "Get in touch with Résidente2 and agree on a time." in page.text
    assert page.link("Call 02 61 91 00 02") == "tel:+33261910002"

    city.clock.advance(days=4)
    page = visitor.get("/me")
    assert "How did it go with Résidente2?" in page.text
    assert page.link("Say how it went") == f"#person-{match.id}"

    assert "It is written down that it took place." in visitor.submit(page, "It is done").text
    page = visitor.get("/me")
    assert "Nothing waits for you." in page.text
    assert "1 neighbour helped 1 visit" in page.text


def test_the_volunteer_says_how_it_went_once(city: City, sign_in: SignIn) -> None:
    match, need, offer = agreed(city)
    assert "It is done" not in sign_in(offer_id=offer.id).get("/me").buttons, "it is still to come"
    after_the_visit(city)
    visitor = sign_in(offer_id=offer.id)
    before = visitor.get("/me")
    page = visitor.submit(visitor.get(before.link("It did not happen")), "Send", because="no_time")
    assert "Thank you for telling us." in page.text
    assert (city.one(Match, match.id).outcome, city.one(Need, need.id).state) == ("not_done", "paused")
    assert "somebody from the town hall will call you" in visitor.submit(before, "It is done").text
    assert city.one(Match, match.id).outcome == "not_done"
    page = visitor.get("/me")
    assert city.one(Offer, offer.id).taken == 0
    assert "neighbour helped" not in page.text


def test_a_volunteer_tells_the_town_hall_what_went_wrong(city: City, sign_in: SignIn) -> None:
    match, need, offer = agreed(city)
    visitor = sign_in(offer_id=offer.id)
    page = visitor.get(visitor.get("/me").link("Report a problem"))
    assert "112" in page.text
    assert "Say what happened." in visitor.submit(page, "Tell the town hall", 422).text
    page = visitor.submit(page, "Tell the town hall", reason="unsafe", words="She fell and would not call anybody.")
    assert "They read it during opening hours" in page.text
    [incident] = city.all(Incident)
    assert (incident.reporter_id, incident.about_id, incident.match_id) == (offer.person_id, need.person_id, match.id)
    assert city.one(Person, offer.person_id).frozen_at is None, "whoever reports is not frozen"


def test_the_same_neighbour_helped_twice_is_one_neighbour_and_two_visits(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    for _ in range(2):
        need_id = city.need(share_contact=True, email="renee@example.net")
        city.match()
        match = city.matches(need_id)[0]
        matches.volunteer_answers(city.ctx, match.id, True, Actor())
        closing.say(city.ctx, match.id, Side.EITHER, Said("done"), Actor())
    assert "1 neighbour helped 2 visits" in sign_in(offer_id=offer_id).get("/me").text


@pytest.mark.parametrize(
    ("step", "given", "changed"),
    [
        ("what", {"categories": ["pets", "homework"]}, {"categories": ["homework", "pets"]}),
        ("how", {"mode": "both"}, {"mode": "both"}),
        ("radius", {"radius": "5000"}, {"radius_m": 5000}),
        ("when", {"week": ["Sa-morning"]}, {"availability": "Sa 09:00-12:00"}),
        ("people", {"capacity": "3", "languages": ["fr", "ar"]}, {"capacity": 3, "languages": ["fr", "ar"]}),
    ],
)
def test_an_offer_is_changed_one_thing_at_a_time(
    city: City, sign_in: SignIn, step: str, given: dict[str, Any], changed: dict[str, Any]
) -> None:
    offer_id = city.volunteer(radius_m=1234, availability="Mo-Fr 18:15-19:45", capacity=2)
    before = vars(city.one(Offer, offer_id))
    visitor = sign_in(offer_id=offer_id)
    city.clock.advance(minutes=5)
    page = visitor.get(f"/me/offers/{offer_id}/{step}")
    visitor.submit(page, "Keep the change")
    after = vars(city.one(Offer, offer_id))
    kept = ("categories", "mode", "radius_m", "availability", "capacity", "languages")
    assert [after[name] for name in kept if name != "availability"] == [before[name] for name in kept if name != "availability"]
    assert parse_hours(after["availability"]) == parse_hours(before["availability"]), "what is not touched stays, to the minute"

    page = visitor.submit(page, "Keep the change", **given)
    assert "Your offer is changed." in page.text
    after = vars(city.one(Offer, offer_id))
    assert {name: after[name] for name in changed} == changed
    assert after["changed_at"] == city.clock.moment, "the worker's index sees it"
    assert "offer_changed" in city.events()


def test_a_change_reaches_the_matcher(city: City, sign_in: SignIn) -> None:
    offer_id, need_id = city.volunteer(), city.need(category="pets")
    assert city.match() == 0
    visitor = sign_in(offer_id=offer_id)
    visitor.submit(visitor.get(f"/me/offers/{offer_id}/what"), "Keep the change", categories=["pets"])
    city.clock.advance(minutes=11)
    assert city.match() == 1
    assert city.matches(need_id)[0].offer_id == offer_id


def test_nobody_has_room_for_fewer_people_than_they_help(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(capacity=3)
    for _ in range(2):
        city.need()
        city.match()
    visitor = sign_in(offer_id=offer_id)
    page = visitor.submit(visitor.get(f"/me/offers/{offer_id}/people"), "Keep the change", 422, capacity="1")
    assert "You help 2 people at the moment. Choose at least as many." in page.text
    assert city.one(Offer, offer_id).capacity == 3


def test_the_page_asks_the_database_as_often_for_many_rows_as_for_few(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(capacity=20, categories=("shopping", "pets"))
    agree_to(city, city.need(share_contact=True))
    city.need()
    city.match()
    city.need(category="homework")
    visitor = sign_in(offer_id=offer_id)
    visitor.get("/me")  # what is kept for everybody is read
    few = queries(city, lambda: visitor.get("/me"))
    for _ in range(4):
        agree_to(city, city.need(share_contact=True))
        city.need(category="pets")
        city.match()
        city.need(category="homework")
    assert queries(city, lambda: visitor.get("/me")) == few
    assert few < 15


def agree_to(city: City, need_id: int) -> None:
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(need_id)[0].id, True, Actor())


def queries(city: City, work: Callable[[], Any]) -> int:
    """How many times ``work`` asks the database."""
    said: list[str] = []

    def heard(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            said.append(statement)

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        work()
    finally:
        event.remove(Engine, "before_cursor_execute", heard)
    return len(said)


def test_a_volunteers_own_requests_are_there_too(city: City, sign_in: SignIn) -> None:
    offer_id, need_id = city.volunteer(), city.need(category="pets")
    with city.ctx.db.write() as session:
        session.get_one(Need, need_id).person_id = session.get_one(Offer, offer_id).person_id
    visitor = sign_in(offer_id=offer_id)
    page = visitor.get("/me")
    assert "My own requests" in page.text
    assert visitor.get(page.link("Pets")).h1 == "My request: Pets"


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_is_there_in_both_languages(city: City, sign_in: SignIn, language: str) -> None:
    _, _, offer = proposed(city)
    assert sign_in(offer_id=offer.id).get(f"/me?lang={language}").lang == language
