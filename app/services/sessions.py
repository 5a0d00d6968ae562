"""Where people are signed in (decision 27): each sign-in is a row, found by the hash of a token that only its browser has."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.context import Context
from app.models import STAFF, Channel, Person, SignIn
from app.services.events import Actor, record

log = structlog.get_logger("adeuxpas.security")

EVERY = timedelta(minutes=1)
"""How often use is written down at most."""
VOLUNTEER_LONGEST = timedelta(days=180)
HALF_WAY = timedelta(minutes=15)
"""To find the phone."""
KEPT = timedelta(days=2)
"""Ended ones, longer than any link lasts that signs in."""
BROWSERS = {
    "Edg": "Edge", "OPR/": "Opera", "SamsungBrowser": "Samsung Internet", "Firefox": "Firefox", "FxiOS": "Firefox", "Chrome": "Chrome",
    "CriOS": "Chrome", "Safari": "Safari",
}  # fmt: skip
SYSTEMS = {
    "Windows": "Windows", "iPhone": "iPhone", "iPad": "iPad", "Android": "Android", "Mac OS": "Mac", "CrOS": "Chromebook", "Linux": "Linux",
}  # fmt: skip
"""What a browser says of itself, in the order in which it tells one from another, and how people call it."""


def begin(ctx: Context, person: Person, agent: str, *, proven: bool = False, id_token: str = "") -> str:
    """Sign somebody in; the token for their browser, which calls itself ``agent``. An agent is only half-way in until it is ``proven``
    by the second factor that it is them. ``id_token`` is the provider's, where one signed them in."""
    with ctx.db.write() as session:
        return add(session, ctx, person, agent, proven=proven, id_token=id_token)


def add(session: Session, ctx: Context, person: Person, agent: str, *, proven: bool = False, id_token: str = "") -> str:
    """The same, in a transaction that is under way."""
    token, now = secrets.token_urlsafe(32), ctx.now()
    made = SignIn(key=_key(token), person_id=person.id, begun_at=now, seen_at=now, device=device_words(agent))
    made.second_factor_at, made.id_token = now if proven else None, id_token
    made.ends_at = now + HALF_WAY if half_way(made, person) else _end(ctx, person, now, now)
    session.add(made)
    if half_way(made, person):
        log.info("password_right", person=person.id)
    else:
        log.info("sign_in", person=person.id)
        if person.role in STAFF:
            record(session, "signed_in", now, Actor(person.id, Channel.WEB), person_id=person.id)
    return token


def half_way(here: SignIn, person: Person) -> bool:
    """Whether the password alone has been given where that is not enough."""
    return person.role in STAFF and here.second_factor_at is None


def find(ctx: Context, token: str) -> tuple[SignIn, Person] | None:
    """The sign-in that has not ended, and whose it is."""
    which = select(SignIn, Person).join(Person, Person.id == SignIn.person_id)
    with ctx.db.read() as session:
        row = session.execute(which.where(SignIn.key == _key(token), SignIn.ends_at > ctx.now(), Person.account)).one_or_none()
    return (row[0], row[1]) if row else None


def use(ctx: Context, here: SignIn, person: Person) -> None:
    """It is in use."""
    now = ctx.now()
    if now - here.seen_at < EVERY:
        return
    with ctx.db.write() as session:
        still = update(SignIn).where(SignIn.id == here.id, SignIn.ends_at > now)
        session.execute(still.values(seen_at=now, ends_at=_end(ctx, person, here.begun_at, now)))


def prove(ctx: Context, here: SignIn) -> None:
    """The second factor was shown once more."""
    with ctx.db.write() as session:
        session.execute(update(SignIn).where(SignIn.id == here.id).values(second_factor_at=ctx.now()))


def listed(ctx: Context, person_id: int) -> Sequence[SignIn]:
    """Where somebody is signed in, the latest used first."""
    with ctx.db.read() as session:
        alive = select(SignIn).where(SignIn.person_id == person_id, SignIn.ends_at > ctx.now())
        return session.scalars(alive.order_by(SignIn.seen_at.desc(), SignIn.id.desc())).all()


def end(ctx: Context, person_id: int, sign_in_id: int) -> bool:
    """One of somebody's own; whether it was one, and had not ended."""
    with ctx.db.write() as session:
        ended = _end_now(session, ctx.now(), SignIn.person_id == person_id, SignIn.id == sign_in_id)
    if ended:
        log.info("session_ended", person=person_id)
    return ended > 0


def end_all(session: Session, person_id: int, now: datetime, but: int | None = None) -> None:
    """Wherever somebody is signed in: from its next request on each is out, ``but`` the one at which they sit."""
    _end_now(session, now, SignIn.person_id == person_id, SignIn.id != (but or 0))
    log.info("sessions_ended", person=person_id)


def end_everywhere(ctx: Context, person_id: int) -> None:
    with ctx.db.write() as session:
        end_all(session, person_id, ctx.now())


def delete_ended(ctx: Context) -> int:
    """Those that ended a while ago; how many."""
    old = SignIn.ends_at < ctx.now() - KEPT
    with ctx.db.read() as session:
        ids = session.scalars(select(SignIn.id).where(old).limit(500)).all()
    if ids:
        with ctx.db.write() as session:
            session.execute(delete(SignIn).where(SignIn.id.in_(ids), old))
    return len(ids)


def device_words(agent: str) -> str:
    """What somebody would call their browser and machine: ``Firefox, Windows``; empty where it says neither."""
    named = [next((words for part, words in each.items() if part in agent), "") for each in (BROWSERS, SYSTEMS)]
    return ", ".join(filter(None, named))


def _end_now(session: Session, now: datetime, *which: object) -> int:
    standing = update(SignIn).where(*which, SignIn.ends_at > now)  # type: ignore[arg-type]
    return session.execute(standing.values(ends_at=now, id_token="")).rowcount  # type: ignore[attr-defined,no-any-return]


def _end(ctx: Context, person: Person, begun_at: datetime, used_at: datetime) -> datetime:
    """When it ends if it is not used again."""
    s = ctx.settings
    if person.role in STAFF:
        longest, idle = timedelta(hours=s.agent_hours), timedelta(minutes=s.agent_idle_minutes)
    else:
        longest, idle = VOLUNTEER_LONGEST, timedelta(days=s.volunteer_idle_days)
    return min(begun_at + longest, used_at + idle)


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
