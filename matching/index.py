"""The offers that are there now, found by where they can go: an R-tree of reach boxes, asked with the need's point."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rtree.index import Index

from matching.eligibility import check
from matching.geo import Box, boxes
from matching.model import Id, Mode, Need, Offer, Pair


class OfferIndex:
    """Offers that come and go. Ids are all numbers or all texts. Not safe across threads: one worker owns it.

    An offer that is paused or has no capacity left may stay in: it is no candidate, but tells "busy" from "nobody does this".
    """

    def __init__(self, offers: Iterable[Offer] = ()) -> None:
        self._offers: dict[Id, Offer] = {}
        self._buckets: defaultdict[tuple[str, Mode], dict[Id, Offer]] = defaultdict(dict)
        self._reach = Index()
        self._key_of: dict[Id, int] = {}  # the tree's own keys are whole numbers
        self._id_of: dict[int, Id] = {}
        self._next_key = 0
        for offer in offers:
            self.put(offer)

    def __len__(self) -> int:
        return len(self._offers)

    def __iter__(self) -> Iterator[Offer]:
        return iter(self._offers.values())

    def get(self, offer_id: Id) -> Offer | None:
        return self._offers.get(offer_id)

    def put(self, offer: Offer) -> None:
        """Insert the offer, or replace the one with its id."""
        known = self._offers.get(offer.id)
        if known == offer:
            return
        moved = known is None or _reach(known) != _reach(offer)
        if known is not None:
            self._forget(known, moved)
        self._offers[offer.id] = offer
        for category in offer.categories:
            self._buckets[category, offer.mode][offer.id] = offer
        if moved and _reach(offer):
            key = self._next_key = self._next_key + 1
            self._key_of[offer.id], self._id_of[key] = key, offer.id
            for box in _reach(offer):
                self._reach.insert(key, box)

    def remove(self, offer_id: Id) -> None:
        """Take the offer out; an unknown id is no error."""
        known = self._offers.pop(offer_id, None)
        if known is not None:
            self._forget(known, moved=True)

    def _forget(self, offer: Offer, moved: bool) -> None:
        for category in offer.categories:
            del self._buckets[category, offer.mode][offer.id]
        if moved and offer.id in self._key_of:
            key = self._key_of.pop(offer.id)
            del self._id_of[key]
            for box in _reach(offer):
                self._reach.delete(key, box)

    def nearby(self, need: Need) -> Iterator[Offer]:
        """Offers of the need's category that may be met in person, and perhaps some just out of reach. None for a remote need."""
        if need.mode is Mode.REMOTE:
            return
        for key in set(self._reach.intersection((need.lon, need.lat, need.lon, need.lat))):
            offer = self._offers[self._id_of[key]]
            if need.category in offer.categories:
                yield offer

    def remote(self, need: Need) -> list[Offer]:
        """Offers of the need's category that can help from afar. None for an in-person need."""
        if need.mode is Mode.IN_PERSON:
            return []
        return [o for mode in (Mode.REMOTE, Mode.BOTH) for o in self._buckets[need.category, mode].values()]

    def offered(self, category: str) -> set[Mode]:
        """The modes in which anybody offers this category."""
        return {mode for mode in Mode if self._buckets[category, mode]}

    def candidates(self, need: Need) -> list[Pair]:
        """All eligible pairs, in no particular order."""
        offers = {offer.id: offer for offer in (*self.nearby(need), *self.remote(need))}
        return [pair for pair in (check(need, offer) for offer in offers.values()) if isinstance(pair, Pair)]


def _reach(offer: Offer) -> list[Box]:
    if offer.mode is Mode.REMOTE:
        return []
    return boxes(offer.lon, offer.lat, offer.radius_m) if offer.area is None else offer.area.boxes
