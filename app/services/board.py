"""What the worker keeps in memory of the offers that may be asked; it follows the database by re-reading what changed."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Select, select

from app.context import Context
from app.models import Need, Offer, Person
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
            for start in range(0, len(changed), BATCH):
                for row in session.execute(_offers().where(Offer.id.in_(changed[start : start + BATCH]))):
                    self._put(row.Offer, row.Person, here)
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

    def _put(self, offer: Offer, person: Person, here: Territories) -> None:
        self._seen[offer.id] = offer.changed_at
        if offer.state != OfferState.ACTIVE or person.approved_at is None or person.frozen_at is not None or offer.point is None:
            self.index.remove(offer.id)
            return
        self.index.put(offer_to_match(offer, person, here), offer.last_asked_at)


def offer_to_match(offer: Offer, person: Person, here: Territories) -> OfferToMatch:
    """An offer that is on the map, with the room that it has left, as the matcher knows it; ``here`` has its quartiers."""
    assert offer.point, "an offer without a place cannot be matched"
    lon, lat = offer.point
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


def _offers() -> Select[tuple[Offer, Person]]:
    return select(Offer, Person).join(Person, Offer.person_id == Person.id)
