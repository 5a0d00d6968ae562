"""All that is kept of a person, as they may take it along: what they said, what happened, and who has looked at it.

Of others there is nothing in it: neither whom they met, nor what others said of them. What was reported of somebody is the lead's alone,
so that nobody need be afraid to report (decision 30).
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, and_, func, inspect, or_, select
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import (
    Check,
    Device,
    Event,
    Incident,
    Match,
    Need,
    Note,
    Offer,
    Outcome,
    Person,
    PersonTerritory,
    Role,
    Territory,
    Visit,
)
from app.services.details import write_down_look
from app.services.events import Actor
from app.services.people import same_person
from app.services.sight import EVERYTHING, Sight
from matching.lifecycle import Side
from notifications import wishes
from notifications.tables import outbox

MOST_LOOKS = 100
LOOKS = ("looked_at", "found")
EXPORT = "export"
"""Why an agent looked who made the file for somebody."""
NOT_TOLD = {
    Person: {"id", "email_index", "phone_index", "password_hash", "merged_into_id", "approved_by_id", "changed_at", "role",
             "whole_city", "proconnect", "proconnect_index", "frozen_at", "erased_at"},
    Need: {"person_id", "territory_id", "next_try_at", "pinned_offer_id", "changed_at", "taken"},
    Offer: {"person_id", "territory_id", "changed_at", "taken", "news_at"},
}  # fmt: skip
"""Columns that are the machine's or say something of others; all others are told. ``frozen_at`` would tell of a report."""
OF_A_MATCH = ("state", "mode", "proposed_at", "accepted_at", "agreed_at", "closed_at", "outcome")
NOT_THEIRS = ("incident_", "pair_", "volunteer_frozen", "volunteer_unfrozen", "round_", "task_", "mail_", "contacts_shown", *LOOKS)
"""What happened by agents' own hands, by the beginning of its kind. Looks have a list of their own."""


def looks(session: Session, people: Collection[int], needs: Collection[int], offers: Collection[int]) -> Sequence[Row[*tuple[Any, ...]]]:
    """Each look at exact data, newest first: at, kind (``contacts_shown``, ``looked_at``, ``found``), reason, role and areas of the agent;
    ``to`` is the other side (``volunteer`` or ``resident``) where both had agreed."""
    shown = and_(Event.kind == "contacts_shown", or_(Event.need_id.in_(needs), Event.offer_id.in_(offers)))
    looked = and_(Event.kind.in_(LOOKS), or_(Event.need_id.in_(needs), Event.offer_id.in_(offers), Event.person_id.in_(people)))
    areas = select(func.aggregate_strings(Territory.name, ", ")).join(PersonTerritory).where(PersonTerritory.person_id == Person.id)
    return session.execute(
        select(
            Event.at, Event.kind, Event.reason, Person.role, Event.need_id.in_(needs).label("to_volunteer"),
            areas.correlate(Person).scalar_subquery().label("areas"),
        )
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(or_(shown, looked))
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(MOST_LOOKS)
    ).all()  # fmt: skip


