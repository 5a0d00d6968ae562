"""The trail: sealed in order, refused to be changed, and where somebody changes it all the same, found."""

import random
import sqlite3
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DatabaseError, IntegrityError

from app.models import Channel, Event, EventSeal, Territory
from app.services import audit, matches, territory_removal
from app.services.audit import Sealer, verify
from app.services.events import Actor, record
from app.worker import Worker
from tests.city import BY_LINK, City


@pytest.fixture
def sealed(city: City) -> City:
    city.volunteer()
    need = city.need()
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(need)[0].id, True, BY_LINK)
    with city.ctx.db.write() as session:
        for number in range(6):
            record(session, "role_given", city.clock(), Actor(1, Channel.WEB), person_id=1, reason=f"r{number}")
    Sealer().seal_due(city.ctx)
    return city


def by_force(city: City, *statements: str) -> None:
    """As somebody does who holds the database: not stopped by what it refuses."""
    url = city.ctx.db.engine.url
    if url.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(url.database))) as connection:
            for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
            connection.commit()
        return
    with city.ctx.db.begin() as connection:
        for statement in ("SET LOCAL session_replication_role = replica", *statements):
            connection.execute(text(statement))


def test_each_chain_holds_what_is_about_its_territory(sealed: City) -> None:
    trail = verify(sealed.ctx)
    assert not trail.broken and not trail.waiting
    assert trail.sealed == len(sealed.all(Event)) == sum(head.number for head in trail.heads)
    assert {head.chain: head.number for head in trail.heads}[0] >= 6
    of_need = [event.id for event in sealed.all(Event) if event.need_id]
    assert of_need and {sealed.one(EventSeal, i).chain for i in of_need} == {sealed.quartier_id}


def test_the_database_refuses_to_change_or_delete_what_happened(sealed: City) -> None:
    for table, change in (("event", "reason = 'x'"), ("event", "territory_id = NULL, kind = 'x'"), ("event_seal", "number = number + 9")):
        for statement in (f"UPDATE {table} SET {change}", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="append-only"), sealed.ctx.db.begin() as connection:
                connection.execute(text(statement))
    if sealed.ctx.db.engine.dialect.name == "postgresql":
        with pytest.raises(DatabaseError, match="append-only"), sealed.ctx.db.begin() as connection:
            connection.execute(text("TRUNCATE event CASCADE"))


CHANGES = {
    "is not what": ["UPDATE event SET reason = 'other' WHERE id = {id}"],
    "has lost": ["DELETE FROM event WHERE id = {id}"],
    "is gone": ["DELETE FROM event_seal WHERE event_id = {id}", "DELETE FROM event WHERE id = {id}"],
    "does not follow": [
        "UPDATE event_seal SET number = -1 WHERE event_id = {id}", "UPDATE event_seal SET number = number - 1 WHERE event_id = {next}",
        "UPDATE event_seal SET number = {number} + 1 WHERE event_id = {id}",
    ],
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_removed_or_reordered_record_is_named(sealed: City, what: str) -> None:
    first, second = (event.id for event in sealed.all(Event) if event.reason in ("r2", "r3"))
    number = sealed.one(EventSeal, first).number
    by_force(sealed, *(statement.format(id=first, next=second, number=number) for statement in CHANGES[what]))
    (broken,) = verify(sealed.ctx).broken
    assert (broken.chain, broken.number) == (0, number) and what in broken.what
    assert broken.event_id in ({"is gone": {None}, "does not follow": {second}}.get(what) or {first})


def test_what_is_cut_off_at_the_end_is_found_by_the_head_that_was_kept(sealed: City) -> None:
    kept = verify(sealed.ctx).heads
    assert not verify(sealed.ctx, kept).broken
    last = max(event.id for event in sealed.all(Event) if event.kind == "role_given")
    by_force(sealed, f"DELETE FROM event_seal WHERE event_id = {last}", f"DELETE FROM event WHERE id = {last}")
    assert not verify(sealed.ctx).broken
    (broken,) = verify(sealed.ctx, kept).broken
    assert (broken.chain, broken.what) == (0, "is gone, with all after it")


def test_a_territory_that_is_removed_breaks_nothing(sealed: City) -> None:
    city = sealed
    with city.ctx.db.write() as session:
        whole = session.get_one(Territory, city.quartier_id)
        part = Territory(name="Bellecour", kind="quartier", settings={}, shape=whole.shape, changed_at=city.clock(), parent_id=whole.id)
        session.add(part)
        session.flush()
        for reason in (None, "Bellecour"):
            record(session, "territory_given", city.clock(), Actor(1), person_id=1, territory_id=part.id, reason=reason)
    Sealer().seal_due(city.ctx)
    assert territory_removal.remove(city.ctx, part.id, Actor(1))
    assert [event.reason for event in city.all(Event) if event.kind == "territory_given"] == ["Bellecour", "Bellecour"]
    assert not verify(city.ctx).broken
    by_force(city, "UPDATE event SET actor_id = NULL WHERE kind = 'territory_given'")
    assert [broken.number for broken in verify(city.ctx).broken] == [1]


def test_a_number_given_early_and_committed_late_is_sealed(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    """On PostgreSQL the order of numbers is not that in which transactions end."""
    monkeypatch.setattr(audit, "BATCH", 3)
    sealer, rng = Sealer(), random.Random(7)
    numbers = list(range(100, 160))
    while numbers:
        with city.ctx.db.write() as session:
            for number in [numbers.pop(rng.randrange(min(8, len(numbers)))) for _ in range(min(4, len(numbers)))]:
                row = {"id": number, "at": city.clock(), "kind": "looked_at", "channel": "web"}
                session.execute(insert(Event).values(row))
        city.clock.advance(minutes=10)
        while sealer.seal_due(city.ctx):
            pass
    trail = verify(city.ctx)
    assert (trail.sealed, trail.waiting, trail.broken) == (60, 0, [])


def test_two_sealers_at_once_make_one_chain(sealed: City, monkeypatch: pytest.MonkeyPatch) -> None:
    with sealed.ctx.db.write() as session:
        record(session, "looked_at", sealed.clock(), Actor(1), person_id=1)
    real = Sealer._advance

    def another(sealer: Sealer, *given: Any) -> None:
        monkeypatch.setattr(Sealer, "_advance", real)
        Worker(sealed.ctx).seal()  # between the other one's look and its writing
        real(sealer, *given)

    monkeypatch.setattr(Sealer, "_advance", another)
    with pytest.raises(IntegrityError):
        Sealer().seal_due(sealed.ctx)
    trail = verify(sealed.ctx)
    assert (trail.sealed, trail.broken) == (len(sealed.all(Event)), [])


def test_what_no_worker_sealed_is_counted(city: City) -> None:
    city.volunteer()
    city.clock.advance(hours=2)
    assert verify(city.ctx).waiting == len(city.all(Event)) > 0
