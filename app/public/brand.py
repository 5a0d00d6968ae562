"""The city's colours and its logo."""

from pathlib import Path

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from app import assets
from app.extensions import ctx
from app.permissions import PUBLIC, permit

_LOGO_TYPES = {".png": "image/png", ".svg": "image/svg+xml"}
# A drawing may bring its styles but nothing that runs, also where somebody opens it by its address.
_LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

brand = Blueprint("brand", __name__)


@brand.get("/city.css")
@permit(PUBLIC)
def colours() -> ResponseReturnValue:
    return Response(assets.city_stylesheet(), mimetype="text/css")


@brand.get("/city-logo")
@permit(PUBLIC)
def logo() -> ResponseReturnValue:
    file = ctx().settings.city_logo
    if not file:
        abort(404)
    return Response(assets.read(file), mimetype=_LOGO_TYPES[Path(file).suffix.lower()], headers={"Content-Security-Policy": _LOGO_POLICY})
