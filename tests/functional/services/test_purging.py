"""What is kept too long goes, by the table; a dry run says how much, and changes nothing."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from app import retention
from app.cli import group
from app.models import Attempt, Device, Event, Fact, Flag, Incident, IncidentEntry, IncidentOutcome, Need, Note, Offer, Person, Task
from app.retention import TABLE
from app.services import drafts, incidents, matches, posting, purging, reports
from app.services.events import Actor
from app.worker import Worker
from matching.lifecycle import NeedState, Side
from notifications.tables import outbox
from tests.city import KEYS, City

LASTS = {each.name: each for each in TABLE}


def go_on(city: City, name: str, **more: float) -> None:
    city.clock.advance(seconds=LASTS[name].lasts(city.ctx.settings).total_seconds(), **more)


def all_of_it(city: City) -> dict[str, int]:
    """What goes, and that a dry run says the same before and touches nothing."""
    said = purging.would_go(city.ctx)
    assert said == purging.would_go(city.ctx)
    done = purging.purge(city.ctx)
    assert done == said
    assert set(purging.would_go(city.ctx).values()) == {0}
    return {name: number for name, number in done.items() if number}


def test_the_table_has_its_purge_and_its_page() -> None:
    assert {each.name for each in TABLE} == {*purging.PEOPLE, *purging.ROWS, "messages"}
    assert (Path(__file__).parents[3] / "docs" / "retention.md").read_text() == retention.page()


def test_somebody_never_helped_goes_after_six_months_and_who_was_helped_after_two_years(city: City) -> None:
    offer_id, met = city.volunteer(), city.need(share_contact=True)
    city.match()
    [match] = city.matches(met)
    with city.ctx.db.write() as session:
        one = session.get_one(type(match), match.id)
        one.state, one.agreed_at, one.closed_at = "closed", city.clock(), city.clock()
        session.get_one(Need, met).state = NeedState.CLOSED
    unmet = city.need(category="pets")
    posting.move_need(city.ctx, unmet, NeedState.WITHDRAWN, Actor(city.one(Need, unmet).person_id))
    people = [city.one(kind, i).person_id for kind, i in ((Offer, offer_id), (Need, met), (Need, unmet))]
    go_on(city, "unmet", hours=-1)
    assert "unmet" not in all_of_it(city)
    city.clock.advance(hours=2)
    assert all_of_it(city)["unmet"] == 1
    assert [bool(city.one(Person, i).name) for i in people] == [True, True, False]
    go_on(city, "people", hours=-2 - 24 * 180 - 24 * 42)
    assert all_of_it(city) == {}
    city.clock.advance(hours=2)
    assert all_of_it(city) == {"asked": 1}
    city.clock.advance(days=42, hours=-2)
    assert "people" not in all_of_it(city)
    city.clock.advance(hours=2)
    assert all_of_it(city)["people"] == 2
    assert [event.reason for event in city.all(Event) if event.kind == "erased"] == ["time"] * 3


def test_a_word_of_theirs_or_a_call_is_contact_and_a_look_is_none(city: City) -> None:
    need_id = city.need()
    person_id = city.one(Need, need_id).person_id
    posting.move_need(city.ctx, need_id, NeedState.WITHDRAWN, Actor(person_id))
    city.clock.advance(days=100)
    with city.ctx.db.write() as session:
        session.add(Event(at=city.clock(), kind="call_tried", channel="phone", person_id=person_id))
        session.add(Event(at=city.clock(), kind="looked_at", channel="web", person_id=person_id))
    city.clock.advance(days=81)
    assert purging.would_go(city.ctx)["unmet"] == 1
    with city.ctx.db.write() as session:
        session.add(Event(at=city.clock(), kind="need_changed", channel="phone", need_id=need_id))
    assert purging.would_go(city.ctx)["unmet"] == 0


def test_what_stands_or_is_agreed_keeps_its_people(city: City) -> None:
    city.volunteer()
    weekly = city.need(share_contact=True, repeats=1)
    city.match()
    [match] = city.matches(weekly)
    matches.volunteer_answers(city.ctx, match.id, True, Actor())
    go_on(city, "people", days=1)
    assert purging.would_go(city.ctx)["people"] == 0


def test_rows_go_in_their_time(city: City) -> None:
    now = city.clock()
    need_id = city.need(contact="phone")
    city.volunteer()
    city.match()
    need, [match] = city.one(Need, need_id), city.matches(need_id)
    people = [person.id for person in city.all(Person)]
    reports.report(city.ctx, Side.RESIDENT, need_id, match.id, "absent", "the words", Actor(need.person_id))
    incidents.note(city.ctx, 1, "a note", Actor())
    incidents.close(city.ctx, 1, IncidentOutcome.SETTLED, None, "the end", Actor())
    drafts.save(city.ctx, None, "need", {})
    with city.ctx.db.write() as session:
        task = Task(kind="tell", words="what to say", created_at=now, due_at=now, closed_at=now, person_id=need.person_id)
        session.add(task)
        session.flush()
        texts = {"sender": "a@example.net", "subject": "s", "text": "t", "attachments": ""}
        session.add_all([Attempt(key="k", at=now), Device(key="k", person_id=need.person_id, at=now),
                         Flag(kind="declined", person_id=need.person_id, number=8, raised_at=now, looked_at=now),
                         Note(at=now, channel="mail", task_id=task.id, **texts)])  # fmt: skip
        session.execute(outbox.update().values(state="sent", sent_at=now))
    assert all_of_it(city) == {}
    gone: dict[str, float] = {}
    for days in (0.1, 1, 3, 31, 61, 91, 366, 729.9):
        city.clock.moment = now + timedelta(days=days)
        with city.ctx.db.write() as session:  # nobody is forgotten meanwhile
            session.add_all(Event(at=city.clock(), kind="need_changed", channel="link", actor_id=i, person_id=i) for i in people)
        gone |= dict.fromkeys(set(all_of_it(city)) - gone.keys(), days)
    city.clock.moment = now + timedelta(days=731)
    left = all_of_it(city)
    expected = {"attempts": 0.1, "drafts": 3, "devices": 31, "messages": 91, "tasks": 91, "notes": 366, "flags": 366}
    assert {name: days for name, days in gone.items() if name in expected} == expected
    assert left["incidents"] >= 2
    assert {entry.words for entry in city.all(IncidentEntry)} == {""} == {each.words for each in city.all(Incident)}
    assert {task.words for task in city.all(Task) if task.closed_at} == {""}
    with city.ctx.db.read() as session:
        assert set(session.scalars(select(outbox.c.payload))) == {""}


def test_the_worker_does_it_once_a_day_in_batches_and_says_how_much(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH", 2)
    worker, asked = Worker(city.ctx), []
    with city.ctx.db.write() as session:
        session.add_all(Attempt(key="k", at=city.clock()) for _ in range(5))
    city.clock.advance(hours=2)
    while more := purging.purge_due(city.ctx):
        asked.append(more)
    assert asked == [2, 2, 1]
    assert purging.last(city.ctx) == (city.clock().date().isoformat(), {"attempts": 5})
    with city.ctx.db.write() as session:
        session.add(Attempt(key="k", at=city.clock()))
    city.clock.advance(hours=3)
    worker.tick()
    assert len(city.all(Attempt)) == 1, "not twice a day"
    city.clock.advance(days=1)
    worker.tick()
    assert city.all(Attempt) == []
    assert json.loads(next(fact.value for fact in city.all(Fact) if fact.name == "retention_counts"))["counts"] == {"attempts": 1}


def test_the_command_counts_and_does(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = city.ctx.settings
    given: dict[str, Any] = {
        "DATABASE_URL": settings.resolved_database_url, "INSTANCE": settings.instance, "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40,
    }  # fmt: skip
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with city.ctx.db.write() as session:
        session.add(Attempt(key="k", at=city.clock() - timedelta(days=3000)))

    def run(*words: str) -> str:
        return CliRunner().invoke(group, ["retention", *words], standalone_mode=False, catch_exceptions=False).output

    said = run("--dry-run")
    assert "1  traces of tries" in said and "Nothing was changed." in said and "It has not been done yet." in said
    assert len(city.all(Attempt)) == 1
    assert "1  traces of tries" in run() and city.all(Attempt) == []
