"""Whose data were pseudonymised"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
import models.columns

revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('erasure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('pseudonym', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('cause', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', models.columns.Instant(), nullable=False),
    sa.CheckConstraint("subject IN ('person', 'contact')", name='subject_known'),
    sa.CheckConstraint("cause IN ('asked', 'retention')", name='cause_known'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('subject', 'subject_id')
    )


def downgrade() -> None:
    op.drop_table('erasure')
