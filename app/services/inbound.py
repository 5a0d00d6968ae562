"""Mail that comes in: what it changes, in one transaction with its being filed.

A delivery report stops mail to the address of the message that it is about, and an agent says the message instead. What somebody wrote
becomes a note and a task; it is never an answer by itself, and nothing is answered by mail, so that no two machines can talk for ever.
"""

import json
import logging
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Channel, Match, Note, Person, TaskKind
from app.services.events import Actor, record
from app.services.people import person_with
from app.services.tasks import WITHIN, open_task
from app.services.telling import say_instead, things_of
from matching.lifecycle import MatchState
from notifications import outbox, received
from notifications.imap import MailboxServer, fetch
from notifications.inbound.read import Answer, AutoReply, Received, read
from notifications.inbound.report import Bounce, Outcome
from notifications.outbox import Undelivered
from notifications.received import Sent
from notifications.tables import SEALED_AS

log = logging.getLogger(__name__)

FULL_AGAIN_AFTER, FULL_AGAIN_WITHIN = timedelta(days=7), timedelta(days=60)
"""A full mailbox is nobody's for long: one that was full a week ago as well is given up."""
NEVER_ARRIVED = (Outcome.FAILED, Outcome.FULL, Outcome.GONE)


class Filed(StrEnum):
    """What a message was filed as, besides the outcomes of delivery reports."""

    AUTO_REPLY = "auto_reply"
    ANSWER = "answer"
    STRANGER = "stranger"
    """Somebody wrote to the city, and not about a message of ours."""
    OTHER = "other"
    """Advertising, and reports about mail that is not ours."""
    TWICE = "twice"
    """It is filed already."""


def receive(ctx: Context, raw: bytes, recipient: str = "") -> Filed | Outcome:
    """File a message that came in and do what follows from it. ``recipient`` is the envelope's, where it is known."""
    mail, now = read(raw, recipient), ctx.now()
    with ctx.db.write() as session:
        connection = session.connection()
        about = _about(ctx, connection, mail)
        content = mail.content
        kind = _kind(content, about)
        status = content.status if isinstance(content, Bounce) else ""
        if not received.file(connection, mail.fingerprint, kind, about, now, status=status):
            return Filed.TWICE
        if isinstance(content, Bounce) and about and content.outcome in NEVER_ARRIVED:
            _bounced(session, ctx, content, about, now)
        if isinstance(content, Answer) and kind != Filed.OTHER:
            _wrote(session, ctx, content, about, now)
    log.info("a message that came in is filed: %s%s", kind, f", about message {about.id}" if about else "")
    return kind


def fetch_mail(ctx: Context) -> int:
    """File what is unread in the mailbox; how much that was. What is not filed stays unread.

    Raises ``MailboxUnavailable`` and SQLAlchemy's ``OperationalError``: later it works.
    """

    def take(raw: bytes) -> bool:
        try:
            receive(ctx, raw)
        except OperationalError:
            raise
        except Exception:  # nobody foresaw it, and the messages behind this one should not wait for whoever mends it
            log.exception("a message that came in could not be filed and stays unread in the mailbox")
            return False
        return True

    s = ctx.settings
    server = MailboxServer(s.mail_imap_server, s.mail_imap_port, s.mail_imap_username, s.mail_imap_password, s.mail_imap_use_ssl)
    return fetch(server, take)


def _about(ctx: Context, connection: Connection, mail: Received) -> Sent | None:
    """The message of ours that it is about: by the address that only its recipient knows, else by its ``Message-ID``, as secret as that."""
    named = next((number for address in mail.sent_to if (number := ctx.replies.read(address)) is not None), None)
    if named is not None:
        return received.sent(connection, id=named)
    return received.sent(connection, message_ids=mail.ids) if mail.ids else None


def _kind(content: Bounce | AutoReply | Answer, about: Sent | None) -> Filed | Outcome:
    match content:
        case Bounce():
            return content.outcome if about else Filed.OTHER
        case AutoReply():
            return Filed.AUTO_REPLY
        case Answer():
            nobodys = content.doubtful or not content.sender
            return Filed.ANSWER if about else Filed.OTHER if nobodys else Filed.STRANGER


def _bounced(session: Session, ctx: Context, bounce: Bounce, about: Sent, now: datetime) -> None:
    connection = session.connection()
    full_since = now - FULL_AGAIN_WITHIN, now - FULL_AGAIN_AFTER
    again = bounce.outcome == Outcome.FULL and received.came_in(connection, about.recipient_index, Outcome.FULL, *full_since)
    why = f"bounced: {bounce.outcome} {bounce.status}".strip()
    if again or bounce.outcome == Outcome.GONE:
        outbox.suppress(connection, about.recipient_index, why, now)
    outbox.record_bounced(connection, about.id, now=now, error=why)
    say_instead(session, ctx, Undelivered(about.id, about.kind, about.payload, about.about, why), now)


def _wrote(session: Session, ctx: Context, answer: Answer, about: Sent | None, now: datetime) -> None:
    things: dict[str, Any] = things_of(session, about.about) if about else {"person": person_with(session, ctx, answer.sender)}
    person: Person | None = things.get("person")
    match: Match | None = things.get("match")
    task = open_task(session, TaskKind.ANSWER, now, reason=about.kind if about else None, due_at=_due(match, now), **things)
    assert task  # it has no event_key that could be there already
    session.flush()
    ids = {f"{name}_id": thing.id for name, thing in things.items() if thing}
    note = Note(
        at=now, channel=Channel.MAIL, sender=answer.sender, subject=answer.subject, text=answer.text,
        attachments="\n".join(answer.attachments), task_id=task.id, **ids,
    )  # fmt: skip
    session.add(note)
    by = Actor(person.id if person and about and _is_from(ctx, answer.sender, about) else None, Channel.MAIL)
    record(session, "wrote", now, by, reason=task.reason, task_id=task.id, **ids)


def _is_from(ctx: Context, sender: str, about: Sent) -> bool:
    """Whether it came from the address that the message went to."""
    to = json.loads(ctx.keys.unseal(about.recipient, SEALED_AS) or "{}")  # of an old message it is not kept
    return sender.lower() == str(to.get("address", "")).lower() != ""


def _due(match: Match | None, now: datetime) -> datetime:
    """When an agent should have read it: before the time to answer is over, where that is near."""
    due = now + WITHIN[TaskKind.ANSWER]
    waits = match and match.state in (MatchState.PROPOSED, MatchState.ACCEPTED) and match.deadline_at > now
    return min(due, match.deadline_at) if match and waits else due
