"""The report for the council as it is printed: one sheet of A4, without what is for the screen; and the figures' page for everybody."""

import re
from collections.abc import Callable

import pytest

from tests.browser.visitor import Visitor


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_report_is_one_sheet(visit: Callable[..., Visitor], language: str) -> None:
    visitor = visit(language=language, role="coordinator")
    page = visitor.page
    visitor.open("/coordination/figures/report")
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    assert page.locator("section").count() == 4
    assert len(re.findall(rb"/Type /Page\b", page.pdf(prefer_css_page_size=True))) == 1


def test_a_chart_is_as_wide_as_its_page_and_its_words_as_large(visit: Callable[..., Visitor]) -> None:
    visitor = visit(language="fr", role="coordinator")
    page = visitor.page
    visitor.open("/coordination/figures")
    words = page.locator(".chart text").first
    size = "e => parseFloat(getComputedStyle(e).fontSize) * e.getScreenCTM().a"
    wide = words.evaluate(size)
    page.set_viewport_size({"width": 320, "height": 800})
    assert words.evaluate(size) == wide >= 14
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert page.locator(".chart svg").first.bounding_box()["width"] <= 320  # type: ignore[index]
