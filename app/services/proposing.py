"""Asking volunteers: a wave of proposals for one need, each of which claims its volunteer's room at the write."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.links import Purpose
from app.models import Match, Moderation, Need, Offer, Person, TaskKind, Territory
from app.services.duty import NEWS_EVERY
from app.services.ending import settle
from app.services.events import SYSTEM, Actor, record
from app.services.local import local
from app.services.moves import lock_need
from app.services.people import own_page
from app.services.tasks import WITHIN, close_tasks_about
from app.services.telling import tell
from matching.geo import distance_m, round_up_100
from matching.lifecycle import LIVE, MatchState, NeedState, OfferState, Side
from matching.model import Mode, Pair, round_half_up
from matching.why import Explanation, as_data
from notifications.messages import NobodyYet, ProposalToResident, ProposalToVolunteer, SearchGoesOn

ROUGHLY_M = 1000


@dataclass(frozen=True)
class Proposal:
    """A pair to propose: its rank among all that the need might have had (1: the best), and what it counts for. Who was brought together
    by hand has neither, where the matcher would not have; ``because`` says why, in an agent's words."""

    pair: Pair
    rank: int | None = None
    why: Explanation | None = None
    because: str = ""


def told_m(mode: str, own: tuple[float, float] | None, public: tuple[float | None, float | None], rough: bool) -> int | None:
    """What somebody may know of the distance: from their own place to the other's public point, rounded up to 100 m; to 1 km where one of
    the places is only known roughly; nothing when the two do not meet.

    Of the other's exact place it says nothing that the public point does not say: many offers around one door learn no more than
    one (decision 29). The matcher knows the exact distance.
    """
    lon, lat = public
    if mode != Mode.IN_PERSON or own is None or lon is None or lat is None:
        return None
    return max(ROUGHLY_M if rough else 0, round_up_100(distance_m(*own, lon, lat)))


def told_distance(match: Match, side: Side) -> int | None:
    """The same for a side of a match."""
    own, other = (match.need, match.offer) if side is Side.RESIDENT else (match.offer, match.need)
    return told_m(match.mode, own.point, (other.public_lon, other.public_lat), own.approximate or other.approximate)


def answer_by(session: Session, ctx: Context, need: Need, urgency: str, now: datetime, times: int = 1) -> datetime:
    """Until when to answer, by the hours of the need's territory: nobody is expected to at night. ``times`` as long where somebody must be
    reached first."""
    hours = local(session, ctx, need.territory_id).answer_hours(urgency)
    return ctx.settings.waking_hours.after(now, timedelta(hours=times * hours), ctx.settings.zone)


def propose(ctx: Context, proposals: list[Proposal], seen: datetime | None = None, by: Actor = SYSTEM) -> int:
    """Ask volunteers, all for one need; the number asked. A need that is served or a volunteer who has gone meanwhile is left out.

    ``seen`` is when the need was due as they were chosen: where nothing has changed since and all are asked, its wave is complete, and
    nobody looks at it again until one of them says no or nothing.
    """
    now = ctx.now()
    asked = []
    with ctx.db.write() as session:
        need = lock_need(session, int(proposals[0].pair.need))
        if need is None or need.state not in (NeedState.OPEN, NeedState.ASKED) or need.taken >= need.helpers_needed:
            return 0
        if need.moderation == Moderation.HELD:
            return 0
        deadline = answer_by(session, ctx, need, need.urgency, now)
        there = set(session.scalars(select(Match.offer_id).where(Match.need_id == need.id, Match.state.in_(LIVE))))
        for proposal in sorted(proposals, key=lambda proposal: proposal.pair.offer):  # offers are locked in one order
            offer = claim(session, int(proposal.pair.offer), now) if proposal.pair.offer not in there else None
            if offer is not None and offer.person_id != need.person_id:
                asked.append(_ask(session, ctx, need, offer, proposal, now, deadline, by))
        if asked:
            unchanged = need.next_try_at == seen
            _tell_resident(session, ctx, need, asked, now)
            found(session, ctx, need, now)
            if unchanged and len(asked) == len(proposals):
                need.next_try_at = None
    return len(asked)


