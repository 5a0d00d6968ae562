"""Incidents as a safeguarding lead has them: read (each reading is written down), taken in hand, decided about, closed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.context import Context
from app.models import (
    Event,
    Flag,
    Incident,
    IncidentEntry,
    IncidentOutcome,
    IncidentState,
    Match,
    Need,
    Offer,
    Person,
    SafetyLead,
    Task,
    Territory,
    Visit,
)
from app.services.details import write_down_look
from app.services.ending import end
from app.services.events import SYSTEM, Actor, record
from app.services.freezing import freeze, unfreeze
from app.services.lists import MANY, NOT_OVER, PAGE_SIZE, Page, open_tasks, page_number, up_to
from app.services.moves import lock_match, lock_need, move
from app.services.posting import move_locked
from app.services.reports import HARMLESS
from app.services.sight import Sight
from matching.lifecycle import NEED_MOVES, MatchState, NeedState, OfferState, VisitState

READ = "incident_read"
SHOWN = 100
LOOKED_AT = 1000
"""Readings that are shown by the hour; all of them are kept."""


def listed(ctx: Context, sight: Sight, number: int) -> Page:
    """Open ones first, the latest first of each. Columns: id, state, outcome, opened_at, quartier, lead. Nothing of what was said."""
    lead = aliased(Person)
    rows = (
        select(Incident.id, Incident.state, Incident.outcome, Incident.opened_at, Territory.name.label("quartier"), lead.name.label("lead"))
        .join(Need, Need.id == Incident.need_id)
        .outerjoin(Territory, Territory.id == Need.territory_id)
        .outerjoin(lead, lead.id == Incident.lead_id)
        .where(sight.inside(Need.territory_id))
        .order_by(Incident.state == IncidentState.CLOSED, Incident.opened_at.desc(), Incident.id.desc())
    )
    with ctx.db.read() as session:
        total = session.scalar(select(func.count()).select_from(rows.order_by(None).subquery())) or 0
        number = page_number(number, total)
        return Page(session.execute(rows.limit(PAGE_SIZE).offset((number - 1) * PAGE_SIZE)).all(), total, number)


@dataclass(frozen=True)
class Waiting:
    """How many ``tasks`` wait, whether anybody is ``named`` as a lead, whether this agent ``leads``, and how much waits for them as one:
    :data:`MANY` of each at the most."""

    tasks: int
    named: bool
    leads: bool
    incidents: int
    flags: int


def waiting(ctx: Context, sight: Sight, person_id: int) -> Waiting:
    """In one statement, since every page of coordinators begins with it: whose incidents they are is worked out there too."""
    mine = select(SafetyLead.id).where(SafetyLead.person_id == person_id)
    everywhere = mine.where(SafetyLead.territory_id.is_(None)).exists()
    tops = select(SafetyLead.territory_id).where(SafetyLead.person_id == person_id)
    top = select(Territory.id).where(Territory.id.in_(tops)).cte(recursive=True)
    below = select(top.union(select(Territory.id).where(Territory.parent_id == top.c.id)).c.id)

    def here(territory: InstrumentedAttribute[int | None]) -> ColumnElement[bool]:
        return or_(everywhere, and_(mine.exists(), or_(territory.is_(None), territory.in_(below))))

    lie_open = select(Incident.id).join(Need).where(Incident.state != IncidentState.CLOSED, here(Need.territory_id))
    columns = (
        open_tasks(sight), select(SafetyLead.id).limit(1).scalar_subquery(), mine.limit(1).scalar_subquery(), up_to(MANY - 1, lie_open),
        up_to(MANY - 1, select(Flag.id).where(Flag.looked_at.is_(None), here(Flag.territory_id))),
    )  # fmt: skip
    with ctx.db.read() as session:
        tasks, named, leads, incidents, flags = session.execute(select(*columns)).one()
        return Waiting(tasks, named is not None, leads is not None, incidents, flags)


def may_read(ctx: Context, sight: Sight, incident_id: int) -> bool:
    with ctx.db.read() as session:
        return session.scalar(_seen(sight, incident_id).with_only_columns(Incident.id)) is not None


def _seen(sight: Sight, incident_id: int) -> Select[tuple[Incident]]:
    return select(Incident).join(Need, Need.id == Incident.need_id).where(Incident.id == incident_id, sight.inside(Need.territory_id))


@dataclass(frozen=True)
class Whole:
    """An incident with all of it. ``lead``: the name of who has it in hand; ``agreed``: what stands between whom it is about and others, to
    be decided (columns: id, need_id, category, visit_at, decided); ``asks``: the resident's requests, where it is about one; ``freezes``:
    this one keeps them frozen; ``entries``: columns at, kind, words, match_id, agent; ``readings``: columns at, agent, the latest of each
    reader in an hour."""

    incident: Incident
    reporter: Person
    about: Person | None
    lead: str | None
    helps: bool
    freezes: bool
    agreed: Sequence[Row[*tuple[Any, ...]]]
    asks: Sequence[Need]
    entries: Sequence[Row[*tuple[Any, ...]]]
    readings: Sequence[Row[*tuple[Any, ...]]]
    waits: str | None
    """What :func:`undecided` says."""


def read(ctx: Context, incident_id: int, by: Actor) -> Whole:
    """All of it; that it was read, by whom and when, is written down in the same transaction, also as a look at the data of both. The door
    has checked that they may."""
    with ctx.db.write() as session:
        incident = session.get_one(Incident, incident_id)
        record(session, READ, ctx.now(), by, task_id=incident.task_id)
        session.flush()
        ids = {incident.reporter_id, incident.about_id, incident.lead_id} - {None}
        people = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(ids)))}
        about = people.get(incident.about_id)
        for person_id in {incident.reporter_id, incident.about_id} - {None}:
            # "To check something": their own pages and other agents learn nothing of a report from it.
            write_down_look(session, ctx, person_id, "check", by)
        helper = session.scalar(select(Offer.person_id).join(Match).where(Match.id == incident.match_id))
        helps = about is not None and helper == about.id
        agent = aliased(Person)
        entries = session.execute(
            select(IncidentEntry.at, IncidentEntry.kind, IncidentEntry.words, IncidentEntry.match_id, agent.name.label("agent"))
            .outerjoin(agent, agent.id == IncidentEntry.by_id)
            .where(IncidentEntry.incident_id == incident_id)
            .order_by(IncidentEntry.id.desc())
            .limit(SHOWN)
        ).all()
        readings = session.execute(
            select(Event.at, agent.name.label("agent"))
            .outerjoin(agent, agent.id == Event.actor_id)
            .where(Event.task_id == incident.task_id, Event.kind == READ)
            .order_by(Event.id.desc())
            .limit(LOOKED_AT)
        )
        by_hour = {(reading.agent, reading.at.replace(minute=0, second=0, microsecond=0)): reading for reading in reversed(readings.all())}
        agreed = _agreed(session, incident)
        keeps = helps and about is not None and incident_id in _freezing(session, about.id)
        freezes = keeps and about is not None and about.frozen_at is not None
        lead = people[incident.lead_id].name if incident.lead_id else None
        asks, reporter = _asks(session, incident), people[incident.reporter_id]
        waits = _waits(keeps, agreed if helps else (), asks)
        return Whole(incident, reporter, about, lead, helps, freezes, agreed, asks, entries, list(by_hour.values()), waits)


def open_to(ctx: Context, sight: Sight, found: Whole) -> dict[str, frozenset[int]]:
    """Which of the needs, matches and persons on its page open for the agent themself: a lead may read of more than they coordinate."""
    here, people = found.incident, [one.id for one in (found.reporter, found.about) if one]
    ids = {"need": [here.need_id, *[need.id for need in found.asks]], "match": [row.id for row in found.agreed], "person": people}
    ids["match"] += [here.match_id] if here.match_id else []
    kinds: dict[str, type[Need] | type[Match] | type[Person]] = {"need": Need, "match": Match, "person": Person}
    with ctx.db.read() as session:
        return {name: frozenset(session.scalars(sight.among(kind, ids[name]))) for name, kind in kinds.items()}


def open_people(ctx: Context, sight: Sight, ids: Collection[int]) -> frozenset[int]:
    """The same of people in whom a pattern was seen."""
    with ctx.db.read() as session:
        return frozenset(session.scalars(sight.among(Person, ids)))


def _agreed(session: Session, incident: Incident) -> Sequence[Row[*tuple[Any, ...]]]:
    planned = Visit.match_id == Match.id, Visit.state == VisitState.PLANNED
    coming = select(func.min(Visit.at)).where(*planned).correlate(Match).scalar_subquery()
    said = IncidentEntry.incident_id == incident.id, IncidentEntry.match_id == Match.id
    decided = select(func.max(IncidentEntry.kind)).where(*said).correlate(Match).scalar_subquery()
    return session.execute(
        select(Match.id, Match.need_id, Need.category, coming.label("visit_at"), decided.label("decided"))
        .join(Match.need)
        .join(Match.offer)
        .where(or_(Offer.person_id == incident.about_id, Need.person_id == incident.about_id), Match.state == MatchState.AGREED)
        .order_by(Match.id)
        .limit(SHOWN)
    ).all()


def _asks(session: Session, incident: Incident) -> Sequence[Need]:
    """What the resident whom it is about still asks for; nothing where it is about a volunteer."""
    if incident.about_id is None or session.get_one(Need, incident.need_id).person_id != incident.about_id:
        return ()
    theirs = select(Need).where(Need.person_id == incident.about_id, Need.state.in_(NOT_OVER[Need]))
    return session.scalars(theirs.order_by(Need.id).limit(SHOWN)).all()


def take(ctx: Context, incident_id: int, was: int | None, by: Actor) -> bool:
    """Somebody has it in hand. ``was``: who had it when they pressed, so that nobody takes over unawares. ``False`` where somebody else has
    it by now, or it is closed, or theirs already."""
    now = ctx.now()
    with ctx.db.write() as session:
        as_shown = Incident.id == incident_id, Incident.state != IncidentState.CLOSED, Incident.lead_id.is_not_distinct_from(was)
        taken = update(Incident).where(*as_shown, Incident.lead_id.is_distinct_from(by.person_id))
        if not session.execute(taken.values(state=IncidentState.IN_HAND, lead_id=by.person_id)).rowcount:
            return False
        incident = session.get_one(Incident, incident_id)
        session.execute(update(Task).where(Task.id == incident.task_id).values(assigned_to_id=by.person_id))
        _write(session, incident, "taken", "", now, by)
        return True


def note(ctx: Context, incident_id: int, words: str, by: Actor) -> None:
    with ctx.db.write() as session:
        _write(session, session.get_one(Incident, incident_id), "note", words, ctx.now(), by)


def decide(ctx: Context, incident_id: int, match_id: int, goes_on: bool, by: Actor) -> bool:
    """What becomes of something agreed: it may go on, or it ends, and somebody else is looked for at once. ``False`` where it has ended, or
    is not of whom this is about."""
    now = ctx.now()
    with ctx.db.write() as session:
        incident, match = session.get_one(Incident, incident_id), lock_match(session, match_id)
        if match.state != MatchState.AGREED or incident.about_id not in (match.offer.person_id, match.need.person_id):
            return False
        if not goes_on:
            end(session, ctx, match, MatchState.CANCELLED, "called_off", now, SYSTEM)
        _write(session, incident, "goes_on" if goes_on else "ended", "", now, by, match_id)
        return True


def hold(ctx: Context, incident_id: int, need_id: int, by: Actor) -> bool:
    """Nobody new is asked for a request of the resident until a lead lets it go on; what was agreed stays. ``False`` where it can't be, or
    is not theirs."""
    now = ctx.now()
    with ctx.db.write() as session:
        incident, need = session.get_one(Incident, incident_id), lock_need(session, need_id)
        if need is None or need.held_at is not None or need not in _asks(session, incident):
            return False
        if need.state != NeedState.PAUSED:
            if NeedState.PAUSED not in NEED_MOVES[NeedState(need.state)]:
                return False
            move_locked(session, ctx, need, NeedState.PAUSED, now, SYSTEM)
        need.held_at, need.paused_until, need.check_at, need.checked_at = now, None, None, None
        _write(session, incident, "held", "", now, by)
        return True


class LetOn(StrEnum):
    DONE = "done"
    OTHERS = "others"
    """Written down; another report that is open still freezes the volunteer."""
    OVER = "over"
    """The report is closed, or this was decided in it already, or it freezes nobody."""


def let_on(ctx: Context, incident_id: int, words: str, by: Actor) -> LetOn:
    """As far as this report goes the volunteer may be asked again, for this reason: they are once no open report freezes them."""
    now = ctx.now()
    with ctx.db.write() as session:
        about = session.get_one(Incident, incident_id).about_id
        person = session.get(Person, about, with_for_update=True) if about else None
        incident = session.get_one(Incident, incident_id, populate_existing=True)
        if person is None or person.frozen_at is None or incident_id not in _freezing(session, person.id):
            return LetOn.OVER
        _write(session, incident, "unfrozen", words, now, by)
        session.flush()
        if _freezing(session, person.id):
            return LetOn.OTHERS
        unfreeze(session, ctx, person, now, by)
        return LetOn.DONE


def _freezing(session: Session, person_id: int) -> Sequence[int]:
    """The open incidents that freeze this volunteer: in which no lead has said yet that they may be asked again."""
    said = select(IncidentEntry.id).where(IncidentEntry.incident_id == Incident.id, IncidentEntry.kind == "unfrozen").exists()
    return session.scalars(
        select(Incident.id)
        .join(Match, Match.id == Incident.match_id)
        .join(Offer, Offer.id == Match.offer_id)
        .where(
            Incident.about_id == person_id, Offer.person_id == person_id, Incident.state != IncidentState.CLOSED,
            Incident.reason.not_in(HARMLESS), ~said,
        )
    ).all()  # fmt: skip


def bring_together(ctx: Context, incident_id: int, words: str, by: Actor) -> bool:
    """The two may meet again, for this reason, as far as this report goes; another may keep them apart. ``False`` where it does not."""
    now = ctx.now()
    with ctx.db.write() as session:
        lifted = update(Incident).where(Incident.id == incident_id, Incident.apart).values(apart=False)
        if not session.execute(lifted).rowcount:
            return False
        _write(session, session.get_one(Incident, incident_id), "together", words, now, by)
        return True


def undecided(ctx: Context, incident_id: int) -> str | None:
    """``volunteer`` where it keeps one frozen, or something that they agreed is to be decided; ``resident`` where one still asks."""
    with ctx.db.read() as session:
        incident = session.get_one(Incident, incident_id)
        person = _volunteer(session, incident)
        keeps = person is not None and incident_id in _freezing(session, person.id)
        return _waits(keeps, _agreed(session, incident) if person else (), _asks(session, incident))


def _waits(keeps: bool, agreed: Sequence[Row[*tuple[Any, ...]]], asks: Sequence[Need]) -> str | None:
    return "volunteer" if keeps or any(not row.decided for row in agreed) else "resident" if asks else None


def _volunteer(session: Session, incident: Incident) -> Person | None:
    """The volunteer whom it is about, if it is about one."""
    whose = Match.id == incident.match_id, Offer.person_id == incident.about_id
    return session.scalar(select(Person).join(Offer, Offer.person_id == Person.id).join(Match, Match.offer_id == Offer.id).where(*whose))


def close(ctx: Context, incident_id: int, outcome: IncidentOutcome, goes_on: bool | None, words: str, by: Actor) -> bool:
    """What came of it, and with it all that is undecided about the volunteer or the resident: either they go on (they may be asked again,
    what was agreed stays, what was held is looked at again), or they help, or are helped, no more. ``None``: nothing was undecided.
    ``False`` where it is closed already."""
    now = ctx.now()
    with ctx.db.write() as session:
        incident = session.get_one(Incident, incident_id)
        person = _volunteer(session, incident)
        if person and goes_on is False:
            _help_no_more(session, ctx, incident, person, now, by)
        elif person and goes_on:
            _go_on(session, ctx, incident, person, now, by)
        elif goes_on is not None:
            _decide_asks(session, ctx, incident, goes_on, now, by)
        closed = update(Incident).where(Incident.id == incident_id, Incident.state != IncidentState.CLOSED)
        if not session.execute(closed.values(state=IncidentState.CLOSED, outcome=outcome, closed_at=now)).rowcount:
            session.rollback()
            return False
        task = session.get_one(Task, incident.task_id, with_for_update=True)
        task.closed_at, task.closed_by_id = task.closed_at or now, task.closed_by_id or by.person_id
        _write(session, incident, "closed", words, now, by)
        return True


def _decide_asks(session: Session, ctx: Context, incident: Incident, goes_on: bool, now: datetime, by: Actor) -> None:
    if goes_on:
        _let_stand(session, incident, now, by)
    for asked in _asks(session, incident):
        need = lock_need(session, asked.id)
        if need is None or need.state not in NOT_OVER[Need] or (goes_on and need.held_at is None):
            continue
        need.held_at = need.paused_until = None
        move_locked(session, ctx, need, NeedState.OPEN if goes_on else NeedState.WITHDRAWN, now, SYSTEM, called_off=not goes_on)
        _write(session, incident, "resumed" if goes_on else "withdrawn", "", now, by)


def _let_stand(session: Session, incident: Incident, now: datetime, by: Actor) -> None:
    for row in _agreed(session, incident):
        if not row.decided:
            _write(session, incident, "goes_on", "", now, by, row.id)


def _go_on(session: Session, ctx: Context, incident: Incident, person: Person, now: datetime, by: Actor) -> None:
    _let_stand(session, incident, now, by)
    session.execute(select(Person.id).where(Person.id == person.id).with_for_update())
    if incident.id in _freezing(session, person.id):
        _write(session, incident, "unfrozen", "", now, by)
        session.flush()
        if person.frozen_at is not None and not _freezing(session, person.id):
            unfreeze(session, ctx, person, now, by)


def _help_no_more(session: Session, ctx: Context, incident: Incident, person: Person, now: datetime, by: Actor) -> None:
    """They stay frozen, since they could go on duty again themselves."""
    freeze(session, ctx, person, None, now)
    for row in _agreed(session, incident):
        end(session, ctx, lock_match(session, row.id), MatchState.CANCELLED, "called_off", now, SYSTEM)
        _write(session, incident, "ended", "", now, by, row.id)
    for offer in session.scalars(select(Offer).where(Offer.person_id == person.id).order_by(Offer.id).with_for_update()):
        offer.paused_until = None
        if offer.state == OfferState.ACTIVE:
            move(session, offer, OfferState.PAUSED, now, SYSTEM, "paused")


def _write(
    session: Session, incident: Incident, kind: str, words: str, now: datetime, by: Actor, match_id: int | None = None
) -> None:  # fmt: skip
    session.add(IncidentEntry(incident_id=incident.id, at=now, by_id=by.person_id, kind=kind, words=words, match_id=match_id))
    record(session, f"incident_{kind}", now, by, task_id=incident.task_id)
