"""Indexes by which a morning's questions cost what is due"""

import sqlalchemy as sa
from alembic import op

revision = '0010'
down_revision = '0009'
branch_labels = None
depends_on = None

WAITING = sa.text('proposed_on IS NULL')


def upgrade() -> None:
    op.create_index('notice_of_enrolment', 'notice', ['enrolment_id', 'promised_at'], unique=False)
    op.drop_index('ix_notice_enrolment_id', table_name='notice')
    op.create_index('ix_role_assignment_role', 'role_assignment', ['role'], unique=False)
    op.drop_index('evaluation_waiting', table_name='evaluation', sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index('evaluation_waiting', 'evaluation', ['on'], unique=False, sqlite_where=WAITING, postgresql_where=WAITING)


def downgrade() -> None:
    op.drop_index('evaluation_waiting', table_name='evaluation', sqlite_where=WAITING, postgresql_where=WAITING)
    op.create_index('evaluation_waiting', 'evaluation', ['enrolment_id'], unique=False, sqlite_where=WAITING, postgresql_where=WAITING)
    op.drop_index('ix_role_assignment_role', table_name='role_assignment')
    op.create_index('ix_notice_enrolment_id', 'notice', ['enrolment_id'], unique=False)
    op.drop_index('notice_of_enrolment', table_name='notice')
