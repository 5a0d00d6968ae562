"""One thing for a coordinator: what is public of it, with its timeline, and the exact data by a look that is recorded.

``None`` is the answer for what does not exist and for what lies outside the coordinator's territory alike.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, select
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import (
    Event,
    Incident,
    Match,
    Need,
    Note,
    Offer,
    Outcome,
    Person,
    PersonTerritory,
    PostedBy,
    Task,
    TaskKind,
    Territory,
    Visit,
)
from app.services import throttle, watching
from app.services.events import Actor, just_now, record
from app.services.history import History, Rows, about_matches, history, matches_of
from app.services.sight import Kind, Sight
from app.services.tasks import BY_LETTER, ENDS_BY_ITSELF, HELP
from app.services.telling import about_words
from matching.lifecycle import VisitState

MOST = 100
"""Of a person's own posts, of open tasks, of what was said of an outcome."""


@dataclass(frozen=True)
class Detail:
    """``row`` has the thing's public columns; ``who`` says on which side a person stands. ``matches`` are all there are, of which
    ``history`` has those of a moment. ``needs`` and ``offers`` are a person's own that are in sight."""

    row: Row[*tuple[Any, ...]]
    history: History
    who: dict[int, str]
    matches: Rows = ()
    tasks: Rows = ()
    needs: Rows = ()
    offers: Rows = ()
    outcomes: Rows = ()


@dataclass(frozen=True)
class Exact:
    """What a look shows: whom to ``call`` (name and number), the person, their place and what they wrote. ``point`` is (lon, lat).

    A stranger who wrote to the city is nobody that we know: there is no ``person``, and the sender's address in place of a name.
    """

    person: Person | None
    call: tuple[str, str]
    address: str = ""
    point: tuple[float, float] | None = None
    details: str = ""
    on_behalf: tuple[str, str] | None = None
    words: str = ""
    note: Note | None = None


def may_see(ctx: Context, sight: Sight, kind: Kind, thing_id: int) -> bool:
    """Whether there is such a thing, in the coordinator's territory."""
    with ctx.db.read() as session:
        return session.scalar(select(sight.find(kind, thing_id).exists())) or False


def need(ctx: Context, sight: Sight, need_id: int, before: datetime | None = None) -> Detail | None:
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Need.id, Need.person_id, Need.category, Need.urgency, Need.state, Need.helpers_needed, Need.taken, Need.mode,
                Need.availability, Need.repeats, Need.wanted_at, Need.languages, Need.share_contact,
                Need.posted_by, Need.channel, Need.posted_at, Need.school_level,
                Need.confirmed_at, Need.next_try_at, Need.reference, Need.exact_point.is_not(None).label("placed"), Need.approximate,
                Need.call, Need.paused_until, Need.held_at, Need.moderation, Person.contact, Person.erased_at,
                Territory.name.label("quartier"),
            )
            .join(Person, Person.id == Need.person_id)
            .outerjoin(Territory, Territory.id == Need.territory_id)
            .where(Need.id == need_id, sight.inside(Need.territory_id))
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        matches = matches_of(session, Match.need_id == need_id)
        events = Event.need_id == need_id, Event.match_id.in_([match.id for match in matches])
        who = {match.volunteer_id: "volunteer" for match in matches} | {row.person_id: "resident"}
        about = [about_words(row.person_id, need_id=need_id)]
        past = history(session, events, who, about, matches, before=before)
        return Detail(row, past, who, matches, _tasks(session, sight, Task.need_id == need_id))


def offer(ctx: Context, sight: Sight, offer_id: int, before: datetime | None = None) -> Detail | None:
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Offer.id, Offer.person_id, Offer.categories, Offer.state, Offer.radius_m, Offer.quartiers, Offer.drawn,
                Offer.capacity, Offer.taken, Offer.mode, Offer.availability, Offer.languages, Offer.posted_by, Offer.channel,
                Offer.created_at, Offer.confirmed_at, Offer.last_asked_at, Offer.reference,
                Offer.exact_point.is_not(None).label("placed"), Offer.approximate, Person.contact, Person.approved_at, Person.frozen_at,
                Person.erased_at, Territory.name.label("quartier"),
            )
            .join(Person, Person.id == Offer.person_id)
            .outerjoin(Territory, Territory.id == Offer.territory_id)
            .where(Offer.id == offer_id, sight.inside(Offer.territory_id))
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        matches = matches_of(session, Match.offer_id == offer_id)
        own = and_(Event.person_id == row.person_id, Event.need_id.is_(None))
        events = Event.offer_id == offer_id, Event.match_id.in_([match.id for match in matches]), own
        who = {match.resident_id: "resident" for match in matches} | {row.person_id: "volunteer"}
        about = [about_words(row.person_id), about_words(row.person_id, offer_id=offer_id)]
        past = history(session, events, who, about, matches, before=before)
        return Detail(row, past, who, matches, _tasks(session, sight, Task.offer_id == offer_id))


