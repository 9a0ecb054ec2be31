"""What watchers count: what was told, by its moment; and who is under way, by delegation"""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

TOLD = sa.text("sent_at IS NOT NULL")
FOLLOWED = sa.text("status = 'active'")


def upgrade() -> None:
    op.create_index('notice_told', 'notice', ['sent_at'], unique=False, sqlite_where=TOLD, postgresql_where=TOLD)
    op.create_index('enrolment_followed', 'enrolment', ['delegation'], unique=False, sqlite_where=FOLLOWED, postgresql_where=FOLLOWED)


def downgrade() -> None:
    op.drop_index('enrolment_followed', table_name='enrolment', sqlite_where=FOLLOWED, postgresql_where=FOLLOWED)
    op.drop_index('notice_told', table_name='notice', sqlite_where=TOLD, postgresql_where=TOLD)
