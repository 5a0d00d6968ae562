"""Messages are found by what they are about; open tasks and those that are done have an index each.

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

OPEN, DONE = sa.text("closed_at IS NULL"), sa.text("closed_at IS NOT NULL")


def upgrade() -> None:
    op.create_index("ix_notification_outbox_about", "notification_outbox", ["about"])
    op.drop_index("ix_agent_task_open", "agent_task")
    op.create_index("ix_agent_task_open", "agent_task", ["due_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_agent_task_done", "agent_task", ["closed_at"], sqlite_where=DONE, postgresql_where=DONE)


def downgrade() -> None:
    op.drop_index("ix_agent_task_done", "agent_task")
    op.drop_index("ix_agent_task_open", "agent_task")
    op.create_index("ix_agent_task_open", "agent_task", ["closed_at", "due_at"])
    op.drop_index("ix_notification_outbox_about", "notification_outbox")
