"""Which weights and waves serve the most needs within a day while requests stay evenly spread: ``python -m benchmarks.fairness_search``.

A seeded search over the simulated town: settings at random on a few seeds, the best of them on more. None of these seeds is used by
``benchmarks.fairness``, which confirms what was found.
"""

import math
import os
import random
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from statistics import fmean

from matching.policy import Policy
from matching.simulation.choosers import Rounds
from matching.simulation.city import CITIES
from matching.simulation.compare import compare
from matching.simulation.tape import Setting
from matching.waves import Waves

TOWN = Setting(CITIES["town"], weeks=6, volunteers=400, needs_per_day=12)
GINI_BELOW = 0.35
TRIED, KEPT = 120, 12
FIRST_SEEDS, MORE_SEEDS = (101, 102), tuple(range(103, 113))
POLICY = {
    "rest_m": (0, 300, 800, 1500, 3000), "rest_days": (3, 7, 14), "week_m": (0, 100, 300, 600, 1500),
    "load_m": (0, 100, 300, 600, 1500, 3000), "silence_m": (0, 500, 1000, 2000, 4000), "waiting_m": (0, 50, 200),
}  # fmt: skip
WAVES = {"wished": (0.8, 0.9, 0.95), "most": (3, 4, 5, 6), "rest_days": (0, 1, 2, 3, 5), "tired": (math.inf,)}
ALIKE = 0.005
"""Shares served that so few seeds cannot tell apart; among those whoever loses the fewest volunteers is taken."""


@dataclass(frozen=True)
class Result:
    chooser: Rounds
    served_24h: float
    gini: float
    requests: float
    lost: float

    @property
    def rank(self) -> tuple[bool, float]:
        return self.gini < GINI_BELOW, self.served_24h

    def __str__(self) -> str:
        figures = f"{self.served_24h:.1%} within a day, Gini {self.gini:.3f}, {self.requests:.2f} requests a need, {self.lost:.0f} lost"
        return f"{figures}: {self.chooser.policy} {self.chooser.waves}"


def main() -> None:
    rng = random.Random(1)
    chosen = [Rounds(Policy(**_one_of_each(rng, POLICY)), Waves(**_one_of_each(rng, WAVES))) for _ in range(TRIED)]  # type: ignore[arg-type]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        first = sorted(pool.map(tried, chosen, repeat(FIRST_SEEDS)), key=lambda result: result.rank, reverse=True)
        print("On the first seeds:", *first, sep="\n", flush=True)
        best = sorted(pool.map(tried, [r.chooser for r in first[:KEPT]], repeat(MORE_SEEDS)), key=lambda r: r.rank, reverse=True)
    print(f"\nThe first {KEPT} on more seeds:", *best, sep="\n")
    print("\nTaken:", taken(best), sep="\n")


def taken(results: Sequence[Result]) -> Result:
    """Of the even ones that serve the most within a day, or as good as, the one that loses the fewest volunteers."""
    even = [result for result in results if result.gini < GINI_BELOW] or results
    most = max(result.served_24h for result in even)
    return min((result for result in even if result.served_24h >= most - ALIKE), key=lambda result: result.lost)


def _one_of_each(rng: random.Random, options: dict[str, Sequence[float]]) -> dict[str, float]:
    return {name: rng.choice(values) for name, values in options.items()}


def tried(chooser: Rounds, seeds: Sequence[int]) -> Result:
    figures = [outcome.figures for outcome in compare(TOWN, seeds, {"": chooser})[""]]
    return Result(
        chooser, fmean(f.served_24h for f in figures), fmean(f.gini_requests for f in figures),
        fmean(f.requests_per_served for f in figures), fmean(f.lost for f in figures),
    )  # fmt: skip


if __name__ == "__main__":
    main()
