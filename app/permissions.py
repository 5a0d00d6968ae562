"""Who may open what. Each page declares it with ``@permit``; a page that declares nothing is closed to all."""

from collections.abc import Callable
from enum import Enum, auto
from typing import Any, TypeVar

from flask import Flask, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from app.extensions import ctx
from app.identity import AFTER_SIGN_IN, half_way, has_role, signed_in
from app.models import OVERSEE, Role
from app.services import leads
from app.services.sight import NOTHING

View = TypeVar("View", bound=Callable[..., Any])


class Permission(Enum):
    PUBLIC = auto()
    LINK = auto()
    """Whoever holds the signed link; the page reads it and refuses others."""
    SIGNED_IN = auto()
    COORDINATOR = auto()
    """Coordinators and administrators."""
    LEAD = auto()
    """Safeguarding leads, whatever else they are; administrators too only where they are one."""
    ADMINISTRATOR = auto()
    DEMO = auto()
    """Everybody, in the demonstration; elsewhere there is no such page."""


PUBLIC, LINK, SIGNED_IN, COORDINATOR, LEAD, ADMINISTRATOR, DEMO = Permission


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


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # no such page, which the router says by itself
    match declared(current_app, request.endpoint):
        case Permission.PUBLIC | Permission.LINK:
            return None
        case Permission.DEMO:
            return None if ctx().settings.demo else abort(404)
        case Permission.SIGNED_IN:
            return None if signed_in() else _to_sign_in()
        case Permission.COORDINATOR:
            return _require(*OVERSEE)
        case Permission.LEAD:
            return _require(*OVERSEE) or (None if _leads() else abort(403))
        case Permission.ADMINISTRATOR:
            return _require(Role.ADMINISTRATOR)
        case None:
            abort(403)


def _require(*roles: Role) -> ResponseReturnValue | None:
    if signed_in() is None:
        return _to_sign_in()
    return None if has_role(*roles) else abort(403)


def _leads() -> bool:
    person = signed_in()
    return person is not None and leads.sight_of(ctx(), person) != NOTHING


def _to_sign_in() -> ResponseReturnValue:
    # Kept in the session and not in the address: nobody can send people through our sign-in to a place of their own.
    if request.method == "GET":
        session[AFTER_SIGN_IN] = request.path
    return redirect(url_for("second_factor.code" if half_way() else "account.sign_in"), 303)
