"""Something went wrong between two people: an incident for whoever is in charge, who is told at once, and a line on the agents' list that
says no more than that."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from app.context import Context
from app.models import Incident, IncidentState, Match, Need, Offer, PostedBy, TaskKind
from app.services import leads
from app.services.ending import end
from app.services.events import SYSTEM, Actor, record
from app.services.freezing import freeze
from app.services.moves import lock_match
from app.services.tasks import open_task
from app.services.telling import tell
from matching.lifecycle import MatchState, Side
from notifications.messages import SomethingReported

REASONS = ("unsafe", "money", "absent", "rude", "other")
HARMLESS = ("absent",)
"""All other reasons freeze the volunteer of whom a resident says them: whoever is afraid does not always find the right word."""
AGAIN = timedelta(days=1)
"""The same words about the same match within this time are the same report, sent again."""


def report(
    ctx: Context, side: Side, need_id: int, match_id: int | None, reason: str, words: str, by: Actor, said_by: PostedBy = PostedBy.SELF
) -> None:
    """What this side of a match says of the other, or a resident of a request where nobody came yet. ``by`` is who says it, or the agent
    whom they have told. What is said again while it is open is one report."""
    now = ctx.now()
    with ctx.db.write() as session:
        need = session.get_one(Need, need_id, options=[joinedload(Need.person)])
        match = session.get_one(Match, match_id, options=[joinedload(Match.offer).joinedload(Offer.person)]) if match_id else None
        volunteer = match.offer.person if match else None
        reporter, about = (volunteer, need.person) if side is Side.VOLUNTEER else (need.person, volunteer)
        assert reporter is not None, "a volunteer reports about a match"
        session.refresh(reporter, with_for_update=True)  # Of two at once the second waits, and finds the first.
        if _said(session, reporter.id, need_id, match_id, reason, words, now):
            return
        task = open_task(session, TaskKind.REPORT, now, need=need, match=match)
        session.flush()
        assert task is not None
        incident = Incident(
            reason=reason, words=words, channel=by.channel, said_by=said_by, reporter_id=reporter.id, about_id=about.id if about else None,
            need_id=need.id, match_id=match_id, task_id=task.id, opened_at=now, apart=about is not None and reason not in HARMLESS,
        )  # fmt: skip
        session.add(incident)
        # The resident's own story is told by the events of the request: a volunteer's report is none of it.
        about_need = need.id if side is Side.RESIDENT else None
        record(session, "reported", now, by, need_id=about_need, match_id=match_id, task_id=task.id)
        session.flush()
        named, told = leads.to_tell(session, need.territory_id)
        page = ctx.links.page(f"/coordination/incidents/{incident.id}" if named else "/coordination/leads")
        for agent in told:
            tell(session, ctx, agent, SomethingReported(agent.first_name, page, named), now, once=f"incident:{incident.id}")
        if side is Side.RESIDENT and volunteer and reason not in HARMLESS:
            freeze(session, ctx, volunteer, need.territory_id, now)
        elif side is Side.VOLUNTEER and reason not in HARMLESS:
            _take_back_between(session, ctx, reporter.id, need.person_id, now)


def told_at(ctx: Context, reporter_id: int, match_id: int) -> datetime | None:
    """When somebody last reported of this match, as long as that is open."""
    which = Incident.reporter_id == reporter_id, Incident.match_id == match_id, Incident.state != IncidentState.CLOSED
    with ctx.db.read() as session:
        return session.scalar(select(Incident.opened_at).where(*which).order_by(Incident.id.desc()).limit(1))


def _said(session: Session, reporter_id: int, need_id: int, match_id: int | None, reason: str, words: str, now: datetime) -> bool:
    same = (
        Incident.reporter_id == reporter_id, Incident.need_id == need_id, Incident.match_id == match_id, Incident.reason == reason,
        Incident.state != IncidentState.CLOSED, Incident.opened_at > now - AGAIN,
    )  # fmt: skip
    return words in session.scalars(select(Incident.words).where(*same)).all()  # words lie sealed


def _take_back_between(session: Session, ctx: Context, volunteer_id: int, resident_id: int, now: datetime) -> None:
    """What this volunteer was asked for this resident and is not agreed: whoever is afraid of somebody is not asked for them any more."""
    pending = (
        select(Match.id)
        .join(Match.need)
        .join(Match.offer)
        .where(Offer.person_id == volunteer_id, Need.person_id == resident_id, Match.state.in_([MatchState.PROPOSED, MatchState.ACCEPTED]))
        .order_by(Match.need_id, Match.id)
    )
    for match_id in session.scalars(pending).all():
        end(session, ctx, lock_match(session, match_id), MatchState.CANCELLED, "frozen", now, SYSTEM)
