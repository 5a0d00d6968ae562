"""A real service under load, killed with all its processes at any moment and started again; and what must then be there."""

import http.client
import os
import random
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
from sqlalchemy.exc import OperationalError

from app.links import Purpose
from app.migrate import upgrade
from app.models import Attempt, Event, Match, Need, Person
from app.services.matching import warm_up
from tests.asking import SENT, answer
from tests.city import KEYS, City
from tests.invariants import all_hold
from tests.pages import Visitor
from tests.postgres import OwnServer
from tests.programme import Running, eventually, free_port
from tests.routes import web_without_city

SERVE = (sys.executable, "-m", "app.cli", "serve", "--with-worker")
THANKS = "Thank you for your yes"
READS_S = 2.1
"""For so long a resident looks at the answers; whoever sends them sooner falls into a trap of :mod:`app.traps`."""
TROUBLE = (OSError, http.client.HTTPException, OperationalError)
"""What a browser meets where the server is gone, and we where the database is."""


def environment(city: City, folder: Path) -> dict[str, str]:
    """The settings of the service."""
    return {
        "DEMO": "0", "DATABASE_URL": city.ctx.settings.resolved_database_url, "INSTANCE": str(folder), "ENCRYPTION_KEYS": KEYS,
        "SECRET_KEY": "s" * 40, "LOG_LEVEL": "error", "WEB_PROCESSES": "2", "APPROVE_VOLUNTEERS": "at_once",
    }  # fmt: skip


@dataclass
class Acknowledged:
    """What a page has said is done. ``took_s``: how long each request took that was answered; ``lost`` how many were not."""

    emails: list[str] = field(default_factory=list)
    matches: list[int] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)
    lost: int = 0
    refused: int = 0


class Browser:
    """As much of a test client as :class:`tests.pages.Visitor` asks for, over the network."""

    def __init__(self, port: int, seen: Acknowledged) -> None:
        self._root, self._seen = f"http://127.0.0.1:{port}", seen
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._opener.addheaders = [("Accept-Language", "en")]

    def open(self, path: str, method: str, data: dict[str, Any] | None = None, **_: Any) -> Any:
        body = urllib.parse.urlencode(data or {}, doseq=True).encode() if method == "POST" else None
        began = time.perf_counter()
        try:
            with self._opener.open(self._root + path, body, timeout=30) as answer:
                status, url, text = answer.status, answer.url, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                status, url, text = answer.code, answer.url, answer.read().decode()
        except TROUBLE:
            self._seen.lost += 1
            raise
        self._seen.took_s.append(time.perf_counter() - began)
        self._seen.refused += status >= 500
        path = urllib.parse.urlsplit(url).path
        return SimpleNamespace(text=text, status_code=status, request=SimpleNamespace(path=path, full_path=path))


class Load:
    """Residents who post through the form and volunteers who say yes by their link, as fast as they are answered."""

    def __init__(self, city: City, port: int, seen: Acknowledged) -> None:
        self.city, self.port, self.seen = city, port, seen
        self.ends, self._web = threading.Event(), web_without_city()
        self._threads = [threading.Thread(target=self._go, args=(step,)) for step in (self._post, self._answer)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ends.set()
        for thread in self._threads:
            thread.join()

    def _go(self, step: Any) -> None:
        while not self.ends.is_set():
            try:
                step()
            except TROUBLE:
                self.ends.wait(0.05)

    def _visitor(self) -> Visitor:
        visitor = Visitor(self._web)
        visitor.browser = Browser(self.port, self.seen)  # type: ignore[assignment]
        return visitor

    def _post(self) -> None:
        email = f"k{random.getrandbits(60)}@example.net"
        visitor = self._visitor()
        page = answer(visitor, email=email)
        self.ends.wait(READS_S)
        if visitor.submit(page, "Send my request", None).h1 == SENT:
            self.seen.emails.append(email)

    def _answer(self) -> None:
        waiting = self.city.all(Match, state="proposed")
        if not waiting:
            self.ends.wait(0.05)
            return
        match, visitor = random.choice(waiting), self._visitor()
        page = visitor.get(Purpose.VOLUNTEER_YES.path.format(self.city.ctx.links.token(Purpose.VOLUNTEER_YES, match.id)))
        if "Yes, I will help" in page.buttons and visitor.submit(page, "Yes, I will help").h1 == THANKS:
            self.seen.matches.append(match.id)


@contextmanager
def on_sqlite(folder: Path) -> Iterator[tuple[str, None]]:
    yield f"sqlite:///{folder / 'city.db'}", None


@contextmanager
def on_postgresql(_folder: Path) -> Iterator[tuple[str, OwnServer]]:
    with OwnServer() as server:
        with psycopg.connect(server.url.format(name="postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE DATABASE city")
        yield server.url.format(name="city"), server


DATABASES = {"SQLite": on_sqlite, "PostgreSQL": on_postgresql}
"""As a city has them, safe against a lost machine: the URL, and the server's processes where there are any."""


def kill_everything(database: str, folder: Path, kills: int, most: int) -> Acknowledged:
    """Do it to a new city and check what is left."""
    with DATABASES[database](folder) as (url, server):
        upgrade(url)
        city = City(url, folder)
        city.clock.moment = datetime.now(UTC) - timedelta(hours=1)
        settings = {**os.environ, **environment(city, folder)}
        seen = kill_again_and_again(city, folder, settings, kills, most, server)
        subprocess.run([sys.executable, "-m", "app.cli", "worker", "--until-quiet"], env=settings, check=True)
        check(city, seen)
        city.ctx.db.close()
        return seen


def kill_again_and_again(
    city: City, folder: Path, settings: dict[str, str], kills: int, most: int, server: OwnServer | None
) -> Acknowledged:
    """Kill all processes so often, the database's too, each time after up to ``most`` acknowledged answers more and a post."""
    seen = Acknowledged()
    warm_up()  # what is compiled is kept for all processes
    for _ in range(kills):
        for _ in range(most):
            city.volunteer(north_m=random.uniform(-300, 300))
            city.need(north_m=random.uniform(-300, 300))
        with city.ctx.db.write() as session:  # all the load comes from one address
            session.query(Attempt).delete()
        posts, answers, port = len(seen.emails), len(seen.matches) + random.randrange(most), free_port()

        def enough(posts: int = posts, answers: int = answers) -> bool:
            return len(seen.emails) > posts and len(seen.matches) > answers

        with Load(city, port, seen) as load:
            with Running(folder, port, SERVE, settings) as service:
                service.wait_until_it_says("Mail goes to")
                assert eventually(enough, 120), "the service takes nothing"
                service.kill()
                if server:
                    server.kill()
            load.ends.set()
        if server:
            server.start()
    return seen


def check(city: City, seen: Acknowledged) -> None:
    """Each acknowledged post and answer is there with its event, and what always holds does."""
    people = {person.email: person.id for person in city.all(Person)}
    assert [email for email in seen.emails if email not in people] == []
    needs = {need.person_id: need.id for need in city.all(Need)}
    events = {(event.kind, event.need_id, event.match_id) for event in city.all(Event)}
    posted, said_yes = {need for kind, need, _ in events if kind == "need_posted"}, {m for kind, _, m in events if kind == "match_accepted"}
    assert {needs[people[email]] for email in seen.emails} <= posted
    assert set(seen.matches) <= said_yes
    assert {match.id for match in city.all(Match) if match.id in seen.matches and match.state not in ("accepted", "agreed")} == set()
    all_hold(city)
