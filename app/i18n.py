"""Languages. English stands in the code and the templates; each folder with a catalogue beside this file is one more.

Catalogues are read as they were written (``messages.po``), once a process: nothing is compiled, so nothing can be stale.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date
from functools import cache
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, g, request
from flask_babel import Domain, force_locale, get_locale
from flask_babel.speaklater import LazyString
from sqlalchemy.exc import SQLAlchemyError

from app.extensions import babel, ctx
from app.identity import signed_in
from config.settings import Settings
from notifications.words import learn

COOKIE = "language"
COOKIE_LASTS_S = 365 * 24 * 3600
CATALOGUES = Path(__file__).parent / "translations"
_LOADED, _OWN = "catalogues", "own-words"


def N_(words: str) -> str:
    """Marks words for the catalogues where they are said elsewhere."""
    return words


SMALL_WORDS = (
    N_("EEEE d MMMM"), N_("%(day)s at %(time)s"), N_("%(day)s %(time)s"), N_("today"), N_("tomorrow"), N_("yesterday"),
    N_("%(first)s to %(last)s"), N_("%(first)s and %(last)s"), N_("every day"), N_("every week"), N_("every two weeks"),
    N_("at any time"), N_("to be agreed between you"),
    N_("about %(distance)s"), N_("about %(minutes)s minutes’ walk"), N_("about %(minutes)s minutes by bike"),
    N_("Nobody offers this kind of help."), N_("1 volunteer offers this."), N_("%(count)s volunteers offer this."),
    N_("1 of them has this request already."), N_("%(count)s of them have this request already."),
    N_("1 of them could help but is busy with others."), N_("%(count)s of them could help but are busy with others."),
    N_("1 of them can be asked now."), N_("%(count)s of them can be asked now."), N_("Closest to it: somebody who %(what)s."),
    N_("Closest to it: somebody %(distance)s away who %(what)s."),
    N_("helps in another way than asked for"), N_("takes requests up to %(radius)s away (this one is %(distance)s away)"),
    N_("is free at other hours"), N_("speaks none of the languages asked for"), N_("%(what)s: %(count)s"), N_("another kind of help"),
    N_("another way, face to face or from afar"), N_("too far away"), N_("free at other hours"), N_("other languages"),
    N_("the person’s own offer"), N_("%(distance)s away, within this volunteer’s radius of %(radius)s"),
    N_("from afar, which counts as %(metres)s"), N_("not to be brought together"), N_("not verified far enough"), N_("off duty"),
    N_("is not verified as far as asked for"), N_("is off duty"), N_("is busy with others"),
    N_("goes to an area of their own (this one is %(outside)s outside the area)"), N_("%(distance)s away, within this volunteer’s area"),
    N_("%(what)s (counts as %(metres)s more)"), N_("%(what)s (counts as %(metres)s less)"), N_("asked today"), N_("asked 1 day ago"),
    N_("asked %(count)s days ago"), N_("asked once in seven days"), N_("asked %(count)s times in seven days"),
    N_("requests in thirty days: %(count)s, on average nearby: %(nearby_30)s"), N_("no answers yet to know them by"),
    N_("answers that were yes, few so far: %(yes)s of %(count)s"), N_("answers that were yes: %(yes)s of %(count)s"),
    N_("%(what)s (counts as %(metres)s more; each yes takes some off)"), N_("In all about %(metres)s."),
    N_("an earlier match of the two went well"),
    N_("The request has waited less than a day: it comes before one just posted, equally urgent, that is up to %(metres)s nearer."),
    N_("The request has waited 1 day: it comes before one just posted, equally urgent, that is up to %(metres)s nearer."),
    N_("The request has waited %(count)s days: it comes before one just posted, equally urgent, that is up to %(metres)s nearer."),
)  # fmt: skip
"""What :mod:`notifications.words` and :mod:`notifications.why_words` put moments, hours, distances and reasons together with."""


class _Catalogues(Domain):
    def get_translations(self) -> NullTranslations:
        """Asked for with every text: looked up once a request. Without its database the city has no words of its own: the
        page that says so must not fail."""
        kept: NullTranslations | None = g.get(_LOADED)
        if kept is None:
            kept = catalogue = _loaded()[language()]
            setattr(g, _LOADED, catalogue)  # what is said meanwhile is said as delivered
            with suppress(SQLAlchemyError):
                if own := current_app.extensions[_OWN](language()):
                    kept = _Worded(catalogue, own)
                    setattr(g, _LOADED, kept)
        return kept


class _Worded(NullTranslations):
    """A catalogue in which some texts are the city's own."""

    def __init__(self, catalogue: NullTranslations, own: Mapping[str, str]) -> None:
        super().__init__()
        self.add_fallback(catalogue)
        self._own = own

    def gettext(self, message: str) -> str:
        return self._own.get(message) or str(super().gettext(message))

    ugettext = gettext


