"""The map: what is in sight, by its public points, beside a list of the same. What it draws comes as GeoJSON, for what is in view."""

import hashlib
import json
import math
from typing import Any

from flask import Response, abort, current_app, get_template_attribute, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from app.coordination.door import ID, coordination, sight, when
from app.coordination.lists import filter_of
from app.extensions import ctx
from app.identity import actor
from app.kinds import kind_name
from app.permissions import AGENT, permit
from app.services import details, lists, overview, throttle
from app.services.lacks import lacks
from app.services.lists import UNDER_WAY, Filter
from app.services.overview import Line, Mark
from config.categories import CATEGORIES
from matching.lifecycle import LIVE, NeedState, OfferState
from matching.model import Urgency

STATES = tuple(dict.fromkeys(str(state) for state in (*NeedState, *OfferState)))
FURTHEST_IN = 22
DECIMALS = 5
"""About a metre."""


@coordination.get("/map")
@permit(AGENT)
def map() -> ResponseReturnValue:
    """What is in a part of the map (``bbox``), or in all of it, as a list; ``show`` leaves requests, offers or matches in."""
    given, show = _filter(), _show()
    beside = overview.beside(ctx(), sight(), given, show)
    filters = {name: value for name in ("state", "category", "urgency", "territory", "bbox") if (value := request.args.get(name))}
    lacking = lacks(ctx(), sight(), given)
    return render_template(
        "coordination/map.html", given=given, show=show, states=STATES, categories=CATEGORIES, urgencies=[str(each) for each in Urgency],
        beside=beside, counted=overview.COUNTED, lacks=lacking, shades={area.id: lacking.shade(area) for area in lacking.areas},
        territories=lists.territories(ctx(), sight()), filters=filters,
        whole=overview.whole(ctx(), sight(), beside), zoom=_zoom(request.args.get("zoom")),
    )  # fmt: skip


@coordination.get("/map.geojson")
@permit(AGENT)
def geojson() -> ResponseReturnValue:
    """What is in ``bbox`` (west,south,east,north in degrees) at ``zoom``, under the filters of the page."""
    searches: throttle.Searches = current_app.extensions.setdefault("map", throttle.Searches())
    searches.spend(ctx(), throttle.AGENT_MAP, str(actor().person_id))
    given, zoom = _filter(), _zoom(request.args.get("zoom"))
    if given.box is None or zoom is None:
        abort(Response(_("Give bbox as west,south,east,north in degrees and zoom as a number from 0 to 22."), 400, mimetype="text/plain"))
    seen = overview.view(ctx(), sight(), given, zoom, _show())
    drawn = {
        "type": "FeatureCollection",
        "features": [*[_mark(m) for m in seen.marks], *[_line(n) for n in seen.lines]],
        "matches": seen.matches,
    }
    text = json.dumps(drawn, ensure_ascii=False, separators=(",", ":"))
    response = Response(text, mimetype="application/geo+json")
    # Kept by the browser that may ask for it, which asks again each time: public points and no name are in it.
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(hashlib.sha256(text.encode()).hexdigest()[:16])
    return response.make_conditional(request)


@coordination.get(f"/needs/<{ID}:need_id>/glance")
@permit(AGENT)
def glance_at_need(need_id: int) -> ResponseReturnValue:
    """What the map says of a request that is pressed, besides its name: how it stands, for when, until when an answer is due, where."""
    found = details.need(ctx(), sight(), need_id) or abort(404)
    row, answers = found.row, [match.deadline_at for match in found.matches if match.state in LIVE and match.deadline_at]
    lines = [
        f"{_said('need_state', row.state)}, {_said('urgency', row.urgency)}",
        _("for %(when)s", when=when(row.wanted_at)) if row.wanted_at else "",
        _("answer by %(when)s", when=when(min(answers))) if answers else "",
        row.quartier,
    ]
    return {"lines": list(filter(None, lines))}


@coordination.get(f"/offers/<{ID}:offer_id>/glance")
@permit(AGENT)
def glance_at_offer(offer_id: int) -> ResponseReturnValue:
    row = (details.offer(ctx(), sight(), offer_id) or abort(404)).row
    people = _("busy with %(taken)s of %(all)s", taken=row.taken, all=row.capacity)
    return {"lines": list(filter(None, [_said("offer_state", row.state, row.approved_at), people, row.quartier]))}


def _said(macro: str, *values: Any) -> str:
    """A state in the words of all pages."""
    return str(Markup(get_template_attribute("components/states.html", macro)(*values)).striptags())


def _filter() -> Filter:
    """The filters of the lists; without a state, what is not over."""
    return filter_of(STATES, state=UNDER_WAY)


def _show() -> str | None:
    show = request.args.get("show")
    return show if show in overview.SHOWN else None


def _zoom(text: str | None) -> float | None:
    try:
        zoom = float(text or "")
    except ValueError:
        return None
    return zoom if 0 <= zoom <= FURTHEST_IN else None


def _mark(mark: Mark) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [round(mark.lon, DECIMALS), round(mark.lat, DECIMALS)]}
    if mark.one is None:
        counts = {"needs": mark.needs, "urgent": mark.urgent, "offers": mark.offers, "matches": mark.within}
        outwards = [*[_down(degrees) for degrees in mark.box[:2]], *[-_down(-degrees) for degrees in mark.box[2:]]]
        return {
            "type": "Feature",
            "geometry": point,
            "properties": {"kind": "cluster", "label": _several(mark), **counts, "bounds": outwards},
        }
    row = mark.one
    own: dict[str, Any]
    if mark.needs:
        own = {"kind": "need", "category": row.what, "urgency": row.urgency, "url": url_for("coordination.need", need_id=row.id)}
        label = _("Request no. %(number)s: %(what)s", number=row.id, what=kind_name(row.what))
        label += f" ({_('urgent')})" if row.urgency == Urgency.URGENT else ""
    else:
        categories = json.loads(row.what)
        own = {"kind": "offer", "category": categories, "url": url_for("coordination.offer", offer_id=row.id)}
        label = _("Offer no. %(number)s: %(what)s", number=row.id, what=", ".join(kind_name(slug) for slug in categories))
    return {"type": "Feature", "geometry": point, "properties": {**own, "id": row.id, "state": row.state, "label": label}}


def _several(mark: Mark) -> str:
    """What a circle with a number stands for."""
    parts = [
        ngettext("%(num)s request", "%(num)s requests", mark.needs) if mark.needs else "",
        ngettext("%(num)s urgent", "%(num)s urgent", mark.urgent) if mark.urgent else "",
        ngettext("%(num)s offer", "%(num)s offers", mark.offers) if mark.offers else "",
        ngettext("%(num)s match", "%(num)s matches", mark.within) if mark.within else "",
    ]
    return ", ".join(part for part in parts if part)


def _line(line: Line) -> dict[str, Any]:
    ends = [[round(degrees, DECIMALS) for degrees in end] for end in line.ends]
    own: dict[str, Any] = {"kind": "match", "matches": line.matches}
    if line.matches == 1:
        own |= {"id": line.match_id, "state": line.state}
    return {"type": "Feature", "geometry": {"type": "LineString", "coordinates": ends}, "properties": own}


def _down(degrees: float) -> float:
    return math.floor(degrees * 10**DECIMALS) / 10**DECIMALS
