"""Takes messages out of the outbox and sends them: at least once, and a repeat is the same message.

A batch is claimed in one transaction, each message sent outside of any and its outcome recorded in a transaction of its own. A
relay that dies between the two leaves one message in flight, which is sent again with the same ``Message-ID``.
"""

import datetime as dt
import json
import logging
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from notifications import outbox
from notifications.messages import from_dict
from notifications.outbox import Claimed
from notifications.policy import skip_reasons
from notifications.render import City, calendar_part, render
from notifications.tables import OutboxState
from notifications.transport.base import Envelope, Mailbox, Permanent, Transient, Transport, Unavailable

log = logging.getLogger(__name__)

BATCH = 10
LOOK_S = 0.5
LONGEST_PAUSE_S = 60.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 30.0, 6 * 3600.0
GIVE_UP_AFTER = dt.timedelta(days=3)


class Relay:
    """Sends what is due.

    ``begin`` opens a writing transaction; ``unseal`` undoes what ``seal`` did at the enqueue; ``holder`` names this relay and no
    other. ``lease`` must be more than twice what sending one message may take (some ten network steps, each up to its timeout).
    """

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Connection]],
        transport: Transport,
        unseal: Callable[[str], str],
        city: City,
        holder: str,
        *,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        lease: dt.timedelta = dt.timedelta(minutes=10),
        rng: random.Random | None = None,
    ) -> None:
        self._begin = begin
        self._transport = transport
        self._unseal = unseal
        self._city = city
        self._holder = holder
        self._clock = clock
        self._lease = lease
        self._rng = rng or random.Random()
        self._stop = threading.Event()
        self._accepted: set[int] = set()  # by the server, and not yet recorded
        self._failures = 0  # in a row, of the mail server or the database as a whole

    def run(self, stop: threading.Event) -> None:
        """Send what is due until ``stop`` is set, whatever happens to the database and the mail server meanwhile."""
        self._stop = stop
        while not stop.is_set():
            busy = False
            try:
                busy = self.run_once() > 0
            except SQLAlchemyError as error:
                self._failures += 1
                log.error("the outbox cannot be read or written: %s", _name(error))
            if self._failures:
                stop.wait(min(LOOK_S * 2 ** min(self._failures, 10), LONGEST_PAUSE_S))
            elif not busy:
                stop.wait(LOOK_S)
        self._transport.close()

    def run_once(self) -> int:
        """One batch; how many messages were taken. Raises SQLAlchemy's errors when the database is gone."""
        batch, taken = self._claim()
        if not batch:
            self._failures = 0
            self._transport.close()
        renew_at = self._clock() + self._lease / 2
        while batch and not self._stop.is_set():
            if self._clock() >= renew_at:
                batch, renew_at = self._renew(batch), self._clock() + self._lease / 2
                continue
            try:
                self._deliver(batch[0])
            except Unavailable as error:
                self._failures += 1
                log.error("mail cannot be sent at present: %s", error.reason)
                break
            self._failures = 0
            batch = batch[1:]
        if batch:
            with self._begin() as connection:
                outbox.release(connection, [claimed.id for claimed in batch], holder=self._holder)
        return taken

    def _claim(self) -> tuple[list[Claimed], int]:
        """The messages to send, and how many were taken with those that are skipped."""
        with self._begin() as connection:
            for id in self._accepted:
                outbox.record_sent(connection, id, now=self._clock())
            # Between batches nothing is in hand: what is still ours was left behind when the database went away.
            outbox.release_dead(connection, lambda holder: holder == self._holder)
            batch = outbox.claim(connection, holder=self._holder, now=self._clock(), limit=BATCH, lease=self._lease)
            skipped = skip_reasons(connection, batch)
            for id, reason in skipped.items():
                outbox.record_refused(connection, id, holder=self._holder, error=reason, state=OutboxState.SUPPRESSED)
        self._accepted.clear()
        return [claimed for claimed in batch if claimed.id not in skipped], len(batch)

    def _renew(self, batch: Sequence[Claimed]) -> list[Claimed]:
        """What is still ours of ``batch``: another relay may have taken it while a slow server held us up."""
        with self._begin() as connection:
            ids = [claimed.id for claimed in batch]
            ours = outbox.renew(connection, ids, holder=self._holder, now=self._clock(), lease=self._lease)
        return [claimed for claimed in batch if claimed.id in ours]

    def _deliver(self, claimed: Claimed) -> None:
        """Send one message and record what came of it. Only ``Unavailable`` is left to the caller."""
        try:
            self._transport.send(self._envelope(claimed))
        except Unavailable:
            raise
        except Permanent as error:
            self._refuse(claimed, error.reason)
        except Transient as error:
            self._try_later(claimed, error.reason, error.retry_after_s)
        except Exception as error:  # a template or a key that is missing: may be mended while the message waits
            self._try_later(claimed, f"cannot be made: {_name(error)}", None)
        else:
            self._accepted.add(claimed.id)
            with self._begin() as connection:
                outbox.record_sent(connection, claimed.id, now=self._clock())
            self._accepted.discard(claimed.id)
            log.info("message %d (%s, %s) sent", claimed.id, claimed.kind, claimed.about)

    def _envelope(self, claimed: Claimed) -> Envelope:
        message = from_dict(json.loads(self._unseal(claimed.payload)))
        rendered = render(message, claimed.language, self._city)
        to = Mailbox(**json.loads(self._unseal(claimed.recipient)))
        part = calendar_part(message, claimed.language, self._city, to.address)
        return Envelope(to, rendered.subject, rendered.text, rendered.html, claimed.message_id, claimed.created_at, part)

    def _try_later(self, claimed: Claimed, reason: str, retry_after_s: int | None) -> None:
        back_off_s = min(FIRST_BACK_OFF_S * 4.0 ** min(claimed.attempts - 1, 10), LONGEST_BACK_OFF_S) * self._rng.uniform(0.75, 1.25)
        due_at = self._clock() + dt.timedelta(seconds=max(back_off_s, retry_after_s or 0))
        if due_at - claimed.created_at > GIVE_UP_AFTER:
            self._refuse(claimed, f"given up: {reason}")
            return
        with self._begin() as connection:
            outbox.record_retry(connection, claimed.id, holder=self._holder, due_at=due_at, error=reason)
        log.warning("message %d (%s, %s) waits after try %d: %s", claimed.id, claimed.kind, claimed.about, claimed.attempts, reason)

    def _refuse(self, claimed: Claimed, reason: str) -> None:
        with self._begin() as connection:
            outbox.record_refused(connection, claimed.id, holder=self._holder, error=reason)
        log.warning("message %d (%s, %s) will not arrive: %s", claimed.id, claimed.kind, claimed.about, reason)


def _name(error: Exception) -> str:
    """What kind of error it is; its text could hold what the message says."""
    return type(error).__name__
