"""Volunteers who go to quartiers that they ticked, or to an area that they drew, in place of a radius around their home."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from shapely import box, to_wkb

from app.models import Match, Need, Offer, Territory
from app.services import taking, whatif, why
from app.services.events import Actor
from app.services.matches import Answer
from matching.lifecycle import MatchState
from matching.model import Mode, Rule
from tests.city import CENTRE, DEGREES_A_METRE, City

LIVES_IN = -4000
"""Metres north of the centre: everybody of these tests lives there, and the quartiers lie farther north."""


def square(south_m: float, north_m: float) -> Any:
    south, north = (CENTRE[1] + m * DEGREES_A_METRE for m in (south_m, north_m))
    return box(CENTRE[0] - 0.01, south, CENTRE[0] + 0.01, north)


def quartier(city: City, name: str, south_m: float, north_m: float) -> int:
    with city.ctx.db.write() as session:
        made = Territory(
            name=name, kind="quartier", parent_id=city.quartier_id, settings={}, shape=to_wkb(square(south_m, north_m)),
            changed_at=city.clock(),
        )  # fmt: skip
        session.add(made)
        session.flush()
        return made.id


def drawn(south_m: float, north_m: float) -> str:
    return json.dumps(square(south_m, north_m).__geo_interface__)


@pytest.fixture
def north(city: City) -> int:
    """A quartier from 1 to 3 km north of the centre."""
    return quartier(city, "Nord", 1000, 3000)


@pytest.fixture
def helper(city: City, north: int) -> Callable[..., int]:
    """Somebody who lives 4 km south of the centre and goes to the quartier in the north only."""
    return lambda **offer: city.volunteer(**({"north_m": LIVES_IN, "quartiers": (north,), "radius_m": 3000} | offer))


def asked(city: City, need_id: int) -> list[int]:
    return [match.offer_id for match in city.matches(need_id)]


def test_a_need_in_a_ticked_quartier_is_served_from_beyond_the_radius_and_one_nearby_is_not(city: City, helper: Callable[..., int]) -> None:
    offer_id = helper(capacity=2)
    there, nearby = city.need(north_m=1500), city.need(north_m=LIVES_IN + 200)
    assert city.match() == 1
    assert (asked(city, there), asked(city, nearby)) == ([offer_id], [])


def test_a_drawn_area_counts_as_quartiers_do_and_both_count_together(city: City, helper: Callable[..., int]) -> None:
    only = helper(quartiers=(), drawn=drawn(5000, 6000))
    both = helper(drawn=drawn(7000, 8000))
    ways = {north_m: city.need(north_m=north_m) for north_m in (5500, 7500, 4000)}
    city.match()
    assert [asked(city, need_id) for need_id in ways.values()] == [[only], [both], []]


def test_what_is_drawn_is_sealed_in_the_database(city: City, helper: Callable[..., int]) -> None:
    offer_id = helper(drawn=drawn(5000, 6000))
    with city.ctx.db.read() as session:
        raw = session.connection().exec_driver_sql("SELECT drawn FROM offer").scalar_one()
    assert "Polygon" not in raw
    assert "Polygon" in city.one(Offer, offer_id).drawn


def test_a_quartier_that_is_redrawn_counts_with_its_new_outline(city: City, north: int, helper: Callable[..., int]) -> None:
    offer_id, before = helper(), city.need(north_m=3500)
    assert city.match() == 0
    with city.ctx.db.write() as session:
        row = session.get_one(Territory, north)
        row.shape, row.changed_at = to_wkb(square(3000, 4000)), city.clock()
    city.clock.advance(minutes=11)
    assert city.match() == 1
    assert asked(city, before) == [offer_id]


def test_of_quartiers_those_that_are_left_count_and_with_none_left_the_radius(city: City, north: int, helper: Callable[..., int]) -> None:
    gone = quartier(city, "Disparu", 5000, 6000)
    one, all_gone = helper(quartiers=(north, gone), capacity=5), helper(quartiers=(gone,), capacity=5)
    city.match()
    with city.ctx.db.write() as session:
        session.delete(session.get_one(Territory, gone))
    wanted = {north_m: city.need(north_m=north_m) for north_m in (2000, 5500, LIVES_IN + 500)}
    city.match()
    assert [asked(city, need_id) for need_id in wanted.values()] == [[one], [], [all_gone]]


def test_who_ticked_the_same_quartiers_share_one_shape(city: City, helper: Callable[..., int]) -> None:
    first, second = helper(), helper()
    city.board.follow(city.ctx)
    offers = [city.board.index.get(offer_id) for offer_id in (first, second)]
    assert offers[0] and offers[1] and offers[0].area is offers[1].area is not None


def test_why_and_what_if_know_the_area(city: City, helper: Callable[..., int]) -> None:
    helper()
    city.need(north_m=LIVES_IN)
    city.match()
    [task] = city.tasks("nobody")
    found = why.read(task.why)
    assert found and found.refused[Rule.DISTANCE] == 1 and found.nearest
    [refusal] = found.nearest.refusals
    assert 4990 < refusal.figures["outside_m"] < 5010
    assert whatif.today(city.ctx).offers[0].area is not None


def show(city: City, kind: type[Any], post_id: int, north_m: float) -> None:
    """Put a post's public point where it is easy to tell what is near."""
    with city.ctx.db.write() as session:
        post = session.get_one(kind, post_id)
        post.public_lon, post.public_lat = CENTRE[0], CENTRE[1] + north_m * DEGREES_A_METRE


def test_needs_near_me_are_those_in_the_own_area_and_a_little_beyond(city: City, helper: Callable[..., int]) -> None:
    offer_id = helper()
    show(city, Offer, offer_id, LIVES_IN)
    wanted = {north_m: city.need(north_m=north_m) for north_m in (LIVES_IN + 100, -200, 200, 2000, 3900, 4200)}
    for north_m, need_id in wanted.items():
        show(city, Need, need_id, north_m)
    with city.ctx.db.read() as session:
        seen = taking.needs_near(session, city.one(Offer, offer_id).person_id)
    assert sorted(need.id for need in seen) == sorted(wanted[north_m] for north_m in (200, 2000, 3900))


@pytest.mark.parametrize(("north_m", "state"), [(2000, MatchState.AGREED), (3500, MatchState.ACCEPTED)])
def test_the_residents_word_given_beforehand_counts_where_the_volunteer_would_have_been_asked(
    city: City, helper: Callable[..., int], north_m: int, state: MatchState
) -> None:
    offer_id, need_id = helper(), city.need(north_m=north_m, share_contact=True)
    show(city, Need, need_id, north_m)
    person_id = city.one(Offer, offer_id).person_id
    assert taking.offer_to_take(city.ctx, person_id, need_id, Actor(person_id)) is Answer(state)


def test_outside_of_the_area_two_who_would_also_do_with_the_phone_use_it(city: City, helper: Callable[..., int]) -> None:
    offer_id, need_id = helper(mode="both"), city.need(north_m=3500, mode="both")
    show(city, Need, need_id, 3500)
    person_id = city.one(Offer, offer_id).person_id
    taking.offer_to_take(city.ctx, person_id, need_id, Actor(person_id))
    assert city.all(Match)[0].mode == Mode.REMOTE
