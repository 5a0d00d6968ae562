"""Checks any set of pairs against the formats' rules, and a certificate against the set, with code of its own.

Nothing here comes from the solver, the eligibility rules or the index: what is checked is worked out again in another way
(plain hours bit by bit, haversine to sift, the geodesic itself to decide).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

import numpy as np
from geopy.distance import geodesic
from numpy.typing import NDArray

from matching.model import Id, Mode, Need, Offer, Pair, Urgency
from matching.policy import NO_TERMS, Terms

if TYPE_CHECKING:
    from matching.areas import Area

Post = TypeVar("Post", Offer, Need)
Floats = NDArray[np.float64]
_EARTH_M = 6_371_008.8
_WEEK = 672


class Prices(Protocol):
    """What a certificate must hold, in metres (see :class:`matching.solution.Certificate`)."""

    @property
    def need_prices(self) -> Mapping[Id, int]: ...
    @property
    def offer_prices(self) -> Mapping[Id, int]: ...
    @property
    def penalties(self) -> Mapping[Urgency, int]: ...


def verify(
    offers: Iterable[Offer], needs: Iterable[Need], pairs: Iterable[Pair], certificate: Prices | None = None, terms: Terms = NO_TERMS
) -> list[str]:  # fmt: skip
    """Sentences on what is wrong, by reference only; empty when nothing is. With a certificate also whether the set is the best,
    by the metres and the ``terms`` of its pairs."""
    offers, needs, found = _Posts(offers), _Posts(needs), list(pairs)
    known = [pair for pair in found if pair.need in needs and pair.offer in offers]
    problems = [f"need {p.need} with offer {p.offer}: not both exist" for p in found if p.need not in needs or p.offer not in offers]
    for pair in known:
        problems += [f"need {pair.need} with offer {pair.offer}: {what}" for what in _wrong(needs[pair.need], offers[pair.offer], pair)]
    twice = Counter((pair.need, pair.offer) for pair in known)
    problems += [f"need {need} with offer {offer}: {times} times" for (need, offer), times in twice.items() if times > 1]
    for offer_id, used in Counter(pair.offer for pair in known).items():
        if used > offers[offer_id].capacity:
            problems.append(f"offer {offer_id}: {used} pairs, capacity {offers[offer_id].capacity}")
    for need_id, served in Counter(pair.need for pair in known).items():
        if served > needs[need_id].places:
            problems.append(f"need {need_id}: {served} pairs, {needs[need_id].places} places")
    if certificate is not None and not problems:
        problems += _not_best(list(offers), list(needs), known, certificate, terms)
    return problems


class _Posts(Generic[Post]):
    """Posts by id. They stay where they are: a sequence that makes each anew, as large files have it, is not held in memory twice."""

    def __init__(self, posts: Iterable[Post]) -> None:
        self._posts: Sequence[Post] = posts if isinstance(posts, Sequence) else list(posts)
        self._place = {post.id: place for place, post in enumerate(self._posts)}

    def __contains__(self, key: Id) -> bool:
        return key in self._place

    def __getitem__(self, key: Id) -> Post:
        return self._posts[self._place[key]]

    def __iter__(self) -> Iterator[Post]:
        return iter(self._posts)


def _wrong(need: Need, offer: Offer, pair: Pair) -> Iterator[str]:
    apart_m = geodesic((need.lat, need.lon), (offer.lat, offer.lon)).m
    face_to_face = {need.mode, offer.mode} <= {Mode.IN_PERSON, Mode.BOTH}
    from_afar = {need.mode, offer.mode} <= {Mode.REMOTE, Mode.BOTH}
    if need.category not in offer.categories:
        yield "another category"
    if face_to_face and (apart_m <= offer.radius_m if offer.area is None else _Ground([offer.area]).covers(need)[0]):
        right = Mode.IN_PERSON
    elif from_afar:
        right = Mode.REMOTE
    else:
        place = f"{apart_m:.1f} m apart, radius {offer.radius_m} m" if offer.area is None else "outside the offer's area"
        yield place if face_to_face else "modes that do not meet"
        right = pair.mode
    if pair.mode is not right:
        yield f"mode {pair.mode}, should be {right}"
    if abs(pair.distance_m - apart_m) > 0.001:
        yield f"distance {pair.distance_m:.3f} m, should be {apart_m:.3f} m"
    cost_m = 3_000 if right is Mode.REMOTE else int(np.floor(apart_m + 0.5))
    if pair.cost_m != cost_m:
        yield f"counts {pair.cost_m} m, should be {cost_m} m"
    both_free = [need.hours >> q & offer.hours >> q & 1 for q in range(_WEEK)]
    if not any(both_free[q] and both_free[(q + 1) % _WEEK] for q in range(_WEEK)):
        yield "no half hour in common"
    if not need.languages & offer.languages:
        yield "no language in common"
    if need.identities & offer.identities:
        yield "the same person"
    if need.blocked & offer.identities or need.identities & offer.blocked:
        yield "one of the two blocks the other"
    if need.level > offer.level:
        yield f"verified to level {offer.level}, {need.level} wanted"
    if offer.paused:
        yield "the offer is paused"


def _not_best(offers: Sequence[Offer], needs: Sequence[Need], pairs: Sequence[Pair], prices: Prices, terms: Terms) -> Iterator[str]:
    """Weak duality: no set costs less than ``bound``, whatever the prices; a set that costs just that is the best.

    cost = metres + penalties of empty places; bound = Σ places·need price - Σ capacity·offer price - Σ over eligible pairs of
    what need price - offer price - cost exceeds 0, need prices being capped at the penalty and offer prices not negative.
    """
    penalty, served = prices.penalties, Counter(pair.need for pair in pairs)
    empty = {need.id: penalty[need.urgency] + terms.needs.get(need.id, 0) for need in needs}
    dearest_m = _farthest_m(offers, needs) + max([0, *terms.offers.values()]) + max([0, *terms.needs.values()])
    dearest_m *= max(1, sum(need.places for need in needs))
    urgent, normal, flexible = (penalty[urgency] for urgency in (Urgency.URGENT, Urgency.NORMAL, Urgency.FLEXIBLE))
    if min(urgent - normal, normal - flexible, flexible) <= dearest_m:
        yield "certificate: the penalties do not outweigh all metres"
    if any(prices.need_prices[need.id] > empty[need.id] for need in needs) or any(p < 0 for p in prices.offer_prices.values()):
        yield "certificate: a price is out of bounds"
    cost = sum(terms.cost_m(pair) for pair in pairs) + sum(empty[need.id] * (need.places - served[need.id]) for need in needs)
    bound = sum(need.places * prices.need_prices[need.id] for need in needs)
    bound -= sum(max(offer.capacity, 0) * prices.offer_prices[offer.id] for offer in offers) + _excess(offers, needs, prices, terms)
    if cost != bound:
        yield f"certificate: the set costs {cost} m, the prices prove no more than {bound} m"


def _farthest_m(offers: Sequence[Offer], needs: Sequence[Need]) -> float:
    """No pair counts more metres: the largest radius, or the longest way into an area, by haversine and what that may be off."""
    farthest_m = float(max([3_000, *(offer.radius_m for offer in offers if offer.area is None)]))
    to_areas = [offer for offer in offers if offer.area is not None]
    if not to_areas:
        return farthest_m
    ground, lon, lat = _Ground([offer.area for offer in to_areas]), *np.radians([(o.lon, o.lat) for o in to_areas]).T
    for need in needs:
        covered = ground.covers(need)
        about_m = _haversine_m(np.radians(need.lon), np.radians(need.lat), lon[covered], lat[covered])
        farthest_m = max(farthest_m, float(about_m.max(initial=0)) * 1.006 + 1)
    return farthest_m


def _excess(offers: Sequence[Offer], needs: Sequence[Need], prices: Prices, terms: Terms) -> int:
    """Σ over eligible pairs of max(0, need price - offer price - cost), one need against all offers at a time.

    Haversine is off by less than 1 %, so the geodesic is only asked where a pair could add something.
    """
    if not offers:
        return 0
    lon, lat = np.radians([o.lon for o in offers]), np.radians([o.lat for o in offers])
    ground = _Ground([o.area for o in offers])
    radius = np.array([o.radius_m if o.area is None else np.inf for o in offers], np.float64)
    price = np.array([prices.offer_prices[o.id] for o in offers], np.int64)
    in_person = np.array([o.mode is not Mode.REMOTE for o in offers])
    from_afar = np.array([o.mode is not Mode.IN_PERSON for o in offers])
    fits, total = _Fits(offers), 0
    offer_terms = np.array([terms.offers.get(o.id, 0) for o in offers], np.int64)
    place, taken_off = {o.id: i for i, o in enumerate(offers)}, defaultdict[Id, list[tuple[int, int]]](list)
    for (need_id, offer_id), off in terms.pairs.items():
        if offer_id in place:
            taken_off[need_id].append((place[offer_id], off))
    for need in needs:
        gain, extra = prices.need_prices[need.id] - price, offer_terms.copy()
        for i, off in taken_off[need.id]:
            extra[i] -= off
        rows = np.flatnonzero(fits.all_but_place(need) & (gain > 0))
        about_m = _haversine_m(np.radians(need.lon), np.radians(need.lat), lon[rows], lat[rows])
        goes_there = ground.covers(need) & in_person & (need.mode is not Mode.REMOTE)
        maybe_near = goes_there[rows] & (about_m <= radius[rows] * 1.01 + 1)
        least_m = np.where(maybe_near, about_m * 0.99 - 1, np.inf)
        least_m = np.where(from_afar[rows] & (need.mode is not Mode.IN_PERSON), np.minimum(least_m, 3_000), least_m)
        for i in rows[gain[rows] > np.maximum(least_m + extra[rows], 0)].tolist():
            offer = offers[i]
            apart_m = geodesic((need.lat, need.lon), (offer.lat, offer.lon)).m
            if goes_there[i] and apart_m <= radius[i]:
                total += max(0, int(gain[i]) - max(0, int(np.floor(apart_m + 0.5)) + int(extra[i])))
            elif from_afar[i] and need.mode is not Mode.IN_PERSON:
                total += max(0, int(gain[i]) - max(0, 3_000 + int(extra[i])))
    return total


class _Ground:
    """Whose areas cover a need's point; offers without an area go by their radius and are let through."""

    def __init__(self, areas: "Sequence[Area | None]") -> None:
        number = {area: i for i, area in enumerate({area for area in areas if area is not None})}
        self._number = np.array([len(number) if area is None else number[area] for area in areas], np.int64)
        self._shapes: Any = ()
        if number:
            import shapely  # who has no areas needs no Shapely

            self._shapely, self._shapes = shapely, shapely.from_wkb([area.outline for area in number])

    def covers(self, need: Need) -> NDArray[np.bool_]:
        """By offer. The 180th meridian has two longitudes."""
        covered = np.ones(len(self._shapes) + 1, np.bool_)
        if len(self._shapes):
            names = {need.lon, -need.lon} if abs(need.lon) == 180 else {need.lon}
            points = self._shapely.points([(lon, need.lat) for lon in names])
            covered[:-1] = self._shapely.covers(self._shapes[:, None], points).any(axis=1)
        return covered[self._number]


