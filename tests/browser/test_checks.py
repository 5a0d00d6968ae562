"""The checks themselves find what they are for."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.checks import TAGS, axe, looks_at
from tests.browser.site import Site
from tests.browser.visitor import Visitor

STYLE = "<style>:focus-visible {{ outline: 3px solid blue }}</style>"
FRAME = f"<!doctype html><html lang=fr><title>Essai</title>{STYLE}<main><h1>Essai</h1>{{}}</main>"
TWO_LINKS = '<a href="#">un</a> <a href="#">deux</a>'
LONG = "Anticonstitutionnellement" * 8


@pytest.fixture
def page(browser: Browser, sites: dict[str, Site]) -> Iterator[Page]:
    visitor = Visitor(browser, sites["empty"], width=320)
    yield visitor.page
    visitor.close()


@pytest.mark.parametrize(
    ("html", "said"),
    [
        (f"<p>{LONG}</p>", "and the screen 320"),
        (f'<p style="overflow: hidden">{LONG}</p>', "is cut off"),
        ('<p style="height: 1em; line-height: 1; overflow: hidden">un mot<br>deux mots</p>', "is cut off"),
        ('<p>un mot</p><p style="margin-top: -30px">deux mots</p>', "lie on each other"),
        ('<p style="margin-left: -40px">un mot</p>', "runs off the screen"),
    ],
)
def test_what_does_not_fit_is_found(page: Page, html: str, said: str) -> None:
    page.set_content(FRAME.format(html))
    assert any(said in problem for problem in looks_at(page, "fits"))


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<button style="outline: none">Oui</button>', "does not show that it has the focus"),
        ('<button tabindex="2">Oui</button>', "out of the order of the page"),
        ('<button>Oui</button><div style="position: absolute; inset: 0; background: white"></div>', "is hidden when it has the focus"),
        (f'<div style="display: flex; flex-direction: row-reverse; width: 9em">{TWO_LINKS}</div>', "stands before it"),
        (f'<div style="display: flex; flex-direction: column-reverse">{TWO_LINKS}</div>', "stands before it"),
    ],
)
def test_a_focus_that_nobody_can_follow_is_found(page: Page, html: str, said: str) -> None:
    page.set_content(FRAME.format(html))
    assert any(said in problem for problem in looks_at(page, "focus")), looks_at(page, "focus")


def test_a_field_without_a_label_and_pale_words_are_found(page: Page) -> None:
    page.set_content(FRAME.format('<input type="text"><p style="color: #bbb; background: #fff">pâle</p>'))
    wrong, _unsure = axe(page, {"type": "tag", "values": TAGS})
    assert {problem.partition(" ")[0] for problem in wrong} == {"label", "color-contrast"}


def test_a_good_page_passes(page: Page) -> None:
    page.set_content(FRAME.format('<form><label for="a">Nom</label> <input id="a"> <button>Oui</button></form><p>un mot</p>'))
    assert (looks_at(page, "fits"), looks_at(page, "focus"), axe(page, {"type": "tag", "values": TAGS})[0]) == ([], [], [])


def test_what_goes_wrong_in_the_browser_is_found(browser: Browser, sites: dict[str, Site]) -> None:
    visitor = Visitor(browser, sites["empty"])
    visitor.open("/")
    page = visitor.page
    page.evaluate("console.error('a script says so')")
    page.evaluate("setTimeout(() => { throw new Error('nobody catches it') })")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    page.evaluate("fetch('/no-such-file')")
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    said = "\n".join(visitor.problems)
    visitor.close()
    for part in ("a script says so", "nobody catches it", "content policy: style-src-attr", "/no-such-file answered 404"):
        assert part in said
