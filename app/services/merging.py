"""Two people who are one: what one of them has becomes the other's, in one transaction, with what takes it back.

The one that is folded in stays as a row that points to the one that is kept, empty but for the blind index of the number that was not
chosen: whoever calls from it is found. Events stay as they were written; pages read them of
both. All else that names a person is in :data:`MOVED`, or belongs to agents, who are never merged.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, bindparam, exists, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.context import Context
from app.models import Block, Check, Device, Flag, Incident, Match, Merge, Need, Note, Offer, Person, Role, Task
from app.services.events import Actor, record
from app.services.freezing import take_back
from app.services.sessions import end_all
from app.services.sight import Sight
from matching.lifecycle import LIVE, OfferState
from notifications.tables import outbox

MOVED: tuple[InstrumentedAttribute[Any], ...] = (
    Need.person_id, Offer.person_id, Task.person_id, Note.person_id, Block.person_id, Block.other_id, Check.person_id,
    Person.merged_into_id, Incident.reporter_id, Incident.about_id, Flag.person_id, Device.person_id,
)  # fmt: skip
CHOSEN = ("name", "email", "phone", "contact", "language")
"""Of which somebody chooses whose counts. What is empty with one is taken from the other."""
EITHER = ("notice_version", "charter_version", "minimum_age_confirmed_at", "approved_at", "frozen_at", "erase_asked_at")
"""Taken from the other where it is empty with the one that is kept."""
WITH = {"email": ("email_index", "email_confirmed_at"), "phone": ("phone_index",), "approved_at": ("approved_by_id",)}
"""What goes along."""
NEEDS_ADDRESS = {"email": "email", "sms": "phone", "phone": "phone"}
KNOWN = tuple(column.key for column in Person.__table__.columns if column.key not in ("id", "changed_at"))
MOMENTS = tuple(name for name in KNOWN if name.endswith("_at"))
EMPTY: dict[str, Any] = dict.fromkeys((*EITHER, "email", "phone", "password_hash", *sum(WITH.values(), ())))
EMPTY |= {"name": "", "account": False}


class Cannot(StrEnum):
    """Why two people are not merged, or a merge is not undone."""

    GONE = "gone"
    AGENT = "agent"
    TOGETHER = "together"
    APPROVE = "approve"
    UNDONE = "undone"
    NEWER = "newer"
    ADDRESS = "address"
    ELSEWHERE = "elsewhere"


class CannotMerge(Exception):
    def __init__(self, why: Cannot) -> None:
        super().__init__(why)
        self.why = why


def merge(ctx: Context, sight: Sight, kept_id: int, folded_id: int, choice: Mapping[str, int], by: Actor) -> int:
    """Fold one into the other; who is kept. ``choice`` has for each of :data:`CHOSEN` whose counts (an id).

    Somebody with an account is kept where the other has none, and an account's own e-mail address stays. Raises :class:`CannotMerge`.
    """
    now = ctx.now()
    with ctx.db.write() as session:
        kept, folded = _both(session, sight, kept_id, folded_id)
        if folded.account and not kept.account:
            kept, folded = folded, kept
        _check(session, kept, folded)
        news = {name: value for name, value in _known_of(kept, folded, choice).items() if value != getattr(kept, name)}
        undo: dict[str, Any] = {
            "folded": _plain(folded, KNOWN),
            "before": _plain(kept, news),
            "rows": {str(column): _move(session, column, kept.id, folded.id, now) for column in MOVED},
            "messages": _move_messages(session, folded.id, kept.id),
        }
        chosen = news.get("phone_index", kept.phone_index)
        spare = next((index for index in (folded.phone_index, kept.phone_index) if index != chosen), None)
        _set(session, folded, EMPTY | {"merged_into_id": kept.id, "phone_index": spare}, now)
        end_all(session, folded.id, now)
        _set(session, kept, news, now)
        undo["after"] = _plain(kept, news)
        _offers_changed(session, kept.id, now)
        if kept.frozen_at is not None:
            take_back(session, ctx, kept, now, by)
        session.add(Merge(kept_id=kept.id, folded_id=folded.id, undo=json.dumps(undo), at=now, by_id=by.person_id))
        for person in (kept, folded):
            record(session, "people_merged", now, by, person_id=person.id)
        return kept.id


def why_not(ctx: Context, one: Row[*tuple[Any, ...]], other: Row[*tuple[Any, ...]]) -> Cannot | None:
    """Why these two in sight would not be merged now, if they would not. Columns: id, role, approved_at, merged_into_id."""
    if one.merged_into_id or other.merged_into_id:
        return Cannot.GONE
    with ctx.db.read() as session:
        try:
            _check(session, one, other)
        except CannotMerge as error:
            return error.why
    return None


def undo(ctx: Context, sight: Sight, merge_id: int, by: Actor) -> None:
    """Take a merge back: what was moved and is still there goes back, what has come since stays. Raises :class:`CannotMerge`."""
    now = ctx.now()
    with ctx.db.write() as session:
        done = session.get(Merge, merge_id, with_for_update=True)
        if done is None:
            raise CannotMerge(Cannot.GONE)
        if done.undone_at is not None:
            raise CannotMerge(Cannot.UNDONE)
        if not done.undo:  # whose it was has been erased
            raise CannotMerge(Cannot.GONE)
        both = done.kept_id, done.folded_id
        newer = exists().where(Merge.id > done.id, Merge.undone_at.is_(None), or_(Merge.kept_id.in_(both), Merge.folded_id.in_(both)))
        if session.scalar(select(newer)):
            raise CannotMerge(Cannot.NEWER)
        kept = session.scalar(sight.find(Person, done.kept_id).with_for_update(of=Person))
        if kept is None:
            raise CannotMerge(Cannot.GONE)
        folded, was = session.get_one(Person, done.folded_id, with_for_update=True), json.loads(done.undo)
        unchanged = {name for name, value in was["after"].items() if _plain(kept, [name])[name] == value}
        _set(session, kept, {name: value for name, value in _live(was["before"]).items() if name in unchanged}, now)
        _free_address(session, was["folded"])
        _set(session, folded, _live(was["folded"]), now)
        for column in MOVED:
            _move(session, column, folded.id, kept.id, now, only=was["rows"][str(column)])
        _move_messages(session, kept.id, folded.id, only=was["messages"])
        for person in (kept, folded):
            _offers_changed(session, person.id, now)
            record(session, "merge_undone", now, by, person_id=person.id)
        # As for a merge: of both, as they are again. What was done above is not kept otherwise.
        if any(session.scalar(sight.find(Person, person_id)) is None for person_id in both):
            raise CannotMerge(Cannot.ELSEWHERE)
        done.undone_at, done.undone_by_id = now, by.person_id


def _both(session: Session, sight: Sight, kept_id: int, folded_id: int) -> tuple[Person, Person]:
    """Locked in the order of their ids."""
    wanted = select(Person).where(Person.id.in_({kept_id, folded_id}), sight.of_person()).order_by(Person.id)
    people = {person.id: person for person in session.scalars(wanted.with_for_update(of=Person))}
    kept, folded = people.get(kept_id), people.get(folded_id)
    if kept is None or folded is None or kept is folded or any(one.merged_into_id or one.erased_at for one in (kept, folded)):
        raise CannotMerge(Cannot.GONE)
    return kept, folded


def _check(session: Session, kept: Person | Row[*tuple[Any, ...]], folded: Person | Row[*tuple[Any, ...]]) -> None:
    if kept.role != Role.NONE or folded.role != Role.NONE:
        raise CannotMerge(Cannot.AGENT)
    ids = kept.id, folded.id
    together = select(Match.id).join(Match.need).join(Match.offer)
    together = together.where(Need.person_id.in_(ids), Offer.person_id.in_(ids), Match.state.in_(LIVE))
    # The city's approval is of what it has seen: it does not pass to an offer that still waits for it.
    waiting = [person.id for person in (kept, folded) if person.approved_at is None]
    offers = select(Offer.id).where(Offer.person_id.in_(waiting), Offer.state != OfferState.WITHDRAWN)
    meet, offer = session.execute(select(together.exists(), offers.exists())).one()
    if meet:
        raise CannotMerge(Cannot.TOGETHER)
    if len(waiting) == 1 and offer:
        raise CannotMerge(Cannot.APPROVE)


def _known_of(kept: Person, folded: Person, choice: Mapping[str, int]) -> dict[str, Any]:
    """What is known of the one that is kept from now on."""
    known: dict[str, Any] = {}
    for name in (*CHOSEN, *EITHER):
        first, second = (folded, kept) if choice.get(name) == folded.id else (kept, folded)
        # An address that somebody typed does not become a way to sign in.
        if name == "email" and kept.account and (kept.email or not folded.account):
            first = second = kept
        source = first if getattr(first, name) else second
        known |= {each: getattr(source, each) for each in (name, *WITH.get(name, ()))}
    ways = (known["contact"], kept.contact, folded.contact, "letter")
    known["contact"] = next(way for way in ways if way not in NEEDS_ADDRESS or known[NEEDS_ADDRESS[way]])
    return known


def _move(
    session: Session, column: InstrumentedAttribute[Any], to: int, of: int, now: datetime, only: list[int] | None = None
) -> list[int]:
    """Give what ``of`` has in this column to the other; the ids of the rows."""
    kind: Any = column.class_
    found = select(kind.id).where(column == of)
    if kind is Block:  # one between the two stays, and one that the other has too
        opposite = Block.other_id if column.key == "person_id" else Block.person_id
        has = select(opposite).where(column == to)
        found = found.where(opposite != to, opposite.not_in(has.scalar_subquery()))
    ids = [i for i in session.scalars(found.order_by(kind.id)) if only is None or i in only]
    values = {column.key: to} | ({"changed_at": now} if hasattr(kind, "changed_at") else {})
    session.execute(update(kind).where(kind.id.in_(ids)).values(values))
    return ids


def _move_messages(session: Session, of: int, to: int, only: list[int] | None = None) -> list[int]:
    """Messages are found by their reader, and by what they say that they are about. Whether one was sent already is not touched."""
    rows = session.execute(select(outbox.c.id, outbox.c.about).where(outbox.c.reader_id == of).order_by(outbox.c.id)).all()
    moved = {row.id: re.sub(rf"\bperson:{of}\b", f"person:{to}", row.about) for row in rows if only is None or row.id in only}
    if moved:
        change = update(outbox).where(outbox.c.id == bindparam("which")).values(reader_id=to, about=bindparam("now_about"))
        session.connection().execute(change, [{"which": i, "now_about": about} for i, about in moved.items()])
    return list(moved)


def _offers_changed(session: Session, person_id: int, now: datetime) -> None:
    """The matcher's index reads offers that changed, and with them whose they are."""
    session.execute(update(Offer).where(Offer.person_id == person_id).values(changed_at=now))


def _set(session: Session, person: Person, values: Mapping[str, Any], now: datetime) -> None:
    for name, value in values.items():
        setattr(person, name, value)
    person.changed_at = now
    session.flush()


def _free_address(session: Session, folded: Mapping[str, Any]) -> None:
    """Nobody has made an account with the folded one's address meanwhile."""
    taken = exists().where(Person.account, Person.email_index == folded["email_index"])
    if folded["account"] and session.scalar(select(taken)):
        raise CannotMerge(Cannot.ADDRESS)


def _plain(person: Person, names: Any) -> dict[str, Any]:
    """As JSON has it."""
    values = {name: getattr(person, name) for name in names}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _live(values: Mapping[str, Any]) -> dict[str, Any]:
    """As a person has it, without columns that are gone by now."""
    return {n: datetime.fromisoformat(value) if value and n in MOMENTS else value for n, value in values.items() if n in KNOWN}
