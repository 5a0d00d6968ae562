"""Maps: the outlines, and the coordinators' map beside its list. Only public points leave the house."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask, render_template_string
from shapely import box, to_wkb

from app.models import Match, Need, Offer, Territory
from app.services import overview
from app.services.lacks import classes as shade_classes
from app.services.placing import Where
from tests.city import CENTRE, DEGREES_A_METRE, City
from tests.crowd import crowd
from tests.functional.doors.conftest import proposed, quartier
from tests.functional.doors.test_coordination_pages import counted
from tests.pages import Page, Visitor

SignIn = Callable[..., Visitor]


def around(metres: float) -> str:
    """A part of the map so far around the city's centre, as it stands in an address."""
    lon, lat, far = *CENTRE, metres * DEGREES_A_METRE
    return f"{lon - far:.5f},{lat - far:.5f},{lon + far:.5f},{lat + far:.5f}"


def drawn(visitor: Visitor, query: str = "", *, zoom: float, metres: float = 1500) -> Any:
    """What the map gets for a part around the centre."""
    answer = visitor.browser.get(f"/coordination/map.geojson?bbox={around(metres)}&zoom={zoom}{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    return answer.json


def points(seen: Any) -> list[Any]:
    return [f for f in seen["features"] if f["geometry"]["type"] == "Point"]


def posts(feature: Any) -> int:
    """How many a feature stands for."""
    properties = feature["properties"]
    return int(properties["needs"] + properties["offers"] if properties["kind"] == "cluster" else properties["kind"] != "match")


def given_to_the_map(page: Page) -> Any:
    """What the page tells its script."""
    found = re.search(r"data-overview='(.*?)'", page.html)
    assert found
    return json.loads(html.unescape(found[1]))


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


def test_what_is_on_the_map_stands_beside_it_as_a_list(city: City, sign_in: SignIn) -> None:
    match, need, offer = proposed(city, urgency="urgent")
    visitor = sign_in()
    seen = drawn(visitor, zoom=19)
    marks = {f["properties"]["kind"]: f["properties"] for f in seen["features"]}
    assert marks["need"] == {
        "kind": "need", "id": need.id, "state": "asked", "category": "shopping", "urgency": "urgent",
        "label": f"Request no. {need.id}: Shopping (urgent)", "url": f"/coordination/needs/{need.id}",
    }  # fmt: skip
    assert marks["offer"] == {
        "kind": "offer", "id": offer.id, "state": "active", "category": ["shopping"],
        "label": f"Offer no. {offer.id}: Shopping", "url": f"/coordination/offers/{offer.id}",
    }  # fmt: skip
    assert marks["match"] == {"kind": "match", "id": match.id, "state": "proposed", "matches": 1}
    listed = {address for address, _ in visitor.get("/coordination/map").links}
    assert {marks["need"]["url"], marks["offer"]["url"], f"/coordination/matches/{match.id}"} <= listed


def test_whatever_is_pressed_says_how_it_stands_until_when_and_where(city: City, sign_in: SignIn) -> None:
    north = quartier(city, "Nord", 200, 5000)
    _match, need, offer = proposed(city, urgency="urgent")
    visitor = sign_in()
    said = [visitor.browser.get(f"/coordination/{path}/glance").json["lines"] for path in (f"needs/{need.id}", f"offers/{offer.id}")]
    assert said == [["volunteers are asked, urgent", "answer by today 15:05", "Nord"], ["on duty", "busy with 1 of 1", "Centre"]]
    assert sign_in(territory_id=north).browser.get(f"/coordination/offers/{offer.id}/glance").status_code == 404


def test_no_exact_point_leaves_the_house(city: City, sign_in: SignIn) -> None:
    city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, public_blur_m=150))
    _, need, offer = proposed(city)
    posts, visitor = [need, offer, city.one(Need, city.need(north_m=900))], sign_in()
    seen = drawn(visitor, zoom=19)
    lines = [f["geometry"]["coordinates"] for f in seen["features"] if f["geometry"]["type"] == "LineString"]
    public = [[round(post.public_lon, 5), round(post.public_lat, 5)] for post in posts]
    assert sorted(f["geometry"]["coordinates"] for f in points(seen)) == sorted(public)
    assert lines == [public[:2]]
    page = visitor.get("/coordination/map").html
    for lon, lat in (post.point for post in posts):
        for text in (json.dumps(seen), page):
            assert not {f"{lon}", f"{lat}", f"{lon:.5f}", f"{lat:.5f}"} & set(re.findall(r"\d+\.\d+", text))


