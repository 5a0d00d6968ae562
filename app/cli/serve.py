"""``adeuxpas serve``."""

import click

from app.cli.setup import open_city, settings
from app.migrate import upgrade
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
    from app.context import instance_folder
    from app.services import demo

    chosen = settings()
    if with_worker:
        if not chosen.database_url:
            instance_folder(chosen)
        upgrade(chosen.resolved_database_url)
    ctx = open_city(chosen)
    if with_worker and chosen.demo:
        demo.fill(ctx)

    def announce() -> None:
        click.echo(f"\nÀ deux pas is at {chosen.root_url}  (Ctrl-C stops it)")
        if chosen.demo:
            for who, how in demo.sign_ins(ctx):
                click.echo(f"  {who}: {how}")
        mail = f"server {chosen.mail_server}" if chosen.mail_server else f"files in {chosen.instance}/mail"
        click.echo(f"  Mail goes to: {mail}" + (f", to be read at {chosen.root_url}/demo/mail" if chosen.demo and not chosen.mail_server else ""))

    return serve(chosen, with_worker, announce)
