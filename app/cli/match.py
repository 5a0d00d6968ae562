"""``adeuxpas match``: the best set of pairs from two spreadsheets; no database, no settings, no keys."""

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack, closing
from datetime import UTC
from pathlib import Path
from typing import TypeVar

import click

from app.errors import UserError
from app.sheets.posts import NeedRow, OfferRow, Posts, Refused, load_needs, load_offers
from app.sheets.write import Cell, new_file, write_table
from matching.model import REMOTE_COST_M, Mode, Need, Offer, Pair, Urgency, round_half_up
from matching.solution import Certificate, Solution

PAIR_COLUMNS = ("need", "offer", "category", "mode", "distance_m")
UNMATCHED_COLUMNS = ("need", "places_left", "reason")
SOME_LEFT_OUT = 1

TIME_BUDGET = "Search no longer than this; what is written is then a good set, and the report says by how much it may miss the best."
EXPLAIN = "Where to write what each pair counts, and for each need with places left how many offers each rule refuses and which is closest."

EXAMPLES = """\b
Examples:
  adeuxpas match --offers offers.csv --needs needs.csv --output pairs.csv
  adeuxpas match --offers offers.xlsx --needs needs.csv --output pairs.xlsx --unmatched unmatched.csv
  adeuxpas match --offers offers.csv --needs needs.csv --output pairs.csv --explain why.csv

\b
Exit codes:
  0  every row was read (a need that nobody can serve is no error)
  1  some rows were left out: wrong, or with an address but no lon and lat
  2  nothing could be read or written
  3  the pairs did not stand the check (a fault of this program)
"""

R = TypeVar("R", OfferRow, NeedRow)
P = TypeVar("P", Offer, Need)
_file = click.Path(path_type=Path)


class SameFile(UserError):
    """One path stands for two things; another name helps."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other} name the same file: give {other} another name.")


class WrongPairs(UserError):
    """The solver's answer did not stand up to the check. Running it again does not help: it is a fault of this program."""

    exit_code = 3

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["The pairs did not stand the check and were not written. Please report this:", *problems[:20]]))


@click.command(epilog=EXAMPLES)
@click.option("--offers", "offers_file", metavar="FILE", type=_file, required=True, help="Spreadsheet of offers, CSV or .xlsx.")
@click.option("--needs", "needs_file", metavar="FILE", type=_file, required=True, help="Spreadsheet of needs, CSV or .xlsx.")
@click.option("--output", "pairs_file", metavar="PAIRS.csv", type=_file, required=True, help="Where to write the pairs.")
@click.option("--unmatched", "unmatched_file", metavar="FILE", type=_file, help="Where to write the needs with places left, and why.")
@click.option("--explain", "explained_file", metavar="FILE", type=_file, help=EXPLAIN)
@click.option("--time-budget", "budget_s", metavar="SECONDS", type=click.FloatRange(min=0), help=TIME_BUDGET)
def command(
    offers_file: Path, needs_file: Path, pairs_file: Path, unmatched_file: Path | None, explained_file: Path | None,
    budget_s: float | None,
) -> int:  # fmt: skip
    """Find the best set of pairs of two spreadsheets.

    As many urgent places as can be served, then normal ones, then flexible ones; among such sets the one with the fewest
    metres. Rows that cannot be taken are reported on standard error as FILE:LINE: column: reason, and left out. Any place on earth
    will do, so a longitude and a latitude that were swapped are not found out here.
    """
    started = time.perf_counter()
    written = {"--output": pairs_file, "--unmatched": unmatched_file, "--explain": explained_file}
    _check_apart({"--offers": offers_file, "--needs": needs_file}, written)
    with ExitStack() as stack:
        # Opened before the work, so that an unwritable folder is said at once and all files appear together or not at all.
        pairs_out = stack.enter_context(new_file(pairs_file))
        unmatched_out = stack.enter_context(new_file(unmatched_file)) if unmatched_file else None
        explained_out = stack.enter_context(new_file(explained_file)) if explained_file else None
        offer_posts = stack.enter_context(closing(load_offers(offers_file, zone=UTC)))
        need_posts = stack.enter_context(closing(load_needs(needs_file, zone=UTC)))
        offers, offers_left_out = _take(offers_file, offer_posts, offer_of)
        needs, needs_left_out = _take(needs_file, need_posts, need_of)
        solution = _search(offers, needs, budget_s)
        _check(offers, needs, solution, budget_s is not None)
        write_table(pairs_out, pairs_file, PAIR_COLUMNS, _pair_rows(needs, solution.pairs))
        if unmatched_file and unmatched_out:
            unserved = [(str(left.need), left.places_left, str(left.reason)) for left in solution.unserved]
            write_table(unmatched_out, unmatched_file, UNMATCHED_COLUMNS, unserved)
        if explained_file and explained_out:
            from app.sheets.explained import COLUMNS, explained  # the words take a moment to load

            write_table(explained_out, explained_file, COLUMNS, explained(offers, needs, solution))
    _report(needs, solution, time.perf_counter() - started)
    return SOME_LEFT_OUT if offers_left_out or needs_left_out else 0


