"""The HTML of each message, in a browser: accessible by axe's rules, legible at 200 %, and nothing is loaded for it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from notifications.render import render
from notifications.samples import CITY, SAMPLES, ways
from notifications.words import LANGUAGES
from tests.browser.checks import TAGS, axe, looks_at
from tests.browser.visitor import HEIGHT, NARROW

ZOOMED = {"width": NARROW, "height": HEIGHT // 2}
"""What 200 % leaves of a mail program's window of 640 pixels."""


@pytest.fixture(scope="module")
def mail_program(browser: Browser) -> Iterator[Page]:
    """One window in which one message is opened after the other."""
    page = browser.new_page(viewport=ZOOMED, device_scale_factor=2)
    yield page
    page.close()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_a_message_can_be_read_by_everybody(mail_program: Page, name: str, language: str) -> None:
    asked_for: list[str] = []
    mail_program.on("request", asking := lambda request: asked_for.append(request.url))
    mail_program.set_content(render(SAMPLES[name], language, CITY, ways(SAMPLES[name].topic)).html)
    wrong, _unsure = axe(mail_program, {"type": "tag", "values": [*TAGS, "best-practice"]})
    assert [each for each in wrong if not each.startswith(("region", "landmark"))] == [], "a mail program's own frame has the landmarks"
    assert looks_at(mail_program, "fits") == []
    mail_program.remove_listener("request", asking)
    assert asked_for == []
