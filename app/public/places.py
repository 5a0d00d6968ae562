"""What the maps and the search for an address ask for while a page is open."""

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue

from app.extensions import ctx
from app.permissions import PUBLIC, permit
from app.services import addresses, throttle
from app.services import places as spots
from app.where import spot_text

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


@places.post("/search")
@permit(PUBLIC)
def search() -> ResponseReturnValue:
    """Addresses that somebody may be typing. It is a POST so that no address stands in an address."""
    searches: throttle.Searches = current_app.extensions.setdefault("searches", throttle.Searches())
    searches.spend(ctx(), throttle.SEARCH_ADDRESS, request.remote_addr or "")
    asked = request.get_json(silent=True)
    text = asked.get("q") if isinstance(asked, dict) else None
    found = addresses.suggest(ctx(), text) if isinstance(text, str) else []
    return {
        "found": [
            {
                "label": one.label, "address": one.address, "postcode": one.postcode, "town": one.town,
                "spot": spot_text(one.lon, one.lat, approximate=one.approximate),
            }
            for one in found
        ]
    }  # fmt: skip
