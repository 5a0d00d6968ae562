"""Agents sign in with ProConnect, where the city has set it up; a link and no form, since a content policy would keep a form from
leading to another site."""

from collections.abc import Callable
from typing import TypeVar

import structlog
from flask import Blueprint, abort, flash, g, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app import proconnect as provider
from app.extensions import ctx
from app.identity import enter, here, leave
from app.logging import SECURITY
from app.permissions import PUBLIC, home, permit
from app.proconnect import ProviderError
from app.services import proconnect as service
from app.services import second_factor, sessions, throttle

T = TypeVar("T")
log = structlog.get_logger(SECURITY)
UNDER_WAY = "proconnect"
"""Where the session keeps what comes back with the browser."""
proconnect = Blueprint("proconnect", __name__, template_folder="templates")


@proconnect.get("/sign-in/proconnect")
@permit(PUBLIC)
def begin() -> ResponseReturnValue:
    if not ctx().settings.proconnect_issuer:
        abort(404)
    g.personal = True
    throttle.spend(ctx(), [(throttle.PROVIDER_ADDRESS, request.remote_addr or "")])
    there, session[UNDER_WAY] = _logged(lambda: provider.begin(ctx()))
    return redirect(there, 303)


@proconnect.get(provider.BACK)
@permit(PUBLIC)
def back() -> ResponseReturnValue:
    if not ctx().settings.proconnect_issuer:
        abort(404)
    g.personal = True
    kept = session.pop(UNDER_WAY, {})
    throttle.spend(ctx(), [(throttle.PROVIDER_ADDRESS, request.remote_addr or "")])
    who = _logged(lambda: provider.finish(ctx(), kept, request.args))
    person = service.agent(ctx(), who)
    # The phone's code is set up in any case, since it is asked for again before what is grave.
    proven = who.two_factors and second_factor.is_set(ctx(), person.id)
    token = sessions.begin(ctx(), person, request.user_agent.string, proven=proven, id_token=who.id_token)
    return redirect(enter(person, token) or home(person), 303)


def sign_out(onward: str) -> ResponseReturnValue:
    """Out here, and at the provider too where it signed them in; else ``onward``."""
    before = here()
    id_token = before.id_token if before else ""
    leave()
    answer = make_response(_signed_out(id_token) or redirect(onward, 303))
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'  # not the cookies: the next page has the language, and what is to be said
    return answer


def _signed_out(id_token: str) -> str:
    """The page that leads out there; empty where there is nowhere to go."""
    if not id_token:
        return ""
    try:
        return render_template("account/signed_out.html", there=_logged(lambda: provider.way_out(ctx(), id_token)))
    except ProviderError:
        flash(_("You are signed out here. ProConnect did not answer: close your browser to be signed out there too."))
        return ""


def _logged(ask: Callable[[], T]) -> T:
    """What was asked of the provider; what went wrong is written down, since the page says less."""
    try:
        return ask()
    except ProviderError as error:
        log.warning("proconnect", error=type(error).__name__, reason=error.reason)
        raise
