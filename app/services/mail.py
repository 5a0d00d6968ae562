"""How sending stands, for whoever runs the service."""

from datetime import datetime, timedelta

from app.context import Context
from notifications import outbox, received
from notifications.outbox import Standing
from notifications.tables import OutboxState

LATE_AFTER = timedelta(minutes=15)
"""A relay takes what is due within a second; a mail server that is down for a moment is no alarm yet."""


def mail_standing(ctx: Context) -> Standing:
    with ctx.db.read() as session:
        return outbox.standing(session.connection(), ctx.now())


def mail_that_came(ctx: Context) -> dict[str, int]:
    """How many messages came in, by what they were filed as."""
    with ctx.db.read() as session:
        return received.counts(session.connection())


def is_late(waits_since: datetime | None, now: datetime) -> bool:
    return waits_since is not None and now - waits_since > LATE_AFTER


def mail_is_late(ctx: Context) -> bool:
    """For a health check that is asked again and again: it counts nothing."""
    now = ctx.now()
    with ctx.db.read() as session:
        return is_late(outbox.waits_since(session.connection(), now), now)


def try_again(ctx: Context, message_id: int) -> tuple[OutboxState | None, bool]:
    """Have the message tried now, unless it went, is about to or is not wanted; the state it was in, and whether its address was
    suppressed until now."""
    with ctx.db.write() as session:
        state = outbox.retry(session.connection(), message_id, ctx.now())
        again = state in (OutboxState.WAITING, OutboxState.REFUSED, OutboxState.SUPPRESSED)
        return state, again and outbox.lift_suppression(session.connection(), message_id)