def looks_of(ctx: Context, person_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The same of one person with all that they have."""
    with ctx.db.read() as session:
        person = session.get_one(Person, person_id)
        return looks(session, *_all_of(session, same_person(session, person)))


def everything(ctx: Context, person_id: int) -> dict[str, Any]:
    """By section, each a list of rows. Names are those of the columns; moments are in ISO 8601 (UTC)."""
    with ctx.db.read() as session:
        return _everything(session, session.get_one(Person, person_id))


def for_agent(ctx: Context, sight: Sight, person_id: int, by: Actor) -> dict[str, Any] | None:
    """The same, made by an agent: that they did is a look. Only of somebody all of whose posts they see; ``None`` else."""
    with ctx.db.write() as session:
        person = session.scalar(sight.find(Person, person_id))
        if person is None or person.role != Role.NONE or person.erased_at is not None:
            return None
        ids = same_person(session, person)
        in_sight = or_(sight.of_person(), Person.merged_into_id.is_not(None))
        seen = session.scalar(select(func.count(Person.id)).where(Person.id.in_(ids), in_sight))
        if sight != EVERYTHING and seen != len(ids):
            return None
        write_down_look(session, ctx, person_id, EXPORT, by)
        session.flush()
        return _everything(session, person)


def rows(data: Mapping[str, Sequence[Mapping[str, Any]]]) -> Iterator[tuple[str, int, str, str]]:
    """As one table: section, number in it, name, value."""
    for section, entries in data.items():
        for number, entry in enumerate(entries, 1):
            for name, value in entry.items():
                yield section, number, name, _text(value)


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value))
    return "" if value is None else {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _all_of(session: Session, ids: Collection[int]) -> tuple[Collection[int], Sequence[int], Sequence[int]]:
    needs, offers = (session.scalars(select(kind.id).where(kind.person_id.in_(ids))).all() for kind in (Need, Offer))
    return ids, needs, offers


def _everything(session: Session, person: Person) -> dict[str, Any]:
    ids, here = same_person(session, person), aliased(Territory)
    posts: dict[str, list[dict[str, Any]]] = {}
    for name, kind in (("requests", Need), ("offers", Offer)):
        found = select(kind, here.name).outerjoin(here, here.id == kind.territory_id).where(kind.person_id.in_(ids)).order_by(kind.id)
        posts[name] = [_told(post) | {"quartier": quartier} for post, quartier in session.execute(found)]
    needs, offers = ([post["id"] for post in posts[name]] for name in ("requests", "offers"))
    whole = session.scalars(select(Person).where(Person.id.in_(ids), Person.merged_into_id.is_(None)).order_by(Person.id))
    mine = or_(Match.need_id.in_(needs), Match.offer_id.in_(offers))
    matches = [
        {"id": match.id, "side": "resident" if match.need_id in needs else "volunteer", "category": category}
        | {name: _plain(getattr(match, name)) for name in OF_A_MATCH}
        for match, category in session.execute(select(Match, Need.category).join(Match.need).where(mine).order_by(Match.id))
    ]
    visits = session.execute(select(Visit.match_id, Visit.at, Visit.state).join(Visit.match).where(mine).order_by(Visit.at))
    o = outbox.c
    messages = select(o.kind, o.channel, o.language, o.state, o.created_at, o.sent_at).where(o.reader_id.in_(ids)).order_by(o.id)
    reported = select(Incident.opened_at, Incident.reason, Incident.words, Incident.closed_at).where(Incident.reporter_id.in_(ids))
    notes = select(Note.at, Note.channel, Note.sender, Note.subject, Note.text, Note.attachments).where(Note.person_id.in_(ids))
    asks, helps = Match.need_id.in_(needs), Match.offer_id.in_(offers)
    sides = or_(and_(asks, Outcome.side == Side.RESIDENT), and_(helps, Outcome.side == Side.VOLUNTEER))
    said = select(Outcome.match_id, Outcome.at, Outcome.said, Outcome.because, Outcome.words).join(Match, Match.id == Outcome.match_id)
    checks = select(Check.kind, Check.seen_on, Check.until).where(Check.person_id.in_(ids)).order_by(Check.id)
    devices = select(Device.at).where(Device.person_id.in_(ids)).order_by(Device.id)
    return {
        "person": [_told(each) for each in whole], **posts, "matches": matches, "visits": _rows(visits),
        "messages": _rows(session.execute(messages)), "wishes": _wishes(session, person),
        "said_of_help": _rows(session.execute(said.where(sides).order_by(Outcome.id))),
        "written": _rows(session.execute(notes.order_by(Note.id))), "reported": _rows(session.execute(reported.order_by(Incident.id))),
        "checks": _rows(session.execute(checks)), "devices": _rows(session.execute(devices)),
        "history": _history(session, ids, needs, offers, [match["id"] for match in matches]),
        "looks": [
            {"at": _plain(look.at), "kind": look.kind, "reason": look.reason, "areas": look.areas,
             "who": look.role or ("volunteer" if look.to_volunteer else "resident")}
            for look in looks(session, ids, needs, offers)
        ],
    }  # fmt: skip


def _told(thing: Any) -> dict[str, Any]:
    names = [column.key for column in inspect(type(thing)).columns if column.key not in NOT_TOLD[type(thing)]]
    return {name: _plain(getattr(thing, name)) for name in names}


def _wishes(session: Session, person: Person) -> list[dict[str, Any]]:
    if not person.email_index:
        return []
    here = wishes.of_index(session.connection(), person.email_index)
    return [{"off": sorted(here.off), "rhythm": here.rhythm, "night": here.night}]


def _history(
    session: Session, ids: Collection[int], needs: Sequence[int], offers: Sequence[int], matches: Sequence[int]
) -> list[dict[str, Any]]:
    """What happened. A reason is told where they gave it themselves: another's no is that other's."""
    about = or_(Event.person_id.in_(ids), Event.need_id.in_(needs), Event.offer_id.in_(offers), Event.match_id.in_(matches))
    found = session.execute(
        select(
            Event.at, Event.kind, Event.channel, Event.reason, Event.actor_id, Event.need_id, Event.offer_id, Event.match_id, Person.role
        )
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(about)
        .order_by(Event.id)
    )
    return [
        {
            "at": _plain(row.at), "kind": row.kind, "channel": row.channel, "by": _who(row, ids),
            "reason": row.reason if row.actor_id in ids else None, "request": row.need_id if row.need_id in needs else None,
            "offer": row.offer_id if row.offer_id in offers else None, "match": row.match_id,
        }
        for row in found
        if not row.kind.startswith(NOT_THEIRS) and (row.kind != "reported" or row.actor_id in ids)
    ]  # fmt: skip


def _who(row: Any, ids: Collection[int]) -> str:
    if row.actor_id is None:
        return "service"
    return "self" if row.actor_id in ids else "other side" if row.role == Role.NONE else "town hall"


def _rows(found: Any) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in row._mapping.items()} for row in found]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (datetime, date)) else value
