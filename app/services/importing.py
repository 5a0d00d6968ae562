"""Putting spreadsheets of offers and needs into the database.

Imported rows count as confirmed, and their volunteers as approved: a town hall vouches for its own lists. A volunteer with an
e-mail address gets an account, whose password is set by a reset link.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Channel, Need, Offer, Person, PostedBy
from app.services.accounts import activate_offers
from app.services.events import Actor, record
from app.services.people import account_of, make_person
from app.services.places import Spot, areas
from app.services.placing import Where
from app.services.posting import NeedInput, OfferInput, add_need, add_offer, open_need
from app.sheets.posts import NeedRow, OfferRow, Refused
from app.sheets.table import Problem
from config.settings import LANGUAGES

R = TypeVar("R", OfferRow, NeedRow)
CHUNK = 200
BY_FILE = Actor(channel=Channel.FILE)


@dataclass
class Outcome:
    """What became of a file's rows."""

    added: int = 0
    known: int = 0
    unplaced: int = 0
    refused: list[Refused] = field(default_factory=list)


def import_offers(ctx: Context, rows: Iterable[OfferRow | Refused], step: Callable[[int], object]) -> Outcome:
    """Store the good rows; a reference that is there already is left as it is. ``step`` is told of each number of rows done."""
    return _import(ctx, rows, Offer, _add_offer, step)


def import_needs(ctx: Context, rows: Iterable[NeedRow | Refused], step: Callable[[int], object]) -> Outcome:
    """The same for needs."""
    return _import(ctx, rows, Need, _add_need, step)


def fits(ctx: Context, kind: type[Offer] | type[Need]) -> Callable[[OfferRow | NeedRow], Problem | None]:
    """What the database has against a row, as a function: it lies outside, or its reference stands for somebody else already.

    Raises :class:`app.services.places.NoTerritory` when there is no territory yet.
    """
    with ctx.db.read() as session:
        there = areas(session)
        references = set(session.scalars(select(kind.reference)))

    def check(row: OfferRow | NeedRow) -> Problem | None:
        if row.lon is not None and row.lat is not None and there.locate(row.lon, row.lat) is None:
            what = "and lat lie outside the area that the service covers: check that they are not swapped"
            return Problem("lon", f"{what}, or send the person to the town hall ({ctx.settings.city_phone})")
        if row.reference not in references:
            return None
        with ctx.db.read() as session:
            known = session.scalar(select(Person).join(kind, kind.person_id == Person.id).where(kind.reference == row.reference))
        if known and not (known.name == row.name or (known.email, known.phone) == (row.email, row.phone)):
            return Problem("reference", "stands for somebody else since an earlier import: give this row another one")
        return None

    return check


def _import(
    ctx: Context, rows: Iterable[R | Refused], kind: type[Offer] | type[Need], add: Callable[[Session, Context, R, datetime], None],
    step: Callable[[int], object],
) -> Outcome:  # fmt: skip
    """Some hundred rows a transaction: each one alone would wait for the disk."""
    outcome = Outcome()
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        with ctx.db.write() as session:
            references = [row.reference for row in chunk if not isinstance(row, Refused)]
            known = set(session.scalars(select(kind.reference).where(kind.reference.in_(references))))
            for row in chunk:
                if isinstance(row, Refused):
                    outcome.refused.append(row)
                elif row.reference in known:
                    outcome.known += 1
                else:
                    add(session, ctx, row, ctx.now())
                    outcome.added += 1
                    outcome.unplaced += row.lon is None
        step(len(chunk))
    return outcome


def _add_offer(session: Session, ctx: Context, row: OfferRow, now: datetime) -> None:
    account = account_of(session, ctx, row.email) if row.email else None
    if account and (account.name, account.phone) == (row.name, row.phone):
        person = account
    else:
        # Two who share an address, a couple perhaps, stay two people; the account is the first one's.
        person = make_person(ctx, now, name=row.name, email=row.email, phone=row.phone, language=_written(ctx, row))
        person.account = row.email is not None and account is None
        person.email_confirmed_at = now if row.email else None
        session.add(person)
    if person.approved_at is None:
        person.approved_at = now
        record(session, "volunteer_approved", now, BY_FILE, reason="import")
    given = OfferInput(
        categories=row.categories, where=_where(row), languages=row.languages, mode=row.mode, availability=row.availability,
        radius_m=row.radius_m, capacity=row.capacity, reference=row.reference, posted_by=PostedBy.AGENT,
    )  # fmt: skip
    add_offer(session, ctx, person, given, _point(row), now, BY_FILE)
    activate_offers(session, ctx, person, now, BY_FILE)


def _add_need(session: Session, ctx: Context, row: NeedRow, now: datetime) -> None:
    person = make_person(
        ctx, now, name=row.name, email=row.email, phone=row.phone, language=_written(ctx, row), contact=row.contact
    )  # fmt: skip
    session.add(person)
    given = NeedInput(
        name=row.name, category=row.category, where=_where(row), languages=row.languages, urgency=row.urgency, mode=row.mode,
        availability=row.availability, helpers_needed=row.helpers_needed, repeats=row.repeats, posted_by=PostedBy.AGENT,
        posted_at=row.posted_at,
        reference=row.reference,
    )  # fmt: skip
    need = add_need(session, ctx, person, given, _point(row), now, BY_FILE)
    open_need(session, ctx, need, now, BY_FILE, told=False)
    if need.next_try_at:
        need.next_try_at = now  # a file is a batch already: its flexible needs wait for no other


def _where(row: OfferRow | NeedRow) -> Where:
    return Where(row.address, row.postcode, row.city, row.lon, row.lat)


def _point(row: OfferRow | NeedRow) -> Spot | None:
    return None if row.lon is None or row.lat is None else Spot(row.lon, row.lat)


def _written(ctx: Context, row: OfferRow | NeedRow) -> str:
    """The language to write to somebody in: the first of theirs that the service speaks."""
    return next((language for language in row.languages if language in LANGUAGES), ctx.settings.language)
