"""What must be so on every page that is shown: accessible by axe's rules, in one column on a phone, legible at twice the size, light."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.visitor import HEIGHT, NARROW, WIDE, Visitor
from tests.databases import unavailable

REPOSITORY = Path(__file__).parents[2]
AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
LARGEST_PAGE = 150_000
TEXT_PX = 16
Unsure = dict[str, list[str]]
"""What axe could not decide, by rule: where."""


@cache
def axe_itself() -> str:
    if not AXE.exists():
        unavailable("axe-core is not there (make assets fetches it)")
    return AXE.read_text(encoding="utf-8")


@cache
def _looks() -> str:
    return (Path(__file__).parent / "looks.js").read_text(encoding="utf-8")


def check(visitor: Visitor) -> tuple[list[str], Unsure]:
    """What is wrong with the page that the visitor sees, and what axe could not say."""
    page = visitor.page
    found, unsure = axe(page, {"type": "tag", "values": TAGS})
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {each}" for each in axe(page, {"type": "rule", "values": ["color-contrast"]})[0]]
    page.emulate_media(color_scheme="light")
    found += looks_at(page, "focus")
    size = page.evaluate(f"{_looks()}.bytes()")
    if size > LARGEST_PAGE:
        found.append(f"the page is {size:,} bytes large")
    found += [f"text at 200 %: {each}" for each in enlarged(visitor)]
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    found += [f"{NARROW} px: {each}" for each in looks_at(page, "fits")]
    page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    return found + visitor.problems, unsure


def axe(page: Page, rules: dict[str, Any]) -> tuple[list[str], Unsure]:
    """Rules that the page breaks, and those that axe leaves to a person's judgement."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(axe_itself())
    run = f"axe.run(document, {{runOnly: {json.dumps(rules)}, resultTypes: ['violations', 'incomplete']}})"
    result = page.evaluate(f"{run}.then(({{violations, incomplete}}) => ({{violations, incomplete}}))")
    wrong = [f"{rule['id']} ({rule['help']}): {_where(rule)}" for rule in result["violations"]]
    return wrong, {rule["id"]: _where(rule) for rule in result["incomplete"]}


def enlarged(visitor: Visitor) -> list[str]:
    """What does not fit when the reader has set the browser's text to twice its size."""
    page = visitor.page
    size = page.evaluate(f"{_looks()}.text_px()")
    visitor.set_text_px(2 * TEXT_PX)
    found = looks_at(page, "fits")
    if page.evaluate(f"{_looks()}.text_px()") < 1.95 * size:
        found.append("the text does not follow the browser's size")
    visitor.set_text_px(TEXT_PX)
    return found


def looks_at(page: Page, what: str) -> list[str]:
    """What ``fits`` or ``focus`` of looks.js finds wrong."""
    found: list[str] = page.evaluate(f"{_looks()}.{what}()")
    return found


def _where(rule: dict[str, Any]) -> list[str]:
    return [" ".join(map(str, node["target"])) for node in rule["nodes"][:4]]
