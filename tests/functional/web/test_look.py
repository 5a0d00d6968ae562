"""The look: its stylesheet, the city's name, colour, logo and number on every page, and the page with all pieces."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import Headers

from app import create_app
from app.colours import SURFACES, contrast, shades
from tests.city import City
from tests.pages import Visitor

ROOT = Path(__file__).parents[3]
STYLE = (ROOT / "app/static/style.css").read_text()
COMPONENTS = ROOT / "app/templates/components"
PAGES = ["/", "/sign-in", "/account/forgotten", "/offer/new", "/no/such/page"]
PANELS = ("paper", "panel", "tint", "good-panel", "look-panel", "bad-panel")
TEXT = {
    *(("ink", panel) for panel in PANELS),
    *(("accent", panel) for panel in PANELS),
    *(("soft", panel) for panel in ("paper", "panel", "tint")),
    ("accent-ink", "accent"), ("good", "good-panel"), ("look", "look-panel"), ("look", "paper"), ("bad", "paper"), ("bad", "bad-panel"),
}  # fmt: skip
EDGES = {(edge, panel) for edge in ("line", "focus", "accent", "bad") for panel in ("paper", "panel", "tint")}
PRINTED = ("letter", "poster", "report")
"""Stylesheets of pages that are printed: no other page loads them."""
SVG = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PNG = b"\x89PNG\r\n\x1a\nand the rest"


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def site(city: City, **settings: Any) -> Visitor:
    return Visitor(create_app(context=replace(city.ctx, settings=replace(city.ctx.settings, **settings))))


# The stylesheet


def test_the_stylesheets_are_small() -> None:
    ours = [file.read_bytes() for file in (ROOT / "app/static").glob("*.css") if file.stem not in PRINTED]
    assert ours and sum(map(len, ours)) < 30_000


def colours(mode: str) -> dict[str, str]:
    """The colours of style.css in a mode, with the shades of the default city colour."""
    light, dark = re.findall(r":root \{(.*?)\n *\}", STYLE, re.DOTALL)[:2]
    declared = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light + (dark if mode == "dark" else "")))
    return declared | {name.removeprefix("--"): value for name, value in shades("#0f5f63", mode).items()}


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (EDGES, 3)], ids=["text", "edges and focus"])
def test_every_pair_of_colours_has_the_contrast_that_wcag_asks(mode: str, pairs: set[tuple[str, str]], least: float) -> None:
    known = colours(mode)
    faint = {pair: contrast(known[pair[0]], known[pair[1]]) for pair in pairs}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < least} == {}


def test_no_rule_sets_a_pair_of_colours_that_is_not_checked() -> None:
    rules = re.findall(r"\{([^{}]*)\}", STYLE)
    pairs = {
        (ink[1], ground[1])
        for rule in rules
        if (ink := re.search(r"(?<![-\w])color: var\(--([\w-]+)\)", rule)) and (ground := re.search(r"background: var\(--([\w-]+)\)", rule))
    }
    assert len(pairs) > 5
    assert pairs - TEXT == set()


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_citys_shades_are_fitted_to_the_grounds_that_there_are(mode: str) -> None:
    assert SURFACES[mode] == tuple(colours(mode)[name] for name in PANELS if name != "tint")


# The city


@pytest.mark.parametrize("path", PAGES)
def test_every_page_carries_the_citys_name_colour_logo_number_and_hours(city: City, path: str, tmp_path: Path) -> None:
    logo = tmp_path / "logo.svg"
    logo.write_text(SVG)
    visitor = site(city, city_name="Trévoux", city_phone="04 74 00 00 00", city_hours="Mo-Sa 08:00-12:00", city_logo=str(logo))
    page = visitor.get(path, 404 if path == "/no/such/page" else 200)
    assert "À deux pas Trévoux" in page.text
    assert page.title.endswith("Trévoux")
    assert "Call 04 74 00 00 00" in page.text and "Monday to Saturday" in page.text
    assert page.link("04 74 00 00 00") == "tel:0474000000"
    assert re.search(r'<img class="logo" src="/city-logo\?v=\w+" alt="">', page.html)
    assert re.search(r'<link rel="stylesheet" href="/city.css\?v=\w+">', page.html)


def test_without_a_logo_the_services_own_mark_is_shown(client: Visitor) -> None:
    assert 'class="plate"' in client.get("/").html
    assert client.browser.get("/city-logo").status_code == 404


def test_the_citys_colour_is_in_its_stylesheet(city: City) -> None:
    answer = site(city, city_colour="#ffdd00").browser.get("/city.css")
    assert answer.mimetype == "text/css"
    assert "--accent:#ffdd00" in answer.text


@pytest.mark.parametrize(("name", "content", "kind"), [("a.svg", SVG.encode(), "image/svg+xml"), ("a.PNG", PNG, "image/png")])
def test_a_logo_is_shown_and_nothing_in_it_runs(city: City, tmp_path: Path, name: str, content: bytes, kind: str) -> None:
    (tmp_path / name).write_bytes(content)
    answer = site(city, city_logo=str(tmp_path / name)).browser.get("/city-logo")
    assert (answer.mimetype, answer.data) == (kind, content)
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert {"default-src 'none'", "style-src 'unsafe-inline'", "sandbox"} <= set(policy)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# What browsers keep


def test_files_of_the_look_are_kept_until_they_change(city: City, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    visitor = site(city, city_logo=str(logo))
    addresses = re.findall(r'(?:href|src)="(/(?:static/|city)[^"]+)"', visitor.get("/").html)
    assert len(addresses) == 4

    def headers(address: str) -> Headers:
        return visitor.browser.get(address, buffered=True).headers

    for address in addresses:
        assert headers(address)["Cache-Control"] == "public, max-age=31536000, immutable", address
        assert "Set-Cookie" not in headers(address) and headers(address).get("Vary") in (None, "Accept-Encoding"), address
        plain = address.split("?")[0]
        assert [headers(each)["Cache-Control"] for each in (plain, f"{plain}?v=other")] == ["no-cache"] * 2
    assert headers("/static/none.css?v=")["Cache-Control"] == "no-cache"


def test_another_colour_has_another_address(city: City) -> None:
    addresses = {re.findall(r"/city.css\?v=\w+", site(city, city_colour=colour).get("/").html)[0] for colour in ("#0f5f63", "#ffdd00")}
    assert len(addresses) == 2


# The page with all pieces


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_design_page_is_whole_and_takes_its_forms(app: Flask, language: str) -> None:
    visitor = Visitor(app, language)
    page = visitor.get("/design")
    assert page.lang == language
    button = page.forms[-1].buttons[0]["words"]
    assert visitor.submit(page, button).h1 == page.h1


def test_the_design_page_shows_every_component() -> None:
    shown = (ROOT / "app/public/templates/public/design.html").read_text()
    made = re.findall(r"\{% macro (\w+)\(", (COMPONENTS / "parts.html").read_text())
    assert len(made) > 10
    assert [name for name in [*made, "cards", "field", "answers"] if f"{name}(" not in shown and f"{name} as " not in shown] == []


def test_the_design_page_shows_every_class_of_the_stylesheet(client: Visitor) -> None:
    html = client.get("/design").html
    shown = {name for names in re.findall(r'class="([^"]*)"', html) for name in names.split()}
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", STYLE, flags=re.DOTALL)
    elsewhere = {
        "broad", "column", "demo", "letter", "filters", "found", "logo", "near-home", "only", "own-area", "quartiers", "reach",
        "week-words",
    }  # fmt: skip
    assert set(re.findall(r"\.([a-z][\w-]*)", rules)) - shown - elsewhere == set()


def test_the_design_page_is_linked_in_the_demonstration_only(city: City, client: Visitor) -> None:
    assert client.get("/").link("Design") == "/design"
    assert "Design" not in site(city, demo=False).get("/").text


def test_every_kind_of_help_has_a_drawing_and_a_sentence(client: Visitor) -> None:
    shown = client.get("/design").html.split('class="cards"')[1].split("</fieldset>")[0]
    cards = re.findall(r'class="choice">.*?</div>', shown, re.DOTALL)
    assert len(cards) == 8
    assert all("<svg" in card and 'class="hint"' in card for card in cards)


# The frame


def test_the_section_one_is_in_is_marked(client: Visitor) -> None:
    assert '<a href="/sign-in" aria-current="page">' in client.get("/sign-in").html
    assert "aria-current" not in client.get("/").html
