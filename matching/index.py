"""The offers, or the needs, that are there now: whom one of the other side may meet, the cheapest first.

A search is compiled (:mod:`matching.table`) once :func:`warm_up` has loaded Numba, which takes half a minute the first time on a
machine. Until then every post is tried in turn, with the same result, so that nobody waits for a compiler.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from matching.eligibility import RULES, check
from matching.model import Id, Mode, Need, Offer, Pair, Rule, Urgency
from matching.rows import Looks, Question, Row, need_row, offer_row

if TYPE_CHECKING:
    from matching.table import Table

Host = TypeVar("Host", Offer, Need)
Seeker = TypeVar("Seeker", Offer, Need)
_pair: Callable[[tuple[Any, ...]], Pair] = partial(tuple.__new__, Pair)
"""As ``Pair._make``, in a third of the time."""
MODES = (Mode.IN_PERSON, Mode.REMOTE)
URGENCIES = {urgency: level for level, urgency in enumerate(Urgency)}

NEVER = -(1 << 62)
ANY_COST = (1 << 29) - 1
"""Metres, more than any two can be apart."""
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)

_warm = False


def warm_up() -> None:
    """Load the compiler, and compile what was not compiled before on this machine."""
    global _warm
    from matching import table

    table.warm_up()
    _warm = True


class Found(NamedTuple):
    """What each pair costs, in whole metres, and the pairs."""

    costs: list[int]
    pairs: list[Pair]


class Index(ABC, Generic[Host, Seeker]):
    """Posts that come and go, the hosts; those of the other side seek. Ids of hosts are whole numbers. Not safe across threads: one worker
    owns it.

    Hosts that cost the same come in turn: who was never asked, then who was asked longest ago, then by id.
    """

    def __init__(self, hosts: Iterable[Host] = ()) -> None:
        self._hosts: dict[Id, Host] = {}
        self._asked: dict[Id, int] = {}
        self._table: Table | None = None
        for host in hosts:
            self.put(host)

    def __len__(self) -> int:
        return len(self._hosts)

    def __iter__(self) -> Iterator[Host]:
        return iter(self._hosts.values())

    def get(self, host_id: Id) -> Host | None:
        return self._hosts.get(host_id)

    def asked(self, host_id: Id) -> int:
        """When the host's person was asked, in a number that grows with time."""
        return self._asked.get(host_id, NEVER)

    def put(self, host: Host, asked: datetime | None = None) -> None:
        """Insert the post, or replace the one with its id. ``asked`` is when its person was asked last."""
        turn = NEVER if asked is None else (asked - _EPOCH) // _MICROSECOND
        known = self._hosts.get(host.id)
        if known is not None:
            if known == host and self.asked(host.id) == turn:
                return
            self.remove(host.id)
        self._hosts[host.id] = host
        if asked is not None:
            self._asked[host.id] = turn
        if self._table is not None:
            self._table.put(host.id, self._row(host), turn, self._groups(host))

    def remove(self, host_id: Id) -> None:
        """Take the post out; an unknown id is no error."""
        host = self._hosts.pop(host_id, None)
        if host is None:
            return
        self._asked.pop(host_id, None)
        if self._table is not None:
            self._table.remove(host_id, self._groups(host), host.identities, host.blocked)

    def candidates(self, seeker: Seeker) -> list[Pair]:
        """All eligible pairs, in order."""
        return self.first(seeker, len(self)).pairs

    def first(self, seeker: Seeker, want: int, limit_m: int | None = None) -> Found:
        """The first ``want`` eligible pairs that cost at most ``limit_m``: the cheapest offers; of needs the most urgent, then the
        cheapest; those that cost the same in turn."""
        question = self.question(seeker) if want else None
        if question is None:
            tried = (check(*self._sides(seeker, host)) for host in self.meeting(seeker) if want)
            pairs = sorted((pair for pair in tried if isinstance(pair, Pair)), key=self._order)
            pairs = [pair for pair in pairs if limit_m is None or pair.cost_m <= limit_m][:want]
            return Found([pair.cost_m for pair in pairs], pairs)
        assert self._table is not None
        limit_m = ANY_COST if limit_m is None else min(limit_m, ANY_COST)
        costs, ids, far, slots = self._table.search(question, min(want, len(self)), limit_m)
        metres = self._table.metres(question, slots)
        return Found(costs.tolist(), self._pairs(seeker, ids.tolist(), far.tolist(), metres))

    def question(self, seeker: Seeker) -> Question | None:
        """For :meth:`k_best`. None where the compiled search does not answer: before :func:`warm_up`, and for an offer with an own area."""
        row, looks_in = self._seeking(seeker)
        table = self._table or self._ready()
        if table is None or row.area is not None:
            return None
        return table.question(row, looks_in if row.takes else ())

    def k_best(self, question: Question, k: int) -> tuple[list[int], list[int]]:
        """What the first ``k`` eligible hosts cost, in whole metres, and their ids."""
        assert self._table is not None
        costs, ids, _, _ = self._table.search(question, k)
        return costs.tolist(), ids.tolist()

    def meeting(self, seeker: Seeker) -> list[Host]:
        """The posts that category, mode and distance let meet the seeker; some more where that has an own area."""
        table = self._ready()
        if table is not None:
            _, ids, _, _ = table.search(table.question(*self._seeking(seeker)), len(self), every=True)
            return [self._hosts[host_id] for host_id in ids.tolist()]
        rules = [RULES[rule] for rule in (Rule.CATEGORY, Rule.MODE, Rule.DISTANCE)]
        return [host for host in self if all(rule(*self._sides(seeker, host)) is None for rule in rules)]

    def _ready(self) -> "Table | None":
        if self._table is None and _warm:
            from matching.table import Table

            self._table = Table((host.id, self._row(host), self.asked(host.id), self._groups(host)) for host in self)
        return self._table

    def _order(self, pair: Pair) -> tuple[int, ...]:
        """Of a pair that is tried in turn: as the search has it."""
        level, host_id = self._placed(pair)
        return level, pair.cost_m, self.asked(host_id), int(host_id)

    @abstractmethod
    def _row(self, host: Host) -> Row: ...

    @abstractmethod
    def _groups(self, host: Host) -> Collection[Hashable]: ...

    @abstractmethod
    def _seeking(self, seeker: Seeker) -> tuple[Row, Looks]: ...

    @abstractmethod
    def _sides(self, seeker: Seeker, host: Host) -> tuple[Need, Offer]: ...

    @abstractmethod
    def _pairs(self, seeker: Seeker, ids: list[Id], far: list[int], metres: list[float]) -> list[Pair]: ...

    @abstractmethod
    def _placed(self, pair: Pair) -> tuple[int, Id]:
        """The level of the pair's host, and its id."""


