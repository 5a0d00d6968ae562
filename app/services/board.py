"""What the worker keeps in memory of the offers that may be asked; it follows the database by re-reading what changed."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Dialect, Row, Select, Text, TypeDecorator, and_, cast, select, true, type_coerce

from app.context import Context
from app.models import Need, Offer, Person
from app.models.post import point_of
from app.services.people import identities
from app.services.places import Territories, territories
from app.services.records import Averages, nearby_averages
from matching import hours
from matching.index import NEVER, OfferIndex
from matching.lifecycle import OfferState
from matching.model import Id, Mode, Urgency
from matching.model import Need as NeedToMatch
from matching.model import Offer as OfferToMatch

OVERLAP = timedelta(minutes=1)
"""How far each look reaches back, so that a transaction that committed late is seen."""
WHOLE_LOOK = timedelta(minutes=10)
BATCH = 500
ASKED = "offer:"
"""How an offer that was asked before is named among the identities of a need."""


class Board:
    """The offers that may be asked: active, approved and on the map; those without room stay, to tell busy from nobody. One a worker."""

    def __init__(self) -> None:
        self.index = OfferIndex()
        self.nearby: Averages = {None: 0.0}
        self._seen: dict[int, datetime] = {}
        self._looked_at: datetime | None = None
        self._whole_at: datetime | None = None
        self._territories: Territories | None = None

    def follow(self, ctx: Context) -> None:
        """Bring the index up to the database: what changed since the last look, everything now and then, and all own areas anew when
        a territory has changed."""
        now = ctx.now()
        whole = self._whole_at is None or self._looked_at is None or now - self._whole_at >= WHOLE_LOOK or now < self._looked_at
        look = select(Offer.id, Offer.changed_at)
        with ctx.db.read() as session:
            here = territories(session)
            redrawn, self._territories = here is not self._territories, here
            whole = whole or redrawn
            rows = session.execute(look if whole else look.where(Offer.changed_at > self._looked_at - OVERLAP))  # type: ignore[operator]
            there = {offer_id: changed_at for offer_id, changed_at in rows}
            changed = [offer_id for offer_id, changed_at in there.items() if redrawn or self._seen.get(offer_id) != changed_at]
            parts = [Offer.id.in_(changed[start : start + BATCH]) for start in range(0, len(changed), BATCH)] if self._seen else [true()]
            for part in parts:
                for row in session.execute(_offers().where(part).execution_options(yield_per=BATCH)):
                    if row.id in there:  # else it came in between, and is found by the next look
                        self._seen[row.id] = there[row.id]
                        self._put(row, here)
            if whole:
                self.nearby = nearby_averages(session, now)
        if whole:
            for gone in self._seen.keys() - there.keys():
                self.index.remove(gone)
            self._seen = {i: at for i, at in self._seen.items() if i in there}
            self._whole_at = now
        self._looked_at = now

    def days_since(self, offer_id: Id, now: datetime) -> float | None:
        """Since an offer's volunteer was asked last; ``None`` when they never were."""
        turn = self.index.asked(offer_id)
        return None if turn == NEVER else max(0.0, now.timestamp() - turn / 1_000_000) / 86_400

    def doubt(self) -> None:
        """What the index said was not so: offers may have gone without a trace. The next look is at everything."""
        self._whole_at = None

    def _put(self, row: Row[*tuple[Any, ...]], here: Territories) -> None:
        if row.may_be_asked:
            self.index.put(offer_to_match(row, _Who(row.person_id, row.email_index, row.phone_index), here), row.last_asked_at)
        else:
            self.index.remove(row.id)


def offer_to_match(offer: Offer | Row[*tuple[Any, ...]], person: "Person | _Who", here: Territories) -> OfferToMatch:
    """An offer that is on the map, with the room that it has left, as the matcher knows it; ``here`` has its quartiers."""
    point = point_of(offer.exact_point)
    assert point, "an offer without a place cannot be matched"
    lon, lat = point
    return OfferToMatch(
        id=offer.id, lon=lon, lat=lat, radius_m=offer.radius_m, categories=frozenset(offer.categories),
        hours=hours.parse_hours(offer.availability), languages=frozenset(offer.languages), mode=Mode(offer.mode),
        capacity=offer.capacity - offer.taken, identities=identities(person) | {f"{ASKED}{offer.id}"},
        area=here.own_area(offer.quartiers, offer.drawn),
    )  # fmt: skip


def need_to_match(
    need: Need, person: Person, asked: Collection[str] = (), blocked: frozenset[str] = frozenset()
) -> NeedToMatch:
    """A need that is on the map, with the places that are left, as the matcher knows it; ``asked`` are more identities of it, ``blocked``
    those of people whom its resident is not to meet."""
    assert need.point, "a need without a place cannot be matched"
    lon, lat = need.point
    return NeedToMatch(
        id=need.id, lon=lon, lat=lat, category=need.category, hours=hours.parse_hours(need.availability),
        languages=frozenset(need.languages), mode=Mode(need.mode), urgency=Urgency(need.urgency),
        places=need.helpers_needed - need.taken, identities=identities(person).union(asked), blocked=blocked,
    )  # fmt: skip


class _Who(NamedTuple):
    """What tells an offer's person apart."""

    id: int
    email_index: str | None
    phone_index: str | None


class _Shared(TypeDecorator[frozenset[Any]]):
    """A list that lies as JSON. Many offers have the same few: each is read, and held, once."""

    impl = Text
    cache_ok = True

    def process_result_value(self, value: Any | None, dialect: Dialect) -> frozenset[Any]:
        return _read_once(value or "[]")


@lru_cache(maxsize=4096)
def _read_once(text: str) -> frozenset[Any]:
    return frozenset(json.loads(text))


def _shared(column: Any) -> Any:
    return type_coerce(cast(column, Text), _Shared()).label(column.key)


def _offers() -> Select[*tuple[Any, ...]]:
    """What the matcher goes by alone: names, contacts and addresses stay sealed, and a whole city is read in seconds."""
    may_be_asked = and_(
        Offer.state == OfferState.ACTIVE, Person.approved_at.is_not(None), Person.frozen_at.is_(None), Offer.exact_point.is_not(None)
    )
    return select(
        Offer.id, Offer.person_id, Offer.exact_point, Offer.radius_m, Offer.availability, Offer.mode, Offer.capacity, Offer.taken,
        Offer.drawn, Offer.last_asked_at, Person.email_index, Person.phone_index, may_be_asked.label("may_be_asked"),
        *map(_shared, (Offer.categories, Offer.languages, Offer.quartiers)),
    ).join(Person, Offer.person_id == Person.id)  # fmt: skip
