"""Indexes that serve: what is watched and admitted by condition; none beside a key that begins with its column"""

import sqlalchemy as sa
from alembic import op

revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None

CONDITIONS = {
    'step_watched': ('step', ['enrolment_id'], "kind IN ('call', 'evaluation', 'meeting', 'module', 'session')"),
    'history_admitted': ('history', ['enrolment_id'], "verb IN ('enrolled', 'reinstated')"),
    'notice_digest': ('notice', ['digest_id'], 'digest_id IS NOT NULL'),
}
SERVED_BY_KEYS = {
    'ix_step_enrolment_id': ('step', 'enrolment_id'),
    'ix_passage_enrolment_id': ('passage', 'enrolment_id'),
    'ix_evaluation_enrolment_id': ('evaluation', 'enrolment_id'),
    'ix_decision_enrolment_id': ('decision', 'enrolment_id'),
    'ix_alert_enrolment_id': ('alert', 'enrolment_id'),
    'ix_plan_action_enrolment_id': ('plan_action', 'enrolment_id'),
    'ix_notice_digest_id': ('notice', 'digest_id'),
}


def upgrade() -> None:
    for name, (table, columns, condition) in CONDITIONS.items():
        op.create_index(name, table, columns, unique=False, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
    for name, (table, _) in SERVED_BY_KEYS.items():
        op.drop_index(name, table_name=table)


def downgrade() -> None:
    for name, (table, column) in SERVED_BY_KEYS.items():
        op.create_index(name, table, [column], unique=False)
    for name, (table, _, condition) in CONDITIONS.items():
        op.drop_index(name, table_name=table, sqlite_where=sa.text(condition), postgresql_where=sa.text(condition))
