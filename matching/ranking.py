"""One need's best volunteers now, and why there are none."""

from collections.abc import Mapping
from datetime import datetime
from heapq import heapify, heappop

from matching.eligibility import check, first_refusal
from matching.index import OfferIndex
from matching.model import REMOTE_COST_M, Id, Mode, Need, Pair, Reason, Rule

_AFTER_MODE = tuple(rule for rule in Rule if rule not in (Rule.CATEGORY, Rule.MODE))


def best(index: OfferIndex, need: Need, k: int, last_asked: Mapping[Id, datetime] | None = None) -> list[Pair]:
    """The ``k`` best eligible pairs (fewer when there are fewer), the best first.

    By cost in metres; at the same cost whoever was never asked, then whoever was asked longest ago, then by id.
    """
    asked = last_asked or {}

    def turn(offer_id: Id) -> tuple[bool, datetime | int, Id]:
        when = asked.get(offer_id)
        return (when is not None, when or 0, offer_id)

    pairs = [pair for offer in index.nearby(need) if isinstance(pair := check(need, offer), Pair)]
    ranked = sorted((p for p in pairs if p.mode is Mode.IN_PERSON), key=lambda p: (p.cost_m, turn(p.offer)))[:k]
    if len(ranked) == k and ranked[-1].cost_m < REMOTE_COST_M:
        return ranked
    # From afar everybody costs the same, so the order is known before anybody is looked at: stop as soon as k pass.
    queue = [(turn(offer.id), offer) for offer in index.remote(need)]
    heapify(queue)
    distant: list[Pair] = []
    while queue and len(distant) < k:
        pair = check(need, heappop(queue)[1])
        if isinstance(pair, Pair) and pair.mode is Mode.REMOTE:
            distant.append(pair)
    return sorted(ranked + distant, key=lambda p: (p.cost_m, turn(p.offer)))[:k]


def why_nobody(index: OfferIndex, need: Need) -> Reason:
    """The reason that :func:`matching.eligibility.first_refusal` gives over all offers of the index, without trying them all.

    ``taken`` also when whoever passes has no capacity left, or was asked already.
    """
    modes = index.offered(need.category)
    if not modes:
        return Rule.CATEGORY
    if need.mode is not Mode.BOTH and Mode.BOTH not in modes and need.mode not in modes:
        return Rule.MODE
    offers = {offer.id: offer for offer in (*index.nearby(need), *index.remote(need))}
    return first_refusal(need, offers.values(), _AFTER_MODE)
