"""The command line: ``adeuxpas COMMAND``. Each command is a module here with a function ``command``, loaded only when asked for."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import NoReturn

import click

from app.errors import UserError
from config.settings import SettingsError

COMMANDS = {
    "serve": "Start the web server.",
    "worker": "Match, send messages and watch deadlines.",
    "migrate": "Bring the database up to date.",
    "backup": "Write the whole database to a file.",
    "restore": "Make the database what it was when a backup was made.",
    "territory": "Import the outlines of the city, its districts and quartiers.",
    "streets": "Import addresses, so that people find theirs.",
    "import": "Put spreadsheets of offers and needs into the database.",
    "match": "Pair two spreadsheets, without any database.",
    "whatif": "See what more volunteers, wider radii or other hours would change.",
    "simulate": "Compare ways of choosing volunteers over weeks of a made-up city.",
    "mail": "See how sending stands, try a message again, file what comes in, read all messages.",
    "retention": "Erase what is kept too long, or count it.",
    "user": "Add coordinators and other accounts.",
    "check": "Find what is not as it should be, with its mend; check the trail of what happened.",
    "keys": "See what lies under which encryption key, and bring all under the first one.",
    "demo": "Fill a small demonstration city.",
}
MODULES = {"import": "import_"}
MISTAKE, INTERRUPTED = 2, 130

EXAMPLES = """\b
Examples:
  adeuxpas match --offers offers.csv --needs needs.csv --output pairs.csv
  adeuxpas import --offers offers.csv --needs needs.csv
  adeuxpas COMMAND --help
"""


class _Commands(click.Group):
    """Loads no command but the one that runs: ``match`` must not wait for the web framework and the database."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"app.cli.{MODULES.get(cmd_name, cmd_name)}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _print_version(ctx: click.Context, param: click.Parameter, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    try:
        number = version("adeuxpas")
    except PackageNotFoundError:
        number = "(not installed)"
    click.echo(f"adeuxpas {number}")
    ctx.exit()


@click.group(cls=_Commands, epilog=EXAMPLES, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="Show the version and exit.")
def group() -> None:
    """À deux pas: neighbours who can help, matched to neighbours who need it, overseen by their city."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command and exit. A user's mistake becomes a sentence on standard error, never a traceback."""
    try:
        result = group.main(args=arguments, prog_name="adeuxpas", standalone_mode=False)
    except click.ClickException as e:
        e.show()
        sys.exit(e.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except UserError as e:
        click.echo(e.sentence, err=True)
        sys.exit(e.exit_code)
    except SettingsError as e:
        for problem in e.problems:
            click.echo(problem, err=True)
        sys.exit(MISTAKE)
    except OSError as e:
        click.echo(": ".join(filter(None, (e.filename and str(e.filename), e.strerror or type(e).__name__))), err=True)
        sys.exit(MISTAKE)
    sys.exit(result if isinstance(result, int) else 0)
