"""What scripts add to a volunteer's own area: drawing it on a map, by taps or by the keyboard."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from shapely import box, to_wkb

from app.models import Territory
from tests.browser.site import Site
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def page(visit: Visit, site: Site) -> Page:
    """The page on which an offer's reach is changed, with the map open."""
    visitor = visit(language="en", role="volunteer")
    visitor.open(next(address for address in site.reach.addresses("my_page.change_offer") if address.endswith("/radius")))
    expect(visitor.page.locator(".own-area")).to_be_hidden()
    visitor.page.get_by_label("In quartiers that I choose").check()
    expect(visitor.page.locator(".near-home")).to_be_hidden()
    visitor.page.get_by_role("button", name="Draw an area on the map as well").press("Enter")
    expect(visitor.page.locator(".draw .map-cross")).to_be_visible()
    return visitor.page


def test_many_quartiers_are_searched_and_the_ticked_ones_stay_in_sight(visit: Visit, site: Site) -> None:
    with site.ctx.db.write() as session:
        session.add_all(
            Territory(name=f"Île n° {i:02}", kind="small", settings={}, changed_at=site.ctx.now(), shape=to_wkb(box(i, 10, i + 1, 11)))
            for i in range(20)
        )
    visitor = visit(language="en", role="volunteer")
    visitor.open(next(address for address in site.reach.addresses("my_page.change_offer") if address.endswith("/radius")))
    page = visitor.page
    page.get_by_label("In quartiers that I choose").check()
    page.get_by_label("Île n° 07").check()
    page.get_by_label("Search for a quartier").fill("ile n° 1")
    rows = page.locator(".quartiers .choice")
    expect(rows.filter(visible=True)).to_have_count(11)
    page.get_by_label("Search for a quartier").press("Enter")
    expect(page.get_by_label("Île n° 07")).to_be_visible()


def corners(page: Page) -> int:
    drawn = page.locator('[name="drawn"]').input_value()
    return len(json.loads(drawn)["coordinates"][0]) - 1 if drawn else 0


def test_an_area_is_tapped_taken_back_and_kept(page: Page) -> None:
    canvas = page.locator(".draw .map-canvas")
    for count, (x, y) in enumerate([(200, 100), (400, 100), (400, 250), (200, 250)], 1):
        canvas.click(position={"x": x, "y": y})
        assert corners(page) == (count if count > 2 else 0)
    page.get_by_role("button", name="Take the last corner back").click()
    expect(page.get_by_text("The area is drawn, with 3 corners.")).to_be_visible()
    page.get_by_role("button", name="Keep the change").click()
    expect(page.get_by_text("drawn on the map")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_text("The area is drawn, with 3 corners.")).to_be_visible()
    page.get_by_role("button", name="Clear the area").click()
    assert corners(page) == 0


def test_an_area_is_drawn_by_keyboard(page: Page) -> None:
    canvas, corner = page.locator(".draw .map-canvas"), page.get_by_role("button", name="Put a corner at the cross")
    expect(canvas).to_be_focused()
    for key in ("ArrowUp", "ArrowRight", "ArrowDown"):
        canvas.press(key)
        corner.press("Enter")
    assert corners(page) == 3
