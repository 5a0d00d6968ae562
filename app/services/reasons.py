"""Why a volunteer said no, if they like to tell, and what that does to whom is asked next."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from app.context import Context
from app.models import Match
from app.services.blocks import block
from app.services.duty import set_duty, tomorrow
from app.services.events import Actor, record
from app.services.mine import MyMatch
from app.services.moves import lock_match, move
from app.services.proposing import told_distance
from matching.lifecycle import OfferState, Side
from matching.model import Mode

LASTS = timedelta(days=7)
"""How long after a no its reason still counts: later the link in an old mail would change what has long been another way."""
STEP_M = 100


class Because(StrEnum):
    TOO_FAR = "too_far"
    """Nothing as far away is proposed any more, until they say otherwise."""
    NOT_THEN = "not_then"
    """They rest until tomorrow."""
    UNAVAILABLE = "unavailable"
    """They go off duty."""
    KNOWN = "known"
    """The two are not brought together again."""


def may_tell(match: Match | MyMatch | Row[Any], now: datetime) -> bool:
    """Whether the volunteer of a match said no, not long ago."""
    return match.reason == "volunteer" and match.closed_at is not None and now - match.closed_at <= LASTS


def give_reason(ctx: Context, match_id: int, because: Because, by: Actor) -> bool:
    """Write down why the volunteer of a match said no, once, and act on it. ``False`` where it was no no, or too long ago."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if not may_tell(match, now):
            return False
        if match.because is not None:
            return match.because == because
        match.because = because
        record(session, "reason_given", now, by, reason=because, need_id=match.need_id, offer_id=match.offer_id, match_id=match.id)
        offer = match.offer
        if because is Because.TOO_FAR and (nearer := nearer_than(match)):
            offer.radius_m, offer.changed_at = nearer, now
            record(session, "offer_changed", now, by, reason=because, offer_id=offer.id)
        if because is Because.NOT_THEN and offer.state == OfferState.ACTIVE:
            offer.paused_until = tomorrow(ctx, now)
            move(session, offer, OfferState.PAUSED, now, by, "not_then")
        if because is Because.KNOWN:
            block(session, offer.person_id, match.need.person_id, now)
    if because is Because.UNAVAILABLE:
        set_duty(ctx, match.offer.person_id, False, by)
    return True


def nearer_than(match: Match) -> int | None:
    """The radius, in metres, in which the match would not have been, as far as the volunteer may know (``told_distance``); ``None`` where
    it says nothing: the two do not meet, or the volunteer drew an area of their own."""
    offer = match.offer
    if match.mode != Mode.IN_PERSON or offer.quartiers or offer.drawn:
        return None
    told = told_distance(match, Side.VOLUNTEER)
    # A step at least, so that whoever says it again of the same home is heard in the end.
    return min(offer.radius_m, max(STEP_M, min(offer.radius_m, told) - STEP_M)) if told else None
