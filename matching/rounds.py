"""Whom to ask for several needs at once: the best set of pairs, then more for each need until its wave is complete."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from matching.model import Id, Need, Offer, Pair
from matching.policy import Record, Terms
from matching.waves import Waves, how_many, rested

Solve = Callable[[list[Offer], list[Need], Terms], list[Pair]]


@dataclass
class Case:
    """A need for which somebody should be asked. ``ready`` are its eligible pairs, the best first; ``pending`` is how likely each of those
    asked already, who have not answered, says yes. ``chosen`` is what comes out, ``eligible`` all whom the rules allow."""

    need: Need
    ready: list[Pair]
    pending: list[float] = field(default_factory=list)
    chosen: list[Pair] = field(default_factory=list)
    eligible: frozenset[Id] = frozenset()


@dataclass(frozen=True)
class Room:
    """What is known of the offers of a round, by id: the offers with the room that they have left, their records, and the days since
    each one's last request (``None``: never)."""

    offers: Mapping[Id, Offer]
    records: Mapping[Id, Record]
    days_since: Mapping[Id, float | None]


def ranked(pairs: Sequence[Pair], terms: Terms, turn: Callable[[Id], Any]) -> list[Pair]:
    """By cost in metres, ``terms`` included; at the same cost whose ``turn`` it is (whoever was asked longest ago), then by id."""
    return sorted(pairs, key=lambda pair: (terms.cost_m(pair), turn(pair.offer), pair.offer))


def choose(cases: Sequence[Case], room: Room, terms: Terms, waves: Waves, barred: Callable[[Id], str], solve: Solve) -> None:
    """Fill in whom to ask for each case: one volunteer for each free place, then as many more as make it likely enough that the places
    are filled. ``barred`` names an offer among the identities of a need that it is not to be paired with."""
    for case in cases:
        case.eligible = frozenset(pair.offer for pair in case.ready)
        case.ready = [case.ready[i] for i in rested([room.days_since[pair.offer] for pair in case.ready], waves)]
    chosen: Counter[Id] = Counter()
    wanted = {case.need.id: max(0, case.need.places - len(case.pending)) for case in cases}
    while True:
        asking = [case for case in cases if wanted[case.need.id] and case.ready]
        if asking:
            pairs = _pairs(asking, wanted, room, terms, chosen, barred, solve)
            _take(asking, pairs, room, chosen)
        more = {case.need.id: _missing(case, room, waves) for case in cases}
        if (asking and not pairs) or not any(more.values()):
            return
        wanted = more


def _missing(case: Case, room: Room, waves: Waves) -> int:
    """How many more to ask, so that the wave is complete; none where nobody is left."""
    records = [room.records[pair.offer] for pair in case.ready]
    cap = waves.cap(case.need.places, [record.asked_7 for record in records])
    return how_many([record.acceptance for record in records], case.need.places, waves.wished, cap, case.pending)


def _pairs(
    asking: list[Case], wanted: Mapping[Id, int], room: Room, terms: Terms, chosen: Counter[Id], barred: Callable[[Id], str], solve: Solve
) -> list[Pair]:  # fmt: skip
    if len(asking) == 1:
        return asking[0].ready[: wanted[asking[0].need.id]]
    ids = {pair.offer for case in asking for pair in case.ready}
    offers = [replace(room.offers[i], capacity=room.offers[i].capacity - chosen[i]) for i in ids]
    needs = []
    for case in asking:
        others = frozenset(barred(i) for i in case.eligible - {pair.offer for pair in case.ready})
        needs.append(replace(case.need, places=wanted[case.need.id], identities=case.need.identities | others))
    return solve(sorted(offers, key=lambda offer: offer.id), needs, terms)


def _take(asking: list[Case], pairs: list[Pair], room: Room, chosen: Counter[Id]) -> None:
    """Note who is asked. Nobody is asked twice for a need, nor beyond their capacity."""
    of = {case.need.id: case for case in asking}
    for pair in pairs:
        of[pair.need].chosen.append(pair)
        of[pair.need].pending.append(room.records[pair.offer].acceptance)
        chosen[pair.offer] += 1
    for case in asking:
        mine = {pair.offer for pair in case.chosen}
        case.ready = [p for p in case.ready if p.offer not in mine and chosen[p.offer] < room.offers[p.offer].capacity]
