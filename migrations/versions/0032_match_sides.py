"""Which two a match brings together is read from its indexes alone.

Revision ID: 0032
Revises: 0031
"""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _index("ix_match_need_id", "need_id", "state", "offer_id")
    _index("ix_match_offer_id", "offer_id", "state", "need_id")


def downgrade() -> None:
    _index("ix_match_offer_id", "offer_id")
    _index("ix_match_need_id", "need_id", "state")


def _index(name: str, *columns: str) -> None:
    op.drop_index(name, table_name="match")
    op.create_index(name, "match", [*columns])
