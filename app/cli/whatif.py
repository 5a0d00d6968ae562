"""``adeuxpas whatif``: today's round beside one with more volunteers, wider radii, one kind of help more or fewer hours."""

import re
from collections.abc import Sequence
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any

import click

from app.cli.pairing import check, check_apart, need_of, offer_of, search, take
from app.cli.values import PICTURE, TABLE, Moment
from app.scenario import Area, Scenario, Today, areas_named
from app.sheets.cells import Cells
from app.sheets.compared import AREAS, COLUMNS, Row, compared
from app.sheets.posts import NeedRow, load_needs, load_offers
from app.sheets.write import new_file, write_table
from matching.areas import Areas
from matching.model import Need, Offer
from matching.solution import Solution
from matching.whatif import MOST_RADIUS_M, moved, outcome

EXAMPLES = """\b
Examples:
  adeuxpas whatif --also-offering homework
  adeuxpas whatif --more-volunteers 20 --in "Les Minimes" --offering shopping,pharmacy --radius-of 1500 --map minimes.svg
  adeuxpas whatif --offers offers.csv --needs needs.csv --wider-radius +50% --fewer-hours "Sa-Su 09:00-18:00"

\b
Exit codes:
  0  every row was read
  1  some rows were left out: wrong, or with an address but no lon and lat
  2  nothing could be read or written, or a name is unknown
  3  the pairs did not stand the check (a fault of this program)
"""
SOME_LEFT_OUT = 1
MOST_AREAS = 12
WIDER = "Everybody goes at least so many metres, or so much farther than today, such as +50%."
NOW = "The moment up to which needs in files have waited, such as 2026-11-02T08:00:00+01:00; else the clock's."
_file = click.Path(path_type=Path)
_radius = click.IntRange(100, MOST_RADIUS_M)


class _Wider(click.ParamType):
    """Metres, or a share more: (to_m, share)."""

    name = "metres"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, float]:
        if share := re.fullmatch(r"\+(\d{1,4})\s*%", str(value)):
            return 0, int(share[1]) / 100
        try:
            return _radius.convert(value, param, ctx), 0.0
        except click.BadParameter:
            self.fail(f"{value!r} is neither metres from 100 to {MOST_RADIUS_M}, such as 1500, nor a share more, such as +50%.", param, ctx)


class _Kinds(click.ParamType):
    name = "kinds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> frozenset[str]:
        kinds = frozenset(kind for part in re.split("[,|]", str(value)) if (kind := part.strip().lower()))
        if not kinds:
            self.fail(f"{value!r} names no kind of help: give one or more, such as shopping,pets.", param, ctx)
        return kinds


class _Hours(click.ParamType):
    name = "hours"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, int]:
        cells = Cells({"hours": str(value)})
        read = cells.hours("hours")
        for problem in cells.problems:
            self.fail(f"{value!r} {problem.reason}", param, ctx)
        return read


