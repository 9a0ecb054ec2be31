"""Texts of a cohort's own, and contacts who read both languages"""

import sqlalchemy as sa
import sqlmodel
from alembic import op
import models.columns

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def replace_check(batch_op, column: str, words: str) -> None:
    """Give a text column other words. SQLite forgets a table's checks when the table is made anew: all are named again."""
    if op.get_bind().dialect.name != 'sqlite':
        batch_op.drop_constraint(f'{column}_known', type_='check')
    batch_op.create_check_constraint(f'{column}_known', sa.text(f'{column} IN ({words})'))


def upgrade() -> None:
    op.create_table('cohort_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('cohort_id', sa.Integer(), nullable=False),
    sa.Column('kind', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('language', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('subject', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('body', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('version', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('by', sqlmodel.sql.sqltypes.AutoString(), nullable=False),
    sa.Column('at', models.columns.Instant(), nullable=False),
    sa.Column('replaced_at', models.columns.Instant(), nullable=True),
    sa.Column('replaced_by', sqlmodel.sql.sqltypes.AutoString(), nullable=True),
    sa.CheckConstraint("language IN ('fr', 'ar')", name='language_known'),
    sa.CheckConstraint('(replaced_at IS NULL) = (replaced_by IS NULL)', name='replaced_by_somebody'),
    sa.ForeignKeyConstraint(['cohort_id'], ['cohort.id'], ),
    sa.PrimaryKeyConstraint('id')
    )
    with op.batch_alter_table('cohort_text', schema=None) as batch_op:
        batch_op.create_index('cohort_text_in_force', ['cohort_id', 'kind', 'language'], unique=True, sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_cohort_text_cohort_id'), ['cohort_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_cohort_text_version'), ['version'], unique=False)

    with op.batch_alter_table('contact', schema=None) as batch_op:
        replace_check(batch_op, 'language', "'fr', 'ar', 'both'")


def downgrade() -> None:
    # Who read both reads Arabic, which came first.
    op.execute("UPDATE contact SET language = 'ar' WHERE language = 'both'")
    with op.batch_alter_table('contact', schema=None) as batch_op:
        replace_check(batch_op, 'language', "'fr', 'ar'")

    with op.batch_alter_table('cohort_text', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_cohort_text_version'))
        batch_op.drop_index(batch_op.f('ix_cohort_text_cohort_id'))
        batch_op.drop_index('cohort_text_in_force', sqlite_where=sa.text('replaced_at IS NULL'), postgresql_where=sa.text('replaced_at IS NULL'))

    op.drop_table('cohort_text')
