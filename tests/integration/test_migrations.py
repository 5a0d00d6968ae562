"""The tables: up from nothing, down to nothing, and never apart from the models."""

import pytest
from alembic import command
from sqlalchemy import create_engine, inspect, text

from app import migrate
from app.db import Database
from app.errors import UserError


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


def test_an_id_that_stands_in_links_is_given_once(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        made = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'")).all())  # type: ignore[arg-type]
    engine.dispose()
    for name in ("person", "offer", "need", "match", "agent_task", "notification_outbox"):
        assert "AUTOINCREMENT" in made[name], name


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
