"""How sending stands, for whoever runs the service."""

from datetime import datetime, timedelta

from app.context import Context
from notifications import outbox
from notifications.outbox import Standing
from notifications.tables import OutboxState

LATE_AFTER = timedelta(minutes=15)
"""A relay takes what is due within a second; a mail server that is down for a moment is no alarm yet."""


def mail_standing(ctx: Context) -> Standing:
    with ctx.db.read() as session:
        return outbox.standing(session.connection(), ctx.now())


def is_late(standing: Standing, now: datetime) -> bool:
    return standing.waits_since is not None and now - standing.waits_since > LATE_AFTER


def try_again(ctx: Context, message_id: int) -> OutboxState | None:
    """Have the message tried now, unless it went or is about to; the state it was in."""
    with ctx.db.write() as session:
        return outbox.retry(session.connection(), message_id, ctx.now())