@click.command(epilog=EXAMPLES)
@click.option("--offers", "offers_file", metavar="FILE", type=_file, help="Spreadsheet of offers. Without files: the database.")
@click.option("--needs", "needs_file", metavar="FILE", type=_file, help="Spreadsheet of needs.")
@click.option("--areas", "areas_file", metavar="FILE.geojson", type=_file, help="Outlines of the areas, for spreadsheets.")
@click.option(
    "--name-property", default="name", show_default=True, metavar="NAME", help="The property of each outline that holds its name."
)
@click.option("--in", "within", multiple=True, metavar="AREA", help="Change things in this area only (may be given several times).")
@click.option("--more-volunteers", "volunteers", type=click.IntRange(1, 100_000), metavar="COUNT", help="So many more volunteers.")
@click.option("--offering", type=_Kinds(), metavar="KIND,…", help="What the new ones offer; else what those they are like offer.")
@click.option("--radius-of", "radius_m", type=_radius, metavar="METRES", help="How far the new ones go; else as those they are like.")
@click.option("--wider-radius", "wider", type=_Wider(), default="+0%", metavar="METRES|+PERCENT%", help=WIDER)
@click.option("--also-offering", "also", type=_Kinds(), metavar="KIND,…", help="Everybody offers this as well.")
@click.option("--fewer-hours", "hours", type=_Hours(), metavar="HOURS", help="Everybody has time within these hours only.")
@click.option("--now", metavar="MOMENT", type=Moment(), help=NOW)
@click.option("--seed", type=int, default=1, show_default=True, help="Another number draws other new volunteers.")
@click.option("--output", "table_file", metavar="FILE", type=TABLE, help="Where to write the table, .csv or .xlsx, with all areas.")
@click.option("--map", "map_file", metavar="FILE.svg", type=PICTURE, help="Where to draw the areas, today and then.")
def command(
    offers_file: Path | None, needs_file: Path | None, areas_file: Path | None, name_property: str, now: datetime | None, seed: int,
    table_file: Path | None, map_file: Path | None, **changes: Any,
) -> int:  # fmt: skip
    """What another set of offers would change, side by side with today.

    Pairs the open needs with the offers twice, as they are and as they would be; both are the best sets there are. New volunteers
    are like today's who offer the same: their hours, languages and radius are drawn from them. Several changes make one scenario.

    Urgency and metres alone decide, not the service's policy: who is rested, who waits longer, who has helped before changes nothing.
    """
    scenario = _scenario(**changes)
    if (offers_file is None) != (needs_file is None):
        raise click.UsageError("Give both --offers and --needs, or neither for the database.")
    if areas_file and offers_file is None:
        raise click.UsageError("The database has its own areas: --areas goes with --offers and --needs.")
    if now and offers_file is None:
        raise click.UsageError("The database has its own clock: --now goes with --offers and --needs.")
    read = {option: path for option, path in {"--offers": offers_file, "--needs": needs_file, "--areas": areas_file}.items() if path}
    check_apart(read, {"--output": table_file, "--map": map_file})
    with ExitStack() as stack:
        table_out = stack.enter_context(new_file(table_file)) if table_file else None
        map_out = stack.enter_context(new_file(map_file)) if map_file else None
        left_out = 0
        if offers_file and needs_file:
            areas = _outlines(areas_file, name_property) if areas_file else []
            today, left_out = _from_files(offers_file, needs_file, areas, now or datetime.now(UTC))
        else:
            today = _from_database()
        if (scenario.within or map_file) and not today.areas:
            raise click.UsageError(
                "There are no areas: give --areas FILE.geojson, or put them into the database (adeuxpas territory import)."
            )
        _tell_namesakes(scenario, today.areas)
        offers = scenario.apply(today, Random(seed))
        # There are never fewer offers then: what is said of that proof holds of today's too.
        (before, _), (after, added_up) = _certified(today.offers, today.needs), _certified(offers, today.needs)
        number_of = _numbers(today)
        was, would_be = (outcome(today.needs, solution, today.waited, number_of) for solution in (before, after))
        rows = list(compared(was, would_be, [area.name for area in today.areas]))
        _print(scenario, rows, before, after, added_up)
        if table_file and table_out:
            write_table(table_out, table_file, COLUMNS, rows)
        if map_out:
            from app.whatif_map import picture  # not every table needs one

            added = [(offer.lon, offer.lat) for offer in offers[len(today.offers) :]]
            map_out.write(picture(scenario.sentence(), today.areas, was, would_be, added).encode())
    return SOME_LEFT_OUT if left_out else 0


def _scenario(
    within: tuple[str, ...], volunteers: int | None, offering: frozenset[str] | None, radius_m: int | None,
    wider: tuple[int, float], also: frozenset[str] | None, hours: tuple[str, int] | None,
) -> Scenario:  # fmt: skip
    if not volunteers and (offering or radius_m):
        raise click.UsageError("--offering and --radius-of say what new volunteers do: give --more-volunteers COUNT as well.")
    if not (volunteers or any(wider) or also or hours):
        raise click.UsageError("Give a change: --more-volunteers, --wider-radius, --also-offering or --fewer-hours.")
    text, mask = hours or ("", None)
    return Scenario(within, volunteers or 0, offering or frozenset(), radius_m, *wider, also or frozenset(), mask, text)


