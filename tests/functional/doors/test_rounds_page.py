"""A round for a territory: worked out by the worker, looked at, then sent or dropped."""

from collections.abc import Callable
from datetime import timedelta

from app.models import Match, Need, Plan
from app.services import duty, plans
from app.services.events import Actor
from matching.lifecycle import OfferState
from tests.city import City
from tests.functional.doors.conftest import quartier
from tests.functional.doors.test_coordination_pages import SECRETS, csrf
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


def work_out(city: City) -> int:
    city.board.follow(city.ctx)
    return plans.work_out(city.ctx, city.board, city.waves)


def wanted(city: City, visitor: Visitor, **given: str) -> Page:
    page = visitor.submit(visitor.get("/coordination/round"), "Work it out", **given)
    assert "It is being worked out." in page.text
    assert work_out(city) == 1
    return visitor.get("/coordination/round")


def resting(city: City, **need: object) -> int:
    """A request that is not due: nobody would be asked by itself for a while."""
    need_id = city.need(**need)
    with city.ctx.db.write() as session:
        session.get_one(Need, need_id).next_try_at = city.clock() + timedelta(hours=1)
    return need_id


def test_a_round_is_looked_at_before_anybody_is_asked(city: City, sign_in: SignIn) -> None:
    near, _ = city.volunteer(north_m=250), city.volunteer(north_m=900)
    need_id, nobody = resting(city), resting(city, category="pets")
    visitor = sign_in()
    page = wanted(city, visitor)
    assert "1 volunteer to be asked" in page.text and "For 1 request nobody can be asked now." in page.text
    assert page.link(f"No. {need_id}") and f"/coordination/offers/{near}" in page.html
    assert not [secret for secret in SECRETS if secret in page.html]
    assert city.all(Match) == []
    page = visitor.submit(page, "Ask this volunteer")
    assert "1 volunteer is asked." in page.text and "This round was sent." in page.text
    [match] = city.all(Match)
    assert (match.need_id, match.offer_id, match.state, match.rank) == (need_id, near, "proposed", 1)
    assert match.terms and city.one(Plan, 1).pairs == "[]"
    assert nobody and city.events().count("round_sent") == 1


def test_who_has_gone_meanwhile_is_not_asked_and_told_so(city: City, sign_in: SignIn) -> None:
    offers = [city.volunteer(north_m=m) for m in (100, 200)]
    for _ in offers:
        resting(city)
    visitor = sign_in()
    page = wanted(city, visitor)
    duty.move_offer(city.ctx, offers[0], OfferState.PAUSED, Actor())
    page = visitor.submit(page, "Ask these 2 volunteers")
    assert "1 volunteer is asked." in page.text and "1 could not be asked any more." in page.text


def test_an_old_round_and_one_that_was_sent_are_not_sent_again(city: City, sign_in: SignIn) -> None:
    city.volunteer()
    resting(city)
    visitor = sign_in()
    page = wanted(city, visitor)
    city.clock.advance(minutes=16)
    assert "This round is older than a quarter of an hour" in visitor.get("/coordination/round").text
    assert "too old, or was sent already" in visitor.submit(page, "Ask this volunteer").text
    page = wanted(city, visitor)
    visitor.submit(page, "Ask this volunteer")
    assert "too old, or was sent already" in visitor.submit(page, "Ask this volunteer").text
    assert len(city.all(Match)) == 1


def test_a_round_is_dropped_by_its_agent_and_nobody_is_asked(city: City, sign_in: SignIn) -> None:
    city.volunteer()
    resting(city)
    visitor = sign_in()
    page = wanted(city, visitor)
    assert "Dropped: nobody is asked." in visitor.submit(page, "Drop it").text
    assert "too old" in visitor.submit(page, "Ask this volunteer").text
    assert work_out(city) == 0 and city.all(Match) == []


def test_a_round_is_for_ones_own_territory(city: City, sign_in: SignIn) -> None:
    here, there = quartier(city, "Here", -9000, 0), quartier(city, "There", 0, 9000)
    city.volunteer(north_m=100, capacity=5)
    mine, theirs = resting(city, north_m=-200), resting(city, north_m=300)
    visitor = sign_in(territory_id=here)
    page = wanted(city, visitor, territory=str(here))
    assert f"/coordination/needs/{mine}" in page.html and f"/coordination/needs/{theirs}" not in page.html
    assert "/coordination/offers/" not in page.html, "across the border: without a link"
    token = csrf(page)
    visitor.post("/coordination/round", 404, csrf_token=token, do="want", territory=str(there))
    visitor.post("/coordination/round", 400, csrf_token=token, do="want", territory="")
    visitor.post("/coordination/round", 400, csrf_token=token, do="send")
    visitor.post("/coordination/round", 400, csrf_token=token, do="eat")
    other = sign_in()
    assert "too old" in other.post("/coordination/round", csrf_token=csrf(other.get("/coordination/")), do="send", plan="1").text
    assert city.all(Match) == []
