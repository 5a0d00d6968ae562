"""The map: what is in sight, by its public points, beside a list of the same."""

from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.coordination.door import coordination, sight
from app.coordination.lists import filter_of
from app.extensions import ctx
from app.kinds import kind_name
from app.permissions import COORDINATOR, permit
from app.services import lists
from config.categories import CATEGORIES
from matching.lifecycle import NeedState, OfferState

SHOWN = ("needs", "offers")
STATES = tuple(dict.fromkeys(str(state) for state in (*NeedState, *OfferState)))


@coordination.get("/map")
@permit(COORDINATOR)
def map() -> ResponseReturnValue:
    """Requests and offers; ``show`` leaves one of them out."""
    given, show = filter_of(STATES), request.args.get("show")
    wanted = (show,) if show in SHOWN else SHOWN
    needs = lists.needs_on_map(ctx(), sight(), given) if "needs" in wanted else None
    offers = lists.offers_on_map(ctx(), sight(), given) if "offers" in wanted else None
    points = [_need(row) for row in (needs.rows if needs else ())] + [_offer(row) for row in (offers.rows if offers else ())]
    return render_template(
        "coordination/map.html", given=given, show=show, states=STATES, categories=CATEGORIES, needs=needs, offers=offers, points=points,
        territories=lists.territories(ctx(), sight()),
    )  # fmt: skip


def _need(row: Any) -> dict[str, Any]:
    label = _("Request no. %(number)s: %(what)s", number=row.id, what=kind_name(row.category))
    return _point(row, label, "need", url_for("coordination.need", need_id=row.id))


def _offer(row: Any) -> dict[str, Any]:
    label = _("Offer no. %(number)s: %(what)s", number=row.id, what=", ".join(kind_name(slug) for slug in row.categories))
    return _point(row, label, "offer", url_for("coordination.offer", offer_id=row.id))


def _point(row: Any, label: str, kind: str, url: str) -> dict[str, Any]:
    lon, lat = round(row.public_lon, 5), round(row.public_lat, 5)
    return {"lon": lon, "lat": lat, "label": label, "note": row.quartier, "kind": kind, "url": url}
