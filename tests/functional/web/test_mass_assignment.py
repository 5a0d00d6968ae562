"""Every form is sent with fields besides its own that are named as columns of the tables: nothing of them is kept anywhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Boolean, DateTime, Integer, select

from app import create_app
from app.context import Context
from app.db import Base
from app.models import Person
from notifications.tables import metadata as of_messages
from tests.cities import Cities, context_of
from tests.databases import Databases
from tests.functional.web.test_hostile import fields, looked_at, pages
from tests.routes import Reach

WORD, NUMBER, DAY = "Planted-Beside-The-Form", 414_243, "1999-09-09"
ENDS = ("/erase", "/sign-out", "/signed-in/end")
SIGNS_OUT = ("/end-sessions", "/second-factor")
"""These last, lest the agent whose page it is tries nothing more."""
BECOMES_ANOTHER = ("/sign-in", "/account/reset", "/demo/")
"""Whoever presses these presses nothing more."""
TABLES = [*Base.metadata.sorted_tables, *of_messages.sorted_tables]
COLUMNS = {column.name: column for table in TABLES for column in table.columns}


@pytest.fixture
def city_of_all(databases: Databases, tmp_path: Path) -> Iterator[tuple[Context, Flask]]:
    with context_of(Cities(databases).instance("demo", tmp_path / "instance")) as ctx:
        yield ctx, create_app(context=ctx)


def beside(own: set[str]) -> dict[str, str]:
    """A value for each column that is no field of the form's own, of the kind that the column takes."""
    given = {}
    for name, column in COLUMNS.items():
        if name not in own:
            kind = getattr(column.type, "impl", column.type)
            values = {Boolean: "1", DateTime: f"{DAY} 09:09:09", Integer: str(NUMBER)}
            given[name] = next((value for taken, value in values.items() if isinstance(kind, taken)), WORD)
    return given | ({} if "role" in own else {"role": "administrator"})


def everything(ctx: Context) -> str:
    with ctx.db.read() as session:
        return repr([session.execute(select(table)).all() for table in TABLES])


def rights(ctx: Context) -> dict[int, set[str | None]]:
    """What each person may, and by which password they come in; taking some of it away is what buttons are for."""
    with ctx.db.read() as session:
        people = session.scalars(select(Person)).all()
    return {person.id: {person.role, person.password_hash, "whole_city" if person.whole_city else None, None} for person in people}


@pytest.mark.parametrize("role", ["nobody", "volunteer", "administrator"])
def test_no_form_takes_more_than_its_fields(city_of_all: tuple[Context, Flask], role: str) -> None:
    ctx, web = city_of_all
    reach, browser, done = Reach(ctx, web), web.test_client(), 0
    if role != "nobody":
        browser.set_cookie(*reach.session_cookie(role))
    before = rights(ctx)
    found = pages(web, reach, role, browser)
    last = {address: usual for method, address, _name, usual in fields(web, found) if method == "post"}
    alone = {form.action: form.values for page in found for form in page.forms if form.method == "post"}
    for address, usual in sorted((alone | last).items(), key=lambda form: form[0].endswith(SIGNS_OUT)):
        if not address.endswith(ENDS) and not address.startswith(BECOMES_ANOTHER):
            answer = browser.post(address, data=beside(set(usual)) | usual)
            done += answer.status_code == 303 and answer.location != "/sign-in"
            looked_at(answer, f"{address} with more than its fields")
    kept = everything(ctx)
    assert [planted for planted in (WORD, str(NUMBER), "1999, 9, 9") if planted in kept] == []
    gained = {person: (before.get(person), now) for person, now in rights(ctx).items() if now - before.get(person, {"none", None})}
    assert gained == {}
    assert done > {"nobody": 1, "volunteer": 8, "administrator": 40}[role], "else nothing was tried"
