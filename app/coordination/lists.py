"""The lists: filters in the address, 25 rows a page, and the way to one thing by its number."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Row

from app import live
from app.coordination.door import KINDS, coordination, sight, waiting
from app.extensions import ctx
from app.i18n import language
from app.identity import actor
from app.models import TaskKind
from app.permissions import AGENT, permit
from app.services import details, lists, sharing, why
from app.services.mail import late_since
from app.services.overview import SHOWN
from app.why_words import closest_sentence
from config.categories import CATEGORIES
from matching.lifecycle import MatchState, NeedState, OfferState
from matching.model import Urgency

LARGEST = 2**31 - 1
TASK_STATES = ("open", "closed")
WHOSE = ("mine", "free")
KEPT = ("kind", "whose", "state", "urgency", "category", "territory", "bbox")
"""What of an address holds over the pages of a list."""
ONE = {"tasks": "need", "needs": "need", "offers": "offer", "matches": "match"}
"""The page to which a number leads that is typed on a list."""


@coordination.get("/")
@permit(AGENT)
def tasks() -> ResponseReturnValue:
    """What needs a person, most pressing first."""
    given = filter_of(TASK_STATES)

    def read() -> tuple[lists.Page, dict[str, Any]]:
        page = lists.tasks(ctx(), sight(), given)
        present = sharing.present(ctx(), [row.id for row in page.rows])
        groups = [("closed", page.rows)] if given.state == "closed" else _by_section(page.rows)
        return page, {"groups": groups, "present": present, "late": late_since(ctx()), "waiting": waiting()}

    kinds = [kind.value for kind in TaskKind if kind in (sight().kinds or {kind})]
    return _list("tasks", read, given, TASK_STATES, kinds=kinds, closest=closest, of_kind=_of_kind)


def _of_kind(kind: str) -> str:
    """Where the tasks of one kind are, of those that the filters leave."""
    return url_for("coordination.tasks", **{**_kept(), "kind": kind})


def _kept() -> dict[str, str]:
    return {name: value for name in KEPT if (value := request.args.get(name))}


def closest(row: Row[*tuple[Any, ...]]) -> str:
    """How close the closest volunteer comes to a request that has nobody, where somebody has looked."""
    found = why.read(row.why)
    return closest_sentence(found, language()) if found else ""


@coordination.get("/needs")
@permit(AGENT)
def needs() -> ResponseReturnValue:
    given = filter_of(NeedState)
    return _list("needs", lambda: (lists.needs(ctx(), sight(), given), {}), given, NeedState)


@coordination.get("/offers")
@permit(AGENT)
def offers() -> ResponseReturnValue:
    given = filter_of(OfferState)
    return _list("offers", lambda: (lists.offers(ctx(), sight(), given), {}), given, OfferState)


@coordination.get("/matches")
@permit(AGENT)
def matches() -> ResponseReturnValue:
    given = filter_of(MatchState)
    return _list("matches", lambda: (lists.matches(ctx(), sight(), given), {}), given, MatchState)


Read = Callable[[], tuple[lists.Page, dict[str, Any]]]
"""A page of a list, and what else is shown with it that may change."""


def _list(name: str, read: Read, given: lists.Filter, states: Any, **more: Any) -> ResponseReturnValue:
    found = whole(next(iter(re.findall("[0-9]{1,12}", request.args.get("number", ""))), None))
    if found and details.may_see(ctx(), sight(), KINDS[f"{ONE[name]}_id"], found):
        return redirect(url_for(f"coordination.{ONE[name]}", **{f"{ONE[name]}_id": found}), 303)
    filters = _kept()

    def address(number: int) -> str:
        return url_for(f"coordination.{name}", **filters, page=number)

    def render(seen: tuple[lists.Page, dict[str, Any]]) -> str:
        page, with_it = seen
        on_map = url_for("coordination.map", show=name, **filters) if name in SHOWN else None
        return render_template(
            f"coordination/{name}.html", name=name, page=page, given=given, address=address, missing="number" in request.args,
            filtered=given != lists.Filter(page=given.page), states=[str(state) for state in states], categories=CATEGORIES, on_map=on_map,
            urgencies=[urgency.value for urgency in Urgency], territories=lists.territories(ctx(), sight()), **with_it, **more,
        )  # fmt: skip

    return live.show((name, given, sight()), read, render, personal=name == "tasks")


def _by_section(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[tuple[str, list[Row[*tuple[Any, ...]]]]]:
    return [(lists.SECTIONS[section], list(members)) for section, members in groupby(rows, attrgetter("section"))]


def filter_of(states: Any, state: str | None = None) -> lists.Filter:
    """The filter in the address; what is not known is left out. ``state`` stands where none is given."""

    def known(name: str, values: Any) -> str | None:
        given = request.args.get(name)
        return given if given in [str(each) for each in values] else None

    return lists.Filter(
        state=known("state", (lists.UNDER_WAY, *states)) or state,
        category=known("category", CATEGORIES),
        urgency=known("urgency", Urgency),
        kind=known("kind", TaskKind),
        whose=(whose := known("whose", WHOSE)),
        agent_id=actor().person_id if whose else None,
        territory_id=whole(request.args.get("territory")),
        box=box_of(request.args.get("bbox")),
        page=whole(request.args.get("page")) or 1,
    )


def whole(text: str | None) -> int | None:
    """A number from the address, as far as a database takes it."""
    return min(int(text), LARGEST) if text and text.isascii() and text.isdigit() and len(text) < 20 else None


def box_of(text: str | None) -> lists.Box | None:
    """``west,south,east,north`` in degrees; ``None`` for what is no part of the map."""
    parts = (text or "").split(",")
    try:
        box = lists.Box(*map(float, parts)) if len(parts) == 4 else None
    except ValueError:
        return None
    return box if box and -180 <= box.west < box.east <= 180 and -90 <= box.south < box.north <= 90 else None
