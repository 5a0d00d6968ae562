"""Needs near a volunteer that nobody has taken, and offering to take one."""

import re
import threading
from collections.abc import Callable
from typing import Any

import pytest

from app.models import Event, Match, Need, Offer
from app.services import matches, taking
from app.services.events import Actor
from app.services.matches import Answer
from tests.city import CENTRE, DEGREES_A_METRE, City
from tests.functional.doors.test_my_page import SignIn, post_as
from tests.pages import Page

NEAR = "Needs near me that nobody has taken"
SECRETS = ("Résidente", "Martin", "@example.net", "+332619", "02 61 91", "rue d'Essai", "rue d&#39;Essai", "blue door")


def near(city: City, offer_id: int) -> list[taking.Nearby]:
    with city.ctx.db.read() as session:
        return taking.needs_near(session, session.get_one(Offer, offer_id).person_id)


def take(city: City, offer_id: int, need_id: int) -> Answer:
    person_id = city.one(Offer, offer_id).person_id
    return taking.offer_to_take(city.ctx, person_id, need_id, Actor(person_id))


def show_at(city: City, kind: type[Any], post_id: int, north_m: float) -> None:
    """Put a post's public point so far north of the centre."""
    with city.ctx.db.write() as session:
        post = session.get_one(kind, post_id)
        post.public_lon, post.public_lat = CENTRE[0], CENTRE[1] + north_m * DEGREES_A_METRE


@pytest.fixture
def offer_id(city: City) -> int:
    made = city.volunteer(categories=("conversation",), capacity=2)
    show_at(city, Offer, made, 0)
    return made


def test_a_need_nearby_is_told_roughly_and_without_who_it_is(city: City, offer_id: int, sign_in: SignIn) -> None:
    need_id = city.need(category="pets", north_m=700, details="the blue door", availability="Sa 09:00-12:00", urgency="urgent")
    show_at(city, Need, need_id, 720)
    page = sign_in(offer_id=offer_id).get("/me")
    assert NEAR in page.text
    for words in ("Pets", "urgent", "Saturday", "Centre", "about 1 km"):
        assert words in page.text
    assert not [secret for secret in SECRETS if secret in page.html]
    exact = city.one(Need, need_id).point
    assert not [number for number in exact if f"{number:.6f}"[:8] in page.html]


def test_nothing_that_is_shown_depends_on_where_the_door_is(city: City, offer_id: int, sign_in: SignIn) -> None:
    first, second = city.need(category="pets"), city.need(category="pets")
    show_at(city, Need, first, 900)
    show_at(city, Need, second, 400)
    visitor = sign_in(offer_id=offer_id)

    def section(page: Page) -> str:
        shown = page.html[page.html.index(NEAR) : page.html.index("My availability")]
        return re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", shown)

    seen = section(visitor.get("/me"))
    assert [n.id for n in near(city, offer_id)] == [second, first]
    assert [n.about_m for n in near(city, offer_id)] == [500, 1000]
    with city.ctx.db.write() as session:
        for need_id, (lon, lat) in ((first, CENTRE), (second, (CENTRE[0] + 0.1, CENTRE[1] - 0.1))):
            session.get_one(Need, need_id).exact_point = f"{lon!r},{lat!r}"
        session.get_one(Offer, offer_id).exact_point = f"{CENTRE[0] + 0.05!r},{CENTRE[1]!r}"
    assert section(visitor.get("/me")) == seen


@pytest.mark.parametrize(("public_m", "told_m"), [(0, 500), (499, 500), (501, 1000), (2990, 3000)])
def test_distances_are_told_in_steps_of_half_a_kilometre(city: City, offer_id: int, public_m: float, told_m: int) -> None:
    show_at(city, Need, city.need(category="pets"), public_m)
    assert [need.about_m for need in near(city, offer_id)] == [told_m]


def test_what_is_offered_comes_first_then_the_urgent_then_the_near(city: City, offer_id: int) -> None:
    made = [
        city.need(category="pets"), city.need(category="pets", urgency="urgent"), city.need(category="conversation", urgency="flexible"),
        city.need(category="pets"),
    ]  # fmt: skip
    for need_id, north_m in zip(made, (2000, 2900, 2500, 300), strict=True):
        show_at(city, Need, need_id, north_m)
    assert [need.id for need in near(city, offer_id)] == [made[2], made[1], made[3], made[0]]


def test_at_most_ten_are_shown(city: City, offer_id: int) -> None:
    for _ in range(12):
        show_at(city, Need, city.need(category="pets"), 100)
    assert len(near(city, offer_id)) == 10


@pytest.mark.parametrize(
    "hidden",
    [
        {"public_m": 4100}, {"languages": ("ar",)}, {"category": "conversation", "mode": "remote"}, {"confirmed": False},
        {"email": "v1@example.org"}, {"phone": "+33639980001"},
    ],
    ids=["too far", "another language", "another way", "not confirmed", "my own by e-mail", "my own by phone"],
)  # fmt: skip
def test_what_is_not_for_this_volunteer_is_not_shown(city: City, offer_id: int, hidden: dict[str, Any]) -> None:
    public_m = hidden.get("public_m", 100)
    hidden = {name: value for name, value in hidden.items() if name != "public_m"}
    need_id = city.need(**({"category": "pets"} | hidden))
    show_at(city, Need, need_id, public_m)
    assert near(city, offer_id) == []
    assert take(city, offer_id, need_id) is Answer.OVER, "nor taken by whoever guesses its number"
    assert city.matches(need_id) == []


