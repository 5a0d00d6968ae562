"""What scripts add to the coordinators' map: it follows the view, and everything on it is done by keyboard too."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from app.models import Need
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.crowd import crowd

Visit = Callable[..., Visitor]
PAGE = "/coordination/map"


@pytest.fixture
def page(visit: Visit) -> Page:
    visitor = visit(language="en", role="coordinator")
    visitor.open(PAGE)
    expect(visitor.page.locator(".map-point").first).to_be_visible()
    return visitor.page


def view(page: Page) -> dict[str, list[str]]:
    """What the address says of the view."""
    return parse_qs(urlsplit(page.url).query)


def moved(page: Page, move: Callable[[], None]) -> None:
    """Do something that leads to another view, and wait until the address and the list have followed."""
    before = page.url
    move()
    expect(page).not_to_have_url(before)
    expect(page.get_by_role("heading", name="In this part of the map")).to_be_visible()


def test_a_circle_leads_nearer_by_keyboard_and_the_list_and_the_address_follow(page: Page) -> None:
    expect(page.get_by_role("heading", name="On the whole map")).to_be_visible()
    assert view(page) == {}
    circle = page.locator(".map-point.many").first
    moved(page, lambda: circle.press("Enter"))
    before = view(page)
    assert set(before) == {"bbox", "zoom"}
    expect(page.locator(".map-canvas")).to_be_focused()
    moved(page, lambda: page.keyboard.press("ArrowRight"))
    west = [float(each["bbox"][0].split(",")[0]) for each in (before, view(page))]
    assert west[0] < west[1]
    moved(page, lambda: page.keyboard.press("-"))
    assert float(view(page)["zoom"][0]) < float(before["zoom"][0])


def test_the_view_is_kept_over_a_filter_a_reload_and_the_way_back(page: Page) -> None:
    moved(page, lambda: page.get_by_role("button", name="Zoom in").press("Enter"))
    kept = view(page)
    page.get_by_label("What", exact=True).select_option("pets")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="In this part of the map")).to_be_visible()
    assert view(page)["category"] == ["pets"] and view(page)["bbox"] == kept["bbox"]
    expect(page.locator(".map-canvas path.map-outline").first).to_be_attached()
    page.go_back()
    expect(page.locator(".map-point").first).to_be_visible()
    assert view(page)["zoom"] == kept["zoom"]
    page.locator("#list a").first.click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Map")
    page.go_back()
    expect(page.get_by_role("heading", name="In this part of the map")).to_be_visible()
    page.get_by_role("link", name="Show the whole map").click()
    expect(page.get_by_role("heading", name="On the whole map")).to_be_visible()


def test_a_point_leads_where_the_list_leads(visit: Visit, site: Site) -> None:
    with site.ctx.db.read() as session:
        need: Any = session.query(Need).filter_by(state="open").order_by(Need.id).first()
    visitor = visit(language="en", role="coordinator")
    lon, lat, near = need.public_lon, need.public_lat, 1e-4
    visitor.open(f"{PAGE}?show=needs&zoom=19&bbox={lon - near},{lat - near},{lon + near},{lat + near}")
    page = visitor.page
    point = page.locator(".map-point.need:not(.many)").first
    point.press("Enter")
    shown = page.locator(".leaflet-popup a[href^='/coordination']")
    expect(shown).to_be_focused()
    expect(page.locator(".leaflet-popup")).to_contain_text("looking for somebody")
    expect(page.locator(f"#list a[href='{shown.get_attribute('href')}']")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    expect(point).to_be_focused()


def test_posts_that_never_come_apart_are_in_the_list(visit: Visit, site: Site) -> None:
    crowd(site.ctx, needs=3, offers=0, matches=0)
    with site.ctx.db.write() as session:
        for need in session.query(Need).order_by(Need.id.desc()).limit(3):
            need.public_lon, need.public_lat, need.state, need.category = 4.85, 45.75, "open", "pets"
    visitor = visit(language="en", role="coordinator")
    visitor.open(f"{PAGE}?show=needs&bbox=4.8499,45.7499,4.8501,45.7501&zoom=19")
    visitor.page.get_by_role("button", name="3 requests").press("Enter")
    expect(visitor.page.locator("#list")).to_be_focused()
    expect(visitor.page.locator("#list li")).to_have_count(3)


def test_without_tiles_the_outlines_are_drawn_and_shaded(visit: Visit) -> None:
    visitor = visit(language="en", role="coordinator")
    visitor.page.route(lambda address: "data.geopf.fr" in address, lambda route: route.abort())
    visitor.open(PAGE)
    page = visitor.page
    expect(page.locator("path.map-outline").first).to_be_attached()
    shades = {page.locator("path.map-shaded").nth(i).get_attribute("fill") for i in range(page.locator("path.map-shaded").count())}
    assert shades and shades <= {f"url(#shade-{n})" for n in range(1, 5)}
    for shade in shades:
        expect(page.locator(f"pattern{shade[4:-1]}")).to_be_attached()
    expect(page.locator("path.map-line").first).to_be_attached()


def test_without_scripts_the_list_and_the_table_say_it(browser: Browser, site: Site) -> None:
    visitor = Visitor(browser, site, language="en", role="coordinator", javascript=False)
    visitor.open(f"{PAGE}?bbox=4.7,45.6,5,45.9")
    page = visitor.page
    expect(page.locator("figure[data-map]")).to_be_hidden()
    expect(page.get_by_role("link", name="Past the map")).to_be_hidden()
    expect(page.get_by_role("heading", name="In this part of the map")).to_be_visible()
    assert page.locator("#list li").count() > 10
    expect(page.get_by_role("table", name="Quartiers that lack help")).to_be_visible()
    page.get_by_label("What", exact=True).select_option("pets")
    page.get_by_role("button", name="Filter").click()
    assert view(page)["bbox"] == ["4.7,45.6,5.0,45.9"]
    visitor.close()
    visitor.nothing_went_wrong()


def test_a_server_that_does_not_answer_is_told_and_tried_again(browser: Browser, site: Site) -> None:
    visitor = Visitor(browser, site, language="en", role="coordinator")  # whose browser hears of the failure, and says so
    visitor.open(PAGE)
    page = visitor.page
    expect(page.locator(".map-point").first).to_be_visible()
    page.route("**/coordination/map.geojson*", lambda route: route.fulfill(status=503))
    page.get_by_role("button", name="Zoom in").press("Enter")
    failed = page.get_by_role("alert").filter(has_text="The map could not be brought up to date.")
    expect(failed).to_be_visible()
    page.unroute("**/coordination/map.geojson*")
    moved(page, lambda: page.get_by_role("button", name="Zoom in").press("Enter"))
    expect(failed).to_be_hidden()
    visitor.close()


def test_many_posts_are_few_marks(visit: Visit, site: Site) -> None:
    crowd(site.ctx, needs=2000, offers=2000, matches=800)
    visitor = visit(language="en", role="coordinator")
    with visitor.page.expect_response(lambda answer: "map.geojson" in answer.url) as answer:
        visitor.open(PAGE)
    assert answer.value.header_value("content-encoding") == "gzip"
    seen = json.loads(answer.value.text())["features"]
    expect(visitor.page.locator(".map-point")).to_have_count(sum(f["geometry"]["type"] == "Point" for f in seen))
    assert 10 < visitor.page.locator(".map-point").count() < 200
