"""The week of a form: painted with the mouse or a finger, gone through with the keyboard, or said in words."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Locator

from tests.browser.person import Person, Typist
from tests.browser.site import Site
from tests.browser.test_story_of_a_sign_up import ANSWERS
from tests.browser.visitor import NARROW, Visitor

STEP = "/offer/new/when"
BEFORE = {name: ANSWERS[name] for name in ("categories", "mode", "address", "postcode", "town", "quartier")}


@pytest.fixture
def at_the_week(visit: Callable[..., Visitor]) -> Visitor:
    """Somebody who signs up and has come as far as the question when."""
    return _go_there(visit(language="fr"))


def _go_there(visitor: Visitor) -> Visitor:
    person = Person(visitor)
    person.open("/offer/new/what")
    while not visitor.page.url.endswith(STEP):
        person.answer(BEFORE)
        person.go_on()
    return visitor


def _box(visitor: Visitor, day: int, part: int) -> Locator:
    return visitor.page.locator(f"table.week tbody tr:nth-child({day}) td:nth-of-type({part}) input")


def _chosen(visitor: Visitor) -> list[str]:
    return [str(box.get_attribute("value")) for box in visitor.page.locator("table.week input:checked").all()]


def test_one_stroke_of_the_mouse_paints_and_another_wipes(at_the_week: Visitor) -> None:
    first, last = _box(at_the_week, 1, 1), _box(at_the_week, 5, 1)
    _stroke(at_the_week, first, last)
    painted = _chosen(at_the_week)
    assert len(painted) == 5 and len({value[:2] for value in painted}) == 5, painted
    _stroke(at_the_week, last, _box(at_the_week, 3, 1))
    assert _chosen(at_the_week) == painted[:2]


def _stroke(visitor: Visitor, start: Locator, end: Locator) -> None:
    mouse = visitor.page.mouse
    (x1, y1), (x2, y2) = _middle(start), _middle(end)
    mouse.move(x1, y1)
    mouse.down()
    mouse.move(x2, y2, steps=20)
    mouse.up()


def _middle(box: Locator) -> tuple[float, float]:
    box.scroll_into_view_if_needed()
    at = box.locator("xpath=..").bounding_box()
    assert at
    return at["x"] + at["width"] / 2, at["y"] + at["height"] / 2


def test_the_keyboard_alone_moves_about_and_chooses(at_the_week: Visitor) -> None:
    keys = Typist(at_the_week)
    at_the_week.page.reload()
    keys.tick("week")
    first = _chosen(at_the_week)
    for key in ("ArrowRight", "ArrowDown", "Space"):
        at_the_week.page.keyboard.press(key)
    assert _chosen(at_the_week) == [*first, _box(at_the_week, 2, 2).get_attribute("value")]
    at_the_week.page.keyboard.press("ArrowUp")
    at_the_week.page.keyboard.press("ArrowUp")
    assert _box(at_the_week, 1, 2).evaluate("box => box === document.activeElement"), "the edge of the week is where it ends"


def test_a_finger_taps_a_box(browser: Browser, site: Site) -> None:
    visitor = Visitor(browser, site, width=NARROW, touch=True)
    try:
        _go_there(visitor)
        _box(visitor, 6, 1).locator("xpath=..").tap()
        assert _chosen(visitor) == [_box(visitor, 6, 1).get_attribute("value")]
        visitor.nothing_went_wrong()
    finally:
        visitor.close()


@pytest.mark.parametrize("javascript", [True, False])
def test_words_do_as_well(javascript: bool, visit: Callable[..., Visitor]) -> None:
    person = Person(_go_there(visit(language="fr", javascript=javascript)))
    person.page.locator(".week-words input[type=text]").fill("du lundi au vendredi de 18 h à 20 h")
    person.go_on()
    person.reads("Nous avons compris : du lundi au vendredi, 18 h – 20 h")
    person.go_on()
    assert not person.page.url.endswith(STEP), "it was asked twice"
