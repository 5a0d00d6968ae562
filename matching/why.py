"""Why a pair counts what it counts, and why a need has nobody: as data, with exact figures. The words for people are not here."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from math import dist
from typing import Any

from matching.eligibility import RULES, Figures, remote_possible
from matching.geo import Xyz, distance_m, to_xyz
from matching.model import REMOTE_COST_M, TAKEN, Id, Mode, Need, Offer, Pair, Reason, Refusal, Rule, round_half_up
from matching.policy import NO_PAST, NO_POLICY, Past, Policy, continuity_term, offer_terms, waiting_term

NOT_A_MISS = frozenset({Rule.CATEGORY, Rule.SAME_PERSON, Rule.BLOCKED})
"""Whoever fails one of these is no near miss: no word with them would change it, and who blocks whom is nobody's business."""
ORDER = {rule: place for place, rule in enumerate(RULES)}
SLACK_M = 0.01
"""More than what a straight line and a distance may be off."""
_Laid = tuple[Offer, Xyz, float]
"""An offer with the capacity that is left, where it is, and its reach in metres."""


@dataclass(frozen=True, slots=True)
class Term:
    """Whole metres that a pair counts for one reason, and the figures behind them."""

    name: str
    metres: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a pair counts what it counts: ``total_m`` is the sum of its terms.

    ``waiting`` is no term of the pair: it is what the need's waiting adds to what an empty place of it counts for.
    """

    need: Id
    offer: Id
    mode: Mode
    terms: tuple[Term, ...]
    waiting: Term | None = None

    @property
    def total_m(self) -> int:
        return sum(term.metres for term in self.terms)


@dataclass(frozen=True, slots=True)
class Miss:
    """An offer that comes closest to meeting a need: all rules that it fails, each with its figures, and how far apart the two are."""

    offer: Id
    refusals: tuple[Refusal, ...]
    distance_m: float


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What became of each offer for one need; ``offers`` is all of them.

    ``refused`` has every rule but capacity, with the offers that fail it and none before it. Whoever passes all of them was ``asked``
    for this need before (or is its helper), or is ``taken`` by others (no capacity is left), or is ``free``. ``nearest`` is ``None``
    when nobody else offers the kind of help, or everybody who does could.
    """

    need: Id
    refused: dict[Rule, int]
    asked: int
    taken: int
    free: int
    nearest: Miss | None

    @property
    def offers(self) -> int:
        return sum(self.refused.values()) + self.asked + self.taken + self.free

    @property
    def offering(self) -> int:
        """How many offer this kind of help, whatever else refuses them."""
        return self.offers - self.refused[Rule.CATEGORY]

    @property
    def reason(self) -> Reason:
        """As :func:`matching.eligibility.first_refusal` gives it."""
        left = self.offers
        for rule, count in self.refused.items():
            left -= count
            if not left:
                return rule
        return TAKEN


def _distance(need: Need, offer: Offer, pair: Pair) -> tuple[int, Figures] | None:
    if pair.mode is Mode.REMOTE:
        return None
    border = {"radius_m": offer.radius_m} if offer.area is None else {}
    return round_half_up(pair.distance_m), {"distance_m": pair.distance_m, **border}


def _remote(need: Need, offer: Offer, pair: Pair) -> tuple[int, Figures] | None:
    return (REMOTE_COST_M, {"distance_m": pair.distance_m}) if pair.mode is Mode.REMOTE else None


TERMS: dict[str, Callable[[Need, Offer, Pair], tuple[int, Figures] | None]] = {"distance": _distance, "remote": _remote}
"""What a pair's metres are made of; each gives its metres and figures, or None where it has no part."""
RECORD = {"rest": ("days_since",), "week": ("asked_7",), "load": ("asked_30", "nearby_30"), "silence": ("answered", "yes")}
"""A policy's terms of an offer, with what of its :class:`matching.policy.Record` is behind each."""
CONTINUITY, WAITING = "continuity", "waiting"
POLICY_TERMS = (*RECORD, CONTINUITY)


def explain(need: Need, offer: Offer, pair: Pair, policy: Policy = NO_POLICY, past: Past = NO_PAST) -> Explanation:
    """The terms of a pair of these two (else ValueError); they add up to what it counts. Those of 0 are left out, but for the distance."""
    if (pair.need, pair.offer) != (need.id, offer.id):
        raise ValueError("the pair is of others")
    found = [Term(name, *parts) for name, term in TERMS.items() if (parts := term(need, offer, pair))]
    if record := past.records.get(offer.id):
        metres = offer_terms(policy, record)
        found += [Term(name, metres[name], {f: getattr(record, f) for f in figures}) for name, figures in RECORD.items() if metres[name]]
    if (need.id, offer.id) in past.went_well and (off := min(continuity_term(policy), sum(term.metres for term in found))):
        found.append(Term(CONTINUITY, -off, {}))
    days = past.waiting.get(need.id, 0)
    waited = waiting_term(policy, days)
    return Explanation(need.id, offer.id, pair.mode, tuple(found), Term(WAITING, waited, {"days": days}) if waited else None)


def as_data(explanation: Explanation) -> list[dict[str, Any]]:
    """The terms, the need's waiting last, as a JSON file or column may hold them."""
    return [asdict(term) for term in (*explanation.terms, *filter(None, [explanation.waiting]))]


