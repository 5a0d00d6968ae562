"""``adeuxpas territory import``."""

from collections.abc import Sequence
from pathlib import Path

import click

from app.cli.setup import open_city
from app.errors import UserError
from app.models import Channel
from app.outline_words import say
from app.services.events import Actor
from app.services.outlines import Outline, Trouble, read_file
from app.services.territories import Given, import_territories

MOST_TROUBLES = 20
EXAMPLES = """\b
Examples:
  adeuxpas territory import communes.geojson --name-property nom --kind city
  adeuxpas territory import quartiers.geojson --name-property name
"""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """The outlines of the city, its districts and its quartiers."""


@command.command("import", epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name-property", required=True, metavar="NAME", help="The property of each feature that holds its name.")
@click.option("--kind", default="quartier", show_default=True, help="What these outlines are: city, district, quartier …")
def import_(file: Path, name_property: str, kind: str) -> None:
    """Import the polygons of a GeoJSON file (WGS84).

    A post belongs to the smallest territory that holds it; those that lie in another one now move there. Importing the same file again
    changes nothing. A file with something wrong in it changes nothing either: all of it is listed.
    """
    given = Given(outlines_of(file, name_property), kind)
    done = import_territories(open_city(), given, Actor(channel=Channel.FILE))
    if done.troubles:
        raise UserError(_refused(file, done.troubles))
    for line in done.lines:
        if line.mended:
            click.echo(f"{line.name}: its outline crossed itself a little and was put right.", err=True)
    for overlap in done.overlaps:
        click.echo(f"{overlap.one} and {overlap.other} share {overlap.m2:,.0f} m²: posts there belong to the smaller one.", err=True)
    click.echo(f"{done.count('new')} added, {done.count('changed')} changed, {done.count('same')} as before.")
    if done.moved or done.left:
        click.echo(f"{done.moved} posts lie in another territory now; {done.left} lie in none and stay where they belonged.")


def outlines_of(file: Path, name_property: str) -> list[Outline]:
    """The outlines of a file, all of them. Raises :class:`UserError` with everything that is wrong."""
    try:
        found = read_file(file, name_property)
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}.") from None
    if found.troubles:
        raise UserError(_refused(file, found.troubles))
    return found.outlines


def _refused(file: Path, troubles: Sequence[Trouble]) -> str:
    more = f"\nand {len(troubles) - MOST_TROUBLES} more" if len(troubles) > MOST_TROUBLES else ""
    return f"{file}: nothing is imported.\n" + "\n".join(map(say, troubles[:MOST_TROUBLES])) + more
