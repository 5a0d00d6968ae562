"""What people see and what is kept when the machine fails: disk, database, clock. docs/operations.md says it in words.

The mail server's failures are in tests/integration/notifications/test_trouble.py and test_chaos.py, the geocoder's in
tests/functional/services/test_places.py, deaths of processes in tests/integration/test_killed.py.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, OperationalError

from app import create_app
from app.links import Purpose
from app.migrate import upgrade
from app.models import Match, Need, Visit
from app.services import matches, posting
from app.worker import BY_THE_CLOCK, Worker
from matching.lifecycle import NeedState
from tests import postgres
from tests.city import BY_LINK, City
from tests.databases import unavailable
from tests.invariants import all_hold
from tests.pages import Visitor

Told = Callable[[str], list[dict[str, Any]]]
OUR_SIDE = "Something went wrong on our side"


@contextmanager
def each_connection(city: City, statement: str) -> Iterator[None]:
    """All connections are under this ``statement`` meanwhile."""

    def say(connection: Any, *_: Any) -> None:
        connection.execute(statement)
        connection.commit()

    engine = city.ctx.db.engine
    engine.dispose()
    event.listen(engine, "connect", say)
    yield
    event.remove(engine, "connect", say)
    engine.dispose()


def asked(city: City) -> Match:
    """A match that waits for its volunteer's answer."""
    city.volunteer()
    need_id = city.need()
    city.match()
    return city.matches(need_id)[0]


class TestOnSqlite:
    @pytest.fixture
    def db_url(self, sqlite_url: str) -> str:
        return sqlite_url

    def test_a_full_disk_refuses_what_is_new_and_loses_nothing_that_was_acknowledged(self, city: City) -> None:
        asked(city)
        acknowledged = {need.id for need in city.all(Need)}
        (pages,) = city.raw("PRAGMA page_count")[0]
        with each_connection(city, f"PRAGMA max_page_count={pages + 8}"):
            with pytest.raises(OperationalError, match="full"):
                while len(acknowledged) < 500:
                    acknowledged.add(city.need())
            found = {need.id for need in city.all(Need)}
            assert acknowledged <= found, "what is there is read all the while"
            all_hold(city)
            web = create_app(context=city.ctx)
            assert Visitor(web).get("/").status == 200
            with suppress(OperationalError):
                Worker(city.ctx).tick()
        assert city.need() > max(found), "with room again it goes on"
        city.match()
        all_hold(city)


def test_a_read_only_database_shows_pages_and_says_that_nothing_was_changed(city: City, told: Told) -> None:
    match = asked(city)
    sqlite = city.ctx.db.engine.dialect.name == "sqlite"
    read_only = "PRAGMA query_only=ON" if sqlite else "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY"
    web = create_app(context=city.ctx)
    visitor = Visitor(web)
    yes = told("proposal_to_volunteer")[0]["yes_url"]
    with each_connection(city, read_only):
        page = visitor.get(yes)
        assert page.h1 == "Will you help?"
        refused = visitor.submit(page, "Yes, I will help", 500)
        assert refused.h1 == OUR_SIDE and "Try again" in refused.text
        assert city.one(Match, match.id).state == "proposed"
    page = visitor.submit(visitor.get(yes), "Yes, I will help")
    assert page.h1 == "Thank you for your yes"
    all_hold(city)


def test_a_database_that_goes_away_comes_back_without_anybody_s_doing(tmp_path: Path) -> None:
    try:
        postgres.programmes()
    except postgres.NoPostgres as problem:
        unavailable(str(problem))
    with postgres.OwnServer() as server:
        with psycopg.connect(server.url.format(name="postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE DATABASE city")
        upgrade(server.url.format(name="city"))
        city = City(server.url.format(name="city"), tmp_path)
        match = asked(city)
        web = create_app(context=city.ctx)
        visitor, worker = Visitor(web), Worker(city.ctx)
        yes = city.ctx.links.url(Purpose.VOLUNTEER_YES, match.id)
        page = visitor.get(yes)
        server.stop()
        assert visitor.submit(page, "Yes, I will help", 500).h1 == OUR_SIDE
        assert [visitor.browser.get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
        with pytest.raises(DBAPIError):
            worker.tick()
        server.start()
        assert visitor.browser.get("/readyz").status_code == 200
        assert visitor.submit(visitor.get(yes), "Yes, I will help").h1 == "Thank you for your yes"
        worker.tick()
        assert city.one(Match, match.id).state == "accepted"
        all_hold(city)
        city.ctx.db.close()


def agreed_and_waiting(city: City) -> tuple[int, int]:
    """One need whose two sides agreed on a visit, and one whose volunteer is asked."""
    for north_m in (0, 100):
        city.volunteer(north_m=north_m)
    first = city.need(share_contact=True)
    city.match()
    matches.volunteer_answers(city.ctx, city.matches(first)[0].id, True, BY_LINK)
    second = city.need(north_m=100)
    city.match()
    assert city.one(Need, first).state == NeedState.AGREED and city.one(Need, second).state == NeedState.ASKED
    return first, second


def work(city: City) -> None:
    for step in BY_THE_CLOCK:
        step(city.ctx)
    city.match()


class TestTheClock:
    @pytest.fixture
    def db_url(self, sqlite_url: str) -> str:
        """Nothing here depends on the kind of database."""
        return sqlite_url

    def test_a_month_ahead_ends_what_waited_and_brings_nothing_out_of_order(self, city: City) -> None:
        first, second = agreed_and_waiting(city)
        city.clock.advance(days=31)
        work(city)
        assert city.matches(second)[0].state == "expired"
        assert city.matches(first)[0].state == "agreed", "what was agreed stays"
        all_hold(city)
        city.clock.advance(days=-31)
        work(city)
        all_hold(city)
        assert city.need() and city.volunteer(north_m=200)
        work(city)
        all_hold(city)

    def test_an_hour_back_delays_and_repeats_nothing(self, city: City) -> None:
        _, second = agreed_and_waiting(city)
        told = city.mails()
        city.clock.advance(hours=-1)
        work(city)
        assert city.mails() == told
        city.volunteer(north_m=300)
        third = city.need(north_m=300)
        work(city)
        assert city.one(Need, third).state == NeedState.ASKED, "whoever comes in that hour is seen"
        matches.volunteer_answers(city.ctx, city.matches(second)[0].id, True, BY_LINK)
        all_hold(city)

    def test_a_link_signed_before_the_clock_was_put_back_works(self, city: City) -> None:
        with time_machine.travel(datetime.now(UTC) + timedelta(hours=1)):
            token = city.ctx.links.token(Purpose.MY_REQUEST, 7)
        assert city.ctx.links.read(Purpose.MY_REQUEST, token) == (7, "")

    def test_another_time_zone_moves_no_moment(self, city: City, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        first, second = agreed_and_waiting(city)
        before = [visit.at for visit in city.all(Visit)], [match.deadline_at for match in city.all(Match)]
        assert before[0] and any(before[1])
        monkeypatch.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        try:
            city.ctx = replace(city.ctx, settings=replace(city.ctx.settings, timezone="Indian/Reunion"))
            work(city)
            assert ([visit.at for visit in city.all(Visit)], [match.deadline_at for match in city.all(Match)]) == before
            matches.volunteer_answers(city.ctx, city.matches(second)[0].id, True, BY_LINK)
            posting.move_need(city.ctx, first, NeedState.WITHDRAWN, BY_LINK)
            work(city)
            all_hold(city)
        finally:
            del os.environ["TZ"]
            time.tzset()