class OfferIndex(Index[Offer, Need]):
    """Offers, for a need. One that is paused or has no capacity left may stay in: it is no candidate, but tells "busy" from "nobody
    does this"."""

    def offered(self, category: str) -> set[Mode]:
        """The modes in which anybody offers this category."""
        return {offer.mode for offer in self if category in offer.categories}

    def _row(self, host: Offer) -> Row:
        return offer_row(host)

    def _groups(self, host: Offer) -> Collection[Hashable]:
        return host.categories

    def _seeking(self, seeker: Need) -> tuple[Row, Looks]:
        return need_row(seeker, seeks=True), ((seeker.category, 0),)

    def _sides(self, seeker: Need, host: Offer) -> tuple[Need, Offer]:
        return seeker, host

    def _pairs(self, seeker: Need, ids: list[Id], far: list[int], metres: list[float]) -> list[Pair]:
        return list(map(_pair, zip(repeat(seeker.id), ids, map(MODES.__getitem__, far), metres)))

    def _placed(self, pair: Pair) -> tuple[int, Id]:
        return 0, pair.offer


class NeedIndex(Index[Need, Offer]):
    """Needs, for an offer, by urgency: whatever a need costs, a more urgent one is before it."""

    def _row(self, host: Need) -> Row:
        return need_row(host)

    def _groups(self, host: Need) -> Collection[Hashable]:
        return ((host.category, host.urgency),)

    def _seeking(self, seeker: Offer) -> tuple[Row, Looks]:
        looks = (((category, urgency), level) for urgency, level in URGENCIES.items() for category in seeker.categories)
        return offer_row(seeker, seeks=True), tuple(looks)

    def _sides(self, seeker: Offer, host: Need) -> tuple[Need, Offer]:
        return host, seeker

    def _pairs(self, seeker: Offer, ids: list[Id], far: list[int], metres: list[float]) -> list[Pair]:
        return list(map(_pair, zip(ids, repeat(seeker.id), map(MODES.__getitem__, far), metres)))

    def _placed(self, pair: Pair) -> tuple[int, Id]:
        return self.level(pair.need), pair.need

    def level(self, need_id: Id) -> int:
        """0 for the most urgent needs."""
        return URGENCIES[self._hosts[need_id].urgency]
