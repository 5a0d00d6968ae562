"""What becomes of a claimed batch, in the transaction that claimed it and in a constant number of queries: :mod:`notifications.policy`
decides, here it is looked up and recorded.

A digest is a row of its own from the first message that waits for it on. Nothing is copied into it before it is due: its messages are
rows in the state ``bundled`` until then, so that whoever unsubscribes meanwhile does not get them. Then it is closed: a second try is
the same message.
"""

import datetime as dt
import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from notifications.messages import Digest, Item, from_dict, topic_of
from notifications.outbox import Claimed, new_message_id
from notifications.policy import Do, Reader, Rules, Verdict, day_start, decide
from notifications.tables import OPEN, OutboxState, outbox, suppressed_address, wishes
from notifications.topics import Topic
from notifications.wishes import Rhythm

STATES = {
    Do.HOLD: OutboxState.WAITING, Do.BUNDLE: OutboxState.BUNDLED, Do.SKIP: OutboxState.SKIPPED, Do.SUPPRESS: OutboxState.SUPPRESSED,
}  # fmt: skip
EMPTY = Verdict(Do.SKIP, "nothing was left in it")


@dataclass(frozen=True)
class Sieve:
    """``seal`` and ``unseal`` are those of the enqueue."""

    rules: Rules
    seal: Callable[[str], str]
    unseal: Callable[[str], str]

    def sift(self, connection: Connection, batch: Sequence[Claimed], now: dt.datetime) -> list[Claimed]:
        """Those of ``batch`` to send now, digests filled; of the others it is recorded what becomes of them, and why."""
        if not batch:
            return []
        readers = self._readers(connection, batch, now)
        verdicts = {claimed.id: self._decide(claimed, readers, now) for claimed in batch}
        open_digests = [each for each in batch if each.bundled_in == OPEN and verdicts[each.id].do is not Do.HOLD]
        filled = self._fill(connection, open_digests, readers) if open_digests else {}
        verdicts |= {id: EMPTY for id, digest in filled.items() if not digest.payload}
        self._record(connection, [(each, verdicts[each.id]) for each in batch if verdicts[each.id].do is not Do.SEND], now)
        return [filled.get(each.id, each) for each in batch if verdicts[each.id].do is Do.SEND]

    def _decide(self, claimed: Claimed, readers: dict[int, Reader], now: dt.datetime) -> Verdict:
        """Each message that is sent counts for those behind it."""
        reader = readers[claimed.wishes_id]
        verdict = decide(topic_of(claimed.kind), reader, self.rules, now, urgent=claimed.urgent, tried=claimed.attempts > 1)
        if verdict.do is Do.SEND:
            readers[claimed.wishes_id] = replace(reader, sent_today=reader.sent_today + 1)
        return verdict

    def _readers(self, connection: Connection, batch: Sequence[Claimed], now: dt.datetime) -> dict[int, Reader]:
        """Who the batch is for, by the number of their wishes."""
        w, s, o = wishes.c, suppressed_address.c, outbox.c
        batched = Counter(claimed.wishes_id for claimed in batch)
        today = or_(o.sent_at >= day_start(now, self.rules), o.state == OutboxState.SENDING)
        sent = select(func.count()).where(o.wishes_id == w.id, today).scalar_subquery().label("sent")
        rows = connection.execute(
            select(w.id, w.consented_at, w.off, w.rhythm, w.night, s.reason, s.since, sent)
            .outerjoin(suppressed_address, s.recipient_index == w.recipient_index)
            .where(w.id.in_(batched))
        )
        return {
            row.id: Reader(
                consented=row.consented_at is not None, suppressed=f"{row.reason}, {row.since:%Y-%m-%d}" if row.reason else "",
                off=frozenset(map(Topic, row.off)), rhythm=Rhythm(row.rhythm), night=row.night, sent_today=row.sent - batched[row.id],
            )
            for row in rows
        }  # fmt: skip

    def _fill(self, connection: Connection, digests: Sequence[Claimed], readers: dict[int, Reader]) -> dict[int, Claimed]:
        """Each digest with its messages, closed, by its id; without payload where none is left."""
        columns = (outbox.c.id, outbox.c.kind, outbox.c.payload, outbox.c.created_at, outbox.c.bundled_in)
        inside = outbox.c.bundled_in.in_([digest.id for digest in digests]) & (outbox.c.state == OutboxState.BUNDLED)
        items: dict[int, list[Item]] = {digest.id: [] for digest in digests}
        off = {digest.id: readers[digest.wishes_id].off for digest in digests}
        taken_out: list[dict[str, Any]] = []
        for row in connection.execute(select(*columns).where(inside).order_by(outbox.c.id)).all():
            topic = topic_of(row.kind)
            if topic in off[row.bundled_in]:
                taken_out.append({"row": row.id, "state": OutboxState.SKIPPED, "reason": f"unsubscribed: {topic}", "attempts": 0})
                continue
            try:
                items[row.bundled_in].append(Item(row.created_at, from_dict(json.loads(self.unseal(row.payload)))))
            except Exception:  # a key that is missing: by itself it waits until that is mended, and holds up nothing else
                taken_out.append({"row": row.id, "state": OutboxState.WAITING, "reason": "cannot be bundled", "attempts": 1})
        filled = {digest.id: replace(digest, payload=self._payload(items[digest.id])) for digest in digests}
        if taken_out:
            names = ("state", "reason", "attempts")
            out = update(outbox).values(bundled_in=None, **{name: bindparam(name) for name in names})
            connection.execute(out.where(outbox.c.id == bindparam("row")), taken_out)
        if full := [{"row": digest.id, "payload": digest.payload} for digest in filled.values() if digest.payload]:
            closed = update(outbox).values(payload=bindparam("payload"), bundled_in=None)
            connection.execute(closed.where(outbox.c.id == bindparam("row")), full)
        return filled

    def _payload(self, items: Sequence[Item]) -> str:
        return self.seal(json.dumps(Digest(items[0].message.first_name, tuple(items)).to_dict())) if items else ""

    def _record(self, connection: Connection, outcomes: Sequence[tuple[Claimed, Verdict]], now: dt.datetime) -> None:
        """Untried as they are, they leave the relay's hands."""
        if not outcomes:
            return
        bundled = [(claimed, verdict) for claimed, verdict in outcomes if verdict.do is Do.BUNDLE]
        digest_of = self._digests(connection, bundled, now) if bundled else {}
        values = [
            {
                "row": claimed.id, "state": STATES[verdict.do], "reason": verdict.reason, "attempts": claimed.attempts - 1,
                "due_at": verdict.until or claimed.due_at,
                # Of what was tried before the date stays: it is the same message.
                "held_until": verdict.until if claimed.attempts == 1 else claimed.held_until,
                "bundled_in": digest_of[claimed.wishes_id] if verdict.do is Do.BUNDLE else claimed.bundled_in,
            }
            for claimed, verdict in outcomes
        ]  # fmt: skip
        names = values[0].keys() - {"row"}
        left = update(outbox).values(claimed_by=None, claimed_until=None, **{name: bindparam(name) for name in names})
        connection.execute(left.where(outbox.c.id == bindparam("row")), values)

    def _digests(self, connection: Connection, bundled: Sequence[tuple[Claimed, Verdict]], now: dt.datetime) -> dict[int, int]:
        """The digest that waits for each reader, by the number of their wishes; made where there is none."""
        first = {claimed.wishes_id: (claimed, verdict) for claimed, verdict in reversed(bundled)}
        # One relay at a time gives a reader a digest. One that another relay has just claimed is closed: it is locked, or no longer waits.
        connection.execute(select(wishes.c.id).where(wishes.c.id.in_(first)).order_by(wishes.c.id).with_for_update())
        o = outbox.c
        waits = (o.state == OutboxState.WAITING) & (o.bundled_in == OPEN)
        found = connection.execute(select(o.wishes_id, o.id).where(o.wishes_id.in_(first), waits).with_for_update(skip_locked=True))
        digests = {wishes_id: id for wishes_id, id in found}
        empty = self.seal(json.dumps(Digest("", ()).to_dict()))
        made = [
            {
                "kind": Digest.kind, "payload": empty, "recipient": claimed.recipient, "recipient_index": claimed.recipient_index,
                "wishes_id": wishes_id, "channel": claimed.channel, "language": claimed.language, "about": claimed.about,
                "reader_id": claimed.reader_id, "urgent": False,
                "message_id": new_message_id(claimed.message_id.strip("<>").rpartition("@")[2]), "state": OutboxState.WAITING,
                "attempts": 0, "due_at": verdict.until, "created_at": now, "held_until": verdict.until, "reason": verdict.reason,
                "bundled_in": OPEN,
            }
            for wishes_id, (claimed, verdict) in first.items() if wishes_id not in digests
        ]  # fmt: skip
        if made:
            digests |= {wishes_id: id for wishes_id, id in connection.execute(insert(outbox).returning(o.wishes_id, o.id), made)}
        return digests
