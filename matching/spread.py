"""How evenly something is spread, and how long most of it takes."""

import math
from collections.abc import Iterable, Mapping, Sequence


def quantile(in_order: Sequence[float], share: float) -> float:
    """The smallest value that this share of them does not exceed."""
    return in_order[max(0, math.ceil(share * len(in_order)) - 1)] if in_order else math.nan


def gini(counts: Iterable[float]) -> float:
    """0 where all have the same, towards 1 where one has everything.

    >>> gini([3, 3, 3]), gini([0, 0, 0, 4])
    (0.0, 0.75)
    """
    in_order = sorted(counts)
    total, n = sum(in_order), len(in_order)
    if not total:
        return 0.0
    return 2 * sum(i * value for i, value in enumerate(in_order, 1)) / (n * total) - (n + 1) / n


def spelled_out(times: Mapping[int, int]) -> list[int]:
    """Values in order, each as often as it came.

    >>> spelled_out({5: 1, 2: 3})
    [2, 2, 2, 5]
    """
    return [value for value in sorted(times) for _ in range(times[value])]
