"""Who may be the same person: by phone, by e-mail, or by name and address as they sound.

Only who is in sight; nobody is merged by guessing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from rapidfuzz import fuzz, process
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.context import Context
from app.models import Alike, Merge, Need, NotSame, Offer, Person, Role
from app.services import finding
from app.services.alike import LIKE, any_alike
from app.services.events import Actor, record
from app.services.sight import Sight

SHOWN = 10
PAIRS = 50
MOST = 300
"""Names that are compared further: those of the likeliest."""


class Why(StrEnum):
    """In the order of how much it says."""

    PHONE = "phone"
    EMAIL = "email"
    ALIKE = "alike"


CONTACTS = ((Why.PHONE, Person.phone_index), (Why.EMAIL, Person.email_index))


@dataclass(frozen=True)
class Pair:
    """Two people who may be the same. ``one_id`` is who would be kept: an account before none, then the older."""

    one_id: int
    other_id: int
    why: tuple[Why, ...]


@dataclass(frozen=True)
class Folded:
    """Somebody who was merged into another; ``merge_id`` undoes it."""

    merge_id: int
    person_id: int
    at: datetime


def of(ctx: Context, sight: Sight, person_id: int) -> tuple[list[Pair], list[int]]:
    """Who may be the same as somebody, the likeliest first, ten at the most; and who in sight was said to be somebody else."""
    with ctx.db.read() as session:
        person = session.scalar(sight.find(Person, person_id))
        if person is None or person.merged_into_id is not None or person.role != Role.NONE:
            return [], []
        reasons: dict[int, list[Why]] = defaultdict(list)
        mine = [*filter(None, (person.phone_index, person.email_index))]
        same = or_(*(column.in_(mine) for _, column in CONTACTS))
        for other in session.scalars(select(Person).where(same, Person.id != person_id).order_by(Person.id).limit(PAIRS)):
            reasons[other.id] += [why for why, column in CONTACTS if getattr(other, column.key) in mine]
        for other in _alike(session, ctx, person_id):
            reasons[other].append(Why.ALIKE)
        refused = {i for pair in _told_apart(session, [person_id]) for i in pair} - {person_id}
        others = _people(session, sight, reasons.keys() | refused)
        pairs = [_pair(person, other, reasons[other.id]) for other in others if other.id not in refused]
        apart = sorted(other.id for other in others if other.id in refused)
    pairs = sorted(pairs, key=lambda pair: (-_weight(pair), pair.one_id, pair.other_id))[:SHOWN]
    return pairs, apart


def shared(ctx: Context, sight: Sight) -> list[Pair]:
    """People in sight who share a phone number or an e-mail address, or have like names at like addresses (as the worker found last); the
    likeliest first, then the newest, fifty pairs at the most."""
    with ctx.db.read() as session:
        reasons: dict[tuple[int, int], list[Why]] = defaultdict(list)
        people: dict[int, Person] = {}
        for why, column in CONTACTS:
            for group in _sharing(session, sight, column):
                first, *others = sorted(group, key=lambda person: (not person.account, person.id))
                people |= {person.id: person for person in group}
                for other in others:
                    reasons[first.id, other.id].append(why)
        alike = _kept(session, sight)
        people |= {person.id: person for person in _people(session, sight, {i for pair in alike for i in pair})}
        for pair in alike:
            if people.keys() >= set(pair):
                one, other = sorted(pair, key=lambda i: (not people[i].account, i))
                reasons[one, other].append(Why.ALIKE)
        apart = _told_apart(session, people)
        pairs = [
            _pair(people[one], people[other], why) for (one, other), why in reasons.items() if tuple(sorted((one, other))) not in apart
        ]
    return sorted(pairs, key=lambda pair: (-_weight(pair), -max(pair.one_id, pair.other_id)))[:PAIRS]


def say_different(ctx: Context, one_id: int, other_id: int, by: Actor) -> None:
    """These two are different people, and are not shown as a pair any more."""
    now, (low, high) = ctx.now(), sorted((one_id, other_id))
    with ctx.db.write() as session:
        session.get_one(Person, low, with_for_update=True)
        if session.scalar(select(NotSame.id).where(NotSame.one_id == low, NotSame.other_id == high)) is None:
            session.add(NotSame(one_id=low, other_id=high, by_id=by.person_id, at=now))
            for person_id in (low, high):
                record(session, "people_told_apart", now, by, person_id=person_id)


def say_perhaps(ctx: Context, one_id: int, other_id: int, by: Actor) -> None:
    """Who was said to be different may be the same after all, and is shown as a pair where there is reason to."""
    now, (low, high) = ctx.now(), sorted((one_id, other_id))
    with ctx.db.write() as session:
        session.get_one(Person, low, with_for_update=True)
        said = session.scalar(select(NotSame).where(NotSame.one_id == low, NotSame.other_id == high))
        if said is not None:
            session.delete(said)
            for person_id in (low, high):
                record(session, "people_perhaps_same", now, by, person_id=person_id)


def are_apart(ctx: Context, one_id: int, other_id: int) -> bool:
    """Whether somebody has said that these two are different people."""
    with ctx.db.read() as session:
        return tuple(sorted((one_id, other_id))) in _told_apart(session, [one_id])


def folded_into(ctx: Context, person_id: int) -> Sequence[Folded]:
    """Who was merged into somebody and still is, the newest first."""
    with ctx.db.read() as session:
        rows = session.execute(
            select(Merge.id, Merge.folded_id, Merge.at)
            .where(Merge.kept_id == person_id, Merge.undone_at.is_(None))
            .order_by(Merge.id.desc())
            .limit(PAIRS)
        )
        return [Folded(*row) for row in rows]


def last_address(ctx: Context, sight: Sight, person_id: int) -> str:
    """Of somebody's newest post in sight, the request before the offer. For whoever has just looked at the person."""
    with ctx.db.read() as session:
        for post in (Need, Offer):
            own = post.person_id == person_id, sight.inside(post.territory_id)
            if address := session.scalar(select(post.address).where(*own).order_by(post.id.desc()).limit(1)):
                return address
    return ""


