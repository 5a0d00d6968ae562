"""The volunteers for one request, for an agent who chooses by hand: who could help, the best first, and why the others could not.

The volunteers that live nearest are looked at, by public points; the matcher looks at all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import cos, radians
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, joinedload, load_only

from app.context import Context
from app.models import Block, Match, Moderation, Need, Offer, Person
from app.policy import policy_of
from app.services.blocks import blocked_of
from app.services.board import need_to_match, offer_to_match
from app.services.lists import offers_of
from app.services.places import territories
from app.services.records import counts, nearby_lately, past_of
from app.services.sight import Sight
from matching.eligibility import RULES, check
from matching.geo import distance_m
from matching.lifecycle import LIVE, NeedState, OfferState
from matching.model import Need as NeedToMatch
from matching.model import Offer as OfferToMatch
from matching.model import Pair, Rule
from matching.policy import terms_of
from matching.why import Explanation, explain

LOOKED_AT = 200
NEAREST = 300
"""Of whom those that nobody may ask yet fall out."""
SHOWN = 10
CHOSEN_FOR = (NeedState.OPEN, NeedState.ASKED)
ASKABLE = (OfferState.ACTIVE, OfferState.PAUSED)
UNTOLD = frozenset({Rule.BLOCKED, Rule.SAME_PERSON})
"""Whoever fails one of these is not shown: who does not want to meet whom is nobody's business."""
# What the matcher asks for; the rest would be decrypted for nothing.
_OFFER = load_only(
    Offer.exact_point, Offer.radius_m, Offer.quartiers, Offer.drawn, Offer.categories, Offer.availability, Offer.languages, Offer.mode,
    Offer.capacity, Offer.taken, Offer.state, Offer.last_asked_at, Offer.territory_id,
)  # fmt: skip
_PERSON = load_only(Person.email_index, Person.phone_index)


@dataclass(frozen=True)
class Candidate:
    """A volunteer's offer for a request. ``why`` is what the pair counts for; else ``refused`` are the rules that it fails. ``asked``: this
    request was theirs before; ``match_id``: it is now. ``seen``: the offer's page may be opened."""

    offer_id: int
    quartier: str
    distance_m: float
    last_asked_at: datetime | None
    seen: bool
    why: Explanation | None = None
    refused: tuple[Rule, ...] = ()
    asked: bool = False
    match_id: int | None = None


@dataclass(frozen=True)
class Candidates:
    """``pinned`` is the offer that is asked before all others; ``forbidden`` are offers of those whom an agent said this resident is never
    to be brought together with, one of each; ``among`` is how many could be looked at where there are more, else 0."""

    could: Sequence[Candidate]
    others: Sequence[Candidate]
    pinned: int | None
    forbidden: Sequence[int]
    among: int


def candidates(ctx: Context, sight: Sight, need_id: int) -> Candidates | None:
    """Who could help with a request that is searching and on the map; else ``None``."""
    now = ctx.now()
    with ctx.db.read() as session:
        need = session.scalar(select(Need).where(Need.id == need_id, searching()).options(joinedload(Need.person)))
        if need is None or need.point is None:
            return None
        asks = to_match(session, need)
        rows = session.execute(_near(sight, need)).all()
        asked = set(session.scalars(select(Match.offer_id).where(Match.need_id == need_id, counts())))
        live = dict(map(tuple, session.execute(select(Match.offer_id, Match.id).where(Match.need_id == need_id, Match.state.in_(LIVE)))))
        forbidden = session.scalars(_forbidden(need.person_id)).all()
        here = territories(session)
        offers = {row.Offer.id: as_asked(row.Offer, offer_to_match(row.Offer, row.Person, here)) for row in rows}
        found = {i: result for i, offer in offers.items() if isinstance(result := check(asks, offer), Pair)}
        policy, past = policy_of(ctx.settings), past_of(session, now, [need_id], list(found), nearby_lately(session, now))
    terms = terms_of(policy, past)
    could = list[tuple[float, Candidate]]()
    others = list[tuple[float, Candidate]]()
    for row in rows:
        offer = offers[row.Offer.id]
        apart_m = distance_m(asks.lon, asks.lat, offer.lon, offer.lat)
        told = Candidate(
            row.Offer.id, here.names.get(row.Offer.territory_id, ""), apart_m, row.Offer.last_asked_at, row.seen,
            asked=row.Offer.id in asked, match_id=live.get(row.Offer.id),
        )  # fmt: skip
        pair = found.get(offer.id)
        if pair and not told.asked:
            could.append((terms.cost_m(pair), told))
            continue
        refused = tuple(rule for rule, refuse in RULES.items() if refuse(asks, offer) is not None)
        if UNTOLD.isdisjoint(refused):
            others.append((len(refused), replace(told, refused=refused)))
    best = [replace(each, why=explain(asks, offers[each.offer_id], found[each.offer_id], policy, past)) for each in _first(could)]
    return Candidates(best, _first(others), need.pinned_offer_id, forbidden, len(rows) if len(rows) == LOOKED_AT else 0)


def _forbidden(person_id: int) -> Select[tuple[int]]:
    theirs = Block.person_id == person_id, Block.by_id.is_not(None)
    one_each = select(func.max(Offer.id)).join(Block, Block.other_id == Offer.person_id).where(*theirs).group_by(Offer.person_id)
    return one_each.order_by(func.max(Offer.id)).limit(LOOKED_AT)


def _first(ranked: list[tuple[float, Candidate]]) -> list[Candidate]:
    return [each for _, each in sorted(ranked, key=lambda one: (one[0], one[1].distance_m, one[1].offer_id))[:SHOWN]]


def searching() -> ColumnElement[bool]:
    """Whether somebody may be asked for a request: it is open, and nobody has to read it first."""
    return and_(Need.state.in_(CHOSEN_FOR), Need.moderation != Moderation.HELD)


def to_match(session: Session, need: Need) -> NeedToMatch:
    """The request as the matcher sees it, but for whom it has asked."""
    return need_to_match(need, need.person, blocked=blocked_of(session, [need.person])[need.person.id])


def as_asked(offer: Offer, known: OfferToMatch) -> OfferToMatch:
    """An offer with its pause."""
    return replace(known, paused=offer.state == OfferState.PAUSED)


def _near(sight: Sight, need: Need) -> Select[*tuple[Any, ...]]:
    """Columns: Offer, Person, seen. The nearest, as on a map that is flat around here."""
    assert need.point, "an unplaced need has nobody near"
    lon, lat = need.point
    east, north = (Offer.public_lon - lon) * cos(radians(lat)), Offer.public_lat - lat
    away = east * east + north * north
    # Whose they are is looked up of these alone, and not of all in the city.
    fit = Offer.state.in_(ASKABLE), Offer.exact_point.is_not(None), offers_of(need.category)
    nearest = select(Offer.id).where(*fit).order_by(away, Offer.id).limit(NEAREST)
    return (
        select(Offer, Person, sight.inside(Offer.territory_id).label("seen"))
        .join(Offer.person)
        .where(Offer.id.in_(nearest), Person.approved_at.is_not(None), Person.frozen_at.is_(None))
        .order_by(away, Offer.id)
        .limit(LOOKED_AT)
        .options(_OFFER, _PERSON)
    )  # fmt: skip
