"""Incidents, who reads them, frozen volunteers, and patterns that were flagged"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0021"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("person", sa.Column("frozen_at", MOMENT, nullable=True))
    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("need_id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True),
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=True),
        *_to("incident", reporter_id="person", about_id="person", need_id="need", match_id="match", task_id="agent_task", lead_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_incident_listed", "incident", ["state", "opened_at"])
    for name in ("reporter_id", "about_id", "task_id"):
        op.create_index(op.f(f"ix_incident_{name}"), "incident", [name])
    op.create_table(
        "incident_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=True),
        *_to("incident_entry", incident_id="incident", by_id="person", match_id="match"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_entry")),
    )
    op.create_index(op.f("ix_incident_entry_incident_id"), "incident_entry", ["incident_id"])
    op.create_table(
        "safety_lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("territory_id", sa.Integer(), nullable=True),
        *_to("safety_lead", person_id="person", territory_id="territory"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_safety_lead")),
    )
    for name in ("person_id", "territory_id"):
        op.create_index(op.f(f"ix_safety_lead_{name}"), "safety_lead", [name])
    op.create_table(
        "flag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=True),
        sa.Column("territory_id", sa.Integer(), nullable=True),
        sa.Column("raised_at", MOMENT, nullable=False),
        sa.Column("looked_at", MOMENT, nullable=True),
        sa.Column("looked_by_id", sa.Integer(), nullable=True),
        *_to("flag", person_id="person", territory_id="territory", looked_by_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flag")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_flag_listed", "flag", ["looked_at", "raised_at"])
    for name in ("person_id", "territory_id"):
        op.create_index(op.f(f"ix_flag_{name}"), "flag", [name])
    op.create_table(
        "device",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        *_to("device", person_id="person"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
    for name in ("at", "key", "person_id"):
        op.create_index(op.f(f"ix_device_{name}"), "device", [name])


def downgrade() -> None:
    for table in ("device", "flag", "safety_lead", "incident_entry", "incident"):
        op.drop_table(table)
    op.drop_column("person", "frozen_at")


def _to(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([name], [f"{other}.id"], name=op.f(f"fk_{table}_{name}_{other}")) for name, other in columns.items()
    ]  # fmt: skip
