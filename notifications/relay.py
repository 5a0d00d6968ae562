"""Takes messages out of the outbox and sends them: at least once, and a repeat is the same message.

A batch is claimed in one transaction, each message sent outside of any and its outcome recorded in a transaction of its own, while the
server hears of the next one. The next one's content is not handed over before that is done: a relay that dies leaves one message in
flight, which is sent again with the same ``Message-ID``.
"""

import datetime as dt
import json
import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress

from prometheus_client import Counter
from sqlalchemy import Connection, Transaction
from sqlalchemy.exc import SQLAlchemyError

from notifications import outbox
from notifications.breaker import Breaker, BreakerState
from notifications.limits import Limits
from notifications.messages import from_dict
from notifications.outbox import Claimed
from notifications.policy import AT_ONCE, Rules
from notifications.render import City, Ways, calendar_part, render
from notifications.short import short
from notifications.sifting import Sieve
from notifications.tables import Channel
from notifications.topics import Topic
from notifications.transport.base import (
    Envelope,
    Interrupted,
    Mailbox,
    Permanent,
    Transient,
    Transport,
    Unavailable,
    UnknownAddress,
)

log = logging.getLogger(__name__)
OUTCOMES = Counter("adeuxpas_messages", "Messages by what came of a try to send them", ["channel", "outcome"])

BATCH = 100
LOOK_S = 0.5
LONGEST_PAUSE_S = 60.0
FIRST_BACK_OFF_S, LONGEST_BACK_OFF_S = 30.0, 6 * 3600.0
TRIES = 17
"""They take about three days, and more where the mail server was down meanwhile, which counts as no try."""


class _TakenBack(Exception):
    """The message is another's now, or nobody's: it was erased, or its lease ran out."""


