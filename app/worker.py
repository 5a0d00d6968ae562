"""The worker: follows the database, proposes, watches deadlines, sends the mail, reads what comes back and seals what happened."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta

from app.context import Context, instance_folder
from app.services import (
    alike,
    checks,
    erasing,
    flags,
    leases,
    own_mail,
    plans,
    posting,
    pressing,
    purging,
    reminding,
    sessions,
    standing_in,
    visits,
)
from app.services.audit import Sealer
from app.services.board import Board
from app.services.closing import ask_due
from app.services.duty import come_back
from app.services.ending import expire_due
from app.services.inbound import fetch_mail
from app.services.matching import match_due, warm_up
from app.services.news import tell_due
from app.services.stale import check_due
from app.services.telling import follow_up_undelivered
from app.services.town_hall import near
from app.services.why import explain_due
from app.services.wishes import ways_of
from notifications import outbox
from notifications.imap import MailboxUnavailable
from notifications.limits import Limits
from notifications.policy import AT_ONCE, Rules
from notifications.relay import Relay
from notifications.tables import SEALED_AS, Channel
from notifications.transport.base import Mailbox, Transport
from notifications.transport.file import FileTransport
from notifications.transport.mail import MailTransport, Server
from notifications.transport.sms import Gateway, SmsTransport

log = logging.getLogger(__name__)

EVERY_S = 0.5
BY_THE_CLOCK = (
    expire_due, come_back, visits.pass_due, visits.extend_due, reminding.remind_due, standing_in.expire_due, ask_due, check_due, tell_due,
    posting.go_on_due, pressing.press_due, checks.remind_due, flags.look_due, sessions.delete_ended, erasing.erase_due, purging.purge_due,
)  # fmt: skip
"""What becomes due by itself: each looks for it by state and time, and says how much there was."""
READ_MAIL_EVERY_S = 180.0
SEAL_EVERY_S = 5.0
STATISTICS_EVERY_S = 3600.0
LONGEST_PAUSE_S = 30.0


class Worker:
    """One worker process's work. ``tick`` does what is due and says whether there was anything."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        self.board = Board()
        self.sealer = Sealer()
        self.relays = [make_relay(ctx, channel) for channel in Channel if channel is not Channel.SMS or ctx.settings.sms_url]

    def tick(self) -> bool:
        """Match, expire and follow up, if this worker holds the lease; sending is the relay's own."""
        if not leases.hold(self.ctx, "matching"):
            return False
        done = sum(step(self.ctx) for step in BY_THE_CLOCK)
        self.board.follow(self.ctx)
        done += match_due(self.ctx, self.board) + plans.work_out(self.ctx, self.board)
        done += follow_up_undelivered(self.ctx)
        return done + (0 if done else explain_due(self.ctx, self.board) + alike.look_due(self.ctx)) > 0

    def read_mail(self) -> None:
        """File what came in, if this worker holds that lease."""
        if not leases.hold(self.ctx, "mailbox", 3 * timedelta(seconds=READ_MAIL_EVERY_S)):
            return
        try:
            fetch_mail(self.ctx)
        except MailboxUnavailable as error:
            log.error("the mailbox cannot be read at present: %s", error.reason)

    def seal(self) -> None:
        """Seal what happened, if this worker holds that lease."""
        while leases.hold(self.ctx, "audit", 6 * timedelta(seconds=SEAL_EVERY_S)) and self.sealer.seal_due(self.ctx):
            pass

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``; the mail goes out beside the matching, so that a slow server delays no proposal."""
        self._clean_up()
        beside = [threading.Thread(target=relay.run, args=(stop,), name="relay") for relay in self.relays]
        beside.append(threading.Thread(target=_repeat, args=(self.seal, stop, SEAL_EVERY_S), name="audit"))
        if self.ctx.settings.mail_imap_server:
            beside.append(threading.Thread(target=_repeat, args=(self.read_mail, stop, READ_MAIL_EVERY_S), name="mailbox"))
        if self.ctx.db.engine.dialect.name == "sqlite":
            count = self.ctx.db.refresh_statistics
            beside.append(threading.Thread(target=_repeat, args=(count, stop, STATISTICS_EVERY_S), name="statistics"))
        for thread in beside:
            thread.start()
        # Compiling takes half a minute the first time on a machine: beside the work, which needs it only for several needs at once.
        # Until it is done, one need alone goes through all offers in turn.
        threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
        _repeat(self.tick, stop)
        for thread in beside:
            thread.join()

    def _clean_up(self) -> None:
        """What died took nothing with it, and nothing waits for a channel that is not there any more: an agent says that."""
        with self.ctx.db.begin() as connection:
            outbox.release_dead(connection, leases.is_dead)
            if not self.ctx.settings.sms_url:
                outbox.give_up(connection, Channel.SMS, "no gateway")

    def run_until_quiet(self) -> None:
        """Work until nothing is due any more."""
        self._clean_up()
        while self.tick() | (sum(relay.run_once() for relay in self.relays) > 0):
            pass
        self.seal()


def _repeat(step: Callable[[], object], stop: threading.Event, every_s: float = EVERY_S) -> None:
    pause = every_s
    while not stop.is_set():
        try:
            step()
            pause = every_s
        except Exception:
            # The database is away or busy, or something is wrong that nobody foresaw. Nothing is lost, since work is found by its
            # state: a worker that ended here would let all others wait for ever.
            log.exception("the work was interrupted; it goes on later")
            pause = min(pause * 2, max(LONGEST_PAUSE_S, every_s))
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


def make_sms_transport(ctx: Context) -> Transport:
    s = ctx.settings
    return SmsTransport(Gateway(s.sms_url, s.sms_token, s.sms_sender))


TRANSPORTS = {Channel.EMAIL: make_transport, Channel.SMS: make_sms_transport}


def make_relay(ctx: Context, channel: Channel = Channel.EMAIL) -> Relay:
    # Sending one message takes some ten network steps, and a lease must outlast them all twice.
    lease = timedelta(seconds=max(600, 25 * ctx.settings.mail_timeout_s))
    s = ctx.settings
    return Relay(
        ctx.db.connect, TRANSPORTS[channel](ctx), lambda text: ctx.keys.unseal(text, SEALED_AS), own_mail.city(ctx),
        ctx.holder if channel is Channel.EMAIL else f"{ctx.holder}/{channel}", clock=ctx.now, channel=channel,
        seal=lambda text: ctx.keys.seal(text, SEALED_AS), rules=AT_ONCE if s.demo else Rules(s.zone, s.waking_hours, s.mail_daily_cap),
        ways=lambda wishes_id, topic: ways_of(ctx, wishes_id, topic), lease=lease,
        limits=Limits(s.mail_per_second, s.mail_per_domain_minute) if channel is Channel.EMAIL else None, rng=ctx.rng,
        reply_to=ctx.replies.of, near=near(ctx),
    )  # fmt: skip
