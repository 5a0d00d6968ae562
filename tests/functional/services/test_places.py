"""Where a post is, and what becomes of it when nobody can say."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from app.context import Context
from app.models import Channel, Need, Territory
from app.services import addresses, placing, posting, streets
from app.services.events import Actor
from app.services.moves import lock_match
from app.services.places import Outside, Spot
from app.services.proposing import told_distance
from matching.geo import geodesic_m
from matching.lifecycle import Side
from tests.city import CENTRE, City
from tests.geocoder import Geocoder, feature, geocoder


@pytest.fixture
def ban(monkeypatch: pytest.MonkeyPatch) -> Iterator[Geocoder]:
    with geocoder(monkeypatch) as stand_in:
        yield stand_in


def with_ban(city: City, name: str = "ban") -> Context:
    return replace(city.ctx, settings=replace(city.ctx.settings, geocoder=name))


def post(city: City, name: str = "ban", **where: Any) -> Need:
    ctx = with_ban(city, name)
    place = posting.Where("1 rue A", "69002", "Lyon", **where)
    given = posting.NeedInput(name="Odette", category="shopping", email="o@example.net", where=place)
    need: Need = city.one(Need, posting.post_need(ctx, given, Actor(channel=Channel.WEB)))
    return need


def test_an_address_is_placed_by_the_geocoder(city: City, ban: Geocoder) -> None:
    ban.knows(feature("1 Rue A", *CENTRE))
    assert post(city).point == CENTRE
    assert city.tasks("place") == []
    assert ban.asked == ["1 rue A, 69002 Lyon"]


@pytest.mark.parametrize(
    "features",
    [
        [],
        [feature("1 Rue Alpha", *CENTRE)],
        [feature("1 Rue A", *CENTRE, postcode="69003")],
        [feature("1 Rue A", *CENTRE), feature("1 rue A", CENTRE[0] + 0.01, CENTRE[1])],
    ],
    ids=["unknown", "another street", "another postcode", "two of them"],
)
def test_what_the_geocoder_only_guesses_is_left_to_an_agent(city: City, ban: Geocoder, features: list[Any]) -> None:
    ban.knows(*features)
    need = post(city)
    assert need.point is None
    assert [task.need_id for task in city.tasks("place")] == [need.id]
    posting.confirm_need(city.ctx, need.id, Actor())
    city.volunteer()
    assert city.match() == 0
    placing.place_post(city.ctx, Need, need.id, Spot(*CENTRE), Actor())
    assert city.tasks("place") == []
    assert city.match() == 1


@pytest.mark.parametrize(
    ("status", "body", "drops"),
    [
        (200, None, False),
        (200, b'{"features": []}' * 20, True),
        (429, b"{}", False),
        (500, b"", False),
        (200, b"<html>", False),
        (200, b"[]", False),
        (200, b'{"features": [{"properties": null, "geometry": {"coordinates": ["x", 1]}}]}', False),
    ],
    ids=["silent", "drop by drop", "too many", "broken", "a page", "a list", "nonsense"],
)
def test_when_the_geocoder_fails_the_table_of_streets_is_asked(
    city: City, ban: Geocoder, status: int, body: bytes | None, drops: bool
) -> None:
    streets.add(city.ctx, [streets.Address("1", "Rue A", "69002", "Lyon", *CENTRE)])
    ban.status, ban.body, ban.drops = status, body, drops
    begun = time.perf_counter()
    assert post(city).point == CENTRE
    assert time.perf_counter() - begun < 5, "however the time is lost, nobody waits for it"


def test_nobody_is_told_an_address_because_the_geocoder_says_to_ask_there(city: City, ban: Geocoder) -> None:
    ban.knows(feature("1 Rue A", *CENTRE))
    ban.status, ban.location = 302, "/search?q=elsewhere"
    assert post(city).point is None
    assert ban.asked == ["1 rue A, 69002 Lyon"]


def test_what_the_geocoder_says_is_not_believed_blindly(city: City, ban: Geocoder) -> None:
    ctx = with_ban(city)
    strange = [feature(name, *CENTRE) for name in ("", "x" * 201, "1 rue\0A", 7)]  # type: ignore[arg-type]
    ban.knows(*strange, feature("Lyon", *CENTRE, kind="municipality"), feature("1 Rue A", 2.35, 48.85, postcode="75001", city="Paris"))
    assert addresses.suggest(ctx, "1 rue a") == [], "nor is what lies outside suggested"
    ban.body = json.dumps({"features": [feature("1 Rue A", *CENTRE) | {"geometry": {"coordinates": [float("nan"), 45.7]}}]}).encode()
    assert addresses.suggest(ctx, "1 rue a") == []


def test_of_a_street_without_the_house_the_number_is_kept_and_the_place_is_rough(city: City, ban: Geocoder) -> None:
    ban.knows(feature("Rue A", *CENTRE, kind="street"))
    need = post(city)
    assert (need.point, need.approximate) == (CENTRE, True)


def test_without_a_geocoder_the_middle_of_the_picked_quartier_will_do(city: City) -> None:
    (territory,) = city.all(Territory)
    need = post(city, "none", quartier_id=territory.id)
    assert geodesic_m(*need.point, *CENTRE) < 20_000
    posting.confirm_need(city.ctx, need.id, Actor())
    city.volunteer()
    city.match()
    with city.ctx.db.write() as session:
        told = told_distance(lock_match(session, 1), Side.VOLUNTEER)
    assert told == 1000, "of a place known so roughly no metres are told"


def test_a_point_outside_all_territories_is_refused_with_the_citys_number(city: City) -> None:
    with pytest.raises(Outside, match="04 65 71 00 00"):
        post(city, "none", lon=2.35, lat=48.85)
    assert city.all(Need) == []


def test_the_public_point_is_drawn_once_some_hundred_metres_away(city: City) -> None:
    need = city.one(Need, city.need())
    public = (need.public_lon, need.public_lat)
    assert 0 < geodesic_m(*public, *CENTRE) < 3000
    city.clock.advance(days=1)
    posting.move_need(city.ctx, need.id, posting.NeedState.PAUSED, Actor())
    again = city.one(Need, need.id)
    assert (again.public_lon, again.public_lat) == public
