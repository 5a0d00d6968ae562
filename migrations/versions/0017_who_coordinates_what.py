"""Coordinators belong to one territory or more, and what an event is about may be a territory"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0015"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}
OVERSEE = "role IN ('coordinator', 'administrator')"


def upgrade() -> None:
    op.create_table(
        "person_territory",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_territory_person_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["territory_id"], ["territory.id"], name=op.f("fk_person_territory_territory_id_territory")),
        sa.PrimaryKeyConstraint("person_id", "territory_id", name=op.f("pk_person_territory")),
    )
    op.create_index(op.f("ix_person_territory_territory_id"), "person_territory", ["territory_id"], unique=False)
    op.execute(
        "INSERT INTO person_territory (person_id, territory_id)"
        f" SELECT id, territory_id FROM person WHERE territory_id IS NOT NULL AND {OVERSEE}"
    )
    with op.batch_alter_table("person", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("whole_city", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Whoever had no territory saw everything: nobody loses sight.
    op.execute(f"UPDATE person SET whole_city = {_true()} WHERE territory_id IS NULL AND {OVERSEE}")
    with op.batch_alter_table("person", table_kwargs=ONCE) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_person_territory_id_territory"), type_="foreignkey")
        batch_op.drop_column("territory_id")
    with op.batch_alter_table("event") as batch_op:
        batch_op.add_column(sa.Column("territory_id", sa.Integer(), nullable=True))
        batch_op.create_index(batch_op.f("ix_event_territory_id"), ["territory_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_event_territory_id_territory"), "territory", ["territory_id"], ["id"], ondelete="SET NULL"
        )


def downgrade() -> None:
    with op.batch_alter_table("event") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_event_territory_id_territory"), type_="foreignkey")
        batch_op.drop_index(batch_op.f("ix_event_territory_id"))
        batch_op.drop_column("territory_id")
    with op.batch_alter_table("person", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("territory_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f("fk_person_territory_id_territory"), "territory", ["territory_id"], ["id"])
    # One of several stays: a downgrade shows nobody more than before. Whoever had none would see the whole city: they may not come in.
    op.execute(
        "UPDATE person SET territory_id = (SELECT min(territory_id) FROM person_territory WHERE person_id = person.id)"
        " WHERE NOT whole_city"
    )
    op.execute("UPDATE person SET role = 'none' WHERE role = 'coordinator' AND NOT whole_city AND territory_id IS NULL")
    with op.batch_alter_table("person", table_kwargs=ONCE) as batch_op:
        batch_op.drop_column("whole_city")
    op.drop_index(op.f("ix_person_territory_territory_id"), table_name="person_territory")
    op.drop_table("person_territory")


def _true() -> str:
    return "1" if op.get_bind().dialect.name == "sqlite" else "true"
