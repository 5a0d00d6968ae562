"""Who may open what. Each page declares it with ``@permit``; a page that declares nothing is closed to all.

:data:`GRANTS` says what each role may do (decision 31); where, its sight says (:mod:`app.services.sight`).
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.extensions import ctx
from app.identity import AFTER_SIGN_IN, half_way, signed_in
from app.models import Person, Role
from app.services import leads
from app.services.sight import NOTHING, Sight

View = TypeVar("View", bound=Callable[..., Any])


class Permission(Enum):
    PUBLIC = auto()
    LINK = auto()
    """Whoever holds the signed link; the page reads it and refuses others."""
    SIGNED_IN = auto()
    AGENT = auto()
    """To read the lists and the pages of what is in sight."""
    CALL = auto()
    """To talk with people, on the phone, at the counter and by letter: to look at their exact data, and to do what they say."""
    MODERATE = auto()
    """To decide on words that wait to be read, and on offers that wait for approval."""
    COORDINATE = auto()
    """Everything else that is done with what is in sight: pairs by hand, rounds, merges, figures, copies."""
    DATA = auto()
    """To see how personal data is dealt with in the whole city, in numbers."""
    LEAD = auto()
    """Safeguarding leads, whatever else they are; administrators too only where they are one."""
    ADMINISTRATOR = auto()
    """What holds for all: territories, words, and who has which role."""
    DEMO = auto()
    """Everybody, in the demonstration; elsewhere there is no such page."""


PUBLIC, LINK, SIGNED_IN, AGENT, CALL, MODERATE, COORDINATE, DATA, LEAD, ADMINISTRATOR, DEMO = Permission

GRANTS: Mapping[str, frozenset[Permission]] = {
    Role.NONE: frozenset(),
    Role.CALLER: frozenset((AGENT, CALL)),
    Role.MODERATOR: frozenset((AGENT, MODERATE)),
    Role.COORDINATOR: frozenset((AGENT, CALL, MODERATE, COORDINATE)),
    Role.DATA_PROTECTION: frozenset((DATA,)),
    Role.ADMINISTRATOR: frozenset((AGENT, CALL, MODERATE, COORDINATE, DATA, ADMINISTRATOR)),
}


def permit(permission: Permission) -> Callable[[View], View]:
    """Declare who may open a page. Stands under ``@route``."""

    def declare(view: View) -> View:
        view.permission = permission  # type: ignore[attr-defined]
        return view

    return declare


def declared(web: Flask, endpoint: str) -> Permission | None:
    return getattr(web.view_functions[endpoint], "permission", None)


def init(web: Flask) -> None:
    permit(PUBLIC)(web.view_functions["static"])
    web.before_request(_check)


def may(endpoint: str) -> bool:
    """Whether whoever asks now may open this page or press this button: no page shows another."""
    return _holds(declared(current_app, endpoint))


def home(person: Person | None) -> str:
    """Where somebody begins who has signed in."""
    grants = GRANTS[person.role] if person else frozenset()
    return url_for("coordination.tasks") if AGENT in grants else url_for("coordination.personal_data") if DATA in grants else "/me"


def lead_sight() -> Sight:
    """Whose incidents the signed-in agent reads; found once a request."""
    if "lead_sight" not in g:
        g.lead_sight = leads.sight_of(ctx(), signed_in() or abort(403))
    seen: Sight = g.lead_sight
    return seen


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page, which the router says by itself
    permission = declared(current_app, request.endpoint)
    if _holds(permission):
        return None
    if permission is DEMO:
        abort(404)
    return _to_sign_in() if permission and signed_in() is None else abort(403)


def _holds(permission: Permission | None) -> bool:
    person = signed_in()
    match permission:
        case Permission.PUBLIC | Permission.LINK:
            return True
        case Permission.DEMO:
            return ctx().settings.demo
        case Permission.SIGNED_IN:
            return person is not None
        case Permission.LEAD:
            return person is not None and lead_sight() != NOTHING
    return person is not None and permission in GRANTS[person.role]


def _to_sign_in() -> ResponseReturnValue:
    # Kept in the session and not in the address: nobody can send people through our sign-in to a place of their own.
    if request.method == "GET":
        session[AFTER_SIGN_IN] = request.path
    return redirect(url_for("second_factor.code" if half_way() else "account.sign_in"), 303)
