"""Going through many pages with few browsers, and looking closely at each page that is not just like one seen before."""

import hashlib
import re

from playwright.sync_api import Browser

from tests.browser.checks import Unsure, axe_itself, check
from tests.browser.site import Site
from tests.browser.visitor import Visitor

MAIN = re.compile(r"<main\b.*</main>", re.DOTALL)
TOKEN = r"[\w-]{4,}\.[\w-]{6}\.[\w-]{27}"
DIFFERENT_EACH_TIME = re.compile(rf'nonce="[^"]*"|name="(csrf_token|once)"[^>]*value="[^"]*"|{TOKEN}|\d+')
LANGUAGE = {"full": "fr", "empty": "en"}


class Walk:
    """Browsers of all roles in several cities. ``problems`` says what was wrong where, ``unsure`` what axe could not decide."""

    def __init__(self, browser: Browser, sites: dict[str, Site]) -> None:
        self._browser, self.sites = browser, sites
        self._visitors: dict[tuple[str, str], Visitor] = {}
        self._seen: set[tuple[str, ...]] = set()
        self.problems: list[str] = []
        self.unsure: Unsure = {}

    def visitor(self, role: str, city: str = "full") -> Visitor:
        if (city, role) not in self._visitors:
            visitor = self._visitors[city, role] = Visitor(self._browser, self.sites[city], language=LANGUAGE[city], role=role)
            visitor.page.add_init_script(axe_itself())  # giving it to each page that is open takes twice as long
        return self._visitors[city, role]

    def is_new(self, html: str, role: str, city: str) -> bool:
        """Whether no page has been just like this, but for its numbers and dates, or none in the frame that this role has in this city."""
        inside = MAIN.search(html)
        looks = hashlib.sha256(DIFFERENT_EACH_TIME.sub("", inside[0] if inside else html).encode()).hexdigest()
        new = {(looks,), (role, city)} - self._seen
        self._seen |= new
        return bool(new)

    def look(self, visitor: Visitor, what: str) -> None:
        """Look at the page that the visitor has before them; ``what`` it is."""
        found, unsure = check(visitor)
        visitor.problems.clear()
        self.problems += [f"{what}: {problem}" for problem in found]
        self.unsure |= unsure

    def close(self) -> None:
        for visitor in self._visitors.values():
            visitor.close()
