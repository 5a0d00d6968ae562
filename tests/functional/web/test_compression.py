"""What is sent compressed, and what must never be."""

import gzip
import json

import pytest
from shapely import box, to_wkb
from werkzeug.test import TestResponse

from app.models import Territory
from tests.city import CENTRE, City
from tests.pages import Visitor

GZIP = {"accept-encoding": "br, gzip"}
STYLE = "/static/style.css"


def fetched(client: Visitor, path: str, **headers: str) -> TestResponse:
    """The whole answer, with its file closed behind it."""
    answer = client.browser.get(path, headers=headers, buffered=True)
    answer.close()
    return answer


def outlines(city: City, client: Visitor) -> str:
    with city.ctx.db.write() as session:
        for i in range(20):
            shape = to_wkb(box(CENTRE[0] + i, CENTRE[1], CENTRE[0] + i + 1, CENTRE[1] + 1))
            session.add(Territory(name=f"Quartier {i}", kind="quartier", settings={}, shape=shape, changed_at=city.clock()))
    return "/places/territories.json"


def test_files_of_the_look_are_sent_compressed_to_whoever_takes_it(client: Visitor) -> None:
    plain = fetched(client, STYLE)
    assert "Content-Encoding" not in plain.headers
    for _ in range(2):
        packed = fetched(client, STYLE, **GZIP)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.data) == plain.data
        assert len(packed.data) == int(packed.headers["Content-Length"]) < len(plain.data) / 2
    assert "Accept-Encoding" in plain.headers["Vary"] and "Accept-Encoding" in packed.headers["Vary"]


@pytest.mark.parametrize("given", ["identity", "gzip;q=0", ""])
def test_whoever_does_not_take_it_gets_it_plain(client: Visitor, given: str) -> None:
    assert "Content-Encoding" not in fetched(client, STYLE, **{"accept-encoding": given}).headers


def test_what_a_map_draws_is_compressed_and_not_sent_twice(city: City, client: Visitor) -> None:
    address = outlines(city, client)
    packed = client.browser.get(address, headers=GZIP)
    assert len(json.loads(gzip.decompress(packed.data))["features"]) == 21
    again = client.browser.get(address, headers=GZIP | {"If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "Content-Encoding" not in again.headers


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/request/new"])
def test_a_page_is_never_compressed(client: Visitor, path: str) -> None:
    answer = client.browser.get(path, headers=GZIP, follow_redirects=True)
    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers


def test_a_part_of_a_file_and_a_missing_one_stay_as_they_are(client: Visitor) -> None:
    part = fetched(client, STYLE, **GZIP, range="bytes=0-9")
    assert "Content-Encoding" not in part.headers
    assert "Content-Encoding" not in client.browser.get("/static/missing.css", headers=GZIP).headers