def _from_files(offers_file: Path, needs_file: Path, areas: list[Area], now: datetime) -> tuple[Today, int]:
    """The posts of two spreadsheets, and how many rows are left out."""
    waited: dict[int | str, float] = {}

    def need(row: NeedRow, lon: float, lat: float) -> Need:
        if row.posted_at:
            waited[row.reference] = max(0.0, (now - row.posted_at).total_seconds() / 86_400)
        return need_of(row, lon, lat)

    with closing(load_offers(offers_file, zone=UTC)) as offer_posts, closing(load_needs(needs_file, zone=UTC)) as need_posts:
        offers, offers_left_out = take(offers_file, offer_posts, Offer, offer_of)
        needs, needs_left_out = take(needs_file, need_posts, Need, need)
    return Today(offers, offers, needs, waited, areas), offers_left_out + needs_left_out


def _from_database() -> Today:
    from app.cli.setup import open_city  # spreadsheets need none of this
    from app.services.whatif import today

    return today(open_city())


def _outlines(file: Path, name_property: str) -> list[Area]:
    from app.cli.territory import outlines_of

    return [Area(outline.name, outline.shape) for outline in outlines_of(file, name_property)]


def _tell_namesakes(scenario: Scenario, areas: Sequence[Area]) -> None:
    for name in scenario.within:
        if (count := len(areas_named([name], areas))) > 1:
            click.echo(f"{count} areas have the name {name}: all of them are meant.", err=True)


def _certified(offers: Sequence[Offer], needs: Sequence[Need]) -> tuple[Solution, str]:
    """The best set, and who added up its prices."""
    solution = search(offers, needs, None)
    return solution, check(offers, needs, solution, False)


def _numbers(today: Today) -> dict[int | str, int]:
    """The area of each need, by its place in the list: the smallest that holds it."""
    areas = Areas((number, area.shape) for number, area in enumerate(today.areas))
    found = ((need.id, areas.locate(need.lon, need.lat)) for need in today.needs)
    return {need: number for need, number in found if number is not None}


def _print(scenario: Scenario, rows: Sequence[Row], before: Solution, after: Solution, added_up: str) -> None:
    """The table for a terminal: of the areas only those in which most changes."""
    click.echo(scenario.sentence())
    changed = sorted((row for row in rows if row[0] == AREAS and row[-1]), key=lambda row: -abs(int(row[-1] or 0)))
    shown = [row for row in rows if row[0] != AREAS or row in changed[:MOST_AREAS]]
    width = max(len(row[1]) for row in shown) + 2
    click.echo(f"{'':{width}}{'wanted':>10}{'today':>10}{'then':>10}{'difference':>12}")
    for measure, group in groupby(shown, key=lambda row: row[0]):
        click.echo(measure)
        for _, of, *figures, difference in group:
            cells = "".join(f"{'' if figure is None else figure:>10}" for figure in figures)
            click.echo(f"  {of:{width - 2}}{cells}{'' if difference is None else f'{difference:+}' if difference else '0':>12}".rstrip())
    if len(changed) > MOST_AREAS:
        click.echo(f"Something changes in {len(changed) - MOST_AREAS} more areas: --output FILE has them all.")
    gained, lost = moved(before, after)
    more, less = "need gets" if len(gained) == 1 else "needs get", "gets" if len(lost) == 1 else "get"
    click.echo(f"{len(gained)} {more} more help than today, {len(lost)} {less} less.")
    if not any(row[-1] for row in rows):
        click.echo("No difference: as many are served, as near as today.")
    click.echo(f"Proof, today and then: no set of pairs is better (the prices were added up {added_up}).")
