"""Exact distances lie sealed.

Revision ID: 0031
Revises: 0028
"""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0028"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}
SEALED = ("distance_m", "terms")
BATCH = 1000
match = sa.table("match", sa.column("id", sa.Integer), *(sa.column(name, sa.Text) for name in SEALED))


def upgrade() -> None:
    with op.batch_alter_table("match", table_kwargs=ONCE) as batch:
        batch.alter_column(
            "distance_m", type_=sa.Text(), existing_type=sa.Integer(), existing_nullable=False, postgresql_using="distance_m::text"
        )
        batch.alter_column("terms", type_=sa.Text(), existing_type=sa.JSON(), existing_nullable=True, postgresql_using="terms::text")
    _rewrite("seal")
    op.create_index("ix_notification_outbox_recipient_index", "notification_outbox", ["recipient_index"])


def downgrade() -> None:
    op.drop_index("ix_notification_outbox_recipient_index", "notification_outbox")
    _rewrite("unseal")
    with op.batch_alter_table("match", table_kwargs=ONCE) as batch:
        batch.alter_column(
            "distance_m", type_=sa.Integer(), existing_type=sa.Text(), existing_nullable=False, postgresql_using="distance_m::integer"
        )
        batch.alter_column("terms", type_=sa.JSON(), existing_type=sa.Text(), existing_nullable=True, postgresql_using="terms::json")


def _rewrite(how: str) -> None:
    """Only where there are matches are there keys to have."""
    connection, last = op.get_bind(), 0
    change = match.update().where(match.c.id == sa.bindparam("which")).values({name: sa.bindparam(f"now_{name}") for name in SEALED})
    while rows := connection.execute(match.select().where(match.c.id > last).order_by(match.c.id).limit(BATCH)).all():
        opened: Callable[[str, str], str] = getattr(_keyring(), how)
        connection.execute(change, [
            {"which": row.id} | {f"now_{name}": None if row._mapping[name] is None else opened(row._mapping[name], f"match.{name}")
                                 for name in SEALED}
            for row in rows
        ])  # fmt: skip
        last = rows[-1].id


def _keyring():  # type: ignore[no-untyped-def]
    from app.crypto import keyring

    return keyring()
