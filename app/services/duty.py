"""Volunteers on and off duty: for good, until they come back, or until a time."""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.models import Offer
from app.services.ending import end_matches_of
from app.services.events import SYSTEM, Actor
from app.services.moves import move
from app.services.telling import hear_requests
from matching.lifecycle import HELD, OfferState, check

NEWS_EVERY = timedelta(days=30)
"""How long nobody has asked a volunteer who hears so, how often they do, and how far back needs are looked at for it."""
WHY = {OfferState.PAUSED: "paused", OfferState.ACTIVE: "resumed", OfferState.WITHDRAWN: "withdrawn"}


def move_offer(ctx: Context, offer_id: int, there: OfferState, by: Actor) -> None:
    """Pause, resume or withdraw an offer. A pause gives back what waits for an answer and keeps each yes; a withdrawal gives back
    all."""
    now = ctx.now()
    with ctx.db.write() as session:
        offer = session.get_one(Offer, offer_id, options=[joinedload(Offer.person)])
        if offer.state != there:
            move_locked(session, ctx, offer, there, now, by)


def move_locked(session: Session, ctx: Context, offer: Offer, there: OfferState, now: datetime, by: Actor) -> None:
    """The same in somebody else's transaction."""
    check(OfferState(offer.state), there)
    keep = () if there is OfferState.WITHDRAWN else HELD
    if there is not OfferState.ACTIVE:
        end_matches_of(session, ctx, now, by, "off_duty", offer=offer, keep=keep)
    offer.paused_until, offer.news_at = None, now + NEWS_EVERY
    move(session, offer, there, now, by, WHY[there])
    session.flush()
    if there is OfferState.ACTIVE:
        hear_requests(session, offer.person, now)
    else:
        # The row is ours now: a proposal that claimed it just before is seen, and no later one can.
        end_matches_of(session, ctx, now, by, "off_duty", offer=offer, keep=keep)


def set_duty(ctx: Context, person_id: int, on: bool, by: Actor) -> None:
    """All offers of a volunteer on duty or paused, each in a transaction of its own; what was paused until a time stays so until they
    come back."""
    here, there = (OfferState.PAUSED, OfferState.ACTIVE) if on else (OfferState.ACTIVE, OfferState.PAUSED)
    if not on:
        with ctx.db.write() as session:
            session.execute(update(Offer).where(Offer.person_id == person_id).values(paused_until=None))
    with ctx.db.read() as session:
        offers = session.scalars(select(Offer.id).where(Offer.person_id == person_id, Offer.state == here)).all()
    for offer_id in offers:
        move_offer(ctx, offer_id, there, by)


def tomorrow(ctx: Context, now: datetime) -> datetime:
    """When people wake tomorrow."""
    zone = ctx.settings.zone
    midnight = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), datetime.min.time(), zone)
    return ctx.settings.waking_hours.next_start(midnight, zone)


def come_back(ctx: Context, limit: int = 200) -> int:
    """Offers that were paused until a time are active again; how many."""
    now = ctx.now()
    due = select(Offer.id).where(Offer.paused_until <= now, Offer.state == OfferState.PAUSED).order_by(Offer.paused_until).limit(limit)
    with ctx.db.read() as session:
        offers = session.scalars(due).all()
    for offer_id in offers:
        with ctx.db.write() as session:
            offer = session.get(Offer, offer_id, with_for_update=True)
            if offer is not None and offer.state == OfferState.PAUSED and offer.paused_until and offer.paused_until <= now:
                offer.paused_until = None
                move(session, offer, OfferState.ACTIVE, now, SYSTEM, "time_over")
    return len(offers)
