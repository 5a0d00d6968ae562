"""Ways of choosing whom to ask: what others do, and this engine."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Protocol

from matching.assignment import solve
from matching.model import Id, Pair, Urgency
from matching.policy import DEFAULT_POLICY, Policy, Terms, offer_terms, waiting_term
from matching.simulation.clock import DAY
from matching.simulation.town import Case, Town
from matching.waves import DEFAULT_WAVES, Waves, chance, how_many, rested

Rank = Callable[[Town, Case, list[Pair]], list[Pair]]
"""Candidates, the nearest first, into the order in which they are asked; some may be left out."""
OF_THE_NEAREST = 10
BUCKET_M = 5_000


class Chooser(Protocol):
    def at_once(self, case: Case) -> bool:
        """Whether to look for somebody as soon as a place is empty, and not at the next half hour only."""

    def ask(self, town: Town, cases: list[Case]) -> None:
        """Ask whoever is to be asked now."""


def nearest(town: Town, case: Case, pairs: list[Pair]) -> list[Pair]:
    return pairs


def random_of_the_nearest(town: Town, case: Case, pairs: list[Pair]) -> list[Pair]:
    return sorted(pairs[:OF_THE_NEAREST], key=lambda pair: town.tape.luck("draw", case.need.id, pair.offer))


def fewest_then_bucket(town: Town, case: Case, pairs: list[Pair]) -> list[Pair]:
    """Whoever was asked least, then by steps of five kilometres, then by metres."""
    return sorted(pairs, key=lambda pair: (len(town.helpers[pair.offer].asked), pair.distance_m // BUCKET_M, pair.distance_m))


@dataclass(frozen=True, slots=True)
class OneNeedAtATime:
    """Each need for itself, as soon as it is there, the most urgent first; as many are asked as there are places, or in waves."""

    rank: Rank
    waves: Waves | None = None

    def at_once(self, case: Case) -> bool:
        return True

    def ask(self, town: Town, cases: list[Case]) -> None:
        for case in sorted(cases, key=lambda case: (list(Urgency).index(case.need.urgency), case.posted.minute)):
            if _waits(case, self.waves):
                continue
            ranked = self.rank(town, case, _ready(town, case, self.waves))
            for pair in ranked[: _more(town, case, (pair.offer for pair in ranked), self.waves)]:
                town.ask(case, pair)


@dataclass(frozen=True, slots=True)
class Rounds:
    """The best set of pairs of all open needs each half hour, urgent ones at once; then more for each need, until its wave is complete."""

    policy: Policy
    waves: Waves | None = None

    def at_once(self, case: Case) -> bool:
        return case.need.urgency is Urgency.URGENT

    def ask(self, town: Town, cases: list[Case]) -> None:
        cases = [case for case in cases if not _waits(case, self.waves)]
        self._round(town, {case: case.missing - len(case.pending) for case in cases})
        while self.waves and self._round(town, {case: self._wave(town, case) for case in cases}):
            pass

    def _wave(self, town: Town, case: Case) -> int:
        if _waits(case, self.waves):
            return 0
        pairs = _ready(town, case, self.waves)
        terms = self._terms(town, pairs)
        return _more(town, case, (pair.offer for pair in sorted(pairs, key=lambda pair: pair.cost_m + terms[pair.offer])), self.waves)

    def _round(self, town: Town, wanted: dict[Case, int]) -> int:
        """Ask so many for each case, as the best set of pairs has it; how many were asked in all."""
        ready = {case: _ready(town, case, self.waves) for case, places in wanted.items() if places > 0}
        pairs = [pair for each in ready.values() for pair in each]
        if not pairs:
            return 0
        terms = self._terms(town, pairs)
        offers = [replace(town.helpers[i].volunteer.offer, capacity=town.helpers[i].room) for i in terms]
        needs = [replace(case.need, places=wanted[case], identities=_barred(town, case, each)) for case, each in ready.items()]
        waiting = {case.need.id: waiting_term(self.policy, (town.now - case.posted.minute) / DAY) for case in ready}
        chosen = solve(offers, needs, terms=Terms(terms, waiting)).pairs
        for pair in chosen:
            town.ask(town.cases[pair.need], pair)
        return len(chosen)

    def _terms(self, town: Town, pairs: Iterable[Pair]) -> dict[Id, int]:
        """The sum of the terms of all who take part."""
        nearby: dict[int, float] = {}
        terms: dict[Id, int] = {}
        for pair in pairs:
            if pair.offer not in terms:
                quartier = town.helpers[pair.offer].volunteer.quartier
                if quartier not in nearby:
                    nearby[quartier] = _asked_on_average(town, quartier)
                terms[pair.offer] = sum(offer_terms(self.policy, town.record(pair.offer, nearby[quartier])).values())
        return terms


def _asked_on_average(town: Town, quartier: int) -> float:
    """Requests of the last thirty days to each volunteer of the quartier who is still here."""
    there = [helper for helper in town.helpers.values() if helper.here and helper.volunteer.quartier == quartier]
    return sum(town.asked_within(helper, 30) for helper in there) / max(1, len(there))


def _waits(case: Case, waves: Waves | None) -> bool:
    """Whether enough are asked already."""
    pending = case.pending
    if waves is None:
        return len(pending) >= case.missing
    return len(pending) >= waves.most or chance([request.acceptance for request in pending], case.missing) >= waves.wished


def _ready(town: Town, case: Case, waves: Waves | None) -> list[Pair]:
    """Who may be asked, without those who rest."""
    pairs = town.candidates(case)
    return pairs if waves is None else [pairs[i] for i in rested([town.days_since(pair.offer) for pair in pairs], waves)]


def _more(town: Town, case: Case, ranked: Iterable[Id], waves: Waves | None) -> int:
    """How many to ask besides those who have not answered yet."""
    if waves is None:
        return case.missing - len(case.pending)
    already = [request.acceptance for request in case.pending]
    records = [town.record(offer) for offer in ranked]
    cap = waves.cap(case.missing, [record.asked_7 for record in records])
    return how_many([record.acceptance for record in records], case.missing, waves.wished, cap, already)


def _barred(town: Town, case: Case, ready: list[Pair]) -> frozenset[str]:
    """Whoever is not to be asked shares an identity with the need, which the rules refuse."""
    allowed = {pair.offer for pair in ready}
    return frozenset(str(pair.offer) for pair in town.tape.pairs[case.need.id] if pair.offer not in allowed)


CHOOSERS: dict[str, Chooser] = {
    "nearest": OneNeedAtATime(nearest),
    "random-of-k": OneNeedAtATime(random_of_the_nearest),
    "fewest-then-bucket": OneNeedAtATime(fewest_then_bucket),
    "adeuxpas": Rounds(DEFAULT_POLICY, DEFAULT_WAVES),
    "nearest, in waves": OneNeedAtATime(nearest, DEFAULT_WAVES),
    "fewest-then-bucket, in waves": OneNeedAtATime(fewest_then_bucket, DEFAULT_WAVES),
    "adeuxpas, one at a time": Rounds(DEFAULT_POLICY),
}
"""What is compared. The last three tell what comes from asking several at once and what from whom is asked."""
