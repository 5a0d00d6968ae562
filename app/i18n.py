"""Languages. English stands in the code and the templates; the catalogues beside this file hold the others.

Catalogues are read as they were written (``messages.po``), once a process: nothing is compiled, so nothing can be stale.
"""

import io
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, request
from flask_babel import Domain, get_locale

from app.extensions import babel, ctx
from app.identity import signed_in
from config.settings import LANGUAGES, Settings

COOKIE = "language"
COOKIE_LASTS_S = 365 * 24 * 3600
CATALOGUES = Path(__file__).parent / "translations"


class _Catalogues(Domain):
    def __init__(self) -> None:
        super().__init__()
        self._of = {language: _load(language) for language in LANGUAGES}

    def get_translations(self) -> NullTranslations:
        return self._of[language()]


def _load(language: str) -> NullTranslations:
    file = CATALOGUES / language / "LC_MESSAGES" / "messages.po"
    if not file.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def init(web: Flask, settings: Settings) -> None:
    babel.init_app(web, default_locale=settings.language, default_timezone=settings.timezone, locale_selector=_choose)
    babel.domain_instance = _Catalogues()
    web.after_request(_remember)


def language() -> str:
    """The language of this page."""
    return str(get_locale() or "en")


def _choose() -> str:
    """What was asked for by the switch, now or before; else what the person wished, else what the browser likes."""
    person = signed_in()
    wished = (request.args.get("lang"), request.cookies.get(COOKIE), person.language if person else None)
    best = next((each for each in wished if each in LANGUAGES), None)
    return best or request.accept_languages.best_match(LANGUAGES) or ctx().settings.language


def _remember(response: Response) -> Response:
    wanted = request.args.get("lang")
    if wanted in LANGUAGES:
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, wanted, max_age=COOKIE_LASTS_S, secure=secure, httponly=True, samesite="Lax")
    return response


def own_name(language: str) -> str:
    """A language in its own words: ``français``."""
    return str(Locale.parse(language).get_display_name(language))
