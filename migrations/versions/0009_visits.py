"""Visits: help that repeats, when the two meet, the code at the door, somebody else for a day"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("need", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("repeats", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_need_wanted_at"), ["wanted_at"], unique=False)

    with op.batch_alter_table("match", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("code", sa.String(length=4), nullable=True))
        batch_op.add_column(sa.Column("rhythm_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("extend_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("sequence", sa.Integer(), server_default="0", nullable=False))
        batch_op.create_index(batch_op.f("ix_match_extend_at"), ["extend_at"], unique=False)

    op.create_table(
        "visit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("slot", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stand_in_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_visit_match_id_match")),
        sa.ForeignKeyConstraint(["stand_in_id"], ["need.id"], name=op.f("fk_visit_stand_in_id_need")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visit")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("visit", schema=None) as batch_op:
        batch_op.create_index("ix_visit_due", ["state", "at"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_match_id"), ["match_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_visit_stand_in_id"), ["stand_in_id"], unique=False)


def downgrade() -> None:
    op.drop_table("visit")
    with op.batch_alter_table("match", table_kwargs=ONCE) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_extend_at"))
        for name in ("sequence", "extend_at", "rhythm_at", "code"):
            batch_op.drop_column(name)
    with op.batch_alter_table("need", table_kwargs=ONCE) as batch_op:
        batch_op.drop_index(batch_op.f("ix_need_wanted_at"))
        batch_op.drop_column("wanted_at")
        batch_op.drop_column("repeats")
