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
