"""Erasing a person: what runs ends and the other side is told, and then nothing is left of them in any table, file or index.

What becomes of each column is declared in :mod:`app.services.erasure`. What somebody asked for and has to wait for is done by the worker
as soon as nothing stands against it.
"""

import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.models import (
    Draft,
    Incident,
    IncidentEntry,
    IncidentState,
    Match,
    Merge,
    Need,
    Note,
    Offer,
    Outcome,
    Person,
    Plan,
    PlanState,
    Role,
    Task,
    TaskKind,
    Visit,
)
from app.services import duty, finding
from app.services.erasure import FATES, ROWS
from app.services.events import SYSTEM, Actor, record
from app.services.lists import NOT_OVER
from app.services.people import same_person
from app.services.posting import move_locked
from app.services.sight import EVERYTHING, Sight
from app.services.streets import plain
from matching.lifecycle import LIVE, MatchState, NeedState, OfferState, VisitState
from notifications import erase as messages
from notifications.tables import outbox
from notifications.transport.file import remove_mail


class Waits(StrEnum):
    """Why somebody is not erased now. For the first two it is done by itself once that is over."""

    REPORT = "report"
    VISIT = "visit"
    AGENT = "agent"
    ELSEWHERE = "elsewhere"
    """The person has posts that this agent does not see."""


SIGNIFICANT = 9
"""So many digits at its end tell a number, however it is written."""
DONE_LATER = (Waits.REPORT, Waits.VISIT)


@dataclass(frozen=True)
class Asked:
    """What stands against it, how many requests and offers go, and since when it was asked for in vain."""

    waits: Waits | None
    posts: int
    since: datetime | None


def asked(ctx: Context, person_id: int, sight: Sight = EVERYTHING) -> Asked | None:
    """For the page that asks whether it is really meant; ``None`` where there is nobody (any more)."""
    with ctx.db.read() as session:
        person = session.get(Person, person_id)
        if person is None or person.erased_at is not None:
            return None
        ids = same_person(session, person)
        posts = sum(session.scalar(select(func.count(kind.id)).where(kind.person_id.in_(ids))) or 0 for kind in (Need, Offer))
        return Asked(_against(session, ctx, ids, sight), posts, person.erase_asked_at)


def erase(ctx: Context, person_id: int, by: Actor, why: str, sight: Sight = EVERYTHING) -> Waits | None:
    """Erase somebody at once, or say why not; ``why`` is who wanted it: ``self``, ``agent`` or ``time``. A second time changes nothing."""
    now = ctx.now()
    with ctx.db.write() as session:
        person = session.get(Person, person_id)
        if person is None:
            return None
        ids = same_person(session, person)
        locked = select(Person).where(Person.id.in_(ids)).order_by(Person.id).with_for_update()
        people = session.scalars(locked.execution_options(populate_existing=True)).all()
        if person.erased_at is not None:
            return None
        if waits := _against(session, ctx, ids, sight):
            if waits in DONE_LATER and person.erase_asked_at is None:
                person.erase_asked_at = now
                record(session, "erase_asked", now, by, reason=why, person_id=person_id)
            return waits
        copies = _erase(session, ctx, people, now, by, why)
    remove_mail(ctx.mail_folder, copies)
    finding.forget(ctx)
    return None


def erase_due(ctx: Context, limit: int = 20) -> int:
    """Those who asked and had to wait; how many are erased."""
    with ctx.db.read() as session:
        due = session.scalars(select(Person.id).where(Person.erase_asked_at.is_not(None)).order_by(Person.erase_asked_at)).all()
        free = [i for i in due if _against(session, ctx, same_person(session, session.get_one(Person, i)), EVERYTHING) is None]
    return sum(erase(ctx, person_id, SYSTEM, "self") is None for person_id in free[:limit])


