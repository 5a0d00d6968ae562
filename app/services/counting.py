"""What came of it, counted for a period and for the one before: one query a subject, whatever the size of the city.

docs/figures.md says what each figure counts. Requests are those whose confirmation lies in the period, questions to volunteers those
that were asked in it, outcomes those of matches agreed in it: each group is followed to today. What stands today is counted today.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    Select,
    String,
    Text,
    and_,
    case,
    cast,
    exists,
    extract,
    func,
    literal,
    literal_column,
    or_,
    select,
    union_all,
)  # fmt: skip
from sqlalchemy.orm import aliased

from app.context import Context
from app.models import Event, Match, Need, Offer, Outcome, Person
from app.services.figures import people_of
from app.services.period import Period
from app.services.sight import Sight, subtree
from matching.lifecycle import MatchState, NeedState, OfferState

DAY = timedelta(hours=24)
HOURS = (1, 3, 6, 12, 24, 48, 72, 168)
"""Within how many hours both agreed, in the table of waits."""
KEPT_FOR, MOST_KEPT = timedelta(minutes=5), 50
"""How long counted figures are shown again, and how many of them a process keeps."""
NEVER = 10_000
LOOKING = (NeedState.OPEN, NeedState.ASKED)
WITHDRAWN = literal_column("'offer_withdrawn'")  # as its index says it


class Asked(NamedTuple):
    """Requests of residents: how many, by how many people, how many are a day old (``ripe``) and how many of those were served within
    that day, and with how many both agreed so far."""

    count: int = 0
    people: int = 0
    ripe: int = 0
    within: int = 0
    agreed: int = 0


class Group(NamedTuple):
    count: int = 0
    people: int = 0


@dataclass(frozen=True)
class Half:
    """One of the two periods. Each mapping goes from a key (a state, a category, a territory's id as text …) to what was counted."""

    requests: Asked
    by: dict[str, dict[str, Asked]]
    """By ``state``, ``category``, ``territory``, ``contact`` and ``channel``; ``hours``: of those so old, how many were served within."""
    waits: dict[int, int]
    """Whole minutes until both agreed, and how often."""
    answers: dict[str, Group]
    over: int
    """Questions to volunteers that are over, and below how many of them came to a match."""
    came_true: int
    outcomes: dict[str, Group]
    asked: dict[int, int]
    """How often volunteers were asked, and how many were so often: 0 are those on duty today who could have been."""
    lost: int


@dataclass(frozen=True)
class Counted:
    now: Half
    before: Half
    looking: dict[tuple[str, str], Group]
    """Requests that look for somebody today, by territory (its id, ``-``: not placed) and category; either may be empty: all of them."""
    ready: dict[tuple[str, str], Group]
    """Offers of approved volunteers on duty today, likewise."""


@dataclass(frozen=True)
class _Within:
    """What is counted: two periods, what is in sight, and of that a territory."""

    ctx: Context
    sight: Sight
    period: Period
    territory_id: int | None

    def here(self, territory: Any) -> ColumnElement[bool]:
        seen = self.sight.inside(territory)
        return and_(seen, territory.in_(subtree(self.territory_id))) if self.territory_id else seen

    def during(self, moment: Any) -> ColumnElement[bool]:
        zone = self.ctx.settings.zone
        return and_(moment >= self.period.before.start(zone), moment < self.period.end(zone))

    def now(self, moment: Any) -> ColumnElement[int]:
        """1 in the period, 0 in the one before."""
        return case((moment >= self.period.start(self.ctx.settings.zone), 1), else_=0).label("now")


_kept: OrderedDict[tuple[object, ...], tuple[datetime, Counted]] = OrderedDict()


def count_lately(
    ctx: Context, sight: Sight, period: Period, territory_id: int | None, categories: Sequence[str]
) -> tuple[datetime, Counted]:  # fmt: skip
    """As :func:`count`, by this process a few minutes ago or now: when, and what. Whoever goes to and fro between periods, or takes one
    table after the other, waits once."""
    now = ctx.now()
    key = (str(ctx.db.engine.url), sight, period, territory_id)
    known = _kept.get(key)
    if known is None or not now - KEPT_FOR < known[0] <= now:
        known = now, count(ctx, sight, period, territory_id, categories)
        _kept[key] = known
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return known


def count(ctx: Context, sight: Sight, period: Period, territory_id: int | None, categories: Sequence[str]) -> Counted:
    """All figures of a period and of the one before, of what is in sight. Seven queries."""
    within = _Within(ctx, sight, period, territory_id)
    with ctx.db.read() as session:
        requests = _halves(session.execute(_requests(within)))
        answers = _halves(session.execute(_answers(within)))
        outcomes = _halves(session.execute(_outcomes(within)))
        asked = _halves(session.execute(_asked(within)))
        lost = _halves(session.execute(_lost(within)))
        looking = {(row[0], row[1]): Group(*row[2:]) for row in session.execute(_looking(within))}
        ready = {(row[0], row[1]): Group(*row[2:]) for row in session.execute(_ready(within, categories)) if row[2]}
    now, before = (_half(requests[i], answers[i], outcomes[i], asked[i], lost[i]) for i in (1, 0))
    return Counted(now, before, looking, ready)


def _halves(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.now].append(row)
    return found


def _half(requests: list[Any], answers: list[Any], outcomes: list[Any], asked: list[Any], lost: list[Any]) -> Half:
    by: dict[str, dict[str, Asked]] = defaultdict(dict)
    waits, ages = {}, []
    for row in requests:
        if row.kind == "wait":
            waits[int(row.key)] = row.count
        elif row.kind == "hours":
            ages.append((int(row.key), row.ripe, row.count))
        else:
            by[row.kind][row.key] = Asked(row.count, row.people, row.ripe, row.within, row.agreed)
    by["hours"] = _in_time(ages)
    counts = {row.times: row.volunteers for row in asked if row.times}
    never = sum(row.volunteers for row in asked if not row.times) - sum(row.on_duty for row in asked if row.times)
    return Half(
        requests=by["all"].get("", Asked()), by=dict(by), waits=waits,
        answers={row.key: Group(row.count, row.people) for row in answers},
        over=sum(row.over for row in answers), came_true=sum(row.came_true for row in answers),
        outcomes={row.key: Group(row.count, row.people) for row in outcomes},
        asked=counts | ({0: never} if never > 0 else {}), lost=sum(row.volunteers for row in lost),
    )  # fmt: skip


def _once(rows: Select[*tuple[Any, ...]], name: str) -> CTE:
    """Worked out once, and then grouped in several ways."""
    return rows.cte(name).prefix_with("MATERIALIZED")


def _seconds(moment: Any) -> ColumnElement[int]:
    return cast(extract("epoch", moment), Integer)


def _how_many(which: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((which, 1), else_=0))


def _each(column: Any) -> ColumnElement[int]:
    return func.count(column.distinct())


def _requests(within: _Within) -> Any:
    """Rows of kind, now, key, count, people, ripe, within, agreed.

    Kind ``wait``: the key is in minutes. Kind ``hours``: the key is the largest of ``HOURS`` that they are old, ripe the smallest within
    which both agreed.
    """
    moment = within.ctx.now()
    agreed_at = select(func.min(Match.agreed_at)).where(Match.need_id == Need.id, Match.agreed_at.is_not(None)).correlate(Need)
    wait_s = _seconds(agreed_at.scalar_subquery()) - _seconds(Need.confirmed_at)
    found = (
        select(
            within.now(Need.confirmed_at), people_of().label("who"), func.coalesce(cast(Need.territory_id, String), "").label("territory"),
            Need.category, Need.state, Person.contact, Need.channel, wait_s.label("wait"),
            (int(moment.timestamp()) - _seconds(Need.confirmed_at)).label("age"),
        )
        .join(Need.person)
        .where(within.here(Need.territory_id), within.during(Need.confirmed_at), Need.confirmed_at <= moment)
    )  # fmt: skip
    # Whoever asked has a number: to count different ones in six ways, numbers are compared and not their long names.
    given = found.subquery()
    numbered = select(*[column for column in given.c if column.name != "who"], func.dense_rank().over(order_by=given.c.who).label("who"))
    rows = _once(numbered, "request")
    day_s, none = int(DAY.total_seconds()), literal(0)
    ripe = rows.c.age >= day_s

    def grouped(kind: str, key: Any = None) -> Select[*tuple[Any, ...]]:
        named = literal("") if key is None else key
        return select(
            literal(kind).label("kind"), rows.c.now, named.label("key"), func.count().label("count"), _each(rows.c.who).label("people"),
            _how_many(ripe).label("ripe"), _how_many(and_(ripe, rows.c.wait <= day_s)).label("within"),
            func.count(rows.c.wait).label("agreed"),
        ).group_by(rows.c.now, *[] if key is None else [key])  # fmt: skip

    minutes = rows.c.wait // _figure(60)
    waits = select(literal("wait"), rows.c.now, cast(minutes, String), func.count(), none, none, none, none)
    old = case(*[(rows.c.age >= _figure(hours * 3600), _figure(hours)) for hours in reversed(HOURS)], else_=_figure(0))
    after = case(*[(rows.c.wait <= _figure(hours * 3600), _figure(hours)) for hours in HOURS], else_=_figure(NEVER))
    ages = select(literal("hours"), rows.c.now, cast(old, String), func.count(), none, after, none, none)
    return union_all(
        grouped("all"), *[grouped(kind, rows.c[kind]) for kind in ("state", "category", "territory", "contact", "channel")],
        waits.where(rows.c.wait.is_not(None)).group_by(rows.c.now, minutes), ages.group_by(rows.c.now, old, after),
    )  # fmt: skip


def _figure(number: int) -> ColumnElement[int]:
    """In the words of the query itself: what is grouped by must be told from what is given."""
    return literal_column(str(number), Integer)


def _in_time(ages: list[tuple[int, int, int]]) -> dict[str, Asked]:
    """From how old, agreed within, and how many: how many are so old, and how many of those were agreed within that time."""
    found = {}
    for hours in HOURS:
        old = [(after, many) for age, after, many in ages if age >= hours]
        whole, within = sum(many for _, many in old), sum(many for after, many in old if after <= hours)
        found[str(hours)] = Asked(whole, whole, whole, within, within)
    return found


def _was_asked() -> ColumnElement[bool]:
    """Whoever offers to take a request is not asked: their yes is as old as the match."""
    return or_(Match.accepted_at.is_(None), Match.accepted_at > Match.proposed_at)


def _answers(within: _Within) -> Any:
    """Rows of now, key, count, people, over, came_true: questions to volunteers, by what they said."""
    answer = case(
        (Match.accepted_at.is_not(None), literal_column("'yes'")),
        (Match.state == MatchState.PROPOSED, literal_column("'waiting'")),
        (Match.state == MatchState.DECLINED, literal_column("'no'")),
        (Match.state == MatchState.EXPIRED, literal_column("'silent'")),
        else_=literal_column("'overtaken'"),
    )
    over = Match.state.not_in([MatchState.PROPOSED, MatchState.ACCEPTED])
    found = (
        select(
            within.now(Match.proposed_at), answer.label("key"), Offer.person_id, case((over, 1), else_=0).label("over"),
            case((and_(over, Match.agreed_at.is_not(None)), 1), else_=0).label("came_true"),
        )
        .join(Match.need)
        .join(Match.offer)
        .where(within.here(Need.territory_id), within.during(Match.proposed_at), _was_asked())
        .subquery()
    )  # fmt: skip
    c = found.c
    return select(
        c.now, c.key, func.count().label("count"), _each(c.person_id).label("people"), func.sum(c.over).label("over"),
        func.sum(c.came_true).label("came_true"),
    ).group_by(c.now, c.key)  # fmt: skip


def _outcomes(within: _Within) -> Any:
    """Rows of now, key, count, people: matches by what came of them."""
    goes_on = exists().where(Outcome.match_id == Match.id, Outcome.said == "going_on")
    known = case(
        (Match.outcome == "done", literal_column("'done'")),
        (Match.outcome == "not_done", func.coalesce(Match.because, literal_column("'other'"))),
        (Match.reason.in_(["backed_out", "off_duty"]), literal_column("'by_volunteer'")),
        (Match.reason == "let_go", literal_column("'by_resident'")),
        (Match.state != MatchState.AGREED, literal_column("'called_off'")),
        (goes_on, literal_column("'goes_on'")),
        (and_(Match.asked == 0, Match.ask_at.is_not(None)), literal_column("'not_due'")),
        else_=literal_column("'unknown'"),
    )
    found = (
        select(within.now(Match.agreed_at), known.label("key"), people_of().label("who"))
        .join(Match.need)
        .join(Need.person)
        .where(within.here(Need.territory_id), within.during(Match.agreed_at))
        .subquery()
    )
    c = found.c
    return select(c.now, c.key, func.count().label("count"), _each(c.who).label("people")).group_by(c.now, c.key)


def _on_duty(within: _Within) -> ColumnElement[bool]:
    """The query joins ``Offer`` and its person."""
    return and_(Offer.state == OfferState.ACTIVE, Person.approved_at.is_not(None), within.here(Offer.territory_id))


def _asked(within: _Within) -> Any:
    """Rows of now, times, volunteers, on_duty: how often volunteers of here were asked. 0 times: all on duty today, asked or not."""
    duty = _once(select(Offer.person_id, func.min(Person.approved_at).label("since")).join(Offer.person).where(_on_duty(within))
                 .group_by(Offer.person_id), "duty")  # fmt: skip
    each = (
        select(within.now(Match.proposed_at), Offer.person_id)
        .join(Match.offer)
        .where(within.here(Offer.territory_id), within.during(Match.proposed_at), _was_asked())
        .subquery()
    )
    times = select(each.c.now, each.c.person_id, func.count().label("times")).group_by(each.c.now, each.c.person_id).subquery()
    zone, period = within.ctx.settings.zone, within.period
    asked = (
        select(times.c.now, times.c.times, func.count().label("volunteers"), func.count(duty.c.person_id).label("on_duty"))
        .outerjoin(duty, duty.c.person_id == times.c.person_id)
        .group_by(times.c.now, times.c.times)
    )
    could = [
        select(literal(now), literal(0), func.count(), literal(0)).select_from(duty).where(duty.c.since < each_period.end(zone))
        for now, each_period in enumerate((period.before, period))
    ]
    return union_all(asked, *could)


def _lost(within: _Within) -> Any:
    """Rows of now, volunteers: those who withdrew the last of their offers."""
    other = aliased(Offer)
    left = exists().where(other.person_id == Offer.person_id, other.state != OfferState.WITHDRAWN)
    found = (
        select(within.now(Event.at), Offer.person_id)
        .join(Offer, Offer.id == Event.offer_id)
        .join(Offer.person)
        .where(
            Event.kind == WITHDRAWN, within.during(Event.at), Person.approved_at.is_not(None), Offer.confirmed_at.is_not(None), ~left,
            within.here(Offer.territory_id),
        )
        .subquery()
    )  # fmt: skip
    return select(found.c.now, _each(found.c.person_id).label("volunteers")).group_by(found.c.now)


def _looking(within: _Within) -> Any:
    """Rows of territory, category, count, people: requests that look for somebody, in each way of adding them up."""
    found = (
        select(func.coalesce(cast(Need.territory_id, String), "-").label("territory"), Need.category, people_of().label("who"))
        .join(Need.person)
        .where(Need.state.in_(LOOKING), within.here(Need.territory_id))
    )
    rows = _once(found, "looking")
    c, all_of = rows.c, literal("")
    return union_all(
        select(c.territory, c.category, func.count(), _each(c.who)).group_by(c.territory, c.category),
        select(c.territory, all_of, func.count(), _each(c.who)).group_by(c.territory),
        select(all_of, c.category, func.count(), _each(c.who)).group_by(c.category),
    )


def _ready(within: _Within, categories: Sequence[str]) -> Any:
    """Rows of territory, category, count, people: offers of approved volunteers on duty; one counts for each kind of help it has."""
    found = (
        select(
            func.coalesce(cast(Offer.territory_id, String), "-").label("territory"), cast(Offer.categories, Text).label("kinds"),
            Offer.person_id,
        )
        .join(Offer.person)
        .where(_on_duty(within))
    )  # fmt: skip
    rows = _once(found, "ready")
    c, all_of = rows.c, literal("")
    kinds = [(literal(slug), c.kinds.contains(f'"{slug}"', autoescape=True)) for slug in categories]
    return union_all(
        select(c.territory, all_of, func.count(), _each(c.person_id)).group_by(c.territory),
        *[select(c.territory, slug, func.count(), _each(c.person_id)).where(has).group_by(c.territory) for slug, has in kinds],
        *[select(all_of, slug, func.count(), _each(c.person_id)).where(has) for slug, has in kinds],
    )
