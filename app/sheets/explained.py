"""The table that explains a set of pairs: why each pair counts what it counts, and why a need has places left."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from heapq import merge

from app.sheets.write import Cell
from app.why_words import nobody_sentences, pair_sentence
from matching.model import Id, Need, Offer, Rule
from matching.policy import NO_POLICY, Past, Policy
from matching.solution import Solution
from matching.why import POLICY_TERMS, TERMS, Explanation, Inquiry, WhyNot, explain

_PAIR = ("need", "offer", "category", "mode", "distance_m", "radius_m", *(f"{name}_counts_m" for name in TERMS))
_POLICY = (*(f"{name}_counts_m" for name in POLICY_TERMS), "waiting_counts_m")
_NEED = (
    "total_m", "places_left", "reason", "offers", *(f"refused_{rule}" for rule in Rule if rule is not Rule.CAPACITY), "has_it_already",
    "taken", "nearest_offer", "nearest_fails", "nearest_distance_m", "nearest_radius_m", "sentence",
)  # fmt: skip
LANGUAGE = "en"
"""Of the sentences, as of all that the commands say."""


def columns(policy: Policy | None) -> tuple[str, ...]:
    return (*_PAIR, *(_POLICY if policy else ()), *_NEED)


def explained(
    offers: Iterable[Offer], needs: Iterable[Need], solution: Solution, policy: Policy | None, past: Past
) -> Iterator[tuple[Cell, ...]]:  # fmt: skip
    """A row a pair and a row a need with places left, by need; the columns of the other kind are empty."""
    offer_of, need_of, names = {offer.id: offer for offer in offers}, {need.id: need for need in needs}, columns(policy)
    pairs = (_pair_row(explain(need_of[pair.need], offer_of[pair.offer], pair, policy or NO_POLICY, past)) for pair in solution.pairs)
    for row in merge(pairs, _unserved_rows(offer_of, need_of, solution), key=lambda row: str(row["need"])):
        row["category"] = need_of[str(row["need"])].category
        yield tuple(row.get(column) for column in names)


def _pair_row(found: Explanation) -> dict[str, Cell]:
    row: dict[str, Cell] = {"need": str(found.need), "offer": str(found.offer), "mode": str(found.mode), "total_m": found.total_m}
    for term in found.terms:
        row |= {f"{term.name}_counts_m": term.metres} | {name: _metres(figure) for name, figure in term.figures.items()}
    if found.waiting:
        row["waiting_counts_m"] = found.waiting.metres
    return row | {"sentence": pair_sentence(found, LANGUAGE)}


def _unserved_rows(offer_of: Mapping[Id, Offer], need_of: Mapping[Id, Need], solution: Solution) -> Iterator[dict[str, Cell]]:
    inquiry = Inquiry(offer_of.values(), Counter(pair.offer for pair in solution.pairs))
    helpers: dict[Id, set[Id]] = {left.need: set() for left in solution.unserved}
    for pair in solution.pairs:
        if pair.need in helpers:
            helpers[pair.need].add(pair.offer)
    for left in solution.unserved:
        found = inquiry.why_not(need_of[left.need], helpers[left.need])
        yield {"places_left": left.places_left, "reason": str(left.reason)} | _unserved_row(found)


def _unserved_row(found: WhyNot) -> dict[str, Cell]:
    row: dict[str, Cell] = {"need": str(found.need), "offers": found.offers, "has_it_already": found.asked, "taken": found.taken}
    row |= {f"refused_{rule}": count for rule, count in found.refused.items()}
    if miss := found.nearest:
        row |= {"nearest_offer": str(miss.offer), "nearest_fails": "|".join(refusal.rule for refusal in miss.refusals)}
        figures = {name: figure for refusal in miss.refusals for name, figure in refusal.figures.items()}
        row |= {f"nearest_{name}": _metres(figure) for name, figure in ({"distance_m": miss.distance_m} | figures).items()}
    return row | {"sentence": " ".join(nobody_sentences(found, LANGUAGE))}


def _metres(figure: float) -> Cell:
    """To the millimetre: rounded to metres, somebody just out of reach would seem to be within."""
    return figure if isinstance(figure, int) else Decimal(f"{figure:.3f}")
