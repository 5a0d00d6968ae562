"""When somebody asked to be erased, and when they were.

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

WAITS = sa.text("erase_asked_at IS NOT NULL")


def upgrade() -> None:
    op.add_column("person", sa.Column("erase_asked_at", sa.DateTime(timezone=True)))
    op.add_column("person", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.create_index("ix_person_erase", "person", ["erase_asked_at"], sqlite_where=WAITS, postgresql_where=WAITS)


def downgrade() -> None:
    op.drop_index("ix_person_erase", "person")
    op.drop_column("person", "erased_at")
    op.drop_column("person", "erase_asked_at")
