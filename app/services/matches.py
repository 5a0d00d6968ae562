"""The life of a match: proposed, answered by both sides, ended. What it holds is taken and given back here, at the write.

Rows are locked in one order everywhere (needs, then offers, then matches), so that answers that race wait for each other.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.links import Purpose
from app.models import Match, Need, Offer, Person, Task, TaskKind, Territory
from app.services.events import SYSTEM, Actor, record
from app.services.tasks import WITHIN, close_tasks_about
from app.services.telling import tell
from matching.geo import round_up_100
from matching.lifecycle import LIVE, MatchState, NeedState, OfferState, check
from matching.model import Mode, Pair, Urgency, round_half_up
from matching.why import Explanation, as_data
from notifications.messages import (
    AcceptedToResident,
    AcceptedToVolunteer,
    AgreedToResident,
    AgreedToVolunteer,
    MatchEndedToVolunteer,
    NeedPaused,
    NobodyYet,
    ProposalToResident,
    ProposalToVolunteer,
    SearchGoesOn,
)

ROUGHLY_M = 1000
SILENCES = 2
"""After so many unanswered yeses of volunteers a need is paused."""
UNHURRIED = 3
"""How many times longer a resident without e-mail has to answer: an agent must reach them first, and not at the weekend."""


class Answer(StrEnum):
    """What became of an answer, for the page that says so."""

    ACCEPTED = "accepted"
    AGREED = "agreed"
    DECLINED = "declined"
    TOO_LATE = "too_late"
    OVER = "over"
    """The match had ended before: settled otherwise, withdrawn or declined."""


@dataclass(frozen=True)
class Proposal:
    """A pair to propose: its rank among all that the need might have had (1: the best), and what it counts for."""

    pair: Pair
    rank: int
    why: Explanation


def told_distance(match: Match, rough: bool) -> int | None:
    """What the other side may know of the distance: rounded up to 100 m, to 1 km where one of the places is only known roughly; nothing
    when the two do not meet."""
    if match.mode != Mode.IN_PERSON:
        return None
    return max(ROUGHLY_M if rough else 0, round_up_100(match.distance_m))


def answer_time(ctx: Context, urgency: str) -> timedelta:
    """How long a volunteer has to answer."""
    s = ctx.settings
    hours = {Urgency.URGENT: s.answer_hours_urgent, Urgency.NORMAL: s.answer_hours_normal, Urgency.FLEXIBLE: s.answer_hours_flexible}
    return timedelta(hours=hours[Urgency(urgency)])


def propose(ctx: Context, proposals: list[Proposal]) -> int:
    """Ask volunteers, all for one need; the number asked. A place or a volunteer that has gone meanwhile is left out."""
    now = ctx.now()
    asked = 0
    with ctx.db.write() as session:
        need = lock_need(session, int(proposals[0].pair.need))
        for proposal in proposals:
            if need is None or need.state != NeedState.OPEN or need.taken >= need.helpers_needed:
                break
            offer = claim(session, int(proposal.pair.offer), now)
            if offer is not None and offer.person_id != need.person_id:
                _ask(session, ctx, need, offer, proposal, now)
                asked += 1
        if need is not None and asked:
            found(session, need, now)
    return asked


def found(session: Session, need: Need, now: datetime) -> None:
    """Somebody is there for a need: it goes on, and what should still have been said of the search is overtaken."""
    settle(session, need, now)
    close_tasks_about(session, now, TaskKind.NOBODY, SYSTEM, need_id=need.id)
    for overtaken in (NobodyYet.kind, SearchGoesOn.kind):
        close_tasks_about(session, now, TaskKind.TELL, SYSTEM, need_id=need.id, reason=overtaken)


def claim(session: Session, offer_id: int, now: datetime) -> Offer | None:
    """Take one place of an offer, if it is still active, approved and has room: the database decides, not the index."""
    approved = exists().where(Person.id == Offer.person_id, Person.approved_at.is_not(None))
    claimed = session.execute(
        update(Offer)
        .where(Offer.id == offer_id, Offer.state == OfferState.ACTIVE, Offer.taken < Offer.capacity, approved)
        .values(taken=Offer.taken + 1, last_asked_at=now, changed_at=now)
        .execution_options(synchronize_session=False)
    ).rowcount
    return session.get_one(Offer, offer_id, options=[joinedload(Offer.person)], populate_existing=True) if claimed else None


def _ask(session: Session, ctx: Context, need: Need, offer: Offer, proposal: Proposal, now: datetime) -> None:
    match = Match(
        need_id=need.id, offer_id=offer.id, state=MatchState.PROPOSED, mode=proposal.pair.mode,
        distance_m=round_half_up(proposal.pair.distance_m), rank=proposal.rank, terms=as_data(proposal.why), proposed_at=now,
        deadline_at=now + answer_time(ctx, need.urgency),
    )  # fmt: skip
    session.add(match)
    session.flush()
    need.taken += 1
    record(session, "match_proposed", now, SYSTEM, need_id=need.id, offer_id=offer.id, match_id=match.id)
    rough = need.approximate or offer.approximate
    quartier = session.get(Territory, need.territory_id) if need.territory_id else None
    to_volunteer = ProposalToVolunteer(
        first_name=offer.person.first_name, category=need.category, urgency=need.urgency, mode=match.mode, when=need.availability,
        quartier=quartier.name if quartier else "", distance_m=told_distance(match, rough), deadline=match.deadline_at,
        yes_url=ctx.links.url(Purpose.VOLUNTEER_YES, match.id), no_url=ctx.links.url(Purpose.VOLUNTEER_NO, match.id),
        my_page_url=ctx.links.page("/me"),
    )  # fmt: skip
    call_by = min(now + WITHIN[TaskKind.TELL], match.deadline_at)
    tell(session, ctx, offer.person, to_volunteer, now, need=need, offer=offer, match=match, due_at=call_by)
    to_resident = ProposalToResident(
        first_name=need.person.first_name, category=need.category, mode=match.mode, distance_m=told_distance(match, rough),
        deadline=match.deadline_at, my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id),
    )  # fmt: skip
    tell(session, ctx, need.person, to_resident, now, need=need, match=match)


def volunteer_answers(ctx: Context, match_id: int, yes: bool, by: Actor) -> Answer:
    """The volunteer's yes or no. The same answer twice is the same answer; an answer to what has ended says so."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state in (MatchState.ACCEPTED, MatchState.AGREED) and yes:
            return Answer(match.state)
        if match.state == MatchState.DECLINED and match.reason == "volunteer" and not yes:
            return Answer.DECLINED
        if match.state != MatchState.PROPOSED:
            return Answer.TOO_LATE if match.state == MatchState.EXPIRED else Answer.OVER
        if not yes:
            _end(session, ctx, match, MatchState.DECLINED, "volunteer", now, by)
            return Answer.DECLINED
        if now > match.deadline_at:
            _end(session, ctx, match, MatchState.EXPIRED, "silent", now, SYSTEM)
            return Answer.TOO_LATE
        if match.need.share_contact:
            agree(session, ctx, match, now, by)
            return Answer.AGREED
        accept(session, ctx, match, now, by)
        return Answer.ACCEPTED


