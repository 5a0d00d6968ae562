"""What must always be so, each asked of the database in one statement, with what to do where it is not. Nothing here changes anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, String, Table, and_, case, exists, func, or_, select, type_coerce
from sqlalchemy.orm import aliased

from app.context import Context
from app.db import Base
from app.models import Lease, Match, Moderation, Need, Offer, Person, Plan, PlanState, Task, TaskKind, Visit
from app.services.rotation import GONE, standing
from matching.lifecycle import HELD, LIVE, MatchState, NeedState, OfferState, VisitState
from notifications.tables import OutboxState, metadata, outbox

STUCK = timedelta(hours=1)
"""Work that was due so long ago is not merely waiting for its turn."""
AHEAD = timedelta(days=1)
"""A lease is for seconds: one that ends later was taken by a clock that was wrong."""
SHOWN = 5
ENDED = (NeedState.UNCONFIRMED, NeedState.CLOSED, NeedState.WITHDRAWN, NeedState.EXPIRED)
START = "See that a worker runs and read what it logs."
COUNT = "Stop the workers and set taken to what its matches say, in the database; then start them again."
STATE = "Write to whoever looks after the software with these numbers, and pause the request until then, on its page."


@dataclass(frozen=True)
class Rule:
    """``wrong`` finds the ids of what is not ``what`` it should be."""

    what: str
    wrong: Select[Any]
    mend: str


@dataclass(frozen=True)
class Wrong:
    """``which``: the first few ids."""

    what: str
    number: int
    which: str
    mend: str


def check(ctx: Context) -> list[Wrong]:
    """All that is not as it should be."""
    found = []
    with ctx.db.read() as session:
        for rule in (*_of_states(), *_of_counts(), *_of_work(ctx.now()), *_of_references()):
            ids = rule.wrong.subquery()
            if number := session.scalar(select(func.count()).select_from(ids)):
                first = session.scalars(rule.wrong.limit(SHOWN)).all()
                found.append(Wrong(rule.what, number, ", ".join(map(str, first)), rule.mend))
    if number := standing(ctx)[GONE]["sealed"]:
        mend = "Put the key they were sealed with back into ENCRYPTION_KEYS, behind the first one."
        found.append(Wrong("Values that no key at hand opens", number, "see adeuxpas keys", mend))
    return found


def _matches(need_or_offer: ColumnElement[Any], *which: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count(Match.id)).where(need_or_offer, *which).scalar_subquery()


def _has(*which: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Match.need_id == Need.id, *which)


def _of_states() -> Iterator[Rule]:
    kinds: tuple[tuple[Any, type[StrEnum]], ...] = ((Need, NeedState), (Offer, OfferState), (Match, MatchState), (Visit, VisitState))
    for kind, states in kinds:
        unknown = select(kind.id).where(kind.state.not_in(list(states)))
        yield Rule(f"State of a {kind.__tablename__} that there is not", unknown, "Take the state from a backup; its events say it too.")
    proposed, free = _has(Match.state == MatchState.PROPOSED), Need.taken < Need.helpers_needed
    placed = type_coerce(Need.exact_point, String).is_not(None)  # before that an agent has a task
    forgotten = and_(Need.next_try_at.is_(None), placed, Need.moderation != Moderation.HELD)
    open_ = select(Need.id).where(Need.state == NeedState.OPEN, or_(~free, proposed, forgotten))
    yield Rule("Open request that nobody looks for, or that is served or asked for", open_, STATE)
    waits = case((free, proposed), else_=_has(Match.state == MatchState.ACCEPTED))
    yield Rule("Request that counts as asked for and is not", select(Need.id).where(Need.state == NeedState.ASKED, ~waits), STATE)
    other = _has(Match.state.in_(LIVE - {MatchState.AGREED}))
    agreed = select(Need.id).where(Need.state == NeedState.AGREED, or_(free, other, ~_has(Match.state == MatchState.AGREED)))
    yield Rule("Request that counts as agreed and is not", agreed, STATE)
    over, rests = and_(Need.state.in_(ENDED), _has(Match.state.in_(LIVE))), and_(Need.state == NeedState.PAUSED, other)
    ended = select(Need.id).where(or_(over, rests))
    yield Rule("Request that has ended or rests while somebody is asked", ended, "End the match on its page.")
    held = select(Need.id).where(Need.moderation == Moderation.HELD, _has(Match.state.in_(LIVE)))
    yield Rule("Request that has to be read first, for which somebody is asked", held, "Read it, on the list of tasks, and end the match.")
    late = select(Visit.id).join(Match).where(Visit.state == VisitState.PLANNED, Match.state != MatchState.AGREED)
    yield Rule("Visit that is planned though its match has ended", late, "Leave the visit out on its page.")


def _of_counts() -> Iterator[Rule]:
    live = _matches(Match.offer_id == Offer.id, Match.state.in_(LIVE))
    counted = select(Offer.id).where(or_(Offer.taken != live, live > Offer.capacity))
    yield Rule("Offer that counts other matches than it has", counted, COUNT)
    held = _matches(Match.need_id == Need.id, or_(Match.state.in_(HELD), Match.outcome == "done"))
    yield Rule("Request that counts other helpers than it has", select(Need.id).where(Need.taken != held), COUNT)
    twice = select(func.min(Match.id)).where(Match.state.in_(LIVE)).group_by(Match.need_id, Match.offer_id).having(func.count() > 1)
    yield Rule("Two live matches of the same two", twice, "End one of the two on its page, then run adeuxpas migrate: an index is missing.")
    nowhere = type_coerce(Need.exact_point, String).is_not(None), or_(Need.public_lon.is_(None), Need.public_lat.is_(None))
    yield Rule("Request on the map without a public point", select(Need.id).where(*nowhere), "Place it again, on its page.")
    folded = aliased(Person)
    lost = select(Need.id).join(folded, folded.id == Need.person_id).where(folded.merged_into_id.is_not(None))
    yield Rule("Request of somebody who was merged into another", lost, "Take the merge back on the person's page and merge again.")


def _of_work(now: datetime) -> Iterator[Rule]:
    ago, o = now - STUCK, outbox.c
    searching = Need.state.in_([NeedState.OPEN, NeedState.ASKED]), Need.moderation != Moderation.HELD
    yield Rule("Request that waits to be matched", select(Need.id).where(*searching, Need.next_try_at < ago), START)
    unanswered = Match.state.in_([MatchState.PROPOSED, MatchState.ACCEPTED]), Match.deadline_at < ago
    yield Rule("Match past its deadline", select(Match.id).where(*unanswered), START)
    yield Rule("Match of which nobody is asked what came of it", select(Match.id).where(
        Match.state == MatchState.AGREED, Match.ask_at < ago), START)  # fmt: skip
    yield Rule("Round that nobody works out", select(Plan.id).where(Plan.state == PlanState.WANTED, Plan.wanted_at < ago), START)
    sending = "See that the mail server answers: adeuxpas mail says what it said."
    yield Rule("Message that waits to be sent", select(o.id).where(o.state == OutboxState.WAITING, o.due_at < ago), sending)
    claimed = select(o.id).where(o.state == OutboxState.SENDING, o.claimed_until < ago)
    yield Rule("Message that a worker has begun to send and not ended", claimed, "Start the workers again: they take it up.")
    refused = o.state.in_([OutboxState.REFUSED, OutboxState.SUPPRESSED]), o.handled_at.is_(None), o.created_at < ago
    yield Rule("Message that was refused and became nobody's task", select(o.id).where(*refused), START)
    reading = exists().where(Task.kind == TaskKind.MODERATE, Task.need_id == Need.id, Task.closed_at.is_(None))
    unread = select(Need.id).where(Need.moderation == Moderation.HELD, Need.state.not_in(ENDED), ~reading)
    yield Rule("Request that waits to be read and is on nobody's list", unread, "Change a word of it on its page: it is read again then.")
    idle = select(Lease.name).where(Lease.name == "matching", Lease.until < ago)
    yield Rule("Work that no worker has done lately", idle, "Start a worker.")
    ahead = select(Lease.name).where(Lease.until > now + AHEAD)
    yield Rule("Lease that ends too late for a clock that is right", ahead, "Set the machine's clock right and delete the row from lease.")


def _of_references() -> Iterator[Rule]:
    for table in (*Base.metadata.sorted_tables, *metadata.sorted_tables):
        for column in table.columns:
            for key in column.foreign_keys:
                other: Table = key.column.table.alias()  # type: ignore[assignment]
                lost = ~exists().where(other.c[key.column.name] == column)
                rows = select(next(iter(table.primary_key.columns))).where(column.is_not(None), lost)
                mend = "Restore a backup, or delete these rows: the database was changed by other hands."
                yield Rule(f"Row of {table.name} whose {column.name} is of nobody and nothing", rows, mend)
    nobody = select(outbox.c.id).where(~exists().where(Person.id == outbox.c.reader_id))
    yield Rule("Message for somebody who is not there", nobody, "Have no worker send it: set its state to skipped.")
