"""The figures as tables: for people in Markdown, for programs as rows."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import fmean, stdev

from matching.simulation.figures import Figures, Outcome


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _hours(hours: float) -> str:
    return f"{hours:.1f} h" if math.isfinite(hours) else "never"


HEADINGS: dict[str, tuple[str, Callable[[float], str]]] = {
    "served_24h": ("served within 24 h", _percent),
    "served": ("served at all", _percent),
    "median_h": ("median wait", _hours),
    "p95_h": ("95th percentile", _hours),
    "requests_per_served": ("requests a served need", "{:.2f}".format),
    "gini_requests": ("Gini of requests", "{:.3f}".format),
    "gini_visits": ("Gini of visits", "{:.3f}".format),
    "lost": ("volunteers lost", "{:.1f}".format),
    "worst_quartier": ("worst quartier within 24 h", _percent),
    "best_quartier": ("best quartier", _percent),
    "mean_m": ("mean metres", "{:.0f}".format),
}


def mean_and_spread(values: Iterable[float]) -> tuple[float, float]:
    """The mean and the standard deviation over the runs (0 for one). Infinite where one of them is, and then without a spread."""
    given = list(values)
    mean = fmean(given)
    return mean, stdev(given) if len(given) > 1 and math.isfinite(mean) else 0.0


def table(outcomes: Mapping[str, list[Outcome]]) -> str:
    """A line for each way of choosing, in Markdown, columns aligned: means, and ± the standard deviation over the seeds."""
    rows = [["policy", *(heading for heading, _ in HEADINGS.values())]]
    for name, runs in outcomes.items():
        rows.append([name, *(_cell(column, [run.figures for run in runs]) for column in HEADINGS)])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    rows.insert(1, ["-" * width for width in widths])
    return "\n".join("| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows)


def _cell(column: str, runs: list[Figures]) -> str:
    """``–`` where a run has nothing to take a mean of, such as the metres when nobody was served."""
    show = HEADINGS[column][1]
    mean, spread = mean_and_spread(getattr(run, column) for run in runs)
    if math.isnan(mean):
        return "–"
    return f"{show(mean)} ± {show(spread).removesuffix(' h').removesuffix('%')}" if spread else show(mean)


COLUMNS = ("policy", "seed", *HEADINGS)


def rows(outcomes: Mapping[str, list[Outcome]], seeds: Iterable[int]) -> Iterator[tuple[str | int | float, ...]]:
    """Everything, unrounded, a row for each run: see :data:`COLUMNS`. A wait that never ends is ``inf``."""
    for name, runs in outcomes.items():
        for seed, run in zip(seeds, runs, strict=True):
            yield (name, seed, *(getattr(run.figures, column) for column in HEADINGS))
