"""``adeuxpas serve``."""

import click

from app.cli.setup import bring_up_to_date, is_empty, open_city, settings
from app.context import make_context
from app.metrics_folder import keep_counts
from app.serve import serve

EXAMPLES = """\b
Examples:
  adeuxpas serve
  PORT=8080 adeuxpas serve --with-worker
"""


@click.command(epilog=EXAMPLES)
@click.option("--with-worker", is_flag=True, help="Migrate first, fill the demonstration (DEMO=1, first start) and run the worker too.")
def command(with_worker: bool) -> int:
    """Start the web server; stop it with Ctrl-C or SIGTERM."""
    chosen = settings()

    def prepare() -> None:
        if with_worker:
            bring_up_to_date(chosen)
        ctx = open_city(chosen)
        keep_counts(chosen)
        if with_worker and chosen.demo and is_empty(ctx):
            from app.services import demo  # its import takes a moment that only the first start should wait for

            click.echo("Filling the demonstration city …")
            demo.fill(ctx)

    def announce() -> None:
        click.echo(f"\nÀ deux pas is at {chosen.root_url}  (Ctrl-C stops it)")
        if chosen.demo:
            from app.services import demo

            for sign_in in demo.sign_ins(make_context(chosen)):
                click.echo(f"  {sign_in.role}: {sign_in.how}")
        if chosen.mail_server:
            click.echo(f"  Mail goes to the server {chosen.mail_server}")
        else:
            read = f", to be read at {chosen.root_url}/demo/mail" if chosen.demo else ""
            click.echo(f"  Mail goes to files in {chosen.instance}/mail{read}")

    return serve(chosen, with_worker, prepare, announce)
