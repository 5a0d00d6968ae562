"""``adeuxpas match`` on two files, and its solver beside OR-tools' min-cost flow over the same eligible pairs.

    python -m benchmarks.match ../shared/data/lyon/offers.csv ../shared/data/lyon/needs.csv

OR-tools is given the finished list of pairs and timed for its solve alone; ours is timed from the posts to the certified pairs.
Both must serve the same number of places of each urgency over the same metres, or the run fails.
"""

import os
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC
from pathlib import Path

from app.cli import pairing
from app.sheets.posts import NeedRow, OfferRow, load_needs, load_offers
from benchmarks.engine.flows import OrTools, graph_of
from benchmarks.engine.ours import every_pair
from benchmarks.engine.timing import seconds
from matching import arrays, assignment
from matching.model import Need, Offer, Urgency
from matching.verify import verify

Score = tuple[dict[Urgency, int], int]


def main(offers_file: Path, needs_file: Path) -> None:
    assignment.solve([], [])  # the machine code is on disk after the first time on a machine
    command_s, peak_mb = command(offers_file, needs_file)  # first: a child's peak begins at what its parent holds
    offer_rows, need_rows = load_offers(offers_file, zone=UTC).rows, load_needs(needs_file, zone=UTC).rows
    offers = [pairing.offer_of(row, row.lon or 0, row.lat or 0) for row in offer_rows if isinstance(row, OfferRow)]
    needs = [pairing.need_of(row, row.lon or 0, row.lat or 0) for row in need_rows if isinstance(row, NeedRow)]
    began = time.perf_counter()
    solution = assignment.solve(offers, needs)
    ours_s = time.perf_counter() - began
    urgency = {need.id: need.urgency for need in needs}
    ours: Score = {kind: sum(urgency[pair.need] is kind for pair in solution.pairs) for kind in Urgency}, solution.total_m
    theirs, theirs_s, pairs = min_cost_flow(offers, needs)
    problems = verify(offers, needs, solution.pairs, solution.certificate)
    if ours != theirs or problems or solution.certificate.violations:
        raise SystemExit(f"not exact: {ours} against {theirs}; {problems[:5]}")
    places = Counter[Urgency]()
    for need in needs:
        places[need.urgency] += need.places
    for name, value in (
        ("offers / needs / places", f"{len(offers):,} / {len(needs):,} / {places.total():,}"),
        ("eligible pairs", f"{pairs:,}"),
        *((f"{kind}: served / unserved", f"{ours[0][kind]:,} / {places[kind] - ours[0][kind]:,}") for kind in Urgency),
        ("metres", f"{solution.total_m:,}"),
        ("command, from files to files", f"{command_s:.1f} s, {peak_mb:,.0f} MB"),
        ("solver, from posts to certified pairs", f"{ours_s:.2f} s"),
        ("OR-tools, its solve alone", f"{theirs_s:.2f} s, {theirs_s / ours_s:.1f} times ours"),
        ("same score, certificate violations", f"yes, {solution.certificate.violations}"),
    ):
        print(f"| {name} | {value} |")


def min_cost_flow(offers: list[Offer], needs: list[Need]) -> tuple[Score, float, int]:
    """OR-tools' best score, the seconds of its solve and the number of pairs."""
    a = arrays.lay_out(offers, needs)
    graph = graph_of(a, every_pair(a, arrays.grid_of(a)))
    flow = OrTools(graph)
    taken_s = seconds(flow.solve)
    found = flow.score()
    return (dict(zip(Urgency, found.served, strict=True)), found.metres), taken_s, len(graph.need)


def command(offers_file: Path, needs_file: Path) -> tuple[float, float]:
    """Seconds and peak megabytes of the command itself."""
    with tempfile.TemporaryDirectory() as folder:
        words = ["--offers", offers_file, "--needs", needs_file, "--output", Path(folder) / "pairs.csv"]
        began = time.perf_counter()
        child = os.posix_spawn(sys.executable, [sys.executable, "-m", "app.cli", "match", *map(str, words)], os.environ)
        _, status, used = os.wait4(child, 0)
        assert os.waitstatus_to_exitcode(status) == 0
        return time.perf_counter() - began, used.ru_maxrss / 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
