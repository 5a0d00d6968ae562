"""Where a volunteer goes in place of a radius: quartiers, or a drawn area"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quartiers", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("drawn", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("offer", schema=None) as batch_op:
        batch_op.drop_column("drawn")
        batch_op.drop_column("quartiers")
