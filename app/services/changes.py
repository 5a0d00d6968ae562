"""Whether anything has happened: one mark for the whole database, so cheap that every open page may ask each second."""

import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from app.context import Context
from app.models import Event, Presence, Task, Territory
from app.services.sharing import PRESENT

TAIL = 50
"""So many of the newest rows: one that was committed late, with a lower number, is seen too."""
FRESH_S = 0.5
"""How old a mark may be that is asked for by many."""
MOST_KEPT = 500


@dataclass
class _Kept:
    at: str = ""
    value: Any = None
    reading: threading.Lock = field(default_factory=threading.Lock)


_lock = threading.Lock()
_marks: dict[str, tuple[float, str]] = {}
_kept: OrderedDict[Hashable, _Kept] = OrderedDict()


def mark(ctx: Context, *, fresh: bool) -> str:
    """Differs when anything has happened, when a task has become overdue, when agents have come to a task's page or left it, or outlines
    were changed. ``fresh``: as of now, and not of half a second ago."""
    url = str(ctx.db.engine.url)
    at, known = _marks.get(url, (0.0, ""))
    if fresh or not known or time.monotonic() - at > FRESH_S:
        at, known = time.monotonic(), _read(ctx)
        _marks[url] = at, known
    return known


def kept(key: Hashable, now: str, read: Callable[[], Any], *, fresh: bool) -> Any:
    """What was read at the mark ``now`` for any page that shows the same; ``key`` says what, of which database and in whose sight.
    ``fresh``: it is read whatever the mark says."""
    with _lock:
        entry = _kept.setdefault(key, _Kept())
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    if fresh or entry.at != now:
        with entry.reading:  # of many who wait for the same only the first reads
            if fresh or entry.at != now:
                entry.value, entry.at = read(), now
            return entry.value
    return entry.value


def _read(ctx: Context) -> str:
    """In one query. Of the tails and of whoever is there the sums differ when any of them does."""
    now = ctx.now()
    newest = [select(kind.id).order_by(kind.id.desc()).limit(TAIL).subquery().c.id for kind in (Event, Task)]
    there = Presence.seen_at > now - PRESENT
    sums = [func.count(), func.sum(Presence.task_id), func.sum(Presence.person_id), func.max(Presence.since)]
    asked = [
        *(select(figure(ids)).scalar_subquery() for ids in newest for figure in (func.sum, func.max)),
        *(select(figure).select_from(Presence).where(there).scalar_subquery() for figure in sums),
        *(select(figure).scalar_subquery() for figure in (func.count(Territory.id), func.max(Territory.changed_at))),
        select(func.max(Task.due_at)).where(Task.closed_at.is_(None), Task.due_at <= now).scalar_subquery(),
    ]
    with ctx.db.read() as session:
        seen = tuple(session.execute(select(*asked)).one())
    return hashlib.sha256(repr((seen, now.date())).encode()).hexdigest()[:16]
