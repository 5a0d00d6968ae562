"""Why nobody was found, on a request's page."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from app.models import Offer, Person
from app.services import duty, matches, posting, why
from app.services.events import Actor
from matching.lifecycle import NeedState, OfferState
from matching.model import TAKEN, Rule
from matching.why import WhyNot
from tests.city import City
from tests.pages import Visitor

SignIn = Callable[..., Visitor]


def found_for(city: City) -> WhyNot | None:
    [task] = city.tasks("nobody")
    return why.read(task.why)


def crowd(city: City, **need: Any) -> tuple[int, int]:
    """A need with nobody, and the offer that comes closest. Three volunteers live too far away, one offers something else."""
    near = city.volunteer(north_m=912, radius_m=850)
    city.volunteer(north_m=3000)
    city.volunteer(north_m=2700, languages=("ar",), availability="Tu 09:00-12:00")
    city.volunteer(categories=("pets",))
    need_id = city.need(availability="Mo 09:00-12:00", **need)
    assert city.match() == 0
    return need_id, near


def test_the_page_says_how_many_were_refused_and_how_close_the_closest_comes(city: City, sign_in: SignIn) -> None:
    need_id, _ = crowd(city)
    visitor = sign_in()
    page = visitor.get(f"/coordination/needs/{need_id}")
    words = page.text.replace("\u00a0", " ")
    told = "3 volunteers offer this. Closest to it: somebody who takes requests up to 800 m away (this one is about 1 km away)."
    assert told in words
    assert "Too far away: 3" in words
    french = visitor.get(f"/coordination/needs/{need_id}?lang=fr").text.replace("\u00a0", " ")
    assert "3 bénévoles proposent cette aide." in french
    assert "Trop loin : 3" in french


ADVICE = {
    "distance": ("Look for a volunteer who lives nearer, or ask one whether they would go further.", "bénévole qui habite plus près"),
    "hours": ("Ask the resident whether other hours would do.", "Demandez à la personne si d’autres horaires lui conviendraient."),
    "language": ("Look for a volunteer who speaks one of the languages asked for.", "Cherchez une ou un bénévole qui parle"),
    "category": ("Look for a volunteer for this kind of help.", "Cherchez une ou un bénévole pour ce type d’aide."),
    "taken": ("Ask those who are busy whether they can help one more person.", "Demandez aux bénévoles qui aident déjà"),
}


@pytest.mark.parametrize(
    ("offer", "reason"),
    [
        ({"north_m": 3000}, "distance"), ({"availability": "Tu 09:00-12:00"}, "hours"), ({"languages": ("ar",)}, "language"),
        ({"categories": ("pets",)}, "category"), ({"capacity": 1}, "taken"),
    ],
)  # fmt: skip
def test_the_advice_follows_from_what_keeps_the_closest(city: City, sign_in: SignIn, offer: dict[str, Any], reason: str) -> None:
    offer_id = city.volunteer(**offer)
    if reason == "taken":
        with city.ctx.db.write() as session:
            session.get_one(Offer, offer_id).taken = 1
    need_id = city.need(availability="Mo 09:00-12:00")
    assert city.match() == 0
    visitor = sign_in()
    page, french = (visitor.get(f"/coordination/needs/{need_id}{lang}").text for lang in ("", "?lang=fr"))
    assert [each for each, (words, _) in ADVICE.items() if words in page] == [reason]
    assert ADVICE[reason][1] in french
    assert "phone or video would do" not in page, "nobody shops on the phone"


def test_help_by_phone_is_advised_where_the_kind_of_help_allows_it(city: City, sign_in: SignIn) -> None:
    city.volunteer(north_m=3000, categories=("conversation",))
    need_id, other = (city.need(category="conversation", mode=mode) for mode in ("in_person", "both"))
    assert city.match() == 0
    visitor = sign_in()
    words = "Ask the resident whether help by phone or video would do."
    assert words in visitor.get(f"/coordination/needs/{need_id}").text
    assert words not in visitor.get(f"/coordination/needs/{other}").text, "they have said so already"


def test_it_shows_no_more_than_the_page_did(city: City, sign_in: SignIn) -> None:
    need_id, near = crowd(city)
    page = sign_in().get(f"/coordination/needs/{need_id}")
    assert "Closest to it" in page.text
    person = city.one(Person, city.one(Offer, near).person_id)
    for secret in ("912", "850", "45.7", "4.83", person.name, "Départ"):
        assert secret not in page.text
    assert "looked_at" not in city.events()


def test_the_figures_are_exact_for_programs(city: City) -> None:
    _, near = crowd(city)
    found = found_for(city)
    assert found is not None
    assert (found.reason, found.refused[Rule.DISTANCE], found.offers) == (Rule.DISTANCE, 3, 3)
    assert found.nearest is not None
    assert found.nearest.offer == near
    assert 905 < found.nearest.distance_m < 915


def test_only_who_may_be_asked_counts_and_who_was_asked_is_told_apart(city: City) -> None:
    city.volunteer(approved=False)
    paused, busy, asked = city.volunteer(), city.volunteer(capacity=1), city.volunteer(capacity=2)
    duty.move_offer(city.ctx, paused, OfferState.PAUSED, Actor())
    with city.ctx.db.write() as session:
        session.get_one(Offer, busy).taken = 1
    need_id = city.need()
    assert city.match() == 1
    [match] = city.matches(need_id)
    assert match.offer_id == asked
    assert city.tasks("nobody") == []
    matches.volunteer_answers(city.ctx, match.id, False, Actor())
    city.match()
    found = found_for(city)
    assert found is not None
    assert (found.offers, found.asked, found.taken, found.free, found.reason) == (2, 1, 1, 0, TAKEN)


def test_a_request_that_is_not_open_has_no_such_words(city: City, sign_in: SignIn) -> None:
    need_id, _ = crowd(city)
    posting.move_need(city.ctx, need_id, NeedState.PAUSED, Actor())
    assert "Closest to it" not in sign_in().get(f"/coordination/needs/{need_id}").text


def test_it_is_worked_out_anew_each_hour_and_not_while_nobody_asks(city: City) -> None:
    _, near = crowd(city)
    first = found_for(city)
    duty.move_offer(city.ctx, near, OfferState.PAUSED, Actor())
    city.match()
    assert found_for(city) == first
    city.clock.advance(hours=1)
    city.match()
    again = found_for(city)
    assert first and again and again.nearest and again.nearest.offer != near


def test_the_list_says_how_close_the_closest_comes(city: City, sign_in: SignIn) -> None:
    crowd(city)
    text = sign_in().get("/coordination/").text.replace("\u00a0", " ")
    assert "Closest to it: somebody who takes requests up to 800 m away (this one is about 1 km away)." in text


def test_the_web_server_loads_no_compiler() -> None:
    program = "import sys, app.web, app.services.why; print('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip() == "False"
