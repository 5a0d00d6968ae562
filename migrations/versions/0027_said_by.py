"""Whether a side of a match said itself what was reported, somebody close to it, or an agent; and requests that a lead holds.

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("incident", table_kwargs=ONCE) as incident:
        incident.add_column(sa.Column("said_by", sa.String(10), nullable=False, server_default="self"))
    with op.batch_alter_table("incident", table_kwargs=ONCE) as incident:
        incident.alter_column("said_by", server_default=None)
    op.add_column("need", sa.Column("held_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    op.drop_column("need", "held_at")
    with op.batch_alter_table("incident", table_kwargs=ONCE) as incident:
        incident.drop_column("said_by")
