"""Pages that stay up to date: the browser asks for them again each second (``static/live.js``), and hears in a moment that nothing is new.

An answer's ``ETag`` has two parts: the mark of the database (:mod:`app.services.changes`) and a hash of what the page shows. As long as
the mark is the same nothing is read; when it differs, what is read is shared by all who see the same. A page that has the news already
stands in the browser, which asks (:data:`PART`) for what of it may have changed: it is rendered once for all who see the same.
"""

import hashlib
import secrets
from collections.abc import Callable, Hashable
from typing import TypeVar

from flask import Response, g, make_response, request
from flask_wtf.csrf import generate_csrf

from app.extensions import ctx
from app.i18n import language
from app.identity import PART, signed_in
from app.services.changes import kept, mark

T = TypeVar("T")
_TOKEN = f"token-{secrets.token_hex(16)}"
"""Stands in a part for the token of whoever gets it."""


def show(key: Hashable, read: Callable[[], T], render: Callable[[T], str], *, personal: bool = True) -> Response:
    """What ``read`` gives, rendered; or 304 where the browser has it. ``key`` names what is read, and in whose sight; ``personal``: what
    is rendered of the same differs from one reader to another."""
    has_mark, _, has_hash = request.headers.get("If-None-Match", "").strip('W/"').partition(".")
    now = mark(ctx(), fresh=not has_mark)
    if has_mark == now:
        return _unchanged(now, has_hash)
    value = kept((str(ctx().db.engine.url), key), now, read, fresh=not has_mark)
    person, what = signed_in(), _hash(value, language(), ctx().now().date())
    shown = _hash(what, person and person.id)
    if has_hash == shown:
        return _unchanged(now, shown)
    if has_mark and PART in request.headers:
        whose = person.id if person and personal else None
        page = _part((key, request.full_path, language(), whose), what, lambda: render(value))
    else:
        g.live = _tag(now, shown)
        page = render(value)
    return _tagged(make_response(page), now, shown)


def _part(key: Hashable, what: str, render: Callable[[], str]) -> str:
    """The frame of these pages leaves all out that does not change (``g.part``)."""
    g.part, token = True, generate_csrf()
    shared = kept((str(ctx().db.engine.url), "part", key), what, lambda: render().replace(token, _TOKEN), fresh=False)
    return str(shared).replace(_TOKEN, token)


def _hash(*values: object) -> str:
    return hashlib.sha256(repr(values).encode()).hexdigest()[:16]


def _unchanged(now: str, shown: str) -> Response:
    return _tagged(Response(status=304), now, shown)


def _tagged(response: Response, now: str, shown: str) -> Response:
    response.headers["ETag"] = _tag(now, shown)
    return response


def _tag(now: str, shown: str) -> str:
    return f'"{now}.{shown}"'
