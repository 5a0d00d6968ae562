"""How a provider of sign-ins knows an agent, and what it gave; the next phone, and codes for when it is lost.

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

ONCE = {"sqlite_autoincrement": True}


def upgrade() -> None:
    op.add_column("sign_in", sa.Column("id_token", sa.Text(), nullable=False, server_default=""))
    op.add_column("second_factor", sa.Column("next_secret", sa.Text(), nullable=False, server_default=""))
    op.execute("DELETE FROM recovery_code")  # keyed otherwise from now on; their owners make new ones on their page
    with op.batch_alter_table("person", table_kwargs=ONCE) as person:
        person.add_column(sa.Column("proconnect", sa.Text()))
        person.add_column(sa.Column("proconnect_index", sa.String(80)))
        person.create_unique_constraint(op.f("uq_person_proconnect_index"), ["proconnect_index"])


def downgrade() -> None:
    with op.batch_alter_table("person", table_kwargs=ONCE) as person:
        person.drop_constraint(op.f("uq_person_proconnect_index"), type_="unique")
        person.drop_column("proconnect_index")
        person.drop_column("proconnect")
    op.execute("DELETE FROM recovery_code")
    with op.batch_alter_table("second_factor") as second_factor:
        second_factor.drop_column("next_secret")
    with op.batch_alter_table("sign_in", table_kwargs=ONCE) as sign_in:
        sign_in.drop_column("id_token")
