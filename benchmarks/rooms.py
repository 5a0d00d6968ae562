"""How long the server takes for coordinators' pages in a city as large as they come (:mod:`benchmarks.volume`), on SQLite and PostgreSQL:
``python -m benchmarks.rooms``.

Each address is asked for fifteen times by a coordinator of the whole city and by one of a district. The run fails when a page does not
come, when a list does not say how many rows there are (counted over again without the pages' own conditions), when a page takes more
than 150 ms at the median (what the map draws: 200), or more than so many queries. Figures are kept for some minutes; what it takes to
count them anew stands beside.
"""

import re
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from flask import Flask
from sqlalchemy import event, text
from werkzeug.test import Client

from app import create_app
from app.context import Context
from app.crypto import Keyring, use_keyring
from app.db import Database
from app.links import Links
from app.models import Role
from app.permissions import GRANTS, LEAD, declared
from app.services import counting
from app.services.lists import MOST
from benchmarks.volume import DISTRICT, EVERYTHING, LONG, PASSWORD, fill
from config.settings import load
from tests.city import KEYS
from tests.databases import Databases
from tests.pages import Visitor
from tests.routes import QUERIES, is_step, rules

TIMES, MOST_QUERIES = 15, 30
LONGEST_MS = {"geojson": 200}
"""By endpoint, else 150."""
HERS = GRANTS[Role.COORDINATOR] | {LEAD}
"""The pages that are measured are a coordinator's."""
LAST = "page=999999"
FILTERS = {
    "tasks": ("", LAST, "state=closed", f"state=closed&{LAST}", "kind=nobody&category=shopping&urgency=urgent", "whose=mine"),
    "needs": ("", LAST, "state=under_way", f"state=under_way&{LAST}", "state=open&category=pets&urgency=urgent", "territory=3"),
    "offers": ("", LAST, "state=active", "category=pets", "territory=3&category=pets"),
    "matches": ("", LAST, "state=under_way", f"state=declined&{LAST}", "state=agreed&category=pets&urgency=urgent", "territory=3"),
    "messages": ("", "pile=sent", f"pile=sent&{LAST}", "pile=held", f"pile=unwanted&{LAST}"),
    "map": ("", "show=needs&state=under_way", "bbox=4.75,45.7,4.8,45.74"),
    "geojson": ("bbox=4.7,45.64,4.94,45.88&zoom=12", "bbox=4.75,45.7,4.8,45.74&zoom=14"),
    "figures": ("", "territory=3"),
}
"""What stands after the question mark; of the other pages nothing does."""
IN_DISTRICT = "territory_id IN (SELECT id FROM territory WHERE id = 2 OR parent_id = 2) OR territory_id IS NULL"
ROWS = {
    "needs": ("SELECT count(*) FROM need", f"SELECT count(*) FROM need WHERE {IN_DISTRICT}"),
    "offers": ("SELECT count(*) FROM offer", f"SELECT count(*) FROM offer WHERE {IN_DISTRICT}"),
    "matches": ("SELECT count(*) FROM match", f"SELECT count(*) FROM match WHERE need_id IN (SELECT id FROM need WHERE {IN_DISTRICT})"
                f" OR offer_id IN (SELECT id FROM offer WHERE {IN_DISTRICT})"),
}  # fmt: skip


@dataclass(frozen=True)
class Taken:
    database: str
    who: str
    endpoint: str
    address: str
    ms: float
    p95: float
    queries: int
    size: int
    anew: bool = False
    """Figures that nobody has asked for in the last minutes: said, and not held against the page."""

    @property
    def too_much(self) -> bool:
        return (self.ms > LONGEST_MS.get(self.endpoint, 150) and not self.anew) or self.queries > MOST_QUERIES


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder)
        taken = measure("SQLite", _city(databases.sqlite(folder / "city.db"), folder))
        with databases.postgresql() as url:
            taken += measure("PostgreSQL", _city(url, folder))
    report(taken)


