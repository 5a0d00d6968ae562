"""Each proposal keeps its rank and what it counted for; requests are counted by their time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.add_column(sa.Column("rank", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("terms", sa.JSON(), nullable=True))
        batch_op.create_index(batch_op.f("ix_match_proposed_at"), ["proposed_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_proposed_at"))
        batch_op.drop_column("terms")
        batch_op.drop_column("rank")
