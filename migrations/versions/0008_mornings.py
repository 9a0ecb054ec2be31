"""Mornings as they happened, and what watchers ask for at every look"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
import models.columns

revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

TROUBLED = sa.text("status IN ('failed', 'in_doubt')")
COPY_FAILED = sa.text("status = 'failed'")


def upgrade() -> None:
    op.create_table('morning_run',
    sa.Column('name', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('began_at', models.columns.Instant(), nullable=False),
    sa.Column('ended_at', models.columns.Instant(), nullable=False),
    sa.Column('finished_at', models.columns.Instant(), nullable=True),
    sa.Column('outcome', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('runs', sa.Integer(), nullable=False),
    sa.CheckConstraint("outcome IN ('done', 'failed')", name='outcome_known'),
    sa.PrimaryKeyConstraint('name', 'day')
    )
    op.create_index('notice_troubled', 'notice', ['status'], unique=False, sqlite_where=TROUBLED, postgresql_where=TROUBLED)
    op.create_index('service_copy_failed', 'service_copy', ['settled_at'], unique=False, sqlite_where=COPY_FAILED, postgresql_where=COPY_FAILED)


def downgrade() -> None:
    op.drop_index('service_copy_failed', table_name='service_copy', sqlite_where=COPY_FAILED, postgresql_where=COPY_FAILED)
    op.drop_index('notice_troubled', table_name='notice', sqlite_where=TROUBLED, postgresql_where=TROUBLED)
    op.drop_table('morning_run')
