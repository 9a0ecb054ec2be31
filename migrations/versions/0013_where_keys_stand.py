"""Where keys stand: what mornings write at once is together in the indexes of notices"""

import re
from zlib import crc32

import sqlalchemy as sa
import sqlmodel
from alembic import op

import models.columns

revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None

AT_ONCE = 10_000
DAY = re.compile(r'(\d{4})-(\d\d)-(\d\d)')
TEXT, INSTANT = sqlmodel.sql.sqltypes.AutoString, models.columns.Instant
PENDING, OF_A_STEP, OF_NO_STEP = "status = 'pending'", 'step_id IS NOT NULL', 'step_id IS NULL'
LATE = {
    'sqlite': "due_on < date(promised_at, '+1 hour')",
    'postgresql': "due_on < CAST(promised_at + INTERVAL '1 hour' AS date)",
}
KEPT = {
    'notice_outbox': ('send_at', "status IN ('pending', 'sending') AND channel = 'email'"),
    'notice_troubled': ('status', "status IN ('failed', 'in_doubt')"),
    'notice_digest': ('digest_id', 'digest_id IS NOT NULL'),
    'notice_told': ('sent_at', 'sent_at IS NOT NULL'),
}
"""Indexes that stay as they are: SQLite makes the table anew, and they go with the old one."""


def table(*, placed: bool) -> sa.Table:
    """Return the table as it was, or as it becomes: SQLite reads the checks of a table from nowhere else."""
    key = ['place', 'key'] if placed else ['key']
    return sa.Table(
        'notice',
        sa.MetaData(),
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('key', TEXT(), nullable=False),
        sa.Column('kind', TEXT(), nullable=False),
        sa.Column('cohort_id', sa.Integer(), nullable=True),
        sa.Column('enrolment_id', sa.Integer(), nullable=True),
        sa.Column('step_id', sa.Integer(), nullable=True),
        sa.Column('digest_id', sa.Integer(), nullable=True),
        sa.Column('recipient', TEXT(), nullable=False),
        sa.Column('address', TEXT(), nullable=True),
        sa.Column('language', TEXT(), nullable=False),
        sa.Column('channel', TEXT(), nullable=False),
        sa.Column('due_on', sa.Date(), nullable=False),
        sa.Column('facts', sa.JSON(), nullable=False),
        sa.Column('template_version', TEXT(), nullable=False),
        sa.Column('message_id', TEXT(), nullable=True),
        sa.Column('approved_by', TEXT(), nullable=True),
        sa.Column('promised_at', INSTANT(), nullable=False),
        sa.Column('send_at', INSTANT(), nullable=False),
        sa.Column('status', TEXT(), nullable=False),
        sa.Column('reason', TEXT(), nullable=False),
        sa.Column('attempts', sa.Integer(), nullable=False),
        sa.Column('doubts', sa.Integer(), nullable=False),
        sa.Column('token', sa.Integer(), nullable=False),
        sa.Column('claimed_by', TEXT(), nullable=False),
        sa.Column('lease_until', INSTANT(), nullable=True),
        sa.Column('data_begun', sa.Boolean(), nullable=False),
        sa.Column('code', sa.Integer(), nullable=True),
        sa.Column('error', TEXT(), nullable=False),
        sa.Column('body_digest', TEXT(), nullable=True),
        sa.Column('sent_at', INSTANT(), nullable=True),
        sa.Column('settled_at', INSTANT(), nullable=True),
        *([sa.Column('place', sa.Integer(), nullable=False, server_default='0')] if placed else []),
        sa.CheckConstraint("channel IN ('email', 'call', 'digest')", name='channel_known'),
        sa.CheckConstraint("status IN ('pending', 'sending', 'sent', 'failed', 'in_doubt', 'skipped', 'cancelled')", name='status_known'),
        sa.ForeignKeyConstraint(['cohort_id'], ['cohort.id']),
        sa.ForeignKeyConstraint(['digest_id'], ['notice.id']),
        sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id']),
        sa.ForeignKeyConstraint(['step_id'], ['step.id']),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint(*key, name=f"notice_{'_'.join(key)}_key"),
    )


def upgrade() -> None:
    change_indexes(drop={'notice_step': PENDING, 'notice_of_enrolment': None})
    with op.batch_alter_table('notice', copy_from=table(placed=False)) as batch_op:
        batch_op.add_column(sa.Column('place', sa.Integer(), nullable=False, server_default='0'))
        batch_op.drop_constraint('notice_key_key', type_='unique')
    put_in_place()
    with op.batch_alter_table('notice', copy_from=without_key(placed=True)) as batch_op:
        batch_op.create_unique_constraint('notice_place_key_key', ['place', 'key'])
    index('notice_step', 'step_id', OF_A_STEP)
    index('notice_of_enrolment', 'enrolment_id', OF_NO_STEP)
    index('notice_late', 'promised_at', LATE[op.get_bind().dialect.name])
    keep_indexes()


def downgrade() -> None:
    change_indexes(drop={'notice_step': OF_A_STEP, 'notice_of_enrolment': OF_NO_STEP, 'notice_late': None})
    with op.batch_alter_table('notice', copy_from=table(placed=True)) as batch_op:
        batch_op.drop_constraint('notice_place_key_key', type_='unique')
        batch_op.drop_column('place')
        batch_op.create_unique_constraint('notice_key_key', ['key'])
    index('notice_step', 'step_id', PENDING)
    op.create_index('notice_of_enrolment', 'notice', ['enrolment_id', 'promised_at'], unique=False)
    keep_indexes()


def without_key(*, placed: bool) -> sa.Table:
    bare = table(placed=placed)
    bare.constraints = {one for one in bare.constraints if not isinstance(one, sa.UniqueConstraint)}
    return bare


def is_sqlite() -> bool:
    return op.get_bind().dialect.name == 'sqlite'


def index(name: str, column: str, condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, 'notice', [column], unique=False, sqlite_where=where, postgresql_where=where)


def change_indexes(*, drop: dict[str, str | None]) -> None:
    """Drop what changes; on SQLite the others too, which are made again for the new table."""
    for name in [*drop, *(KEPT if is_sqlite() else ())]:
        op.drop_index(name, table_name='notice')


def keep_indexes() -> None:
    for name, (column, condition) in KEPT.items() if is_sqlite() else ():
        index(name, column, condition)


def put_in_place() -> None:
    """Work out where each key stands, as `models.placed` does."""
    notice, connection = sa.table('notice', sa.column('id'), sa.column('key'), sa.column('place')), op.get_bind()
    placing = sa.update(notice).where(notice.c.id == sa.bindparam('one')).values(place=sa.bindparam('stands'))
    last = 0
    while rows := connection.execute(sa.select(notice.c.id, notice.c.key).where(notice.c.id > last).order_by(notice.c.id).limit(AT_ONCE)).all():
        connection.execute(placing, [{'one': one, 'stands': place_of(key)} for one, key in rows])
        last = rows[-1][0]


def place_of(key: str) -> int:
    text = '/'.join(key.split('/', 4)[2:4])
    found = DAY.search(text)
    year, month, day = map(int, found.groups()) if found else (0, 0, 0)
    return ((year * 12 + month) * 32 + day) << 8 | crc32(text.encode()) & 0xFF
