"""What every answer tells the browser: what it may load and run, and what it must not keep."""

import secrets

from flask import Flask, Response, g, request

from app import assets
from app.extensions import ctx
from app.identity import signed_in
from app.permissions import Permission, declared

TLS_FOR = 2 * 365 * 24 * 3600
"""Seconds for which a browser that was here once asks over TLS alone."""
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'; sandbox"
"""For an e-mail's HTML as a mail program shows it: nothing in it runs, and nothing is loaded for it."""


def nonce() -> str:
    """This answer's nonce, without which no script runs."""
    if "nonce" not in g:
        g.nonce = secrets.token_urlsafe(16)
    return str(g.nonce)


def init(web: Flask) -> None:
    @web.after_request
    def add(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", _content_policy())
        # Same-origin, since the CSRF check over HTTPS reads it; other sites must not see it, as tokens stand in paths.
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["X-Frame-Options"] = "DENY"
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if ctx().settings.proxies:  # TLS ends there
            response.headers["Strict-Transport-Security"] = f"max-age={TLS_FOR}; includeSubDomains"
        if assets.is_asset():
            response.headers["Cache-Control"] = assets.cache_control(response)
        else:
            is_public = request.endpoint is not None and declared(web, request.endpoint) is Permission.PUBLIC
            shown_to_all = is_public and request.method == "GET" and signed_in() is None and not g.get("personal")
            if response.headers.get("Cache-Control") in (None, "no-cache"):  # as Flask sends files by itself
                response.headers["Cache-Control"] = "private, no-cache" if shown_to_all else "no-store"
        return response


def _content_policy() -> str:
    images = " ".join(("img-src 'self' data:", *filter(None, [ctx().settings.map_host])))
    return "; ".join((
        "default-src 'none'", f"script-src 'nonce-{nonce()}'", "style-src 'self'", images, "connect-src 'self'",
        "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
    ))  # fmt: skip