def accept(session: Session, ctx: Context, match: Match, now: datetime, by: Actor) -> None:
    need, volunteer = match.need, match.offer.person
    check(MatchState(match.state), MatchState.ACCEPTED)
    _outdate(session, match, now, by)
    match.state, match.accepted_at = MatchState.ACCEPTED, now
    unhurried = 1 if need.person.contact == "email" else UNHURRIED
    match.deadline_at = now + unhurried * timedelta(hours=ctx.settings.answer_hours_normal)
    record(session, "match_accepted", now, by, need_id=need.id, offer_id=match.offer_id, match_id=match.id)
    rough = need.approximate or match.offer.approximate
    to_resident = AcceptedToResident(
        first_name=need.person.first_name, category=need.category, mode=match.mode, distance_m=told_distance(match, rough),
        deadline=match.deadline_at, yes_url=ctx.links.url(Purpose.RESIDENT_YES, match.id),
        no_url=ctx.links.url(Purpose.RESIDENT_NO, match.id), my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id),
    )  # fmt: skip
    tell(session, ctx, need.person, to_resident, now, need=need, match=match)
    thanks = AcceptedToVolunteer(volunteer.first_name, need.category, match.deadline_at)
    tell(session, ctx, volunteer, thanks, now, offer=match.offer, match=match)


