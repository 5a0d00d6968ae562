"""``adeuxpas territory import``."""

from pathlib import Path

import click

from app.cli.setup import open_city
from app.services.territories import import_territories, read_outlines

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

    A post belongs to the smallest territory that holds it. Importing the same file again changes nothing.
    """
    outlines = read_outlines(file, name_property)
    done = import_territories(open_city(), outlines, kind)
    click.echo(f"{done.added} added, {done.changed} changed, {done.same} as before.")
