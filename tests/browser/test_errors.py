"""Pages on which something is wrong: forms sent empty, links that are too old, doors that are closed, a server that fails."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Browser
from werkzeug.exceptions import RequestEntityTooLarge

from app.links import Purpose
from app.permissions import PUBLIC, permit
from app.services import throttle
from app.services.places import NoTerritory, Outside
from matching.lifecycle import MoveNotAllowed, NeedState
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.browser.walk import Walk
from tests.pages import Page
from tests.routes import endpoints

FORMS = (Path(__file__).parent / "forms.js").read_text(encoding="utf-8")


@pytest.fixture
def walk(browser: Browser, site: Site) -> Iterator[Walk]:
    walk = Walk(browser, {"full": site})
    yield walk
    walk.close()


@pytest.mark.parametrize(("role", "at_least"), [("nobody", 3), ("volunteer", 1), ("coordinator", 1)])
def test_forms_that_are_sent_empty_say_what_to_do(walk: Walk, role: str, at_least: int) -> None:
    visitor, refused = walk.visitor(role), 0
    for address in _addresses(visitor.site, role):
        if not Page(visitor.fetch(address).text()).controls:
            continue  # nothing to fill in
        visitor.open(address)
        for number in range(visitor.page.evaluate(f"{FORMS}.count()")):
            visitor.open(address)
            if number >= visitor.page.evaluate(f"{FORMS}.count()"):
                break  # what was sent before has changed the page
            if _send(visitor, f"send_empty({number})") == 422:
                assert visitor.page.title().startswith("Erreur"), address
                summary = visitor.page.get_by_role("alert")
                assert summary.get_by_role("link").count() or summary.get_by_role("listitem").count(), address
                if walk.is_new(visitor.page.content(), role, "full"):
                    refused += 1
                    walk.look(visitor, f"{role} {address} sent empty")
    assert not walk.problems, "\n".join(walk.problems)
    assert refused >= at_least


def _addresses(site: Site, role: str) -> list[str]:
    """One address of each page that this role sees."""
    each = (site.reach.addresses(endpoint)[:1] for endpoint in endpoints(site.web) if site.reach.meant_for(endpoint, role))
    return [address for first in each for address in first]


def _send(visitor: Visitor, how: str) -> int:
    return visitor.change_by(lambda: visitor.page.evaluate(f"{FORMS}.{how}"))


def test_no_such_page(walk: Walk) -> None:
    _shows(walk, 404, lambda visitor: visitor.open("/no-such-page"))


def test_a_closed_door(walk: Walk) -> None:
    _shows(walk, 403, lambda visitor: visitor.open("/coordination/"), role="volunteer")


def test_a_page_that_only_takes_a_button(walk: Walk) -> None:
    _shows(walk, 405, lambda visitor: visitor.open("/sign-out"))


def test_a_link_that_is_too_old(walk: Walk, site: Site) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=500), tick=False):
        token = site.ctx.links.token(Purpose.MY_REQUEST, 1)
    _shows(walk, 410, lambda visitor: visitor.open(f"/request/{token}"))


def test_a_link_that_was_broken_on_its_way(walk: Walk, site: Site) -> None:
    token = site.ctx.links.token(Purpose.MY_REQUEST, 1)
    _shows(walk, 404, lambda visitor: visitor.open(f"/request/{token[:-3]}"))


def test_too_many_tries(walk: Walk, site: Site) -> None:
    for _ in range(throttle.SIGN_IN_ACCOUNT.times):
        throttle.spend(site.ctx, [(throttle.SIGN_IN_ACCOUNT, "somebody@example.org")])

    def sign_in(visitor: Visitor) -> int:
        visitor.open("/sign-in")
        given = {"email": "somebody@example.org", "password": "a wrong password"}
        return _send(visitor, f"send_filled(0, {given})")

    _shows(walk, 429, sign_in)


def test_a_page_that_was_open_for_too_long(walk: Walk) -> None:
    def send_without_token(visitor: Visitor) -> int:
        visitor.open("/sign-in")
        visitor.page.evaluate("document.querySelector('main [name=csrf_token]').value = ''")
        return _send(visitor, "send_empty(0)")

    _shows(walk, 400, send_without_token)


FAILURES = [
    (RuntimeError("on purpose"), 500), (NoTerritory(), 503), (RequestEntityTooLarge(), 413), (Outside("04 99 00 12 34"), 422),
    (MoveNotAllowed(NeedState.CLOSED, NeedState.OPEN), 409),
]  # fmt: skip


@pytest.mark.parametrize(("failure", "status"), FAILURES, ids=[type(failure).__name__ for failure, _ in FAILURES])
def test_what_a_page_may_end_in(walk: Walk, site: Site, failure: Exception, status: int, capfd: pytest.CaptureFixture[str]) -> None:
    @permit(PUBLIC)
    def fails() -> Any:
        raise failure

    site.web.view_functions["public.home"] = fails
    _shows(walk, status, lambda visitor: visitor.open("/"))


def _shows(walk: Walk, status: int, go: Callable[[Visitor], int], role: str = "nobody") -> None:
    visitor = walk.visitor(role)
    assert go(visitor) == status
    walk.look(visitor, str(status))
    assert visitor.page.locator("main a[href]").count(), "the page leads nowhere"
    assert not walk.problems, "\n".join(walk.problems)
