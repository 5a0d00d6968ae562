"""The mail of the past: the story's and the newest are there to be read, all of it has been sent."""

from email.message import EmailMessage

from sqlalchemy import func, select, update

from app.context import Context
from app.services.demo import facts
from app.services.inbound import receive
from app.services.telling import follow_up_undelivered
from app.services.wishes import ways_of
from notifications.messages import AcceptedToResident, NoNeedNearYou
from notifications.relay import Relay
from notifications.tables import SEALED_AS, OutboxState, outbox, suppressed_address
from notifications.transport.base import Mailbox
from notifications.transport.file import FileTransport, remove_mail

NEWEST = 60
LOST = 2
"""How many messages came back: an agent says them instead."""


def past_mail(ctx: Context) -> None:
    """Write the mail of the past as files, dated when it was written, in place of what is there; never to a mail server."""
    story = outbox.c.recipient_index.in_([ctx.keys.index(who.email) for who in facts.CAST.values()])
    # Of the news to volunteers whom nobody needed there would be more than of all else.
    newest = select(outbox.c.id).where(outbox.c.kind != NoNeedNearYou.kind).order_by(outbox.c.id.desc())
    with ctx.db.begin() as connection:
        lost = connection.scalars(newest.where(~story).offset(5).limit(LOST)).all()
        refused = update(outbox).where(outbox.c.id.in_(lost))
        connection.execute(refused.values(state=OutboxState.REFUSED, attempts=1, last_error="recipient: 550 5.1.1"))
        old = update(outbox).where(~story, outbox.c.id.not_in(newest.limit(NEWEST)), outbox.c.state == OutboxState.WAITING)
        connection.execute(old.values(state=OutboxState.SENT, attempts=1))
    folder = ctx.mail_folder
    remove_mail(folder)
    transport = FileTransport(folder, Mailbox(ctx.settings.mail_sender, f"À deux pas {ctx.settings.city_name}"))
    relay = Relay(
        ctx.db.connect, transport, lambda sealed: ctx.keys.unseal(sealed, SEALED_AS), ctx.city, ctx.holder, clock=ctx.now,
        seal=lambda text: ctx.keys.seal(text, SEALED_AS), ways=lambda wishes_id, topic: ways_of(ctx, wishes_id, topic),
    )  # fmt: skip
    while relay.run_once():
        pass
    with ctx.db.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.state == OutboxState.SENT).values(sent_at=outbox.c.created_at))
        gone = select(outbox.c.recipient_index, func.max(outbox.c.last_error), func.max(outbox.c.created_at)).where(outbox.c.id.in_(lost))
        columns = ["recipient_index", "reason", "since"]
        connection.execute(suppressed_address.insert().from_select(columns, gone.group_by(outbox.c.recipient_index)))
    follow_up_undelivered(ctx)
    _an_answer(ctx)


def _an_answer(ctx: Context) -> None:
    """Renée has written back in place of pressing the button: that is a note and a task, and no yes."""
    asked = select(outbox.c.message_id).where(
        outbox.c.kind == AcceptedToResident.kind, outbox.c.recipient_index == ctx.keys.index(facts.RENEE.email)
    )
    with ctx.db.read() as session:
        about = session.scalar(asked.order_by(outbox.c.id.desc()).limit(1))
    if about is not None:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = facts.RENEE.email, ctx.settings.mail_sender, facts.ANSWERED[0]
        mail["In-Reply-To"], mail["Message-ID"], mail["Date"] = about, "<answer@example.net>", ctx.now()
        mail.set_content(facts.ANSWERED[1])
        receive(ctx, mail.as_bytes())
