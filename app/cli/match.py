"""``adeuxpas match``: the best set of pairs from two spreadsheets; no database, no settings, no keys."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import click

from app.cli.history import History
from app.cli.pairing import check, check_apart, need_of, offer_of, search, take
from app.cli.values import TABLE, Finite, Moment
from app.policy import NAMES, read_policy
from app.sheets.certified import COLUMNS as CERTIFIED
from app.sheets.certified import certified
from app.sheets.posts import RECORD_COLUMNS, load_needs, load_offers
from app.sheets.write import Cell, new_file, write_table
from matching.model import REMOTE_COST_M, Id, Mode, Need, Offer, Pair, Urgency, round_half_up
from matching.policy import NO_PAST, NO_POLICY, Terms, terms_of
from matching.solution import Certificate, Solution

PAIR_COLUMNS = ("need", "offer", "category", "mode", "distance_m")
UNMATCHED_COLUMNS = ("need", "places_left", "reason")
SOME_LEFT_OUT = 1

TIME_BUDGET = (
    "Search no longer than this, counted from where the search begins: reading, laying out, compiling the first time and the proof come "
    "on top. What is written is then a good set, and the report says by how much it may miss the best."
)
EXPLAIN = "Where to write what each pair counts, and for each need with places left how many offers each rule refuses and which is closest."
POLICY = (
    f"Weights (TOML) by which pairs count more than metres: {', '.join(NAMES)}. What they look at is read from the offers' columns "
    f"{', '.join(RECORD_COLUMNS)} and the needs' posted_at; docs/operations.md, “Who is asked first”, says what each adds."
)
NOW = "The moment from which days are counted, such as 2026-11-02T08:00:00+01:00; else the clock's. Goes with --policy."
CERTIFICATE = "Where to write the prices that prove the set the best, for others to add up."

EXAMPLES = """\b
Examples:
  adeuxpas match --offers offers.csv --needs needs.csv --output pairs.csv
  adeuxpas match --offers offers.xlsx --needs needs.csv --output pairs.xlsx --unmatched unmatched.csv
  adeuxpas match --offers offers.csv --needs needs.csv --output pairs.csv --explain why.csv
  adeuxpas match --offers offers.csv --needs needs.csv --output pairs.csv --policy fair.toml --now 2026-11-02T08:00:00+01:00

\b
Exit codes:
  0  every row was read (a need that nobody can serve is no error)
  1  some rows were left out: wrong, or with an address but no lon and lat
  2  nothing could be read or written
  3  the pairs did not stand the check (a fault of this program)
