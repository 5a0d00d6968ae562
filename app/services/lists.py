"""Lists for coordinators: public columns only, 25 rows a page, two queries each whatever the number of rows.

Names, addresses, phone numbers and free text are not even selected here; :mod:`app.services.details` shows those, and writes it down.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, Text, and_, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from app.context import Context
from app.models import Incident, Match, Need, Offer, Person, Task, TaskKind, Territory
from app.services import referents
from app.services.sight import EVERYTHING, Sight, either_side, subtree
from app.services.tasks import BY_LETTER, ENDS_BY_ITSELF, HELP, HOW_SOON
from matching.lifecycle import LIVE, NeedState, OfferState

PAGE_SIZE = 25
MOST = 10_000
"""So many rows of a list are counted and can be leafed through; beyond them a filter has to help."""
MANY = 100
"""The menu of each page counts no further."""
UNDER_WAY = "under_way"
"""In a filter: every state of :data:`NOT_OVER`."""
NOT_OVER: dict[type[Any], Sequence[str]] = {
    Need: (NeedState.UNCONFIRMED, NeedState.OPEN, NeedState.ASKED, NeedState.AGREED, NeedState.PAUSED),
    Offer: (OfferState.UNCONFIRMED, OfferState.ACTIVE, OfferState.PAUSED),
    Match: tuple(sorted(LIVE)),
}
SECTIONS = ("reported", "overdue", "today", "later")
"""Of open tasks, in their order."""


class Box(NamedTuple):
    """A part of the map in degrees."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def around(cls, *boxes: "Box") -> "Box":
        """The smallest that holds all of them; at least one."""
        west, south, east, north = zip(*boxes, strict=True)
        return cls(min(west), min(south), max(east), max(north))

    def holds(self, post: type[Need] | type[Offer]) -> ColumnElement[bool]:
        """Whether a post's public point lies in it, borders included."""
        return and_(post.public_lon.between(self.west, self.east), post.public_lat.between(self.south, self.north))


@dataclass(frozen=True)
class Filter:
    """What to leave in; ``None`` is anything. ``kind`` is a task's, and so is ``whose``: those of the agent ``agent_id`` (``mine``), or
    still ``free`` for them. ``territory_id`` takes the subtree; in the ``box`` is a match of which one side is. ``page`` counts from 1."""

    state: str | None = None
    category: str | None = None
    urgency: str | None = None
    territory_id: int | None = None
    kind: str | None = None
    whose: str | None = None
    agent_id: int | None = None
    box: Box | None = None
    page: int = 1


@dataclass(frozen=True)
class Page:
    """One page of a list. ``number`` is the page that came, which is the last one when a later one was asked for."""

    rows: Sequence[Row[*tuple[Any, ...]]]
    total: int
    number: int
    more: bool = False
    """Whether there are more than the ``total``, which is then :data:`MOST`: nobody leafs so far, and nothing is counted beyond."""
    kinds: Sequence[tuple[str, int]] = ()
    """Of tasks: how many there are of each kind, the most first; nothing where there are ``more``."""

    @property
    def pages(self) -> int:
        return page_number(self.total, self.total)

    @property
    def first(self) -> int:
        """The place in the whole list of the first row of this page."""
        return (self.number - 1) * PAGE_SIZE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1


def needs(ctx: Context, sight: Sight, given: Filter) -> Page:
    """A page of :func:`need_rows`."""
    return _page(ctx, need_rows(sight, given), given)


def need_rows(sight: Sight, given: Filter) -> Select[*tuple[Any, ...]]:
    """The newest first. Columns: id, category, urgency, state, helpers_needed, taken, posted_at, quartier."""
    return (
        select(
            Need.id, Need.category, Need.urgency, Need.state, Need.helpers_needed, Need.taken, Need.posted_at,
            Territory.name.label("quartier"),
        )
        .outerjoin(Territory, Territory.id == Need.territory_id)
        .where(
            sight.inside(Need.territory_id),
            *wanted(given, Need.state, Need.category == given.category, [Need], urgency=Need.urgency),
        )
        .order_by(Need.posted_at.desc(), Need.id.desc())
    )  # fmt: skip


def offers(ctx: Context, sight: Sight, given: Filter) -> Page:
    """A page of :func:`offer_rows`."""
    return _page(ctx, offer_rows(sight, given), given)


def offer_rows(sight: Sight, given: Filter) -> Select[*tuple[Any, ...]]:
    """The newest first. Columns: id, categories, radius_m, quartiers, drawn, capacity, taken, state, created_at, approved_at, quartier."""
    return (
        select(
            Offer.id, Offer.categories, Offer.radius_m, Offer.quartiers, Offer.drawn, Offer.capacity, Offer.taken, Offer.state,
            Offer.created_at, Person.approved_at, Territory.name.label("quartier"),
        )
        .join(Person, Person.id == Offer.person_id)
        .outerjoin(Territory, Territory.id == Offer.territory_id)
        .where(sight.inside(Offer.territory_id), *wanted(given, Offer.state, offers_of(given.category), [Offer]))
        .order_by(Offer.created_at.desc(), Offer.id.desc())
    )  # fmt: skip


