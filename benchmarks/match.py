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

import numpy as np
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from app.cli import match
from app.sheets.posts import NeedRow, OfferRow, load_needs, load_offers
from matching import arrays, assignment, candidates
from matching.model import Need, Offer, Urgency
from matching.verify import verify

Score = tuple[dict[Urgency, int], int]


def main(offers_file: Path, needs_file: Path) -> None:
    assignment.solve([], [])  # the machine code is on disk after the first time on a machine
    command_s, peak_mb = command(offers_file, needs_file)  # first: a child's peak begins at what its parent holds
    offer_rows, need_rows = load_offers(offers_file, zone=UTC).rows, load_needs(needs_file, zone=UTC).rows
    offers = [match.offer_of(row, row.lon or 0, row.lat or 0) for row in offer_rows if isinstance(row, OfferRow)]
    needs = [match.need_of(row, row.lon or 0, row.lat or 0) for row in need_rows if isinstance(row, NeedRow)]
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
    """OR-tools' best score, the seconds of its solve and the number of pairs. An empty place flows past the offers at its penalty."""
    a, g = arrays.lay_out(offers, needs)
    keys, cells = np.empty(len(offers), np.int64), np.empty(len(g.cell_key), np.int64)
    rows = []
    for n in range(len(needs)):
        count = candidates.cheapest(a, g, n, len(offers), keys, cells)
        theirs = ((keys[:count] & 0xFFFF_FFFF) + candidates.first_turn(n, len(offers))) % len(offers)
        rows.append((np.full(count, n), theirs, keys[:count] >> 32))
    tail, head, cost = (np.concatenate(column) for column in zip(*rows, strict=True))
    flow, sink, n_needs, n_offers = SimpleMinCostFlow(), len(needs) + len(offers), len(needs), len(offers)
    arcs = flow.add_arcs_with_capacity_and_unit_cost(tail, n_needs + head, np.ones(len(tail), np.int64), cost)
    flow.add_arcs_with_capacity_and_unit_cost(n_needs + np.arange(n_offers), np.full(n_offers, sink), a.offer_capacity, np.zeros(n_offers))
    flow.add_arcs_with_capacity_and_unit_cost(np.arange(n_needs), np.full(n_needs, sink), a.need_places, a.need_penalty)
    flow.set_nodes_supplies(np.append(np.arange(n_needs), sink), np.append(a.need_places, -a.need_places.sum()))
    began = time.perf_counter()
    status = flow.solve()
    seconds = time.perf_counter() - began
    assert status == flow.OPTIMAL
    used = flow.flows(arcs) > 0
    served = Counter(needs[n].urgency for n in tail[used].tolist())
    return ({kind: served[kind] for kind in Urgency}, int(cost[used].sum())), seconds, len(tail)


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
