"""Changing to a new encryption key while everything runs: what lies under which key, and the way of all of it to the first one.

What is sealed and what is a blind index is known by the types of the columns. Sealed values go over in small transactions, each only if
nobody has changed it meanwhile; the indexes of an address go over in all tables at once, so that what is compared stays comparable.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    String,
    Table,
    bindparam,
    event,
    exists,
    false,
    func,
    or_,
    select,
    type_coerce,
    update,
)  # fmt: skip
from sqlalchemy.orm import Mapper

from app.context import Context
from app.crypto import Keyring, keyring
from app.db import Base
from app.models import Merge, Offer, Person
from notifications.tables import SEALED_AS, metadata, outbox
from notifications.types import BlindIndex, Sealed

BATCH = 200
GONE = "?"
"""Under a key that is not at hand."""
Step = Callable[[int], object]


def columns_of(kind: type[Sealed] | type[BlindIndex]) -> dict[Table, list[Column[str]]]:
    """The columns of a type, by table."""
    tables = (*Base.metadata.sorted_tables, *metadata.sorted_tables)
    found = {table: [column for column in table.columns if isinstance(column.type, kind)] for table in tables}
    return {table: columns for table, columns in found.items() if columns}


def standing(ctx: Context) -> dict[str, Counter[str]]:
    """How many sealed values (``sealed``) and blind indexes (``index``) lie under each key."""
    names, counted = ctx.keys.names, {name: Counter[str]() for name in (*ctx.keys.names, GONE)}
    with ctx.db.read() as session:
        for what, kind in (("sealed", Sealed), ("index", BlindIndex)):
            for table, columns in columns_of(kind).items():
                for column in columns:
                    raw = type_coerce(column, String)
                    of = [func.count().filter(raw.startswith(f"{name}.")) for name in names]
                    row = session.execute(select(*of, func.count().filter(raw.contains("."))).select_from(table)).one()
                    for name, number in zip(names, row, strict=False):
                        counted[name][what] += number
                    counted[GONE][what] += row[-1] - sum(row[:-1])
    return counted


def rotate(ctx: Context, step: Step) -> None:
    """Bring everything under the first key; stopped and started again it goes on where it was. ``step`` is told of each number done."""
    for contacts in _batches(_contacts(ctx)):
        with ctx.db.begin() as connection:
            step(move(connection, ctx.keys, contacts, ctx.now()))
    _rewrite_merges(ctx)
    for table, columns in columns_of(Sealed).items():
        _reseal(ctx, table, columns, step)


def current_index(connection: Connection, keys: Keyring, contact: str, now: datetime) -> str:
    """The blind index of an address under the key that writes; what there is of it under other keys goes over to it."""
    move(connection, keys, [contact], now)
    return keys.index(contact)


def move(connection: Connection, keys: Keyring, contacts: Iterable[str], now: datetime) -> int:
    """Give these addresses the index of the key that writes, in every table; the number of values changed. The matcher, which has the
    indexes of volunteers in memory, reads their offers again."""
    renamed = {old: keys.index(contact) for contact in contacts for old in keys.indexes(contact)[1:]}
    if not renamed:
        return 0
    done = 0
    for table, columns in columns_of(BlindIndex).items():
        for column in columns:
            there = connection.scalars(select(column).where(column.in_(list(renamed))).distinct()).all()
            if not there:
                continue
            change = update(table).where(column == bindparam("was"))
            if column.unique or column.primary_key:  # one that came in under the new key meanwhile counts
                other = table.alias()
                change = change.where(~exists().where(other.c[column.name] == bindparam("becomes")))
            rows = [{"was": old, "becomes": renamed[old]} for old in there]
            connection.execute(change.values({column.name: bindparam("becomes")}), rows)
            done += len(rows)
            if table is Person.__table__:
                theirs = select(Person.id).where(column.in_([row["becomes"] for row in rows]))
                connection.execute(update(Offer).where(Offer.person_id.in_(theirs)).values(changed_at=now))
    return done


@event.listens_for(Person, "before_insert")
@event.listens_for(Person, "before_update")
def _same_index(_mapper: Mapper[Person], connection: Connection, person: Person) -> None:
    """Whoever gives an address that others have here has the same index as they, while keys change."""
    keys = keyring()
    if len(keys.names) > 1:
        for name in ("email", "phone", "proconnect"):
            if contact := getattr(person, name):
                setattr(person, f"{name}_index", current_index(connection, keys, contact, person.changed_at))


def _contacts(ctx: Context) -> Iterator[str]:
    """Every address and number whose index may lie under another key, wherever it is still known."""
    last = 0
    stale = or_(*(_stale(ctx.keys, column) for column in columns_of(BlindIndex)[Person.__table__]))
    while True:
        with ctx.db.read() as session:
            known = select(Person.id, Person.email, Person.phone, Person.proconnect)
            people = session.execute(known.where(Person.id > last, stale).order_by(Person.id).limit(BATCH)).all()
            if not people:
                break
            last = people[-1].id
        yield from (contact for person in people for contact in person[1:] if contact)
    with ctx.db.read() as session:
        for text in session.scalars(select(Merge.undo)).all():
            yield from _contacts_of_merge(text)
        rows = session.scalars(select(outbox.c.recipient).where(_stale(ctx.keys, outbox.c.recipient_index))).all()
    yield from (json.loads(ctx.keys.unseal(recipient, SEALED_AS))["address"] for recipient in rows)


def _contacts_of_merge(undo: str) -> Iterator[str]:
    kept = json.loads(undo)
    known = (kept[part].get(name) for part in ("folded", "before", "after") for name in ("email", "phone"))
    yield from filter(None, known)


def _rewrite_merges(ctx: Context) -> None:
    """What takes a merge back has indexes in it."""
    with ctx.db.read() as session:
        ids = session.scalars(select(Merge.id)).all()
    for merge_id in ids:
        with ctx.db.write() as session:
            merge = session.get_one(Merge, merge_id, with_for_update=True)
            for contact in set(_contacts_of_merge(merge.undo)):
                for old in ctx.keys.indexes(contact)[1:]:
                    merge.undo = merge.undo.replace(old, ctx.keys.index(contact))


def _reseal(ctx: Context, table: Table, columns: Sequence[Column[str]], step: Step) -> None:
    (key,) = table.primary_key.columns
    raws = [type_coerce(column, String).label(column.name) for column in columns]
    stale = or_(*(_stale(ctx.keys, column) for column in columns))
    last = None
    while True:
        with ctx.db.read() as session:
            there = [] if last is None else [key > last]
            rows = session.execute(select(key.label("key"), *raws).where(stale, *there).order_by(key).limit(BATCH)).mappings().all()
        if not rows:
            return
        last = rows[-1]["key"]
        with ctx.db.begin() as connection:
            for column in columns:
                where: str = column.type.where  # type: ignore[attr-defined]
                old = [(row["key"], row[column.name]) for row in rows if row[column.name] and not ctx.keys.is_current(row[column.name])]
                if not old:
                    continue
                # Compared with what was read: what somebody has written meanwhile is newer, and under the new key.
                raw = type_coerce(column, String)
                change = update(table).where(key == bindparam("which"), raw == bindparam("was", type_=String))
                fresh = [{"which": i, "was": was, "becomes": ctx.keys.seal(ctx.keys.unseal(was, where), where)} for i, was in old]
                connection.execute(change.values({column.name: type_coerce(bindparam("becomes"), String)}), fresh)
                step(len(fresh))


def _stale(keys: Keyring, column: Column[str]) -> ColumnElement[bool]:
    """Under another key that is at hand."""
    raw = type_coerce(column, String)
    return or_(false(), *(raw.startswith(f"{name}.") for name in keys.names[1:]))


def _batches(contacts: Iterable[str]) -> Iterator[list[str]]:
    batch = list[str]()
    for contact in contacts:
        batch.append(contact)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch
