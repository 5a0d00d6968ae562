"""An agent brings people together: asks a volunteer whom they choose, writes down what was agreed already, pins or forbids a pair.

The database's promises hold as for the matcher: a volunteer who is off duty, busy or not approved is not asked. Rules that are about what
suits (the kind of help, hours, languages, distance) give way to a reason in writing.
"""

from dataclasses import replace
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.models import Block, Match, Moderation, Need, Offer
from app.policy import policy_of
from app.services.blocks import block
from app.services.board import offer_to_match
from app.services.choosing import CHOSEN_FOR, UNTOLD, as_asked, searching, to_match
from app.services.events import Actor, record
from app.services.matches import agree
from app.services.moves import lock_match, lock_need
from app.services.places import territories
from app.services.proposing import Proposal, answer_by, claim, found, make_match, propose
from app.services.records import counts, nearby_lately, past_of
from matching.eligibility import RULES, check
from matching.geo import distance_m
from matching.lifecycle import LIVE, MatchState, NeedState
from matching.model import Mode, Pair, Rule
from matching.model import Need as NeedToMatch
from matching.model import Offer as OfferToMatch
from matching.why import explain


class Became(StrEnum):
    DONE = "done"
    WHY = "why"
    """The matcher would not bring them together: a reason is needed."""
    OFF_DUTY = "off_duty"
    BUSY = "busy"
    NOT_APPROVED = "not_approved"
    NO_OFFER = "no_offer"
    """There is none of this number, or it is not on the map."""
    ROOM = "room"
    """The volunteer has gone off duty, or is busy, since they were looked at."""
    FROZEN = "frozen"
    """The volunteer is asked nothing new; why is not for whoever chooses."""
    ASKED = "asked"
    """The volunteer is asked already, or helps already."""
    NEVER = "never"
    """It is the same person, or one of the two does not want to meet the other."""
    OVER = "over"
    """The request is served, or no longer searching."""


def ask(ctx: Context, need_id: int, offer_id: int, because: str, by: Actor) -> Became:
    """Ask this volunteer, beside those who are asked already."""
    if _live(ctx, need_id, offer_id):
        return Became.ASKED
    proposal = _proposal(ctx, need_id, offer_id, because)
    if not isinstance(proposal, Proposal):
        return proposal
    return Became.DONE if propose(ctx, [proposal], by=by) else Became.ROOM


def may_agree(ctx: Context, need_id: int, offer_id: int, because: str) -> Became:
    """What would come of :func:`agreed`."""
    if _live(ctx, need_id, offer_id):
        return Became.DONE
    proposal = _proposal(ctx, need_id, offer_id, because)
    return Became.DONE if isinstance(proposal, Proposal) else proposal


def agreed(ctx: Context, need_id: int, offer_id: int, because: str, by: Actor) -> Became:
    """The two have agreed already, on the phone say: both get the contact details. A volunteer who was asked has said yes by that."""
    if live := _live(ctx, need_id, offer_id):
        return _agree_on(ctx, live, by)
    proposal = _proposal(ctx, need_id, offer_id, because)
    if not isinstance(proposal, Proposal):
        return proposal
    now = ctx.now()
    with ctx.db.write() as session:
        need = lock_need(session, need_id)
        served = need is None or need.state not in CHOSEN_FOR or need.taken >= need.helpers_needed
        if need is None or served or need.moderation == Moderation.HELD:
            return Became.OVER
        offer = claim(session, offer_id, now)
        if offer is None:
            return Became.ROOM
        deadline = answer_by(session, ctx, need, need.urgency, now)
        agree(session, ctx, make_match(session, need, offer, proposal, now, deadline, by), now, by)
        found(session, ctx, need, now)
        return Became.DONE


def _agree_on(ctx: Context, match_id: int, by: Actor) -> Became:
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state not in (MatchState.PROPOSED, MatchState.ACCEPTED):
            return Became.ASKED if match.state == MatchState.AGREED else Became.OVER
        agree(session, ctx, match, now, by)
        return Became.DONE


def _live(ctx: Context, need_id: int, offer_id: int) -> int | None:
    """The match of the two that is under way."""
    with ctx.db.read() as session:
        return session.scalar(select(Match.id).where(Match.need_id == need_id, Match.offer_id == offer_id, Match.state.in_(LIVE)))


