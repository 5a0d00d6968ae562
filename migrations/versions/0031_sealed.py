"""Exact distances lie sealed; what happened is sealed in chains, and stays.

Revision ID: 0031
Revises: 0030
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import context, op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}
SEALED = ("distance_m", "terms")
BATCH = 1000
SAME = ("id", "at", "kind", "actor_id", "channel", "person_id", "need_id", "offer_id", "match_id", "task_id")
REMOVED = "OLD.territory_id IS NOT NULL AND NEW.territory_id IS NULL AND (OLD.reason IS NULL OR OLD.reason = NEW.reason)"
"""The one change there is: what happened in a territory that is removed is told by its name."""
match = sa.table("match", sa.column("id", sa.Integer), *(sa.column(name, sa.Text) for name in SEALED))


def upgrade() -> None:
    with op.batch_alter_table("match", table_kwargs=ONCE) as batch:
        batch.alter_column(
            "distance_m", type_=sa.Text(), existing_type=sa.Integer(), existing_nullable=False, postgresql_using="distance_m::text"
        )
        batch.alter_column("terms", type_=sa.Text(), existing_type=sa.JSON(), existing_nullable=True, postgresql_using="terms::text")
    _rewrite("seal")
    with op.batch_alter_table("territory", recreate="always" if not _on_postgresql() else "auto", table_kwargs=ONCE):
        pass  # its id names a chain for good
    op.create_table(
        "event_seal",
        sa.Column("event_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("chain", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["event.id"], name=op.f("fk_event_seal_event_id_event")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_event_seal")),
        sa.UniqueConstraint("chain", "number", name=op.f("uq_event_seal_chain")),
    )
    _keep("event", REMOVED)
    _keep("event_seal", "1 = 0")
    op.create_index("ix_notification_outbox_recipient_index", "notification_outbox", ["recipient_index"])


def downgrade() -> None:
    op.drop_index("ix_notification_outbox_recipient_index", "notification_outbox")
    for table in ("event", "event_seal"):
        for name in _triggers(table):
            op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if _on_postgresql() else ""))
        if _on_postgresql():
            op.execute(f"DROP FUNCTION {table}_stays")
    op.drop_table("event_seal")
    _rewrite("unseal")
    with op.batch_alter_table("match", table_kwargs=ONCE) as batch:
        batch.alter_column(
            "distance_m", type_=sa.Integer(), existing_type=sa.Text(), existing_nullable=False, postgresql_using="distance_m::integer"
        )
        batch.alter_column("terms", type_=sa.JSON(), existing_type=sa.Text(), existing_nullable=True, postgresql_using="terms::json")


def _on_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _triggers(table: str) -> list[str]:
    return [f"{table}_stays_as_it_is", f"{table}_stays"] if not _on_postgresql() else [f"{table}_stays", f"{table}_is_not_emptied"]


def _keep(table: str, but: str) -> None:
    """Have the database refuse to change or delete what was written, ``but`` for one change."""
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in SAME) if table == "event" else but
    if not _on_postgresql():
        changed, deleted = _triggers(table)
        refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        unless = f"{but} AND {same.replace('NOT DISTINCT FROM ', '')}"
        op.execute(f"CREATE TRIGGER {changed} BEFORE UPDATE ON {table} WHEN NOT ({unless}) {refuse}")
        op.execute(f"CREATE TRIGGER {deleted} BEFORE DELETE ON {table} {refuse}")
        return
    row, whole = _triggers(table)
    allowed = f"IF TG_OP = 'UPDATE' THEN IF {but} AND {same} THEN RETURN NEW; END IF; END IF;"
    body = f"BEGIN {allowed} RAISE EXCEPTION '{table} is append-only'; END"
    op.execute(f"CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS $body$ {body} $body$")
    op.execute(f"CREATE TRIGGER {row} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_stays()")
    op.execute(f"CREATE TRIGGER {whole} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {table}_stays()")


def _rewrite(how: str) -> None:
    """Only where there are matches are there keys to have."""
    connection, last = op.get_bind(), 0
    change = match.update().where(match.c.id == sa.bindparam("which")).values({name: sa.bindparam(f"now_{name}") for name in SEALED})
    while rows := connection.execute(match.select().where(match.c.id > last).order_by(match.c.id).limit(BATCH)).all():
        opened: Callable[[str, str], str] = getattr(context.config.attributes["keyring"](), how)
        connection.execute(change, [
            {"which": row.id} | {f"now_{name}": None if row._mapping[name] is None else opened(row._mapping[name], f"match.{name}")
                                 for name in SEALED}
            for row in rows
        ])  # fmt: skip
        last = rows[-1].id
