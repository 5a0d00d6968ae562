"""Errors as pages: what happened in plain words, what to do now, and the town hall's number. One table for all of them."""

from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.errors import UserError
from app.extensions import ctx
from app.links import LinkError, LinkExpired
from app.services.places import NoTerritory, Outside
from app.services.throttle import TooMany
from matching.lifecycle import MoveNotAllowed


@dataclass(frozen=True)
class Words:
    """``status`` is the HTTP code; ``sentence`` may name ``%(phone)s``."""

    status: int
    title: LazyString
    sentence: LazyString
    template: str = "error.html"


_SERVER = Words(500, _l("Something went wrong on our side"), _l("It is not your fault. Try again in a few minutes, or call us."))
_GONE = Words(410, _l("This link no longer works"), _l("It was too old, or it has done its work already."), "link_error.html")
_BROKEN = Words(404, _l("This link is not complete"), _l("Copy it whole from the e-mail into the address bar."), "link_error.html")
_STATUSES = {
    words.status: words
    for words in (
        Words(400, _l("We could not read this"), _l("Go back, check what you typed and send it again.")),
        Words(403, _l("This page is not for your account"), _l("Sign in with another account, or ask the town hall to give you access.")),
        Words(404, _l("There is no such page"), _l("Check the address, or begin again from the home page.")),
        Words(405, _l("This page cannot be opened that way"), _l("Begin again from the home page.")),
        _GONE,
        Words(413, _l("This is too much at once"), _l("Shorten what you typed and send it again.")),
        Words(429, _l("Too many tries"), _l("Wait a few minutes, then try again.")),
        _SERVER,
    )
}
_ERRORS: dict[type[Exception], Words] = {
    CSRFError: Words(
        400,
        _l("This page had been open for too long"),
        _l("For your safety it was not sent. Go back, load the page again and send it once more."),
    ),
    LinkExpired: _GONE,
    LinkError: _BROKEN,
    MoveNotAllowed: Words(409, _l("This has changed meanwhile"), _l("Go back to the page and see how things stand now.")),
    NoTerritory: Words(503, _l("The service is not open yet"), _l("The town hall is still setting it up.")),
    Outside: Words(
        422,
        _l("This place is outside our area"),
        _l("This place is outside the area that the service covers. Call %(phone)s: the town hall knows who helps there."),
    ),
    TooMany: _STATUSES[429],
    UserError: _STATUSES[400],
}


def words_for(error: Exception) -> Words:
    """The words for an error: those of its own class, else of the nearest one above, else of its HTTP code."""
    for kind in type(error).__mro__:
        if kind in _ERRORS:
            return _ERRORS[kind]
    code = error.code if isinstance(error, HTTPException) else None
    return _STATUSES.get(code or 500, _SERVER if (code or 500) >= 500 else _STATUSES[400])


def sentence(error: Exception) -> str:
    """What a form says when a service refused what was typed."""
    return str(words_for(error).sentence) % {"phone": ctx().settings.city_phone}


def init(web: Flask) -> None:
    for kind in (HTTPException, UserError, LinkError, MoveNotAllowed):
        web.register_error_handler(kind, _page)


def _page(error: Exception) -> Response:
    words = words_for(error)
    code = words.status
    if isinstance(error, HTTPException) and error.code is not None:
        code = error.code
    response = make_response(render_template(words.template, words=words, sentence=sentence(error)), code)
    if isinstance(error, HTTPException) and code == 405:
        response.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response
