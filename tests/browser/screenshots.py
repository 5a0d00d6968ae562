"""The pictures of docs/screenshots: the main pages of the demonstration city, wide and on a phone, in French and in English.

    python -m tests.browser.screenshots [FOLDER]
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.site import Site, running
from tests.browser.visitor import NARROW, WIDE, Visitor
from tests.cities import Cities
from tests.databases import Databases
from tests.routes import rules

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PAGES = {
    "home": "public.home", "how": "public.how", "request": "resident.new_request", "my-request": "resident.my_request",
    "offer": "volunteer.new_offer", "my-page": "my_page.show", "today": "coordination.tasks", "needs": "coordination.needs",
    "need": "coordination.need", "phone": "coordination.new_need", "map": "coordination.map", "mail": "mailbox.letters",
}  # fmt: skip
ROLE = {"my_page": "volunteer", "coordination": "coordinator"}
LOOKS = (("wide", WIDE, False), ("phone", NARROW, False), ("dark", WIDE, True))
IN_THE_DARK = ("home", "my-page", "today")
TALLEST = 1800
"""Longer pages are cut here."""


def main(folder: Path) -> None:
    executable = chromium.programme()
    if executable is None:
        raise SystemExit("No Chromium is installed.")
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ends:
        temporary = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        browser = ends.enter_context(chromium.started(executable))
        site = ends.enter_context(running(Cities(Databases(temporary)).instance("full", temporary / "instance")))
        for name, address, role in _main_pages(site):
            for language in ("fr", "en"):
                for look, width, dark in LOOKS:
                    if not dark or (name in IN_THE_DARK and language == "fr"):
                        file = folder / f"{name}-{language}-{look}.jpg"
                        _take(browser, site, file, address, language=language, width=width, dark=dark, role=role)
    print(f"{len(list(folder.iterdir()))} pictures, {sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f} MB in {folder}")


def _main_pages(site: Site) -> Iterator[tuple[str, str, str]]:
    known = {rule.endpoint for rule in rules(site.web)}
    for name, endpoint in PAGES.items():
        if endpoint in known:
            addresses = site.reach.addresses(endpoint)
            yield name, addresses[min(2, len(addresses) - 1)], ROLE.get(endpoint.partition(".")[0], "nobody")


def _take(browser: Browser, site: Site, file: Path, address: str, *, language: str, width: int, dark: bool, role: str) -> None:
    visitor = Visitor(browser, site, language=language, width=width, dark=dark, role=role)
    visitor.open(address)
    height = min(TALLEST, visitor.page.evaluate("document.documentElement.scrollHeight"))
    visitor.page.set_viewport_size({"width": width, "height": height})
    visitor.page.screenshot(path=file, type="jpeg", quality=60)
    visitor.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
