"""What people wish of the messages to them: by the link in a message, or on their own pages."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Need, Offer, Person
from app.services.duty import set_duty
from app.services.events import Actor, record
from matching.lifecycle import OfferState
from notifications import wishes
from notifications.render import Ways
from notifications.topics import Topic, stopped_with
from notifications.wishes import Rhythm, Wishes


@dataclass(frozen=True)
class Choices:
    """Of one address, which several people may share. ``topics`` are those of which it can get messages and may do without."""

    wishes: Wishes
    topics: Sequence[Topic]


def ways_of(ctx: Context, wishes_id: int, topic: Topic) -> Ways:
    """The links at the end of a message of ``topic``."""
    stop = ctx.links.url(Purpose.UNSUBSCRIBE, wishes_id, topic) if stopped_with(topic) else ""
    return Ways(ctx.links.url(Purpose.WISHES, wishes_id), stop)


def of_link(ctx: Context, wishes_id: int) -> Choices | None:
    with ctx.db.read() as session:
        here = wishes.of_id(session.connection(), wishes_id)
        return here and _choices(session, here)


def of_person(ctx: Context, person_id: int) -> Choices | None:
    """``None`` where there is no e-mail address."""
    with ctx.db.read() as session:
        index = session.scalar(select(Person.email_index).where(Person.id == person_id))
        return _choices(session, wishes.of_index(session.connection(), index)) if index else None


def _choices(session: Session, here: Wishes) -> Choices:
    own = Person.email_index == here.recipient_index
    offers = session.scalar(select(exists().where(Offer.person_id == Person.id, own, Offer.state != OfferState.WITHDRAWN)))
    needs = session.scalar(select(exists().where(Need.person_id == Person.id, own)))
    return Choices(here, [*([Topic.REQUESTS] if offers else []), *([Topic.PROGRESS] if needs else []), Topic.NEWS])


def choose(ctx: Context, given: Choices, by: Actor, *, off: Collection[Topic], rhythm: Rhythm, night: bool) -> None:
    """From now on. Without requests a volunteer goes off duty, and comes back with them."""
    was = given.wishes
    if (Topic.REQUESTS in off) != (Topic.REQUESTS in was.off):
        _set_duty(ctx, was, Topic.REQUESTS not in off, by)
    now = ctx.now()
    with ctx.db.write() as session:
        connection = session.connection()
        wishes_id = wishes.known(connection, was.recipient_index, consented=False, now=now)
        wishes.change(connection, wishes_id, off=off, rhythm=rhythm, night=night, now=now)
        for person_id in _people(session, was):
            record(session, "messages_chosen", now, _themselves(by, person_id), person_id=person_id)


def stop(ctx: Context, given: Choices, topic: Topic, by: Actor) -> None:
    """No more messages of a topic; a second time changes nothing."""
    here = given.wishes
    if not stopped_with(topic) <= here.off:
        choose(ctx, given, by, off=here.off | stopped_with(topic), rhythm=here.rhythm, night=here.night)


def _set_duty(ctx: Context, here: Wishes, on: bool, by: Actor) -> None:
    with ctx.db.read() as session:
        people = _people(session, here)
    for person_id in people:
        set_duty(ctx, person_id, on, _themselves(by, person_id))


def _themselves(by: Actor, person_id: int) -> Actor:
    """Whoever comes by the link of an address is each person who has it."""
    return replace(by, person_id=by.person_id or person_id)


def _people(session: Session, here: Wishes) -> Sequence[int]:
    return session.scalars(select(Person.id).where(Person.email_index == here.recipient_index).order_by(Person.id)).all()
