"""What came of a match: asked of both sides after it should have happened, asked once more, then left to a coordinator."""

from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app.context import Context
from app.links import Purpose
from app.models import OVERSEE, Event, Match, Outcome, Person, PostedBy, TaskKind
from app.services.ending import give_back_offer, outdate, pause, settle
from app.services.events import SYSTEM, Actor, record
from app.services.moves import lock_match, move
from app.services.posting import move_need
from app.services.tasks import open_task
from app.services.telling import tell
from app.services.visits import close_with, first_end, say_off
from matching.lifecycle import MatchState, NeedState, Side
from notifications.messages import HowWasIt, NotDone, OutcomeToAgent

AFTER = timedelta(hours=3)
"""How long after the first visit both are asked what came of it."""
AT_LAST = timedelta(days=21)
"""And how long after both agreed, wherever the visit was moved: no match is older than a month without a known outcome."""
SILENCE = timedelta(days=3)
"""How long to wait for an answer."""
GOES_ON = timedelta(days=28)
"""When to ask again about help that goes on: its outcome is never older than that."""
TIMES = 2
"""How often both are asked before it becomes a coordinator's task."""


class Said(StrEnum):
    DONE = "done"
    NOT_DONE = "not_done"
    GOING_ON = "going_on"


class Became(StrEnum):
    """What became of an answer, for the page that says so."""

    WRITTEN = "written"
    DIFFERS = "differs"
    """The other side has said otherwise: a coordinator asks both."""
    OVER = "over"
    """The match ended in another way."""


def first_question(session: Session, ctx: Context, match: Match, now: datetime) -> datetime:
    """When to ask what came of a match that was agreed: once its first visit is over, but within some weeks."""
    ended = (first_end(session, match.id) or now) + AFTER
    return _awake(ctx, min(ended, (match.agreed_at or now) + AT_LAST))


def say(
    ctx: Context, match_id: int, side: Side, said: Said, by: Actor, *, because: str | None = None, again: bool = True
) -> Became:  # fmt: skip
    """One side (``either``: whoever an agent talked to) says what came of it. The first word counts; another that differs is a task.

    Not done: the need is looked for again at once, unless its resident wants it no more (``again``); where the volunteer says so, the
    resident is asked first. Whoever took the call learns the outcome.
    """
    now = ctx.now()
    with ctx.db.write() as session:
        match = lock_match(session, match_id)
        if match.state == MatchState.CLOSED:
            return _said_too(session, match, side, said, by, because, now)
        if match.state != MatchState.AGREED:
            return Became.OVER
        outdate(session, match, now, by)
        session.add(Outcome(match_id=match.id, side=side, said=said, because=because, at=now))
        if said is Said.GOING_ON:
            match.asked, match.ask_at = 0, _awake(ctx, now + GOES_ON)
            record(session, "match_goes_on", now, by, need_id=match.need_id, offer_id=match.offer_id, match_id=match.id)
            return Became.WRITTEN
        _close(session, ctx, match, side, said, by, because, again, now)
        left = match.need.taken == 0 and match.need.state == NeedState.OPEN
    if said is Said.NOT_DONE and not again and left:
        move_need(ctx, match.need_id, NeedState.WITHDRAWN, by)
    return Became.WRITTEN


def _said_too(
    session: Session, match: Match, side: Side, said: Said, by: Actor, because: str | None, now: datetime
) -> Became:  # fmt: skip
    before = session.scalars(select(Outcome.said).where(Outcome.match_id == match.id, Outcome.side == side)).all()
    if said not in before:
        session.add(Outcome(match_id=match.id, side=side, said=said, because=because, at=now))
        record(session, "outcome_said", now, by, reason=said, need_id=match.need_id, offer_id=match.offer_id, match_id=match.id)
    if said == match.outcome:
        return Became.WRITTEN
    key = f"differs:{match.id}"
    open_task(session, TaskKind.OUTCOME, now, event_key=key, reason="differs", person=match.need.person, need=match.need, match=match)
    return Became.DIFFERS