class _Fits:
    """Which offers fit a need but for place and mode; columns of booleans, each worked out once for each distinct value."""

    def __init__(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        self._known: dict[tuple[str, Any], NDArray[np.bool_]] = {}
        self._owners: dict[str, list[int]] = {}
        self._blockers: dict[str, list[int]] = {}
        self._level = np.array([offer.level for offer in offers], np.int64)
        self._there = np.array([offer.capacity > 0 and not offer.paused for offer in offers], np.bool_)
        for i, offer in enumerate(offers):
            for identity in offer.identities:
                self._owners.setdefault(identity, []).append(i)
            for identity in offer.blocked:
                self._blockers.setdefault(identity, []).append(i)
        number = {hours: i for i, hours in enumerate({o.hours for o in offers})}
        self._half_hours = np.array([_half_hours(hours) for hours in number])
        self._week = np.array([number[o.hours] for o in offers], np.int64)

    def all_but_place(self, need: Need) -> NDArray[np.bool_]:
        fits = self._column("category", need.category) & self._column("hours", need.hours) & self._column("languages", need.languages)
        for identity in need.identities | need.blocked:
            fits[self._owners.get(identity, [])] = False
        for identity in need.identities:
            fits[self._blockers.get(identity, [])] = False
        return fits & self._there & (self._level >= need.level)

    def _column(self, what: str, value: Any) -> NDArray[np.bool_]:
        if (what, value) not in self._known:
            if what == "category":
                column = [value in offer.categories for offer in self._offers]
            elif what == "languages":
                column = [bool(value & offer.languages) for offer in self._offers]
            else:
                column = (np.max(self._half_hours & _half_hours(value), axis=1) > 0)[self._week].tolist()
            self._known[what, value] = np.array(column, np.bool_)
        return self._known[what, value]


def _half_hours(hours: int) -> NDArray[np.uint8]:
    """A bit for each quarter with which a half hour begins, eight to a byte."""
    quarters = np.array([digit == "1" for digit in reversed(f"{hours:0{_WEEK}b}")], np.bool_)
    return np.packbits(quarters & np.roll(quarters, -1))


def _haversine_m(lon: float, lat: float, lons: Floats, lats: Floats) -> Floats:
    half = np.sin((lats - lat) / 2) ** 2 + np.cos(lat) * np.cos(lats) * np.sin((lons - lon) / 2) ** 2
    metres: Floats = 2 * _EARTH_M * np.arcsin(np.sqrt(np.minimum(1.0, half)))
    return metres
