"""Every page, as everybody may see it, in a full city and in an empty one. Pages that do not differ are looked at once."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import APIResponse, Browser

from app.permissions import Permission, declared
from tests.browser.site import Site
from tests.browser.walk import Walk
from tests.cities import CITIES
from tests.routes import ROLES, Reach, endpoints, web_without_city

ENDPOINTS = endpoints(web_without_city())
FOR_ALL = (Permission.PUBLIC, Permission.LINK, Permission.DEMO)


@pytest.fixture(scope="session")
def walk(browser: Browser, sites: dict[str, Site]) -> Iterator[Walk]:
    walk = Walk(browser, sites)
    yield walk
    walk.close()


@pytest.mark.parametrize("city", CITIES)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_a_page(walk: Walk, endpoint: str, city: str, record_property: Callable[[str, object], None]) -> None:
    reach = walk.sites[city].reach
    addresses = reach.addresses(endpoint)
    assert addresses or city == "empty", "the demonstration has nothing to show on this page"
    walk.problems, walk.unsure = [], {}
    for role in ROLES:
        for address in addresses if _sees_all_states(reach, endpoint, role) else addresses[:1]:
            visitor = walk.visitor(role, city)
            answer = visitor.fetch(address)
            assert _is_right(reach, endpoint, role, answer.status), f"{role} {address}: answered {answer.status}"
            if _is_ours_to_look_at(answer) and walk.is_new(answer.text(), role, city):
                visitor.open(address)
                walk.look(visitor, f"{role} {address}")
                visitor.open("/healthz")  # lest a live page goes on asking; one of another site would cost a new process
    for rule, where in walk.unsure.items():
        record_property(f"axe is not sure: {rule}", where)
    assert not walk.problems, "\n".join(walk.problems)


def _sees_all_states(reach: Reach, endpoint: str, role: str) -> bool:
    """What is open to all looks to whoever has signed in as to everybody, but for the frame: one address shows that."""
    return reach.meant_for(endpoint, role) and (role == "nobody" or declared(reach.web, endpoint) not in FOR_ALL)


def _is_right(reach: Reach, endpoint: str, role: str, status: int) -> bool:
    permission = declared(reach.web, endpoint)
    if not reach.meant_for(endpoint, role):
        return status == (303 if role == "nobody" else 403)
    if permission is Permission.LINK:
        return status in (200, 303, 404, 410)  # among the links are some that are not right
    if endpoint == "brand.logo" or endpoint.startswith("proconnect."):
        return status in (200, 404)  # a city without a logo of its own, or without ProConnect, has none
    return status in (200, 301, 303) or (status == 404 and permission is Permission.SIGNED_IN and role != "volunteer")


def _is_ours_to_look_at(answer: APIResponse) -> bool:
    """A page of the site: no file, no redirect, and no letter as the mail program shows it."""
    return answer.status not in (301, 303) and "nonce-" in answer.headers.get("content-security-policy", "") and (
        answer.headers["content-type"].startswith("text/html")
    )  # fmt: skip
