"""What scripts add to the outline of a territory: changing it corner by corner on a map, by taps or by the keyboard."""

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.site import Site
from tests.browser.visitor import Visitor

Visit = Callable[..., Visitor]


def ring(page: Page) -> list[list[float]]:
    drawn = page.locator('[name="drawn"]').input_value()
    return json.loads(drawn)["coordinates"][0] if drawn else []


def test_an_area_with_a_hole_is_seen_and_kept_and_one_that_is_pasted_is_seen(visit: Visit, site: Site) -> None:
    visitor = visit(language="en", role="administrator")
    visitor.open("/coordination/territories/new")
    page, text = visitor.page, visitor.page.locator('[name="drawn"]')
    page.get_by_role("button", name="Draw it on the map").click()
    expect(page.get_by_text("No area is drawn.")).to_be_visible()
    expect(page.locator(".leaflet-tooltip").first).to_be_visible()
    outer, inner = ([[4.8 + d, 45.7 + d], [4.9 - d, 45.7 + d], [4.9 - d, 45.8 - d], [4.8 + d, 45.7 + d]] for d in (0, 0.02))
    holed = json.dumps({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [outer, inner]}})
    kept = page.get_by_text("This area has holes, several pieces or very many corners.")
    text.fill(holed)
    expect(kept).to_be_visible()
    expect(page.locator("path.map-reach")).to_have_count(2)  # one is that of the corners, which are none yet
    put = page.get_by_role("button", name="Put a corner at the cross")
    put.click()
    expect(kept).to_have_count(0)
    page.get_by_role("button", name="Undo the last step").click()
    expect(kept).to_be_visible()
    assert text.input_value() == holed
    text.fill(json.dumps({"type": "Polygon", "coordinates": [outer]}))
    expect(page.get_by_text("The area is drawn, with 3 corners.")).to_be_visible()
    put.click()
    assert len(ring(page)) == 5
    text.fill("{")
    expect(page.get_by_text("No area is drawn.")).to_be_visible()


def test_an_outline_is_changed_corner_by_corner_looked_at_and_stored(visit: Visit, site: Site) -> None:
    visitor = visit(language="en", role="administrator")
    visitor.open(site.reach.addresses("coordination.change_outline")[0])
    page = visitor.page
    canvas = page.locator(".draw .map-canvas")
    expect(page.locator(".draw .map-cross")).to_be_visible()
    before = ring(page)
    # A tap goes into the side that it lies nearest to, not behind the last corner.
    canvas.click(position={"x": 60, "y": 60})
    assert len(ring(page)) == len(before) + 1
    assert [corner for corner in ring(page) if corner in before] == before
    page.get_by_role("button", name="Undo the last step").click()
    assert ring(page) == before
    move = page.get_by_role("button", name="Move the nearest corner to the cross")
    take = page.get_by_role("button", name="Take the nearest corner away")
    canvas.focus()
    canvas.press("ArrowUp")
    move.press("Enter")
    assert len(ring(page)) == len(before) and ring(page) != before
    take.press("Enter")
    assert len(ring(page)) == len(before) - 1
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("New: 0. Changed: 1. As before: 0.")).to_be_visible()
    expect(page.locator(".map-canvas .map-reach")).to_have_count(1)
    page.get_by_role("button", name="Store it").click()
    expect(page.get_by_text("Written down. It holds from now on.")).to_be_visible()
