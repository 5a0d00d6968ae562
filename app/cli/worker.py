"""``adeuxpas worker``."""

import signal
import threading

import click

from app.cli.setup import open_city, settings
from app.metrics_folder import keep_counts

EXAMPLES = """\b
Examples:
  adeuxpas worker
  adeuxpas worker --until-quiet
"""


@click.command(epilog=EXAMPLES)
@click.option("--until-quiet", is_flag=True, help="Stop when nothing is due any more.")
def command(until_quiet: bool) -> None:
    """Propose volunteers, watch deadlines and send the mail, until stopped (Ctrl-C or SIGTERM)."""
    chosen = settings()
    keep_counts(chosen)
    from app.logging import configure
    from app.worker import Worker

    ctx = open_city(chosen)
    configure(ctx.settings.log_level)
    if until_quiet:
        Worker(ctx).run_until_quiet()
        return
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    Worker(ctx).run(stop)
