"""The tables: up from nothing, down to nothing, and never apart from the models."""

from typing import Any

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from app import migrate
from app.crypto import Keyring, use_keyring
from app.db import Database
from app.errors import UserError
from tests.city import KEYS


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names()) - {"alembic_version"}
    finally:
        engine.dispose()


def test_the_migrations_make_what_the_models_say(empty_db_url: str) -> None:
    migrate.upgrade(empty_db_url)
    command.check(migrate.config(empty_db_url))


def test_up_from_empty_and_down_to_empty_and_up_again(empty_db_url: str) -> None:
    migrate.upgrade(empty_db_url)
    assert {"person", "offer", "need", "match", "territory", "agent_task", "event", "notification_outbox"} <= tables(empty_db_url)
    migrate.downgrade(empty_db_url)
    assert tables(empty_db_url) == set()
    migrate.upgrade(empty_db_url)
    assert migrate.is_current(empty_db_url)


def test_messages_that_are_there_already_get_wishes_and_keep_their_state(empty_db_url: str) -> None:
    columns = "kind, payload, recipient, recipient_index, language, message_id, about, state, attempts, due_at, created_at"
    rows = [("confirm_need", "a", "sent"), ("confirm_need", "b", "waiting"), ("nobody_yet", "a", "waiting"), ("nobody_yet", "a", "refused")]
    migrate.upgrade(empty_db_url, "0004")
    engine = create_engine(empty_db_url)
    with engine.begin() as connection:
        for number, (kind, index, state) in enumerate(rows):
            moment = f"2026-11-25 10:0{number}:00"
            values = f"'{kind}', 'p', 'r', '{index}', 'fr', 'm{number}', 'need:1/person:7{number}', '{state}', 0, '{moment}', '{moment}'"
            connection.execute(text(f"INSERT INTO notification_outbox ({columns}) VALUES ({values})"))
    migrate.upgrade(empty_db_url)
    with engine.begin() as connection:
        wishes = {row.recipient_index: row for row in connection.execute(text("SELECT * FROM notification_wishes"))}
        found = connection.execute(text("SELECT * FROM notification_outbox ORDER BY id")).all()
        assert [(row.wishes_id, row.state, row.urgent) for row in found] == [(wishes[i].id, state, 0) for _, i, state in rows]
        assert [row.reader_id for row in found] == [70, 71, 72, 73]
        assert (wishes["b"].consented_at, wishes["a"].consented_at is None) == (None, False)
        connection.execute(text("UPDATE notification_outbox SET state = 'skipped' WHERE id = 2"))
        connection.execute(text("UPDATE notification_outbox SET state = 'bundled', bundled_in = 1 WHERE id = 3"))
    migrate.downgrade(empty_db_url, "0004")
    with engine.begin() as connection:
        left = connection.execute(text("SELECT id, state FROM notification_outbox ORDER BY id")).all()
    engine.dispose()
    assert [tuple(row) for row in left] == [(1, "sent"), (3, "sent"), (4, "refused")]


def test_an_id_that_stands_in_links_is_given_once(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        made = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())  # type: ignore[arg-type]
    engine.dispose()
    for name in ("person", "offer", "need", "match", "agent_task", "notification_outbox", "notification_wishes", "territory"):
        assert "AUTOINCREMENT" in made[name], name


def test_what_holds_for_some_rows_only_still_does_after_the_last_migration(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        made = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'index'")).all())  # type: ignore[arg-type]
    engine.dispose()
    for name in ("uq_match_live_pair", "uq_person_account_email"):
        assert " WHERE " in made[name], name


def test_a_database_from_a_newer_version_is_refused_in_one_sentence(db_url: str) -> None:
    engine = create_engine(db_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(UserError, match="newer version"):
        migrate.upgrade(db_url)


def test_a_database_that_cannot_be_opened_is_said_so_without_its_password() -> None:
    with pytest.raises(UserError, match="DATABASE_URL") as caught:
        migrate.upgrade("postgresql+psycopg://somebody:s3cret@127.0.0.1:9/none")
    assert "s3cret" not in caught.value.sentence


def test_an_old_database_must_be_migrated_first(empty_db_url: str) -> None:
    db = Database(empty_db_url)
    with pytest.raises(UserError, match="adeuxpas migrate"):
        migrate.require_current(db)
    db.close()


def test_nobody_loses_sight_when_coordinators_may_have_several_territories(empty_db_url: str) -> None:
    migrate.upgrade(empty_db_url, "0013")
    engine = create_engine(empty_db_url)
    people = [("coordinator", "7"), ("coordinator", "NULL"), ("administrator", "NULL"), ("none", "NULL"), ("none", "7")]
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO territory (id, name, kind, settings, shape, changed_at) VALUES (7, 'N', 'ward', '{}', :shape, '2026-01-01')"),
            {"shape": b""},
        )
        for number, (role, territory) in enumerate(people, 1):
            connection.execute(text(
                "INSERT INTO person (id, name, language, contact, account, role, territory_id, session_key, created_at, changed_at)"
                f" VALUES ({number}, 'n', 'fr', 'email', :yes, '{role}', {territory}, 'k', '2026-01-01', '2026-01-01')"
            ), {"yes": True})  # fmt: skip
    migrate.upgrade(empty_db_url)
    with engine.begin() as connection:
        whole = connection.execute(text("SELECT whole_city FROM person ORDER BY id")).scalars().all()
        assert [bool(each) for each in whole] == [False, True, True, False, False]
        assert connection.execute(text("SELECT person_id, territory_id FROM person_territory")).all() == [(1, 7)]
        connection.execute(text("UPDATE person SET whole_city = NOT whole_city WHERE id = 2"))
    migrate.downgrade(empty_db_url, "0013")
    with engine.begin() as connection:
        rows = connection.execute(text("SELECT role, territory_id FROM person ORDER BY id")).all()
    engine.dispose()
    assert rows == [("coordinator", 7), ("none", None), ("administrator", None), ("none", None), ("none", None)]


def test_distances_that_are_there_already_are_sealed_and_opened_again(empty_db_url: str) -> None:
    use_keyring(keys := Keyring(KEYS))
    migrate.upgrade(empty_db_url, "0028")
    engine = create_engine(empty_db_url)
    columns = "id, need_id, offer_id, state, mode, distance_m, terms, proposed_at, deadline_at"
    rows = [(1, 320, """'[{"name": "distance"}]'"""), (2, 0, "NULL")]

    def read() -> list[tuple[Any, ...]]:
        with engine.begin() as connection:
            return [tuple(row) for row in connection.execute(text("SELECT distance_m, terms FROM \"match\" ORDER BY id"))]

    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("ALTER TABLE \"match\" DISABLE TRIGGER ALL"))
        for number, metres, terms in rows:
            values = f"{number}, 1, {number}, 'closed', 'in_person', {metres}, {terms}, '2026-11-25 10:00:00', '2026-11-25 10:00:00'"
            connection.execute(text(f"INSERT INTO \"match\" ({columns}) VALUES ({values})"))
    before = read()
    migrate.upgrade(empty_db_url)
    sealed = read()
    assert [keys.unseal(metres, "match.distance_m") for metres, _ in sealed] == ["320", "0"]
    assert sealed[1][1] is None and "distance" in keys.unseal(sealed[0][1], "match.terms")
    migrate.downgrade(empty_db_url, "0028")
    assert read() == before
    engine.dispose()
