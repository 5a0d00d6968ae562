"""``adeuxpas streets import``."""

from pathlib import Path

import click

from app.cli.setup import open_city
from app.services import streets
from app.sheets.addresses import RefusedRow, read_addresses

EXAMPLES = """\b
Examples:
  adeuxpas streets import adresses-69.csv
"""


@click.group(epilog=EXAMPLES)
def command() -> None:
    """The city's own table of streets, for when no geocoder says where an address is."""


@command.command("import", epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> int:
    """Import the addresses of a file.

    It has the columns of France's Base Adresse Nationale (numero, rep, nom_voie, code_postal, nom_commune, lon, lat), or
    house_number, street, postcode, town, lon and lat; others are ignored. Importing the same file again changes nothing.
    Ends with 0 when all rows are in, 1 when some were refused, 2 when nothing could be read.
    """
    good, refused = [], 0
    ctx = open_city()
    for row in read_addresses(file):
        if isinstance(row, RefusedRow):
            refused += 1
            for problem in row.problems:
                click.echo(f"{file}:{row.line}: {problem.column}: {problem.reason}", err=True)
        else:
            good.append(streets.Address(*row))
    added = streets.add(ctx, good)
    click.echo(f"{added.streets} streets and {added.houses} houses added or changed, {refused} rows refused.")
    return 1 if refused else 0
