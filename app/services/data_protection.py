"""How personal data is dealt with in the whole city, in numbers: for whoever watches over it and sees nothing of any one resident."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Event, Incident, IncidentState, Person
from app.services import audit, purging
from app.services.erasing import Waits
from app.services.own_data import LOOKS

LATELY = timedelta(days=30)
MOST = 200


@dataclass(frozen=True)
class Overview:
    """``due``: how much of each kind is kept too long now. ``gone_on``, ``gone``: the day of the last purge, and how much of each went.
    ``erased``: how many people lately, by who wanted it. ``waits``: erasures that were asked for and have to wait, by why;
    ``oldest``: since when. ``looks``: lately, by agent. Columns: id, name, role, reason, looks, people."""

    due: Mapping[str, int]
    gone_on: date | None
    gone: Mapping[str, int]
    erased: Mapping[str, int]
    waits: Mapping[str, int]
    oldest: datetime | None
    looks: Sequence[Row[*tuple[Any, ...]]]
    seal: audit.Newest


def overview(ctx: Context) -> Overview:
    since = ctx.now() - LATELY
    day, gone = purging.last(ctx)
    gone_on = date.fromisoformat(day) if day else None
    with ctx.db.read() as session:
        lately = select(Event.reason, func.count()).where(Event.kind == "erased", Event.at >= since).group_by(Event.reason)
        erased = {reason or "": number for reason, number in session.execute(lately)}
        waits, oldest = _waits(session)
        looks = session.execute(
            select(
                Person.id, Person.name, Person.role, Event.reason, func.count().label("looks"),
                func.count(Event.person_id.distinct()).label("people"),
            )
            .join(Person, Person.id == Event.actor_id)
            .where(Event.kind.in_(LOOKS), Event.at >= since)
            .group_by(Person.id, Person.name, Person.role, Event.reason)
            .order_by(func.count().desc(), Person.id, Event.reason)
            .limit(MOST)
        ).all()  # fmt: skip
    return Overview(purging.would_go(ctx), gone_on, gone, erased, waits, oldest, looks, audit.newest(ctx))


def _waits(session: Session) -> tuple[Mapping[str, int], datetime | None]:
    """What :mod:`app.services.erasing` asks of each of them, here of all at once: what is no open report is a visit of that day."""
    merged, about = aliased(Person), Incident.about_id
    same = or_(about == Person.id, about.in_(select(merged.id).where(merged.merged_into_id == Person.id).correlate(Person)))
    reported = exists().where(and_(same, Incident.state != IncidentState.CLOSED)).correlate(Person)
    columns = func.count(), func.coalesce(func.sum(case((reported, 1), else_=0)), 0), func.min(Person.erase_asked_at)
    number, reports, oldest = session.execute(select(*columns).where(Person.erase_asked_at.is_not(None))).one()
    return {Waits.REPORT: reports, Waits.VISIT: number - reports}, oldest
