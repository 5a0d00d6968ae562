"""To the provider of sign-ins and back, in a browser that keeps to the content policy."""

import time
from collections.abc import Callable
from dataclasses import replace

from app.extensions import NAME
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.proconnect import provider


def test_an_agent_signs_in_and_out_with_proconnect(site: Site, visit: Callable[..., Visitor]) -> None:
    with provider(time.time) as there:
        there.email, there.claims = "coordination@example.org", {"amr": ["mfa"]}
        site.web.extensions[NAME] = replace(site.ctx, settings=replace(site.ctx.settings, **there.settings()))
        visitor = visit(language="en")
        page = visitor.page
        visitor.open("/coordination/needs")
        page.get_by_role("link", name="sign in with ProConnect").click()
        page.wait_for_url("**/coordination/needs")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url(f"{site.url}/?state=*")
        assert "/api/v2/session/end" in [path for path, _ in there.asked]
        visitor.open("/coordination/needs")
        assert page.url == f"{site.url}/sign-in"