def _close(
    session: Session, ctx: Context, match: Match, side: Side, said: Said, by: Actor, because: str | None, again: bool, now: datetime
) -> None:  # fmt: skip
    need = match.need
    match.outcome, match.because, match.closed_at, match.ask_at = said, because, now, None
    off = close_with(session, ctx, match, said, now, by)
    move(session, match, MatchState.CLOSED, now, by, said)
    for each in (Side.RESIDENT, Side.VOLUNTEER):
        if off:
            say_off(session, ctx, match, each, off, now, knows=each is side)
    give_back_offer(match.offer, now)
    if said is Said.NOT_DONE:
        need.taken -= 1
        if not again and need.helpers_needed > 1:
            need.helpers_needed -= 1
    settle(session, ctx, need, now, by, first=said is Said.NOT_DONE)
    if said is Said.NOT_DONE and side is Side.VOLUNTEER and need.state in (NeedState.OPEN, NeedState.ASKED):
        pause(session, need, now, by, "not_done")
        message = NotDone(need.person.first_name, need.category, ctx.links.url(Purpose.MY_REQUEST, need.id))
        tell(session, ctx, need.person, message, now, need=need, match=match)
    _tell_agent(session, ctx, match, said, now)


def _tell_agent(session: Session, ctx: Context, match: Match, said: Said, now: datetime) -> None:
    """Whoever took the call is told what came of it."""
    if match.need.posted_by != PostedBy.AGENT:
        return
    taken_by = select(Event.actor_id).where(Event.need_id == match.need_id, Event.kind == "need_posted")
    agent = session.scalar(select(Person).where(Person.id.in_(taken_by), Person.role.in_(OVERSEE), Person.account))
    if agent is not None:
        page = ctx.links.page(f"/coordination/matches/{match.id}")
        message = OutcomeToAgent(agent.first_name, match.need.category, said, match.need_id, page)  # type: ignore[arg-type]
        tell(session, ctx, agent, message, now, match=match)


def add_words(ctx: Context, match_id: int, side: Side, words: str, by: Actor) -> bool:
    """How it was, in their words, beside what this side has said last; ``False`` where it has said nothing."""
    with ctx.db.write() as session:
        said = session.scalar(_last(match_id, side).with_for_update())
        if said is None:
            return False
        said.words = words
        record(session, "how_it_was_told", ctx.now(), by, match_id=match_id)
        return True


def said_by(ctx: Context, match_id: int, side: Side) -> Outcome | None:
    """What this side has said last."""
    with ctx.db.read() as session:
        return session.scalar(_last(match_id, side))


def _last(match_id: int, side: Side) -> Select[tuple[Outcome]]:
    return select(Outcome).where(Outcome.match_id == match_id, Outcome.side == side).order_by(Outcome.id.desc()).limit(1)


def ask_due(ctx: Context, limit: int = 200) -> int:
    """Ask both sides of the matches whose time has come; how many matches."""
    with ctx.db.read() as session:
        due = session.scalars(
            select(Match.id).where(Match.state == MatchState.AGREED, Match.ask_at <= ctx.now()).order_by(Match.ask_at).limit(limit)
        ).all()
    for match_id in due:
        now = ctx.now()
        with ctx.db.write() as session:
            match = lock_match(session, match_id)
            if match.state == MatchState.AGREED and match.ask_at is not None and match.ask_at <= now:
                _ask(session, ctx, match, now)
    return len(due)


def _ask(session: Session, ctx: Context, match: Match, now: datetime) -> None:
    need, resident, volunteer = match.need, match.need.person, match.offer.person
    if not match.asked and (later := first_question(session, ctx, match, now)) > now:  # the visit was moved
        match.ask_at = later
        return
    outdate(session, match, now, SYSTEM)
    if match.asked >= TIMES:
        match.ask_at = None
        key = f"silent:{match.id}:{now:%Y-%m-%d}"
        open_task(session, TaskKind.OUTCOME, now, event_key=key, reason="silent", person=resident, need=need, match=match)
        return
    match.asked, match.ask_at = match.asked + 1, _awake(ctx, now + SILENCE)
    record(session, "outcome_asked", now, SYSTEM, need_id=need.id, offer_id=match.offer_id, match_id=match.id)
    once = f"{now:%Y-%m-%d}"
    for person, other, side, url in (
        (resident, volunteer, "resident", f"{ctx.links.url(Purpose.MY_REQUEST, need.id)}/how/{match.id}"),
        (volunteer, resident, "volunteer", ctx.links.url(Purpose.HOW_IT_WENT, match.id)),
    ):
        message = HowWasIt(person.first_name, need.category, other.first_name, side, match.asked > 1, url)  # type: ignore[arg-type]
        tell(session, ctx, person, message, now, need=need if side == "resident" else None, match=match, once=once)


def _awake(ctx: Context, moment: datetime) -> datetime:
    return ctx.settings.waking_hours.next_start(moment, ctx.settings.zone)