def pin(ctx: Context, need_id: int, offer_id: int | None, by: Actor) -> Became:
    """This volunteer is asked before all others as soon as the matcher may; ``None``: nobody in particular any more."""
    if offer_id and (never := _proposal(ctx, need_id, offer_id, "")) in (Became.WHY, Became.NEVER):
        return Became(never)
    now = ctx.now()
    with ctx.db.write() as session:
        need = lock_need(session, need_id)
        if need is None or need.state not in (*CHOSEN_FOR, NeedState.PAUSED) or (offer_id and session.get(Offer, offer_id) is None):
            return Became.OVER
        need.pinned_offer_id = offer_id
        if need.state in CHOSEN_FOR:
            need.next_try_at = now
        record(session, "pair_pinned" if offer_id else "pair_unpinned", now, by, need_id=need_id, offer_id=offer_id)
        return Became.DONE


def forbid(ctx: Context, need_id: int, offer_id: int, by: Actor) -> bool:
    """These two are not brought together again, whatever they ask for or offer; who is asked now may still answer. ``False``: there is no
    such offer."""
    now = ctx.now()
    with ctx.db.write() as session:
        need, offer = session.get_one(Need, need_id), session.get(Offer, offer_id)
        if offer is None:
            return False
        block(session, need.person_id, offer.person_id, now, by)
        if need.pinned_offer_id == offer_id:
            need.pinned_offer_id = None
        record(session, "pair_forbidden", now, by, need_id=need_id, offer_id=offer_id)
        return True


def allow(ctx: Context, need_id: int, offer_id: int, by: Actor) -> bool:
    """What an agent forbade is allowed again; what one of the two said stays. ``False``: no agent had."""
    now = ctx.now()
    with ctx.db.write() as session:
        need, offer = session.get_one(Need, need_id), session.get(Offer, offer_id)
        other_id = offer.person_id if offer else None
        said = Block.person_id == need.person_id, Block.other_id == other_id, Block.by_id.is_not(None)
        if not session.execute(delete(Block).where(*said)).rowcount:
            return False
        record(session, "pair_allowed", now, by, need_id=need_id, offer_id=offer_id)
        return True


def _proposal(ctx: Context, need_id: int, offer_id: int, because: str) -> Proposal | Became:
    """The pair with what it counts for, or why there can be none."""
    with ctx.db.read() as session:
        need = session.scalar(select(Need).where(Need.id == need_id, searching()).options(joinedload(Need.person)))
        offer = session.scalar(select(Offer).where(Offer.id == offer_id).options(joinedload(Offer.person)))
        if need is None or need.point is None:
            return Became.OVER
        if offer is None or offer.point is None:
            return Became.NO_OFFER
        if offer.person.approved_at is None:
            return Became.NOT_APPROVED
        if offer.person.frozen_at is not None:
            return Became.FROZEN
        asks, helps = to_match(session, need), as_asked(offer, offer_to_match(offer, offer.person, territories(session)))
        refused = {rule for rule, refuse in RULES.items() if refuse(asks, helps) is not None}
        if not UNTOLD.isdisjoint(refused):
            return Became.NEVER
        if Rule.PAUSED in refused:
            return Became.OFF_DUTY
        if Rule.CAPACITY in refused:
            return Became.BUSY
        before = session.scalars(select(Match.id).where(Match.need_id == need_id, Match.offer_id == offer_id, counts()).limit(1)).first()
        if (refused or before) and not because:
            return Became.WHY
        return replace(_ranked(ctx, session, asks, helps), because=because)


def _ranked(ctx: Context, session: Session, asks: NeedToMatch, helps: OfferToMatch) -> Proposal:
    pair = check(asks, helps)
    if not isinstance(pair, Pair):
        remote = Mode.IN_PERSON not in (asks.mode, helps.mode) and Mode.REMOTE in (asks.mode, helps.mode)
        apart_m = distance_m(asks.lon, asks.lat, helps.lon, helps.lat)
        return Proposal(Pair(asks.id, helps.id, Mode.REMOTE if remote else Mode.IN_PERSON, apart_m))
    now = ctx.now()
    policy, past = policy_of(ctx.settings), past_of(session, now, [int(asks.id)], [int(helps.id)], nearby_lately(session, now))
    return Proposal(pair, None, explain(asks, helps, pair, policy, past))
