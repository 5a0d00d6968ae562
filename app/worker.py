"""The worker: follows the database, proposes, watches deadlines, and sends the mail."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from app.context import Context, instance_folder
from app.services import leases, reminding, standing_in, visits
from app.services.board import Board
from app.services.duty import come_back
from app.services.ending import expire_due
from app.services.matching import match_due, warm_up
from app.services.telling import SEALED_AS, follow_up_undelivered
from notifications import outbox
from notifications.relay import Relay
from notifications.transport.base import Mailbox, Transport
from notifications.transport.file import FileTransport
from notifications.transport.mail import MailTransport, Server

log = logging.getLogger(__name__)

EVERY_S = 0.5
LONGEST_PAUSE_S = 30.0


class Worker:
    """One worker process's work. ``tick`` does what is due and says whether there was anything."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.board = Board()
        self.relay = make_relay(ctx)

    def tick(self) -> bool:
        """Match, expire and follow up, if this worker holds the lease; sending is the relay's own."""
        if not leases.hold(self.ctx, "matching"):
            return False
        done = expire_due(self.ctx) + come_back(self.ctx)
        done += visits.pass_due(self.ctx) + visits.extend_due(self.ctx) + reminding.remind_due(self.ctx) + standing_in.expire_due(self.ctx)
        self.board.follow(self.ctx)
        done += match_due(self.ctx, self.board)
        done += follow_up_undelivered(self.ctx)
        return done > 0

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``; the mail goes out beside the matching, so that a slow server delays no proposal."""
        with self.ctx.db.begin() as connection:
            outbox.release_dead(connection, leases.is_dead)
        relay = threading.Thread(target=self.relay.run, args=(stop,), name="relay")
        relay.start()
        # Compiling takes half a minute the first time on a machine: beside the work, which needs it only for several needs at once.
        # Until it is done, one need alone goes through all offers in turn.
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        _repeat(self.tick, stop)
        relay.join()

    def run_until_quiet(self) -> None:
        """Work until nothing is due any more."""
        with self.ctx.db.begin() as connection:
            outbox.release_dead(connection, leases.is_dead)
        while self.tick() | (self.relay.run_once() > 0):
            pass


def _repeat(step: Callable[[], object], stop: threading.Event) -> None:
    pause = EVERY_S
    while not stop.is_set():
        try:
            step()
            pause = EVERY_S
        except Exception:
            # The database is away or busy, or something is wrong that nobody foresaw. Nothing is lost, since work is found by its
            # state: a worker that ended here would let all others wait for ever.
            log.exception("the work was interrupted; it goes on later")
            pause = min(pause * 2, LONGEST_PAUSE_S)
        stop.wait(pause)


def make_transport(ctx: Context) -> Transport:
    s = ctx.settings
    sender = Mailbox(s.mail_sender, f"À deux pas {s.city_name}")
    if not s.mail_server:
        return FileTransport(instance_folder(s) / "mail", sender)
    server = Server(
        s.mail_server, s.mail_port, username=s.mail_username, password=s.mail_password, use_tls=s.mail_use_tls,
        use_ssl=s.mail_use_ssl, timeout_s=s.mail_timeout_s,
    )  # fmt: skip
    return MailTransport(server, sender)


def make_relay(ctx: Context) -> Relay:
    # Sending one message takes some ten network steps, and a lease must outlast them all twice.
    lease = timedelta(seconds=max(600, 25 * ctx.settings.mail_timeout_s))
    return Relay(
        ctx.db.begin, make_transport(ctx), lambda text: ctx.keys.unseal(text, SEALED_AS), ctx.city, ctx.holder, clock=ctx.now,
        lease=lease, rng=ctx.rng,
    )  # fmt: skip
