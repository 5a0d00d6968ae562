"""What people see of their own affairs: a resident's request, a volunteer's page, one request to answer.

The other side's name and contact details are only in what these functions return once both have agreed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, String, cast, func, or_, select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Event, Match, Need, Offer, Person, Territory, Visit
from app.models.post import point_of
from app.services.proposing import told_m
from app.services.taking import Nearby, needs_near
from matching.lifecycle import LIVE, MatchState, OfferState, VisitState
from matching.model import Mode

MATCHES_SHOWN = 100
TURNS_SHOWN = 100
TURNS = (
    "need_open", "need_paused", "need_withdrawn", "need_expired", "need_changed", "need_placed", "need_held", "need_read", "need_edited",
    "nobody_found", "reported",
)  # fmt: skip
"""The events of a need that its own story tells besides its matches."""
Side = Literal["resident", "volunteer"]


@dataclass(frozen=True)
class Contact:
    """The other side, after both agreed. What is not known is empty."""

    first_name: str
    email: str
    phone: str
    address: str = ""
    details: str = ""


@dataclass(frozen=True)
class MyMatch:
    """A match as one of its sides may see it. ``distance_m`` is rounded up to 100 m and ``None`` where the two do not meet.
    ``visit_at`` is the next visit, ``code`` what is said at its door: both once agreed. ``begun``: its first visit is not still to come."""

    id: int
    state: MatchState
    reason: str | None
    because: str | None
    outcome: str | None
    mode: str
    distance_m: int | None
    proposed_at: datetime
    deadline_at: datetime
    accepted_at: datetime | None
    agreed_at: datetime | None
    closed_at: datetime | None
    category: str
    urgency: str
    availability: str
    quartier: str
    need_id: int
    resident_id: int
    volunteer_id: int
    weeks: int = 0
    wanted_at: datetime | None = None
    visit_at: datetime | None = None
    code: str = ""
    contact: Contact | None = None
    begun: bool = False


@dataclass(frozen=True)
class MyRequest:
    """``row`` is what was asked for and how it stands, ``placed``, and the person's ``contact``, ``account``, ``phone`` and ``has_email``.
    ``turns`` are at, kind and reason of what happened besides the matches, oldest first."""

    row: Row[*tuple[Any, ...]]
    matches: Sequence[MyMatch]
    turns: Sequence[Row[*tuple[Any, ...]]]


@dataclass(frozen=True)
class MyPage:
    """``offers``: id, categories, mode, state, radius_m, quartiers, drawn, capacity, taken, availability, languages, address, placed,
    quartier.
    ``needs``: id, category, state, posted_at. ``helped`` is the number of different neighbours with a request that ended well, ``visits``
    that of such requests."""

    offers: Sequence[Row[*tuple[Any, ...]]]
    waiting: Sequence[MyMatch]
    accepted: Sequence[MyMatch]
    people: Sequence[MyMatch]
    needs: Sequence[Row[*tuple[Any, ...]]]
    near: Sequence[Nearby]
    helped: int
    visits: int

    @property
    def on_duty(self) -> bool:
        return any(offer.state == OfferState.ACTIVE for offer in self.offers)


def request_of(ctx: Context, need_id: int) -> MyRequest | None:
    """A resident's request with its matches in the order in which they were proposed."""
    with ctx.db.read() as session:
        row = session.execute(
            select(
                Need.id, Need.person_id, Need.category, Need.urgency, Need.availability, Need.state, Need.helpers_needed, Need.taken,
                Need.repeats, Need.wanted_at,
                Need.posted_at, Need.confirmed_at, Need.check_at, Need.checked_at, Need.moderation, Need.held_at,
                Need.share_contact, Need.exact_point.is_not(None).label("placed"), Need.address,
                Need.details, Need.languages, Need.mode, Need.school_level, Need.on_behalf_name,
                Person.contact, Person.account, Person.phone, Person.email.is_not(None).label("has_email"),
            )
            .join(Need.person)
            .where(Need.id == need_id, Person.erased_at.is_(None))
        ).one_or_none()  # fmt: skip
        if row is None:
            return None
        turns = session.execute(
            select(Event.at, Event.kind, Event.reason)
            .where(Event.need_id == need_id, Event.kind.in_(TURNS), or_(Event.reason.is_(None), Event.reason != "free"))
            .order_by(Event.at, Event.id)
            .limit(TURNS_SHOWN)
        ).all()
        return MyRequest(row, _matches(session, ctx.now(), Match.need_id == need_id, side="resident"), turns)