def _alike(session: Session, ctx: Context, person_id: int) -> list[int]:
    """Whose name is like somebody's and whose address is too."""
    known = finding.follow(session, ctx)
    name = known.names.get(person_id, "")
    if len(name) < finding.SHORTEST:
        return []
    near = process.extract(name, known.names, scorer=fuzz.token_sort_ratio, score_cutoff=LIKE, limit=MOST)
    ids = {other for _, _, other in near} | {person_id}
    addresses: dict[int, list[str]] = defaultdict(list)
    for post, whose in list(known.owners.items()):
        if whose in ids and known.addresses[post]:
            addresses[whose].append(known.addresses[post])
    mine = addresses.pop(person_id, [])
    return [other for other in sorted(ids - {person_id}) if any_alike(mine, addresses[other])]


def _kept(session: Session, sight: Sight) -> list[tuple[int, int]]:
    """The newest pairs with like names and addresses of which both are in sight, without those who were told apart."""
    known = Person.role == Role.NONE, Person.merged_into_id.is_(None), sight.of_person()
    seen = [exists().where(Person.id == which, *known).correlate(Alike) for which in (Alike.one_id, Alike.other_id)]
    apart = exists().where(NotSame.one_id == Alike.one_id, NotSame.other_id == Alike.other_id)
    which = select(Alike.one_id, Alike.other_id).where(*seen, ~apart)
    return [(row.one_id, row.other_id) for row in session.execute(which.order_by(Alike.other_id.desc()).limit(PAIRS))]


def _people(session: Session, sight: Sight, ids: Iterable[int]) -> Sequence[Person]:
    wanted = Person.id.in_(list(ids)), Person.merged_into_id.is_(None), Person.role == Role.NONE
    return session.scalars(select(Person).where(*wanted, sight.of_person())).all()


def _sharing(session: Session, sight: Sight, column: InstrumentedAttribute[str | None]) -> Iterable[list[Person]]:
    # First what is there twice, by the index; only of those who is in sight.
    twice = select(column).where(column.is_not(None)).group_by(column).having(func.count() > 1)
    seen = Person.role == Role.NONE, Person.merged_into_id.is_(None), sight.of_person()
    newest = select(column).where(column.in_(twice), *seen).group_by(column).having(func.count() > 1).order_by(func.max(Person.id).desc())
    found = select(Person).where(column.in_(session.scalars(newest.limit(PAIRS)).all()), *seen).order_by(Person.id.desc())
    groups: dict[str | None, list[Person]] = defaultdict(list)
    for person in session.scalars(found.limit(MOST)):
        groups[getattr(person, column.key)].append(person)
    return [group for group in groups.values() if len(group) > 1]


def _told_apart(session: Session, ids: Iterable[int]) -> set[tuple[int, int]]:
    some = list(ids)
    rows = session.execute(select(NotSame.one_id, NotSame.other_id).where(or_(NotSame.one_id.in_(some), NotSame.other_id.in_(some))))
    return {(row.one_id, row.other_id) for row in rows}


def _pair(one: Person, other: Person, why: Iterable[Why]) -> Pair:
    first, second = sorted((one, other), key=lambda person: (not person.account, person.id))
    return Pair(first.id, second.id, tuple(why))


def _weight(pair: Pair) -> int:
    return sum({Why.PHONE: 2, Why.EMAIL: 2, Why.ALIKE: 3}[why] for why in pair.why)
