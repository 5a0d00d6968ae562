"""A browser, and cities for it to visit."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.site import Site, running
from tests.browser.visitor import Visitor
from tests.cities import CITIES, Cities
from tests.databases import Databases, unavailable


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = chromium.programme()
    if executable is None:
        unavailable("no Chromium is installed (Debian's package chromium has one)")
    assert executable
    with chromium.started(executable) as browser:
        yield browser


@pytest.fixture(scope="session")
def cities(databases: Databases) -> Cities:
    return Cities(databases)


@pytest.fixture(scope="session")
def sites(cities: Cities, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Site]]:
    """Each city, to be looked at and left as it is."""
    with ExitStack() as ends:
        folder = tmp_path_factory.mktemp("sites")
        yield {name: ends.enter_context(running(cities.instance(name, folder / name))) for name in CITIES}


@pytest.fixture
def site(cities: Cities, tmp_path: Path) -> Iterator[Site]:
    """The demonstration city, for this test to change."""
    with running(cities.instance("full", tmp_path / "instance")) as site:
        yield site


@pytest.fixture
def visit(browser: Browser, site: Site) -> Iterator[Callable[..., Visitor]]:
    """Make visitors of the test's own site. Nothing may go wrong in their browsers."""
    visitors: list[Visitor] = []

    def make(**how: Any) -> Visitor:
        visitors.append(Visitor(browser, site, **how))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.close()
    for visitor in visitors:
        visitor.nothing_went_wrong()
