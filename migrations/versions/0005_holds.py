"""Holds of the sending"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
import models.columns

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('hold',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('channel', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('cause', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('began_at', models.columns.Instant(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('released_at', models.columns.Instant(), nullable=True),
    sa.Column('released_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint("cause IN ('breaker', 'restore', 'person')", name='cause_known'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('hold', schema=None) as batch_op:
        batch_op.create_index('hold_open', ['channel', 'cause'], unique=True, sqlite_where=sa.text('released_at IS NULL'), postgresql_where=sa.text('released_at IS NULL'))

    with op.batch_alter_table('channel_state', schema=None) as batch_op:
        batch_op.add_column(sa.Column('down_since', models.columns.Instant(), nullable=True))
        batch_op.add_column(sa.Column('beyond_on', sa.Date(), nullable=True))
        batch_op.add_column(sa.Column('beyond', sa.Integer(), server_default='0', nullable=False))

    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.add_column(sa.Column('approved_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))


def downgrade() -> None:
    # Not by batches: SQLite would make the tables anew and forget their checks.
    op.drop_column('notice', 'approved_by')
    op.drop_column('channel_state', 'beyond')
    op.drop_column('channel_state', 'beyond_on')
    op.drop_column('channel_state', 'down_since')
    op.drop_index('hold_open', table_name='hold')
    op.drop_table('hold')
