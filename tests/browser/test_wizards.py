"""Forms of several pages, gone through to their last page: each step empty, refused, and filled in."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site
from tests.browser.test_errors import FORMS
from tests.browser.visitor import Visitor
from tests.browser.walk import Walk
from tests.routes import is_step, rules, web_without_city

GIVEN = {
    "name": "Renée Riveraine", "email": "renee@example.net", "phone": "06 39 98 12 34", "address": "4 place du Marché",
    "street": "place du Marché", "postcode": "69004", "town": "Lyon", "password": "quatre mots bien choisis", "contact": "email",
    "on_behalf_name": "Rose Riveraine", "on_behalf_phone": "06 39 98 12 35",
}  # fmt: skip
WIZARDS = {rule.endpoint: rule.rule.rpartition("/")[0] for rule in rules(web_without_city()) if is_step(rule)}
MOST_STEPS = 20


@pytest.fixture
def walk(browser: Browser, site: Site) -> Iterator[Walk]:
    walk = Walk(browser, {"full": site})
    yield walk
    walk.close()


@pytest.mark.parametrize("endpoint", sorted(WIZARDS))
def test_each_step_of_a_form_of_several_pages(walk: Walk, endpoint: str) -> None:
    visitor = walk.visitor("nobody")
    visitor.open(WIZARDS[endpoint])
    if not visitor.page.evaluate(f"{FORMS}.count()"):  # a page to begin with
        walk.look(visitor, WIZARDS[endpoint])
        visitor.change_by(visitor.page.locator("main a.button, main form button").first.click)
    seen: list[str] = []
    while visitor.page.url not in seen and not visitor.page.url.endswith("/check"):
        seen.append(visitor.page.url)
        _one_step(walk, visitor, WIZARDS[endpoint])
        assert len(seen) < MOST_STEPS
    walk.look(visitor, "the answers, before they are sent")
    assert not walk.problems, "\n".join(walk.problems)
    assert visitor.page.url.endswith("/check"), f"it ended on {visitor.page.url}: {visitor.page.inner_text('main')}"
    assert len(seen) >= 5


def _one_step(walk: Walk, visitor: Visitor, name: str) -> None:
    address = visitor.page.url
    walk.look(visitor, address.removeprefix(visitor.site.url))
    status = visitor.change_by(lambda: visitor.page.evaluate(f"{FORMS}.send_empty(0)"))
    if status == 422:
        walk.look(visitor, f"{address.removeprefix(visitor.site.url)} sent empty")
    elif status == 200:  # nothing had to be answered: go back to it
        visitor.open(address)
    visitor.change_by(lambda: visitor.page.evaluate(f"{FORMS}.send_filled(0, {GIVEN})"))
