"""Who has a like name at a like address"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alike",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        *[
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_alike_{name}_person"), ondelete="CASCADE")
            for name in ("one_id", "other_id")
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alike")),
        sa.UniqueConstraint("one_id", "other_id", name=op.f("uq_alike_one_id")),
    )
    op.create_index("ix_alike_other_id", "alike", ["other_id"])


def downgrade() -> None:
    op.drop_table("alike")
