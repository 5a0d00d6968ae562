"""Maps: the outlines, and the coordinators' map beside its list. Only public points leave the house."""

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string
from shapely import box, to_wkb

from app.models import Need, Offer, Territory
from app.services import lists
from app.services.posting import Where
from tests.city import CENTRE, City
from tests.functional.doors.conftest import quartier
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


def points(page: Page) -> list[dict[str, Any]]:
    """What the page gives its map to draw."""
    found = re.search(r"data-points='(.*?)'", page.html)
    return json.loads(html.unescape(found[1])) if found else []


def test_the_outlines_are_public_small_and_kept_by_the_browser(city: City, client: Visitor) -> None:
    answer = client.browser.get("/places/territories.json")
    drawn = json.loads(answer.text)
    assert [each["properties"] for each in drawn["features"]] == [{"name": "Centre"}]
    west, north = CENTRE[0] - 0.2, CENTRE[1] + 0.2
    assert any(point == pytest.approx([west, north], abs=1e-4) for point in drawn["features"][0]["geometry"]["coordinates"][0])
    assert answer.headers["Cache-Control"] == "public, max-age=600"
    again = client.browser.get("/places/territories.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    city.clock.advance(minutes=1)
    quartier(city, "Nord", 0, 5000)
    changed = client.browser.get("/places/territories.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert [each["properties"]["name"] for each in changed.json["features"]] == ["Centre", "Nord"]


def test_a_long_border_is_drawn_with_few_points(city: City, client: Visitor) -> None:
    many = box(*(CENTRE[0] - 0.1, CENTRE[1] - 0.1), *(CENTRE[0] + 0.1, CENTRE[1] + 0.1)).segmentize(0.0001)
    with city.ctx.db.write() as session:
        session.add(Territory(name="Fine", kind="quartier", settings={}, shape=to_wkb(many), changed_at=city.clock()))
    assert len(client.browser.get("/places/territories.json").data) < 1000 < len(to_wkb(many))


def test_before_there_is_a_territory_there_is_an_empty_map(city: City, client: Visitor) -> None:
    with city.ctx.db.write() as session:
        session.query(Territory).delete()
    assert client.browser.get("/places/territories.json").json["features"] == []


def test_requests_and_offers_stand_on_the_map_and_in_the_list(city: City, sign_in: SignIn) -> None:
    need_id, offer_id = city.need(), city.volunteer(north_m=900)
    page = sign_in().get("/coordination/map")
    assert [(p["label"], p["kind"], p["url"], p["note"]) for p in points(page)] == [
        (f"Request no. {need_id}: Shopping", "need", f"/coordination/needs/{need_id}", "Centre"),
        (f"Offer no. {offer_id}: Shopping", "offer", f"/coordination/offers/{offer_id}", "Centre"),
    ]
    listed = {address for address, _ in page.links}
    assert {p["url"] for p in points(page)} <= listed, "everything on the map stands beside it as a list"


def test_no_exact_point_is_on_the_page(city: City, sign_in: SignIn) -> None:
    posts = [city.one(Need, city.need()), city.one(Need, city.need(north_m=500)), city.one(Offer, city.volunteer(north_m=900))]
    page = sign_in().get("/coordination/map")
    shown = {(p["lon"], p["lat"]) for p in points(page)}
    assert shown == {(round(post.public_lon, 5), round(post.public_lat, 5)) for post in posts}
    for post in posts:
        lon, lat = post.point
        assert not {f"{lon}", f"{lat}", f"{lon:.5f}", f"{lat:.5f}"} & set(re.findall(r"\d+\.\d+", page.html))


def test_a_coordinator_of_one_quartier_sees_no_others_points(city: City, sign_in: SignIn) -> None:
    north, south = quartier(city, "Nord", 0, 5000), quartier(city, "Sud", -5000, 0)
    mine, theirs = city.need(north_m=1000), city.need(north_m=-1000)
    city.volunteer(north_m=-2000)
    visitor = sign_in(territory_id=north)
    assert [p["url"] for p in points(visitor.get("/coordination/map"))] == [f"/coordination/needs/{mine}"]
    assert points(visitor.get(f"/coordination/map?territory={south}")) == [], "a filter opens nothing"
    assert len(points(sign_in(territory_id=south).get("/coordination/map"))) == 2
    assert theirs


def test_the_filters_of_the_lists_narrow_the_map(city: City, sign_in: SignIn) -> None:
    shopping, pets = city.need(), city.need(category="pets")
    withdrawn = city.need()
    with city.ctx.db.write() as session:
        session.get_one(Need, withdrawn).state = "withdrawn"
    city.volunteer(categories=("pets",))
    visitor = sign_in()

    def numbers(query: str) -> list[str]:
        return [p["label"].partition(":")[0] for p in points(visitor.get(f"/coordination/map{query}"))]

    assert numbers("?show=needs") == [f"Request no. {pets}", f"Request no. {shopping}"], "what is over is left out unless it is asked for"
    assert numbers("?category=pets") == [f"Request no. {pets}", "Offer no. 1"]
    assert numbers("?state=withdrawn") == [f"Request no. {withdrawn}"]
    assert numbers("?show=offers&category=shopping") == []
    assert "Nothing fits this filter." in visitor.get("/coordination/map?state=expired").text
    assert len(numbers("?state=nonsense&category=x&territory=x&show=y")) == 3


def test_a_map_with_more_than_it_holds_says_so(city: City, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAP_SIZE", 1)
    needs = [city.need(), city.need()]
    page = sign_in().get("/coordination/map")
    assert "These are the newest 1 of 2." in page.text
    assert [p["label"] for p in points(page)] == [f"Request no. {needs[-1]}: Shopping"]


def test_a_post_that_is_not_placed_is_not_on_the_map(city: City, sign_in: SignIn) -> None:
    city.need(where=Where("1 rue A", "69002", "Lyon"))
    assert points(sign_in().get("/coordination/map")) == []


def test_a_radius_on_the_map_is_said_in_minutes(app: Flask) -> None:
    text = "{% from 'components/map.html' import radius_map with context %}{{ radius_map(4.83, 45.76, 600) }}"
    with app.test_request_context("/?lang=fr"):
        drawn = render_template_string(text)
    assert "<figcaption>Environ 12 minutes à pied</figcaption>" in drawn
    assert "data-centre='[4.83, 45.76]' data-radius='600'" in drawn
    assert "hidden>" in drawn, "it shows itself once it can be drawn"
