"""What people wish of the messages to them, and what the policy made of each message"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0010"
branch_labels = None
depends_on = None

STATES = "state IN ('waiting', 'sending', 'sent', 'refused', 'suppressed')"
MORE_STATES = "state IN ('waiting', 'sending', 'sent', 'refused', 'suppressed', 'skipped', 'bundled')"
TO_CONFIRM = "'confirm_need', 'confirm_account', 'account_exists', 'reset_password'"


def upgrade() -> None:
    op.create_table(
        "notification_wishes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("recipient_index", sa.String(length=64), nullable=False, comment="keyed hash of the address"),
        sa.Column(
            "consented_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when it is known that its owner wants to be written to",
        ),
        sa.Column("off", sa.JSON(), nullable=False, comment="topics that are not sent"),
        sa.Column("rhythm", sa.String(length=10), nullable=False, comment="of what can wait: at_once, daily or weekly"),
        sa.Column("night", sa.Boolean(), nullable=False, comment="urgent messages wait for the morning too"),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("rhythm IN ('at_once', 'daily', 'weekly')", name=op.f("ck_notification_wishes_rhythm")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_wishes")),
        sa.UniqueConstraint("recipient_index", name=op.f("uq_notification_wishes_recipient_index")),
        sqlite_autoincrement=True,
    )
    # Whoever was written to for more than a confirmation had confirmed, or had told an agent.
    op.execute(
        "INSERT INTO notification_wishes (recipient_index, consented_at, off, rhythm, night, changed_at) "
        f"SELECT recipient_index, min(CASE WHEN kind NOT IN ({TO_CONFIRM}) THEN created_at END), '[]', 'at_once', false, min(created_at) "
        "FROM notification_outbox GROUP BY recipient_index"
    )
    with op.batch_alter_table("notification_outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("wishes_id", sa.Integer(), nullable=True))
        batch_op.add_column(
            sa.Column(
                "urgent", sa.Boolean(), server_default=sa.false(), nullable=False, comment="what it is about cannot wait for a morning"
            )
        )
        batch_op.add_column(
            sa.Column(
                "held_until", sa.DateTime(timezone=True), nullable=True, comment="before it was tried for the first time, by the policy"
            )
        )
        batch_op.add_column(
            sa.Column(
                "reason", sa.String(length=100), nullable=True, comment="why the policy held, bundled or skipped it; no personal data"
            )
        )
        batch_op.add_column(
            sa.Column(
                "bundled_in",
                sa.Integer(),
                nullable=True,
                comment="the digest of which it is part; 0: a digest that still takes messages",
            )
        )
    op.execute(
        "UPDATE notification_outbox SET wishes_id = "
        "(SELECT id FROM notification_wishes w WHERE w.recipient_index = notification_outbox.recipient_index)"
    )
    with op.batch_alter_table("notification_outbox", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_notification_outbox_state"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_notification_outbox_state"), MORE_STATES)
        batch_op.alter_column("wishes_id", existing_type=sa.Integer(), nullable=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_notification_outbox_wishes_id_notification_wishes"), "notification_wishes", ["wishes_id"], ["id"]
        )
        batch_op.create_index(batch_op.f("ix_notification_outbox_wishes_id"), ["wishes_id", "sent_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_notification_outbox_bundled_in"), ["bundled_in"], unique=False)


def downgrade() -> None:
    # What was in a digest that has not gone goes by itself; a digest without its messages is nothing.
    op.execute("UPDATE notification_outbox SET state = 'waiting' WHERE state = 'bundled' AND bundled_in IN "
               "(SELECT id FROM notification_outbox WHERE kind = 'digest' AND state IN ('waiting', 'sending'))")  # fmt: skip
    op.execute("UPDATE notification_outbox SET state = 'sent' WHERE state = 'bundled'")
    op.execute("DELETE FROM notification_outbox WHERE kind = 'digest' OR state = 'skipped'")
    with op.batch_alter_table("notification_outbox", table_kwargs={"sqlite_autoincrement": True}) as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_notification_outbox_state"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_notification_outbox_state"), STATES)
        batch_op.drop_index(batch_op.f("ix_notification_outbox_bundled_in"))
        batch_op.drop_index(batch_op.f("ix_notification_outbox_wishes_id"))
        batch_op.drop_constraint(batch_op.f("fk_notification_outbox_wishes_id_notification_wishes"), type_="foreignkey")
        for name in ("bundled_in", "reason", "held_until", "urgent", "wishes_id"):
            batch_op.drop_column(name)
    op.drop_table("notification_wishes")
