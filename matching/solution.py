"""What a round comes to: the set of pairs, the places that stay empty, and the prices that prove the set best."""

from dataclasses import dataclass

from matching.model import Id, Pair, Reason, Urgency


@dataclass(frozen=True, slots=True)
class Unserved:
    """A need with places that stay empty, and why: the first rule that no offer passes, or ``taken``."""

    need: Id
    places_left: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Certificate:
    """Prices in metres that prove how good the set of pairs is: ``violations`` is 0 over all eligible pairs.

    The proof: no set costs less than what the prices add up to (linear programming's weak duality), and this set costs ``gap_m``
    more: 0 for the best set, something else when its time ran out. ``penalties`` is what an unserved place counts for, chosen so
    large that metres never outweigh a place.
    :mod:`matching.verify` adds it up again.
    """

    need_prices: dict[Id, int]
    offer_prices: dict[Id, int]
    penalties: dict[Urgency, int]
    violations: int
    gap_m: int

    @property
    def best(self) -> bool:
        return self.violations == 0 == self.gap_m


@dataclass(frozen=True, slots=True)
class Solution:
    """``pairs`` sorted by need, then offer; ``unserved`` by need."""

    pairs: list[Pair]
    unserved: list[Unserved]
    certificate: Certificate

    @property
    def total_m(self) -> int:
        return sum(pair.cost_m for pair in self.pairs)
