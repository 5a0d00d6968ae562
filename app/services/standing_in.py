"""Somebody else for one day: a need of its own for a visit that the volunteer leaves out, matched as any other."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Match, Need, Offer, Visit
from app.services.ending import end_matches_of
from app.services.events import SYSTEM, Actor, record
from app.services.moves import lock_need, lock_visit, move
from app.services.posting import open_need
from app.services.telling import tell
from app.services.visits import replaceable
from app.week import DAYS, add, spell
from matching.hours import parse_hours
from matching.lifecycle import MatchState, NeedState
from matching.model import Urgency
from matching.slots import A_DAY, VISIT
from notifications.messages import NeedClosed

SOON = timedelta(days=2)
"""A visit within so long is urgent."""
COPIED = (
    "territory_id", "exact_point", "public_lon", "public_lat", "approximate", "address", "languages", "mode", "posted_by", "category",
    "details", "moderation", "share_contact", "on_behalf_name", "on_behalf_phone", "call", "school_level",
)  # fmt: skip
"""What is the same that day. The public point too: one drawn anew around the same home would tell more of where it is."""


def look_for(ctx: Context, visit_id: int, by: Actor) -> int | None:
    """Look for somebody else for a visit that the volunteer leaves out; the id of the need, the same one when asked twice. ``None`` where
    it is too late or the visit takes place."""
    now = ctx.now()
    with ctx.db.write() as session:
        visit = lock_visit(session, visit_id)
        if visit.stand_in_id is not None:
            return visit.stand_in_id
        if not replaceable(visit, now) or visit.match.state != MatchState.AGREED:
            return None
        old = visit.match.need
        need = Need(
            **{name: getattr(old, name) for name in COPIED}, person=old.person, helpers_needed=1, repeats=0, wanted_at=visit.at,
            availability=_hours(ctx, old, visit.at), urgency=Urgency.URGENT if visit.at < now + SOON else Urgency.NORMAL,
            channel=by.channel, posted_at=now, created_at=now, changed_at=now, state=NeedState.UNCONFIRMED,
        )  # fmt: skip
        session.add(need)
        session.flush()
        visit.stand_in_id = need.id
        record(session, "need_posted", now, by, need_id=need.id, person_id=old.person_id)
        record(session, "stand_in_wanted", now, by, match_id=visit.match_id, need_id=old.id)
        open_need(session, ctx, need, now, by, told=False)
        return need.id


def _hours(ctx: Context, need: Need, at: datetime) -> str:
    """The hours of that weekday that suit the resident while people are awake, with the hour of the visit."""
    zone, waking = ctx.settings.zone, ctx.settings.waking_hours
    local = at.astimezone(zone)
    day = local.weekday()
    week = [0] * len(DAYS)
    awake = range(waking.start.hour * 4 + waking.start.minute // 15, waking.end.hour * 4 + waking.end.minute // 15)
    for quarter in awake:
        if parse_hours(need.availability) >> day * A_DAY + quarter & 1:
            add(week, day, (quarter * 15, quarter * 15 + 15))
    start = local.hour * 60 + local.minute
    add(week, day, (start, start + int(VISIT.total_seconds()) // 60))
    return spell(week)


def barred(session: Session, needs: Collection[int]) -> dict[int, set[int]]:
    """By need: the offers of the volunteer for whom somebody is to stand in."""
    theirs = aliased(Offer)
    rows = session.execute(
        select(Visit.stand_in_id, Offer.id)
        .join(Match, Match.id == Visit.match_id)
        .join(theirs, theirs.id == Match.offer_id)
        .join(Offer, Offer.person_id == theirs.person_id)
        .where(Visit.stand_in_id.in_(needs))
    )
    found = defaultdict[int, set[int]](set)
    for need_id, offer_id in rows:
        found[need_id].add(offer_id)
    return found


def expire_due(ctx: Context, limit: int = 200) -> int:
    """End the needs whose one moment has come without anybody; how many."""
    now = ctx.now()
    waits = Need.state.in_([NeedState.OPEN, NeedState.ASKED, NeedState.PAUSED])
    with ctx.db.read() as session:
        ids = session.scalars(select(Need.id).where(Need.wanted_at <= now, waits).order_by(Need.wanted_at).limit(limit)).all()
    for need_id in ids:
        with ctx.db.write() as session:
            need = lock_need(session, need_id)
            if need is None or need.state not in (NeedState.OPEN, NeedState.ASKED, NeedState.PAUSED):
                continue
            move(session, need, NeedState.EXPIRED, now, SYSTEM, "not_needed")
            need.next_try_at = None
            end_matches_of(session, ctx, now, SYSTEM, "withdrawn", need=need)
            tell(session, ctx, need.person, NeedClosed(need.person.first_name, need.category, "expired"), now, need=need)
    return len(ids)
