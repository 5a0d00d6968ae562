"""What a pair counts for besides its metres: each thing that matters to people as a named term, in metres.

All weights are 0 unless somebody sets them. Terms only say whom to prefer; whether two may meet is for the rules of
:mod:`matching.eligibility`, and metres never outweigh an urgency.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, fields

from config.policy import WEIGHTS
from matching.model import Id, Pair


@dataclass(frozen=True, slots=True)
class Policy:
    """Weights in metres.

    ``rest_m`` counts in full right after a request and fades over ``rest_days``. ``week_m`` counts for each request of the last
    seven days, a hundred at the most. ``load_m`` counts for each request of the last thirty days above the neighbourhood's average,
    four at the most. ``silence_m`` counts in full for somebody who never says yes, and by the smoothed share otherwise. ``waiting_m``
    is what each day of waiting adds to a need, fourteen days at the most. ``continuity_m`` is taken off a pair that went well before,
    once however often it did.
    """

    rest_m: float = 0
    rest_days: float = 7
    week_m: float = 0
    load_m: float = 0
    silence_m: float = 0
    waiting_m: float = 0
    continuity_m: float = 0

    def __post_init__(self) -> None:
        for weight in fields(self):
            if not 0 <= getattr(self, weight.name) <= 1_000_000:
                raise ValueError(f"{weight.name}: must be from 0 to 1,000,000 metres (or days), not {getattr(self, weight.name)}")


DEFAULT_POLICY = Policy(**{name: default for name, (default, _) in WEIGHTS.items()})
"""The weights that did best in the simulated town, found by a search: docs/fairness.md."""
MOST_WEEK, MOST_LOAD, MOST_DAYS = 100, 4.0, 14.0
PRIOR_YES, PRIOR_ASKED = 2.0, 3.0
"""Before anything is known of somebody they count as having said yes twice in three requests."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of an offer: days since the last request, requests of the last 7 and 30 days, answers and how many were yes,
    and the average of the last 30 days among offers nearby."""

    days_since: float | None = None
    asked_7: int = 0
    asked_30: int = 0
    answered: int = 0
    yes: int = 0
    nearby_30: float = 0.0

    @property
    def acceptance(self) -> float:
        """The share of yes, smoothed."""
        return (self.yes + PRIOR_YES) / (self.answered + PRIOR_ASKED)


def offer_terms(policy: Policy, record: Record) -> dict[str, int]:
    """The terms of an offer, in whole metres, by name: ``rest``, ``week``, ``load`` and ``silence``. None is below 0.

    >>> offer_terms(Policy(rest_m=700, week_m=100), Record(days_since=1, asked_7=2))
    {'rest': 600, 'week': 200, 'load': 0, 'silence': 0}
    """
    left = 0.0 if record.days_since is None or not policy.rest_days else max(0.0, 1 - record.days_since / policy.rest_days)
    above = min(MOST_LOAD, max(0.0, record.asked_30 - record.nearby_30))
    terms = {
        "rest": policy.rest_m * left,
        "week": policy.week_m * min(MOST_WEEK, record.asked_7),
        "load": policy.load_m * above,
        "silence": policy.silence_m * (1 - record.acceptance),
    }
    return {name: round(metres) for name, metres in terms.items()}


def waiting_term(policy: Policy, days: float) -> int:
    """What a need's waiting adds to what an empty place counts for, in whole metres."""
    return round(policy.waiting_m * min(MOST_DAYS, max(0.0, days)))


def continuity_term(policy: Policy) -> int:
    """What is taken off a pair that went well before, in whole metres; no pair counts less than 0 for it."""
    return round(policy.continuity_m)


@dataclass(frozen=True, slots=True)
class Terms:
    """The sums for one round, in whole metres: by offer, by need, and what is taken off by pair (need, offer). None is below 0."""

    offers: Mapping[Id, int] = field(default_factory=dict)
    needs: Mapping[Id, int] = field(default_factory=dict)
    pairs: Mapping[tuple[Id, Id], int] = field(default_factory=dict)

    def cost_m(self, pair: Pair) -> int:
        """What the pair adds to a set of pairs."""
        return max(0, pair.cost_m + self.offers.get(pair.offer, 0) - self.pairs.get((pair.need, pair.offer), 0))


NO_TERMS = Terms()


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the offers and needs of a round: a record by offer, days of waiting by need, and the pairs (need, offer) of
    people of whom an earlier match went well."""

    records: Mapping[Id, Record] = field(default_factory=dict)
    waiting: Mapping[Id, float] = field(default_factory=dict)
    went_well: Set[tuple[Id, Id]] = frozenset()


def terms_of(policy: Policy, past: Past) -> Terms:
    """The sums for a round; an offer without a record has no terms."""
    return Terms(
        {offer: sum(offer_terms(policy, record).values()) for offer, record in past.records.items()},
        {need: waiting_term(policy, days) for need, days in past.waiting.items()},
        dict.fromkeys(past.went_well, continuity_term(policy)),
    )


NO_POLICY, NO_PAST = Policy(), Past()