def match(ctx: Context, sight: Sight, match_id: int, before: datetime | None = None) -> Detail | None:
    """Columns besides the match's: the next visit, the need's category, urgency, hours and rhythm, how each side is reached, both
    quartiers, whether each side's page may be opened, and which agent made it by hand (made_by)."""
    there, here = aliased(Territory), aliased(Territory)
    resident, volunteer, agent = aliased(Person), aliased(Person), aliased(Person)
    planned = Visit.match_id == Match.id, Visit.state == VisitState.PLANNED
    coming = select(func.min(Visit.at)).where(*planned).correlate(Match).scalar_subquery()
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Match.id, Match.need_id, Match.offer_id, Match.state, Match.mode, Match.distance_m, Match.proposed_at,
                Match.deadline_at, Match.accepted_at, Match.agreed_at, Match.closed_at, Match.outcome, Match.reason, Match.because,
                Match.rank, Match.made_because, agent.name.label("made_by"),
                Match.terms, Match.code, coming.label("visit_at"), Need.category, Need.urgency, Need.availability, Need.repeats,
                Need.wanted_at, Need.person_id.label("resident_id"),
                Offer.person_id.label("volunteer_id"), there.name.label("need_quartier"), here.name.label("offer_quartier"),
                sight.inside(Need.territory_id).label("need_seen"), sight.inside(Offer.territory_id).label("offer_seen"),
                resident.contact.label("resident_contact"), volunteer.contact.label("volunteer_contact"),
            )
            .join(Match.need)
            .join(Match.offer)
            .join(resident, resident.id == Need.person_id)
            .join(volunteer, volunteer.id == Offer.person_id)
            .outerjoin(agent, agent.id == Match.made_by_id)
            .outerjoin(there, there.id == Need.territory_id)
            .outerjoin(here, here.id == Offer.territory_id)
            .where(Match.id == match_id, sight.of_match())
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        who = {row.volunteer_id: "volunteer", row.resident_id: "resident"}
        about = about_matches(matches_of(session, Match.id == match_id))
        past = history(session, [Event.match_id == match_id], who, about, before=before)
        said = select(Outcome.at, Outcome.side, Outcome.said, Outcome.because, Outcome.words)
        outcomes = session.execute(said.where(Outcome.match_id == match_id).order_by(Outcome.id).limit(MOST)).all()
        tasks = _tasks(session, sight, Task.match_id == match_id)
        return Detail(row, past, who, (), tasks, outcomes=outcomes)


def task(ctx: Context, sight: Sight, task_id: int, before: datetime | None = None) -> Detail | None:
    """Columns: the task's, without its words; how whom it is about is reached; the need's category, urgency and state; agent_id and agent
    (who does it), incident_id and incident_state."""
    agent = aliased(Person)
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Task.id, Task.kind, Task.reason, Task.need_id, Task.offer_id, Task.match_id, Task.created_at, Task.due_at, Task.closed_at,
                Task.person_id, HELP, Need.urgency, Need.state.label("need_state"), Match.state.label("match_state"),
                Need.call, Need.territory_id, Offer.categories, Person.contact, Territory.name.label("quartier"), Match.deadline_at,
                (Task.person_id == Offer.person_id).label("to_volunteer"), ENDS_BY_ITSELF.label("ends_by_itself"),
                BY_LETTER.label("by_letter"), Task.assigned_to_id.label("agent_id"), agent.name.label("agent"),
                Incident.id.label("incident_id"), Incident.state.label("incident_state"),
            )
            .outerjoin(Need, Need.id == Task.need_id)
            .outerjoin(Offer, Offer.id == Task.offer_id)
            .outerjoin(Match, Match.id == Task.match_id)
            .outerjoin(Person, Person.id == Task.person_id)
            .outerjoin(Incident, Incident.task_id == Task.id)
            .outerjoin(agent, agent.id == Task.assigned_to_id)
            .outerjoin(Territory, Territory.id == Task.territory_id)
            .where(Task.id == task_id, sight.of_task())
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        return Detail(row, history(session, [Event.task_id == task_id], (), [], before=before), {})


