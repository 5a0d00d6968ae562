"""``adeuxpas simulate``: what comes of one way of choosing volunteers or another; no database, no settings, no data."""

import math
import sys
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path

import click

from app.cli.values import TABLE, Finite
from app.sheets.write import Cell, new_file, write_table

EXAMPLES = """\b
Examples:
  adeuxpas simulate
  adeuxpas simulate --volunteers 130 --runs 5
  adeuxpas simulate --city country --volunteers 120 --needs-per-day 4 --output figures.csv --plots pictures
"""

OUTPUT = "Where to write the figures of each run, CSV or .xlsx. A wait that never ends is an empty cell."


@click.command(epilog=EXAMPLES)
@click.option("--city", type=click.Choice(["town", "country"]), default="town", show_default=True, help="Its shape: see docs/fairness.md.")
@click.option("--weeks", type=click.IntRange(1, 52), default=6, show_default=True, help="For how long needs arrive.")
@click.option("--volunteers", type=click.IntRange(1, 5_000), default=400, show_default=True, help="How many there are at the beginning.")
@click.option("--needs-per-day", type=Finite(1, 500), default=12, show_default=True, help="How many needs arrive on average.")
@click.option("--runs", type=click.IntRange(1, 100), default=3, show_default=True, help="How many such cities; the table has their mean.")
@click.option("--seed", type=click.IntRange(0, 1_000_000), default=1, show_default=True, help="Of the first run; the others count on.")
@click.option("--output", "output_file", metavar="FILE", type=TABLE, help=OUTPUT)
@click.option("--plots", "plots_folder", metavar="DIR", type=click.Path(path_type=Path), help="A folder to write pictures into, SVG.")
def command(
    city: str, weeks: int, volunteers: int, needs_per_day: float, runs: int, seed: int, output_file: Path | None, plots_folder: Path | None
) -> None:
    """Compare ways of choosing volunteers over weeks of a made-up city.

    Each is given the same people, needs and luck. The table has the mean of all runs and ± their standard deviation. How people behave
    in it is mostly guessed: docs/fairness.md says what and why.
    """
    from matching.simulation.choosers import CHOOSERS  # the compiler takes a moment to load, which --help need not wait for
    from matching.simulation.city import CITIES
    from matching.simulation.compare import compare
    from matching.simulation.plots import pictures
    from matching.simulation.report import COLUMNS, rows, table
    from matching.simulation.tape import Setting

    seeds = range(seed, seed + runs)
    with ExitStack() as stack:
        # Opened before the work, so that an unwritable place is said at once.
        output = stack.enter_context(new_file(output_file)) if output_file else None
        if plots_folder:
            plots_folder.mkdir(parents=True, exist_ok=True)
        hidden = not sys.stderr.isatty()
        bar = stack.enter_context(click.progressbar(length=runs * len(CHOOSERS), label="Simulating", file=sys.stderr, hidden=hidden))
        outcomes = compare(Setting(CITIES[city], weeks, volunteers, needs_per_day), seeds, CHOOSERS, lambda: bar.update(1))
        if output_file and output:
            write_table(output, output_file, COLUMNS, ([_cell(value) for value in row] for row in rows(outcomes, seeds)))
    if plots_folder:
        for name, svg in pictures(outcomes).items():
            with new_file(plots_folder / name) as file:
                file.write(svg.encode())
    click.echo(table(outcomes))


def _cell(value: str | int | float) -> Cell:
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    return value
