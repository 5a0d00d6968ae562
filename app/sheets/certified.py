"""The table that proves a set of pairs the best: with it and the two spreadsheets anybody can add it up again."""

from collections import Counter
from collections.abc import Iterable, Iterator

from app.sheets.write import Cell
from matching.model import Need
from matching.policy import Terms
from matching.solution import Solution

COLUMNS = ("kind", "reference", "price_m", "terms_m")


def certified(needs: Iterable[Need], solution: Solution, terms: Terms) -> Iterator[tuple[Cell, ...]]:
    """A row a need, an offer and an urgency (what an empty place of it counts for), then what the set costs, the bound that no set
    costs less than, and how many eligible pairs contradict the prices.

    ``terms_m`` is what a policy adds to each pair of an offer, or to each empty place of a need.
    """
    proof = solution.certificate
    for need, price in proof.need_prices.items():
        yield "need", str(need), price, terms.needs.get(need, 0)
    for offer, price in proof.offer_prices.items():
        yield "offer", str(offer), price, terms.offers.get(offer, 0)
    for urgency, penalty in proof.penalties.items():
        yield "penalty", str(urgency), penalty, None
    cost = _cost_m(needs, solution, terms)
    yield "total", "cost", cost, None
    yield "total", "bound", cost - proof.gap_m, None
    yield "total", "violations", proof.violations, None


def _cost_m(needs: Iterable[Need], solution: Solution, terms: Terms) -> int:
    """The pairs' metres and terms, and what the empty places count for."""
    served = Counter(pair.need for pair in solution.pairs)
    empty = (
        (solution.certificate.penalties[need.urgency] + terms.needs.get(need.id, 0)) * (need.places - served[need.id]) for need in needs
    )
    return sum(terms.cost_m(pair) for pair in solution.pairs) + sum(empty)
