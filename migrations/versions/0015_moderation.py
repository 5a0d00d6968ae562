"""Requests that are read first, by whom, and what was seen of volunteers"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("need", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("moderation", sa.String(length=10), server_default="clear", nullable=False))

    op.create_table(
        "referent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=True),
        sa.Column("territory_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_referent_person_id_person")),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=op.f("fk_referent_territory_id_territory")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referent")),
    )
    with op.batch_alter_table("referent") as batch_op:
        batch_op.create_index(batch_op.f("ix_referent_person_id"), ["person_id"])
        batch_op.create_index(batch_op.f("ix_referent_territory_id"), ["territory_id"])

    op.create_table(
        "person_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_person_check_by_id_person")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_check_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_check")),
    )
    with op.batch_alter_table("person_check") as batch_op:
        batch_op.create_index(batch_op.f("ix_person_check_person_id"), ["person_id"])
        batch_op.create_index("ix_person_check_due", ["reminded_at", "until"])


def downgrade() -> None:
    op.execute("DELETE FROM agent_task WHERE kind IN ('moderate', 'check')")
    op.drop_table("person_check")
    op.drop_table("referent")
    with op.batch_alter_table("need", table_kwargs=ONCE) as batch_op:
        batch_op.drop_column("moderation")