def test_a_coordinator_of_one_quartier_sees_no_others_points(city: City, sign_in: SignIn) -> None:
    north, south = quartier(city, "Nord", 0, 5000), quartier(city, "Sud", -5000, 0)
    mine = city.need(north_m=1000)
    for _ in range(3):
        city.need(north_m=-1000)
    city.volunteer(north_m=-2000)
    visitor = sign_in(territory_id=north)
    for zoom in (19, 10):
        assert [f["properties"].get("url") for f in drawn(visitor, zoom=zoom, metres=3000)["features"]] == [f"/coordination/needs/{mine}"]
    assert drawn(visitor, f"&territory={south}", zoom=19)["features"] == [], "a filter opens nothing"
    page = visitor.get("/coordination/map")
    assert "Requests: 1" in page.text and "Offers" not in page.text.partition("On the whole map")[2]
    assert "Sud" not in page.text, "nor a count of what is lacking there"
    assert sum(posts(f) for f in drawn(sign_in(territory_id=south), zoom=10, metres=3000)["features"]) == 4


def test_a_match_across_a_border_shows_to_both_sides_and_to_no_third(city: City, sign_in: SignIn) -> None:
    north, south, far = quartier(city, "Nord", 200, 5000), quartier(city, "Sud", -5000, 200), quartier(city, "Loin", -9000, -5000)
    match, _, _ = proposed(city)  # the volunteer at 0 m, the need at 350 m
    for own in (north, south):
        visitor = sign_in(territory_id=own)
        features = drawn(visitor, zoom=19)["features"]
        assert [f["properties"]["id"] for f in features if f["properties"]["kind"] == "match"] == [match.id]
        assert len(features) == 2, "the line, and the post on the own side"
        assert f"/coordination/matches/{match.id}" in {address for address, _ in visitor.get("/coordination/map").links}
    visitor = sign_in(territory_id=far)
    assert drawn(visitor, zoom=19) == {"type": "FeatureCollection", "features": [], "matches": 0}
    assert "Nothing fits here." in visitor.get("/coordination/map").text


def test_the_filters_of_the_lists_narrow_the_map(city: City, sign_in: SignIn) -> None:
    for at, category in ((0, "shopping"), (1500, "pets"), (3000, "shopping")):
        city.need(north_m=at, category=category, urgency="urgent" if at else "normal")
    with city.ctx.db.write() as session:
        session.get_one(Need, 3).state = "withdrawn"
    city.volunteer(north_m=-1500, categories=("pets",))
    visitor = sign_in()

    def numbers(query: str) -> list[str]:
        on_map = sorted(f["properties"]["label"].partition(":")[0] for f in drawn(visitor, query, zoom=16, metres=5000)["features"])
        listed = [words for _, words in visitor.get(f"/coordination/map?{query}").links if words.startswith("No. ")]
        assert len(listed) == len(on_map)
        return on_map

    assert numbers("&show=needs") == ["Request no. 1", "Request no. 2"], "what is over is left out unless it is asked for"
    assert numbers("&category=pets") == ["Offer no. 1", "Request no. 2"]
    assert numbers("&urgency=urgent&show=needs") == ["Request no. 2"]
    assert numbers("&state=withdrawn") == ["Request no. 3"]
    assert numbers("&show=offers&category=shopping") == []
    assert numbers("&state=expired") == []
    assert len(numbers("&state=nonsense&category=x&territory=x&show=y")) == 3


def test_the_filters_go_with_whoever_goes_from_the_map_to_a_list_and_back(city: City, sign_in: SignIn) -> None:
    city.need(category="pets")
    city.need(category="pets", north_m=9000)
    city.need()
    visitor = sign_in()
    here = f"bbox={around(3000)}&category=pets"
    page = visitor.get(f"/coordination/map?{here}&zoom=14")
    assert page.form("Filter").values["bbox"] == [around(3000)] and page.form("Filter").values["zoom"] == ["14.0"]
    page = visitor.get(page.link("Show these in the list"))
    assert page.h1 == "Requests" and "1 request," in page.text
    assert "Only what lies in the part of the map that you looked at." in page.text
    assert page.form("Filter").values["bbox"] == [around(3000)], "another filter stays in that part"
    page = visitor.get(page.link("Show these on the map"))
    assert page.h1 == "Map" and "Requests: 1" in page.text
    assert "Requests: 2" in visitor.get(page.link("Show the whole map")).text
    assert "3 requests," in visitor.get("/coordination/needs?bbox=1,2,3").text, "an odd part is none"


