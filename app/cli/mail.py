"""``adeuxpas mail``: how sending stands, one message tried again, what comes in, and all messages to read."""

import sys
from pathlib import Path

import click

from app.cli.setup import open_city, settings
from app.context import city_of
from app.errors import UserError
from app.services.inbound import Filed, fetch_mail, receive
from app.services.mail import LATE_AFTER, is_late, mail_standing, mail_that_came, try_again
from config.settings import SettingsError
from notifications.imap import MailboxUnavailable
from notifications.inbound.read import MOST_BYTES
from notifications.inbound.report import Outcome
from notifications.preview import preview
from notifications.tables import OutboxState

EXAMPLES = """\b
Examples:
  adeuxpas mail status
  adeuxpas mail retry 1204
  adeuxpas mail receive < message.eml
  adeuxpas mail fetch
  adeuxpas mail preview --output messages.html
"""
CALLED = {
    OutboxState.WAITING: "waiting", OutboxState.SENDING: "being sent", OutboxState.SENT: "sent",
    OutboxState.REFUSED: "failed for good", OutboxState.SUPPRESSED: "not sent, since nothing is sent to the address",
    OutboxState.SKIPPED: "not sent, since it is not wanted", OutboxState.BUNDLED: "sent, or to be sent, together with others",
}  # fmt: skip

CAME: dict[str, str] = {
    Outcome.DELIVERED: "report that a message was delivered", Outcome.DELAYED: "report that a message is late",
    Outcome.FAILED: "report that a message did not arrive", Outcome.FULL: "report of a full mailbox",
    Outcome.GONE: "report of an address that does not exist", Filed.AUTO_REPLY: "automatic reply",
    Filed.ANSWER: "answer to a message of ours", Filed.STRANGER: "message to the city", Filed.OTHER: "nothing for anybody to read",
    Filed.TWICE: "filed before",
}  # fmt: skip
TRY_AGAIN = 75
"""What a mail server understands as "not now" (EX_TEMPFAIL): it keeps the message and comes again, for days."""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """The messages that people get."""


@command.command("status", epilog=EXAMPLES)
@click.pass_context
def status(click_ctx: click.Context) -> None:
    """Count what waits, went and failed. Ends with 1 when a message has waited for too long."""
    ctx = open_city()
    now, standing = ctx.now(), mail_standing(ctx)
    for state, number in standing.counts.items():
        click.echo(f"{number:>9,}  {CALLED[state]}")
    click.echo(f"{standing.held:>9,}  of those that wait, until a morning or their digest")
    click.echo(f"{standing.suppressed:>9,}  addresses that nothing is sent to")
    for kind, number in mail_that_came(ctx).items():
        click.echo(f"{number:>9,}  came in: {CAME[kind]}")
    if standing.waits_since is None:
        click.echo("No message is late." if standing.counts[OutboxState.WAITING] else "Nothing waits to be sent.")
        return
    waited = int((now - standing.waits_since).total_seconds() / 60)
    click.echo(f"The oldest message that is due has waited for {waited:,} minutes.")
    if is_late(standing.waits_since, now):
        minutes = int(LATE_AFTER.total_seconds() / 60)
        click.echo(f"That is more than {minutes}: is a worker running, and does the mail server answer? The worker's log says.", err=True)
        click_ctx.exit(1)


@command.command("retry", epilog=EXAMPLES)
@click.argument("number", metavar="ID", type=click.IntRange(1, 2**31 - 1))
def retry(number: int) -> None:
    """Have a message tried again now: its number is in the worker's log.

    Where nothing is sent to its address any more, since there was nobody, the address is written to again from now on.
    """
    ctx = open_city()
    state, lifted = try_again(ctx, number)
    match state:
        case None:
            raise UserError(f"There is no message {number}.")
        case OutboxState.SENT:
            raise UserError(f"Message {number} was sent: nobody gets it twice.")
        case OutboxState.SENDING:
            raise UserError(f"Message {number} is being sent at this moment.")
        case OutboxState.SKIPPED:
            raise UserError(f"Message {number} is not wanted: whoever it is for unsubscribed, or never confirmed the address.")
        case OutboxState.BUNDLED:
            raise UserError(f"Message {number} is part of another one, which brings several together.")
    click.echo(f"Message {number} is due now; the worker sends it.")
    if lifted:
        click.echo("Its address is written to again, unless the mail server says once more that there is nobody.")


@command.command("receive", epilog=EXAMPLES)
@click.option("--recipient", metavar="ADDRESS", default="", help="The envelope's recipient, where the mail server says it.")
@click.pass_context
def receive_one(click_ctx: click.Context, recipient: str) -> None:
    """File one message from standard input, for a mail server's pipe. Ends with 0 once it is filed, else with 75: not now."""
    try:
        raw = sys.stdin.buffer.read(MOST_BYTES)
        while sys.stdin.buffer.read(1_000_000):  # a pipe that closes early would be a failure to the mail server
            pass
        kind = receive(open_city(), raw, recipient)
    except UserError as error:
        said = error.sentence
    except SettingsError as error:
        said = "\n".join(error.problems)
    except Exception as error:  # whatever it is: any other exit code would send the message back to whoever wrote it
        said = f"The message was not filed ({type(error).__name__}). It is to be tried again."
    else:
        click.echo(f"Filed: {CAME[kind]}.")
        return
    click.echo(said, err=True)
    click_ctx.exit(TRY_AGAIN)


@command.command("fetch", epilog=EXAMPLES)
def fetch_all() -> None:
    """File what is unread in the mailbox of MAIL_IMAP_SERVER. A running worker does so every three minutes."""
    ctx = open_city()
    if not ctx.settings.mail_imap_server:
        raise UserError("MAIL_IMAP_SERVER is empty: there is no mailbox to read.")
    try:
        number = fetch_mail(ctx)
    except MailboxUnavailable as error:
        raise UserError(
            f"The mailbox cannot be read ({error.reason}). Nothing is lost. Check the settings MAIL_IMAP_…, then try again."
        ) from None
    click.echo(f"Messages filed: {number:,}")


@command.command("preview", epilog=EXAMPLES)
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), default="messages.html", show_default=True)
def show(output: Path) -> None:
    """Write all messages in all languages into one page, with made-up names. Needs no database."""
    output.write_text(preview(city_of(settings())), encoding="utf-8")
    click.echo(f"All messages: {output}")
