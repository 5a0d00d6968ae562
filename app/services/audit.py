"""The trail of what happened, sealed: each record is hashed together with the one before it, in a chain for each territory.

Whoever writes an event takes no lock for it and hashes nothing: the worker seals what is there, a few seconds later (decision 28).
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, func, insert, select
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Event, EventSeal, Match, Need, Offer, Task, Territory

BATCH = 2000
LATE = timedelta(hours=1)
"""Longer than any transaction that writes events is open. What is not sealed after this time shows that no worker runs, or that something
is wrong."""
NOTHING = b"\0" * 32
"""What stands before the first of a chain."""
FIELDS = (
    Event.id, Event.at, Event.kind, Event.actor_id, Event.channel, Event.reason, Event.person_id, Event.need_id, Event.offer_id,
    Event.match_id, Event.task_id, Event.territory_id,
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The last record of a chain, to be kept elsewhere: who holds the database can write all of it anew, but not what others keep."""

    chain: int
    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.chain} {self.number} {self.hash}"


@dataclass(frozen=True)
class Broken:
    """The first record of a chain that is not as it was sealed. ``event_id`` is ``None`` where nothing says any more which it was."""

    chain: int
    number: int
    event_id: int | None
    what: str


@dataclass(frozen=True)
class Newest:
    """The record that was sealed last: when it happened (``None``: nothing is sealed yet), whether it follows the one before it as it was
    sealed, and how many records wait though they are older than :data:`LATE`."""

    at: datetime | None
    holds: bool
    waiting: int


@dataclass(frozen=True)
class Trail:
    """What a check found. ``waiting`` are events that are not sealed though they are older than :data:`LATE`."""

    sealed: int
    heads: Sequence[Head]
    broken: Sequence[Broken]
    waiting: int


class Sealer:
    """Seals what is new. The first look goes through all events; later ones through those since :data:`LATE` before, since a number may be
    given long before its transaction ends."""

    def __init__(self) -> None:
        self._floor = self._seen = 0
        self._marks: list[tuple[datetime, int]] = []

    def seal_due(self, ctx: Context) -> int:
        """Seal a batch; how many records. Two at once do no harm: the place in the chain is given once."""
        now = ctx.now()
        with ctx.db.read() as session:
            rows = session.execute(_unsealed(max(self._floor, self._seen))).all()
            newest = session.scalar(select(func.max(Event.id))) or 0
            if not self._marks:
                old = select(Event.id).where(Event.at < now - LATE).order_by(Event.at.desc(), Event.id.desc()).limit(1)
                self._marks.append((now - LATE, session.scalar(old) or 0))
        self._seen = rows[-1].id if len(rows) == BATCH else 0
        if not self._seen:
            self._advance(now, newest)
        if rows:
            with ctx.db.write() as session:
                session.execute(insert(EventSeal), list(_links(session, rows)))
        return len(rows)

    def _advance(self, now: datetime, newest: int) -> None:
        self._marks.append((now, newest))
        while self._marks[0][0] <= now - LATE:
            self._floor = self._marks.pop(0)[1]


def _unsealed(floor: int) -> Select[Any]:
    of_match = aliased(Need)
    chain = func.coalesce(Event.territory_id, Need.territory_id, Offer.territory_id, of_match.territory_id, Task.territory_id, 0)
    return (
        select(*FIELDS, chain.label("chain"))
        .outerjoin(EventSeal, EventSeal.event_id == Event.id)
        .outerjoin(Need, Need.id == Event.need_id)
        .outerjoin(Offer, Offer.id == Event.offer_id)
        .outerjoin(Match, Match.id == Event.match_id)
        .outerjoin(of_match, of_match.id == Match.need_id)
        .outerjoin(Task, Task.id == Event.task_id)
        .where(Event.id > floor, EventSeal.event_id.is_(None))
        .order_by(Event.id)
        .limit(BATCH)
    )


def _links(session: Session, rows: Sequence[Row[Any]]) -> Iterator[dict[str, Any]]:
    heads = dict[int, tuple[int, bytes]]()
    for row in rows:
        if row.chain not in heads:
            last = select(EventSeal.number, EventSeal.hash).where(EventSeal.chain == row.chain).order_by(EventSeal.number.desc()).limit(1)
            heads[row.chain] = tuple(session.execute(last).one_or_none() or (0, NOTHING))
        number, before = heads[row.chain]
        heads[row.chain] = number + 1, _hash(before, row)
        yield {"event_id": row.id, "chain": row.chain, "number": number + 1, "hash": heads[row.chain][1]}


