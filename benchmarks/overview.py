"""How long the server takes for parts of a map with 10,000 posts and 5,000 live matches, on SQLite and PostgreSQL: ``python -m
benchmarks.overview``.

What stands in the table is a whole answer, signed in and compressed: the median of several. The run fails when a post or a match in view
is not counted just once, or when an answer takes more than a fifth of a second.
"""

import gzip
import json
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from shapely import box, to_wkb
from sqlalchemy import func, select
from werkzeug.test import Client

from app import create_app
from app.models import Match, Need, Offer, Role, Territory
from app.services import accounts
from app.services.lists import NOT_OVER, Box
from tests.city import CENTRE, City
from tests.crowd import crowd
from tests.databases import Databases
from tests.pages import Visitor

POSTS, MATCHES, TIMES = 5_000, 5_000, 15
LONGEST_MS = 200
VIEWS = {
    "the whole city": (11, 0.25),
    "the inner city": (13, 0.08),
    "a few quartiers": (14, 0.04),
    "one quartier": (15, 0.02),
    "a street": (17, 0.005),
}
"""Zoom, and degrees of longitude from the middle to the edge."""
PASSWORD = "four plain words here"


def main() -> None:
    print("| database | view | posts | marks | lines | ms | bytes | compressed |\n| --- | --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        databases = Databases(folder)
        slow = _measured("SQLite", City(databases.sqlite(folder / "city.db"), folder))
        with databases.postgresql() as url:
            slow += _measured("PostgreSQL", City(url, folder))
    if slow:
        raise SystemExit(f"slower than {LONGEST_MS} ms: {', '.join(slow)}")


def _measured(database: str, city: City) -> list[str]:
    browser, slow = _signed_in(city), []
    crowd(city.ctx, POSTS, POSTS, MATCHES)
    for view, (zoom, far) in VIEWS.items():
        part = Box(CENTRE[0] - far, CENTRE[1] - far * 0.7, CENTRE[0] + far, CENTRE[1] + far * 0.7)
        address = f"/coordination/map.geojson?bbox={','.join(map(str, part))}&zoom={zoom}"
        body = browser.get(address, headers={"Accept-Encoding": "gzip"}).data
        text = gzip.decompress(body)
        seen = json.loads(text)
        marks = [f["properties"] for f in seen["features"] if f["geometry"]["type"] == "Point"]
        posts = sum(mark.get("needs", 1) + mark.get("offers", 0) for mark in marks)
        if (posts, seen["matches"]) != _counted(city, part):
            raise SystemExit(f"{database}, {view}: {posts} posts and {seen['matches']} matches instead of {_counted(city, part)}")
        ms = median(_once_ms(browser, address) for _ in range(TIMES))
        lines = len(seen["features"]) - len(marks)
        print(f"| {database} | {view} | {posts:,} | {len(marks)} | {lines} | {ms:.1f} | {len(text):,} | {len(body):,} |", flush=True)
        slow += [f"{database}, {view}"] if ms > LONGEST_MS else []
    city.ctx.db.close()
    return slow


def _signed_in(city: City) -> Client:
    with city.ctx.db.write() as session:
        session.add_all(
            Territory(
                name=f"Quartier {x}-{y}", kind="quartier", settings={}, changed_at=city.clock(), shape=to_wkb(box(x, y, x + 1, y + 1))
            )
            for x in range(6)
            for y in range(6)
        )
    accounts.add_user(city.ctx, name="Ana Costa", email="ana@example.org", role=Role.COORDINATOR, password=PASSWORD)
    visitor = Visitor(create_app(context=city.ctx))
    visitor.submit(visitor.get("/sign-in"), "Sign in", email="ana@example.org", password=PASSWORD)
    return visitor.browser


def _counted(city: City, part: Box) -> tuple[int, int]:
    """Posts and matches in the part, as the rows themselves say."""
    with city.ctx.db.read() as session:

        def count(kind: type[Any], *where: Any) -> int:
            rows = select(func.count(kind.id)).where(kind.state.in_(NOT_OVER[kind]), *where)
            return session.scalar(rows if kind is not Match else rows.join(Match.need).join(Match.offer)) or 0

        posts = count(Need, part.holds(Need)) + count(Offer, part.holds(Offer))
        return posts, count(Match, part.holds(Need) | part.holds(Offer))


def _once_ms(browser: Client, address: str) -> float:
    began = time.perf_counter()
    browser.get(address, headers={"Accept-Encoding": "gzip"})
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main()
