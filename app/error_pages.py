"""Errors as pages: what happened in plain words, one clear next step, and the town hall's number. One table for all of them."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Response, g, make_response, render_template, request
from flask_babel import format_timedelta
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadHost, HTTPException

from app.errors import UserError
from app.extensions import ctx
from app.links import LinkError, LinkExpired, Purpose
from app.proconnect import Away, NotBelieved, Over, Stopped
from app.services.passwords import WeakPassword
from app.services.places import NoTerritory, Outside
from app.services.posting import NotOffered
from app.services.proconnect import NoAgent
from app.services.throttle import TooMany
from app.uploads import FileTooLarge
from matching.lifecycle import MoveNotAllowed

Way = tuple[str, LazyString]
"""Where the next step leads and what it is called. No address: to the page that one came from."""

REFERENCE_LENGTH = 8
WAIT_S = 300
"""How long to wait where nobody knows better."""
_HOME: Way = ("/", _l("Go to the home page"))
_BACK: Way = ("", _l("Go back"))
_AGAIN: Way = ("", _l("Try again"))


@dataclass(frozen=True)
class Words:
    """``status`` is the HTTP code; ``sentence`` may name ``%(phone)s`` and ``%(wait)s``."""

    status: int
    title: LazyString
    sentence: LazyString
    way: Way = _HOME


_SERVER = Words(500, _l("Something went wrong on our side"), _l("It is not your fault. Try again in a few minutes, or call us."), _AGAIN)
_GONE = Words(410, _l("This link no longer works"), _l("It was too old, has done its work already, or what it was for has been erased."))
_BROKEN = Words(404, _l("This link does not work"), _l("Copy it whole from the e-mail into the address bar, or get a new one."))
_SIGN_IN: Way = ("/sign-in", _l("Sign in another way"))
_LOST: Way = ("/request/lost", _l("Send me a new link to my request"))
_VOLUNTEER: Way = ("/sign-in", _l("Sign in to my page"))
_NEW_LINK: dict[str, Way] = {
    Purpose.CONFIRM_NEED.name: _LOST,
    Purpose.MY_REQUEST.name: _LOST,
    Purpose.RESIDENT_YES.name: _LOST,
    Purpose.VISITS.name: _HOME,
    Purpose.RESIDENT_NO.name: _LOST,
    Purpose.VOLUNTEER_YES.name: _VOLUNTEER,
    Purpose.VOLUNTEER_NO.name: _VOLUNTEER,
    Purpose.CONFIRM_ACCOUNT.name: ("/offer/new", _l("Sign up once more")),
    Purpose.SIGN_IN.name: ("/account/link", _l("Send me a new link")),
    Purpose.WELCOME.name: _HOME,
    Purpose.RESET_PASSWORD.name: ("/account/forgotten", _l("Send me a new link")),
    "account": ("/sign-in", _l("Sign in")),
}
"""Where whoever holds such a link gets on without it."""
_STATUSES = {
    words.status: words
    for words in (
        Words(400, _l("We could not read this"), _l("Go back, check what you typed and send it again."), _BACK),
        Words(
            403,
            _l("This page is not for your account"),
            _l("Sign in with another account, or ask the town hall to give you access."),
            ("/sign-in", _l("Sign in with another account")),
        ),
        Words(404, _l("There is no such page"), _l("The address may have a typing error, or the page is gone. Nothing of yours is lost.")),
        Words(405, _l("This page cannot be opened that way"), _l("Begin again from the home page.")),
        _GONE,
        Words(413, _l("This is too much at once"), _l("Go back, shorten what you typed and send it again."), _BACK),
        Words(429, _l("Too many tries"), _l("To protect everybody we slow this down. Try again in %(wait)s."), _BACK),
        _SERVER,
    )
}
_ERRORS: dict[type[Exception], Words] = {
    CSRFError: Words(
        400,
        _l("This page had been open for too long"),
        _l("For your safety it was not sent. Go back, load the page again and send it once more."),
        _BACK,
    ),
    LinkExpired: _GONE,
    LinkError: _BROKEN,
    MoveNotAllowed: Words(409, _l("This has changed meanwhile"), _l("Go back to the page and see how things stand now."), _BACK),
    NoTerritory: Words(503, _l("The service is not open yet"), _l("The town hall is still setting it up.")),
    Outside: Words(
        422,
        _l("This place is outside our area"),
        _l("This place is outside the area that the service covers. Call %(phone)s: the town hall knows who helps there."),
        _BACK,
    ),
    NotOffered: Words(
        422,
        _l("This help is not offered there"),
        _l("This kind of help is not offered at this address. Call %(phone)s: the town hall knows who helps there."),
        _BACK,
    ),
    FileTooLarge: Words(
        413,
        _l("This file is too large"),
        _l("A file may have 10 MB at most. Simplify its outlines (in QGIS: Vector › Geometry Tools › Simplify), or split it."),
        _BACK,
    ),
    TooMany: _STATUSES[429],
    Away: Words(
        503,
        _l("ProConnect does not answer"),
        _l("Nobody was signed in. Try again in a few minutes, or sign in with your password."),
        _SIGN_IN,
    ),
    NotBelieved: Words(
        502,
        _l("What ProConnect said is not right"),
        _l("For your safety nobody was signed in. Sign in with your password, and tell whoever runs the service."),
        _SIGN_IN,
    ),
    Over: Words(
        400,
        _l("This way to sign in is used up"),
        _l("It was too old, had done its work, or began in another browser. Begin again from the page to sign in."),
        _SIGN_IN,
    ),
    Stopped: Words(
        403,
        _l("You were not signed in"),
        _l("ProConnect has not let you in, or you turned back there. Nothing has changed."),
        _SIGN_IN,
    ),
    NoAgent: Words(
        403,
        _l("We could not sign you in with ProConnect"),
        _l("ProConnect knows you, but no agent’s account here goes with it. Ask whoever runs the service which address yours has."),
        _SIGN_IN,
    ),
    WeakPassword: Words(
        422,
        _l("This password is easy to guess"),
        _l("This password is easy to guess. Take three or four words that have nothing to do with each other or with you."),
        _BACK,
    ),
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
    wait = format_timedelta(timedelta(seconds=_wait_s(error)), granularity="minute")
    return str(words_for(error).sentence) % {"phone": getattr(error, "phone", ctx().settings.city_phone), "wait": wait}


def init(web: Flask) -> None:
    for kind in (HTTPException, UserError, LinkError, MoveNotAllowed):
        web.register_error_handler(kind, _page)


def _page(error: Exception) -> Response:
    words = words_for(error)
    if isinstance(error, BadHost):  # without a host no page has addresses to lead to
        return Response(sentence(error), words.status, mimetype="text/plain")
    code = words.status
    if isinstance(error, HTTPException) and error.code is not None:
        code = error.code
    way, label = _NEW_LINK.get(str(error), words.way) if isinstance(error, LinkError) else words.way
    reference = g.get("request_id", "")[:REFERENCE_LENGTH] if code >= 500 else ""
    page = render_template(
        "error.html", words=words, sentence=sentence(error), way=way or _came_from(), label=label, reference=reference
    )  # fmt: skip
    response = make_response(page, code)
    if isinstance(error, HTTPException) and code == 405:
        response.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    if code == 429:
        response.headers["Retry-After"] = str(_wait_s(error))
    return response


def _wait_s(error: Exception) -> int:
    return error.retry_after_s if isinstance(error, TooMany) else WAIT_S


def _came_from() -> str:
    """The page of ours that the browser names, else this one where it can be opened, else the home page."""
    before = urlsplit(request.referrer or "")
    if before.netloc == request.host and before.path.startswith("/"):
        return before.path + (f"?{before.query}" if before.query else "")
    return "?" if request.url_rule and "GET" in (request.url_rule.methods or ()) else "/"
