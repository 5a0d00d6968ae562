"""Needs near a volunteer that nobody has taken, and taking one without having been asked.

Where a need is, is told by public points only: the list, its order and its distances are the same wherever the true place is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, or_, select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Match, Moderation, Need, Offer, Person, Territory, Visit
from app.services.blocks import not_blocked
from app.services.events import Actor, record
from app.services.matches import Answer, accept, agree
from app.services.moves import lock_need
from app.services.places import territories
from app.services.proposing import answer_by, claim, found
from config.categories import CATEGORIES
from matching.areas import Area
from matching.geo import boxes, distance_m
from matching.hours import overlap_ok, parse_hours
from matching.lifecycle import MatchState, NeedState, OfferState
from matching.model import Mode, Urgency, round_half_up

SHOWN = 10
LOOKED_AT = 500
LEAST_REACH_M = 3000
BEYOND_AREA_M = 1000
"""How far outside of their own area a volunteer sees needs."""
STEP_M = 500
"""Distances are told in such steps: public points are some hundred metres off anyway."""
URGENCIES = list(Urgency)
Reaches = Sequence[tuple[Row[*tuple[Any, ...]], Area | None]]
"""Offers, each with its own area if it has one."""


@dataclass(frozen=True)
class Nearby:
    """A need that ``offer_id`` could take, as a stranger may see it. ``lon`` and ``lat`` are its public point."""

    id: int
    offer_id: int
    category: str
    urgency: str
    mode: str
    availability: str
    weeks: int
    wanted_at: datetime | None
    quartier: str
    about_m: int
    offered: bool
    lon: float
    lat: float


def needs_near(session: Session, person_id: int) -> list[Nearby]:
    """Needs that a volunteer could take: the kinds they offer first, then the pressing ones, then the near ones."""
    return sorted(_near(session, person_id), key=_order)[:SHOWN]


def _near(session: Session, person_id: int, *which: ColumnElement[bool]) -> list[Nearby]:
    """Open needs that nobody has taken, each as the best offer of an approved volunteer with room sees it."""
    offers = session.execute(
        select(
            Offer.id, Offer.categories, Offer.languages, Offer.mode, Offer.radius_m, Offer.quartiers, Offer.drawn, Offer.public_lon,
            Offer.public_lat,
        )
        .join(Offer.person)
        .where(
            Offer.person_id == person_id, Offer.state == OfferState.ACTIVE, Offer.taken < Offer.capacity,
            Offer.public_lon.is_not(None), Person.approved_at.is_not(None), Person.frozen_at.is_(None),
        )
        .order_by(Offer.id)
    ).all()  # fmt: skip
    here = territories(session)
    reaches = [(offer, here.own_area(offer.quartiers, offer.drawn)) for offer in offers]
    needs = session.execute(
        select(
            Need.id, Need.category, Need.urgency, Need.mode, Need.availability, Need.repeats, Need.wanted_at, Need.languages,
            Need.public_lon, Need.public_lat, Territory.name.label("quartier"),
        )
        .outerjoin(Territory, Territory.id == Need.territory_id)
        .join(Need.person)
        .where(or_(false(), *(_about(*seen) for seen in reaches)), *_free_for(person_id), not_blocked(session, person_id), *which)
        .order_by(Need.posted_at)
        .limit(LOOKED_AT)
    ).all()  # fmt: skip
    return [best for need in needs if (best := min(_seen_from(need, reaches), key=_order, default=None))]


def _circle(offer: Row[*tuple[Any, ...]], area: Area | None) -> tuple[float, float, float]:
    """A point and metres around it; nothing outside is in reach of the offer."""
    if area is None:
        return offer.public_lon, offer.public_lat, max(2 * offer.radius_m, LEAST_REACH_M)
    west, south, east, north = area.shape.bounds
    return (west + east) / 2, (south + north) / 2, area.half_m + BEYOND_AREA_M


def _about(offer: Row[*tuple[Any, ...]], area: Area | None) -> ColumnElement[bool]:
    """A little more than the needs within reach of an offer, by their public points."""
    around = boxes(*_circle(offer, area))
    return or_(*(and_(Need.public_lon.between(w, e), Need.public_lat.between(s, n)) for w, s, e, n in around))


def _in_reach(need: Row[*tuple[Any, ...]], offer: Row[*tuple[Any, ...]], area: Area | None) -> bool:
    if area is not None:
        return area.outside_m(need.public_lon, need.public_lat) <= BEYOND_AREA_M
    lon, lat, reach_m = _circle(offer, area)
    return distance_m(need.public_lon, need.public_lat, lon, lat) <= reach_m


def _free_for(person_id: int) -> tuple[ColumnElement[bool], ...]:
    """Nobody holds a place or has to read it first, and this volunteer neither posted it, nor was asked with any of their offers, nor is
    the one who is away. The query joins the person."""
    me = select(Person.email_index, Person.phone_index).where(Person.id == person_id).subquery()
    mine = select(me).where(or_(me.c.email_index == Person.email_index, me.c.phone_index == Person.phone_index)).exists()
    asked = select(Match.id).join(Match.offer).where(Match.need_id == Need.id, Offer.person_id == person_id).exists()
    away = (
        select(Visit.id).join(Visit.match).join(Match.offer).where(Visit.stand_in_id == Need.id, Offer.person_id == person_id).exists()
    )  # fmt: skip
    free = Need.state == NeedState.OPEN, Need.taken == 0, Need.moderation != Moderation.HELD
    return *free, Need.person_id != person_id, ~mine, ~asked, ~away


def _seen_from(need: Row[*tuple[Any, ...]], reaches: Reaches) -> list[Nearby]:
    """The need as each offer that may meet it sees it."""
    return [
        Nearby(
            need.id, offer.id, need.category, need.urgency, need.mode, need.availability, need.repeats, need.wanted_at,
            need.quartier or "", _about_m(need, offer), need.category in offer.categories, need.public_lon, need.public_lat,
        )
        for offer, area in reaches
        if not set(need.languages).isdisjoint(offer.languages)
        and (need.category in offer.categories or not CATEGORIES[need.category].children)
        and {need.mode, offer.mode} != {Mode.IN_PERSON, Mode.REMOTE}
        and _in_reach(need, offer, area)
    ]  # fmt: skip


def _about_m(need: Row[*tuple[Any, ...]], offer: Row[*tuple[Any, ...]]) -> int:
    apart_m = distance_m(need.public_lon, need.public_lat, offer.public_lon, offer.public_lat)
    return max(1, math.ceil(apart_m / STEP_M)) * STEP_M


def _order(need: Nearby) -> tuple[bool, int, int, int]:
    return not need.offered, URGENCIES.index(Urgency(need.urgency)), need.about_m, need.id


def offer_to_take(ctx: Context, person_id: int, need_id: int, by: Actor) -> Answer:
    """A volunteer offers to take a need that stands in their list: from there on it is as if they had been asked and said yes.

    Whoever comes second, or may not take it, gets ``OVER``; pressing twice is pressing once.
    """
    now = ctx.now()
    with ctx.db.write() as session:
        need = lock_need(session, need_id)
        if need is None:
            return Answer.OVER
        known = select(Match.state).join(Match.offer).where(Match.need_id == need_id, Offer.person_id == person_id)
        before = session.scalar(known.where(Match.state.in_([MatchState.ACCEPTED, MatchState.AGREED])))
        if before is not None:
            return Answer(before)
        seen = _near(session, person_id, Need.id == need_id)
        offer = claim(session, seen[0].offer_id, now) if seen else None
        if offer is None:
            return Answer.OVER
        match = _match(session, need, offer, now, answer_by(session, ctx, need, need.urgency, now))
        record(session, "match_proposed", now, by, need_id=need_id, offer_id=offer.id, match_id=match.id)
        at_once = need.share_contact and _as_offered(session, need, offer, match)
        (agree if at_once else accept)(session, ctx, match, now, by)
        found(session, ctx, need, now)
        return Answer(match.state)


def _as_offered(session: Session, need: Need, offer: Offer, match: Match) -> bool:
    """Whether this volunteer might have been asked. Of anybody else the resident decides, whatever was said beforehand."""
    near = match.mode == Mode.REMOTE or _goes_there(session, need, offer)
    return near and need.category in offer.categories and overlap_ok(parse_hours(need.availability), parse_hours(offer.availability))


def _goes_there(session: Session, need: Need, offer: Offer) -> bool:
    assert need.point, "what has a public point has an exact one"
    area = territories(session).own_area(offer.quartiers, offer.drawn)
    return _apart_m(need, offer) <= offer.radius_m if area is None else bool(area.holds(*need.point))


def _apart_m(need: Need, offer: Offer) -> float:
    assert need.point and offer.point, "what has a public point has an exact one"
    return distance_m(*need.point, *offer.point)


def _match(session: Session, need: Need, offer: Offer, now: datetime, deadline: datetime) -> Match:
    """Beyond their own radius or area too they meet, unless both would also do with phone or video."""
    modes = (need.mode, offer.mode)
    remote = Mode.IN_PERSON not in modes and (Mode.REMOTE in modes or not _goes_there(session, need, offer))
    match = Match(
        need=need, offer=offer, state=MatchState.PROPOSED, mode=Mode.REMOTE if remote else Mode.IN_PERSON,
        distance_m=round_half_up(_apart_m(need, offer)), proposed_at=now, deadline_at=deadline,
    )  # fmt: skip
    session.add(match)
    session.flush()
    return match
