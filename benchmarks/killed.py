"""What is lost when everything is killed: ``python -m benchmarks.killed``.

The real service, two web processes and a worker, on SQLite and on PostgreSQL as a city runs it. Residents post through the form and
volunteers say yes by their links, on the same machine; twenty times all processes are killed at once, after a post and one to five answers
that were acknowledged. The run fails unless each of them is there with its event and the invariants of tests/invariants.py hold.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

import psycopg

from app.migrate import upgrade
from tests.city import City
from tests.killing import Acknowledged, check, environment, kill_again_and_again
from tests.postgres import OwnServer

KILLS, MOST = 20, 5


def main() -> None:
    found = {name: measured(place) for name, place in (("SQLite", on_sqlite), ("PostgreSQL", on_postgresql))}
    print(f"| | {' | '.join(found)} |\n| --- |{' --- |' * len(found)}")
    rows = {
        "times that all was killed": lambda seen: f"{KILLS}",
        "requests answered": lambda seen: f"{len(seen.took_s):,}",
        "requests that met a dead server": lambda seen: f"{seen.lost:,}",
        "answered with an error of ours": lambda seen: f"{seen.refused:,}",
        "time to answer, median / p99": lambda seen: f"{ms(seen, 50)} / {ms(seen, 99)} ms",
        "acknowledged posts / answers": lambda seen: f"{len(seen.emails):,} / {len(seen.matches):,}",
        "acknowledged writes lost": lambda seen: "0",  # or check() has failed
    }
    for title, row in rows.items():
        print(f"| {title} | {' | '.join(row(seen) for seen in found.values())} |")


def ms(seen: Acknowledged, percent: int) -> str:
    return f"{quantiles(seen.took_s, n=100)[percent - 1] * 1000:,.0f}"


def measured(place: Callable[[Path], AbstractContextManager[str]]) -> Acknowledged:
    with tempfile.TemporaryDirectory() as folder, place(Path(folder)) as url:
        upgrade(url)
        city = City(url, Path(folder))
        city.clock.moment = datetime.now(UTC) - timedelta(hours=1)
        os.environ.update(environment(city, Path(folder)))
        seen = kill_again_and_again(city, Path(folder), KILLS, MOST)
        subprocess.run([sys.executable, "-m", "app.cli", "worker", "--until-quiet"], check=True)
        check(city, seen)
        city.ctx.db.close()
        return seen


@contextmanager
def on_sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'city.db'}"


@contextmanager
def on_postgresql(folder: Path) -> Iterator[str]:
    with OwnServer() as server:
        with psycopg.connect(server.url.format(name="postgres").replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("CREATE DATABASE city")
        yield server.url.format(name="city")


if __name__ == "__main__":
    main()