def english(words: LazyString) -> str:
    """A text as it stands in the code."""
    return str(words._args[0])


def delivered(text: str, language: str) -> str:
    """A text of the code as the catalogue has it, without the city's own words."""
    return str(_loaded()[language].gettext(text))


def _load(folder: Path) -> dict[str, NullTranslations]:
    """The catalogues by language, with English."""
    found = sorted(file.parents[1].name for file in folder.glob("*/LC_MESSAGES/messages.po"))
    own = {language: _read(folder / language / "LC_MESSAGES" / "messages.po", language) for language in found}
    for language, texts in own.items():
        learn(language, {words: texts.gettext(words) for words in SMALL_WORDS})
    return own | {"en": NullTranslations()}


def catalogue(language: str) -> NullTranslations:
    """The delivered texts of a language, where there is no site around."""
    return _load(CATALOGUES)[language]


@cache  # to read one takes longer than to build all else of the site
def _read(file: Path, language: str) -> Translations:
    compiled = io.BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def _loaded() -> Mapping[str, NullTranslations]:
    catalogues: dict[str, NullTranslations] = current_app.extensions[_LOADED]
    return catalogues


def languages() -> tuple[str, ...]:
    """The languages of the pages."""
    return tuple(_loaded())


def init(web: Flask, settings: Settings, own_words: Callable[[str], Mapping[str, str]]) -> None:
    """``own_words`` are the city's own texts in a language, by the English that stands in the code."""
    babel.init_app(web, default_locale=settings.language, default_timezone=settings.timezone, locale_selector=_choose)
    babel.domain_instance = _Catalogues()
    # Straight from the catalogue: a page says a thousand texts, and the way by the extension takes as long as a small page.
    said = babel.domain_instance.get_translations
    web.jinja_env.install_gettext_callables(lambda one: said().gettext(one), lambda *some: said().ngettext(*some), newstyle=True)
    web.extensions[_LOADED], web.extensions[_OWN] = _load(CATALOGUES), own_words
    web.after_request(_remember)


def language() -> str:
    """The language of this page."""
    return str(get_locale() or "en")


def _choose() -> str:
    """What was asked for by the switch, now or before; else what the person wished, else what the browser likes."""
    person = signed_in()
    wished = (request.args.get("lang"), request.cookies.get(COOKIE), person.language if person else None)
    best = next((each for each in wished if each in languages()), None)
    return best or request.accept_languages.best_match(languages()) or ctx().settings.language


def _remember(response: Response) -> Response:
    wanted = request.args.get("lang")
    if wanted in languages():
        secure = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(COOKIE, wanted, max_age=COOKIE_LASTS_S, secure=secure, httponly=True, samesite="Lax")
    return response


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """What is rendered meanwhile is in this language."""
    kept = g.pop(_LOADED, None)
    try:
        with force_locale(language):
            yield
    finally:
        setattr(g, _LOADED, kept)


def british() -> str:
    """The page's language for dates: English ones are written as in Europe."""
    return "en_GB" if language() == "en" else language()


def day_of_year(day: date) -> str:
    """Day, month and year: "1er novembre 2026"."""
    words = format_date(day, "long", locale=british())
    return f"1er{words[1:]}" if language() == "fr" and day.day == 1 else words


def direction() -> str:
    """Where this page's lines begin: ``ltr`` or ``rtl``."""
    return str(Locale.parse(language()).text_direction)


def own_name(language: str) -> str:
    """A language in its own words: ``français``."""
    return str(Locale.parse(language).get_display_name(language))
