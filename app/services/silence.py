"""People who have not been heard of for long. Volunteers among them are asked whether they still want to help, before all that is kept of
them is erased: by message, or by a call to make."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Channel, Event, Match, Need, Offer, Person, Role, TaskKind
from app.services.events import SYSTEM, Actor, record
from app.services.own_data import LOOKS
from app.services.tasks import close_tasks_about
from app.services.telling import tell
from matching.lifecycle import MatchState, OfferState
from notifications.messages import StillHelping

BY_AN_AGENT = (Channel.PHONE, Channel.COUNTER, Channel.MAIL, Channel.FILE)
ASKED, ANSWERED = "still_helping_asked", "still_helping"
SIX_WEEKS = timedelta(days=42)
STANDS = (OfferState.ACTIVE, OfferState.PAUSED)


def ahead(lasts: timedelta) -> timedelta:
    """How long before the end they are asked."""
    return min(SIX_WEEKS, lasts / 4)


def silent_since(before: datetime) -> ColumnElement[bool]:
    """There was no contact with the query's person since."""
    theirs = (
        Event.person_id == Person.id, Event.need_id.in_(select(Need.id).where(Need.person_id == Person.id).correlate(Person)),
        Event.offer_id.in_(select(Offer.id).where(Offer.person_id == Person.id).correlate(Person)),
    )  # fmt: skip
    contact = or_(Event.actor_id == Person.id, and_(Event.channel.in_(BY_AN_AGENT), Event.kind.not_in([*LOOKS, "call_tried"])))
    # Each by its own index.
    said = [~exists().where(which, contact, Event.at >= before).correlate(Person) for which in theirs]
    return and_(Person.created_at < before, Person.role == Role.NONE, Person.merged_into_id.is_(None), Person.erased_at.is_(None),
                Person.erase_asked_at.is_(None), *said)  # fmt: skip


def meets() -> ColumnElement[bool]:
    """The query's person has something agreed that goes on."""
    sides = ((Match.need_id == Need.id, Need.person_id == Person.id), (Match.offer_id == Offer.id, Offer.person_id == Person.id))
    return or_(*(exists().where(*side, Match.state == MatchState.AGREED).correlate(Person) for side in sides))


def _helps() -> ColumnElement[bool]:
    """The query's person is a volunteer whom nobody else has to decide about first."""
    stands = Offer.person_id == Person.id, Offer.state.in_(STANDS)
    return and_(Person.frozen_at.is_(None), exists().where(*stands).correlate(Person))


def _asked(*when: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(Event.person_id == Person.id, Event.kind == ASKED, *when).correlate(Person)


def gone(before: datetime, now: datetime) -> ColumnElement[bool]:
    """The query's person was silent for so long, and was asked in time where they are a volunteer."""
    in_time = _asked(Event.at >= before, Event.at <= now - ahead(now - before))
    return and_(silent_since(before), ~meets(), or_(~_helps(), in_time))


def _to_ask(ctx: Context) -> ColumnElement[bool]:
    lasts = timedelta(days=ctx.settings.people_days)
    since = ctx.now() - lasts + ahead(lasts)
    return and_(silent_since(since), ~meets(), _helps(), ~_asked(Event.at >= since))


def would_ask(session: Session, ctx: Context) -> int:
    """How many volunteers are to be asked now."""
    return session.scalar(select(func.count(Person.id)).where(_to_ask(ctx))) or 0


def ask_due(ctx: Context, limit: int) -> int:
    """Ask the next of them; how many."""
    with ctx.db.read() as session:
        due = session.scalars(select(Person.id).where(_to_ask(ctx)).order_by(Person.id).limit(limit)).all()
    for person_id in due:
        _ask(ctx, person_id)
    return len(due)


def _ask(ctx: Context, person_id: int) -> None:
    now = ctx.now()
    with ctx.db.write() as session:
        person = session.scalar(select(Person).where(Person.id == person_id, _to_ask(ctx)).with_for_update(of=Person))
        if person is None:
            return
        newest = select(Offer).where(Offer.person_id == person_id, Offer.state.in_(STANDS)).order_by(Offer.id.desc())
        offer = session.scalars(newest.limit(1)).one()
        record(session, ASKED, now, SYSTEM, person_id=person_id, offer_id=offer.id)
        deadline = now + ahead(timedelta(days=ctx.settings.people_days))
        message = StillHelping(person.first_name, deadline, ctx.links.url(Purpose.STILL_HELPING, offer.id))
        tell(session, ctx, person, message, now, offer=offer, due_at=deadline - SIX_WEEKS / 2, once=f"{now:%Y-%m-%d}")


def whose(ctx: Context, offer_id: int) -> int | None:
    """Who is asked by a link for this offer; nobody once they are erased."""
    with ctx.db.read() as session:
        alive = select(Offer.person_id).join(Offer.person).where(Offer.id == offer_id, Person.erased_at.is_(None))
        return session.scalar(alive)


def still_helping(ctx: Context, offer_id: int, by: Actor) -> None:
    """They still want to help: that is contact, and no call is to be made any more."""
    now = ctx.now()
    with ctx.db.write() as session:
        offer = session.get_one(Offer, offer_id)
        close_tasks_about(session, now, TaskKind.TELL, by, offer_id=offer_id, reason=StillHelping.kind)
        record(session, ANSWERED, now, by, person_id=offer.person_id, offer_id=offer_id)