def resident_answers(ctx: Context, match_id: int, yes: bool, by: Actor) -> Answer:
    """The resident's yes or no to a volunteer who accepted."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state == MatchState.AGREED and yes:
            return Answer.AGREED
        if match.state == MatchState.DECLINED and match.reason == "resident" and not yes:
            return Answer.DECLINED
        if match.state != MatchState.ACCEPTED:
            return Answer.TOO_LATE if match.state == MatchState.EXPIRED else Answer.OVER
        if not yes:
            _end(session, ctx, match, MatchState.DECLINED, "resident", now, by)
            return Answer.DECLINED
        agree(session, ctx, match, now, by)
        return Answer.AGREED


def agree(session: Session, ctx: Context, match: Match, now: datetime, by: Actor) -> None:
    need, resident, volunteer = match.need, match.need.person, match.offer.person
    check(MatchState(match.state), MatchState.AGREED)
    _outdate(session, match, now, by)
    match.accepted_at = match.accepted_at or now
    match.state, match.agreed_at = MatchState.AGREED, now
    record(session, "match_agreed", now, by, need_id=need.id, offer_id=match.offer_id, match_id=match.id)
    record(session, "contacts_shown", now, SYSTEM, match_id=match.id, person_id=volunteer.id, need_id=need.id)
    record(session, "contacts_shown", now, SYSTEM, match_id=match.id, person_id=resident.id, offer_id=match.offer_id)
    settle(session, need, now)
    to_volunteer = AgreedToVolunteer(
        first_name=volunteer.first_name, category=need.category, mode=match.mode, when=need.availability, other_name=resident.first_name,
        other_email=resident.email or "", other_phone=resident.phone or "", details=need.told,
        address=need.address if match.mode == Mode.IN_PERSON else "",
        my_page_url=ctx.links.page("/me"),
    )  # fmt: skip
    tell(session, ctx, volunteer, to_volunteer, now, need=need, offer=match.offer, match=match)
    to_resident = AgreedToResident(
        first_name=resident.first_name, category=need.category, mode=match.mode, when=need.availability,
        other_name=volunteer.first_name, other_email=volunteer.email or "", other_phone=volunteer.phone or "",
        my_page_url=ctx.links.url(Purpose.MY_REQUEST, need.id),
    )  # fmt: skip
    tell(session, ctx, resident, to_resident, now, need=need, match=match)


def back_out(ctx: Context, match_id: int, by: Actor) -> Answer:
    """A volunteer takes back a yes; the need goes back to the matcher at once."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state not in (MatchState.ACCEPTED, MatchState.AGREED):
            return Answer.OVER
        _end(session, ctx, match, MatchState.CANCELLED, "backed_out", now, by)
        return Answer.DECLINED


def close(ctx: Context, match_id: int, outcome: str, by: Actor) -> None:
    """Record what came of an agreed match (``done`` or ``not_done``). The volunteer is free again; a need not met is open again."""
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state != MatchState.AGREED:
            return
        check(MatchState(match.state), MatchState.CLOSED)
        _outdate(session, match, now, by)
        match.state, match.outcome, match.closed_at = MatchState.CLOSED, outcome, now
        give_back_offer(match.offer, now)
        if outcome == "not_done":
            match.need.taken -= 1
        record(session, "match_closed", now, by, reason=outcome, need_id=match.need_id, offer_id=match.offer_id, match_id=match.id)
        settle(session, match.need, now)


def expire_due(ctx: Context, limit: int = 200) -> int:
    """End the matches whose deadline has passed; their needs go to the next volunteer. A resident who is silent again pauses theirs."""
    with ctx.db.read() as session:
        due = session.scalars(
            select(Match.id)
            .where(Match.state.in_([MatchState.PROPOSED, MatchState.ACCEPTED]), Match.deadline_at < ctx.now())
            .order_by(Match.deadline_at)
            .limit(limit)
        ).all()
    for match_id in due:
        with suppress(LookupError):  # the match has gone since
            _expire(ctx, match_id)
    return len(due)


def _expire(ctx: Context, match_id: int) -> None:
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.deadline_at >= now or match.state not in (MatchState.PROPOSED, MatchState.ACCEPTED):
            return
        if match.state == MatchState.PROPOSED:
            _end(session, ctx, match, MatchState.EXPIRED, "silent", now, SYSTEM)
            return
        need = match.need
        _end(session, ctx, match, MatchState.EXPIRED, "expired", now, SYSTEM)
        my_page = ctx.links.url(Purpose.MY_REQUEST, need.id)
        silent = Match.need_id == need.id, Match.reason == "expired"
        if session.scalar(select(func.count(Match.id)).where(*silent)) < SILENCES:  # type: ignore[operator]
            message = SearchGoesOn(need.person.first_name, need.category, "unanswered", my_page)
            tell(session, ctx, need.person, message, now, need=need, match=match)
            return
        # Asking one volunteer after the other for somebody who does not answer would keep them waiting for nothing.
        need.state, need.next_try_at = NeedState.PAUSED, None
        record(session, "need_paused", now, SYSTEM, need_id=need.id, reason="resident_silent")
        tell(session, ctx, need.person, NeedPaused(need.person.first_name, need.category, my_page), now, need=need, once=str(match.id))


