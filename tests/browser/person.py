"""Somebody who uses the site: reads what it says, answers what it asks, presses what it offers; with a mouse, or without."""

from collections.abc import Mapping
from typing import Any

from playwright.sync_api import Locator

from tests.browser.visitor import Visitor

Answers = Mapping[str, str]
"""What to answer, by the name of the field; of several boxes the one with this value, and of one box anything for yes."""
NEVER = 150
"""Presses of a key, after which it is clear that they lead nowhere."""


class Person:
    """With mouse and keyboard."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page

    def open(self, address: str) -> None:
        assert self.visitor.open(address) == 200

    def follow(self, address: str) -> None:
        """The first link on the page to this address, or to one that begins so."""
        self._leads_on(self.page.locator(f'main a[href^="{address}"]').first)

    def press(self, action: str) -> None:
        """The button of the form that is sent to an address which ends so."""
        self._leads_on(self.page.locator(f'form[action$="{action}"] button').first)

    def go_on(self) -> None:
        """The main button of the page."""
        self._leads_on(self.page.locator("main form[method=post] button[type=submit]").first)

    def answer_all(self, answers: Answers, under: str) -> list[str]:
        """Answer page after page as long as the addresses begin with ``under``; the titles of the pages."""
        titles = []
        while self._path().startswith(under) and len(titles) < NEVER:
            titles.append(self.page.get_by_role("heading", level=1).inner_text())
            if self.page.locator("main form[method=post] button").count():
                self.answer(answers)
                self.go_on()
            else:  # a page to begin with
                self.follow(under)
        return titles

    def answer(self, answers: Answers) -> None:
        """What this page asks, as far as there is an answer to it."""
        for name, answer in answers.items():
            for field in self.page.locator(f'main [name="{name}"]:not([type=hidden])').all():
                kind = field.evaluate("field => field.type")
                if kind in ("radio", "checkbox"):
                    if field.get_attribute("value") in (answer, "y") and not field.is_checked():
                        field.locator("xpath=..").locator(f'label[for="{field.get_attribute("id")}"]').click()
                        assert field.is_checked()
                elif kind == "select-one":
                    field.select_option(label=answer)
                else:
                    field.fill(answer)

    def reads(self, *words: str) -> None:
        """All of this stands on the page."""
        said = " ".join(self.page.locator("main").inner_text().replace("\xa0", " ").replace("\u202f", " ").split())
        assert [each for each in words if each not in said] == [], said

    def _leads_on(self, thing: Locator) -> None:
        assert thing.inner_text().strip()
        status = self.visitor.change_by(thing.click)
        assert status == 200, f"{status}: {self.page.locator('main').inner_text()[:600]}"

    def _path(self) -> str:
        return self.page.url.removeprefix(self.visitor.site.url)


class Typist:
    """With the keyboard alone. The page itself says so if a mouse comes near it."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.page = visitor, visitor.page
        self.presses = 0
        self.page.add_init_script("addEventListener('mousedown', () => console.error('somebody used a mouse'), true)")

    def open(self, address: str) -> None:
        assert self.visitor.open(address) == 200

    def enter(self, selector: str) -> None:
        """Tab to a link or button, and press Enter."""
        self._tab_to(selector)
        assert self.visitor.change_by(lambda: self._press("Enter")) == 200, self.page.locator("main").inner_text()[:600]

    def type(self, name: str, words: str) -> None:
        self._tab_to(f'[name="{name}"]')
        self.presses += len(words)
        self.page.keyboard.type(words)

    def choose(self, name: str, value: str) -> None:
        """One of several choices, with the arrow keys."""
        self._tab_to(f'[name="{name}"]')
        self._until(lambda: self._focused("field => field.value") == value and self._focused("field => field.checked"), "ArrowDown", value)

    def tick(self, name: str) -> None:
        self._tab_to(f'[name="{name}"]')
        self._press("Space")
        assert self._focused("field => field.checked")

    def _press(self, key: str) -> None:
        self.presses += 1
        self.page.keyboard.press(key)

    def _tab_to(self, selector: str) -> None:
        """Forward only: what was meant to come next does."""
        self._until(lambda: self._focused(f"field => field.matches({selector!r})"), "Tab", selector)

    def _until(self, there: Any, key: str, what: str) -> None:
        for _ in range(NEVER):
            if there():
                return
            self._press(key)
        raise AssertionError(f"{key} never leads to {what}")

    def _focused(self, expression: str) -> Any:
        return self.page.evaluate(f"({expression})(document.activeElement)")
