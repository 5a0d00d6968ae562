"""The exact best set of pairs: the most urgent places first, then normal, then flexible ones; among those the fewest metres.

Successive shortest paths with prices (compiled, see :mod:`matching.kernels`), over lists of pairs that grow only where the
search needs them, and at the end a certificate over all eligible pairs that nothing better exists.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeVar

from matching.eligibility import check, first_refusal
from matching.model import TAKEN, Id, Need, Offer, Pair, Reason, Rule, Urgency, round_half_up

if TYPE_CHECKING:
    from matching.arrays import Arrays

Post = TypeVar("Post", Offer, Need)
CHORD_ERROR_M = 0.5
"""By how much the straight line between two points may fall short of the way along the ground, up to the largest radius of 50 km."""


@dataclass(frozen=True, slots=True)
class Unserved:
    """A need with places that stay empty, and why: the first rule that no offer passes, or ``taken``."""

    need: Id
    places_left: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Certificate:
    """Prices in metres that prove the set of pairs best: ``violations`` is 0 over all ``eligible_pairs``.

    The proof: no set costs less than what the prices add up to (linear programming's weak duality), and this set costs just
    that. ``penalties`` is what an unserved place counts for, chosen so large that metres never outweigh a place.
    :mod:`matching.verify` adds it up again.
    """

    need_prices: dict[Id, int]
    offer_prices: dict[Id, int]
    penalties: dict[Urgency, int]
    eligible_pairs: int
    violations: int


@dataclass(frozen=True, slots=True)
class Solution:
    """``pairs`` sorted by need, then offer; ``unserved`` by need."""

    pairs: list[Pair]
    unserved: list[Unserved]
    certificate: Certificate

    @property
    def total_m(self) -> int:
        return sum(pair.cost_m for pair in self.pairs)


def solve(offers: Iterable[Offer], needs: Iterable[Need]) -> Solution:
    """The best set of pairs. The order of the input changes nothing, and the same input always gives the same set.

    Ids of a kind are all numbers or all texts, each once (else ValueError). The first call on a machine compiles for some
    seconds.
    """
    import numpy as np

    from matching import arrays, kernels  # here, so that who only reads the types does not load Numba

    sorted_offers = _sorted_once(offers)
    sorted_needs = _sorted_once(needs)
    a = _settle(arrays.lay_out(sorted_offers, sorted_needs), sorted_offers, sorted_needs)
    s = kernels.new_state(a)
    kernels.assign(a, s, arrays.places_order(a, sorted_needs))
    eligible, violations = kernels.certify(a, s)
    violations += int(np.sum((s.offer_price < 0) | ((s.offer_used < a.offer_capacity) & (s.offer_price != 0))))
    violations += int(np.sum((s.need_price > a.need_penalty) | ((s.need_left > 0) & (s.need_price != a.need_penalty))))

    pairs, unserved = [], []
    for n, need in enumerate(sorted_needs):
        first = s.place_first[n]
        for o in sorted(s.place_offer[first : first + s.need_served[n]].tolist()):
            pair = check(need, sorted_offers[o])
            assert isinstance(pair, Pair)
            pairs.append(pair)
        if s.need_left[n]:
            count, furthest = kernels.gather(a, n, s.costs, s.offers)
            reason = TAKEN if count else _first_refusal(a, n, need, sorted_offers, tuple(Rule)[furthest])
            unserved.append(Unserved(need.id, int(s.need_left[n]), reason))
    certificate = Certificate(
        dict(zip((need.id for need in sorted_needs), s.need_price.tolist(), strict=True)),
        dict(zip((offer.id for offer in sorted_offers), s.offer_price.tolist(), strict=True)),
        arrays.penalties(sorted_offers, sorted_needs),
        eligible,
        violations,
    )
    return Solution(pairs, unserved, certificate)


def _first_refusal(a: "Arrays", n: int, need: Need, offers: list[Offer], seen: Rule) -> Reason:
    """The rule that nobody passes: what the kernels have ``seen``, unless somebody stands just at the end of their reach, where the
    fast formula may let them pass the rule of distance and the reference not."""
    import numpy as np

    apart_m = np.linalg.norm(a.offer_xyz - a.need_xyz[n], axis=1)
    if seen in (Rule.CATEGORY, Rule.MODE, Rule.DISTANCE) or (np.abs(apart_m - a.offer_radius) > CHORD_ERROR_M).all():
        return seen
    return first_refusal(need, offers)


def _sorted_once(posts: Iterable[Post]) -> list[Post]:
    in_order = sorted(posts, key=lambda post: post.id)
    if any(a.id == b.id for a, b in pairwise(in_order)):
        raise ValueError("an id stands twice")
    return in_order


def _settle(a: "Arrays", offers: list[Offer], needs: list[Need]) -> "Arrays":
    """Ask the reference about each distance that lies too near to a limit or to half a metre for the fast formula."""
    import numpy as np

    from matching import geo, kernels

    scratch = np.empty(len(offers), np.int64)
    keys = kernels.doubts(a, scratch, scratch.copy())
    costs = []
    for key in keys.tolist():
        need, offer = needs[key // len(offers)], offers[key % len(offers)]
        apart_m = geo.distance_m(need.lon, need.lat, offer.lon, offer.lat)
        costs.append(round_half_up(apart_m) if apart_m <= offer.radius_m else kernels.TOO_FAR)
    return a._replace(doubt_key=keys, doubt_cost=np.array(costs, np.int64))