def person(ctx: Context, sight: Sight, person_id: int, before: datetime | None = None) -> Detail | None:
    """Somebody's public facts, with those of their posts and matches that are in sight, and what happened to who was merged into them."""
    approver = aliased(Person)
    theirs = select(func.aggregate_strings(Territory.name, ", ")).join(PersonTerritory).where(PersonTerritory.person_id == Person.id)
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Person.id, Person.role, Person.created_at, Person.language, Person.contact, Person.account, Person.email_confirmed_at,
                Person.approved_at, Person.frozen_at, Person.charter_version, Person.notice_version,
                approver.name.label("approved_by"), Person.whole_city,
                Person.merged_into_id, Person.erased_at, Person.erase_asked_at, theirs.scalar_subquery().label("areas"),
            )
            .outerjoin(approver, approver.id == Person.approved_by_id)
            .where(Person.id == person_id, sight.of_person())
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        needs = session.execute(
            select(Need.id, Need.category, Need.urgency, Need.state, Need.posted_at)
            .where(Need.person_id == person_id, sight.inside(Need.territory_id))
            .order_by(Need.posted_at.desc(), Need.id.desc())
            .limit(MOST)
        ).all()
        offers = session.execute(
            select(Offer.id, Offer.categories, Offer.state, Offer.created_at)
            .where(Offer.person_id == person_id, sight.inside(Offer.territory_id))
            .order_by(Offer.created_at.desc(), Offer.id.desc())
            .limit(MOST)
        ).all()
        one = aliased(Match)  # each side by its index: an OR of the two would be asked of every match there is
        as_resident = select(one.id).join(one.need).where(Need.person_id == person_id)
        as_volunteer = select(one.id).join(one.offer).where(Offer.person_id == person_id)
        matches = matches_of(session, Match.id.in_(as_resident.union(as_volunteer)), sight.of_match())
        seen = [Event.need_id.in_([need.id for need in needs]), Event.offer_id.in_([offer.id for offer in offers])]
        themselves = [person_id, *session.scalars(select(Person.id).where(Person.merged_into_id == person_id).limit(MOST))]
        own = and_(Event.person_id.in_(themselves), Event.need_id.is_(None), Event.offer_id.is_(None))
        who = {match.volunteer_id: "volunteer" for match in matches} | {match.resident_id: "resident" for match in matches}
        tasks = _tasks(session, sight, Task.person_id == person_id)
        about = [
            about_words(person_id), *[about_words(person_id, need_id=need.id) for need in needs],
            *[about_words(person_id, offer_id=offer.id) for offer in offers],
        ]  # fmt: skip
        past = history(session, [own, *seen], [person_id], about, matches, before=before)
        return Detail(row, past, who | dict.fromkeys(themselves, "self"), matches, tasks, needs, offers)


def look(ctx: Context, sight: Sight, kind: Kind, thing_id: int, reason: str, by: Actor) -> Exact | None:
    """The exact data of a person, a post or a task; that it was looked at, by whom and why, is written down in the same transaction:
    once, however often the button is pressed within a moment. Raises ``TooMany``."""
    if (again := looked(ctx, sight, kind, thing_id, reason, by)) is not None:
        return again
    watching.spend(ctx, throttle.AGENT_LOOKS, by)
    with ctx.db.write() as session:
        exact = _exact(session, sight, kind, thing_id)
        if exact and not _has_looked(session, ctx, kind, thing_id, reason, by):
            seen = {"person_id": exact.person.id if exact.person else None, f"{kind.__name__.lower()}_id": thing_id}
            record(session, "looked_at", ctx.now(), by, reason=reason, **seen)
        return _as_seen(exact, sight)


def write_down_look(session: Session, ctx: Context, person_id: int, reason: str, by: Actor) -> None:
    """The same for a person whose data stands on another page."""
    if not _has_looked(session, ctx, Person, person_id, reason, by):
        record(session, "looked_at", ctx.now(), by, reason=reason, person_id=person_id)


