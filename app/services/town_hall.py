"""Which number somebody calls, and when it answers: that of the territory of their own post, else the city's."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Match, Need, Offer, TaskKind
from app.services.local import local
from app.services.places import territories
from app.services.tasks import WITHIN
from matching.hours import QUARTERS, HoursError, parse_hours
from matching.slots import QUARTER
from notifications.render import City

OWN = ("phone", "hours")
PLACE = "territory:"
"""Begins what a page is about before there is any post: a place."""


def as_told(session: Session, ctx: Context, city: City, about: str) -> City:
    """The city as a reader has it. ``about`` names them, and what it is about, as messages do: ``match:12/need:3/person:7``."""
    if not any(name in says for says in territories(session).settings.values() for name in OWN):
        return city
    here = local(session, ctx, _home(session, about))
    return replace(city, phone=here.phone, hours=here.hours)


def near(ctx: Context) -> Callable[[City, str], City]:
    """The same, for a relay. While the database is away the city's own number stands: no message may fail for it."""

    def look(city: City, about: str) -> City:
        with suppress(SQLAlchemyError), ctx.db.read() as session:
            return as_told(session, ctx, city, about)
        return city

    return look


def call_by(ctx: Context, soon: datetime, about: str) -> datetime:
    """Until when we can promise a call that is due ``soon``: then if the reader's line is open, else after its next opening."""
    try:
        hours = parse_hours(near(ctx)(ctx.city, about).hours)
    except HoursError:  # months and holidays, which a week does not hold
        return soon
    zone = ctx.settings.zone
    local = soon.astimezone(zone).replace(tzinfo=None)
    monday = datetime(local.year, local.month, local.day) - local.weekday() * (24 * 4 * QUARTER)

    def is_open(quarter: int) -> bool:
        return bool(hours >> quarter % QUARTERS & 1)

    # A moment belongs to the quarter that it ends: at closing time is in time, in the minute of opening is not.
    first = -((monday - local) // QUARTER) - 1
    if not hours or is_open(first):
        return soon
    opening = next(quarter for quarter in range(first, first + QUARTERS) if is_open(quarter))
    closing = opening + 1
    while is_open(closing) and (closing - opening) * QUARTER < WITHIN[TaskKind.TELL]:
        closing += 1
    return (monday + closing * QUARTER).replace(tzinfo=zone)


def _home(session: Session, about: str) -> int | None:
    """The territory of the reader's post that it is about, else of their latest one."""
    if about.startswith(PLACE):
        return int(about.removeprefix(PLACE))
    ids = {name: int(thing) for name, _, thing in (part.partition(":") for part in about.split("/"))}
    match = session.get(Match, ids["match"]) if "match" in ids else None
    of_it = {Need: match.need_id if match else ids.get("need"), Offer: match.offer_id if match else ids.get("offer")}
    found = []
    for kind, post_id in of_it.items():
        own = select(kind.id, kind.created_at, kind.territory_id).where(kind.person_id == ids["person"], kind.territory_id.is_not(None))
        # What it is about comes before all others, and of those the latest.
        row = session.execute(own.order_by((kind.id == (post_id or 0)).desc(), kind.id.desc()).limit(1)).one_or_none()
        if row:
            found.append((row.id == post_id, row.created_at, row.territory_id))
    return max(found)[2] if found else None
