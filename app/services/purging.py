"""What is kept too long goes: once a day, a batch at a time, by the table of :mod:`app.retention`; volunteers are asked before."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session

from app.context import Context
from app.models import (
    Attempt,
    Device,
    Draft,
    Fact,
    Flag,
    Incident,
    IncidentEntry,
    Match,
    Need,
    Note,
    Offer,
    Person,
    Plan,
    PlanState,
    Task,
)
from app.retention import TABLE
from app.services import erasing
from app.services.erasure import FATES
from app.services.events import SYSTEM
from app.services.silence import ask_due, gone, silent_since, would_ask
from matching.lifecycle import NeedState, OfferState
from notifications import erase as messages
from notifications.transport.file import remove_mail

log = logging.getLogger(__name__)

BATCH = 200
AT_ONCE = 20
"""So many people are erased in one look: each is a transaction of its own."""
DONE, COUNTS = "retention", "retention_counts"
"""Facts: the day of the last purge that came to its end, and how much went on that day."""
Which = Callable[[datetime], ColumnElement[bool]]


def _nothing_to_do() -> ColumnElement[bool]:
    """No agent has still to call or write to the query's person."""
    return ~exists().where(Task.person_id == Person.id, Task.closed_at.is_(None)).correlate(Person)


def _offers(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Offer.person_id == Person.id, *which).correlate(Person)


def _needs(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Need.person_id == Person.id, *which).correlate(Person)


def _unconfirmed(before: datetime, _now: datetime) -> ColumnElement[bool]:
    confirmed = or_(_needs(Need.confirmed_at.is_not(None)), _offers(Offer.state != OfferState.UNCONFIRMED))
    return and_(silent_since(before), Person.email_confirmed_at.is_(None), Person.approved_at.is_(None), ~confirmed, _nothing_to_do())


def _unmet(before: datetime, _now: datetime) -> ColumnElement[bool]:
    helped = exists().where(Match.need_id == Need.id, Need.person_id == Person.id, Match.agreed_at.is_not(None)).correlate(Person)
    stands = _needs(Need.state.in_([NeedState.OPEN, NeedState.ASKED, NeedState.AGREED]))
    return and_(silent_since(before), ~helped, ~stands, ~_offers(), _needs(), _nothing_to_do())


PEOPLE: dict[str, Callable[[datetime, datetime], ColumnElement[bool]]] = {"unconfirmed": _unconfirmed, "unmet": _unmet, "people": gone}
"""Who is erased, by the name of the row of the table: silent since when, and now."""
ASKED = "asked"
"""In what is told of a purge: volunteers who were asked whether they still want to help."""
ROWS: dict[str, Sequence[tuple[Any, Which, Mapping[str, Any] | None]]] = {
    "attempts": [(Attempt, lambda before: Attempt.at < before, None)],
    "devices": [(Device, lambda before: Device.at <= before, None)],
    "drafts": [(Draft, lambda before: Draft.changed_at < before, None)],
    "plans": [(
        Plan, lambda before: and_(Plan.wanted_at < before, Plan.state.in_([PlanState.WANTED, PlanState.READY])),
        {"pairs": "[]", "state": PlanState.DROPPED},
    )],
    "tasks": [(
        Task, lambda before: and_(Task.closed_at < before, or_(Task.words != "", Task.why.is_not(None))), {"words": "", "why": None},
    )],
    "notes": [(Note, lambda before: and_(Note.at < before, or_(Note.text != "", Note.sender != "")), FATES["note"].empties)],
    "incidents": [
        (Incident, lambda before: and_(Incident.closed_at < before, Incident.words != ""), {"words": ""}),
        (IncidentEntry, lambda before: and_(IncidentEntry.words != "", IncidentEntry.incident_id.in_(
            select(Incident.id).where(Incident.closed_at < before))), {"words": ""}),
    ],
    "flags": [(Flag, lambda before: Flag.looked_at < before, None)],
}  # fmt: skip
"""Of the others: tables, which of their rows are too old, and what is left of those; ``None`` deletes them."""


