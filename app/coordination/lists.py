"""The lists: filters in the address, 25 rows a page, and the way to one thing by its number."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from app.coordination.door import KINDS, coordination, sight
from app.extensions import ctx
from app.identity import actor
from app.models import TaskKind
from app.permissions import COORDINATOR, permit
from app.services import details, lists
from app.services.mail import late_since
from config.categories import CATEGORIES
from matching.lifecycle import MatchState, NeedState, OfferState
from matching.model import Urgency

LARGEST = 2**31 - 1
TASK_STATES = ("open", "closed")
ONE = {"tasks": "need", "needs": "need", "offers": "offer", "matches": "match"}
"""The page to which a number leads that is typed on a list."""


@coordination.get("/")
@permit(COORDINATOR)
def tasks() -> ResponseReturnValue:
    """What needs a person, most pressing first."""
    given = filter_of(TASK_STATES)
    page = lists.tasks(ctx(), sight(), given)
    groups = [("closed", page.rows)] if given.state == "closed" else _by_day(page.rows)
    kinds = [kind.value for kind in TaskKind]
    return _list("tasks", page, given, TASK_STATES, groups=groups, kinds=kinds, late=late_since(ctx()))


@coordination.get("/needs")
@permit(COORDINATOR)
def needs() -> ResponseReturnValue:
    given = filter_of(NeedState)
    return _list("needs", lists.needs(ctx(), sight(), given), given, NeedState)


@coordination.get("/offers")
@permit(COORDINATOR)
def offers() -> ResponseReturnValue:
    given = filter_of(OfferState)
    return _list("offers", lists.offers(ctx(), sight(), given), given, OfferState)


@coordination.get("/matches")
@permit(COORDINATOR)
def matches() -> ResponseReturnValue:
    given = filter_of(MatchState)
    return _list("matches", lists.matches(ctx(), sight(), given), given, MatchState)


def _list(name: str, page: lists.Page, given: lists.Filter, states: Any, **more: Any) -> ResponseReturnValue:
    found = whole(next(iter(re.findall("[0-9]{1,12}", request.args.get("number", ""))), None))
    if found and details.may_see(ctx(), sight(), KINDS[f"{ONE[name]}_id"], found):
        return redirect(url_for(f"coordination.{ONE[name]}", **{f"{ONE[name]}_id": found}), 303)
    filters = {key: value for key in ("kind", "mine", "state", "urgency", "category", "territory") if (value := request.args.get(key))}

    def address(number: int) -> str:
        return url_for(f"coordination.{name}", **filters, page=number)

    return render_template(
        f"coordination/{name}.html", name=name, page=page, given=given, address=address, filtered=given != lists.Filter(page=given.page),
        missing="number" in request.args, states=[str(state) for state in states], categories=CATEGORIES,
        urgencies=[urgency.value for urgency in Urgency], territories=lists.territories(ctx(), sight()), **more,
    )  # fmt: skip


def _by_day(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[tuple[str, list[Row[*tuple[Any, ...]]]]]:
    """Tasks in their order: what somebody reported, what is overdue, what is for today, what can wait."""
    now, zone = ctx().now(), ctx().settings.zone
    today = now.astimezone(zone).date()

    def group(row: Row[*tuple[Any, ...]]) -> str:
        if row.kind == TaskKind.REPORT:
            return "reported"
        if row.due_at < now:
            return "overdue"
        return "today" if row.due_at.astimezone(zone).date() == today else "later"

    return [(name, list(members)) for name, members in groupby(rows, group)]


def filter_of(states: Any) -> lists.Filter:
    """The filter in the address; what is not known is left out."""

    def known(name: str, values: Any) -> str | None:
        given = request.args.get(name)
        return given if given in [str(each) for each in values] else None

    return lists.Filter(
        state=known("state", states),
        category=known("category", CATEGORIES),
        urgency=known("urgency", Urgency),
        kind=known("kind", TaskKind),
        mine=actor().person_id if known("mine", ["1"]) else None,
        territory_id=whole(request.args.get("territory")),
        page=whole(request.args.get("page")) or 1,
    )


def whole(text: str | None) -> int | None:
    """A number from the address, as far as a database takes it."""
    return min(int(text), LARGEST) if text and text.isascii() and text.isdigit() and len(text) < 20 else None