def _city(url: str, folder: Path) -> Context:
    ctx = context(url, folder)
    began = time.perf_counter()
    fill(ctx)
    print(f"{ctx.db.engine.dialect.name}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return ctx


def measure(database: str, ctx: Context, only: str = "") -> list[Taken]:
    """Every address whose beginning of the endpoint's name is ``only``."""
    web, taken = create_app(context=ctx), list[Taken]()
    for who, email in (("whole city", EVERYTHING), ("district", DISTRICT)):
        visitor = Visitor(web)
        visitor.submit(visitor.get("/sign-in"), "Sign in", email=email, password=PASSWORD)
        for endpoint, address in addresses(web, ctx):
            if endpoint.startswith(only) and (found := _taken(visitor.browser, ctx, database, who, endpoint, address)):
                taken.append(found)
                if endpoint.startswith("figures"):
                    taken.append(_timed(visitor.browser, found, anew=True))
    ctx.db.close()
    return taken


def report(taken: list[Taken]) -> None:
    print("| database | sees | page | ms | p95 | queries | bytes |\n| --- | --- | --- | --- | --- | --- | --- |")
    for t in sorted(taken, key=lambda t: -t.ms):
        page = f"{t.address}, counted anew" if t.anew else t.address
        print(f"| {t.database} | {t.who} | {page} | {t.ms:.1f} | {t.p95:.1f} | {t.queries} | {t.size:,} |")
    slow = [f"{t.database}, {t.who}: {t.address}" for t in taken if t.too_much]
    if slow:
        raise SystemExit("too slow, or too many queries: " + "; ".join(slow))


def addresses(web: Flask, ctx: Context) -> Iterator[tuple[str, str]]:
    """Endpoint and address of each page of the door; things are the one with the longest history and one in sight of both coordinators."""
    with ctx.db.read() as session:
        own = f"SELECT min(id) FROM {{}} WHERE id > 1 AND ({IN_DISTRICT})"
        seen = {f"{kind}_id": session.scalar(text(own.format(table))) for kind, table in (("need", "need"), ("offer", "offer"))}
        seen["match_id"] = session.scalar(text("SELECT min(id) FROM match WHERE state = 'agreed' AND need_id IN (SELECT id FROM need WHERE "
                                               f"{IN_DISTRICT})"))  # fmt: skip
        seen["task_id"] = session.scalar(text("SELECT min(id) FROM agent_task WHERE closed_at IS NULL AND need_id IN (SELECT id FROM need "
                                              f"WHERE {IN_DISTRICT})"))  # fmt: skip
        seen["person_id"] = session.scalar(text("SELECT person_id FROM need WHERE id = :id"), {"id": seen["need_id"]})
        seen["incident_id"] = session.scalar(text("SELECT min(id) FROM incident WHERE need_id IN (SELECT id FROM need WHERE "
                                                  f"{IN_DISTRICT})"))  # fmt: skip
        longest = session.scalar(text("SELECT person_id FROM need WHERE id = :id"), {"id": LONG})
    long = {"need_id": LONG, "offer_id": LONG, "person_id": longest}
    for rule in rules(web):
        door, _, name = rule.endpoint.partition(".")
        if door != "coordination" or is_step(rule) or declared(web, rule.endpoint) not in HERS:
            continue
        if not rule.arguments:
            for query in FILTERS.get(name, (QUERIES.get(rule.endpoint, "").lstrip("?"),)):
                yield name, f"{rule.rule}?{query}".rstrip("?")
        elif len(rule.arguments) == 1 and (key := next(iter(rule.arguments))) in seen:
            for thing in dict.fromkeys([seen[key], long.get(key, seen[key])]):
                built = rule.build({key: thing})
                assert built
                yield name, built[1]


def _taken(browser: Client, ctx: Context, database: str, who: str, endpoint: str, address: str) -> Taken | None:
    """``None``: the longest history may lie in another district, and what an agent looked at is shown after the look alone."""
    sent = list[str]()

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA")):
            sent.append(statement)

    event.listen(ctx.db.engine, "before_cursor_execute", note)
    answer = browser.get(address)
    event.remove(ctx.db.engine, "before_cursor_execute", note)
    if answer.status_code == 303 and answer.location.startswith("/sign-in"):
        raise SystemExit(f"{database}, {who}: {address} asks to sign in")
    if answer.status_code == 303 or (who == "district" and answer.status_code == 404):
        return None
    if answer.status_code != 200:
        raise SystemExit(f"{database}, {who}: {address} answers {answer.status_code}")
    if endpoint in ROWS and "?" not in address:
        _count(ctx, answer.text, ROWS[endpoint][who == "district"], address)
    return _timed(browser, Taken(database, who, endpoint, address, 0, 0, len(sent), len(answer.data)))


def _timed(browser: Client, page: Taken, *, anew: bool = False) -> Taken:
    times = list[float]()
    for _ in range(TIMES):
        if anew:
            counting._kept.clear()
        began = time.perf_counter()
        browser.get(page.address).close()
        times.append((time.perf_counter() - began) * 1000)
    return replace(page, ms=median(times), p95=quantiles(times, n=20)[-1], anew=anew)


def _count(ctx: Context, page: str, query: str, address: str) -> None:
    """Whether the list says how many rows it has."""
    with ctx.db.read() as session:
        rows = session.scalar(text(query))
    said = f"More than {MOST:,} " if rows > MOST else f"{rows:,} "
    if not re.search(rf"\b{said}", page):
        raise SystemExit(f"{address} does not say that there are {rows:,} rows")


def context(url: str, folder: Path) -> Context:
    """Services on this database, at the present time."""
    use_keyring(keys := Keyring(KEYS))
    settings = load({"DATABASE_URL": url, "INSTANCE": str(folder), "ENCRYPTION_KEYS": KEYS, "SECRET_KEY": "s" * 40}, None)
    return Context(settings, Database(settings.resolved_database_url), keys, Links("s" * 40, settings.root_url))


if __name__ == "__main__":
    main()
