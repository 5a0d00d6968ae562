"""One need's best volunteers now, and why there are none; one volunteer's best needs now."""

from collections.abc import Callable, Iterable
from typing import Any

from matching.eligibility import check, first_refusal
from matching.index import Index, NeedIndex, OfferIndex, Seeker
from matching.model import Mode, Need, Offer, Pair, Reason, Refusal, Rule
from matching.policy import NO_TERMS, Terms

_AFTER_MODE = tuple(rule for rule in Rule if rule not in (Rule.CATEGORY, Rule.MODE))
Key = tuple[Any, ...]
"""What is ranked first (whole numbers), then metres, then what decides among equals; no two pairs have the same."""


def best(index: OfferIndex, need: Need, k: int, terms: Terms = NO_TERMS) -> list[Pair]:
    """The ``k`` best eligible pairs (fewer when there are fewer), the best first.

    By cost in metres, ``terms`` included; at the same cost whoever was never asked, then whoever was asked longest ago, then by id.
    Terms are looked up only for those who come into question.
    """

    if not (terms.offers or terms.pairs):
        return index.first(need, k).pairs

    def key(pair: Pair) -> Key:
        return (0, terms.cost_m(pair), index.asked(pair.offer), pair.offer)

    known = [check(need, offer) for n, o in terms.pairs if n == need.id and (offer := index.get(o))]
    return _best(index, need, k, key, known)


def best_needs(index: NeedIndex, offer: Offer, k: int, terms: Terms = NO_TERMS) -> list[Pair]:
    """The ``k`` best eligible pairs of an offer: the most urgent needs, then by cost in metres less what waiting counts, then by id."""

    def key(pair: Pair) -> Key:
        return (index.level(pair.need), terms.cost_m(pair) - terms.needs.get(pair.need, 0), pair.need)

    known = [check(need, offer) for n, o in terms.pairs if o == offer.id and (need := index.get(n))]
    return _best(index, offer, k, key, known, most_off=max(terms.needs.values(), default=0))


def _best(
    index: Index[Any, Seeker], seeker: Seeker, k: int, key: Callable[[Pair], Key], known: Iterable[Pair | Refusal], most_off: int = 0,
) -> list[Pair]:  # fmt: skip
    """``known`` are pairs of which something is taken off; of all others at most ``most_off``.

    One more than wanted says how much whoever was not found costs at the least. Where that could still be among the best, another
    search finds all that could.
    """
    costs, found = index.first(seeker, k + 1)
    ranked = _ranked(found, known, key)
    if len(found) > k > 0:
        level, metres, *_ = key(ranked[k - 1])
        if (level, metres) >= (key(found[k])[0], costs[k] - most_off):
            ranked = _ranked(found + index.first(seeker, len(index), metres + most_off).pairs, known, key)
    return ranked[:k]


def _ranked(found: Iterable[Pair], known: Iterable[Pair | Refusal], key: Callable[[Pair], Key]) -> list[Pair]:
    pairs = {(pair.need, pair.offer): pair for pair in found}
    pairs |= {(pair.need, pair.offer): pair for pair in known if isinstance(pair, Pair)}
    return sorted(pairs.values(), key=key)


def why_nobody(index: OfferIndex, need: Need) -> Reason:
    """The reason that :func:`matching.eligibility.first_refusal` gives over all offers of the index, without trying them all.

    ``taken`` also when whoever passes has no capacity left, or was asked already.
    """
    modes = index.offered(need.category)
    if not modes:
        return Rule.CATEGORY
    if need.mode is not Mode.BOTH and Mode.BOTH not in modes and need.mode not in modes:
        return Rule.MODE
    return first_refusal(need, index.meeting(need), _AFTER_MODE)