def from_data(need: Id, offer: Id, mode: Mode, terms: Iterable[Mapping[str, Any]]) -> Explanation:
    """The explanation of whose terms :func:`as_data` made the data."""
    found = [Term(**term) for term in terms]
    waiting = next((term for term in found if term.name == WAITING), None)
    return Explanation(need, offer, mode, tuple(term for term in found if term is not waiting), waiting)


def not_as_data(found: WhyNot) -> dict[str, Any]:
    """What :func:`why_not` found, as a JSON file or column may hold it."""
    return asdict(found)


def not_from_data(data: Mapping[str, Any]) -> WhyNot:
    """What :func:`not_as_data` made the data of; rules that are not known any more are left out."""
    known = set(map(str, Rule))
    miss = data["nearest"]
    if miss:
        refusals = tuple(Refusal(Rule(one["rule"]), one["figures"]) for one in miss["refusals"] if one["rule"] in known)
        miss = Miss(miss["offer"], refusals, miss["distance_m"]) if refusals else None
    refused = {Rule(rule): count for rule, count in data["refused"].items() if rule in known}
    return WhyNot(**{**data, "refused": refused, "nearest": miss})


def why_not(need: Need, offers: Iterable[Offer], used: Mapping[Id, int] | None = None, asked: Collection[Id] = ()) -> WhyNot:
    """What became of each offer for one need. For many needs, :class:`Inquiry` lays the offers out once.

    ``used`` says how many places of an offer are used up, ``asked`` whom not to ask again. The order of the offers changes nothing.
    """
    return Inquiry(offers, used).why_not(need, asked)


class Inquiry:
    """Offers to ask about, laid out by what they offer; each id stands once. ``used`` as in :func:`why_not`."""

    def __init__(self, offers: Iterable[Offer], used: Mapping[Id, int] | None = None) -> None:
        used = used or {}
        self._offers: defaultdict[str, list[_Laid]] = defaultdict(list)
        self._count = 0
        for offer in offers:
            self._count += 1
            left = replace(offer, capacity=offer.capacity - used[offer.id]) if offer.id in used else offer
            for category in offer.categories:
                self._offers[category].append((left, to_xyz(offer.lon, offer.lat), offer.reach_m))

    def why_not(self, need: Need, asked: Collection[Id] = ()) -> WhyNot:
        """What became of each offer for this need."""
        here, offering = to_xyz(need.lon, need.lat), self._offers.get(need.category, [])
        refused = dict.fromkeys(RULES, 0) | {Rule.CATEGORY: self._count - len(offering)}
        del refused[Rule.CAPACITY]
        again = taken = free = 0
        nearest = _Nearest(need)
        for offer, there, reach_m in offering:
            straight_m = dist(here, there)
            failed = _failed(need, offer, straight_m > reach_m + SLACK_M)
            first = next(failed, None)
            if first in refused:
                refused[first] += 1
                nearest.look_at(offer, first, failed, straight_m)
            elif offer.id in asked:
                again += 1
            elif first:
                taken += 1
            else:
                free += 1
        return WhyNot(need.id, refused, again, taken, free, nearest.miss())


def _failed(need: Need, offer: Offer, out_of_reach: bool) -> Iterator[Rule]:
    """All rules that the pair fails, in order. Whoever is out of reach in a straight line already is not measured."""
    far = out_of_reach and not remote_possible(need, offer)
    return (rule for rule, refuse in RULES.items() if (far and rule is Rule.DISTANCE) or refuse(need, offer) is not None)


class _Nearest:
    """Of the offers looked at, the one that fails the fewest rules; of those the one that gets furthest in the table, then the one
    with the fewest metres beyond its radius or area, then the nearest, then the lowest id."""

    def __init__(self, need: Need) -> None:
        self._need = need
        self._best: tuple[int, int, float, float, Id] | None = None
        self._offer: Offer | None = None

    def look_at(self, offer: Offer, first: Rule, others: Iterator[Rule], straight_m: float) -> None:
        """``first`` and ``others`` are what the offer fails. The rules cost time, and measuring more: neither for who cannot win."""
        least_m = max(0.0, straight_m - SLACK_M)  # no way over ground is shorter
        if not self._wins(self._key(offer, [first], least_m)):
            return
        failed = [first, *others]
        if NOT_A_MISS.isdisjoint(failed) and self._wins(self._key(offer, failed, least_m)):
            key = self._key(offer, failed, distance_m(self._need.lon, self._need.lat, offer.lon, offer.lat))
            if self._wins(key):
                self._best, self._offer = key, offer

    def _wins(self, key: tuple[int, int, float, float, Id]) -> bool:
        return self._best is None or key < self._best

    def _key(self, offer: Offer, failed: list[Rule], apart_m: float) -> tuple[int, int, float, float, Id]:
        beyond_m = 0.0
        if Rule.DISTANCE in failed:
            radius, area = offer.radius_m, offer.area
            beyond_m = max(0.0, apart_m - radius) if area is None else area.outside_m(self._need.lon, self._need.lat)
        return len(failed), -ORDER[failed[0]], beyond_m, apart_m, offer.id

    def miss(self) -> Miss | None:
        if self._best is None or self._offer is None:
            return None
        figures = [(rule, refuse(self._need, self._offer)) for rule, refuse in RULES.items()]
        return Miss(self._offer.id, tuple(Refusal(rule, found) for rule, found in figures if found is not None), self._best[3])
