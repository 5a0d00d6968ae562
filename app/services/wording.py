"""The city's own words: what stands now, what stood before, and how they are changed. What may be changed is in :mod:`app.city_words`."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from app.context import Context
from app.errors import UserError
from app.models import Person, Wording
from app.services.events import Actor

SHOWN = 50


class ChangedMeanwhile(UserError):
    """Somebody else has changed these words since they were read; reading them again helps."""

    def __init__(self) -> None:
        super().__init__("Somebody else has changed these words meanwhile. Read them as they stand now, then change them again.")


@dataclass(frozen=True)
class Words:
    """All own words. ``mark`` is the newest row's id; ``texts`` are what differs from what is delivered, by language and key; ``rows`` the
    id of each key's newest row in any language."""

    mark: int
    texts: dict[str, dict[str, str]]
    rows: dict[str, int]

    def version(self, delivered: str, keys: Iterable[str]) -> str:
        """The version of a text that is made of ``keys``: as delivered, or with the id of the newest of its changes: ``2026-3+12``."""
        newest = max((self.rows.get(key, 0) for key in keys), default=0)
        return f"{delivered}+{newest}" if newest else delivered


_lock = threading.Lock()
_held: dict[str, Words] = {}


def words(ctx: Context) -> Words:
    """The words as they are now. Rows are never changed, so that the newest id says whether there is anything to read."""
    with ctx.db.read() as session:
        mark = session.scalar(select(func.max(Wording.id))) or 0
        url = str(ctx.db.engine.url)
        with _lock:
            if url not in _held or _held[url].mark != mark:
                _held[url] = _read(session, mark)
            return _held[url]


def _read(session: Session, mark: int) -> Words:
    newest = select(func.max(Wording.id)).where(Wording.id <= mark).group_by(Wording.key, Wording.language)
    texts, ids = dict[str, dict[str, str]](), dict[str, int]()
    for row in session.execute(select(Wording.id, Wording.key, Wording.language, Wording.text).where(Wording.id.in_(newest))):
        ids[row.key] = max(row.id, ids.get(row.key, 0))
        if row.text is not None:
            texts.setdefault(row.language, {})[row.key] = row.text
    return Words(mark, texts, ids)


def change(ctx: Context, key: str, language: str, text: str | None, seen: int, actor: Actor) -> None:
    """``text`` stands from now on; ``None`` is as delivered. ``seen`` is the id of the newest row that was read, 0 for none.

    Raises :class:`ChangedMeanwhile`.
    """
    with ctx.db.write() as session:
        before = session.execute(_rows(key, language).limit(1)).first()
        if (before.id if before else 0) != seen:
            raise ChangedMeanwhile
        if text != (before.text if before else None):
            session.add(Wording(key=key, language=language, text=text, changed_at=ctx.now(), changed_by_id=actor.person_id))


def history(ctx: Context, key: str, language: str) -> Sequence[Row[*tuple[Any, ...]]]:
    """``id``, ``text``, ``changed_at`` and ``name`` of who changed it, newest first: those that are shown, and the one before them."""
    with ctx.db.read() as session:
        return session.execute(_rows(key, language).limit(SHOWN + 1)).all()


def _rows(key: str, language: str) -> Select[*tuple[Any, ...]]:
    rows = select(Wording.id, Wording.text, Wording.changed_at, Person.name).outerjoin(Person, Person.id == Wording.changed_by_id)
    return rows.where(Wording.key == key, Wording.language == language).order_by(Wording.id.desc())
