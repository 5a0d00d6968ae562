"""How many volunteers to ask at once, so that enough say yes by the deadline: as few as will do, and nobody who was asked just now."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Waves:
    """Ask until ``wished`` is the chance that enough say yes, with no more than ``most`` requests open for a need. Whoever was asked less
    than ``rest_days`` ago is passed over while there is anybody else. Where those who could be asked had ``tired`` requests each in the
    last seven days, on average, no more are asked than there are places: volunteers are short there, and waves would wear them out."""

    wished: float
    most: int
    rest_days: float
    tired: float

    def __post_init__(self) -> None:
        if not (0 < self.wished < 1 and self.most >= 1 and self.rest_days >= 0 and self.tired >= 0):
            raise ValueError(f"wished must lie between 0 and 1, most be 1 or more, rest_days and tired 0 or more, not {self}")

    def cap(self, places: int, asked_7: Sequence[int]) -> int:
        """How many requests may be open for so many places, by the requests of the last seven days to each who could be asked."""
        return places if sum(asked_7) >= self.tired * len(asked_7) else self.most


DEFAULT_WAVES = Waves(wished=0.95, most=6, rest_days=1, tired=2)
"""What did best in the simulated town: docs/fairness.md."""


def chance(acceptances: Sequence[float], places: int) -> float:
    """The probability that at least ``places`` say yes, each on their own with their probability (the Poisson-binomial tail).

    ``counts[j]`` is the probability of exactly j yes so far; one person after another moves it on.

    >>> chance([0.5, 0.5], 1)
    0.75
    """
    if places <= 0:
        return 1.0
    counts = [1.0] + [0.0] * (places - 1)
    enough = 0.0
    for yes in acceptances:
        enough += counts[-1] * yes
        for j in range(places - 1, 0, -1):
            counts[j] += (counts[j - 1] - counts[j]) * yes
        counts[0] *= 1 - yes
    return enough


def how_many(ranked: Sequence[float], places: int, wished: float, cap: int, already: Sequence[float] = ()) -> int:
    """The smallest k such that ``already`` and the first k of ``ranked`` give the wished chance of ``places`` yes, within the cap.

    Both are acceptances by the deadline; ``already`` are those of requests still open. Where the cap or the ranking ends
    before, as many as they allow.
    """
    room = max(0, min(len(ranked), cap - len(already)))
    k = 0
    while k < room and chance([*already, *ranked[:k]], places) < wished:
        k += 1
    return k


def rested(days_since: Sequence[float | None], waves: Waves) -> list[int]:
    """Who may be asked, as places in the list of the days since each one's last request (``None``: never): whoever has had their rest,
    and everybody where nobody has."""
    ready = [i for i, days in enumerate(days_since) if days is None or days >= waves.rest_days]
    return ready or list(range(len(days_since)))
