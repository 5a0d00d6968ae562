"""Slowing down: attempts counted in the database, where all processes see them."""

import hashlib
import hmac
import threading
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil

import structlog
from sqlalchemy import delete, func, select

from app.context import Context
from app.errors import UserError
from app.models import Attempt

log = structlog.get_logger("adeuxpas.security")


@dataclass(frozen=True)
class Limit:
    """At most ``times`` in ``per``."""

    name: str
    times: int
    per: timedelta


SIGN_IN_HERE = Limit("sign-in-here", 8, timedelta(minutes=15))
"""Of one account from one address: whoever tries wrong passwords there keeps nobody out elsewhere."""
SIGN_IN_ACCOUNT = Limit("sign-in-account", 40, timedelta(minutes=15))
SIGN_IN_ADDRESS = Limit("sign-in-address", 60, timedelta(minutes=15))
"""Of those that were not right: a whole town hall may sign in behind one address."""
CODE_ACCOUNT = Limit("code-account", 10, timedelta(minutes=15))
"""Codes of a second factor, wherever they are typed: three of a million are right. And one's old password."""
PROVIDER_ADDRESS = Limit("provider-address", 300, timedelta(minutes=15))
"""Ways to the provider of sign-ins and back: each asks it something."""
SIGN_UP_ACCOUNT = Limit("sign-up-account", 3, timedelta(hours=1))
SIGN_UP_ADDRESS = Limit("sign-up-address", 90, timedelta(hours=1))
"""A day of signing up at the counter comes from one address."""
LINK_ADDRESS = Limit("link-address", 40, timedelta(hours=1))
LINK_ACCOUNT = Limit("link-account", 3, timedelta(hours=1))
POST_ADDRESS = Limit("post-address", 60, timedelta(hours=1))
POST_ACCOUNT = Limit("post-account", 5, timedelta(hours=1))
SEARCH_ADDRESS = Limit("search-address", 600, timedelta(minutes=10))
AGENT_LOOKS = Limit("agent-looks", 200, timedelta(hours=1))
AGENT_SEARCHES = Limit("agent-searches", 200, timedelta(hours=1))
AGENT_EXPORTS = Limit("agent-exports", 60, timedelta(hours=1))
"""Three times what a call every minute would take."""
AGENT_MAP = Limit("agent-map", 1200, timedelta(minutes=10))
"""Moves of the map, which shows public points alone."""
REPORT = Limit("report", 10, timedelta(hours=1))
AT_ONCE = 20
"""So many searches or moves of the map are one row."""
ONE_BY_ONE = 7_168_001
"""The number of PostgreSQL's lock for counting."""
LONGEST = timedelta(hours=1)
"""The longest of these times; what is older is deleted."""


class TooMany(UserError):
    """Too many tries; waiting helps."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__("Too many tries. Wait a few minutes, then try again.")
        self.retry_after_s = ceil(wait.total_seconds())


def spend(ctx: Context, tries: list[tuple[Limit, str]]) -> None:
    """Count one try under each limit for its subject (an address, an account). Raises :class:`TooMany` and then counts nothing."""
    now = ctx.now()
    with ctx.db.write() as session:
        if session.get_bind().dialect.name == "postgresql":  # tries at once would not see each other; SQLite writes one by one anyway
            session.execute(select(func.pg_advisory_xact_lock(ONE_BY_ONE)))
        session.execute(delete(Attempt).where(Attempt.at < now - LONGEST))
        for limit, subject in tries:
            key = _key(ctx, limit, subject)
            tries_so_far = select(func.count(), func.min(Attempt.at)).where(Attempt.key == key, Attempt.at > now - limit.per)
            spent, oldest = session.execute(tries_so_far).one()
            if spent >= limit.times:
                log.warning("throttled", limit=limit.name)
                raise TooMany(oldest + limit.per - now)
            session.add(Attempt(key=key, at=now))


def give_back(ctx: Context, limit: Limit, subject: str) -> None:
    """Forget the latest try of a subject, which has shown to be right; not those of others who share the subject with it."""
    with ctx.db.write() as session:
        latest = select(func.max(Attempt.id)).where(Attempt.key == _key(ctx, limit, subject)).scalar_subquery()
        session.execute(delete(Attempt).where(Attempt.id == latest))


def forgive(ctx: Context, limit: Limit, subject: str) -> None:
    """Forget the tries of a subject that has shown to be right."""
    with ctx.db.write() as session:
        session.execute(delete(Attempt).where(Attempt.key == _key(ctx, limit, subject)))


class Searches:
    """Tries that are too many for a row each: one in the database stands for :data:`AT_ONCE` of a process, so that all see them, and no
    more than that is let through beyond a limit by each."""

    def __init__(self) -> None:
        self._lock, self._since = threading.Lock(), datetime.min.replace(tzinfo=UTC)
        self._spent, self._until = Counter[str](), dict[str, datetime]()

    def spend(self, ctx: Context, limit: Limit, subject: str) -> None:
        """Count one. Raises :class:`TooMany`."""
        now = ctx.now()
        with self._lock:
            if now - self._since > limit.per:
                self._since, self._spent = now, Counter()
                self._until = {each: until for each, until in self._until.items() if until > now}
            if (until := self._until.get(subject, now)) > now:
                raise TooMany(until - now)
            self._spent[subject] += 1
            if self._spent[subject] % AT_ONCE != 1:
                return
        try:
            spend(ctx, [(replace(limit, times=limit.times // AT_ONCE), subject)])
        except TooMany as error:
            with self._lock:
                self._until[subject] = now + timedelta(seconds=error.retry_after_s)
                self._spent[subject] -= 1
            raise


def _key(ctx: Context, limit: Limit, subject: str) -> str:
    # Addresses of people are personal data: only a keyed hash of them is kept.
    return f"{limit.name}:{hmac.digest(ctx.links.secret, subject.strip().lower().encode(), hashlib.sha256).hex()[:32]}"
