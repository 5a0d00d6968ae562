"""Rounds that an agent looks at before anybody is asked"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=True),
        sa.Column("agent_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("wanted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pairs", sa.Text(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=op.f("fk_plan_territory_id_territory"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["agent_id"], ["person.id"], name=op.f("fk_plan_agent_id_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan")),
    )
    op.create_index(op.f("ix_plan_agent_id"), "plan", ["agent_id"], unique=False)
    op.create_index(op.f("ix_plan_state"), "plan", ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("plan")
