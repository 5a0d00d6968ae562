"""Finding somebody who calls: by phone number or e-mail exactly, by name or address as one hears it.

Names and addresses are sealed in the database. This process keeps them in memory, bare of accents and signs, from the first search on,
and follows what changes; whoever asks is given only what is in their sight.
"""

import re
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA
from sqlalchemy import Row, Select, func, or_, select
from sqlalchemy.orm import Session

from app.contacts import normal_email, normal_phone
from app.context import Context
from app.models import Event, Match, Need, Offer, Person, Territory
from app.services import throttle, watching
from app.services.events import Actor, just_now, record
from app.services.lists import NOT_OVER
from app.services.people import identities
from app.services.sight import Sight
from app.services.streets import plain
from matching.lifecycle import LIVE, OfferState

SHOWN = 10
MATCHES = 50
LIKE = 84
"""How alike two names are to be found, of 100."""
LESS_LIKE = 8
"""Whoever is so much less alike than the likeliest is somebody else."""
TITLES = frozenset(["m", "mr", "mme", "mlle", "dr", "monsieur", "madame", "mademoiselle", "docteur", "mrs", "ms", "miss"])
BATCH = 500
OVERLAP = timedelta(minutes=1)
"""How far each look reaches back, so that a transaction that committed late is seen."""
SHORTEST = 3


@dataclass
class _Known:
    """What is in memory of one database: a text by person for names, and by post for addresses; whose a post is. ``run_on`` has names
    as :func:`_run_on` does, as written and with the last word first."""

    names: dict[int, str] = field(default_factory=dict)
    run_on: dict[tuple[int, bool], str] = field(default_factory=dict)
    addresses: dict[tuple[str, int], str] = field(default_factory=dict)
    owners: dict[tuple[str, int], int] = field(default_factory=dict)
    seen_to: datetime | None = None


@dataclass(frozen=True)
class Found:
    """Somebody who may be the caller. ``posts`` are the newest of theirs in sight: kind (need or offer), id, kinds of help, state,
    quartier. ``matches`` wait for an answer of theirs, or are agreed: id, kind of help, state."""

    id: int
    name: str
    posts: Sequence[tuple[str, int, Sequence[str], str, str]]
    matches: Sequence[tuple[int, str, str]]


_lock = threading.Lock()
_known: dict[str, _Known] = {}


def find(ctx: Context, sight: Sight, said: str, by: Actor) -> list[Found]:
    """Who it may be, the likeliest first, ten at the most; whose name was seen is written down, once a moment, not what
    was searched for. Raises ``TooMany``."""
    watching.spend(ctx, throttle.AGENT_SEARCHES, by)
    with ctx.db.read() as session:
        ids = _by_contact(session, ctx, said)
        if ids is None:
            ids = _by_words(follow(session, ctx), _untitled(plain(said)))
        people = _in_sight(session, sight, ids)
        first_of = {person.id: group[0].id for group in people for person in group}
        posts, matches = _posts(session, sight, first_of), _matches(session, sight, first_of)
        seen = just_now("found", ctx.now(), by), Event.person_id.in_([first.id for first, *_ in people])
        new = {first.id for first, *_ in people}.difference(session.scalars(select(Event.person_id).where(*seen)))
    if new:
        with ctx.db.write() as session:
            for person_id in sorted(new):
                record(session, "found", ctx.now(), by, reason="call", person_id=person_id)
    return [Found(first.id, first.name, posts.get(first.id, ()), matches.get(first.id, ())) for first, *_ in people]


def same_request(ctx: Context, sight: Sight, category: str, contacts: Iterable[str | None]) -> int | None:
    """A request under way for the same kind of help by somebody with one of these numbers or addresses (normalised)."""
    indexes = [index for contact in contacts if contact for index in ctx.keys.indexes(contact)]
    whose = or_(Person.phone_index.in_(indexes), Person.email_index.in_(indexes))
    under_way = Need.category == category, Need.state.in_(NOT_OVER[Need]), sight.inside(Need.territory_id)
    with ctx.db.read() as session:
        return session.scalar(select(Need.id).join(Need.person).where(whose, *under_way).order_by(Need.id.desc()).limit(1))