def test_a_need_for_which_somebody_is_asked_is_not_shown_nor_one_i_was_asked_for(city: City, offer_id: int) -> None:
    other = city.volunteer(categories=("pets",))
    need_id = city.need(category="pets")
    city.match()
    assert near(city, offer_id) == []
    matches.volunteer_answers(city.ctx, city.matches(need_id)[0].id, False, Actor())
    assert [need.id for need in near(city, offer_id)] == [need_id]
    assert near(city, other) == []
    assert take(city, other, need_id) is Answer.OVER


@pytest.mark.parametrize("why", ["not approved", "off duty", "no room"])
def test_whoever_cannot_be_asked_cannot_take(city: City, why: str) -> None:
    offer_id = city.volunteer(categories=("conversation",), approved=why != "not approved")
    need_id = city.need(category="pets")
    with city.ctx.db.write() as session:
        offer = session.get_one(Offer, offer_id)
        offer.state = "paused" if why == "off duty" else offer.state
        offer.taken = offer.capacity if why == "no room" else 0
    assert near(city, offer_id) == []
    assert take(city, offer_id, need_id) is Answer.OVER
    assert (city.matches(need_id), city.one(Need, need_id).taken) == ([], 0)


def test_taking_is_a_yes_and_asks_the_resident(city: City, offer_id: int, sign_in: SignIn, told: Callable[[str], list[Any]]) -> None:
    need_id = city.need(category="pets", north_m=700)
    city.match()
    assert len(city.tasks("nobody")) == 1
    visitor = sign_in(offer_id=offer_id)
    before = visitor.get("/me")
    for _ in range(2):
        page = visitor.submit(before, "I could do this")
        assert "We have asked the resident whether it suits them" in page.text
    assert "Waiting for the resident" in page.text
    assert NEAR not in page.text
    [match], need, offer = city.matches(need_id), city.one(Need, need_id), city.one(Offer, offer_id)
    assert (match.state, match.mode, match.distance_m, need.state, need.taken, offer.taken) == ("accepted", "in_person", 700, "asked", 1, 1)
    assert [(e.kind, e.actor_id) for e in city.all(Event, match_id=match.id)] == [
        ("match_proposed", offer.person_id), ("match_accepted", offer.person_id),
    ]  # fmt: skip
    assert len(told("accepted_to_resident")) == len(told("accepted_to_volunteer")) == 1
    assert city.tasks("nobody") == []

    matches.resident_answers(city.ctx, match.id, True, Actor())
    assert "Résidente2: Pets" in visitor.get("/me").text


def test_where_the_resident_agreed_beforehand_both_know_each_other_at_once(city: City, offer_id: int, sign_in: SignIn) -> None:
    need_id = city.need(category="conversation", share_contact=True)
    visitor = sign_in(offer_id=offer_id)
    page = visitor.submit(visitor.get("/me"), "I could do this")
    assert "You both agreed: the contact details are below." in page.text
    assert "r2@example.net" in page.text
    assert city.one(Need, need_id).state == "agreed"


@pytest.mark.parametrize("need", [{"category": "pets"}, {"north_m": 1800}, {"availability": "Su 09:00-12:00"}])
def test_whoever_would_not_have_been_asked_needs_the_residents_yes_all_the_same(city: City, need: dict[str, Any]) -> None:
    offer_id = city.volunteer(categories=("conversation",), availability="Mo-Fr 18:00-20:00", radius_m=1500)
    need_id = city.need(**{"category": "conversation", "share_contact": True} | need)
    assert take(city, offer_id, need_id) is Answer.ACCEPTED
    assert "contacts_shown" not in city.events()


def test_help_for_a_child_is_shown_to_those_alone_who_offer_it(city: City, offer_id: int) -> None:
    need_id = city.need(category="homework")
    tutor = city.volunteer(categories=("homework",))
    assert [[need.id for need in near(city, offer)] for offer in (offer_id, tutor)] == [[], [need_id]]
    assert take(city, offer_id, need_id) is Answer.OVER


def test_two_from_afar_meet_from_afar_where_it_is_too_far_to_walk(city: City) -> None:
    offer_id = city.volunteer(categories=("pets",), mode="both", radius_m=500)
    need_id = city.need(category="conversation", mode="both", north_m=1500)
    take(city, offer_id, need_id)
    assert city.matches(need_id)[0].mode == "remote"


def test_whoever_comes_second_is_told_kindly(city: City, offer_id: int, sign_in: SignIn) -> None:
    need_id = city.need(category="pets")
    visitor = sign_in(offer_id=offer_id)
    before = visitor.get("/me")
    assert take(city, city.volunteer(categories=("homework",)), need_id) is Answer.ACCEPTED
    assert "Somebody was quicker" in visitor.submit(before, "I could do this").text
    assert len(city.matches(need_id)) == 1
    post_as(visitor, before, "/me/near/4711", 200)


def test_of_many_who_press_at_once_one_takes_it(city: City) -> None:
    offers = [city.volunteer(categories=("homework",)) for _ in range(6)]
    need_id = city.need(category="pets")
    answers: list[Answer] = []
    start = threading.Barrier(len(offers))

    def press(offer_id: int) -> None:
        start.wait()
        answers.append(take(city, offer_id, need_id))

    threads = [threading.Thread(target=press, args=(offer_id,)) for offer_id in offers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [Answer.ACCEPTED, *[Answer.OVER] * 5]
    assert [match.state for match in city.matches(need_id)] == ["accepted"]
    assert sum(offer.taken for offer in city.all(Offer)) == city.one(Need, need_id).taken == 1
    assert len(city.all(Match)) == 1
