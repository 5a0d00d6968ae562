"""How matches end, and what that does to their need: places and room are given back, and whom it concerns is told."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import Match, Need, Offer, Task, TaskKind
from app.services.events import SYSTEM, Actor
from app.services.moves import lock_match, move
from app.services.tasks import close_tasks_about, rest_search
from app.services.telling import about_words, tell
from app.services.visits import call_off, invitation, say_off
from matching.lifecycle import HELD, LIVE, MatchState, NeedState, Side
from notifications import outbox
from notifications.messages import (
    AcceptedToResident,
    HowWasIt,
    MatchEndedToVolunteer,
    NeedPaused,
    ProposalToVolunteer,
    SearchGoesOn,
)

SILENCES = 2
"""After so many unanswered yeses of volunteers a need is paused."""
QUESTIONS = (ProposalToVolunteer.kind, AcceptedToResident.kind, HowWasIt.kind)
"""What nobody should read any more once it is answered or settled."""
SAY_SO = timedelta(days=7)
"""How long a resident has to say whether something is still needed."""
TOLD_AS = {
    "withdrawn": "withdrawn", "changed": "changed", "resident": "resident_declined", "expired": "expired", "settled": "settled",
    "let_go": "backed_out", "called_off": "called_off",
}  # fmt: skip
"""What the volunteer is told, by the reason for the end. Nobody is told of their own answer or silence."""


def end(
    session: Session, ctx: Context, match: Match, there: MatchState, why: str, now: datetime, by: Actor, because: str | None = None
) -> None:
    """End a live match that came to nothing. Its need goes on: to the front of the line where somebody backed out."""
    was = MatchState(match.state)
    off = _finish(session, ctx, match, there, why, now, by, because)
    need = match.need
    if was in HELD:
        need.taken -= 1
    settle(session, ctx, need, now, by, first=was is MatchState.AGREED)
    if was in HELD and why in ("backed_out", "off_duty", "frozen", "called_off"):
        message = SearchGoesOn(need.person.first_name, need.category, "backed_out", ctx.links.url(Purpose.MY_REQUEST, need.id))
        if off:
            message = replace(message, invitation=invitation(session, ctx, match, Side.RESIDENT, now))
        tell(session, ctx, need.person, message, now, need=need, match=match)
    elif off:
        say_off(session, ctx, match, Side.RESIDENT, off, now)


def _finish(
    session: Session, ctx: Context, match: Match, there: MatchState, why: str, now: datetime, by: Actor, because: str | None = None
) -> datetime | None:
    """When the first visit would have been that is off with it."""
    unsaid = outdate(session, match, now, by)
    match.reason, match.because, match.closed_at, match.ask_at = why, because, now, None
    off = call_off(session, ctx, match, now)
    move(session, match, there, now, by, why)
    give_back_offer(match.offer, now)
    if (told := TOLD_AS.get(why)) and ProposalToVolunteer.kind not in unsaid:
        entry = invitation(session, ctx, match, Side.VOLUNTEER, now) if off else None
        message = MatchEndedToVolunteer(match.offer.person.first_name, match.need.category, told, entry)  # type: ignore[arg-type]
        tell(session, ctx, match.offer.person, message, now, offer=match.offer, match=match)
    elif off:
        say_off(session, ctx, match, Side.VOLUNTEER, off, now)
    return off


def settle(session: Session, ctx: Context, need: Need, now: datetime, by: Actor, *, first: bool = False) -> None:
    """Bring a need in line with its matches. While places are free it is looked at again (``first``: before all others); once none is,
    whoever was asked besides is told that it is settled."""
    session.flush()
    if need.state not in (NeedState.OPEN, NeedState.ASKED, NeedState.AGREED):
        return
    states = session.scalars(select(Match.state).where(Match.need_id == need.id, Match.state.in_(LIVE))).all()
    free = need.taken < need.helpers_needed
    if not free:
        for match_id in _live(session, Match.need_id == need.id, [MatchState.PROPOSED]):
            _finish(session, ctx, lock_match(session, match_id), MatchState.CANCELLED, "settled", now, SYSTEM)
    there, why = _where(free, set(states))
    if there != need.state:
        move(session, need, there, now, by if why in ("accepted", "agreed", "done") else SYSTEM, why)
    if there is NeedState.CLOSED:
        close_tasks_about(session, now, TaskKind.MODERATE, by, need_id=need.id)
    looks = free and need.exact_point is not None  # else an agent places it first
    need.next_try_at = (need.posted_at if first else now) if looks else None
    need.changed_at = now
    if there in (NeedState.OPEN, NeedState.ASKED):
        need.check_at = need.check_at or now + timedelta(days=ctx.settings.need_days)
    else:
        need.check_at = need.checked_at = None


def _where(free: bool, states: set[str]) -> tuple[NeedState, str]:
    """The state of a need whose live matches are in these, and why."""
    if free:
        return (NeedState.ASKED, "asked") if MatchState.PROPOSED in states else (NeedState.OPEN, "free")
    if MatchState.ACCEPTED in states:
        return NeedState.ASKED, "accepted"
    return (NeedState.AGREED, "agreed") if MatchState.AGREED in states else (NeedState.CLOSED, "done")


def end_matches_of(
    session: Session, ctx: Context, now: datetime, by: Actor, why: str, *, need: Need | None = None, offer: Offer | None = None,
    keep: Collection[MatchState] = (),
) -> None:  # fmt: skip
    """End the live matches of a need or an offer that its own side takes away, but those in the states ``keep``."""
    mine = Match.need_id == need.id if need else Match.offer_id == offer.id if offer else None
    # All needs first, in one order: each is locked again below, after offers.
    needs = select(Match.need_id).where(mine, Match.state.in_(LIVE))  # type: ignore[arg-type]
    session.execute(select(Need.id).where(Need.id.in_(needs)).order_by(Need.id).with_for_update())
    for match_id in _live(session, mine, LIVE.difference(keep)):
        end(session, ctx, lock_match(session, match_id), MatchState.CANCELLED, why, now, by)


def _live(session: Session, which: object, states: Iterable[MatchState]) -> list[int]:
    return list(session.scalars(select(Match.id).where(which, Match.state.in_(states)).order_by(Match.need_id, Match.id)))  # type: ignore[arg-type]


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
            end(session, ctx, match, MatchState.EXPIRED, "silent", now, SYSTEM)
            return
        need = match.need
        end(session, ctx, match, MatchState.EXPIRED, "expired", now, SYSTEM)
        my_page = ctx.links.url(Purpose.MY_REQUEST, need.id)
        silent = Match.need_id == need.id, Match.reason == "expired"
        if session.scalar(select(func.count(Match.id)).where(*silent)) < SILENCES:  # type: ignore[operator]
            message = SearchGoesOn(need.person.first_name, need.category, "unanswered", my_page)
            tell(session, ctx, need.person, message, now, need=need, match=match)
            return
        # Asking one volunteer after the other for somebody who does not answer would keep them waiting for nothing.
        pause(session, need, now, SYSTEM, "resident_silent")
        end_matches_of(session, ctx, now, SYSTEM, "withdrawn", need=need, keep=[MatchState.AGREED])
        tell(session, ctx, need.person, NeedPaused(need.person.first_name, need.category, my_page), now, need=need, once=str(match.id))


def pause(session: Session, need: Need, now: datetime, by: Actor, why: str) -> None:
    """Nobody is asked for a need until its resident, who has been asked, says so; without a word it ends."""
    move(session, need, NeedState.PAUSED, now, by, why)
    rest_search(session, now, by, need.id)
    need.next_try_at, need.checked_at, need.check_at = None, now, now + SAY_SO


def outdate(session: Session, match: Match, now: datetime, by: Actor) -> set[str]:
    """Whatever an agent should still have said of this match, and what waits for the morning, is overtaken by its next move: the kinds
    of message that nobody has got."""
    calls = session.scalars(
        update(Task)
        .where(Task.match_id == match.id, Task.kind.in_([TaskKind.TELL, TaskKind.UNDELIVERED, TaskKind.OUTCOME]), Task.closed_at.is_(None))
        .values(closed_at=now, closed_by_id=by.person_id)
        .returning(Task.reason)
        .execution_options(synchronize_session=False)
    )
    resident, volunteer = match.need.person_id, match.offer.person_id
    about = [
        about_words(volunteer, need_id=match.need_id, offer_id=match.offer_id, match_id=match.id),
        about_words(volunteer, match_id=match.id),
        about_words(resident, need_id=match.need_id, match_id=match.id),
    ]  # fmt: skip
    return {reason for reason in calls if reason} | outbox.overtake(session.connection(), about, QUESTIONS, now)


def give_back_offer(offer: Offer, now: datetime) -> None:
    offer.taken -= 1
    offer.changed_at = now
