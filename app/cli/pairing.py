"""What the commands that pair two spreadsheets share: rows into posts, the search with its bar, and the check of its answer."""

import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

import click

from app.errors import UserError
from app.sheets.posts import NeedRow, OfferRow, Posts, Refused
from matching.model import Need, Offer
from matching.policy import NO_TERMS, Terms
from matching.solution import Solution

R = TypeVar("R", OfferRow, NeedRow)
P = TypeVar("P", Offer, Need)


MOST_ADDED_UP = 50_000_000
"""Possible pairs (offers times needs) up to which the check adds up the prices once more: some seconds."""
AGAIN, ONCE = "twice, by the solver and by other code", "by the solver alone"


class SameFile(UserError):
    """One path stands for two things; another name helps."""

    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other} name the same file: give {other} another name.")


class WrongPairs(UserError):
    """The solver's answer did not stand up to the check. Running it again does not help: it is a fault of this program."""

    exit_code = 3

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(["The pairs did not stand the check and were not written. Please report this:", *problems[:20]]))


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


def take(file: Path, posts: Posts[R], kind: type[P], convert: Callable[[R, float, float], P]) -> tuple[Sequence[P], int]:
    """The posts that can be matched, and how many rows are left out."""
    from matching.columns import Columns  # brings numpy along, which --help need not wait for

    for warning in posts.warnings:
        click.echo(f"{file}: {warning}", err=True)
    left_out = 0

    def taken() -> Iterator[P]:
        nonlocal left_out
        for row in posts.rows:
            if isinstance(row, Refused):
                left_out += 1
                for problem in row.problems:
                    click.echo(f"{file}:{row.line}: {problem.column}: {problem.reason}", err=True)
            elif row.lon is None or row.lat is None:
                left_out += 1
                click.echo(f"{file}:{row.line}: lon: is missing: an address alone cannot be matched, put it on the map first", err=True)
            else:
                yield convert(row, row.lon, row.lat)

    return Columns(kind, taken()), left_out


def check_apart(read: dict[str, Path], written: dict[str, Path | None]) -> None:
    """Nothing that is written may be something else that is read or written."""
    given = [(option, path.resolve()) for option, path in (read | written).items() if path]
    for i, (option, path) in enumerate(given):
        for earlier, other in given[:i]:
            same = path == other or (path.exists() and other.exists() and path.samefile(other))
            if same and option in written and (path.is_file() or not path.exists()):
                raise SameFile(earlier, option)


def search(offers: Sequence[Offer], needs: Sequence[Need], budget_s: float | None, terms: Terms = NO_TERMS) -> Solution:
    """The solver's answer, with a bar to watch on a terminal."""
    from matching import assignment  # the compiler takes a moment to load, which no other command should wait for

    started = math.nan  # until the search begins
    with ExitStack() as stack:
        bar = None
        if sys.stderr.isatty():
            click.echo(f"Pairing {len(offers)} offers with {len(needs)} needs: some 30 seconds more the first time on a machine.", err=True)
            bar = stack.enter_context(click.progressbar(length=len(needs), label="Searching", file=sys.stderr))

        def enough(served: int) -> bool:
            nonlocal started
            started = time.perf_counter() if math.isnan(started) else started
            if bar:
                bar.update(served)
            return budget_s is not None and time.perf_counter() - started > budget_s

        return assignment.solve(offers, needs, enough, terms)


def check(offers: Sequence[Offer], needs: Sequence[Need], solution: Solution, in_time: bool, terms: Terms = NO_TERMS) -> str:
    """Who added up the prices: :mod:`matching.verify` where it has few enough possible pairs to look at, else the solver alone.

    ``in_time``: the search was told to end, so the set need not be the best.
    """
    from matching.verify import verify  # brings numpy along, which --help need not wait for

    proof = solution.certificate
    again = proof.best and len(offers) * len(needs) <= MOST_ADDED_UP
    problems = verify(offers, needs, solution.pairs, proof if again else None, terms)
    if proof.violations:
        problems.append(f"{proof.violations} prices prove nothing")
    if proof.gap_m and not in_time:
        problems.append(f"the prices say that a set may be {proof.gap_m} metres better")
    if problems:
        raise WrongPairs(problems)
    return AGAIN if again else ONCE
