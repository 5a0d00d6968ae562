"""The offers, or the needs, that are there now: whom one of the other side may meet, the cheapest first.

A search is compiled (:mod:`matching.table`) once :func:`warm_up` has loaded Numba, which takes half a minute the first time on a
machine. Until then every post is tried in turn, with the same result, so that nobody waits for a compiler.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from matching.eligibility import RULES, check
from matching.model import Id, Mode, Need, Offer, Pair, Rule, Urgency
from matching.rows import Row, need_row, offer_row

if TYPE_CHECKING:
    from matching.table import Table

Host = TypeVar("Host", Offer, Need)
Seeker = TypeVar("Seeker", Offer, Need)
Groups = tuple[Hashable, ...]
Looks = tuple[tuple[Hashable, int], ...]
"""The groups that a seeker looks in, each with its level, the lowest first."""
_pair: Callable[[tuple[Any, ...]], Pair] = partial(tuple.__new__, Pair)
"""As ``Pair._make``, in a third of the time."""
MODES = (Mode.IN_PERSON, Mode.REMOTE)
URGENCIES = {urgency: level for level, urgency in enumerate(Urgency)}

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
    """Posts that come and go, the hosts; those of the other side seek. Ids are all numbers or all texts. Not safe across threads: one
    worker owns it."""

    def __init__(self, hosts: Iterable[Host] = ()) -> None:
        self._hosts: dict[Id, Host] = {}
        self._owned: defaultdict[str, list[Id]] = defaultdict(list)
        self._blocking: defaultdict[str, list[Id]] = defaultdict(list)
        self._table: Table | None = None
        for host in hosts:
            self.put(host)

    def __len__(self) -> int:
        return len(self._hosts)

    def __iter__(self) -> Iterator[Host]:
        return iter(self._hosts.values())

    def get(self, host_id: Id) -> Host | None:
        return self._hosts.get(host_id)

    def put(self, host: Host) -> None:
        """Insert the post, or replace the one with its id."""
        known = self._hosts.get(host.id)
        if known == host:
            return
        if known is not None:
            self._forget(known)
        self._hosts[host.id] = host
        for name in host.identities:
            self._owned[name].append(host.id)
        for name in host.blocked:
            self._blocking[name].append(host.id)
        if self._table is None:
            return
        row, groups = self._row(host), self._groups(host)
        if known is not None and self._groups(known) == groups and self._row(known).where == row.where:
            self._table.change(host.id, row)
        else:
            if known is not None:
                self._table.remove(host.id)
            self._table.put(host.id, row, groups)

    def remove(self, host_id: Id) -> None:
        """Take the post out; an unknown id is no error."""
        known = self._hosts.pop(host_id, None)
        if known is not None:
            self._forget(known)
            if self._table:
                self._table.remove(host_id)

    def candidates(self, seeker: Seeker) -> list[Pair]:
        """All eligible pairs, the first ones first."""
        return self.first(seeker, len(self)).pairs

    def first(self, seeker: Seeker, want: int, limit_m: int | None = None) -> Found:
        """The first ``want`` eligible pairs that cost at most ``limit_m``: the cheapest offers; of needs the most urgent, then the
        cheapest. Those that cost the same stand in any order, and any of them may be left out where there are more than wanted."""
        row, looks_in = self._seeking(seeker)
        if not row.takes or not want:
            return Found([], [])
        table = self._ready()
        if table is None or row.area:
            tried = (check(*self._sides(seeker, host)) for host in (self.meeting(seeker) if table else self))
            pairs = sorted((pair for pair in tried if isinstance(pair, Pair)), key=self._order)
            pairs = [pair for pair in pairs if limit_m is None or pair.cost_m <= limit_m][:want]
            return Found([pair.cost_m for pair in pairs], pairs)
        costs, ids, far, metres = table.search(row, looks_in, self._barred(seeker), min(want, len(self)), limit_m)
        return Found(costs, self._pairs(seeker, ids, far, metres))

    def meeting(self, seeker: Seeker) -> list[Host]:
        """The posts that category, mode and distance let meet the seeker; some more where that has an own area."""
        table = self._ready()
        if table:
            _, ids, _, _ = table.search(*self._seeking(seeker), (), len(self), every=True)
            return [self._hosts[host_id] for host_id in ids]
        rules = [RULES[rule] for rule in (Rule.CATEGORY, Rule.MODE, Rule.DISTANCE)]
        return [host for host in self if all(rule(*self._sides(seeker, host)) is None for rule in rules)]

    def _ready(self) -> "Table | None":
        if self._table is None and _warm:
            from matching.table import Table

            self._table = Table((host.id, self._row(host), self._groups(host)) for host in self)
        return self._table

    def _forget(self, host: Host) -> None:
        for names, where in ((host.identities, self._owned), (host.blocked, self._blocking)):
            for name in names:
                where[name].remove(host.id)
                if not where[name]:
                    del where[name]

    def _barred(self, seeker: Seeker) -> set[Id]:
        """Hosts of the same person, and those whom either side blocks."""
        found: set[Id] = set()
        for name in seeker.identities:
            found.update(self._owned.get(name, ()), self._blocking.get(name, ()))
        for name in seeker.blocked:
            found.update(self._owned.get(name, ()))
        return found

    @abstractmethod
    def _row(self, host: Host) -> Row: ...

    @abstractmethod
    def _groups(self, host: Host) -> Groups: ...

    @abstractmethod
    def _seeking(self, seeker: Seeker) -> tuple[Row, Looks]: ...

    @abstractmethod
    def _sides(self, seeker: Seeker, host: Host) -> tuple[Need, Offer]: ...

    @abstractmethod
    def _pairs(self, seeker: Seeker, ids: list[Id], far: list[int], metres: list[float]) -> list[Pair]: ...

    @abstractmethod
    def _order(self, pair: Pair) -> tuple[int, ...]: ...


class OfferIndex(Index[Offer, Need]):
    """Offers, for a need. One that is paused or has no capacity left may stay in: it is no candidate, but tells "busy" from "nobody
    does this"."""

    def offered(self, category: str) -> set[Mode]:
        """The modes in which anybody offers this category."""
        return {offer.mode for offer in self if category in offer.categories}

    def _row(self, host: Offer) -> Row:
        return offer_row(host)

    def _groups(self, host: Offer) -> Groups:
        return tuple(host.categories)

    def _seeking(self, seeker: Need) -> tuple[Row, Looks]:
        return need_row(seeker, seeks=True), ((seeker.category, 0),)

    def _sides(self, seeker: Need, host: Offer) -> tuple[Need, Offer]:
        return seeker, host

    def _pairs(self, seeker: Need, ids: list[Id], far: list[int], metres: list[float]) -> list[Pair]:
        return list(map(_pair, zip(repeat(seeker.id), ids, map(MODES.__getitem__, far), metres)))

    def _order(self, pair: Pair) -> tuple[int, ...]:
        return (pair.cost_m,)


class NeedIndex(Index[Need, Offer]):
    """Needs, for an offer, by urgency: whatever a need costs, a more urgent one is before it."""

    def _row(self, host: Need) -> Row:
        return need_row(host)

    def _groups(self, host: Need) -> Groups:
        return ((host.category, host.urgency),)

    def _seeking(self, seeker: Offer) -> tuple[Row, Looks]:
        looks = (((category, urgency), level) for urgency, level in URGENCIES.items() for category in seeker.categories)
        return offer_row(seeker, seeks=True), tuple(looks)

    def _sides(self, seeker: Offer, host: Need) -> tuple[Need, Offer]:
        return host, seeker

    def _pairs(self, seeker: Offer, ids: list[Id], far: list[int], metres: list[float]) -> list[Pair]:
        return list(map(_pair, zip(ids, repeat(seeker.id), map(MODES.__getitem__, far), metres)))

    def _order(self, pair: Pair) -> tuple[int, ...]:
        return self.level(pair.need), pair.cost_m

    def level(self, need_id: Id) -> int:
        """0 for the most urgent needs."""
        return URGENCIES[self._hosts[need_id].urgency]
