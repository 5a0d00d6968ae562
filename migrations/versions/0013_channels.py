"""How a message travels: by e-mail, or as a text message"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    with op.batch_alter_table("notification_outbox", table_kwargs=ONCE) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(length=10), server_default="email", nullable=False))
        batch_op.create_check_constraint(op.f("ck_notification_outbox_channel"), "channel IN ('email', 'sms')")


def downgrade() -> None:
    op.execute("DELETE FROM notification_outbox WHERE channel = 'sms'")
    with op.batch_alter_table("notification_outbox", table_kwargs=ONCE) as batch_op:
        batch_op.drop_constraint(op.f("ck_notification_outbox_channel"), type_="check")
        batch_op.drop_column("channel")