def purge_due(ctx: Context) -> int:
    """The next batch, unless all of it is done for today; how much went."""
    today = ctx.now().astimezone(ctx.settings.zone).date().isoformat()
    with ctx.db.read() as session:
        facts = dict(session.execute(select(Fact.name, Fact.value).where(Fact.name.in_([DONE, COUNTS]))).all())
    if facts.get(DONE) == today:
        return 0
    counts = _batch(ctx)
    so_far = json.loads(facts.get(COUNTS, "{}"))
    sums = Counter(so_far["counts"] if so_far.get("day") == today else {}) + Counter(counts)
    with ctx.db.write() as session:
        session.merge(Fact(name=COUNTS, value=json.dumps({"day": today, "counts": sums})))
        if not counts:
            session.merge(Fact(name=DONE, value=today))
    if not counts:
        log.info("what was kept too long is gone for today: %s", ", ".join(f"{name} {n}" for name, n in sums.items()) or "nothing")
    return sum(counts.values())


def purge(ctx: Context) -> dict[str, int]:
    """All of it, whatever the hour; how much went of each."""
    sums: Counter[str] = Counter({ASKED: 0} | {each.name: 0 for each in TABLE})
    while more := _batch(ctx):
        sums.update(more)
    return dict(sums)


def would_go(ctx: Context) -> dict[str, int]:
    """How much of each row of the table is kept too long now. Somebody is counted in the first row that they are in."""
    found, people = {}, set[int]()
    with ctx.db.read() as session:
        found[ASKED], counts = would_ask(session, ctx), _rows_to_go(session, ctx)
        for each in TABLE:
            before = ctx.now() - each.lasts(ctx.settings)
            if each.name in PEOPLE:
                more = set(session.scalars(select(Person.id).where(PEOPLE[each.name](before, ctx.now())))) - people
                people |= more
                found[each.name] = len(more)
            elif each.name == "messages":
                found[each.name] = messages.count_old(session.connection(), before)
            else:
                found[each.name] = sum(counts[each.name])
    return found


def _rows_to_go(session: Session, ctx: Context) -> dict[str, list[int]]:
    """How many rows of :data:`ROWS`, in one statement: a page shows it."""
    since = {each.name: ctx.now() - each.lasts(ctx.settings) for each in TABLE}
    every = [(name, kind, which) for name, rows in ROWS.items() for kind, which, _ in rows]
    counts = [select(func.count()).select_from(kind).where(which(since[name])).scalar_subquery() for name, kind, which in every]
    found: dict[str, list[int]] = {name: [] for name in ROWS}
    for (name, *_), number in zip(every, session.execute(select(*counts)).one(), strict=True):
        found[name].append(number)
    return found


def last(ctx: Context) -> tuple[str, dict[str, int]]:
    """The last day on which something was purged, and how much of each; an empty day: never."""
    with ctx.db.read() as session:
        told = json.loads(session.scalar(select(Fact.value).where(Fact.name == COUNTS)) or "{}")
        return told.get("day", ""), told.get("counts", {})


def _batch(ctx: Context) -> dict[str, int]:
    """How much went of each, where anything did."""
    counts = {ASKED: ask_due(ctx, AT_ONCE)}
    counts |= {each.name: _purge(ctx, each.name, ctx.now() - each.lasts(ctx.settings)) for each in TABLE}
    return {name: number for name, number in counts.items() if number}


def _purge(ctx: Context, name: str, before: datetime) -> int:
    if name in PEOPLE:
        with ctx.db.read() as session:
            due = session.scalars(select(Person.id).where(PEOPLE[name](before, ctx.now())).order_by(Person.id).limit(AT_ONCE)).all()
        # One for whom it has to wait is not found again: it is done by itself then.
        return sum(erasing.erase(ctx, person_id, SYSTEM, "time") is None for person_id in due)
    with ctx.db.write() as session:
        if name == "messages":
            copies = messages.empty_old(session.connection(), before, BATCH)
            remove_mail(ctx.mail_folder, copies)
            return len(copies)
        return sum(_of_rows(session, kind, which(before), left) for kind, which, left in ROWS[name])


def _of_rows(session: Session, kind: Any, which: ColumnElement[bool], left: Mapping[str, Any] | None) -> int:
    key = kind.__mapper__.primary_key[0]
    ids = session.scalars(select(key).where(which).order_by(key).limit(BATCH)).all()
    old = key.in_(ids)
    session.execute(delete(kind).where(old) if left is None else update(kind).where(old).values(**left))
    return len(ids)
