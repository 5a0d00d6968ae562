"""What the maps and the search for an address ask for while a page is open."""

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from app.extensions import ctx
from app.permissions import PUBLIC, permit
from app.services import places as spots

OUTLINES_LAST_S = 600

places = Blueprint("places", __name__, url_prefix="/places")


@places.get("/territories.json")
@permit(PUBLIC)
def outlines() -> ResponseReturnValue:
    """The outlines of the territories, to draw."""
    text, mark = spots.outlines(ctx())
    response = Response(text, mimetype="application/geo+json")
    response.headers["Cache-Control"] = f"public, max-age={OUTLINES_LAST_S}"
    response.set_etag(mark)
    return response.make_conditional(request)
