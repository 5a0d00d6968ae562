"""The pictures of docs/screenshots: the main pages of the demonstration city, wide and on a phone, in French and in English.

    python -m tests.browser.screenshots [FOLDER]
"""

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser

from tests.browser import chromium
from tests.browser.site import Site, running
from tests.browser.visitor import NARROW, WIDE, Visitor
from tests.cities import Cities
from tests.databases import Databases

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
PAGES = {
    "home": "/", "how": "/how-it-works", "request": "/request/new/what", "my-request": "resident.my_request", "offer": "/offer/new/what",
    "my-page": "/me", "today": "/coordination/", "needs": "/coordination/needs", "need": "coordination.need",
    "call": "/coordination/call", "phone": "/coordination/needs/new", "map": "/coordination/map", "figures": "/coordination/figures",
    "report": "/coordination/figures/report", "messages": "/coordination/mail", "city": "/coordination/city",
    "incidents": "/coordination/incidents",
    "duplicates": "/coordination/duplicates", "posters": "/coordination/posters", "territories": "/coordination/territories",
    "words": "/coordination/words", "mail": "/demo/mail", "team": "/coordination/team", "personal-data": "/coordination/personal-data",
    "account": "/me/account", "my-data": "/me/data", "privacy": "/privacy",
}  # fmt: skip
"""By their name: the address, or the route whose first address it is."""
ROLE = {
    "/me": "volunteer", "/coordination/territories": "administrator", "/coordination/words": "administrator",
    "/coordination/team": "administrator", "/coordination/personal-data": "data_protection",
    "/coordination": "coordinator",
}  # fmt: skip
LOOKS = (("wide", WIDE, False), ("phone", NARROW, False), ("dark", WIDE, True))
IN_THE_DARK = ("home", "my-page", "today")
TALLEST = 1300
"""Longer pages are cut here."""


def main(folder: Path) -> None:
    executable = chromium.programme()
    if executable is None:
        raise SystemExit("No Chromium is installed.")
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as ends:
        temporary = Path(ends.enter_context(tempfile.TemporaryDirectory()))
        browser = ends.enter_context(chromium.started(executable))
        site = ends.enter_context(running(Cities(Databases(temporary)).instance("demo", temporary / "instance")))
        for name, page in PAGES.items():
            address = page if page.startswith("/") else site.reach.addresses(page)[0]
            role = next((role for start, role in ROLE.items() if address.startswith(start)), "nobody")
            for language in ("fr", "en"):
                for look, width, dark in LOOKS:
                    if not dark or (name in IN_THE_DARK and language == "fr"):
                        file = folder / f"{name}-{language}-{look}.jpg"
                        _take(browser, site, file, address, language=language, width=width, dark=dark, role=role)
    print(f"{len(list(folder.iterdir()))} pictures, {sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f} MB in {folder}")


def _take(browser: Browser, site: Site, file: Path, address: str, *, language: str, width: int, dark: bool, role: str) -> None:
    visitor = Visitor(browser, site, language=language, width=width, dark=dark, role=role)
    assert visitor.open(address) == 200
    visitor.page.wait_for_load_state("networkidle")  # a map is drawn once its outlines are there
    height = min(TALLEST, visitor.page.evaluate("document.documentElement.scrollHeight"))
    visitor.page.set_viewport_size({"width": width, "height": height})
    visitor.page.screenshot(path=file, type="jpeg", quality=55)
    visitor.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
