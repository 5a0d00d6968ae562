"""A new key while everything runs: then the old one goes, and nothing is missed."""

import base64
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

from app.cli import group
from app.context import Context
from app.crypto import Keyring, use_keyring
from app.db import Base
from app.models import Flag, Match, Merge, Need, Person
from app.services import merging, wishes
from app.services.events import Actor
from app.services.people import person_with
from app.services.rotation import columns_of, rotate, standing
from app.services.sight import EVERYTHING
from notifications import wishes as kept
from notifications.policy import Topic
from notifications.tables import metadata, outbox, suppressed_address
from notifications.tables import wishes as wishes_table
from notifications.types import BlindIndex, Sealed
from tests.city import KEYS, City
from tests.planted import EMAILS, NAMES, PHONES, plant

NEW = "k2:" + base64.b64encode(b"n" * 32).decode()


def with_keys(city: City, keys: str) -> Context:
    ring = Keyring(keys)
    use_keyring(ring)
    city.ctx = replace(city.ctx, keys=ring)
    return city.ctx


def opened(city: City) -> dict[str, list[str]]:
    """Every row of every table, opened, without indexes and when it was changed."""
    left_out = {column for columns in columns_of(BlindIndex).values() for column in columns}
    found = {}
    with city.ctx.db.read() as session:
        for table in Base.metadata.sorted_tables:
            columns = [column for column in table.columns if column not in left_out and column.name != "changed_at"]
            found[table.name] = sorted(map(repr, session.execute(select(*columns)).all()))
    return found


def test_all_goes_over_and_then_the_old_key_can_go(city: City, quick: None, tmp_path: Path) -> None:
    plant(city, tmp_path)
    before = opened(city)
    ctx = with_keys(city, f"{NEW},{KEYS}")
    was = standing(ctx)
    assert (was["k2"].total(), was["?"].total()) == (0, 0) and was["k1"]["sealed"] > 100 < was["k1"].total()
    steps: list[int] = []
    rotate(ctx, steps.append)
    now = standing(ctx)
    assert (now["k1"].total(), now["k2"]) == (0, was["k1"])
    ctx = with_keys(city, NEW)
    before.pop("merge")
    after = opened(city)
    after.pop("merge")
    assert after == before
    with ctx.db.read() as session:
        person = person_with(session, ctx, EMAILS["volunteer"])
        assert person is not None and person.name == NAMES["volunteer"]
        assert session.get(Flag, 1) and session.scalar(select(Flag.key)) == ctx.keys.index(PHONES["volunteer"])
        assert session.execute(suppressed_address.select()).one().recipient_index == ctx.keys.index(EMAILS["volunteer"])
        for message, index in session.execute(select(outbox.c.recipient_index, wishes_table.c.recipient_index).join(wishes_table)):
            assert message == index
    (merge,) = city.all(Merge)
    merging.undo(ctx, EVERYTHING, merge.id, Actor())
    folded = city.one(Person, merge.folded_id)
    assert folded.phone_index == ctx.keys.index(folded.phone)


def test_what_is_written_meanwhile_is_neither_lost_nor_taken_for_somebody_else(city: City) -> None:
    for _ in range(30):
        city.need()
    ctx = with_keys(city, f"{NEW},{KEYS}")
    wrong: list[BaseException] = []

    def write() -> None:
        try:
            for number in range(1, 31):
                with ctx.db.write() as session:
                    need = session.get_one(Need, number, with_for_update=True)
                    need.details = f"words {number}"
                city.need(name=f"Nouvelle {number}", email=f"r{number}@example.net")
        except BaseException as error:
            wrong.append(error)

    writer = threading.Thread(target=write)
    writer.start()
    rotate(ctx, lambda _: None)
    writer.join()
    rotate(ctx, lambda _: None)
    assert not wrong and standing(ctx)["k1"].total() == 0
    ctx = with_keys(city, NEW)
    assert [need.details for need in city.all(Need)[:30]] == [f"words {number}" for number in range(1, 31)]
    with ctx.db.read() as session:  # one row of wishes for each address, whenever it was written to
        assert session.scalar(select(func.count(wishes_table.c.id))) == 30
        assert session.scalar(select(func.count(func.distinct(Person.email_index)))) == 30


def test_what_somebody_stopped_stays_stopped_before_their_address_has_gone_over(city: City) -> None:
    need = city.need(email="r@example.net")
    (row,) = city.raw("SELECT id FROM notification_wishes")
    chosen = wishes.of_link(city.ctx, row.id)
    assert chosen
    wishes.choose(city.ctx, chosen, Actor(), off=[Topic.NEWS], rhythm=kept.Rhythm.AT_ONCE, night=False)
    with_keys(city, f"{NEW},{KEYS}")
    other = city.need(email="r@example.net")
    people = [city.one(Person, city.one(Need, each).person_id) for each in (need, other)]
    assert people[0].email_index == people[1].email_index
    assert [row.off for row in city.raw("SELECT off FROM notification_wishes")] in (['["news"]'], [["news"]])


def test_the_matcher_knows_volunteers_by_their_new_index(city: City) -> None:
    city.volunteer()
    (volunteer,) = city.all(Person)
    city.board.follow(city.ctx)
    city.clock.advance(minutes=5)
    rotate(with_keys(city, f"{NEW},{KEYS}"), lambda _: None)
    need = city.need(email=volunteer.email, phone=volunteer.phone)
    city.match()
    assert city.matches(need) == []  # it is the same person


def test_an_index_of_an_address_that_nobody_has_is_said_to_be_left(city: City) -> None:
    with city.ctx.db.begin() as connection:
        index = city.ctx.keys.index("gone@example.net")
        connection.execute(suppressed_address.insert().values(recipient_index=index, reason="5.1.1", since=city.clock()))
    ctx = with_keys(city, f"{NEW},{KEYS}")
    rotate(ctx, lambda _: None)
    assert standing(ctx)["k1"] == {"sealed": 0, "index": 1}
    assert standing(with_keys(city, NEW))["?"] == {"sealed": 0, "index": 1}


def test_the_command_says_what_is_left(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    city.need()
    settings = city.ctx.settings
    given = {"DATABASE_URL": settings.resolved_database_url, "INSTANCE": settings.instance, "SECRET_KEY": "s" * 40}
    for name, value in (given | {"ENCRYPTION_KEYS": f"{NEW},{KEYS}"}).items():
        monkeypatch.setenv(name, value)

    def run(*words: str) -> str:
        return CliRunner().invoke(group, ["keys", *words], standalone_mode=False, catch_exceptions=False).output

    assert "k2, writes: 0 values, 0 indexes" in run()
    assert "k1: nothing is left under it. It can go" in run("rotate")
    assert "k1: 0 values, 0 indexes" in run()


def test_no_column_of_a_name_like_these_is_forgotten() -> None:
    tables = [*Base.metadata.sorted_tables, *metadata.sorted_tables]
    named = {column for table in tables for column in table.columns if column.name.endswith("_index")}
    found = {column for kind in (Sealed, BlindIndex) for columns in columns_of(kind).values() for column in columns}
    assert named <= found and Match.__table__.c.distance_m in found
