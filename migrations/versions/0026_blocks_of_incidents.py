"""Who is not to meet whom since something was reported"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("block") as batch:
        batch.add_column(sa.Column("incident_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f("fk_block_incident_id_incident"), "incident", ["incident_id"], ["id"])
        batch.create_index("ix_block_incident_id", ["incident_id"])


def downgrade() -> None:
    with op.batch_alter_table("block") as batch:
        batch.drop_index("ix_block_incident_id")
        batch.drop_constraint(op.f("fk_block_incident_id_incident"), type_="foreignkey")
        batch.drop_column("incident_id")