"""

_file = click.Path(path_type=Path)


@click.command(epilog=EXAMPLES)
@click.option("--offers", "offers_file", metavar="FILE", type=_file, required=True, help="Spreadsheet of offers, CSV or .xlsx.")
@click.option("--needs", "needs_file", metavar="FILE", type=_file, required=True, help="Spreadsheet of needs, CSV or .xlsx.")
@click.option("--output", "pairs_file", metavar="PAIRS.csv", type=TABLE, required=True, help="Where to write the pairs.")
@click.option("--unmatched", "unmatched_file", metavar="FILE", type=TABLE, help="Where to write the needs with places left, and why.")
@click.option("--explain", "explained_file", metavar="FILE", type=TABLE, help=EXPLAIN)
@click.option("--time-budget", "budget_s", metavar="SECONDS", type=Finite(min=0), help=TIME_BUDGET)
@click.option("--policy", "policy_file", metavar="FILE.toml", type=_file, help=POLICY)
@click.option("--now", metavar="MOMENT", type=Moment(), help=NOW)
@click.option("--certificate", "certificate_file", metavar="FILE", type=TABLE, help=CERTIFICATE)
def command(
    offers_file: Path, needs_file: Path, pairs_file: Path, unmatched_file: Path | None, explained_file: Path | None,
    budget_s: float | None, policy_file: Path | None, now: datetime | None, certificate_file: Path | None,
) -> int:  # fmt: skip
    """Find the best set of pairs of two spreadsheets.

    As many urgent places as can be served, then normal ones, then flexible ones; among such sets the one with the fewest
    metres, or, with --policy, the one that counts the least in all. Rows that cannot be taken are reported on standard error as
    FILE:LINE: column: reason, and left out. Any place on earth will do, so a longitude and a latitude that were swapped are not
    found out here.
    """
    started = time.perf_counter()
    if now and not policy_file:
        raise click.UsageError("--now goes with --policy: without it nothing is counted in days.")
    read = {"--offers": offers_file, "--needs": needs_file} | ({"--policy": policy_file} if policy_file else {})
    wished = {"--output": pairs_file, "--unmatched": unmatched_file, "--explain": explained_file, "--certificate": certificate_file}
    written = {option: file for option, file in wished.items() if file}
    check_apart(read, written)
    policy = read_policy(policy_file) if policy_file else None
    history = History(now or datetime.now(UTC)) if policy else None
    with ExitStack() as stack:
        # Opened before the work, so that an unwritable folder is said at once and all files appear together or not at all.
        out = {option: stack.enter_context(new_file(file)) for option, file in written.items()}
        offer_posts = stack.enter_context(closing(load_offers(offers_file, zone=UTC, records=history is not None)))
        need_posts = stack.enter_context(closing(load_needs(needs_file, zone=UTC)))
        offers, offers_left_out = take(offers_file, offer_posts, Offer, history.offer_of if history else offer_of)
        needs, needs_left_out = take(needs_file, need_posts, Need, history.need_of if history else need_of)
        past = history.past() if history else NO_PAST
        terms = terms_of(policy or NO_POLICY, past)
        solution = search(offers, needs, budget_s, terms)
        added_up = check(offers, needs, solution, budget_s is not None, terms)
        write_table(out["--output"], pairs_file, PAIR_COLUMNS, _pair_rows(needs, solution.pairs))
        if unmatched_file:
            unserved = [(str(left.need), left.places_left, str(left.reason)) for left in solution.unserved]
            write_table(out["--unmatched"], unmatched_file, UNMATCHED_COLUMNS, unserved)
        if explained_file:
            from app.sheets.explained import columns, explained  # the words take a moment to load

            rows = explained(offers, needs, solution, policy, past)
            write_table(out["--explain"], explained_file, columns(policy), rows)
        if certificate_file:
            write_table(out["--certificate"], certificate_file, CERTIFIED, certified(needs, solution, terms))
    _report(needs, solution, terms if policy else None, added_up, time.perf_counter() - started)
    return SOME_LEFT_OUT if offers_left_out or needs_left_out else 0


def _pair_rows(needs: Iterable[Need], pairs: Iterable[Pair]) -> Iterator[tuple[Cell, ...]]:
    category = {need.id: need.category for need in needs}
    for pair in pairs:
        distance_m = None if pair.mode is Mode.REMOTE else round_half_up(pair.distance_m)
        yield str(pair.need), str(pair.offer), category[pair.need], str(pair.mode), distance_m


def _report(needs: Iterable[Need], solution: Solution, terms: Terms | None, added_up: str, seconds: float) -> None:
    urgency: dict[Id, Urgency] = {}
    wanted: Counter[Urgency] = Counter()
    for need in needs:
        urgency[need.id] = need.urgency
        wanted[need.urgency] += need.places
    served = Counter(urgency[pair.need] for pair in solution.pairs)
    for kind in Urgency:
        click.echo(f"{kind}: {served[kind]} places served, {wanted[kind] - served[kind]} unserved", err=True)
    remote = sum(pair.mode is Mode.REMOTE for pair in solution.pairs)
    click.echo(f"total: {solution.total_m} metres ({remote} remote pairs count {REMOTE_COST_M} each)", err=True)
    if terms:
        click.echo(f"with the policy: {sum(map(terms.cost_m, solution.pairs))} metres", err=True)
    click.echo(_proof(solution.certificate, added_up), err=True)
    click.echo(f"time: {seconds:.1f} seconds", err=True)


def _proof(certificate: Certificate, added_up: str) -> str:
    """What the certificate says, in words, and who added it up."""
    if certificate.best:
        return f"proof: no set of pairs is better (the prices were added up {added_up})"
    places, metres = divmod(certificate.gap_m, certificate.penalties[Urgency.FLEXIBLE])
    if places:
        return f"proof: time ran out; places worth up to {places} flexible ones might still be served (an urgent one counts for three)"
    return f"proof: time ran out; as many are served as can be, and at most {metres} metres could be saved"
