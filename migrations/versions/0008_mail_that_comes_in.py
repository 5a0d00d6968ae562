"""Mail that comes in: what it was, and what people wrote"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ABOUT = {"task_id": "agent_task", "person_id": "person", "need_id": "need", "offer_id": "offer", "match_id": "match"}


def upgrade() -> None:
    op.create_table(
        "notification_received",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False, comment="hash of the message: the same one is filed once"),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="what it was; never its words"),
        sa.Column("status", sa.String(length=12), nullable=False, comment="code of a delivery report, such as 5.1.1"),
        sa.Column("outbox_id", sa.Integer(), nullable=True, comment="the message that it is about"),
        sa.Column("recipient_index", sa.String(length=64), nullable=True, comment="keyed hash of the address that message went to"),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification_received")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_notification_received_fingerprint")),
    )
    op.create_index(op.f("ix_notification_received_recipient_index"), "notification_received", ["recipient_index"], unique=False)
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("attachments", sa.Text(), nullable=False),
        *[sa.Column(column, sa.Integer(), nullable=column != "task_id") for column in ABOUT],
        *[
            sa.ForeignKeyConstraint([column], [f"{table}.id"], name=op.f(f"fk_note_{column}_{table}"))
            for column, table in ABOUT.items()
        ],
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
    )  # fmt: skip
    for column in ABOUT:
        op.create_index(op.f(f"ix_note_{column}"), "note", [column], unique=False)


def downgrade() -> None:
    op.drop_table("note")
    op.drop_table("notification_received")
