"""A visitor with a real browser, who notices when anything on a page goes wrong."""

from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import APIResponse, Browser, ConsoleMessage, Page, Request, Response

from tests.browser.site import Site

WIDE, NARROW, HEIGHT = 1280, 320, 900
TRESPASS = """
addEventListener("securitypolicyviolation", e => console.error(`content policy: ${e.violatedDirective} ${e.blockedURI}`));
"""


class Visitor:
    """One browser of its own, with a language, a width and perhaps an account. ``problems`` is what went wrong on the way."""

    def __init__(
        self, browser: Browser, site: Site, *, language: str = "fr", javascript: bool = True, width: int = WIDE, dark: bool = False,
        role: str = "nobody", touch: bool = False,
    ) -> None:  # fmt: skip
        self.site = site
        self.problems: list[str] = []
        self._context = browser.new_context(
            locale=language, java_script_enabled=javascript, viewport={"width": width, "height": HEIGHT}, base_url=site.url,
            color_scheme="dark" if dark else "light", reduced_motion="reduce", has_touch=touch,
        )  # fmt: skip
        self._context.set_default_timeout(10_000)
        self._context.add_cookies([{"name": "language", "value": language, "url": site.url}])
        if role != "nobody":
            name, value = site.reach.session_cookie(role)
            self._context.add_cookies([{"name": name, "value": value, "url": site.url}])
        self.page: Page = self._context.new_page()
        self._tools = self._context.new_cdp_session(self.page)
        self.page.add_init_script(TRESPASS)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._problem(f"script: {error}"))
        self.page.on("requestfailed", self._failed)
        self.page.on("response", self._answered)

    def open(self, address: str) -> int:
        """Go to a page; the status of its answer."""
        answer = self.page.goto(address)
        assert answer
        return answer.status

    def fetch(self, address: str) -> APIResponse:
        """The answer as this browser would get it, redirects not followed and nothing of it shown."""
        return self._context.request.get(address, max_redirects=0)

    def change_by(self, press: Callable[[], None]) -> int:
        """Do something that leads to another page; the status of its answer."""
        with self.page.expect_navigation() as navigation:
            press()
        assert navigation.value
        return navigation.value.status

    def set_text_px(self, size: int) -> None:
        """What the reader's browser takes for ordinary text."""
        self._tools.send("Page.setFontSizes", {"fontSizes": {"standard": size, "fixed": size * 13 // 16}})

    def nothing_went_wrong(self) -> None:
        assert self.problems == []

    def close(self) -> None:
        self._context.close()

    def _problem(self, words: str) -> None:
        self.problems.append(f"{self._path(self.page.url)}: {words}")

    def _ours(self, address: str) -> bool:
        return address.startswith(self.site.url) or not urlsplit(address).netloc

    def _path(self, address: str) -> str:
        return address.removeprefix(self.site.url)

    def _console(self, message: ConsoleMessage) -> None:
        # The browser repeats there what _failed and _answered hear of; tiles of a map come from elsewhere and may be missing.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self._problem(f"console: {message.text}")

    def _failed(self, request: Request) -> None:
        if self._ours(request.url) and request.failure != "net::ERR_ABORTED":  # given up by leaving the page
            self._problem(f"{self._path(request.url)} failed: {request.failure}")

    def _answered(self, answer: Response) -> None:
        """A page may say no; what a page is made of may not."""
        if self._ours(answer.url) and answer.status >= 400 and not answer.request.is_navigation_request():
            self._problem(f"{self._path(answer.url)} answered {answer.status}")


