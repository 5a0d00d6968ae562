"""``adeuxpas import``."""

import sys
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import chain, count
from pathlib import Path
from typing import Any

import click

from app.cli.setup import open_city
from app.context import Context
from app.models import Need, Offer
from app.services.importing import Outcome, fits, import_needs, import_offers
from app.sheets.posts import Posts, load_needs, load_offers
from app.sheets.write import write_refused
from config.categories import CATEGORIES

EXAMPLES = """\b
Examples:
  adeuxpas import --offers offers.csv --needs needs.csv
  adeuxpas import --needs needs-refused.csv
"""


@click.command(epilog=EXAMPLES)
@click.option("--offers", type=click.Path(path_type=Path), metavar="FILE", help="Spreadsheet of offers, .csv or .xlsx.")
@click.option("--needs", type=click.Path(path_type=Path), metavar="FILE", help="Spreadsheet of needs, .csv or .xlsx.")
def command(offers: Path | None, needs: Path | None) -> int:
    """Put spreadsheets into the database.

    Good rows go in. Each bad row is reported with its line, column and reason, and written to NAME-refused.csv in the folder
    you are in (or NAME-refused-2.csv, where that is there), to be mended and imported again. A row whose reference is there
    already is left as it is.
    Ends with 0 when all rows are in, 1 when some were refused, 2 when nothing could be read.
    """
    if offers is None and needs is None:
        raise click.UsageError("Give --offers FILE, --needs FILE or both.")
    ctx = open_city()
    how: dict[str, Any] = {"zone": ctx.settings.zone, "categories": CATEGORIES.keys()}
    files: list[tuple[Path, Posts[Any], Callable[..., Outcome]]] = []
    with ExitStack() as opened:
        # Both are opened before anything is stored: a wrong name of the second must not leave half the work done.
        for path, kind, load, store in ((offers, Offer, load_offers, import_offers), (needs, Need, load_needs, import_needs)):
            if path:
                files.append((path, opened.enter_context(closing(load(path, check=fits(ctx, kind), **how))), store))
        refused = [_import(ctx, path, posts, store) for path, posts, store in files]
    return 1 if any(refused) else 0


def _import(ctx: Context, path: Path, posts: Posts[Any], store: Callable[..., Outcome]) -> bool:
    for warning in posts.warnings:
        click.echo(f"{path}: {warning}", err=True)
    rows = list(posts.rows)
    with click.progressbar(length=len(rows), label=path.name, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
        outcome = store(ctx, rows, bar.update)
    for row in outcome.refused:
        for problem in row.problems:
            click.echo(f"{path}:{row.line}: {problem.column}: {problem.reason}", err=True)
    click.echo(
        f"{path}: {outcome.added} added ({outcome.unplaced} to be placed on the map), {outcome.known} known already, "
        f"{len(outcome.refused)} refused"
    )
    if outcome.refused:
        target = _unused(f"{path.stem.partition('-refused')[0]}-refused")
        write_refused(target, posts.columns, outcome.refused, decimal_comma=posts.decimal_comma, zone=posts.zone)
        click.echo(f"The refused rows are in {target}: mend them and import that file.")
    return bool(outcome.refused)


def _unused(stem: str) -> Path:
    """A name that no file has: rows refused earlier may still wait there to be mended."""
    names = chain([f"{stem}.csv"], (f"{stem}-{number}.csv" for number in count(2)))
    return next(path for path in map(Path, names) if not path.exists())
