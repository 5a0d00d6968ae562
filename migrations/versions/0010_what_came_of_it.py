"""What came of a match: asked of both sides; requests that stand for long; volunteers whom nobody needs"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outcome",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("said", sa.String(length=10), nullable=False),
        sa.Column("because", sa.String(length=20), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["match_id"], ["match.id"], name=op.f("fk_outcome_match_id_match")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome")),
    )
    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outcome_match_id"), ["match_id"], unique=False)

    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.add_column(sa.Column("ask_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("asked", sa.Integer(), nullable=False, server_default="0"))
        batch_op.create_index("ix_match_ask", ["state", "ask_at"], unique=False)

    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.add_column(sa.Column("check_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index("ix_need_check", ["state", "check_at"], unique=False)

    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("news_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_offer_news_at"), ["news_at"], unique=False)

    _begin(datetime.now(UTC))


def _begin(now: datetime) -> None:
    """What was there before is asked about in its time, and not all at once tonight."""

    def later(days: int) -> datetime:
        return now + timedelta(days=days)

    at = sa.bindparam("at", type_=sa.DateTime(timezone=True))
    for statement, days in (
        (sa.text("UPDATE match SET ask_at = :at WHERE state = 'agreed'"), 4),
        (sa.text("UPDATE need SET check_at = :at WHERE state IN ('unconfirmed', 'open', 'asked', 'paused')"), 30),
        (sa.text("UPDATE offer SET news_at = :at WHERE state = 'active'"), 30),
    ):
        op.execute(statement.bindparams(at).bindparams(at=later(days)))


def downgrade() -> None:
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_offer_news_at"))
        batch_op.drop_column("news_at")

    with op.batch_alter_table("need", schema=None) as batch_op:
        batch_op.drop_index("ix_need_check")
        batch_op.drop_column("checked_at")
        batch_op.drop_column("check_at")

    with op.batch_alter_table("match", schema=None) as batch_op:
        batch_op.drop_index("ix_match_ask")
        batch_op.drop_column("asked")
        batch_op.drop_column("ask_at")

    with op.batch_alter_table("outcome", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outcome_match_id"))

    op.drop_table("outcome")
