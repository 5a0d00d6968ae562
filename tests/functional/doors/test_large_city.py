"""Coordinators' pages read no more than they show, however much there is: a twentieth of a large city is more than any page may read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from app import create_app
from app.services import choosing, finding, history, lists, mail
from benchmarks import rooms
from benchmarks.volume import EVERYTHING, PASSWORD, Size, fill
from tests.databases import Databases
from tests.pages import Visitor

MOST_ROWS = 101
"""A page of a list is shorter, and a timeline; there are 91 territories."""
MORE = {
    "need": choosing.LOOKED_AT,
    **dict.fromkeys(("offer", "person"), history.MOST_MATCHES),
    "messages": mail.MOST + 1,  # their numbers alone
    "geojson": lists.MOST,
    "figures": 1_000,  # groups that are counted: by quartier and kind of help
    "figures_report": 1_000,
    "figures_table": 1_000,
}


def test_no_page_loads_a_list_without_a_limit(databases: Databases, tmp_path: Path) -> None:
    ctx = rooms.context(databases.sqlite(tmp_path / "city.db"), tmp_path)
    fill(ctx, Size().part(20))
    web = create_app(context=ctx)
    with ctx.db.read() as session:
        finding.follow(session, ctx)  # the names of everybody, decrypted once a process: sealed ones cannot be searched otherwise
    visitor = Visitor(web)
    visitor.submit(visitor.get("/sign-in"), "Sign in", email=EVERYTHING, password=PASSWORD)
    read: dict[str, int] = {}
    for endpoint, address in rooms.addresses(web, ctx):
        with counted_rows(ctx.db.engine) as rows:
            answer = visitor.browser.get(address)
        assert answer.status_code in (200, 303), address  # what was looked at is shown after the look alone
        read[endpoint] = max(read.get(endpoint, 0), *rows)
    ctx.db.close()
    assert {endpoint: most for endpoint, most in read.items() if most > MORE.get(endpoint, MOST_ROWS)} == {}
    assert {"incident", "incident_list", "same_people", "map", "person"} <= read.keys() and read["needs"] >= lists.PAGE_SIZE


@contextmanager
def counted_rows(engine: Engine) -> Iterator[list[int]]:
    """How many rows each query of meanwhile gives: each is asked again, for their number alone."""
    counts = [0]

    def count(connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            counts.extend(connection.connection.cursor().execute(f"SELECT count(*) FROM ({statement})", parameters).fetchone())

    event.listen(engine, "after_cursor_execute", count)
    yield counts
    event.remove(engine, "after_cursor_execute", count)
