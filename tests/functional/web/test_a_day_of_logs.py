"""A day's logs at their most talkative hold nobody's name, contact, address or link, and nobody writes lines of their own into them."""

import json
import logging as stdlib
import re
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import create_app, logging
from app.context import Context
from app.models import Need, Offer, Person
from app.worker import Worker, _repeat
from tests.cities import Cities, context_of
from tests.city import City
from tests.databases import Databases
from tests.routes import ROLES, Reach, endpoints
from tests.smtp import smtp_server

PLANTED = {
    "name": "Philomène Grandjacquet", "password": "four planted words here", "q": "Grandjacquet", "street": "77 rue Planquette",
    "email": "philomene.grandjacquet@example.org", "phone": "06 39 98 76 54", "address": "77 rue Planquette",
    "details": "Ma voisine Ursuline",
}  # fmt: skip
HOSTILE = 'x\r\n{"event": "forged"}\n\x1b[2J\u2028\u0085forged'
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@pytest.fixture
def db_url(sqlite_url: str) -> str:
    """Nothing here depends on the kind of database."""
    return sqlite_url


@pytest.fixture
def full(databases: Databases, tmp_path: Path) -> Iterator[tuple[Context, Flask]]:
    with context_of(Cities(databases).instance("full", tmp_path / "instance")) as ctx:
        web = create_app(context=ctx)
        logging.configure("debug")
        yield ctx, web
        logging.configure("info")


def visit_everything(ctx: Context, web: Flask) -> None:
    """Each page, by whom it is for, and what is typed into it, true or not."""
    reach = Reach(ctx, web)
    web.config["WTF_CSRF_ENABLED"] = False
    browsers = {role: web.test_client() for role in ROLES}
    for role in ROLES[1:]:
        browsers[role].set_cookie(*reach.session_cookie(role))
    for endpoint in endpoints(web):
        role = next(role for role in ("coordinator", "nobody", "volunteer", "administrator") if reach.meant_for(endpoint, role))
        for number, address in enumerate(reach.addresses(endpoint)[:2]):
            browsers[role].get(address, headers={"User-Agent": PLANTED["name"], "Referer": f"http://localhost/{PLANTED['email']}"}).close()
            if not number:
                send(browsers[role], address)


def send(browser: FlaskClient, address: str) -> None:
    browser.post(f"{address}{'&' if '?' in address else '?'}name={PLANTED['email']}", data=PLANTED).close()


def work(ctx: Context) -> None:
    """A worker's round, with a mail server that repeats in its answers whom a message was for."""
    with smtp_server() as server:
        server.order("RCPT", f"550 5.1.1 <{PLANTED['email']}> nobody here", times=2)
        server.order("RCPT", f"451 4.2.1 {PLANTED['name']} is greylisted", times=2)
        there = replace(ctx.settings, mail_server="127.0.0.1", mail_port=server.port)
        worker = Worker(replace(ctx, settings=there))
        while worker.tick() | (worker.relays[0].run_once() > 0):
            pass


def personal(ctx: Context) -> set[str]:
    """All that is somebody's: planted above, or in the database."""
    found = {value for key, value in PLANTED.items() if key != "q"} | {"Grandjacquet", "Planquette", "Ursuline"}
    with ctx.db.read() as session:
        for person in session.scalars(select(Person)):
            found |= {person.name, person.email or "", person.phone or ""}
        for column in (Need.address, Need.details, Offer.address):
            found |= set(session.scalars(select(column)))
    return {value for value in found if value and len(value) > 4}


def lines_of(said: Iterable[str]) -> list[str]:
    return [line for text in said for line in text.split("\n") if line]


def test_a_day_s_logs_name_nobody(
    full: tuple[Context, Flask], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, web = full
    for own in ("mail.log", "asyncio"):
        monkeypatch.setattr(stdlib.getLogger(own), "disabled", True)  # the mail server that stands in, in this process
    capfd.readouterr()
    visit_everything(ctx, web)
    work(ctx)
    try:
        raise ValueError(f"what the database said of {PLANTED['email']}")
    except ValueError:
        stdlib.getLogger("a.library").exception("it broke")
    lines = lines_of(capfd.readouterr())
    read = [json.loads(line) for line in lines]
    events = [line["event"] for line in read]
    assert events.count("request") > 200
    assert [event for event in events if "sent" in event], "mail went out"
    assert [event for event in events if "will not arrive" in event and "waits after" not in event], "and was refused"
    reach = Reach(ctx, web)
    tokens = {part for endpoint in endpoints(web) for address in reach.addresses(endpoint) for part in address.split("/") if len(part) > 30}
    assert len(tokens) > 10
    said = json.dumps(read, ensure_ascii=False).lower()
    assert {value for value in personal(ctx) | tokens if value.lower() in said} == set()


@pytest.mark.parametrize("kind", ["agent", "path", "method", "library"])
def test_nobody_writes_a_line_of_their_own(kind: str, city: City, app: Flask, capfd: pytest.CaptureFixture[str]) -> None:
    browser = app.test_client()
    if kind == "agent":
        browser.get("/", headers={"User-Agent": HOSTILE.replace("\r", "").replace("\n", "")})
    elif kind == "path":
        browser.get(f"/account/reset/{HOSTILE}")
    elif kind == "method":
        browser.open("/", method=HOSTILE)
    else:
        stdlib.getLogger("a.library").warning("said: %s", HOSTILE)
    (line,) = lines_of(capfd.readouterr())
    assert CONTROL.search(line) is None
    assert json.loads(line)["event"] != "forged"


def test_what_goes_wrong_in_the_worker_is_told_without_its_text(city: City, capfd: pytest.CaptureFixture[str]) -> None:
    stop = threading.Event()
    logging.configure("info")

    def step() -> None:
        stop.set()
        raise ValueError(PLANTED["email"])

    _repeat(step, stop)
    (line,) = lines_of(capfd.readouterr())
    assert json.loads(line)["error"] == "ValueError" and "philomene" not in line
