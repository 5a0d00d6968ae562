"""No page shows a link or a button that whoever reads it may not follow: each role's pages in the demonstration are gone through."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from flask import Flask
from werkzeug.exceptions import HTTPException

from app import create_app
from app.context import Context
from app.models import OVERSEE, STAFF, Role
from app.permissions import AGENT, GRANTS, Permission
from tests.cities import Cities, context_of
from tests.databases import Databases
from tests.pages import Page
from tests.routes import Reach, endpoints


@pytest.fixture
def full(databases: Databases, tmp_path: Path) -> Iterator[tuple[Context, Flask]]:
    with context_of(Cities(databases).instance("full", tmp_path / "instance")) as ctx:
        yield ctx, create_app(context=ctx)


@pytest.mark.parametrize("role", STAFF)
def test_every_link_and_button_may_be_pressed(full: tuple[Context, Flask], role: Role) -> None:
    ctx, web = full
    reach = Reach(ctx, web)
    browser = web.test_client()
    browser.set_cookie(*reach.session_cookie(role))
    here = [endpoint for endpoint in endpoints(web) if endpoint.startswith("coordination.") and reach.meant_for(endpoint, role)]
    tried, shown, refused = set[str](), set[str](), list[str]()
    for address in [address for endpoint in here for address in reach.addresses(endpoint)]:
        answer = browser.get(address)
        assert answer.status_code in (200, 302, 303, 404), f"{role} on {address}"
        page = Page(answer.text, address) if answer.mimetype == "text/html" and answer.status_code == 200 else None
        for method, target in _ways_on(page) if page else []:
            endpoint = _endpoint(web, method, target)
            if endpoint is None:
                continue
            shown.add(endpoint)
            if not reach.meant_for(endpoint, role):
                refused.append(f"{role} is shown {endpoint} on {address}")
            elif method == "GET" and endpoint not in tried:
                tried.add(endpoint)
                if browser.get(target).status_code in (403, 404):
                    refused.append(f"{role} is led nowhere by {target} on {address}")
    assert refused == []
    assert len(shown) > 5
    if AGENT in GRANTS[role]:
        assert {"coordination.need", "coordination.task", "coordination.offer"} <= shown


def _ways_on(page: Page) -> list[tuple[str, str]]:
    links = [("GET", address) for address, _words in page.links]
    return links + [(form.method.upper(), form.action) for form in page.forms]


def _endpoint(web: Flask, method: str, target: str) -> str | None:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc or not parts.path:
        return None
    try:
        return str(web.url_map.bind("localhost").match(parts.path, method=method)[0])
    except HTTPException:
        pytest.fail(f"{method} {target} leads nowhere")


def test_whoever_reads_posts_oversees_something_and_no_role_is_forgotten() -> None:
    assert {role for role in Role if AGENT in GRANTS[role]} == set(OVERSEE)
    assert set(GRANTS) == set(Role) and set(STAFF) == set(Role) - {Role.NONE}
    assert GRANTS[Role.DATA_PROTECTION] == {Permission.DATA}