def _hash(before: bytes, row: Row[Any], **otherwise: Any) -> bytes:
    values = [otherwise.get(field.key, getattr(row, field.key)) for field in FIELDS]
    values[1] = values[1].astimezone(UTC).isoformat(timespec="microseconds")
    return hashlib.sha256(before + json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()).digest()


def verify(ctx: Context, kept: Sequence[Head] = ()) -> Trail:
    """Go through every chain to its end. ``kept`` are heads of before: they must still be where they were."""
    sealed, heads, broken, places = 0, list[Head](), list[Broken](), {(head.chain, head.number): head for head in kept}
    seals = select(EventSeal.chain, EventSeal.number, EventSeal.hash, EventSeal.event_id, *FIELDS)
    seals = seals.outerjoin(Event, Event.id == EventSeal.event_id).order_by(EventSeal.chain, EventSeal.number)
    with ctx.db.read() as session:
        there = frozenset(session.scalars(select(Territory.id)))
        rows = session.execute(seals, execution_options={"yield_per": BATCH})
        for chain, links in groupby(rows, key=lambda row: row.chain):
            last, wrong = _follow(chain, links, places, chain in there)
            sealed += last.number
            heads.append(last)
            broken += [wrong] if wrong else []
        late = select(func.count(Event.id)).outerjoin(EventSeal, EventSeal.event_id == Event.id)
        waiting = session.scalar(late.where(EventSeal.event_id.is_(None), Event.at < ctx.now() - LATE)) or 0
    named = {wrong.chain for wrong in broken}
    broken += [Broken(head.chain, head.number, None, "is gone, with all after it")
               for head in places.values() if head.chain not in named]  # fmt: skip
    return Trail(sealed, heads, broken, waiting)


def newest(ctx: Context) -> Newest:
    """Of all chains: a glance. Only :func:`verify` goes through them."""
    seals = select(EventSeal.chain, EventSeal.number, EventSeal.hash, EventSeal.event_id, *FIELDS)
    with ctx.db.read() as session:
        row = session.execute(
            seals.outerjoin(Event, Event.id == EventSeal.event_id).order_by(EventSeal.event_id.desc()).limit(1)
        ).one_or_none()
        late = select(func.count(Event.id)).where(Event.id > (row.event_id if row else 0), Event.at < ctx.now() - LATE)
        waiting = session.scalar(late) or 0
        if row is None:
            return Newest(None, True, waiting)
        before = select(EventSeal.hash).where(EventSeal.chain == row.chain, EventSeal.number == row.number - 1)
        last, there = session.scalar(before) or NOTHING, session.get(Territory, row.chain) is not None
    return Newest(row.at, _wrong(last, row, row.number, there) is None, waiting)


def _follow(
    chain: int, links: Iterator[Row[Any]], places: dict[tuple[int, int], Head], there: bool
) -> tuple[Head, Broken | None]:
    """The head of a chain, and the first of its records that is wrong. Of ``places`` those that are as they were are taken out."""
    before, wrong, number, found = NOTHING, None, 0, b""
    for number, row in enumerate(links, 1):
        found = row.hash
        head = places.get((chain, row.number))
        if head and head.hash == found.hex():
            del places[chain, row.number]
        if wrong is None and (what := _wrong(before, row, number, there)):
            wrong = Broken(chain, number, row.event_id if row.number == number else None, what)
        before = found
    return Head(chain, number, found.hex()), wrong


def _wrong(before: bytes, row: Row[Any], number: int, there: bool) -> str | None:
    if row.number != number:
        return "is gone"
    if row.id is None:
        return "has lost its event"
    if row.hash == _hash(before, row):
        return None
    # What happened in a territory that was removed is told by its name from then on (services/territory_removal.py).
    renamed: list[Mapping[str, Any]] = [{"territory_id": row.chain}, {"territory_id": row.chain, "reason": None}]
    if row.territory_id is None and not there and any(row.hash == _hash(before, row, **was) for was in renamed):
        return None
    return "is not what was sealed, or does not follow the one before"
