"""The short addresses that stand on posters: typed by hand or read by a phone's camera. They lead to a form that knows the quartier."""

from flask import Blueprint, g, redirect, session, url_for
from flask.typing import ResponseReturnValue

from app.forms import quartier_choices
from app.permissions import PUBLIC, permit
from app.wizard import KNOWN

short = Blueprint("short", __name__)


@short.get("/q")
@short.get("/q/<number>", strict_slashes=False)
@permit(PUBLIC)
def need(number: str = "") -> ResponseReturnValue:
    """From the poster in a hall to the form for help."""
    return _on("resident.new_request", number)


@short.get("/b")
@short.get("/b/<number>", strict_slashes=False)
@permit(PUBLIC)
def offer(number: str = "") -> ResponseReturnValue:
    """From the leaflet to the form for volunteers."""
    return _on("volunteer.new_offer", number)


def _on(endpoint: str, number: str) -> ResponseReturnValue:
    """A number that no quartier has, perhaps mistyped, leads to the same form: it asks for the place anyway."""
    g.personal = True
    session[KNOWN] = {"quartier": number} if number in quartier_choices() else {}
    return redirect(url_for(endpoint), 303)
