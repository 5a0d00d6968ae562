"""Pages that stay up to date: the browser asks for them again each second (``static/live.js``), and hears in a moment that nothing is new.

An answer's ``ETag`` has two parts: the mark of the database (:mod:`app.services.changes`) and a hash of what the page shows. As long as
the mark is the same nothing is read; when it differs, what is read is shared by all who see the same, and is rendered only for those to
whom it is new.
"""

import hashlib
from collections.abc import Callable, Hashable
from typing import TypeVar

from flask import Response, g, make_response, request

from app.extensions import ctx
from app.i18n import language
from app.identity import signed_in
from app.services.changes import kept, mark

T = TypeVar("T")


def show(key: Hashable, read: Callable[[], T], render: Callable[[T], str]) -> Response:
    """What ``read`` gives, rendered; or 304 where the browser has it. ``key`` names what is read, and in whose sight."""
    has_mark, _, has_hash = request.headers.get("If-None-Match", "").strip('W/"').partition(".")
    now = mark(ctx(), fresh=not has_mark)
    if has_mark == now:
        return _unchanged(now, has_hash)
    value = kept((str(ctx().db.engine.url), key), now, read, fresh=not has_mark)
    person = signed_in()
    shown = hashlib.sha256(repr((value, language(), person and person.id, ctx().now().date())).encode()).hexdigest()[:16]
    if has_hash == shown:
        return _unchanged(now, shown)
    g.live = _tag(now, shown)
    return _tagged(make_response(render(value)), now, shown)


def _unchanged(now: str, shown: str) -> Response:
    return _tagged(Response(status=304), now, shown)


def _tagged(response: Response, now: str, shown: str) -> Response:
    response.headers["ETag"] = _tag(now, shown)
    return response


def _tag(now: str, shown: str) -> str:
    return f'"{now}.{shown}"'
