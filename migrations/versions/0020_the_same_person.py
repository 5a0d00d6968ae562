"""Who is the same person, with what takes a merge back"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0022"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("person", table_kwargs=ONCE) as person:
        person.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        person.create_foreign_key("fk_person_merged_into_id_person", "person", ["merged_into_id"], ["id"])
        person.create_index("ix_person_merged_into_id", ["merged_into_id"])
    op.create_table(
        "merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("folded_id", sa.Integer(), nullable=False),
        sa.Column("undo", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        *[
            sa.ForeignKeyConstraint([name], ["person.id"], name=op.f(f"fk_merge_{name}_person"))
            for name in ("kept_id", "folded_id", "by_id", "undone_by_id")
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merge")),
    )
    op.create_index("ix_merge_kept_id", "merge", ["kept_id"])
    op.create_index("ix_merge_folded_id", "merge", ["folded_id"])
    op.create_table(
        "not_same",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["one_id"], ["person.id"], name=op.f("fk_not_same_one_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_not_same_other_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_not_same_by_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_not_same")),
        sa.UniqueConstraint("one_id", "other_id", name=op.f("uq_not_same_one_id")),
    )
    op.create_index("ix_not_same_other_id", "not_same", ["other_id"])


def downgrade() -> None:
    op.drop_table("not_same")
    op.drop_table("merge")
    with op.batch_alter_table("person", table_kwargs=ONCE) as person:
        person.drop_index("ix_person_merged_into_id")
        person.drop_constraint("fk_person_merged_into_id_person", type_="foreignkey")
        person.drop_column("merged_into_id")
