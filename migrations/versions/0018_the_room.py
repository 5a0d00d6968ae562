"""Who does a task, who looks at it, and why a request has nobody"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}
NEW = {"match": ("made_by_id", "made_because"), "need": ("pinned_offer_id", "paused_until"), "block": ("by_id",)}


def upgrade() -> None:
    with op.batch_alter_table("agent_task", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("assigned_to_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("why", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("why_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_agent_task_assigned_to_id"), ["assigned_to_id"], unique=False)
        batch_op.create_foreign_key(batch_op.f("fk_agent_task_assigned_to_id_person"), "person", ["assigned_to_id"], ["id"])
    with op.batch_alter_table("match", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("made_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("made_because", sa.Text(), server_default="", nullable=False))
        batch_op.create_foreign_key(batch_op.f("fk_match_made_by_id_person"), "person", ["made_by_id"], ["id"])
    with op.batch_alter_table("need", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("pinned_offer_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_need_pinned_offer_id_offer"), "offer", ["pinned_offer_id"], ["id"])
    with op.batch_alter_table("block") as batch_op:
        batch_op.add_column(sa.Column("by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_block_by_id_person"), "person", ["by_id"], ["id"])
    op.create_index(op.f("ix_need_paused_until"), "need", ["paused_until"], unique=False)
    op.create_table(
        "presence",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["agent_task.id"], name=op.f("fk_presence_task_id_agent_task"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_presence_person_id_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("task_id", "person_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_seen_at"), "presence", ["seen_at"], unique=False)
    op.create_index(op.f("ix_person_changed_at"), "person", ["changed_at"], unique=False)
    op.create_index(op.f("ix_need_posted_at"), "need", ["posted_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_person_changed_at"), table_name="person")
    op.drop_index(op.f("ix_need_posted_at"), table_name="need")
    op.drop_index(op.f("ix_need_paused_until"), table_name="need")
    for table, columns in NEW.items():
        with op.batch_alter_table(table, table_kwargs=ONCE if table != "block" else {}) as batch_op:
            batch_op.drop_constraint(batch_op.f(f"fk_{table}_{columns[0]}_{'offer' if table == 'need' else 'person'}"), type_="foreignkey")
            for column in columns:
                batch_op.drop_column(column)
    op.execute("DELETE FROM agent_task WHERE kind IN ('late', 'soon')")
    op.drop_index(op.f("ix_presence_seen_at"), table_name="presence")
    op.drop_table("presence")
    with op.batch_alter_table("agent_task", table_kwargs=ONCE) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_agent_task_assigned_to_id_person"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_agent_task_assigned_to_id"))
        batch_op.drop_column("why_at")
        batch_op.drop_column("why")
        batch_op.drop_column("assigned_to_id")
