"""The city's own words, with all that stood before"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wording",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_id"], ["person.id"], name=op.f("fk_wording_changed_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_wording_key_language", "wording", ["key", "language"])


def downgrade() -> None:
    op.drop_table("wording")
