"""Patterns that a safeguarding lead should know of, looked for once a day. A flag blocks nobody: it says what was seen, and a person looks.

Each pattern is one statement that the database groups, for the worst :data:`MOST` of them.
"""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, Select, delete, func, literal, or_, select, update
from sqlalchemy.orm import Session, aliased

from app.context import Context
from app.models import Device, Fact, Flag, Match, Need, Offer, Person, Territory
from app.services.events import Actor
from app.services.sight import Sight
from matching.lifecycle import MatchState

MOST = 100
GROWN = 1.5
"""What was looked at is raised again once there is half as much more of it."""
LOOKED = "flags_looked_for"
OFFLINE = ("phone", "letter")
"""Residents reached in these ways are those who would hardly be heard: nothing else is known of who lives alone."""


@dataclass(frozen=True)
class Pattern:
    """``rows``: columns person_id, key, number. ``days``: over what time; ``None`` where it does not matter when."""

    kind: str
    rows: Select[Any]
    days: int | None


def patterns(ctx: Context) -> list[Pattern]:
    s, now = ctx.settings, ctx.now()
    since = now - timedelta(days=s.flag_days)
    resident = aliased(Person)
    residents, volunteers = func.count(func.distinct(Need.person_id)), func.count(func.distinct(Offer.person_id))
    devices = func.count(func.distinct(Device.person_id))
    nothing = literal("").label("key")
    of_volunteer = select(Offer.person_id, nothing, residents.label("number")).select_from(Match).join(Match.need).join(Match.offer)
    of_resident = select(Need.person_id, nothing, volunteers.label("number")).select_from(Match).join(Match.need).join(Match.offer)
    cancelled = select(Offer.person_id, nothing, func.count(Match.id).label("number")).select_from(Match).join(Match.offer)
    accounts = select(func.min(Person.id).label("person_id"), Person.phone_index.label("key"), func.count(Person.id).label("number"))
    made = select(func.min(Device.person_id).label("person_id"), Device.key, devices.label("number"))
    return [
        Pattern("isolated", of_volunteer.join(resident, resident.id == Need.person_id)
                .where(Match.agreed_at > since, resident.contact.in_(OFFLINE))
                .group_by(Offer.person_id).having(residents >= s.flag_isolated), s.flag_days),
        Pattern("cancels", cancelled.where(Match.reason == "backed_out", Match.closed_at > since)
                .group_by(Offer.person_id).having(func.count(Match.id) >= s.flag_cancels), s.flag_days),
        Pattern("declined", of_resident.where(Match.state == MatchState.DECLINED, Match.reason == "volunteer", Match.proposed_at > since)
                .group_by(Need.person_id).having(volunteers >= s.flag_declines), s.flag_days),
        Pattern("phone", accounts.where(Person.account, Person.phone_index.is_not(None))
                .group_by(Person.phone_index).having(func.count(Person.id) >= s.flag_accounts), None),
        Pattern("device", made.where(Device.at > now - timedelta(days=s.flag_device_days))
                .group_by(Device.key).having(devices >= s.flag_accounts), s.flag_device_days),
    ]  # fmt: skip


def look_due(ctx: Context) -> int:
    """Look for patterns if nobody has today; how many flags were raised."""
    now = ctx.now()
    today = now.astimezone(ctx.settings.zone).date().isoformat()
    with ctx.db.read() as session:
        if session.scalar(select(Fact.value).where(Fact.name == LOOKED)) == today:
            return 0
    with ctx.db.write() as session:
        session.merge(Fact(name=LOOKED, value=today))
        session.execute(delete(Device).where(Device.at <= now - timedelta(days=ctx.settings.flag_device_days)))
        return sum(_raise(session, ctx, pattern) for pattern in patterns(ctx))


def _raise(session: Session, ctx: Context, pattern: Pattern) -> int:
    worst = pattern.rows.order_by(pattern.rows.selected_columns.number.desc()).limit(MOST)
    rows = session.execute(worst).all()
    subjects = or_(Flag.person_id.in_([row.person_id for row in rows]), Flag.key.in_([row.key for row in rows if row.key]))
    before = select(Flag).where(Flag.kind == pattern.kind, subjects).order_by(Flag.id)
    last = {flag.key or flag.person_id: flag for flag in session.scalars(before)}
    raised = 0
    for row in rows:
        flag = last.get(row.key or row.person_id)
        if flag is not None and row.number < GROWN * flag.number:
            continue
        raised += 1
        if flag is not None and flag.looked_at is None:
            flag.number, flag.raised_at = row.number, ctx.now()
            continue
        session.add(Flag(
            kind=pattern.kind, person_id=row.person_id, key=row.key, number=row.number, days=pattern.days, raised_at=ctx.now(),
            territory_id=_lives(session, row.person_id),
        ))  # fmt: skip
    return raised


def _lives(session: Session, person_id: int) -> int | None:
    posts = (select(func.max(post.territory_id)).where(post.person_id == person_id) for post in (Offer, Need))
    return next((territory for post in posts if (territory := session.scalar(post)) is not None), None)


def standing(ctx: Context, sight: Sight) -> Sequence[Row[*tuple[Any, ...]]]:
    """Those that nobody has looked at, the latest first. Columns: id, kind, person_id, key, number, days, raised_at, quartier."""
    with ctx.db.read() as session:
        return session.execute(
            select(Flag.id, Flag.kind, Flag.person_id, Flag.key, Flag.number, Flag.days, Flag.raised_at, Territory.name.label("quartier"))
            .outerjoin(Territory, Territory.id == Flag.territory_id)
            .where(Flag.looked_at.is_(None), sight.inside(Flag.territory_id))
            .order_by(Flag.raised_at.desc(), Flag.id.desc())
            .limit(MOST)
        ).all()


def who_share(ctx: Context, keys: Collection[str]) -> Mapping[str, Sequence[int]]:
    """The people of the accounts behind each phone and each device, as far as it is still known."""
    found: dict[str, list[int]] = defaultdict(list)
    if not keys:
        return found
    of_phone = select(Person.phone_index, Person.id).where(Person.account, Person.phone_index.in_(keys)).order_by(Person.id)
    of_device = select(Device.key, Device.person_id).where(Device.key.in_(keys)).distinct().order_by(Device.person_id)
    with ctx.db.read() as session:
        for rows in (of_phone, of_device):
            for key, person_id in session.execute(rows.limit(MOST)):
                found[key].append(person_id)
    return found


def may_read(ctx: Context, sight: Sight, flag_id: int) -> bool:
    with ctx.db.read() as session:
        return session.scalar(select(Flag.id).where(Flag.id == flag_id, sight.inside(Flag.territory_id))) is not None


def looked_at(ctx: Context, flag_id: int, by: Actor) -> None:
    """Somebody has looked, whose name stays with it."""
    with ctx.db.write() as session:
        still = update(Flag).where(Flag.id == flag_id, Flag.looked_at.is_(None))
        session.execute(still.values(looked_at=ctx.now(), looked_by_id=by.person_id))


def seen_device(ctx: Context, session: Session, person_id: int, device: str) -> None:
    """An account was made from ``device``, of which only a keyed hash is kept, and that only for some days."""
    key = hmac.digest(ctx.links.secret, f"device:{device}".encode(), hashlib.sha256).hex()
    session.add(Device(key=key, person_id=person_id, at=ctx.now()))