def volunteer_page(ctx: Context, person_id: int) -> MyPage:
    """A volunteer's own page; what waits for an answer comes in the order of its deadlines."""
    with ctx.db.read() as session:
        offers = session.execute(
            select(
                Offer.id, Offer.categories, Offer.mode, Offer.state, Offer.radius_m, Offer.quartiers, Offer.drawn, Offer.capacity,
                Offer.taken, Offer.availability, Offer.languages, Offer.address,
                Offer.exact_point.is_not(None).label("placed"), Territory.name.label("quartier"),
            )
            .outerjoin(Territory, Territory.id == Offer.territory_id)
            .where(Offer.person_id == person_id, Offer.state != OfferState.WITHDRAWN)
            .order_by(Offer.id)
            .limit(MATCHES_SHOWN)
        ).all()  # fmt: skip
        needs = session.execute(
            select(Need.id, Need.category, Need.state, Need.posted_at)
            .where(Need.person_id == person_id)
            .order_by(Need.posted_at.desc())
            .limit(MATCHES_SHOWN)
        ).all()
        live = _matches(session, ctx.now(), Match.state.in_(LIVE), Offer.person_id == person_id, side="volunteer")
        # Each request without account makes a person of its own: the same e-mail address or phone is the same neighbour.
        neighbour = func.coalesce(Person.email_index, Person.phone_index, cast(Person.id, String))
        helped, visits = session.execute(
            select(func.count(neighbour.distinct()), func.count(Match.id))
            .join(Match.offer)
            .join(Match.need)
            .join(Need.person)
            .where(Offer.person_id == person_id, Match.outcome == "done")
        ).one()
        near = needs_near(session, person_id)
    waiting = sorted((m for m in live if m.state is MatchState.PROPOSED), key=lambda m: m.deadline_at)
    accepted = [m for m in live if m.state is MatchState.ACCEPTED]
    people = sorted((m for m in live if m.state is MatchState.AGREED), key=lambda m: (m.agreed_at, m.id))
    return MyPage(offers, waiting, accepted, people, needs, near, helped, visits)


def one_match(ctx: Context, match_id: int, side: Side = "volunteer") -> MyMatch | None:
    """A match as the page of a side's bare link shows it: never with contacts."""
    with ctx.db.read() as session:
        return next(iter(_matches(session, ctx.now(), Match.id == match_id, side=side, bare=True)), None)


def owner_of_offer(ctx: Context, offer_id: int) -> int | None:
    """Whose offer it is."""
    with ctx.db.read() as session:
        return session.scalar(select(Offer.person_id).where(Offer.id == offer_id))


def own_offer(ctx: Context, person_id: int, offer_id: int) -> Offer | None:
    """An offer, to its own volunteer."""
    with ctx.db.read() as session:
        return session.scalar(select(Offer).where(Offer.id == offer_id, Offer.person_id == person_id))


def _matches(session: Session, now: datetime, *which: ColumnElement[bool], side: Side, bare: bool = False) -> list[MyMatch]:
    planned = Visit.match_id == Match.id, Visit.state == VisitState.PLANNED
    coming = select(func.min(Visit.at)).where(*planned).correlate(Match).scalar_subquery()
    taken = Visit.match_id == Match.id, Visit.state != VisitState.SKIPPED
    first = select(func.min(Visit.at)).where(*taken).correlate(Match).scalar_subquery()
    own, other = (Need, Offer) if side == "resident" else (Offer, Need)
    rows = session.execute(
        select(
            Match, Need.category, Need.urgency, Need.availability, Need.repeats, Need.wanted_at, Need.person_id, Offer.person_id,
            Territory.name, or_(Need.approximate, Offer.approximate), coming,
            first, own.exact_point, other.public_lon, other.public_lat,
        )
        .join(Match.need)
        .join(Match.offer)
        .outerjoin(Territory, Territory.id == Need.territory_id)
        .where(*which)
        .order_by(Match.proposed_at, Match.id)
        .limit(MATCHES_SHOWN)
    ).all()
    agreed = [match.id for match, *_ in rows if match.state == MatchState.AGREED]
    contacts = _contacts(session, agreed, side) if agreed and not bare else {}
    return [
        MyMatch(
            match.id, MatchState(match.state), match.reason, match.because, match.outcome, match.mode,
            told_m(match.mode, point_of(exact), public, rough),
            match.proposed_at, match.deadline_at, match.accepted_at, match.agreed_at, match.closed_at, category, urgency, availability,
            quartier or "",
            match.need_id, resident_id, volunteer_id, weeks, wanted_at, at if match.id in contacts else None,
            (match.code or "") if match.id in contacts else "", contacts.get(match.id), first_at is None or first_at <= now,
        )
        for match, category, urgency, availability, weeks, wanted_at, resident_id, volunteer_id, quartier, rough, at, first_at, exact,
            *public in rows
    ]  # fmt: skip


def _contacts(session: Session, agreed: list[int], side: Side) -> dict[int, Contact]:
    """The other side's contacts, by match; the address only for whoever comes to it."""
    other = Offer.person_id if side == "resident" else Need.person_id
    rows = session.execute(
        select(Match, Need, Person)
        .join(Match.need)
        .join(Match.offer)
        .join(Person, Person.id == other)
        .where(Match.id.in_(agreed), Match.state == MatchState.AGREED)
    )
    found = {}
    for match, need, person in rows:
        comes = side == "volunteer" and match.mode == Mode.IN_PERSON
        details = need.told if side == "volunteer" else ""
        found[match.id] = Contact(person.first_name, person.email or "", person.phone or "", need.address if comes else "", details)
    return found