def test_under_way_is_a_filter_of_the_lists_too(city: City, sign_in: SignIn) -> None:
    _, need, offer = proposed(city)
    visitor = sign_in()
    for name, words in (("needs", "1 request,"), ("offers", "1 offer,"), ("matches", "1 match,")):
        assert words in visitor.get(f"/coordination/{name}?state=under_way").text
    with city.ctx.db.write() as session:
        for thing in (session.get_one(Need, need.id), session.get_one(Offer, offer.id)):
            thing.state = "withdrawn"
        session.get_one(Match, 1).state = "cancelled"
    for name in ("needs", "offers", "matches"):
        assert "Nothing fits this filter." in visitor.get(f"/coordination/{name}?state=under_way").text


@pytest.mark.parametrize("query", [
    "", "bbox=4,45,5,46", "zoom=12", "bbox=4,45,5&zoom=12", "bbox=5,45,4,46&zoom=12", "bbox=4,46,5,45&zoom=12", "bbox=a,b,c,d&zoom=12",
    "bbox=nan,45,5,46&zoom=12", "bbox=-inf,45,inf,46&zoom=12", "bbox=4,45,5,96&zoom=12", "bbox=4,45,5,46&zoom=x", "bbox=4,45,5,46&zoom=-1",
    "bbox=4,45,5,46&zoom=nan", "bbox=4,45,5,46&zoom=1e9",
])  # fmt: skip
def test_a_part_of_the_map_that_is_none_is_told_so(city: City, sign_in: SignIn, query: str) -> None:
    visitor = sign_in()
    answer = visitor.browser.get(f"/coordination/map.geojson?{query}", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    assert answer.text.startswith("Give bbox as west,south,east,north")
    if "bbox" not in query or "zoom=12" in query:
        visitor.get(f"/coordination/map?{query}")


def test_the_same_part_is_not_sent_twice(city: City, sign_in: SignIn) -> None:
    city.need()
    visitor = sign_in()
    address = f"/coordination/map.geojson?bbox={around(5000)}&zoom=14"
    answer = visitor.browser.get(address)
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("application/geo+json", "private, no-cache")
    again = visitor.browser.get(address, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    city.need()
    assert visitor.browser.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 200


@pytest.mark.parametrize("zoom", [0, 10, 13.5, 16, 19])
def test_every_post_and_every_match_in_view_counts_once(city: City, sign_in: SignIn, zoom: float) -> None:
    quartier(city, "Here", -9000, 9000)
    crowd(city.ctx, needs=400, offers=300, matches=200)
    visitor = sign_in()
    for metres in (400, 3000, 30_000):
        for query in ("", "&urgency=urgent&show=needs", "&category=pets", "&state=paused"):
            seen = drawn(visitor, query, zoom=zoom, metres=metres)
            found = {"needs": 0, "offers": 0, "matches": 0}
            for properties in (f["properties"] for f in seen["features"]):
                for name in found:
                    found[name] += properties.get(name, properties["kind"] + "s" == name)
            assert found["matches"] == seen["matches"]
            page = visitor.get(f"/coordination/map?bbox={around(metres)}{query}")
            assert found == {
                name: int(next(iter(re.findall(rf"{name.title().replace('Needs', 'Requests')}: (\d+)", page.text)), 0)) for name in found
            }
            for name in ("needs", "offers") if not query else ():
                listed = visitor.get(f"/coordination/{name}?bbox={around(metres)}&state=under_way").text
                assert (re.findall(r"(\d+) (?:requests?|offers?),", listed) or ["0"])[0] == str(found[name])


def test_marks_lie_apart_and_are_no_more_than_a_screen_holds(city: City, sign_in: SignIn) -> None:
    crowd(city.ctx, needs=1500, offers=1500, matches=600)
    visitor = sign_in()
    features = drawn(visitor, zoom=13, metres=4000)["features"]
    at = [f["geometry"]["coordinates"] for f in features if f["geometry"]["type"] == "Point"]
    px = 256 * 2**13 / 360
    close = [
        (one, other) for n, one in enumerate(at) for other in at[:n]
        if abs(one[0] - other[0]) * px < 26 and abs(one[1] - other[1]) * px / 0.7 < 26
    ]  # fmt: skip
    assert len(close) < len(at) / 20, "two may come nearer as a mark moves to the middle of what joined it"
    lines = [f for f in features if f["geometry"]["type"] == "LineString"]
    assert len(lines) == overview.MOST_LINES
    everything = drawn(visitor, zoom=22, metres=40_000)["features"]
    assert len(everything) < (overview.ACROSS + 1) ** 2 + overview.MOST_LINES, "however fine the zoom is said to be"


def test_a_circle_says_what_it_stands_for_and_where_they_lie(city: City, sign_in: SignIn) -> None:
    _, need, offer = proposed(city, urgency="urgent")
    (circle,) = drawn(sign_in(), zoom=5)["features"]
    assert circle["properties"]["label"] == "1 request, 1 urgent, 1 offer, 1 match"
    west, south, east, north = circle["properties"]["bounds"]
    for post in (need, offer):
        assert west <= post.public_lon <= east and south <= post.public_lat <= north


def test_the_map_costs_the_same_whatever_is_on_it(city: City, sign_in: SignIn) -> None:
    visitor = sign_in()
    for path in (f"map.geojson?bbox={around(9000)}&zoom=13", f"map?bbox={around(9000)}", "map"):
        with counted(city) as none:
            visitor.browser.get(f"/coordination/{path}")
        crowd(city.ctx, needs=60, offers=60, matches=60)
        with counted(city) as many:
            visitor.browser.get(f"/coordination/{path}")
        # Whether the city says it in words of its own is asked where anything is said at all.
        assert {one for one in many if "wording" not in one} <= set(none) and len(many) <= len(none) + 2


def test_the_list_beside_the_map_begins_in_its_middle(city: City, sign_in: SignIn) -> None:
    for n in range(12):
        city.need(north_m=-200 * n)
    visitor = sign_in()
    page = visitor.get(f"/coordination/map?bbox={around(20_000)}")
    assert "Requests: 12 The 10 nearest to the middle of the map:" in page.text
    assert page.link("No. 1: Shopping") and page.text.index("No. 1: ") < page.text.index("No. 9: ")
    assert "No. 12: " not in page.text
    assert "Requests: 12 The newest 10:" in visitor.get("/coordination/map").text
    assert "The newest" not in visitor.get("/coordination/map?show=needs").text, "of one kind alone there are more"


def test_where_help_is_lacking_is_counted_by_quartier(city: City, sign_in: SignIn) -> None:
    north, south = quartier(city, "Nord", 0, 5000), quartier(city, "Sud", -5000, 0)
    for at, count in ((1000, 5), (-1000, 2)):
        for _ in range(count):
            city.need(north_m=at)
    with city.ctx.db.write() as session:
        session.get_one(Need, 1).state = "agreed"
        session.get_one(Need, 6).state = "paused"
    visitor = sign_in()
    page = visitor.get("/coordination/map")
    text = page.text.partition("Where help is lacking")[2]
    assert "Nord4580 %4 Sud11100 %1" in text
    assert {north: 4, south: 1} == {int(i): shade for i, shade in given_to_the_map(page)["shades"].items()}
    drawn_ids = {f["id"] for f in json.loads(visitor.browser.get("/places/territories.json").text)["features"]}
    assert {north, south} <= drawn_ids, "by which the outlines are shaded"
    assert "Nowhere: somebody has agreed to each request." in visitor.get("/coordination/map?category=pets").text


def test_a_request_with_a_helper_is_not_lacking_one_while_it_looks_for_another(city: City, sign_in: SignIn) -> None:
    match, need, _ = proposed(city, helpers_needed=2)
    with city.ctx.db.write() as session:
        session.get_one(Match, match.id).state = "agreed"
        session.get_one(Need, need.id).state = "open"
    assert "Nowhere" in sign_in().get("/coordination/map").text


@pytest.mark.parametrize(("most", "classes"), [(1, ["1"]), (3, ["1", "2", "3"]), (8, ["1-2", "3-4", "5-6", "7-8"])])
def test_shades_part_the_numbers_evenly(most: int, classes: list[str]) -> None:
    ranges = [f"{r[0]}-{r[-1]}" if len(r) > 1 else f"{r[0]}" for r in shade_classes(most)]
    assert ranges == classes


def test_a_post_that_is_not_placed_is_not_on_the_map(city: City, sign_in: SignIn) -> None:
    city.need(where=Where("1 rue A", "69002", "Lyon"))
    visitor = sign_in()
    assert drawn(visitor, zoom=1, metres=100_000)["features"] == []
    assert "Nothing fits here." in visitor.get("/coordination/map").text


def test_a_radius_on_the_map_is_said_in_minutes(app: Flask) -> None:
    text = "{% from 'components/map.html' import radius_map with context %}{{ radius_map(4.83, 45.76, 600) }}"
    with app.test_request_context("/?lang=fr"):
        drawn = render_template_string(text)
    assert "<figcaption>Environ 12 minutes à pied</figcaption>" in drawn
    assert "data-centre='[4.83, 45.76]' data-radius='600'" in drawn
    assert "hidden>" in drawn, "it shows itself once it can be drawn"