def matches(ctx: Context, sight: Sight, given: Filter) -> Page:
    """A page of :func:`match_rows`."""
    return _page(ctx, match_rows(EVERYTHING, Filter()), given, chosen_matches(sight, given))


def chosen_matches(sight: Sight, given: Filter) -> Select[int]:
    """The ids of the matches that fit, the newest first."""
    # The posts are asked only where they have a say: of a hundred thousand it takes four times as long otherwise.
    chosen = select(Match.id).where(*of_matches(sight, given)).order_by(*_NEWEST)
    return chosen.join(Match.need).join(Match.offer) if given.category or given.urgency or given.box else chosen


def match_rows(sight: Sight, given: Filter) -> Select[*tuple[Any, ...]]:
    """The newest first. Columns: id, need_id, offer_id, category, urgency, state, outcome, mode, proposed_at, deadline_at, and the quartier
    of each side (need_quartier, offer_quartier)."""
    there, here = aliased(Territory), aliased(Territory)
    return (
        select(
            Match.id, Match.need_id, Match.offer_id, Need.category, Need.urgency, Match.state, Match.outcome, Match.mode, Match.proposed_at,
            Match.deadline_at, there.name.label("need_quartier"), here.name.label("offer_quartier"),
        )
        .join(Match.need)
        .join(Match.offer)
        .outerjoin(there, there.id == Need.territory_id)
        .outerjoin(here, here.id == Offer.territory_id)
        .where(*of_matches(sight, given))
        .order_by(*_NEWEST)
    )  # fmt: skip


_NEWEST = (Match.proposed_at.desc(), Match.id.desc())


def of_matches(sight: Sight, given: Filter) -> list[ColumnElement[bool]]:
    """Which matches are in sight and fit the filter; the query joins ``Need`` and ``Offer`` where those have a say."""
    seen = [] if given.territory_id in sight.ids else [sight.of_match()]  # whatever touches what is in sight is in sight
    return [*seen, *wanted(given, Match.state, Need.category == given.category, [Need, Offer], urgency=Need.urgency)]


def tasks(ctx: Context, sight: Sight, given: Filter) -> Page:
    """Open ones by :data:`SECTIONS`, in each by :data:`HOW_SOON <app.services.tasks.HOW_SOON>` and then by when they are due, unless
    ``state`` is ``closed``: then the latest first.

    Columns: section (its place among :data:`SECTIONS`), id, kind, reason, need_id, offer_id, match_id, person_id, due_at, created_at,
    closed_at, category, categories (an offer's), urgency, quartier, contact and to_volunteer (of whom it is about), ends_by_itself,
    by_letter, why (see :mod:`app.services.why`), agent_id and agent (who does it), incident_id."""
    agent = aliased(Person)
    quartier = func.coalesce(Need.territory_id, Offer.territory_id, Task.territory_id)
    closed = given.state == "closed"
    section = _section(ctx)
    order = [Task.closed_at.desc(), Task.id.desc()] if closed else [section, HOW_SOON, Task.due_at, Task.id]
    # Which tasks they are is asked without all that is shown of them: of many thousands it takes long otherwise.
    chosen = (
        select(Task.id)
        .outerjoin(Need, Need.id == Task.need_id)
        .outerjoin(Offer, Offer.id == Task.offer_id)
        .outerjoin(Person, Person.id == Task.person_id)
        .where(sight.of_task(), Task.closed_at.is_not(None) if closed else Task.closed_at.is_(None))
        .order_by(*order)
    )
    if given.kind:
        chosen = chosen.where(Task.kind == given.kind)
    if given.whose == "mine":
        chosen = chosen.where(Task.assigned_to_id == given.agent_id)
    if given.category:
        chosen = chosen.where(Need.category == given.category)
    if given.urgency:
        chosen = chosen.where(Need.urgency == given.urgency)
    if given.territory_id:
        chosen = chosen.where(quartier.in_(subtree(given.territory_id)))
    if given.whose == "free" and given.agent_id:
        with ctx.db.read() as session:
            chosen = chosen.where(Task.assigned_to_id.is_(None), referents.mine(session, given.agent_id))
    rows = (
        select(
            section.label("section"),
            Task.id, Task.kind, Task.reason, Task.need_id, Task.offer_id, Task.match_id, Task.due_at, Task.created_at, Task.closed_at,
            Task.person_id, HELP, Offer.categories, Need.urgency, Territory.name.label("quartier"), Person.contact,
            (Task.person_id == Offer.person_id).label("to_volunteer"), ENDS_BY_ITSELF.label("ends_by_itself"),
            BY_LETTER.label("by_letter"), Task.why, Task.assigned_to_id.label("agent_id"), agent.name.label("agent"),
            Incident.id.label("incident_id"),
        )
        .outerjoin(Need, Need.id == Task.need_id)
        .outerjoin(Offer, Offer.id == Task.offer_id)
        .outerjoin(Incident, Incident.task_id == Task.id)
        .outerjoin(Person, Person.id == Task.person_id)
        .outerjoin(agent, agent.id == Task.assigned_to_id)
        .outerjoin(Territory, Territory.id == quartier)
        .order_by(*order)
    )  # fmt: skip
    return _page(ctx, rows, given, chosen, Task.kind)