def saw_name(ctx: Context, person_id: int, reason: str, by: Actor) -> None:
    """Of a page that shows no more than a name."""
    with ctx.db.read() as session:
        before = _has_looked(session, ctx, Person, person_id, reason, by)
    if not before:
        with ctx.db.write() as session:
            write_down_look(session, ctx, person_id, reason, by)


def looked(ctx: Context, sight: Sight, kind: Kind, thing_id: int, reason: str, by: Actor) -> Exact | None:
    """What the same agent looked at a moment ago for this reason, which tells one page from another."""
    with ctx.db.read() as session:
        return _as_seen(_exact(session, sight, kind, thing_id), sight) if _has_looked(session, ctx, kind, thing_id, reason, by) else None


def _as_seen(exact: Exact | None, sight: Sight) -> Exact | None:
    """Whoever may not know who it is reads what they wrote."""
    return exact if exact is None or sight.contacts else Exact(None, ("", ""), words=exact.words)


def _has_looked(session: Session, ctx: Context, kind: Kind, thing_id: int, reason: str, by: Actor) -> bool:
    same = [just_now("looked_at", ctx.now(), by), Event.reason == reason, getattr(Event, f"{kind.__name__.lower()}_id") == thing_id]
    if kind is Person:  # a look at their request, offer or task names the person too
        same += [Event.need_id.is_(None), Event.offer_id.is_(None), Event.task_id.is_(None)]
    return session.scalar(select(Event.id).where(*same).limit(1)) is not None


def _exact(session: Session, sight: Sight, kind: Kind, thing_id: int) -> Exact | None:
    thing = session.scalar(sight.find(kind, thing_id))
    whose = thing if isinstance(thing, Person) else session.get(Person, thing.person_id) if thing and thing.person_id else None
    note = session.scalar(select(Note).where(Note.task_id == thing.id)) if isinstance(thing, Task) else None
    if whose is not None and whose.erased_at is not None:
        return None
    if whose is None:
        return Exact(None, (note.sender, ""), note=note) if note else None
    themselves = (whose.name, whose.phone or "")
    if isinstance(thing, Task):
        asked = session.get(Need, thing.need_id) if thing.need_id else None
        call = whom_to_call(asked, whose) if asked and asked.person_id == whose.id else themselves
        to_read = asked is not None and thing.kind == TaskKind.MODERATE and thing.closed_at is None
        words = asked.details if asked and to_read else thing.words
        return Exact(whose, call, _address_of(session, thing, whose), words=words, note=note)
    if isinstance(thing, Need):
        on_behalf = (thing.on_behalf_name, thing.on_behalf_phone or "") if thing.on_behalf_name else None
        return Exact(whose, whom_to_call(thing, whose), thing.address, thing.point, thing.details, on_behalf)
    if isinstance(thing, Offer):
        return Exact(whose, themselves, thing.address, thing.point)
    return Exact(whose, themselves)


def _address_of(session: Session, task: Task, whose: Person) -> str:
    """Where somebody lives: what they said with the post that a task is about."""
    match = session.get(Match, task.match_id) if task.match_id else None
    need_id, offer_id = (match.need_id, match.offer_id) if match else (task.need_id, task.offer_id)
    posts = (session.get(Need, need_id) if need_id else None, session.get(Offer, offer_id) if offer_id else None)
    return next((post.address for post in posts if post and post.person_id == whose.id), "")


def whom_to_call(need: Need, resident: Person) -> tuple[str, str]:
    """Name and number: of the resident, or of whoever asked for them and takes the calls."""
    if need.call == PostedBy.RELATIVE and need.on_behalf_name:
        return need.on_behalf_name, need.on_behalf_phone or ""
    return resident.name, resident.phone or ""


def _open_tasks() -> Any:
    to_volunteer = (Task.person_id == Offer.person_id).label("to_volunteer")
    return (
        select(
            Task.id, Task.kind, Task.reason, Task.need_id, Task.offer_id, Task.match_id, Task.due_at, Task.why, Person.contact, to_volunteer
        )
        .outerjoin(Need, Need.id == Task.need_id)
        .outerjoin(Offer, Offer.id == Task.offer_id)
        .outerjoin(Person, Person.id == Task.person_id)
        .where(Task.closed_at.is_(None))
        .order_by(Task.due_at, Task.id)
        .limit(MOST)
    )  # fmt: skip


def _tasks(session: Session, sight: Sight, which: ColumnElement[bool]) -> Rows:
    return session.execute(_open_tasks().where(which, sight.of_task())).all()
