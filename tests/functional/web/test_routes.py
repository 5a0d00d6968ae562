"""Every page can be reached by the tests, and asks the database little, however much there is in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, text

from app import create_app
from app.context import Context
from tests.cities import Cities, context_of
from tests.databases import Databases
from tests.routes import Reach, endpoints, lacking, web_without_city

MOST_STATEMENTS = 22
ROLE = {"my_page": "volunteer", "my_data": "volunteer", "coordination": "coordinator"}


@pytest.fixture
def full(databases: Databases, tmp_path: Path) -> Iterator[tuple[Context, Flask]]:
    """The demonstration city, in which lists are longer than the allowed number of statements."""
    with context_of(Cities(databases).instance("full", tmp_path / "instance")) as ctx:
        yield ctx, create_app(context=ctx)


def test_somebody_has_said_how_each_page_is_reached() -> None:
    assert lacking(web_without_city()) == [], "give the values of these arguments in tests/routes.py"


def test_a_page_that_nobody_has_thought_of_is_noticed() -> None:
    web = web_without_city()
    web.add_url_rule("/secrets/<int:secret_id>", "secrets", lambda secret_id: "")
    assert lacking(web) == ["secrets secret_id"]


def test_no_page_asks_the_database_for_each_row(full: tuple[Context, Flask]) -> None:
    ctx, web = full
    reach = Reach(ctx, web)
    asked: dict[str, int] = {}
    for endpoint in endpoints(web):
        browser = web.test_client()
        role = ROLE.get(endpoint.partition(".")[0])
        if role == "coordinator" and not reach.meant_for(endpoint, role):
            role = "administrator"
        if role:
            browser.set_cookie(*reach.session_cookie(role))
        for address in reach.addresses(endpoint):
            with statements(ctx.db.engine) as made:
                browser.get(address).close()
            asked[endpoint] = max(asked.get(endpoint, 0), len(made))
    assert {endpoint: number for endpoint, number in asked.items() if number > MOST_STATEMENTS} == {}
    assert asked["coordination.needs"] >= 3  # they are counted


@contextmanager
def statements(engine: Engine) -> Iterator[list[str]]:
    """The statements that are made meanwhile."""
    made: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            made.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield made
    event.remove(engine, "before_cursor_execute", note)


def test_statements_are_counted(full: tuple[Context, Flask]) -> None:
    ctx, _web = full
    with statements(ctx.db.engine) as made, ctx.db.read() as session:
        session.execute(text("SELECT 1"))
    assert made == ["SELECT 1"]
