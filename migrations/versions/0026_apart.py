"""Whom a report concerns is not brought together again until a lead lifts it.

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("incident", table_kwargs=ONCE) as incident:
        incident.add_column(sa.Column("apart", sa.Boolean(), nullable=False, server_default=sa.false()))
    incident = sa.table("incident", sa.column("apart", sa.Boolean), sa.column("reason"), sa.column("about_id"))
    op.execute(incident.update().where(incident.c.reason != "absent", incident.c.about_id.is_not(None)).values(apart=sa.true()))
    with op.batch_alter_table("incident", table_kwargs=ONCE) as incident:
        incident.alter_column("apart", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("incident", table_kwargs=ONCE) as incident:
        incident.drop_column("apart")
