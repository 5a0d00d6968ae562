"""Pages that take a file: they alone may be sent more than others. What is too large, or does not say how large it is, is not read."""

import socket
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, request

from app.errors import UserError

View = TypeVar("View", bound=Callable[..., Any])
FORM_BYTES = 100_000
"""What stands around the file."""
LONGEST_S = 120
"""So long 10 MB take over a poor line."""


class FileTooLarge(UserError):
    """Nothing of it was kept. A smaller file helps."""

    def __init__(self) -> None:
        super().__init__("This file is larger than 10 MB. Simplify it, or split it.")


def takes_file(most: int) -> Callable[[View], View]:
    """Declare that a page takes a file of up to so many bytes. Stands under ``@permit``."""

    def declare(view: View) -> View:
        view.most_bytes = most  # type: ignore[attr-defined]
        return view

    return declare


def init(web: Flask) -> None:
    """After permissions, so that only whoever may send a file has one read; before the check of the form."""
    web.before_request(_allow)


def _allow() -> None:
    most = getattr(current_app.view_functions.get(request.endpoint or ""), "most_bytes", None)
    if most and request.method == "POST":
        if request.content_length is None:
            abort(411)
        if request.content_length > most + FORM_BYTES:
            raise FileTooLarge
        request.max_content_length = most + FORM_BYTES
        _read_in_time()


def _read_in_time() -> None:
    """Read what is sent, for :data:`LONGEST_S` at the most: then the line is shut, and what came is no whole form."""
    line = request.environ.get("gunicorn.socket")
    end = threading.Timer(LONGEST_S, line.shutdown, [socket.SHUT_RD]) if line else None
    if end:
        end.daemon = True
        end.start()
    try:
        _ = request.form
    finally:
        if end:
            end.cancel()
