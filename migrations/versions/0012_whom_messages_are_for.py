"""Messages say whom they are for, so that lists of them show each coordinator their own area's"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"
branch_labels = None
depends_on = None

KEEP = {"sqlite_autoincrement": True}  # an id that stands in links is given once
# What a message is about ends with its reader: match:12/need:3/person:7.
READER = {"sqlite": "substr(about, instr(about, 'person:') + 7)", "postgresql": "split_part(about, 'person:', 2)"}


def upgrade() -> None:
    comment = "whom it is for, as the app counts people"
    with op.batch_alter_table("notification_outbox", schema=None, table_kwargs=KEEP) as batch_op:
        batch_op.add_column(sa.Column("reader_id", sa.Integer(), nullable=True, comment=comment))
    reader = READER[op.get_bind().dialect.name]
    op.execute(f"UPDATE notification_outbox SET reader_id = CASE WHEN about LIKE '%person:%' THEN CAST({reader} AS integer) ELSE 0 END")
    with op.batch_alter_table("notification_outbox", schema=None, table_kwargs=KEEP) as batch_op:
        batch_op.alter_column("reader_id", existing_type=sa.Integer(), existing_comment=comment, nullable=False)
        batch_op.create_index(batch_op.f("ix_notification_outbox_reader_id"), ["reader_id"], unique=False)
        batch_op.drop_index(batch_op.f("ix_notification_outbox_about"))


def downgrade() -> None:
    with op.batch_alter_table("notification_outbox", schema=None, table_kwargs=KEEP) as batch_op:
        batch_op.create_index(batch_op.f("ix_notification_outbox_about"), ["about"], unique=False)
        batch_op.drop_index(batch_op.f("ix_notification_outbox_reader_id"))
        batch_op.drop_column("reader_id")
