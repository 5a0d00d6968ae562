"""Where a post is, and what becomes of it when nobody can say."""

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

import pytest
from geopy.geocoders import BANFrance

from app.models import Channel, Match, Need, Territory
from app.services import places, posting
from app.services.events import Actor
from app.services.matches import told_distance
from app.services.places import Outside, Spot
from matching.geo import geodesic_m
from tests.city import CENTRE, City

FOUND = {"features": [{"properties": {"label": "x"}, "geometry": {"type": "Point", "coordinates": list(CENTRE)}}]}


class _Geocoder(http.server.BaseHTTPRequestHandler):
    answer: ClassVar[bytes] = b""
    release: ClassVar[threading.Event]

    def do_GET(self) -> None:
        if not self.answer:
            self.release.wait(10)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.answer)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def geocoder(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Geocoder]]:
    _Geocoder.release = threading.Event()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Geocoder) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        local = partial(BANFrance, scheme="http")
        monkeypatch.setattr(places, "BANFrance", lambda **given: local(**given | {"domain": f"127.0.0.1:{server.server_port}"}))
        monkeypatch.setattr(places, "GEOCODER_TIMEOUT_S", 0.3)
        yield _Geocoder
        _Geocoder.release.set()
        server.shutdown()
        thread.join()


def post(city: City, geocoder: str = "ban", **where: Any) -> Need:
    ctx = replace(city.ctx, settings=replace(city.ctx.settings, geocoder=geocoder))
    place = posting.Where("1 rue A", "69002", "Lyon", **where)
    given = posting.NeedInput(name="Odette", category="shopping", email="o@example.net", where=place)
    need: Need = city.one(Need, posting.post_need(ctx, given, Actor(channel=Channel.WEB)))
    return need


def test_an_address_is_placed_by_the_geocoder(city: City, geocoder: type[_Geocoder]) -> None:
    geocoder.answer = json.dumps(FOUND).encode()
    assert post(city).point == CENTRE
    assert city.tasks("place") == []


@pytest.mark.parametrize("answer", [b"", b"<html>", b'{"features": []}'], ids=["silent", "nonsense", "unknown address"])
def test_when_the_geocoder_does_not_know_in_time_an_agent_places_the_post(city: City, geocoder: type[_Geocoder], answer: bytes) -> None:
    geocoder.answer = answer
    need = post(city)
    assert need.point is None
    assert [task.need_id for task in city.tasks("place")] == [need.id]
    posting.confirm_need(city.ctx, need.id, Actor())
    city.volunteer()
    assert city.match() == 0
    posting.place_post(city.ctx, Need, need.id, Spot(*CENTRE), Actor())
    assert city.tasks("place") == []
    assert city.match() == 1


def test_without_a_geocoder_the_middle_of_the_picked_quartier_will_do(city: City) -> None:
    (territory,) = city.all(Territory)
    need = post(city, "none", quartier_id=territory.id)
    assert geodesic_m(*need.point, *CENTRE) < 20_000
    posting.confirm_need(city.ctx, need.id, Actor())
    city.volunteer()
    city.match()
    assert told_distance(city.one(Match, 1), need.approximate) == 1000, "of a place known so roughly no metres are told"


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
