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


def test_a_chart_is_as_wide_as_its_page_and_its_bars_are_to_scale(visit: Callable[..., Visitor]) -> None:
    visitor = visit(language="fr", role="coordinator")
    page = visitor.page
    page.set_viewport_size({"width": 320, "height": 800})
    visitor.open("/coordination/figures")
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    chart = page.locator("section[aria-labelledby=kinds] .chart")
    whole = chart.locator("svg").first.evaluate("e => e.clientWidth")
    for i in range(chart.locator("p").count()):
        said = float(re.split(r"\s?%", chart.locator("strong").nth(i).inner_text())[0].replace(",", "."))
        drawn = chart.locator("rect:not(.before)").nth(i).evaluate("e => e.getBBox().width")
        assert abs(drawn - said / 100 * whole) < whole / 100
