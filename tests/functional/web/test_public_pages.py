"""The home page and the pages of words, in both languages."""

from dataclasses import replace

import pytest
from flask import Flask

from app import create_app
from app.public.pages import PAGES
from config.notices import CHARTER_VERSION, NOTICE_VERSION
from tests.city import City
from tests.pages import Page, Visitor

ESSENTIALS = {
    "how": {
        "fr": ["Si vous avez besoin d’aide", "Si vous n’utilisez pas internet", "Et si personne n’est trouvé ?", "4 heures"],
        "en": ["If you need help", "If you do not use the internet", "What if nobody is found?", "has 4 hours to answer"],
    },
    "safety": {
        "fr": ["Jamais de carte bancaire, de code secret", "Demandez-le avant d’ouvrir", "Un adulte reste à la maison", "3977", "119"],
        "en": ["Never a bank card, a PIN", "Ask for it before you open", "An adult stays at home", "3977", "119", "112", "17"],
    },
    "charter": {"fr": ["J’aide gratuitement", CHARTER_VERSION], "en": ["I help for free", CHARTER_VERSION]},
    "privacy": {
        "fr": ["responsable de vos données", "article 6, paragraphe 1", "Qui voit quoi", "CNIL", "24 mois au plus", NOTICE_VERSION],
        "en": ["answers for your data", "article 6(1)(e)", "Who sees what, and when", "CNIL", "24 months at the most", NOTICE_VERSION],
    },
    "legal": {"fr": ["Éditeur", "Responsable de la publication", "Hébergement"], "en": ["Publisher", "Director of publication", "Host"]},
    "accessibility": {
        "fr": [
            "État de conformité", "non conforme", "Résultats des tests", "Contenus non accessibles",
            "établie le 25 novembre 2026", "Technologies", "Environnement de test", "Outils", "Retour d’information et contact",
            "Voies de recours", "Défenseur des droits",
        ],
        "en": ["not compliant", "drawn up on 25 November 2026", "Ways of appeal"],
    },
    "contact": {"fr": ["04 65 71 00 00", "Du lundi au vendredi, 9 h – 17 h"], "en": ["04 65 71 00 00", "Monday to Friday, 09:00 – 17:00"]},
}  # fmt: skip
EACH = pytest.mark.parametrize(("name", "language"), [(name, language) for name in PAGES for language in ("fr", "en")])


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


def plain(page: Page) -> str:
    return page.text.replace("\u00a0", " ")


@EACH
def test_a_page_of_words_says_its_essentials(app: Flask, name: str, language: str) -> None:
    text = plain(Visitor(app, language).get(PAGES[name]))
    assert [words for words in ESSENTIALS[name][language] if words not in text] == []


@EACH
def test_a_page_of_words_has_neither_placeholder_nor_none(app: Flask, name: str, language: str) -> None:
    text = Visitor(app, language).get(PAGES[name]).text
    assert "%(" not in text and "None " not in text


def test_the_home_page_has_two_doors_three_steps_a_price_and_a_number(client: Visitor) -> None:
    page = client.get("/")
    doors = {address for address, _ in page.links}
    assert {"/request/new", "/offer/new", "/how-it-works", "/safety", "/contact"} <= doors
    assert page.html.count("<ol>") == 1 and page.html.split("<ol>")[1].split("</ol>")[0].count("<li>") == 3
    for words in ("04 65 71 00 00: an agent", "Nothing. Nobody pays", "Lyon runs this service"):
        assert words in plain(page)


def test_the_charter_has_ten_lines(client: Visitor) -> None:
    html = client.get("/charter").html
    assert html.split('<ol class="charter">')[1].split("</ol>")[0].count("<li>") == 10


def test_what_was_about_is_how_it_works(client: Visitor) -> None:
    answer = client.browser.get("/about")
    assert (answer.status_code, answer.headers["Location"]) == (301, "/how-it-works")


def test_the_citys_own_particulars_stand_where_the_law_wants_them(city: City) -> None:
    settings = replace(
        city.ctx.settings, demo=False, city_name="Saint-Fons", city_address="1 place Durel, 69190 Saint-Fons",
        city_email="aide@example.org",
        city_director="Camille Roux", city_host="Un Hébergeur, 2 rue du Câble, 69003 Lyon", city_dpo="dpo@example.org",
        approve_volunteers="at_once", geocoder="ban",
    )  # fmt: skip
    visitor = Visitor(create_app(context=replace(city.ctx, settings=settings)))
    said = {
        "/legal": ["City of Saint-Fons", "1 place Durel", "aide@example.org", "Camille Roux", "hosted by Un Hébergeur"],
        "/privacy": ["dpo@example.org", "national address service", "hosted by Un Hébergeur"],
        "/contact": ["1 place Durel", "aide@example.org"],
        "/accessibility": ["Or write to aide@example.org"],
        "/how-it-works": ["you can be asked at once"],
    }
    assert [(path, words) for path, each in said.items() for words in each if words not in visitor.get(path).text] == []


def test_without_particulars_the_pages_read_right(city: City, client: Visitor) -> None:
    legal = client.get("/legal").text
    assert "The mayor of Lyon" in legal and "This demonstration runs on the machine in front of you" in legal
    assert "mailto:" not in client.get("/contact").html
    real = create_app(context=replace(city.ctx, settings=replace(city.ctx.settings, demo=False)))
    assert "hosted by the city of Lyon itself" in Visitor(real).get("/legal").text
    assert "national address service" not in Visitor(real).get("/privacy").text
