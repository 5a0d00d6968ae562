"""The volunteer's own page."""

from collections.abc import Callable

import pytest

from app.models import Match, Need, Offer, Person
from app.services import accounts, matches, posting, tasks
from app.services.events import Actor
from app.services.places import Spot
from matching.lifecycle import OfferState
from tests.city import City
from tests.functional.doors.conftest import proposed
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


OFFER = {"categories": ["pets"], "address": "4 rue des Essais", "postcode": "69002", "town": "Lyon", "quartier": "1"}
ACCOUNT = {"name", "email", "phone", "password"}


def test_whoever_is_signed_in_adds_an_offer_to_the_account(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    visitor.submit(visitor.get(visitor.get("/me").link("Withdraw")), "Yes, withdraw it")
    page = visitor.get(visitor.get("/me").link("I can help"))
    assert not ACCOUNT & page.form("Add my offer").names
    page = visitor.submit(page, "Add my offer", 422, **OFFER)
    assert "Tick the box to accept the charter" in page.text
    page = visitor.submit(page, "Add my offer", charter="y", age="y")
    assert "Thank you! Your offer is written down." in page.text
    assert "on duty" in page.text
    old, new = city.all(Offer)
    assert (new.person_id, new.state, new.categories) == (old.person_id, "active", ["pets"])
    assert city.tasks() == []

    person = city.one(Person, new.person_id)
    assert person.charter_version and person.notice_version and person.minimum_age_confirmed_at
    again = visitor.get("/offer/new").form("Add my offer").names
    assert not again & (ACCOUNT | {"charter", "age"})


def test_a_new_offer_of_somebody_not_approved_yet_is_a_new_task(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer(approved=False)
    visitor = sign_in(offer_id=offer_id)
    posting.move_offer(city.ctx, offer_id, OfferState.WITHDRAWN, Actor())
    tasks.close_task(city.ctx, city.tasks("approve")[0].id, Actor())
    page = visitor.submit(visitor.get("/offer/new"), "Add my offer", **OFFER, charter="y", age="y")
    assert "waits for approval" in page.text
    new = city.all(Offer)[-1]
    assert [task.offer_id for task in city.tasks("approve")] == [new.id]


def test_an_offer_outside_the_area_is_refused_kindly(city: City, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = sign_in(offer_id=city.volunteer())
    monkeypatch.setattr(accounts, "locate", lambda *_: Spot(0.0, 0.0))
    page = visitor.submit(visitor.get("/offer/new"), "Add my offer", 422, **OFFER, charter="y", age="y")
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
    page = visitor.submit(question, "I can’t help any more")
    assert (city.one(Match, match.id).state, city.one(Need, need.id).state) == ("cancelled", "open")
    assert "@example.net" not in page.html
    assert "This has changed meanwhile." in visitor.submit(question, "I can’t help any more").text
    assert visitor.get(question.path).path == "/me"


def test_a_pause_and_back(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    before = visitor.get("/me")
    for _ in range(2):
        page = visitor.submit(before, "Pause: ask me nothing for now")
        assert "paused" in page.text
    assert city.one(Offer, offer_id).state == "paused"
    visitor.submit(page, "I am back: ask me again")
    assert city.one(Offer, offer_id).state == "active"


def test_a_withdrawn_offer_is_gone_for_good_and_old_buttons_are_kindly_answered(city: City, sign_in: SignIn) -> None:
    offer_id = city.volunteer()
    visitor = sign_in(offer_id=offer_id)
    before = visitor.get("/me")
    question = visitor.get(before.link("Withdraw"))
    for _ in range(2):
        assert "Your offer is withdrawn." in visitor.submit(question, "Yes, withdraw it").text
    assert city.one(Offer, offer_id).state == "withdrawn"
    assert "This has changed meanwhile." in visitor.submit(before, "Pause: ask me nothing for now").text
    assert "You offer nothing at the moment." in visitor.get("/me").text


def test_nobody_touches_what_is_another_volunteers(city: City, sign_in: SignIn) -> None:
    match, _, offer = proposed(city)
    visitor = sign_in(offer_id=city.volunteer())
    page = visitor.get("/me")
    for path in (f"requests/{match.id}", f"requests/{match.id}/back-out", f"offers/{offer.id}/pause", f"offers/{offer.id}/withdraw"):
        post_as(visitor, page, f"/me/{path}", 404, answer="yes")
    visitor.get(f"/me/requests/{match.id}/back-out", 404)
    visitor.get(f"/me/offers/{offer.id}/withdraw", 404)
    post_as(visitor, page, "/me/requests/99999999999", 404, answer="yes")
    assert (city.one(Match, match.id).state, city.one(Offer, offer.id).state) == ("proposed", "active")


def test_what_was_helped_is_counted(city: City, sign_in: SignIn) -> None:
    match, _, offer = proposed(city, share_contact=True)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    matches.close(city.ctx, match.id, "done", Actor())
    assert "You have helped 1 neighbour." in sign_in(offer_id=offer.id).get("/me").text


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
