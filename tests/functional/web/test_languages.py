"""One catalogue is one more language: whole pages in it, its own dates, its place in the switch."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.messages.pofile import read_po, write_po
from flask import Flask

from app import create_app, i18n
from app.public.pages import PAGES
from notifications import words
from notifications.messages import NeedClosed
from notifications.render import render
from tests.city import City
from tests.pages import Page, Visitor

FRENCH = i18n.CATALOGUES / "fr" / "LC_MESSAGES" / "messages.po"
MARK = "¿"
OWN_NAMES = r"À deux pas|Lyon|axe-core|Chromium|HTML, CSS, SVG|CNIL|www\.cnil\.fr"
READ = ["/", *PAGES.values(), "/request/lost", "/sign-in", "/account/forgotten", "/no/such/page", "/request/not-a-link"]


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def pseudo(text: str) -> str:
    """Every word of ``text`` as ``¿word``; placeholders and what is between < > stay, so that what is not marked was not translated."""
    if text == "EEEE d MMMM":
        return "EEEE d 'de' MMMM"
    return re.sub(r"%\(\w+\)\w|[^\W\d_]+(?:[’'][^\W\d_]+)*", lambda found: found[0] if found[0].startswith("%(") else MARK + found[0], text)


@pytest.fixture
def spanish(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """The application with the two catalogues, of which the second is made from the first's messages."""
    with FRENCH.open("rb") as file:
        french = read_po(file, locale="fr")
        file.seek(0)
        made = read_po(file, locale="es")
    for message in made:
        if message.id:
            message.string = tuple(map(pseudo, message.id)) if isinstance(message.id, tuple) else pseudo(message.id)
    for language, catalogue in (("fr", french), ("es", made)):
        folder = tmp_path / "translations" / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        with (folder / "messages.po").open("wb") as file:
            write_po(file, catalogue)
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path / "translations")
    monkeypatch.setattr(words, "_WORDS", dict(words._WORDS))
    yield create_app(context=city.ctx)


def unmarked(page: Page) -> list[str]:
    """The words on a page that came from no catalogue."""
    text = re.sub(OWN_NAMES, "", page.text)
    return re.findall(rf"(?<![{MARK}\w’@./-])[^\W\d_]{{3,}}(?:[’'][^\W\d_]+)*", text)


@pytest.mark.parametrize("path", READ)
def test_a_page_is_whole_in_a_third_language(spanish: Flask, path: str) -> None:
    page = Page(Visitor(spanish, "es").browser.get(path).text)
    assert page.lang == "es"
    assert MARK in page.h1 and MARK in page.title
    named = {"lunes", "Lunes", "viernes", "noviembre", "Français", "English", "http", "formulaire", "data"}  # data.… is a host
    named |= {"hora", "día", "días", "mes", "meses", "año", "años"}  # as long as that things are kept
    assert [word for word in unmarked(page) if word not in named] == []


def test_the_switch_offers_each_language_and_the_head_its_addresses(spanish: Flask) -> None:
    page = Visitor(spanish).get("/")
    assert {page.link("Español"), page.link("Français")} == {"?lang=es", "?lang=fr"}
    assert {"es", "fr", "en"} == set(re.findall(r'<link rel="alternate" hreflang="(\w+)"', page.html))
    assert Visitor(spanish, "fr").get("/?lang=es").lang == "es"


def test_a_browser_that_likes_it_gets_it(spanish: Flask) -> None:
    visitor = Visitor(spanish)
    visitor.browser.delete_cookie("language")
    assert Page(visitor.browser.get("/", headers={"Accept-Language": "es-MX, de;q=0.5"}).text).lang == "es"


@pytest.mark.usefixtures("spanish")
def test_moments_hours_and_distances_are_said_in_it() -> None:
    zone, now = ZoneInfo("Europe/Paris"), dt.datetime(2026, 6, 2, 10, 0, tzinfo=dt.UTC)
    told = [
        words.when_words(now + dt.timedelta(days=1), now, zone, "es"),
        words.when_words(now + dt.timedelta(days=3), now, zone, "es"),
        words.moment_words(now + dt.timedelta(days=30), zone, "es"),
        words.hours_words("Mo-Fr 09:00-17:00", "es"),
        words.hours_words("24/7", "es"),
        words.distance_words(1200, "es").replace("\u00a0", " "),
    ]
    assert told == [
        "¿tomorrow 12:00", "viernes 12:00", "jueves 2 de julio ¿at 12:00", "lunes ¿to viernes, 09:00 – 17:00", "¿at ¿any ¿time",
        "¿about 1,2 km",
    ]  # fmt: skip


def test_whoever_reads_it_gets_messages_in_the_city_s_language(city: City) -> None:
    message = NeedClosed("Zoé", "shopping", "withdrawn")
    assert render(message, "es", city.ctx.city).subject == "Votre demande est retirée"
    settings = replace(city.ctx.settings, language="en")
    assert render(message, "es", replace(city.ctx, settings=settings).city).subject == "Your request is withdrawn"


def test_the_pages_and_the_messages_say_french_small_words_alike() -> None:
    with FRENCH.open("rb") as file:
        french = read_po(file, locale="fr")
    assert {each: french.get(each).string for each in i18n.SMALL_WORDS} == words._WORDS["fr"]