class Relay:
    """Sends what is due of one channel, by its transport: one that is down holds up no other.

    ``connect`` opens a connection whose transactions may write; ``seal`` is what was given at the enqueue, ``unseal`` undoes it;
    ``holder`` names this relay and no other. ``reply_to`` gives the address to which answers to a message come, by the message's id.
    ``near`` gives the city as the reader has it, by what the message is about. ``ways`` makes the links by which the owner of some wishes
    chooses what they get. ``lease`` must be more than twice what sending one message may take (some ten network steps, each up to its
    timeout).
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Connection]],
        transport: Transport,
        unseal: Callable[[str], str],
        city: City,
        holder: str,
        *,
        seal: Callable[[str], str],
        rules: Rules = AT_ONCE,
        ways: Callable[[int, Topic], Ways] | None = None,
        reply_to: Callable[[int], str] = lambda _: "",
        near: Callable[[City, str], City] = lambda city, _about: city,
        clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
        lease: dt.timedelta = dt.timedelta(minutes=10),
        limits: Limits | None = None,
        channel: Channel = Channel.EMAIL,
        rng: random.Random | None = None,
    ) -> None:
        self._connect = connect
        self._transport = transport
        self._unseal = unseal
        self._sieve = Sieve(rules, seal, unseal)
        self._ways = ways
        self._city = city
        self._near = near
        self._holder = holder
        self._reply_to = reply_to
        self._clock = clock
        self._lease = lease
        self._limits = limits or Limits()
        self._channel = channel
        self._rng = rng or random.Random()
        self._breaker = Breaker(self._rng)
        self._stop = threading.Event()
        self._connection: Connection  # for a batch, and beside it one for what was sent
        self._recorder: Connection
        self._accepted: Claimed | None = None  # by the server, and not recorded yet
        self._prepared: tuple[int, Envelope] | None = None  # by the row's id

    def run(self, stop: threading.Event) -> None:
        """Send what is due until ``stop`` is set, whatever happens to the database and the mail server meanwhile."""
        self._stop = stop
        pause_s = LOOK_S
        while not stop.is_set():
            busy = False
            try:
                busy = self.run_once() > 0
                pause_s = LOOK_S
            except SQLAlchemyError as error:
                pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
                log.error("the outbox cannot be read or written: %s", _name(error))
            if not busy:
                stop.wait(pause_s)
        self._transport.close()

    def run_once(self) -> int:
        """One batch; how many messages were dealt with. Raises SQLAlchemy's errors when the database is gone."""
        state = self._breaker.state(self._clock())
        if state is BreakerState.OPEN:
            return 0
        with self._connect() as self._connection, self._connect() as self._recorder:
            if not self._recorder.in_transaction():  # a record is one statement: one step to the database in place of three
                self._recorder.execution_options(isolation_level="AUTOCOMMIT")
            batch, skipped = self._claim(BATCH if state is BreakerState.CLOSED else 1)
            if not batch:
                self._transport.close()
            left = self._send(batch)
            self._settle()
            if left:
                with self._transaction() as connection:
                    outbox.release(connection, [claimed.id for claimed in left], holder=self._holder)
        return skipped + len(batch) - len(left)

    def _claim(self, limit: int) -> tuple[list[Claimed], int]:
        """The messages to send, and how many more are not sent now."""
        with self._transaction() as connection:
            # Between batches nothing is in hand: what is still ours was left behind when the database went away.
            outbox.release_dead(connection, lambda holder: holder == self._holder)
            batch = outbox.claim(
                connection, holder=self._holder, now=self._clock(), limit=limit, lease=self._lease, channel=self._channel
            )  # fmt: skip
            to_send = self._sieve.sift(connection, batch, self._clock())
        return to_send, len(batch) - len(to_send)

    def _send(self, batch: list[Claimed]) -> list[Claimed]:
        """What is left of ``batch`` when the server is away, or this relay is to stop."""
        renew_at = self._clock() + self._lease / 2
        while batch and not self._stop.is_set() and self._breaker.state(self._clock()) is not BreakerState.OPEN:
            if self._clock() >= renew_at:
                batch, renew_at = self._renew(batch), self._clock() + self._lease / 2
                continue
            domain = self._domain(batch[0])
            if full_until := self._limits.full_until(domain, self._clock()):
                batch = self._put_off(batch, domain, full_until)
                continue
            if wait_s := self._limits.wait_s(self._clock()):
                self._settle()
                if self._stop.wait(wait_s):
                    break
            self._limits.count(domain, self._clock())
            try:
                self._deliver(*batch[:2])
            except Unavailable as error:
                self._breaker.failed(self._clock(), error.retry_after_s)
                self._count("server away")
                log.error("%s cannot be sent at present: %s", self._channel, error.reason)
                break
            batch = batch[1:]
        return batch

    def _renew(self, batch: Sequence[Claimed]) -> list[Claimed]:
        """What is still ours of ``batch``: another relay may have taken it while a slow server held us up."""
        with self._transaction() as connection:
            ids = [claimed.id for claimed in batch]
            ours = outbox.renew(connection, ids, holder=self._holder, now=self._clock(), lease=self._lease)
        return [claimed for claimed in batch if claimed.id in ours]

    def _put_off(self, batch: Sequence[Claimed], domain: str, until: dt.datetime) -> list[Claimed]:
        """Give back what is for a domain that had enough; the others of ``batch``."""
        too_many = [claimed.id for claimed in batch if self._domain(claimed) == domain]
        with self._transaction() as connection:
            outbox.release(connection, too_many, holder=self._holder, due_at=until)
        return [claimed for claimed in batch if claimed.id not in too_many]

    def _deliver(self, claimed: Claimed, following: Claimed | None = None) -> None:
        """Send one message and record what came of it. Only ``Unavailable``, and a database that is gone, are left to the caller."""
        try:
            self._transport.send(self._envelope(claimed), lambda: self._last_look(claimed), lambda: self._prepare(following))
        except _TakenBack:
            log.info("message %d (%s, %s) was taken back", claimed.id, claimed.kind, claimed.about)
        except (Unavailable, SQLAlchemyError):
            raise
        except Permanent as error:
            self._breaker.worked()
            self._refuse(claimed, error.reason, nobody_there=isinstance(error, UnknownAddress))
        except Interrupted as error:
            self._breaker.failed(self._clock())
            self._try_later(claimed, error.reason, error.retry_after_s)
        except Transient as error:
            self._breaker.worked()
            self._try_later(claimed, error.reason, error.retry_after_s)
        except Exception as error:  # a template or a key that is missing: may be mended while the message waits
            self._try_later(claimed, f"cannot be made: {_name(error)}", None)
        else:
            self._breaker.worked()
            self._accepted = claimed

    def _last_look(self, claimed: Claimed) -> None:
        """The server may take this one next: it goes only if nobody has taken it back."""
        self._settle()
        if not outbox.is_held(self._recorder, claimed.id, holder=self._holder):
            raise _TakenBack

    def _settle(self) -> None:
        """Record that the message before is sent. Where the database is gone it will be before the next claim."""
        if claimed := self._accepted:
            outbox.record_sent(self._recorder, claimed.id, now=self._clock())
            self._accepted = None
            self._count("sent")
            log.info("message %d (%s, %s) sent", claimed.id, claimed.kind, claimed.about)

    def _prepare(self, claimed: Claimed | None) -> Envelope | None:
        with suppress(Exception):  # it will be met again when it is this one's turn
            self._prepared = (claimed.id, self._make(claimed)) if claimed else None
        return self._prepared[1] if self._prepared else None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        self._settle()
        with _begin(self._connection):
            yield self._connection

    def _mailbox(self, claimed: Claimed) -> Mailbox:
        return Mailbox(**json.loads(self._unseal(claimed.recipient)))

    def _domain(self, claimed: Claimed) -> str:
        """Where it goes; empty where that cannot be read, which :meth:`_deliver` meets again."""
        try:
            return self._mailbox(claimed).address.rpartition("@")[2].lower()
        except Exception:
            return ""

    def _envelope(self, claimed: Claimed) -> Envelope:
        prepared, self._prepared = self._prepared, None
        return prepared[1] if prepared and prepared[0] == claimed.id else self._make(claimed)

    def _make(self, claimed: Claimed) -> Envelope:
        message, to = from_dict(json.loads(self._unseal(claimed.payload))), self._mailbox(claimed)
        city = self._near(self._city, claimed.about)
        if self._channel is Channel.SMS:
            return Envelope(to, "", short(message, claimed.language, city), "", claimed.message_id, claimed.since)
        ways = self._ways(claimed.wishes_id, message.topic) if self._ways and message.topic is not Topic.ACCOUNT else None
        rendered = render(message, claimed.language, city, ways)
        headers, back = ways.headers if ways else {}, self._reply_to(claimed.id)
        part = calendar_part(message, claimed.language, city, to.address)
        return Envelope(to, rendered.subject, rendered.text, rendered.html, claimed.message_id, claimed.since, headers, back, part)

    def _try_later(self, claimed: Claimed, reason: str, retry_after_s: int | None) -> None:
        counts = self._breaker.state(self._clock()) is BreakerState.CLOSED  # else it is the server's failure, not the message's
        if counts and claimed.attempts >= TRIES:
            self._refuse(claimed, f"given up: {reason}")
            return
        back_off_s = min(FIRST_BACK_OFF_S * 4.0 ** min(claimed.attempts - 1, 10), LONGEST_BACK_OFF_S) * self._rng.uniform(0.75, 1.25)
        due_at = self._clock() + dt.timedelta(seconds=max(back_off_s, retry_after_s or 0))
        with self._transaction() as connection:
            if counts:
                outbox.record_retry(connection, claimed.id, holder=self._holder, due_at=due_at, error=reason)
            else:
                outbox.release(connection, [claimed.id], holder=self._holder, due_at=due_at)
        self._count("put off")
        log.warning("message %d (%s, %s) waits after try %d: %s", claimed.id, claimed.kind, claimed.about, claimed.attempts, reason)

    def _refuse(self, claimed: Claimed, reason: str, *, nobody_there: bool = False) -> None:
        with self._transaction() as connection:
            outbox.record_refused(connection, claimed.id, holder=self._holder, error=reason)
            if nobody_there:
                outbox.suppress(connection, claimed.recipient_index, reason, self._clock())
        self._count("refused")
        log.warning("message %d (%s, %s) will not arrive: %s", claimed.id, claimed.kind, claimed.about, reason)

    def _count(self, outcome: str) -> None:
        OUTCOMES.labels(self._channel, outcome).inc()


def _begin(connection: Connection) -> Transaction:
    """A transaction, or a part of the one that ``connection`` came with."""
    return connection.begin_nested() if connection.in_transaction() else connection.begin()


def _name(error: Exception) -> str:
    """What kind of error it is; its text could hold what the message says."""
    return type(error).__name__
