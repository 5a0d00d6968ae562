"""``adeuxpas user``."""

import sys

import click

from app.cli.setup import open_city
from app.contacts import normal_email
from app.errors import UserError
from app.models import STAFF, Role
from app.services import proconnect, second_factor
from app.services.accounts import add_user
from app.services.passwords import check_password

RESET_EXAMPLES = """\b
Examples:
  adeuxpas user reset-second-factor anne@ville.example
"""
FORGET_EXAMPLES = """\b
Examples:
  adeuxpas user forget-proconnect anne@ville.example
"""
EXAMPLES = """\b
Examples:
  adeuxpas user add anne@ville.example --name "Anne Petit" --role coordinator
  adeuxpas user add zoe@ville.example --name "Zoé Roy" --role caller --territory "Lyon 7e" < password.txt
  adeuxpas user add paul@ville.example --name "Paul Rey" --territory "Lyon 7e" --territory "Lyon 8e" < password.txt
"""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """Accounts of the city's agents."""


@command.command("add", epilog=EXAMPLES)
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", type=click.Choice(list(STAFF)), default=Role.COORDINATOR, show_default=True)
@click.option(
    "--territory",
    "territories",
    metavar="NAME",
    multiple=True,
    help="Works only for this and what lies in it; may be given several times. Everything when not given.",
)
def add(email: str, name: str, role: str, territories: tuple[str, ...]) -> None:
    """Add an agent. The password is asked for, or read as one line from standard input."""
    try:
        address = normal_email(email)
    except ValueError:
        raise UserError("This is not an e-mail address.") from None
    ctx = open_city()
    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    check_password(password, name, address, ctx.settings.city_name)
    add_user(ctx, name=name, email=address, role=Role(role), password=password, territories=territories)
    click.echo(f"Added: {role} {address}")


@command.command("reset-second-factor", epilog=RESET_EXAMPLES)
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Let an agent who lost phone and recovery codes set them up anew. They are signed out everywhere.

    Make sure first that it is them who ask.
    """
    second_factor.reset_of(open_city(), email)
    click.echo(f"Reset: {email} sets up a new second factor at the next sign-in.")


@command.command("forget-proconnect", epilog=FORGET_EXAMPLES)
@click.argument("email")
def forget_proconnect(email: str) -> None:
    """Forget which identity of ProConnect goes with an account: at the next sign-in there the address says whose it is once more."""
    proconnect.forget(open_city(), email)
    click.echo(f"Forgotten: {email} may sign in with another identity.")
