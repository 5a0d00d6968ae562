"""What the coordinators' lists are found by in a large city"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

ABOUT = ("person_id", "need_id", "offer_id", "match_id", "task_id")
LISTED = {
    "ix_person_role": ("person", ["role"]),
    "ix_need_lacks": ("need", ["territory_id", "state", "category"]),
    "ix_need_listed": ("need", ["state", "posted_at"]),
    "ix_offer_listed": ("offer", ["created_at"]),
    "ix_match_listed": ("match", ["state", "proposed_at"]),
    "ix_notification_outbox_listed": ("notification_outbox", ["state", "created_at", "reader_id"]),
}


def upgrade() -> None:
    for about in ABOUT:
        known = sa.text(f"{about} IS NOT NULL")
        op.drop_index(f"ix_event_{about}", table_name="event")
        op.create_index(f"ix_event_{about}", "event", [about], sqlite_where=known, postgresql_where=known)
    op.drop_index("ix_match_need_id", table_name="match")
    op.create_index("ix_match_need_id", "match", ["need_id", "state"])
    for name, (table, columns) in LISTED.items():
        op.create_index(name, table, columns)


def downgrade() -> None:
    op.drop_index("ix_match_need_id", table_name="match")
    op.create_index("ix_match_need_id", "match", ["need_id"])
    for name, (table, _columns) in LISTED.items():
        op.drop_index(name, table_name=table)
    for about in ABOUT:
        op.drop_index(f"ix_event_{about}", table_name="event")
        op.create_index(f"ix_event_{about}", "event", [about])
