"""Links in messages, messages that a reader no longer wants, and copies for other services"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
import models.columns

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

COPY_WAITS = sa.text("status IN ('pending', 'sending')")
IN_FORCE = sa.text('accepted_at IS NULL')


def upgrade() -> None:
    op.create_table('link',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('hash', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('purpose', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('step_id', sa.Integer(), nullable=True),
    sa.Column('person', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('topic', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('made_at', models.columns.Instant(), nullable=False),
    sa.Column('expires_at', models.columns.Instant(), nullable=False),
    sa.Column('used_at', models.columns.Instant(), nullable=True),
    sa.Column('revoked_at', models.columns.Instant(), nullable=True),
    sa.Column('revoked_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint("purpose IN ('step', 'unwanted')", name='purpose_known'),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], ),
    sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], ),
    sa.ForeignKeyConstraint(['step_id'], ['step.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('hash')
    )
    with op.batch_alter_table('link', schema=None) as batch_op:
        for column in ('enrolment_id', 'expires_at', 'notice_id', 'person', 'step_id'):
            batch_op.create_index(batch_op.f(f'ix_link_{column}'), [column], unique=False)

    op.create_table('service_copy',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('notice_id', sa.Integer(), nullable=False),
    sa.Column('service', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('title', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('send_at', models.columns.Instant(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('token', sa.Integer(), nullable=False),
    sa.Column('lease_until', models.columns.Instant(), nullable=True),
    sa.Column('settled_at', models.columns.Instant(), nullable=True),
    sa.CheckConstraint("status IN ('pending', 'sending', 'handed', 'failed', 'skipped')", name='status_known'),
    sa.ForeignKeyConstraint(['notice_id'], ['notice.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('notice_id', 'service')
    )
    with op.batch_alter_table('service_copy', schema=None) as batch_op:
        batch_op.create_index('service_copy_waits', ['send_at'], unique=False, sqlite_where=COPY_WAITS, postgresql_where=COPY_WAITS)

    op.create_table('unwanted',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('contact_id', sa.Integer(), nullable=False),
    sa.Column('topic', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('how', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('said_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('refused_at', models.columns.Instant(), nullable=False),
    sa.Column('accepted_at', models.columns.Instant(), nullable=True),
    sa.Column('accepted_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint("how IN ('link', 'mail program', 'coordinator')", name='how_known'),
    sa.ForeignKeyConstraint(['contact_id'], ['contact.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('unwanted', schema=None) as batch_op:
        batch_op.create_index('unwanted_once', ['contact_id', 'topic'], unique=True, sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)


def downgrade() -> None:
    with op.batch_alter_table('unwanted', schema=None) as batch_op:
        batch_op.drop_index('unwanted_once', sqlite_where=IN_FORCE, postgresql_where=IN_FORCE)

    op.drop_table('unwanted')
    with op.batch_alter_table('service_copy', schema=None) as batch_op:
        batch_op.drop_index('service_copy_waits', sqlite_where=COPY_WAITS, postgresql_where=COPY_WAITS)

    op.drop_table('service_copy')
    with op.batch_alter_table('link', schema=None) as batch_op:
        for column in ('step_id', 'person', 'notice_id', 'expires_at', 'enrolment_id'):
            batch_op.drop_index(batch_op.f(f'ix_link_{column}'))

    op.drop_table('link')