def found(session: Session, ctx: Context, need: Need, now: datetime) -> None:
    """Somebody is there for a need: it goes on, and what should still have been said of the search is overtaken."""
    settle(session, ctx, need, now, SYSTEM)
    close_tasks_about(session, now, TaskKind.NOBODY, SYSTEM, need_id=need.id)
    for overtaken in (NobodyYet.kind, SearchGoesOn.kind):
        close_tasks_about(session, now, TaskKind.TELL, SYSTEM, need_id=need.id, reason=overtaken)


def claim(session: Session, offer_id: int, now: datetime) -> Offer | None:
    """Take one place of an offer, if it is still active, approved and has room: the database decides, not the index."""
    approved = exists().where(Person.id == Offer.person_id, Person.approved_at.is_not(None))
    claimed = session.execute(
        update(Offer)
        .where(Offer.id == offer_id, Offer.state == OfferState.ACTIVE, Offer.taken < Offer.capacity, approved)
        .values(taken=Offer.taken + 1, last_asked_at=now, changed_at=now, news_at=now + NEWS_EVERY)
        .execution_options(synchronize_session=False)
    ).rowcount
    if not claimed:
        return None
    offer = session.get_one(Offer, offer_id, options=[joinedload(Offer.person)], populate_existing=True)
    if offer.person.frozen_at is None:
        return offer
    # Read after the row was ours, so that a freeze that came in meanwhile is seen.
    offer.taken -= 1
    return None


def make_match(session: Session, need: Need, offer: Offer, proposal: Proposal, now: datetime, deadline: datetime, by: Actor) -> Match:
    """A match of an offer that was claimed; nobody is told yet."""
    match = Match(
        need=need, offer=offer, state=MatchState.PROPOSED, mode=proposal.pair.mode,
        distance_m=round_half_up(proposal.pair.distance_m), rank=proposal.rank, terms=as_data(proposal.why) if proposal.why else None,
        made_by_id=by.person_id, made_because=proposal.because, proposed_at=now, deadline_at=deadline,
    )  # fmt: skip
    session.add(match)
    session.flush()
    reason = "by_hand" if by.person_id else None
    record(session, "match_proposed", now, by, reason=reason, need_id=need.id, offer_id=offer.id, match_id=match.id)
    return match


def _ask(
    session: Session, ctx: Context, need: Need, offer: Offer, proposal: Proposal, now: datetime, deadline: datetime, by: Actor
) -> Match:  # fmt: skip
    match = make_match(session, need, offer, proposal, now, deadline, by)
    quartier = session.get(Territory, need.territory_id) if need.territory_id else None
    message = ProposalToVolunteer(
        first_name=offer.person.first_name, category=need.category, urgency=need.urgency, mode=match.mode, when=need.availability,
        quartier=quartier.name if quartier else "", distance_m=told_distance(match, Side.VOLUNTEER),
        deadline=match.deadline_at, yes_url=ctx.links.url(Purpose.VOLUNTEER_YES, match.id),
        no_url=ctx.links.url(Purpose.VOLUNTEER_NO, match.id), my_page_url=own_page(ctx, offer.person),
        weeks=need.repeats, at=need.wanted_at,
    )  # fmt: skip
    call_by = min(now + WITHIN[TaskKind.TELL], match.deadline_at)
    tell(session, ctx, offer.person, message, now, need=need, offer=offer, match=match, due_at=call_by)
    return match


def _tell_resident(session: Session, ctx: Context, need: Need, asked: list[Match], now: datetime) -> None:
    """Once a search, not once a volunteer: how many were asked, and until when they have. A yes ends a search."""
    searches = session.scalar(select(func.count(Match.id)).where(Match.need_id == need.id, Match.accepted_at.is_not(None)))
    told = {match.id: told_distance(match, Side.RESIDENT) for match in asked}
    nearest = min(asked, key=lambda match: (match.mode != Mode.IN_PERSON, told[match.id] or 0))
    message = ProposalToResident(
        first_name=need.person.first_name, category=need.category, mode=nearest.mode, number=len(asked),
        distance_m=told[nearest.id],
        deadline=max(match.deadline_at for match in asked),
        my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id),
    )  # fmt: skip
    tell(session, ctx, need.person, message, now, need=need, once=f"search:{searches}")