def _search(offers: list[Offer], needs: list[Need], budget_s: float | None) -> Solution:
    """The solver's answer, with a bar to watch on a terminal."""
    from matching import assignment  # the compiler takes a moment to load, which no other command should wait for
    from matching.paths import BETWEEN_LOOKS

    started = time.perf_counter()
    with ExitStack() as stack:
        bar = None
        if sys.stderr.isatty():
            click.echo(f"Pairing {len(offers)} offers with {len(needs)} needs: some 30 seconds more the first time on a machine.", err=True)
            bar = stack.enter_context(click.progressbar(length=len(needs), label="Searching", file=sys.stderr))

        def enough() -> bool:
            if bar:
                bar.update(BETWEEN_LOOKS)
            return budget_s is not None and time.perf_counter() - started > budget_s

        return assignment.solve(offers, needs, enough)


def _check_apart(read: dict[str, Path], written: dict[str, Path | None]) -> None:
    """Nothing that is written may be something else that is read or written."""
    given = [(option, path.resolve()) for option, path in (read | written).items() if path]
    for i, (option, path) in enumerate(given):
        for earlier, other in given[:i]:
            same = path == other or (path.exists() and other.exists() and path.samefile(other))
            if same and option in written and (path.is_file() or not path.exists()):
                raise SameFile(earlier, option)


def _check(offers: list[Offer], needs: list[Need], solution: Solution, in_time: bool) -> None:
    """``in_time``: the search was told to end, so the set need not be the best."""
    from matching.verify import verify  # brings numpy along, which --help need not wait for

    problems = verify(offers, needs, solution.pairs)
    if violations := solution.certificate.violations:
        problems.append(f"{violations} prices prove nothing")
    if solution.certificate.gap_m and not in_time:
        problems.append(f"the prices say that a set may be {solution.certificate.gap_m} metres better")
    if problems:
        raise WrongPairs(problems)


def _take(file: Path, posts: Posts[R], convert: Callable[[R, float, float], P]) -> tuple[list[P], int]:
    """The posts that can be matched, and how many rows are left out."""
    for warning in posts.warnings:
        click.echo(f"{file}: {warning}", err=True)
    taken, left_out = [], 0
    for row in posts.rows:
        if isinstance(row, Refused):
            left_out += 1
            for problem in row.problems:
                click.echo(f"{file}:{row.line}: {problem.column}: {problem.reason}", err=True)
        elif row.lon is None or row.lat is None:
            left_out += 1
            click.echo(f"{file}:{row.line}: lon: is missing: an address alone cannot be matched, put it on the map first", err=True)
        else:
            taken.append(convert(row, row.lon, row.lat))
    return taken, left_out


def offer_of(row: OfferRow, lon: float, lat: float) -> Offer:
    return Offer(
        id=row.reference,
        lon=lon,
        lat=lat,
        radius_m=row.radius_m,
        categories=frozenset(row.categories),
        hours=row.hours,
        languages=frozenset(row.languages),
        mode=row.mode,
        capacity=row.capacity,
        identities=row.identities,
    )


def need_of(row: NeedRow, lon: float, lat: float) -> Need:
    return Need(
        id=row.reference,
        lon=lon,
        lat=lat,
        category=row.category,
        hours=row.hours,
        languages=frozenset(row.languages),
        mode=row.mode,
        urgency=row.urgency,
        places=row.helpers_needed,
        identities=row.identities,
    )


def _pair_rows(needs: Iterable[Need], pairs: Iterable[Pair]) -> list[tuple[Cell, ...]]:
    category = {need.id: need.category for need in needs}
    rows: list[tuple[Cell, ...]] = []
    for pair in pairs:
        distance_m = None if pair.mode is Mode.REMOTE else round_half_up(pair.distance_m)
        rows.append((str(pair.need), str(pair.offer), category[pair.need], str(pair.mode), distance_m))
    return rows


def _report(needs: Iterable[Need], solution: Solution, seconds: float) -> None:
    urgency = {need.id: need.urgency for need in needs}
    served = Counter(urgency[pair.need] for pair in solution.pairs)
    for kind in Urgency:
        wanted = sum(need.places for need in needs if need.urgency is kind)
        click.echo(f"{kind}: {served[kind]} places served, {wanted - served[kind]} unserved", err=True)
    remote = sum(pair.mode is Mode.REMOTE for pair in solution.pairs)
    click.echo(f"total: {solution.total_m} metres ({remote} remote pairs count {REMOTE_COST_M} each)", err=True)
    click.echo(_proof(solution.certificate), err=True)
    click.echo(f"time: {seconds:.1f} seconds", err=True)


def _proof(certificate: Certificate) -> str:
    """What the certificate says, in words."""
    if certificate.best:
        return "proof: no set of pairs is better"
    places, metres = divmod(certificate.gap_m, certificate.penalties[Urgency.FLEXIBLE])
    if places:
        return f"proof: time ran out; places worth up to {places} flexible ones might still be served (an urgent one counts for three)"
    return f"proof: time ran out; as many are served as can be, and at most {metres} metres could be saved"
