"""What figures are counted by: when requests were confirmed, when both agreed, and who withdrew"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

AGREED, WITHDRAWN = sa.text("agreed_at IS NOT NULL"), sa.text("kind = 'offer_withdrawn'")

NEED = ["confirmed_at", "territory_id", "category", "state", "channel", "person_id"]
MATCH = ["proposed_at", "need_id", "offer_id", "state", "accepted_at", "agreed_at"]


def upgrade() -> None:
    op.create_index("ix_need_figures", "need", NEED)
    op.create_index("ix_match_figures", "match", MATCH)
    op.create_index(op.f("ix_match_agreed_at"), "match", ["agreed_at"])
    op.create_index("ix_match_agreed", "match", ["need_id", "agreed_at"], sqlite_where=AGREED, postgresql_where=AGREED)
    op.create_index("ix_event_offer_withdrawn", "event", ["at"], sqlite_where=WITHDRAWN, postgresql_where=WITHDRAWN)


def downgrade() -> None:
    op.drop_index("ix_event_offer_withdrawn", table_name="event")
    op.drop_index("ix_match_agreed", table_name="match")
    op.drop_index(op.f("ix_match_agreed_at"), table_name="match")
    op.drop_index("ix_match_figures", table_name="match")
    op.drop_index("ix_need_figures", table_name="need")
