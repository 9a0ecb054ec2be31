"""What two years bring"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
import models.columns

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def replace_check(batch_op, column: str, words: str) -> None:
    """Give a text column other words. SQLite forgets a table's checks when the table is made anew: all are named again."""
    if op.get_bind().dialect.name != 'sqlite':
        batch_op.drop_constraint(f'{column}_known', type_='check')
    batch_op.create_check_constraint(f'{column}_known', sa.text(f'{column} IN ({words})'))


def upgrade() -> None:
    op.create_table('closed_window',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('scope', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('target', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('first_on', sa.Date(), nullable=False),
    sa.Column('last_on', sa.Date(), nullable=False),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('entered_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('entered_at', models.columns.Instant(), nullable=False),
    sa.CheckConstraint("scope IN ('sector', 'cooperative')", name='scope_known'),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('closed_window', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_closed_window_target'), ['target'], unique=False)

    op.create_table('alert',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('about', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('proposal', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('raised_on', sa.Date(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('closed_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint("status IN ('open', 'accepted', 'dismissed')", name='status_known'),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('enrolment_id', 'kind', 'about')
    )
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_alert_enrolment_id'), ['enrolment_id'], unique=False)

    op.create_table('appeal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('against', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('filed_on', sa.Date(), nullable=False),
    sa.Column('filed_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('grounds', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('status', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('closed_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.CheckConstraint("status IN ('filed', 'upheld', 'rejected')", name='status_known'),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('appeal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_appeal_enrolment_id'), ['enrolment_id'], unique=False)

    op.create_table('correction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('fact', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('before', sa.JSON(), nullable=False),
    sa.Column('after', sa.JSON(), nullable=False),
    sa.Column('why', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', models.columns.Instant(), nullable=False),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_correction_enrolment_id'), ['enrolment_id'], unique=False)

    op.create_table('suspension',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=True),
    sa.Column('reason', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('remaining', sa.JSON(), nullable=False),
    sa.Column('suspended_by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('suspended_at', models.columns.Instant(), nullable=False),
    sa.Column('resumed_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('suspension', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_suspension_enrolment_id'), ['enrolment_id'], unique=False)

    op.create_table('territory',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('enrolment_id', sa.Integer(), nullable=False),
    sa.Column('delegation', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('territory', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_territory_delegation'), ['delegation'], unique=False)
        batch_op.create_index(batch_op.f('ix_territory_enrolment_id'), ['enrolment_id'], unique=False)

    with op.batch_alter_table('decision', schema=None) as batch_op:
        replace_check(batch_op, 'status', "'proposed', 'to_countersign', 'decided'")
        batch_op.add_column(sa.Column('second_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True))
        batch_op.add_column(sa.Column('flag', sa.JSON(), nullable=True))

    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.add_column(sa.Column('watch_on', sa.Date(), nullable=True))
        batch_op.create_index('enrolment_watch', ['watch_on'], unique=False, sqlite_where=sa.text('watch_on IS NOT NULL'), postgresql_where=sa.text('watch_on IS NOT NULL'))
    # Those under way are looked at by the next morning, which sets the day of the following look.
    op.execute("UPDATE enrolment SET watch_on = start_on WHERE status = 'active'")

    with op.batch_alter_table('step', schema=None) as batch_op:
        replace_check(batch_op, 'status', "'open', 'done', 'missed', 'not_required'")
        replace_check(batch_op, 'origin', "'plan', 'recovery', 'make_up', 'call', 'legal'")
        batch_op.add_column(sa.Column('moves', sa.Integer(), server_default='0', nullable=False))



def downgrade() -> None:
    op.execute("UPDATE step SET origin = 'plan' WHERE origin = 'legal'")
    op.execute("UPDATE decision SET status = 'proposed' WHERE status = 'to_countersign'")
    with op.batch_alter_table('step', schema=None) as batch_op:
        replace_check(batch_op, 'status', "'open', 'done', 'missed', 'not_required'")
        replace_check(batch_op, 'origin', "'plan', 'recovery', 'make_up', 'call'")
        batch_op.drop_column('moves')

    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        replace_check(batch_op, 'status', "'selected', 'active', 'suspended', 'completed', 'dropped', 'excluded', 'dissolved'")
        batch_op.drop_index('enrolment_watch', sqlite_where=sa.text('watch_on IS NOT NULL'), postgresql_where=sa.text('watch_on IS NOT NULL'))
        batch_op.drop_column('watch_on')

    with op.batch_alter_table('decision', schema=None) as batch_op:
        replace_check(batch_op, 'status', "'proposed', 'decided'")
        batch_op.drop_column('flag')
        batch_op.drop_column('second_by')

    with op.batch_alter_table('territory', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_territory_enrolment_id'))
        batch_op.drop_index(batch_op.f('ix_territory_delegation'))

    op.drop_table('territory')
    with op.batch_alter_table('suspension', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_suspension_enrolment_id'))

    op.drop_table('suspension')
    with op.batch_alter_table('correction', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_correction_enrolment_id'))

    op.drop_table('correction')
    with op.batch_alter_table('appeal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_appeal_enrolment_id'))

    op.drop_table('appeal')
    with op.batch_alter_table('alert', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_alert_enrolment_id'))

    op.drop_table('alert')
    with op.batch_alter_table('closed_window', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_closed_window_target'))

    op.drop_table('closed_window')
