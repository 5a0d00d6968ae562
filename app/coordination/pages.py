"""Lists with their filters in the address, and one page a thing."""

from typing import Any

from flask import abort, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.coordination.door import ID, coordination, sight
from app.coordination.forms import PlaceForm
from app.extensions import ctx
from app.models import TaskKind
from app.permissions import COORDINATOR, permit
from app.services import details, lists
from config.categories import CATEGORIES
from matching.lifecycle import MatchState, NeedState, OfferState

LARGEST = 2**31 - 1
TASK_STATES = ("open", "closed")


@coordination.get("/")
@permit(COORDINATOR)
def tasks() -> ResponseReturnValue:
    """What needs a person, most pressing first."""
    given = _filter(TASK_STATES)
    kinds = [kind.value for kind in TaskKind]
    return _list("tasks", lists.tasks(ctx(), sight(), given), given, kinds=kinds, states=TASK_STATES, now=ctx().now())


@coordination.get("/needs")
@permit(COORDINATOR)
def needs() -> ResponseReturnValue:
    given = _filter(NeedState)
    return _list("needs", lists.needs(ctx(), sight(), given), given, states=[state.value for state in NeedState])


@coordination.get("/offers")
@permit(COORDINATOR)
def offers() -> ResponseReturnValue:
    given = _filter(OfferState)
    return _list("offers", lists.offers(ctx(), sight(), given), given, states=[state.value for state in OfferState])


@coordination.get("/matches")
@permit(COORDINATOR)
def matches() -> ResponseReturnValue:
    given = _filter(MatchState)
    return _list("matches", lists.matches(ctx(), sight(), given), given, states=[state.value for state in MatchState])


@coordination.get(f"/needs/<{ID}:need_id>")
@permit(COORDINATOR)
def need(need_id: int) -> ResponseReturnValue:
    return need_page(need_id)


@coordination.get(f"/offers/<{ID}:offer_id>")
@permit(COORDINATOR)
def offer(offer_id: int) -> ResponseReturnValue:
    return offer_page(offer_id)


@coordination.get(f"/matches/<{ID}:match_id>")
@permit(COORDINATOR)
def match(match_id: int) -> ResponseReturnValue:
    detail = details.match(ctx(), sight(), match_id) or abort(404)
    return render_template("coordination/match.html", detail=detail, row=detail.row)


@coordination.get(f"/tasks/<{ID}:task_id>")
@permit(COORDINATOR)
def task(task_id: int) -> ResponseReturnValue:
    return task_page(task_id)


def need_page(need_id: int, exact: details.Exact | None = None, place: PlaceForm | None = None) -> str:
    """A need's page; with ``exact`` after a look, with ``place`` when a place was refused."""
    detail = details.need(ctx(), sight(), need_id) or abort(404)
    return render_template("coordination/need.html", detail=detail, row=detail.row, exact=exact, place=place or PlaceForm())


def offer_page(offer_id: int, exact: details.Exact | None = None, place: PlaceForm | None = None) -> str:
    detail = details.offer(ctx(), sight(), offer_id) or abort(404)
    return render_template("coordination/offer.html", detail=detail, row=detail.row, exact=exact, place=place or PlaceForm())


def task_page(task_id: int, exact: details.Exact | None = None) -> str:
    detail = details.task(ctx(), sight(), task_id) or abort(404)
    return render_template("coordination/task.html", detail=detail, row=detail.row, exact=exact)


def _list(name: str, page: lists.Page, given: lists.Filter, **more: Any) -> str:
    filters = {key: value for key, value in request.args.items() if key in ("state", "category", "territory", "kind") and value}

    def address(number: int) -> str:
        return url_for(f"coordination.{name}", **filters, page=number)

    choices = {"territories": lists.territories(ctx(), sight()), "categories": CATEGORIES}
    return render_template(f"coordination/{name}.html", page=page, given=given, address=address, **choices, **more)


def _filter(states: Any) -> lists.Filter:
    """The filter in the address; what is not known is left out."""
    args = request.args
    state, category, kind = args.get("state"), args.get("category"), args.get("kind")
    return lists.Filter(
        state=state if state in [str(each) for each in states] else None,
        category=category if category in CATEGORIES else None,
        kind=kind if kind in [each.value for each in TaskKind] else None,
        territory_id=_whole(args.get("territory")),
        page=_whole(args.get("page")) or 1,
    )


def _whole(text: str | None) -> int | None:
    """A number from the address, as far as a database takes it."""
    return min(int(text), LARGEST) if text and text.isascii() and text.isdigit() and len(text) < 20 else None
