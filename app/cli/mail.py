"""``adeuxpas mail``: how sending stands, one message tried again, and all messages to read."""

from pathlib import Path

import click

from app.cli.setup import open_city, settings
from app.context import city_of
from app.errors import UserError
from app.services.mail import LATE_AFTER, is_late, mail_standing, try_again
from notifications.preview import preview
from notifications.tables import OutboxState

EXAMPLES = """\b
Examples:
  adeuxpas mail status
  adeuxpas mail retry 1204
  adeuxpas mail preview --output messages.html
"""
CALLED = {
    OutboxState.WAITING: "waiting", OutboxState.SENDING: "being sent", OutboxState.SENT: "sent",
    OutboxState.REFUSED: "failed for good", OutboxState.SUPPRESSED: "not sent, since nothing is sent to the address",
    OutboxState.SKIPPED: "not sent, since it is not wanted", OutboxState.BUNDLED: "sent, or to be sent, together with others",
}  # fmt: skip


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
@click.argument("number", metavar="ID", type=click.IntRange(1))
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


@command.command("preview", epilog=EXAMPLES)
@click.option("--output", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), default="messages.html", show_default=True)
def show(output: Path) -> None:
    """Write all messages in all languages into one page, with made-up names. Needs no database."""
    output.write_text(preview(city_of(settings())), encoding="utf-8")
    click.echo(f"All messages: {output}")
