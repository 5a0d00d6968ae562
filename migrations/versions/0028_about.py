"""Messages are found by what they are about; open tasks and those that are done have an index each; each task has a post or lies somewhere.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

NO_POST = "UPDATE agent_task SET {} WHERE need_id IS NULL AND offer_id IS NULL AND match_id IS {}"
THE_VOLUNTEERS = (
    "offer_id = (SELECT o.id FROM \"match\" m JOIN offer o ON o.id = m.offer_id WHERE m.id = agent_task.match_id"
    " AND o.person_id = agent_task.person_id)"
)
THE_RESIDENTS = "need_id = (SELECT m.need_id FROM \"match\" m WHERE m.id = agent_task.match_id)"
NEWEST = (
    "territory_id = (SELECT p.territory_id FROM (SELECT person_id, territory_id, posted_at AS since FROM need"
    " UNION ALL SELECT person_id, territory_id, created_at FROM offer) p"
    " WHERE p.person_id = agent_task.person_id AND p.territory_id IS NOT NULL ORDER BY p.since DESC LIMIT 1)"
)
OPEN, DONE = sa.text("closed_at IS NULL"), sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    for meaning, match in ((THE_VOLUNTEERS, "NOT NULL"), (THE_RESIDENTS, "NOT NULL"), (NEWEST, "NULL")):
        op.execute(NO_POST.format(meaning, match))
    op.create_index("ix_notification_outbox_about", "notification_outbox", ["about"])
    op.drop_index("ix_agent_task_open", "agent_task")
    op.create_index("ix_agent_task_open", "agent_task", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_agent_task_done", "agent_task", ["closed_at"], sqlite_where=DONE, postgresql_where=DONE)


def downgrade() -> None:
    op.drop_index("ix_agent_task_done", "agent_task")
    op.drop_index("ix_agent_task_open", "agent_task")
    op.create_index("ix_agent_task_open", "agent_task", ["closed_at", "due_at"])
    op.drop_index("ix_notification_outbox_about", "notification_outbox")