def _against(session: Session, ctx: Context, ids: Collection[int], sight: Sight) -> Waits | None:
    if session.scalar(select(Person.id).where(Person.id.in_(ids), Person.role != Role.NONE).limit(1)):
        return Waits.AGENT
    if not sight.everything:
        alive = select(func.count(Person.id)).where(Person.id.in_(ids), Person.merged_into_id.is_(None))
        if session.scalar(alive.where(sight.of_person())) != session.scalar(alive):
            return Waits.ELSEWHERE
    if session.scalar(select(Incident.id).where(Incident.about_id.in_(ids), Incident.state != IncidentState.CLOSED).limit(1)):
        return Waits.REPORT
    midnight = ctx.now().astimezone(ctx.settings.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    today = Visit.state == VisitState.PLANNED, Visit.at >= midnight, Visit.at < midnight + timedelta(days=1)
    between = select(Visit.id).join(Visit.match).join(Match.need).join(Match.offer).where(*today, Match.state == MatchState.AGREED)
    return Waits.VISIT if session.scalar(between.where(or_(Need.person_id.in_(ids), Offer.person_id.in_(ids))).limit(1)) else None


@dataclass(frozen=True)
class _Theirs:
    """The numbers of what somebody has."""

    people: Collection[int]
    needs: Collection[int]
    offers: Collection[int]
    matches: Collection[int]

    def is_named_in(self, about: str) -> bool:
        """Whether the outbox says of a message that it is about one of these."""
        kinds = {"person": self.people, "need": self.needs, "offer": self.offers, "match": self.matches}
        return any(int(thing) in kinds[name] for name, thing in (part.split(":") for part in about.split("/")))

    def any_of(self, kind: type[Task] | type[Note]) -> ColumnElement[bool]:
        named = ((kind.person_id, self.people), (kind.need_id, self.needs), (kind.offer_id, self.offers), (kind.match_id, self.matches))
        return or_(*(column.in_(ids) for column, ids in named))


def _erase(session: Session, ctx: Context, people: Sequence[Person], now: datetime, by: Actor, why: str) -> list[str]:
    """The ``Message-ID`` of each message of which there may be a copy."""
    ids = [person.id for person in people]
    last_message, last_task = session.scalar(select(func.max(outbox.c.id))) or 0, session.scalar(select(func.max(Task.id))) or 0
    _end(session, ctx, ids, now, by)
    theirs = _all_of(session, ids)
    others = session.execute(select(Need.person_id, Offer.person_id).select_from(Match).join(Match.need).join(Match.offer)
                             .where(Match.id.in_(theirs.matches))).all()  # fmt: skip
    copies = messages.erase(
        session.connection(), readers=ids, others={i for pair in others for i in pair}.difference(ids), up_to=last_message,
        about=theirs.is_named_in, now=now,
    )  # fmt: skip
    _drafts(session, people)
    indexes = {person.email_index for person in people} | {person.phone_index for person in people}
    _empty_tables(session, theirs, last_task, now, by)
    for column in ROWS:
        session.execute(delete(column.class_).where(column.in_(ids)))
    for person in people:
        for name, value in FATES["person"].values().items():
            setattr(person, name, value)
        person.erased_at = person.changed_at = now
        record(session, "erased", now, by, reason=why, person_id=person.id)
    _fold(session, people)
    session.flush()
    ways = (Person.email_index, Person.phone_index)
    known = [each for way in ways for each in session.scalars(select(way).where(way.in_(indexes)))]
    messages.forget_address(session.connection(), indexes.difference(known, [None]))  # type: ignore[arg-type]
    return copies


def _end(session: Session, ctx: Context, ids: list[int], now: datetime, by: Actor) -> None:
    """What runs ends as if they had withdrawn it. Rows are locked in the order of :mod:`app.services.moves`."""
    asked_of = select(Match.need_id).join(Match.offer).where(Offer.person_id.in_(ids), Match.state.in_(LIVE))
    locked = select(Need).where(or_(Need.person_id.in_(ids), Need.id.in_(asked_of))).order_by(Need.id)
    needs = session.scalars(locked.with_for_update(of=Need).options(joinedload(Need.person))).all()
    for need in needs:
        if need.person_id in ids and need.state in NOT_OVER[Need]:
            move_locked(session, ctx, need, NeedState.WITHDRAWN, now, by)
    offers = select(Offer).where(Offer.person_id.in_(ids), Offer.state != OfferState.WITHDRAWN).order_by(Offer.id)
    for offer in session.scalars(offers.options(joinedload(Offer.person))).all():
        duty.move_locked(session, ctx, offer, OfferState.WITHDRAWN, now, by)
    session.flush()


def _all_of(session: Session, ids: list[int]) -> _Theirs:
    needs, offers = (session.scalars(select(kind.id).where(kind.person_id.in_(ids))).all() for kind in (Need, Offer))
    matches = session.scalars(select(Match.id).where(or_(Match.need_id.in_(needs), Match.offer_id.in_(offers)))).all()
    return _Theirs(frozenset(ids), frozenset(needs), frozenset(offers), frozenset(matches))


def _empty_tables(session: Session, theirs: _Theirs, last_task: int, now: datetime, by: Actor) -> None:
    incidents = select(Incident.id).where(or_(Incident.reporter_id.in_(theirs.people), Incident.about_id.in_(theirs.people)))
    # What the other side is to be told of the end has come since, and names nobody.
    tasks = theirs.any_of(Task), or_(Task.id <= last_task, Task.person_id.in_(theirs.people))
    which: dict[Any, tuple[ColumnElement[bool], ...]] = {
        Need: (Need.id.in_(theirs.needs),), Offer: (Offer.id.in_(theirs.offers),), Match: (Match.id.in_(theirs.matches),),
        Outcome: (Outcome.match_id.in_(theirs.matches),), Task: tasks, Note: (theirs.any_of(Note),),
        IncidentEntry: (IncidentEntry.incident_id.in_(incidents),), Incident: (Incident.id.in_(incidents),),
        Merge: (or_(Merge.kept_id.in_(theirs.people), Merge.folded_id.in_(theirs.people)),),
    }  # fmt: skip
    # An open report of theirs about somebody else stays the lead's.
    done = update(Task).where(*tasks, Task.closed_at.is_(None), Task.kind != TaskKind.REPORT)
    session.execute(done.values(closed_at=now, closed_by_id=by.person_id), execution_options={"synchronize_session": False})
    for kind, rows in which.items():
        more = {"changed_at": now} if kind in (Need, Offer) else {}
        changed = update(kind).where(*rows).values(FATES[kind.__tablename__].values() | more)
        session.execute(changed, execution_options={"synchronize_session": False})
    _forget_nearest(session, theirs.offers)
    session.execute(update(Need).where(Need.pinned_offer_id.in_(theirs.offers)).values(pinned_offer_id=None, changed_at=now))
    for plan in session.scalars(select(Plan).where(Plan.state == PlanState.READY).with_for_update()):
        pairs = json.loads(plan.pairs)
        plan.pairs = json.dumps([each for each in pairs if each["need"] not in theirs.needs and each["offer"] not in theirs.offers])


def _forget_nearest(session: Session, offers: Collection[int]) -> None:
    """Why nobody was found for others' requests tells how far it is to the offer that came closest. It is worked out anew."""
    told = session.execute(select(Task.id, Task.why).where(Task.kind == TaskKind.NOBODY, Task.why.is_not(None))) if offers else ()
    found = [task_id for task_id, why in told if (json.loads(why)["nearest"] or {}).get("offer") in offers]
    session.execute(update(Task).where(Task.id.in_(found)).values(why=None, why_at=None))


def _drafts(session: Session, people: Collection[Person]) -> None:
    """What was begun and holds a name or a contact of theirs. Nothing says whose a draft is, and they last two days."""
    words = {plain(said) for person in people for said in (person.name, person.email or "") if " " in plain(said)}
    numbers = {person.phone[-SIGNIFICANT:] for person in people if person.phone}
    for draft in session.scalars(select(Draft)):
        text, digits = plain(draft.answers), re.sub(r"[^0-9]", "", draft.answers)
        if any(each in text for each in words) or any(each in digits for each in numbers):
            session.delete(draft)


def _fold(session: Session, people: Collection[Person]) -> None:
    """Who was one is counted as one from now on too, although no address says so any more."""
    first, *others = sorted(people, key=lambda person: (person.merged_into_id is not None, person.id))
    ids = [person.id for person in others]
    for kind in (Need, Offer):
        moved = update(kind).where(kind.person_id.in_(ids)).values(person_id=first.id)
        session.execute(moved, execution_options={"synchronize_session": False})
    for person in others:
        person.merged_into_id = first.id
