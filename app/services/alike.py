"""Who has a like name at a like address: found by the worker once an hour, and kept, so that a list of pairs costs a page nothing.

Names are compared only among people whose addresses have the same postcode and house number and whose names share an initial: of everybody
with everybody there are too many. What a slip hides there is still found on a person's own page (:mod:`app.services.duplicates`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

import numpy as np
from rapidfuzz import fuzz, process
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.context import Context
from app.models import Alike, Fact, Person, Role
from app.services import finding

LIKE = 85
"""How alike two names are, and two addresses, of 100."""
EVERY = timedelta(hours=1)
LARGEST = 500
"""People at one place with one initial; more are a hostel or a list without addresses, and say nothing."""
KEPT = 1000
"""Pairs, the newest people first."""
_MARK = "alike_looked_at"

Pair = tuple[int, int]


def look_due(ctx: Context) -> int:
    """Look for them again when it is time; never anything that somebody waits for, so always 0."""
    now = ctx.now()
    with ctx.db.read() as session:
        last = session.get(Fact, _MARK)
        if last and now - datetime.fromisoformat(last.value) < EVERY:
            return 0
        known = finding.follow(session, ctx)
        names, homes = dict(known.names), [(known.owners[post], address) for post, address in list(known.addresses.items())]
    found = sorted(pairs(names, homes), key=lambda pair: (-pair[1], -pair[0]))[:KEPT]
    with ctx.db.write() as session:
        session.merge(Fact(name=_MARK, value=now.isoformat()))
        _keep(session, found)
    return 0


def pairs(names: Mapping[int, str], homes: Iterable[tuple[int, str]]) -> set[Pair]:
    """The lower number first. Names and addresses are plain."""
    at: dict[int, set[str]] = defaultdict(set)
    blocks: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for person_id, address in homes:
        at[person_id].add(address)
        for initial in {word[0] for word in names.get(person_id, "").split()}:
            blocks[*_place(address), initial].add(person_id)
    found: set[Pair] = set()
    for block in blocks.values():
        if 1 < len(block) <= LARGEST:
            found |= {pair for pair in _like_names(sorted(block), names) if pair not in found and any_alike(at[pair[0]], at[pair[1]])}
    return found


def any_alike(some: Iterable[str], others: Iterable[str]) -> bool:
    there = list(others)
    return any(process.extractOne(address, there, scorer=fuzz.token_sort_ratio, score_cutoff=LIKE) for address in some)


def _place(address: str) -> tuple[str, str]:
    """Postcode and house number, as far as there are any."""
    postcode = re.search(r"\b[0-9]{5}\b", address)
    number = re.match(r"[0-9]{1,4}\b", address)
    return postcode[0] if postcode else "", number[0] if number else ""


def _like_names(people: list[int], names: Mapping[int, str]) -> Iterator[Pair]:
    said = [names[i] for i in people]
    likeness = process.cdist(said, said, scorer=fuzz.token_sort_ratio, score_cutoff=LIKE, dtype=np.uint8)
    for one, other in np.argwhere(np.triu(likeness, 1)):
        yield people[one], people[other]


def _keep(session: Session, found: Iterable[Pair]) -> None:
    """These rows and no others; nobody who is an agent, was merged or is gone."""
    wanted = set(found)
    ids = {i for pair in wanted for i in pair}
    living = Person.role == Role.NONE, Person.merged_into_id.is_(None)
    there = set(session.scalars(select(Person.id).where(Person.id.in_(ids), *living)))
    rows = {(row.one_id, row.other_id): row.id for row in session.scalars(select(Alike))}
    wanted = {pair for pair in wanted if there.issuperset(pair)}
    session.execute(delete(Alike).where(Alike.id.in_([row for pair, row in rows.items() if pair not in wanted])))
    session.add_all(Alike(one_id=one, other_id=other) for one, other in sorted(wanted - rows.keys()))