def _section(ctx: Context) -> ColumnElement[int]:
    now, zone = ctx.now(), ctx.settings.zone
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
    return case((Task.kind == TaskKind.REPORT, 0), (Task.due_at < now, 1), (Task.due_at < midnight, 2), else_=3)


def open_tasks(sight: Sight) -> ScalarSelect[int]:
    """How many tasks wait for somebody, :data:`MANY` at the most: every page asks."""
    rows = select(Task.id).outerjoin(Need, Need.id == Task.need_id).outerjoin(Offer, Offer.id == Task.offer_id)
    return up_to(MANY - 1, rows.where(Task.closed_at.is_(None), sight.of_task()))


class Place(NamedTuple):
    id: int
    name: str


def territories(ctx: Context, sight: Sight) -> Sequence[Place]:
    """What may be chosen in a filter or for a post, by name; of one name, with the name of what it lies in."""
    above = aliased(Territory)
    rows = select(Territory.id, Territory.name, above.name.label("above")).outerjoin(above, above.id == Territory.parent_id)
    with ctx.db.read() as session:
        found = session.execute(rows.where(sight.inside(Territory.id)).order_by(Territory.name, Territory.id)).all()
    often = Counter(row.name for row in found)
    return [Place(row.id, f"{row.name} ({row.above})" if row.above and often[row.name] > 1 else row.name) for row in found]


def offers_of(category: str | None) -> ColumnElement[bool]:
    """Whether an offer has this kind of help."""
    # The list of categories lies as JSON; read as text it holds each slug between quotes, on both databases.
    return cast(Offer.categories, Text).contains(f'"{category}"', autoescape=True)


def wanted(
    given: Filter, state: Any, category: ColumnElement[bool], posts: Sequence[type[Need] | type[Offer]], urgency: Any = None
) -> list[ColumnElement[bool]]:
    """The filter as conditions on ``state``, a column of needs, offers or matches, and on any of the ``posts``."""
    found: list[ColumnElement[bool]] = []
    if given.state:
        found.append(state.in_(NOT_OVER[state.class_]) if given.state == UNDER_WAY else state == given.state)
    if given.category:
        found.append(category)
    if given.urgency and urgency is not None:
        found.append(urgency == given.urgency)
    if given.territory_id:
        below = subtree(given.territory_id)
        found.append(posts[0].territory_id.in_(below) if len(posts) == 1 else either_side(lambda post: post.territory_id.in_(below)))
    if given.box:
        found.append(or_(*[given.box.holds(post) for post in posts]))
    return found


def _page(
    ctx: Context, rows: Select[*tuple[Any, ...]], given: Filter, chosen: Select[int] | None = None, kind: ColumnElement[str] | None = None
) -> Page:
    """The page of ``rows`` that is asked for. ``chosen``: their ids in their order, where those can be had for less. ``kind``: by which
    they are counted."""
    with ctx.db.read() as session:
        counted_of = (rows if chosen is None else chosen).order_by(None)
        each = counted_of.with_only_columns(literal(1) if kind is None else kind, maintain_column_froms=True).limit(MOST + 1).subquery()
        (which,) = each.columns
        kinds = session.execute(select(which, func.count()).group_by(which).order_by(func.count().desc(), which)).all()
        counted = sum(number for _, number in kinds)
        total, more = min(counted, MOST), counted > MOST
        number = page_number(given.page, total)
        here = (number - 1) * PAGE_SIZE
        if chosen is None:
            rows = rows.limit(PAGE_SIZE).offset(here)
        else:
            rows = rows.where(chosen.selected_columns[0].in_(chosen.limit(PAGE_SIZE).offset(here)))
        by_kind = () if kind is None or more else [(name, number) for name, number in kinds]
        return Page(session.execute(rows).all(), total, number, more, by_kind)


def page_number(wanted: int, total: int) -> int:
    """The page that is wanted of a list of ``total`` rows: the first or the last, where there is none of that number."""
    return min(max(1, wanted), max(1, -(-total // PAGE_SIZE)))


def up_to(most: int, rows: Select[Any]) -> ScalarSelect[int]:
    """How many rows there are, but not beyond one more than ``most``."""
    return select(func.count()).select_from(rows.limit(most + 1).subquery()).scalar_subquery()
