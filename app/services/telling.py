"""Telling people: by e-mail through the outbox where they have one, else as a task for an agent with the words to say.

Called inside the transaction of the fact that is told, so that neither can be without the other.
"""

from dataclasses import fields, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.context import Context
from app.models import Match, Need, Offer, Person, TaskKind
from app.services.tasks import open_task
from notifications import outbox
from notifications.messages import Message
from notifications.outbox import Recipient
from notifications.render import render

CALL_WITHIN = timedelta(hours=4)
SEALED_AS = "notification_outbox"


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
    """Tell ``person`` once. ``due_at``: until when an agent should have called. ``once`` tells one cause from the next when the
    message and what it is about do not."""
    about = f"match:{match.id}" if match else f"need:{need.id}" if need else f"offer:{offer.id}" if offer else f"person:{person.id}"
    event_key = f"{message.kind}:{about}:{person.id}" + (f":{once}" if once else "")
    if person.contact == "email" and person.email and person.email_index:
        to = Recipient(address=person.email, index=person.email_index, language=person.language, name=person.name)
        outbox.enqueue(
            session.connection(), message, to=to, about=about, now=now, event_key=event_key,
            seal=lambda text: ctx.keys.seal(text, SEALED_AS), sender_domain=ctx.settings.mail_sender.rpartition("@")[2],
        )  # fmt: skip
        return
    open_task(
        session, TaskKind.TELL, now, event_key=event_key, reason=message.kind, words=spoken(message, person, ctx),
        due_at=due_at or now + CALL_WITHIN, person=person, need=need, offer=offer, match=match,
    )  # fmt: skip


def spoken(message: Message, person: Person, ctx: Context) -> str:
    """The message as an agent says or prints it: without links, which are the person's own and of no use on the phone."""
    without_links = replace(message, **{f.name: "" for f in fields(message) if f.name.endswith("_url")})
    return render(without_links, person.language, ctx.city).text
