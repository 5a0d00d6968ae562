"""What is not sent, and why. Asked for a batch at once, in the transaction that claimed it."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from notifications.outbox import Claimed
from notifications.tables import suppressed_address


def skip_reasons(connection: Connection, batch: Sequence[Claimed]) -> dict[int, str]:
    """By message id, why it is not to be sent; a message that may be sent is not in it."""
    s = suppressed_address.c
    addresses = {claimed.recipient_index for claimed in batch}
    rows = connection.execute(select(s.recipient_index, s.reason, s.since).where(s.recipient_index.in_(addresses)))
    reasons = {index: f"address suppressed: {reason}, {since:%Y-%m-%d}" for index, reason, since in rows}
    return {claimed.id: reasons[claimed.recipient_index] for claimed in batch if claimed.recipient_index in reasons}
