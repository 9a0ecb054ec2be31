"""An access log, and which enrolments are past their retention"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
import models.columns

revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None

KEPT = sa.text("ended_on IS NOT NULL AND pseudonymised_on IS NULL")


def upgrade() -> None:
    op.create_table('access_log',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', models.columns.Instant(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('action', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject_id', sa.Integer(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.CheckConstraint("action IN ('export', 'erase', 'correct', 'restore')", name='action_known'),
    sa.CheckConstraint("subject IN ('person', 'contact')", name='subject_known'),
    sa.PrimaryKeyConstraint('id')
    )
    op.add_column('enrolment', sa.Column('pseudonymised_on', sa.Date(), nullable=True))
    op.create_index('enrolment_kept', 'enrolment', ['ended_on'], unique=False, sqlite_where=KEPT, postgresql_where=KEPT)


def downgrade() -> None:
    op.drop_index('enrolment_kept', table_name='enrolment', sqlite_where=KEPT, postgresql_where=KEPT)
    op.drop_column('enrolment', 'pseudonymised_on')
    op.drop_table('access_log')