def chosen(ctx: Context, sight: Sight, person_id: int | None) -> int | None:
    """Whom an agent chose among those found, if they are in sight."""
    with ctx.db.read() as session:
        person = session.scalar(sight.find(Person, person_id)) if person_id else None
        return person and person.id


def last_post(ctx: Context, sight: Sight, person_id: int) -> Need | Offer | None:
    """The newest request in sight of somebody, or of who is the same, with its address; where there is none, the newest offer."""
    with ctx.db.read() as session:
        names = identities(session.get_one(Person, person_id))
        same = or_(Person.id == person_id, Person.phone_index.in_(names), Person.email_index.in_(names))
        for kind in (Need, Offer):
            newest = select(kind).join(kind.person).where(same, sight.inside(kind.territory_id)).order_by(kind.id.desc()).limit(1)
            if (post := session.scalar(newest)) is not None:
                return post
    return None


def _by_contact(session: Session, ctx: Context, said: str) -> list[int] | None:
    """Whose phone number or address it is, the newest first; ``None`` when it is neither."""
    for normal, column in ((normal_phone, Person.phone_index), (normal_email, Person.email_index)):
        try:
            indexes = ctx.keys.indexes(normal(said.strip()))
        except ValueError:
            continue
        whose = select(func.coalesce(Person.merged_into_id, Person.id)).where(column.in_(indexes))
        return list(dict.fromkeys(session.scalars(whose.order_by(Person.id.desc()).limit(BATCH))))
    return None


def _by_words(known: _Known, said: str) -> list[int]:
    """Whose name or address is like what was heard, the likeliest first."""
    if len(said) < SHORTEST:
        return []
    alike: dict[int, float] = {}
    for texts, owner in ((known.names, None), (known.addresses, known.owners)):
        for _, likeness, key in process.extract(said, texts, scorer=fuzz.WRatio, score_cutoff=LIKE, limit=None):
            person_id = owner[key] if owner else key
            alike[person_id] = max(alike.get(person_id, 0), likeness)
    for _, likeness, (person_id, _) in process.extract(_run_on(said), known.run_on, scorer=fuzz.ratio, score_cutoff=LIKE, limit=None):
        alike[person_id] = max(alike.get(person_id, 0), likeness)
    if " " not in said:
        alike = _by_one_word(known, said) | alike
    worst = max(alike.values(), default=0) - LESS_LIKE
    return sorted((i for i, likeness in alike.items() if likeness >= worst), key=lambda i: (-alike[i], -i))


def _untitled(said: str) -> str:
    """Without what one says before a name.

    >>> _untitled("madame belkacem")
    'belkacem'
    """
    return " ".join(word for word in said.split() if word not in TITLES) or said


def _run_on(name: str) -> str:
    """Without spaces, and each letter once where it is doubled: neither is heard.

    >>> _run_on("anne le mannec")
    'anelemanec'
    """
    return re.sub(r"(.)\1+", r"\1", name.replace(" ", ""))


def _by_one_word(known: _Known, said: str) -> dict[int, float]:
    """Whose name has a word that is this one but for a letter: of a name alone, one letter is too much of a difference above."""
    words = {word for name in known.names.values() for word in name.split()}
    close = {word for word, *_ in process.extract(said, words, scorer=OSA.distance, score_cutoff=1, limit=None)}
    return {i: LIKE for i, name in known.names.items() if not close.isdisjoint(name.split())} if close else {}


