"""Pages on which a volunteer chooses quartiers or draws an area, and pages that say so."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from shapely import box, to_wkb

from app.models import Offer, Territory
from app.own_area import own_area_words
from matching.model import TAKEN, Rule
from matching.why import NOT_A_MISS
from tests.city import CENTRE, City
from tests.offers import fill_in, go_on, sign_up, step_of
from tests.pages import Visitor

SignIn = Callable[..., Visitor]
LON, LAT = CENTRE


def polygon(*corners: tuple[float, float]) -> str:
    return json.dumps({"type": "Polygon", "coordinates": [[*corners, corners[0]]]})


SQUARE = polygon((LON, LAT), (LON + 0.02, LAT), (LON + 0.02, LAT + 0.02), (LON, LAT + 0.02))
BOW_TIE = polygon((LON, LAT), (LON + 0.02, LAT + 0.02), (LON + 0.02, LAT), (LON, LAT + 0.02))
SPECK = polygon((LON, LAT), (LON + 0.00001, LAT), (LON + 0.00001, LAT + 0.00001))
GARDEN = polygon((LON, LAT), (LON + 0.002, LAT), (LON + 0.002, LAT + 0.002), (LON, LAT + 0.002))
ELSEWHERE = polygon((0, 0), (1, 0), (1, 1))


def quartiers(city: City, *names: str, district: int | None = None) -> list[int]:
    """Stripes from west to east."""
    with city.ctx.db.write() as session:
        made = [
            Territory(
                name=name, kind="quartier", parent_id=district or city.quartier_id, settings={}, changed_at=city.clock(),
                shape=to_wkb(box(LON + 0.01 * i, LAT - 0.02, LON + 0.01 * (i + 1), LAT + 0.02)),
            )
            for i, name in enumerate(names)
        ]  # fmt: skip
        session.add_all(made)
        session.flush()
        return [row.id for row in made]


def own(*ids: int, drawn: str = "") -> dict[str, Any]:
    return {"goes": "area", "quartiers": [str(i) for i in ids], "drawn": drawn}


def test_ticked_quartiers_are_kept_said_back_and_stored(city: City, client: Visitor) -> None:
    west, east = quartiers(city, "Ouest", "Est")
    page = fill_in(city, client, **own(west, east), quartier=str(west))
    assert "In 2 quartiers: Est, Ouest" in page.text
    assert client.get("/offer/new/radius").form("Continue").values["quartiers"] == [str(west), str(east)], "home first"
    client.submit(page, "Sign up", password="four plain words here")
    [offer] = city.all(Offer)
    assert (offer.quartiers, offer.drawn, offer.radius_m) == ([west, east], None, 2000)


def test_whoever_goes_near_home_keeps_nothing_of_an_area(city: City, client: Visitor) -> None:
    [one] = quartiers(city, "Ouest")
    sign_up(city, client, quartier=str(one), goes="home", quartiers=[str(one)], drawn="nonsense")
    [offer] = city.all(Offer)
    assert (offer.quartiers, offer.drawn) == ([], None)


def test_a_drawn_area_is_enough_and_its_size_is_said(city: City, client: Visitor) -> None:
    page = fill_in(city, client, **own(drawn=SQUARE))
    assert "In an area of 3.5 km² drawn on the map" in page.text.replace("\u00a0", " ")
    client.submit(page, "Sign up", password="four plain words here")
    [offer] = city.all(Offer)
    assert json.loads(offer.drawn or "")["type"] == "Polygon"


def test_a_small_area_is_told_in_hectares(city: City, client: Visitor, app: Any) -> None:
    assert "In an area of 3.5 ha drawn on the map" in fill_in(city, client, **own(drawn=GARDEN)).text
    with app.test_request_context("/?lang=fr"):
        assert own_area_words([], GARDEN) == "dans un secteur de 3,5 ha dessiné sur la carte"
        assert own_area_words([], SPECK).startswith("dans un secteur de 0,00004"), "one drawn before there was a smallest size"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (own(), "Tick at least one quartier, or choose to go near your home."),
        (own(999_999), "Pick from the boxes."),
        ({"goes": "somewhere"}, "Say where you would go."),
        (own(drawn=BOW_TIE), "The sides of the drawn area cross or touch each other."),
        (own(drawn=SPECK), "The drawn area is smaller than 1 hectare, a square of 100 m by 100 m. Clear it and draw a larger one."),
        (own(drawn=ELSEWHERE), "The drawn area is outside the places that the service covers."),
        (own(drawn="[" * 500), "We could not read the drawn area."),
        (own(drawn='{"type": "Point", "coordinates": [4.8, 45.7]}'), "We could not read the drawn area."),
        (own(drawn=polygon((4.8, 45.7), (4.9, 95), (4.9, 45.7))), "We could not read the drawn area."),
        (own(drawn=SQUARE + " " * 10_000), "The drawn area has too many corners."),
    ],
)
def test_each_mistake_is_said_above_the_form_and_at_its_field(city: City, client: Visitor, given: dict[str, Any], sentence: str) -> None:
    page = go_on(city, client, fill_in(city, client, until="radius"), 422, **given)
    assert page.text.count(sentence) == 2
    assert step_of(client.get("/offer/new/check")) == "radius", "nobody gets past it"


def test_quartiers_near_home_come_first_and_many_stand_under_their_districts(city: City, client: Visitor) -> None:
    with city.ctx.db.write() as session:
        far, near = (
            Territory(name=n, kind="district", parent_id=city.quartier_id, settings={}, changed_at=city.clock(), shape=to_wkb(box(*b)))
            for n, b in (("A far", (LON + 0.1, LAT - 0.02, LON + 0.2, LAT + 0.02)), ("B near", (LON, LAT - 0.02, LON + 0.1, LAT + 0.02)))
        )
        session.add_all([far, near])
        session.flush()
        ids = far.id, near.id
    quartiers(city, *(f"Q{i:02}" for i in range(9)), district=ids[1])
    with city.ctx.db.write() as session:
        session.add_all(
            Territory(name=f"P{i}", kind="quartier", parent_id=ids[0], settings={}, changed_at=city.clock(), shape=to_wkb(
                box(LON + 0.1 + 0.02 * i, LAT - 0.02, LON + 0.12 + 0.02 * i, LAT + 0.02)))
            for i in range(5)
        )  # fmt: skip
    home = next(row.id for row in city.all(Territory, name="Q03"))
    text = fill_in(city, client, until="radius", quartier=str(home)).text
    assert text.index("B near") < text.index("Q03") < text.index("Q02") < text.index("Q08") < text.index("A far") < text.index("P0")


def test_an_offer_goes_from_a_radius_to_an_area_and_back(city: City, sign_in: SignIn) -> None:
    one, other = quartiers(city, "Ouest", "Est")
    offer_id = city.volunteer(radius_m=1234)
    visitor = sign_in(offer_id=offer_id)
    address = f"/me/offers/{offer_id}/radius"
    page = visitor.submit(visitor.get(address), "Keep the change", **own(one, drawn=SQUARE))
    assert "In 1 quartier: Ouest, and in an area of 3.5 km² drawn on the map" in page.text.replace("\u00a0", " ")
    assert (city.one(Offer, offer_id).quartiers, city.one(Offer, offer_id).radius_m) == ([one], 1234)
    kept = visitor.get(address)
    assert kept.form("Keep the change").values["quartiers"] == [str(one)]
    visitor.submit(kept, "Keep the change", quartiers=[str(other)])
    assert city.one(Offer, offer_id).quartiers == [other] and city.one(Offer, offer_id).drawn, "what is drawn comes back with the page"
    visitor.submit(visitor.get(address), "Keep the change", goes="home")
    offer = city.one(Offer, offer_id)
    assert (offer.quartiers, offer.drawn, offer.radius_m) == ([], None, 1234)


def test_coordinators_read_where_a_volunteer_goes_but_never_the_shape(city: City, sign_in: SignIn) -> None:
    [one] = quartiers(city, "Ouest")
    offer_id = city.volunteer(quartiers=(one,), drawn=SQUARE)
    visitor = sign_in()
    page = visitor.get(f"/coordination/offers/{offer_id}")
    assert page.facts["Own area"].replace("\u00a0", " ") == "in 1 quartier: Ouest, and in an area of 3.5 km² drawn on the map"
    assert "Polygon" not in page.html
    assert "area of their own" in visitor.get("/coordination/offers").text
    french = visitor.get(f"/coordination/offers/{offer_id}?lang=fr").text.replace("\u00a0", " ")
    assert "dans 1 quartier : Ouest, et dans un secteur de 3,5 km² dessiné sur la carte" in french


def test_every_reason_for_nobody_has_advice(app: Any) -> None:
    with app.test_request_context("/coordination"):
        advice = app.jinja_env.get_template("coordination/next.html").make_module({"_": str, "ngettext": str}).way_out
        for reason in (*NOT_A_MISS, "all_asked"):
            general = "for this kind of help" if reason == Rule.CATEGORY else "another volunteer"
            assert general in advice([reason], "in_person", True)
        for reason in (*set(Rule) - NOT_A_MISS, TAKEN):
            assert "another volunteer" not in advice([reason], "in_person", True), f"{reason} has advice of its own"
        assert [str(advice(["mode"], *how)).strip() for how in (("in_person", True), ("in_person", False), ("remote", True))] == [
            "<p>Ask the resident whether help by phone or video would do.</p>",
            "<p>Look for a volunteer who can come to the resident.</p>",
            "<p>Ask the resident whether a volunteer may come to them.</p>",
        ]


def test_every_reason_for_nobody_has_words(city: City, app: Any) -> None:
    with app.test_request_context("/coordination"):
        said = app.jinja_env.get_template("coordination/words.html").make_module({"_": str, "ngettext": str}).task_reason
        for reason in (*Rule, TAKEN, "all_asked"):
            assert reason == Rule.CAPACITY or str(said(reason)).strip() not in (reason, ""), f"a coordinator would read {reason!r}"
