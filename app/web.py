"""Puts the web application together: settings, the parts of :mod:`app.extensions`, the doors and their pages."""

import os
from typing import TYPE_CHECKING, Any

from flask import Flask, Request, Response
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from werkzeug.middleware.proxy_fix import ProxyFix

from app import assets, compression, error_pages, extensions, headers, i18n, identity, layout, logging, permissions, uploads
from app.account.messages import messages
from app.account.own_account import own_account
from app.account.pages import account
from app.account.proconnect import proconnect
from app.account.second_factor import second_factor
from app.account.sign_ins import sign_ins
from app.city_words import own_words
from app.context import Context, make_context
from app.coordination import coordination
from app.public.brand import brand
from app.public.demo import demonstration
from app.public.design import design
from app.public.mailbox import mailbox
from app.public.metrics import metrics
from app.public.pages import public
from app.public.places import places
from app.public.short import short
from app.reporting import reporting
from app.resident import resident
from app.resident.lost import lost
from app.services.sessions import VOLUNTEER_LONGEST
from app.visits import visits
from app.volunteer.answers import answers
from app.volunteer.my_data import my_data
from app.volunteer.my_page import my_page
from app.volunteer.pages import volunteer
from config import settings as config
from config.settings import Settings

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

DOORS = (
    public,
    places,
    short,
    brand,
    design,
    demonstration,
    mailbox,
    metrics,
    account,
    messages,
    second_factor,
    sign_ins,
    own_account,
    proconnect,
    volunteer,
    lost,
    resident,
    reporting,
    answers,
    my_page,
    my_data,
    visits,
    coordination,
)
LARGEST_REQUEST = 256 * 1024


class AsGet(Request):
    """A HEAD is a GET whose body is left out: no page may take it for a POST, since mail scanners send it to links."""

    def __init__(self, environ: "WSGIEnvironment", **options: Any) -> None:
        super().__init__(environ, **options)
        if self.method == "HEAD":
            self.method = "GET"


class Sessions(SecureCookieSessionInterface):
    """No session goes with the files of the look, which are the same for everybody and may be kept."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not assets.is_asset():
            super().save_session(app, session, response)


class Web(Flask):
    request_class = AsGet
    session_interface = Sessions()

    def log_exception(self, exc_info: object) -> None:
        """Flask's own line would name the path, in which tokens stand: :mod:`app.logging` writes ours."""
        logging.log_failure()


def build(settings: Settings | None = None, context: Context | None = None) -> Flask:
    """See :func:`app.create_app`."""
    if context is None:
        context = make_context(settings or config.load(os.environ))
    settings = context.settings
    behind_tls = settings.proxies > 0
    web = Web("app")
    web.secret_key, *web.config["SECRET_KEY_FALLBACKS"] = context.links.secrets
    web.config.update(
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        PERMANENT_SESSION_LIFETIME=VOLUNTEER_LONGEST,  # of the cookie; when a sign-in ends, the server knows
        SESSION_REFRESH_EACH_REQUEST=False,
        SESSION_COOKIE_NAME="__Host-session" if behind_tls else "session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=behind_tls,
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
    )
    web.extensions[extensions.NAME] = context
    # The order is that of the checks before each request: what is logged, who it is, what they may, whether the form is ours.
    logging.init(web, settings.log_level)
    identity.init(web)
    i18n.init(web, settings, own_words)
    permissions.init(web)
    uploads.init(web)
    extensions.csrf.init_app(web)
    headers.init(web)
    compression.init(web)
    error_pages.init(web)
    layout.init(web)
    assets.init(web)
    for door in DOORS:
        web.register_blueprint(door)
    if behind_tls:
        web.wsgi_app = ProxyFix(web.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=0)  # type: ignore[method-assign]
    return web
