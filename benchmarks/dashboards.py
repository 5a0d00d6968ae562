"""What 200 dashboards that stay open cost whoever else uses the service: ``python -m benchmarks.dashboards``.

The real server, two processes, on the demonstration city: ordinary pages are asked for without and with the dashboards in turn, and a new
request must come to every dashboard within two seconds. The clients share the machine with the server. The run fails when a row comes too
late, when an unchanged answer takes 5 ms or more at the median, or when ordinary pages take twice as long.
"""

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from statistics import median, quantiles

from app import create_app
from app.context import Context
from app.models import Channel, PostedBy
from app.services import posting
from app.services.events import Actor
from tests.cities import Cities, context_of
from tests.city import KEYS
from tests.databases import Databases
from tests.programme import REPOSITORY, Running, free_port
from tests.routes import Reach

OPEN, EVERY_S, THREADS, SECONDS, TURNS = 200, 1.25, 8, 10, 3
LATEST_S, UNCHANGED_MS, SLOWER = 2, 5, 2
ORDINARY = ("/", "/how-it-works", "/coordination/", "/coordination/matches")
LIST = "/coordination/needs"


@dataclass
class Dashboards:
    """Browsers that ask as ``static/live.js`` does. ``came``: when each has first had what ``wanted`` is in."""

    port: int
    cookie: str
    wanted: bytes = b""
    came: list[float] = field(default_factory=list)
    unchanged_ms: list[float] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    ends: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def open(self) -> Iterator[None]:
        self.ends.clear()
        threads = [threading.Thread(target=self._poll, args=(OPEN // THREADS, i / THREADS)) for i in range(THREADS)]
        for thread in threads:
            thread.start()
        yield
        self.ends.set()
        for thread in threads:
            thread.join()

    def _poll(self, many: int, later: float) -> None:
        server = HTTPConnection("127.0.0.1", self.port, timeout=30)
        marks, had = [""] * many, [False] * many
        turn = time.perf_counter() + later * EVERY_S / many
        while not self.ends.is_set():
            for i in range(many):
                time.sleep(max(0.0, turn + i * EVERY_S / many - time.perf_counter()))
                began = time.perf_counter()
                answer, body = ask(server, LIST, self.cookie, marks[i])
                if answer.status == 304:
                    self.unchanged_ms.append((time.perf_counter() - began) * 1000)
                elif answer.status != 200:
                    self.wrong.append(answer.status)
                marks[i] = answer.headers["ETag"] or marks[i]
                if self.wanted and not had[i] and self.wanted in body:
                    had[i] = True
                    self.came.append(time.perf_counter())
            turn += EVERY_S


def ask(server: HTTPConnection, path: str, cookie: str, mark: str = "") -> tuple[HTTPResponse, bytes]:
    server.request("GET", path, headers={"Cookie": cookie} | ({"If-None-Match": mark, "X-Live": "part"} if mark else {}))
    answer = server.getresponse()
    return answer, answer.read()


def ordinary_ms(port: int, cookie: str) -> list[float]:
    """How long pages take that somebody opens one after the other."""
    server, taken, until = HTTPConnection("127.0.0.1", port, timeout=30), list[float](), time.perf_counter() + SECONDS
    while time.perf_counter() < until:
        for path in ORDINARY:
            began = time.perf_counter()
            answer, _ = ask(server, path, cookie)
            if answer.status != 200:
                raise SystemExit(f"{path} answers {answer.status}")
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def new_request(ctx: Context) -> int:
    where = posting.Where("4 place du Marché", "69004", "Lyon", 4.8305, 45.7790)
    given = posting.NeedInput("Odile Roux", "pets", where, phone="+33639987777", contact="phone", posted_by=PostedBy.AGENT)
    return posting.post_need(ctx, given, Actor(channel=Channel.PHONE))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        instance = Cities(Databases(folder)).instance("demo", folder / "instance")
        os.environ |= {"INSTANCE": str(instance), "DATABASE_URL": f"sqlite:///{instance / 'adeuxpas.db'}", "WEB_PROCESSES": "2",
                       "SECRET_KEY": "s" * 40, "ENCRYPTION_KEYS": KEYS, "LOG_LEVEL": "error"}  # fmt: skip
        with context_of(instance, port) as ctx, Running(folder, port, (sys.executable, "-m", "app.cli", "serve")) as service:
            service.wait_until_it_says("http")
            cookie = "=".join(Reach(ctx, create_app(context=ctx)).session_cookie("coordinator"))
            measure(ctx, port, cookie)


def measure(ctx: Context, port: int, cookie: str) -> None:
    boards, alone, beside, latest = Dashboards(port, cookie), list[float](), list[float](), list[float]()
    for _ in range(TURNS):
        alone += ordinary_ms(port, cookie)
        with boards.open():
            time.sleep(2 * EVERY_S)
            beside += ordinary_ms(port, cookie)
            boards.came.clear()
            posted = time.perf_counter()
            boards.wanted = f'href="{LIST}/{new_request(ctx)}"'.encode()
            while len(boards.came) < OPEN and time.perf_counter() < posted + 10:
                time.sleep(0.05)
            latest.append(max(boards.came, default=posted + 99) - posted if len(boards.came) == OPEN else 99)
            boards.wanted = b""
    report(alone, beside, boards, max(latest))


def report(alone: list[float], beside: list[float], boards: Dashboards, latest: float) -> None:
    unchanged = median(boards.unchanged_ms)
    print("| | p50, ms | p99, ms |\n| --- | --- | --- |")
    for words, taken in (("ordinary pages", alone), (f"beside {OPEN} dashboards", beside), ("an unchanged answer", boards.unchanged_ms)):
        print(f"| {words} | {median(taken):.1f} | {quantiles(taken, n=100)[-1]:.1f} |")
    print(f"\nA new request was on all {OPEN} within {latest:.1f} s.")
    if boards.wrong or latest > LATEST_S or unchanged >= UNCHANGED_MS or median(beside) > SLOWER * median(alone):
        raise SystemExit(f"too slow, or wrong answers: {boards.wrong[:3]}")


if __name__ == "__main__":
    os.chdir(REPOSITORY)
    main()
