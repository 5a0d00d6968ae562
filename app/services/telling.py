"""Telling people: through the outbox where messages travel by themselves, else as a task for an agent with the words to say or print.

Called inside the transaction of the fact that is told, so that neither can be without the other.
"""

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Match, Need, Offer, Person, TaskKind
from app.services import own_mail
from app.services.channels import way_to
from app.services.rotation import current_index
from app.services.tasks import open_task
from app.services.town_hall import as_told
from matching.lifecycle import Side
from matching.model import Urgency
from notifications import outbox, wishes
from notifications.messages import OF_NO_MATCH, Message, from_dict
from notifications.outbox import Recipient, Undelivered
from notifications.render import render
from notifications.tables import SEALED_AS, Channel
from notifications.topics import Topic

MODELS: dict[str, Any] = {"match": Match, "need": Need, "offer": Offer, "person": Person}


def tell(
    session: Session,
    ctx: Context,
    person: Person,
    message: Message,
    now: datetime,
    *,
    need: Need | None = None,
    offer: Offer | None = None,
    match: Match | None = None,
    due_at: datetime | None = None,
    once: str | None = None,
) -> None:
    """Tell ``person``, once for a message and what it is about; ``once`` tells one cause from the next where those do not.

    ``due_at`` is until when an agent should have called whoever gets no messages.
    """
    if person.erased_at is not None:
        return
    if message.kind not in OF_NO_MATCH:
        assert match is not None, f"{message.kind} is about a match: whoever reads it may report a problem"
        side = Side.RESIDENT if person.id == match.need.person_id else Side.VOLUNTEER
        message = replace(message, report_url=ctx.links.url(Purpose.REPORT, match.id, side))
    about = about_words(
        person.id, need_id=need.id if need else None, offer_id=offer.id if offer else None, match_id=match.id if match else None
    )  # fmt: skip
    event_key = f"{message.kind}/{about}" + (f"/{once}" if once else "")
    way = way_to(ctx, person)
    address, index = way.address(person)
    if way.sends and address and index:
        to = Recipient(
            address=address, index=current_index(session.connection(), ctx.keys, address, now), language=person.language, name=person.name,
            consented=_has_consented(way.sends, person, need, offer), reader_id=person.id,
        )  # fmt: skip
        what = need or (session.get(Need, match.need_id) if match else None)
        outbox.enqueue(
            session.connection(), message, to=to, about=about, now=now, event_key=event_key,
            urgent=what is not None and what.urgency == Urgency.URGENT, channel=way.sends,
            seal=lambda text: ctx.keys.seal(text, SEALED_AS), sender_domain=ctx.settings.mail_sender.rpartition("@")[2],
        )  # fmt: skip
        return
    open_task(
        session, TaskKind.TELL, now, event_key=event_key, reason=message.kind, words=spoken(session, message, person, ctx, about),
        due_at=due_at, person=person, need=need, offer=offer, match=match,
    )  # fmt: skip


def _has_consented(channel: Channel, person: Person, need: Need | None, offer: Offer | None) -> bool:
    """By a link that went to the address, or by word: an agent opens a post only for somebody they have talked to."""
    known = person.email_confirmed_at if channel is Channel.EMAIL else None
    return any([known, need and need.confirmed_at, offer and offer.confirmed_at])


def hear_requests(session: Session, person: Person, now: datetime) -> None:
    """Whoever can be asked gets the messages that ask: asking somebody who hears nothing would use up a resident's time."""
    if person.email_index:
        wishes.resume(session.connection(), person.email_index, Topic.REQUESTS, now)


def about_words(person_id: int, *, need_id: int | None = None, offer_id: int | None = None, match_id: int | None = None) -> str:
    """How the outbox names what a message is about, such as ``match:12/need:3/person:7``."""
    match = f"match:{match_id}/" if match_id else ""
    need = f"need:{need_id}/" if need_id else ""
    offer = f"offer:{offer_id}/" if offer_id else ""
    return f"{match}{need}{offer}person:{person_id}"


def spoken(session: Session, message: Message, person: Person, ctx: Context, about: str) -> str:
    """The message as an agent says or prints it."""
    city = replace(as_told(session, ctx, own_mail.city(ctx), about), url="")
    return render(message.without_links(), person.language, city, on_paper=way_to(ctx, person).on_paper).text


def follow_up_undelivered(ctx: Context, limit: int = 50) -> int:
    """Make a task of each message that will never arrive: an agent says it instead. The number of messages."""
    now = ctx.now()
    with ctx.db.read() as session:
        if not outbox.refused_unhandled(session.connection(), 1):
            return 0
    with ctx.db.write() as session:
        rows = outbox.refused_unhandled(session.connection(), limit)
        for row in rows:
            say_instead(session, ctx, row, now)
            outbox.mark_handled(session.connection(), row.id, now)
    return len(rows)


def say_instead(session: Session, ctx: Context, row: Undelivered, now: datetime) -> None:
    """Have an agent say what did not arrive, once for a message."""
    things = things_of(session, row.about)
    if things["person"] is not None and row.payload:  # else it was about somebody who has been erased
        message = from_dict(json.loads(ctx.keys.unseal(row.payload, SEALED_AS)))
        words = spoken(session, message, things["person"], ctx, row.about)
        open_task(session, TaskKind.UNDELIVERED, now, event_key=undelivered_key(row.id), reason=row.kind, words=words, **things)


def undelivered_key(message_id: int) -> str:
    """Of the task to say what did not arrive."""
    return f"undelivered:{message_id}"


def things_of(session: Session, about: str) -> dict[str, Any]:
    """What :func:`about_words` named, by name; ``None`` for what is no longer there."""
    ids = dict(part.split(":") for part in about.split("/"))
    return {name: session.get(MODELS[name], int(thing)) for name, thing in ids.items()}
