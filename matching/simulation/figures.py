"""What a run came to, in figures."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from matching.model import Id
from matching.simulation.clock import DAY, HOUR
from matching.simulation.town import Case, Town
from matching.spread import gini, quantile


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares are of 1 and of all needs; hours are to the agreed match of a need's last place, infinite where there is none.

    ``requests_per_served`` are all requests for each need served. The two Gini coefficients are over all volunteers whom some need of
    the tape suits, which are the same people whatever the way of choosing. ``lost`` are volunteers who left. Quartiers are compared by
    what they have served within a day.
    """

    served_24h: float
    served: float
    median_h: float
    p95_h: float
    requests_per_served: float
    gini_requests: float
    gini_visits: float
    lost: float
    worst_quartier: float
    best_quartier: float
    mean_m: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run's figures, and what its pictures are drawn from: hours to the agreed match of each need, and requests to each available
    volunteer, both ascending."""

    figures: Figures
    waits_h: list[float]
    requests: list[int]


def outcome(town: Town) -> Outcome:
    cases, available = list(town.cases.values()), available_volunteers(town)
    requests = [request for case in cases for request in case.requests.values()]
    served = [case for case in cases if case.served is not None]
    metres = [request.pair.distance_m for request in requests if request.yes]
    waits, asked = sorted(wait_hours(case) for case in cases), sorted(len(town.helpers[i].asked) for i in available)
    quartiers = [_within_a_day(group) for group in _by_quartier(cases).values()]
    figures = Figures(
        served_24h=_within_a_day(cases),
        served=_ratio(len(served), len(cases)),
        median_h=quantile(waits, 0.5),
        p95_h=quantile(waits, 0.95),
        requests_per_served=_ratio(len(requests), len(served)),
        gini_requests=gini(asked),
        gini_visits=gini([town.helpers[i].visits for i in available]),
        lost=sum(not helper.here for helper in town.helpers.values()),
        worst_quartier=min(quartiers, default=math.nan),
        best_quartier=max(quartiers, default=math.nan),
        mean_m=_ratio(sum(metres), len(metres)),
    )
    return Outcome(figures, waits, asked)


def available_volunteers(town: Town) -> list[Id]:
    """Whoever could have been asked for anything."""
    return sorted({pair.offer for pairs in town.tape.pairs.values() for pair in pairs}, key=str)


def wait_hours(case: Case) -> float:
    return math.inf if case.served is None else (case.served - case.posted.minute) / HOUR


def _by_quartier(cases: Iterable[Case]) -> dict[int, list[Case]]:
    groups: dict[int, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.posted.quartier, []).append(case)
    return groups


def _within_a_day(cases: Sequence[Case]) -> float:
    return _ratio(sum(case.served is not None and case.served - case.posted.minute <= DAY for case in cases), len(cases))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