def end_matches_of(
    session: Session,
    ctx: Context,
    now: datetime,
    by: Actor,
    why: str,
    *,
    need: Need | None = None,
    offer: Offer | None = None,
    agreed_too: bool = True,
) -> None:
    """End the live matches of a need or an offer that its own side takes away."""
    states = LIVE if agreed_too else LIVE - {MatchState.AGREED}
    mine = Match.need_id == need.id if need else Match.offer_id == offer.id if offer else None
    for match_id in session.scalars(select(Match.id).where(mine, Match.state.in_(states)).order_by(Match.need_id)).all():  # type: ignore[arg-type]
        match = lock_match(session, match_id)
        _end(session, ctx, match, MatchState.CANCELLED, why, now, by)


def _end(session: Session, ctx: Context, match: Match, there: MatchState, why: str, now: datetime, by: Actor) -> None:
    """End a live match, give both places back and tell whom it concerns: nobody is told of their own answer."""
    was = MatchState(match.state)
    check(was, there)
    _outdate(session, match, now, by)
    match.state, match.reason, match.closed_at = there, why, now
    need, volunteer = match.need, match.offer.person
    need.taken -= 1
    give_back_offer(match.offer, now)
    record(session, f"match_{there}", now, by, reason=why, need_id=need.id, offer_id=match.offer_id, match_id=match.id)
    settle(session, need, now)
    told = {"withdrawn": "withdrawn", "changed": "changed", "resident": "resident_declined", "expired": "expired"}.get(why)
    if told:
        tell(session, ctx, volunteer, MatchEndedToVolunteer(volunteer.first_name, need.category, told), now, offer=match.offer, match=match)  # type: ignore[arg-type]
    if why == "backed_out" and was is not MatchState.PROPOSED:
        message = SearchGoesOn(need.person.first_name, need.category, "backed_out", ctx.links.url(Purpose.MY_REQUEST, need.id))
        tell(session, ctx, need.person, message, now, need=need, match=match)


def settle(session: Session, need: Need, now: datetime) -> None:
    """Bring a need's state in line with its matches: open while a place is free, agreed once all are, closed when all are done."""
    session.flush()
    if need.state not in (NeedState.OPEN, NeedState.ASKED, NeedState.AGREED):
        return
    states = session.scalars(select(Match.state).where(Match.need_id == need.id)).all()
    if need.taken < need.helpers_needed:
        there = NeedState.OPEN
    elif any(s in (MatchState.PROPOSED, MatchState.ACCEPTED) for s in states):
        there = NeedState.ASKED
    else:
        there = NeedState.AGREED if MatchState.AGREED in states else NeedState.CLOSED
    for step in _steps(NeedState(need.state), there):
        check(NeedState(need.state), step)
        need.state = step
    on_the_map = need.exact_point is not None  # else an agent places it first
    need.next_try_at = now if there is NeedState.OPEN and on_the_map else None
    need.changed_at = now


def _steps(here: NeedState, there: NeedState) -> list[NeedState]:
    if here is there:
        return []
    if here is NeedState.OPEN and there is not NeedState.ASKED:
        return [NeedState.ASKED, there]
    return [there]


def give_back_offer(offer: Offer, now: datetime) -> None:
    offer.taken -= 1
    offer.changed_at = now


def lock_need(session: Session, need_id: int) -> Need | None:
    """A need with its person, its row locked until the end of the transaction."""
    return session.scalar(
        select(Need)
        .where(Need.id == need_id)
        .options(joinedload(Need.person, innerjoin=True))
        .with_for_update(of=Need)
        .execution_options(populate_existing=True)
    )


def lock_match(session: Session, match_id: int) -> Match:
    """A match with both sides, rows locked in the order need, offer, match. Raises ``LookupError``."""
    ids = session.execute(select(Match.need_id, Match.offer_id).where(Match.id == match_id)).one_or_none()
    if ids is None:
        raise LookupError(match_id)
    lock_need(session, ids.need_id)
    fresh = {"populate_existing": True}
    session.scalar(select(Offer).where(Offer.id == ids.offer_id).with_for_update().execution_options(**fresh))
    session.scalar(select(Match).where(Match.id == match_id).with_for_update().execution_options(**fresh))
    return session.get_one(
        Match, match_id, populate_existing=True,
        options=[joinedload(Match.need).joinedload(Need.person), joinedload(Match.offer).joinedload(Offer.person)],
    )  # fmt: skip


def _outdate(session: Session, match: Match, now: datetime, by: Actor) -> None:
    """Whatever an agent should still have said of this match is overtaken by its next move."""
    session.execute(
        update(Task)
        .where(Task.match_id == match.id, Task.kind.in_([TaskKind.TELL, TaskKind.UNDELIVERED]), Task.closed_at.is_(None))
        .values(closed_at=now, closed_by_id=by.person_id)
    )
