"""What scripts add to the place of a post: a search as one types and a pin on a map, both by keyboard alone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from app.services import streets
from app.services.streets import Address
from tests.browser.site import Site
from tests.browser.visitor import Visitor

PAGE = "/coordination/needs/new"
HOUSES = [
    Address("3", "Rue de l’Épreuve", "69004", "Lyon", 4.8310, 45.7790),
    Address("3", "Rue de l’Éprouvette", "69004", "Lyon", 4.8320, 45.7795),
]
Visit = Callable[..., Visitor]


@pytest.fixture
def page(visit: Visit, site: Site) -> Page:
    streets.add(site.ctx, HOUSES)
    visitor = visit(language="en", role="coordinator")
    visitor.open(PAGE)
    return visitor.page


def value(page: Page, name: str) -> str:
    return page.locator(f'[name="{name}"]').input_value()


def test_an_address_is_searched_and_picked_by_keyboard(page: Page) -> None:
    search = page.get_by_role("combobox", name="Search for the address")
    search.focus()
    page.keyboard.type("3 rue de l'épr")
    options = page.locator("#where-list").get_by_role("option")
    expect(options).to_have_text(["3 Rue de l’Épreuve, 69004 Lyon", "3 Rue de l’Éprouvette, 69004 Lyon"])
    expect(search).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").filter(has_text="2 addresses found.")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(search).to_have_attribute("aria-activedescendant", "where-option-1")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Enter")
    expect(options).to_have_count(0)
    expect(page.get_by_text("Found: 3 Rue de l’Éprouvette, 69004 Lyon")).to_be_visible()
    assert [value(page, name) for name in ("address", "postcode", "town")] == ["3 Rue de l’Éprouvette", "69004", "Lyon"]
    assert value(page, "spot") == "4.832,45.7795"


def test_escape_leaves_the_list_and_a_change_by_hand_lets_go_of_the_place(page: Page) -> None:
    search = page.get_by_role("combobox", name="Search for the address")
    search.fill("3 rue de l'épreuve")
    expect(page.locator("#where-list").get_by_role("option")).to_have_count(1)
    search.press("Escape")
    expect(page.locator("#where-list").get_by_role("option")).to_have_count(0)
    assert search.input_value() == "3 rue de l'épreuve"
    search.press("ArrowDown")
    search.press("Enter")
    assert value(page, "spot") == "4.831,45.779"
    page.get_by_label("Number and street").press_sequentially(" A")
    assert (value(page, "spot"), value(page, "spot_of")) == ("", "")


def test_a_pin_is_put_by_the_arrow_keys(page: Page) -> None:
    page.get_by_label("Number and street").fill("77 allée des Nuages")
    page.get_by_role("button", name="Show the place on a map").press("Enter")
    canvas = page.locator(".map-canvas")
    expect(canvas).to_be_focused()
    put = page.get_by_role("button", name="Put the pin here")
    put.press("Enter")
    expect(page.get_by_text("The pin is set.")).to_be_visible()
    first = value(page, "spot")
    canvas.press("ArrowRight")
    put.press("Enter")
    east = value(page, "spot")
    assert float(east.split(",")[0]) > float(first.split(",")[0])
    assert float(east.split(",")[1]) == pytest.approx(float(first.split(",")[1]), abs=1e-3)
    page.get_by_label("Town", exact=True).fill("Lyon")
    assert value(page, "spot") == east, "a pin stays where somebody has put it"
    assert value(page, "spot_of") == "77 allée des Nuages||Lyon"
    page.get_by_role("button", name="Take the pin away").press("Enter")
    assert value(page, "spot") == ""


def test_without_the_maps_files_the_form_is_whole(browser: Browser, site: Site) -> None:
    visitor = Visitor(browser, site, language="en", role="coordinator")  # whose browser misses the files, and says so
    visitor.page.route("**/vendor/leaflet/**", lambda route: route.fulfill(status=404))
    visitor.open(PAGE)
    visitor.page.get_by_role("button", name="Show the place on a map").click()
    expect(visitor.page.locator(".pin")).to_be_hidden()
    expect(visitor.page.get_by_role("combobox", name="Search for the address")).to_be_visible()
    assert not [problem for problem in visitor.problems if "vendor/leaflet" not in problem]
    visitor.close()
