"""Posters: a sheet for a building's hall, for whoever needs help, and a leaflet for whoever may give it; each a page to print on A4."""

from typing import Any

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from app import i18n
from app.coordination.door import coordination, sight
from app.coordination.lists import whole
from app.extensions import ctx
from app.kinds import KINDS
from app.layout import privacy_address
from app.permissions import COORDINATE, permit
from app.services import posters as service
from app.services.posters import Poster
from notifications.words import NBSP, hours_words

SHEETS = {"hall": _l("A poster for halls, for whoever needs help"), "leaflet": _l("A leaflet, for whoever may help")}
PATHS = {"hall": "/q", "leaflet": "/b"}
LANGUAGES = {"fr": ("fr",), "en": ("en",), "fr-en": ("fr", "en")}


@coordination.get("/posters")
@permit(COORDINATE)
def posters() -> ResponseReturnValue:
    names = {"fr": _("French"), "en": _("English"), "fr-en": _("French and English")}
    return render_template("coordination/posters.html", sheets=SHEETS, quartiers=service.quartiers(ctx(), sight()), wordings=names)


@coordination.get("/posters/print")
@permit(COORDINATE)
def poster() -> ResponseReturnValue:
    """One sheet of A4. What is not one of ours is not found: the page before this one offers only what there is."""
    sheet, chosen = request.args.get("sheet", "hall"), request.args.get("language", "fr")
    given = request.args.get("quartier") or None
    if sheet not in SHEETS or chosen not in LANGUAGES or (given and whole(given) is None):
        abort(404)
    found = service.poster(ctx(), sight(), whole(given), PATHS[sheet]) or abort(404)
    versions = [_words(sheet, language, found) for language in LANGUAGES[chosen]]
    copies = versions if len(versions) > 1 else versions * 2
    agent = {
        "language": i18n.language(), "direction": i18n.direction(), "back": _("Posters and leaflets"), "how": _how(sheet, len(versions)),
    }  # fmt: skip
    return render_template(
        f"coordination/poster_{sheet}.html", poster=found, code=Markup(found.code), call=found.phone.replace(" ", NBSP),
        versions=versions, copies=copies, agent=agent,
    )  # fmt: skip


def _how(sheet: str, languages: int) -> str:
    if sheet == "hall":
        return _("To print: press Ctrl and P. The paper is A4, upright.")
    if languages == 1:
        return _("To print: press Ctrl and P. The paper is A4, lying. Cut it in the middle: there are two leaflets on it.")
    return _("To print: press Ctrl and P. The paper is A4, lying. Fold it in the middle, or cut it: one leaflet for each language.")


def _words(sheet: str, language: str, poster: Poster) -> dict[str, Any]:
    """All that the sheet says in one language."""
    with i18n.speaking(language):
        data = _("Your data: why, who sees it and for how long: %(address)s, or on the phone.", address=privacy_address())
        more = _hall(poster) if sheet == "hall" else _leaflet()
        return {"language": language, "hours": hours_words(poster.hours, language), "data": data, **more}


def _hall(poster: Poster) -> dict[str, Any]:
    return {
        "title": _("Do you need a hand?"),
        "lead": _("Neighbours help, a stone’s throw from your home. It is free."),
        "kinds": [(slug, str(kind.name)) for slug, kind in KINDS.items() if slug not in poster.not_offered],
        "call": _("Call us"),
        "web": _("Or ask on the web, without an account"),
        "scan": _("Point your phone’s camera here, or type:"),
        "careful": _("No bank card, no PIN, no cheque: never give one, never take one."),
    }


def _leaflet() -> dict[str, Any]:
    by_hand = ctx().settings.approve_volunteers != "at_once"
    return {
        "title": _("An hour to spare? Help a neighbour."),
        "lead": _("Shopping, a letter to read, a chat: somebody near you would be glad of it."),
        "asks_title": _("What it asks of you"),
        "asks": [
            _("You choose what you do, how far you go and when."),
            _("You say yes or no to each request. A no needs no reason."),
            _("You are 16 or older. You help for free."),
            _("You can pause or stop at any time."),
        ],
        "join_title": _("How to join"),
        "join": [
            _("Point your phone’s camera at the square, or type the address beside it."),
            _("Answer a few questions: about five minutes."),
            *([_("The town hall accepts you.")] if by_hand else []),
            _("We write when somebody near you needs what you offer."),
        ],
        "talk": _("Rather talk to somebody?"),
    }  # fmt: skip
