"""What happened around one thing: its matches, events and messages, the newest first, :data:`SHOWN` of each at a time."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Row, case, or_, select, union
from sqlalchemy.orm import Session

from app.models import Event, Match, Need, Offer, Person, Role, Territory
from app.services.telling import about_words
from matching.lifecycle import LIVE
from notifications import outbox
from notifications.outbox import Told

Rows = Sequence[Row[*tuple[Any, ...]]]
SHOWN = 50
MOST_MATCHES = 200
"""The latest that are looked through for a thing's events."""
ECHOES = ("need_asked", "need_agreed", "need_closed")
"""Moves of a need that only follow its matches', which the timeline tells already."""


@dataclass(frozen=True)
class History:
    """``matches``, ``events`` and ``messages`` up to a moment, each message with the person it went to; ``earlier`` is the moment up to
    which to read on, ``None`` where nothing is left out."""

    matches: Rows
    events: Rows
    messages: Sequence[Told]
    earlier: datetime | None


def history(
    session: Session, which: Iterable[ColumnElement[bool]], readers: Collection[int], about: list[str], matches: Rows = (), *,
    before: datetime | None = None,
) -> History:  # fmt: skip
    """Events of which any of ``which`` is true, those of ``matches`` that began, and messages to ``readers`` about ``about`` or about
    matches that began or still run; up to ``before`` where it is given."""
    began = [match for match in matches if before is None or match.proposed_at <= before][: SHOWN + 1]
    run = [match for match in matches if match.state in LIVE]
    events = _events(session, which, before)
    messages = outbox.told(session.connection(), readers, list({*about, *about_matches([*began, *run])}), SHOWN + 1, before)
    left_out = [one.proposed_at for one in began[SHOWN:]] + [one.at for one in events[SHOWN:]]
    left_out += [one.created_at for one in messages[SHOWN:]]
    return History(began[:SHOWN], events[:SHOWN], messages[:SHOWN], max(left_out, default=None))


def matches_of(session: Session, *which: ColumnElement[bool]) -> Rows:
    return session.execute(
        select(
            Match.id, Match.need_id, Match.offer_id, Match.state, Match.outcome, Match.mode, Match.distance_m, Match.proposed_at,
            Match.deadline_at, Need.category, Need.person_id.label("resident_id"), Offer.person_id.label("volunteer_id"),
            Territory.name.label("quartier"),
        )
        .join(Match.need)
        .join(Match.offer)
        .outerjoin(Territory, Territory.id == Need.territory_id)
        .where(*which)
        .order_by(Match.proposed_at.desc(), Match.id.desc())
        .limit(MOST_MATCHES)
    ).all()  # fmt: skip


def about_matches(matches: Rows) -> list[str]:
    """All that a message to either side of these matches may say that it is about."""
    return [
        about_words(person_id, match_id=match.id, need_id=need_id, offer_id=offer_id)
        for match in matches
        for person_id, need_id, offer_id in product(
            (match.resident_id, match.volunteer_id), (match.need_id, None), (match.offer_id, None)
        )
    ]  # fmt: skip


def _events(session: Session, which: Iterable[ColumnElement[bool]], before: datetime | None) -> Rows:
    told = [Event.kind.not_in(ECHOES), or_(Event.kind != "need_open", Event.reason != "free")]
    told += [Event.at <= before] if before else []
    # Each by its index and worked out first: else all events there are would be gone through, from the latest on.
    each = union(*(select(Event.id, Event.at).where(one, *told) for one in which)).cte("each").prefix_with("MATERIALIZED").c
    latest = select(each.id).order_by(each.at.desc(), each.id.desc()).limit(SHOWN + 1)
    agent = case((Person.role != Role.NONE, Person.name), else_=None).label("agent")
    return session.execute(
        select(Event.at, Event.kind, Event.channel, Event.reason, Event.actor_id, Event.match_id, Event.task_id, Event.offer_id, agent)
        .outerjoin(Person, Person.id == Event.actor_id)
        .where(Event.id.in_(latest))
        .order_by(Event.at.desc(), Event.id.desc())
    ).all()
