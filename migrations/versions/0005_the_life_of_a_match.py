"""Waves: a place is taken by a yes, a pair may be asked again after an end that was nobody's doing; reasons, pauses until a time, blocks"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}
"""A table that is made anew keeps its ids from being given twice."""
LIVE = sa.text("state IN ('proposed', 'accepted', 'agreed')")
TAKEN = "UPDATE need SET taken = (SELECT count(*) FROM match WHERE match.need_id = need.id AND ({}))"
YES = "match.state IN ('accepted', 'agreed') OR (match.state = 'closed' AND match.outcome = 'done')"


def upgrade() -> None:
    with op.batch_alter_table("match", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("because", sa.String(length=20), nullable=True))
        batch_op.drop_constraint(batch_op.f("uq_match_need_id"), type_="unique")
        batch_op.create_index(batch_op.f("ix_match_need_id"), ["need_id"], unique=False)
        batch_op.create_index("uq_match_live_pair", ["need_id", "offer_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_offer_paused_until"), ["paused_until"], unique=False)

    op.create_table(
        "block",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["other_id"], ["person.id"], name=op.f("fk_block_other_id_person"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_block_person_id_person"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block")),
        sa.UniqueConstraint("person_id", "other_id", name=op.f("uq_block_person_id")),
    )
    with op.batch_alter_table("block", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_block_other_id"), ["other_id"], unique=False)

    op.execute(TAKEN.format(YES))
    op.execute("UPDATE event SET kind = 'need_open' WHERE kind = 'need_opened'")


def downgrade() -> None:
    # One request at a time holds a place again: of those beyond the places, the younger end as if they had been settled.
    op.execute(
        "UPDATE offer SET taken = taken - (SELECT count(*) FROM match WHERE match.offer_id = offer.id AND match.state = 'proposed')"
    )
    op.execute("UPDATE match SET state = 'cancelled', reason = 'settled', closed_at = proposed_at WHERE state = 'proposed'")
    op.execute("UPDATE need SET state = 'open' WHERE state = 'asked' AND taken < helpers_needed")
    # A pair stands once: the earlier requests of one that was asked again go, with what points at them.
    older = "SELECT m.id FROM match m JOIN match n ON n.need_id = m.need_id AND n.offer_id = m.offer_id AND n.id > m.id"
    for table in ("event", "agent_task"):
        op.execute(f"UPDATE {table} SET match_id = NULL WHERE match_id IN ({older})")
    op.execute(f"DELETE FROM match WHERE id IN ({older})")
    op.execute("UPDATE event SET kind = 'need_opened' WHERE kind = 'need_open' AND reason IN ('confirmed', 'resumed')")

    op.drop_table("block")
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_paused_until"))
        batch_op.drop_column("paused_until")

    with op.batch_alter_table("match", table_kwargs=ONCE) as batch_op:
        batch_op.drop_index("uq_match_live_pair", sqlite_where=LIVE, postgresql_where=LIVE)
        batch_op.drop_index(batch_op.f("ix_match_need_id"))
        batch_op.create_unique_constraint(batch_op.f("uq_match_need_id"), ["need_id", "offer_id"])
        batch_op.drop_column("because")