def _in_sight(session: Session, sight: Sight, ids: Sequence[int]) -> list[list[Person]]:
    """The first of these people who are in sight, together with those who are the same: somebody without account is a person of its own
    for each request."""
    groups: list[list[Person]] = []
    same: dict[str, list[Person]] = {}
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        rows = {person.id: person for person in session.scalars(select(Person).where(Person.id.in_(some), sight.of_person()))}
        for person in (rows[i] for i in some if i in rows):
            names = identities(person)
            group = next((same[name] for name in names if name in same), None)
            if group is None and len(groups) < SHOWN:
                groups.append(group := [])
            if group is not None:
                group.append(person)
                same |= dict.fromkeys(names, group)
        if len(groups) == SHOWN:
            break
    return groups


def _stands(row: Any) -> str:
    """A post's state; an offer whose volunteer is not approved is not asked for anything yet."""
    return "unapproved" if row.state == OfferState.ACTIVE and row.approved_at is None else row.state


def _posts(session: Session, sight: Sight, people: Mapping[int, int]) -> Mapping[int, list[tuple[str, int, Sequence[str], str, str]]]:
    """By the first of those who are the same; ``people`` says who that is."""
    posts: dict[int, list[tuple[str, int, Sequence[str], str, str]]] = {}
    for name, kind, what in (("need", Need, Need.category), ("offer", Offer, Offer.categories)):
        rows = session.execute(
            select(kind.id, kind.person_id, what.label("what"), kind.state, Person.approved_at, Territory.name.label("quartier"))
            .join(Person, Person.id == kind.person_id)
            .outerjoin(Territory, Territory.id == kind.territory_id)
            .where(kind.person_id.in_(people), sight.inside(kind.territory_id))
            .order_by(kind.id.desc())
            .limit(BATCH)
        )
        for row in rows:
            categories = [row.what] if isinstance(row.what, str) else row.what
            posts.setdefault(people[row.person_id], []).append((name, row.id, categories, _stands(row), row.quartier or ""))
    return posts


def _matches(session: Session, sight: Sight, people: Mapping[int, int]) -> Mapping[int, list[tuple[int, str, str]]]:
    """Live ones of either side, the newest first, by the first of those who are the same."""
    whose = or_(Need.person_id.in_(people), Offer.person_id.in_(people))
    rows = session.execute(
        select(Match.id, Need.category, Match.state, Need.person_id.label("resident"), Offer.person_id.label("volunteer"))
        .join(Match.need)
        .join(Match.offer)
        .where(whose, Match.state.in_(LIVE), sight.of_match())
        .order_by(Match.id.desc())
        .limit(MATCHES)
    )
    matches: dict[int, list[tuple[int, str, str]]] = {}
    for row in rows:
        for first in {people[i] for i in (row.resident, row.volunteer) if i in people}:
            matches.setdefault(first, []).append((row.id, row.category, row.state))
    return matches


def follow(session: Session, ctx: Context) -> _Known:
    """What is in memory, brought up to the database."""
    with _lock:
        known = _known.setdefault(str(ctx.db.engine.url), _Known())
        since, now = known.seen_to, ctx.now()
        for row in _changed(session, select(Person.id, Person.name), Person, since):
            known.names[row.id] = name = plain(row.name)
            *before, last = name.split() or [""]
            known.run_on[row.id, False], known.run_on[row.id, True] = _run_on(name), _run_on(" ".join((last, *before)))
        for name, kind in (("need", Need), ("offer", Offer)):
            for row in _changed(session, select(kind.id, kind.person_id, kind.address), kind, since):
                known.addresses[name, row.id], known.owners[name, row.id] = plain(row.address), row.person_id
        known.seen_to = now
        return known


def forget(ctx: Context) -> None:
    """Nothing of somebody who was erased is left in this process; others follow at their next search."""
    if str(ctx.db.engine.url) in _known:
        with ctx.db.read() as session:
            follow(session, ctx)


def _changed(session: Session, rows: Select[Any], kind: type[Person | Need | Offer], since: datetime | None) -> Iterable[Row[Any]]:
    return session.execute(rows if since is None else rows.where(kind.changed_at > since - OVERLAP))
