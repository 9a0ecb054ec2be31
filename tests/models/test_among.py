"""A list as one value: it finds what `IN` finds, in the same words however long it is, and by the index."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from models import Cohort
from models.among import among
from models.columns import columns
from models.session import Database
from tests.world import CODE, open_world, plan_of, statements

COHORT = columns(Cohort)
WORDS = [CODE, "l'« autre »", 'with "quotes"', "تعاونية", "a\\b", "%s", "?", ":x"]


@pytest.mark.parametrize("code", WORDS)
def test_texts_are_found_whatever_is_in_them(database: Database, code: str) -> None:
    open_world(database, cooperatives=0)
    with database.transaction() as session:
        session.execute(sa.update(COHORT.id.table).values(code=code))
        found = session.execute(sa.select(COHORT.code).where(among(COHORT.code, [*WORDS, "none"]))).all()
    assert [row.code for row in found] == [code]


@pytest.mark.parametrize(("ids", "found"), [([], []), ([1], [1]), (range(1, 40_000), [1]), ([2], [])])
def test_numbers_are_found_however_many_are_asked_for(database: Database, ids: range, found: list[int]) -> None:
    open_world(database, cooperatives=0)
    with database.reading() as session:
        assert list(session.scalars(sa.select(COHORT.id).where(among(COHORT.id, ids)))) == found


def test_words_are_the_same_and_served_by_the_index(database: Database) -> None:
    with database.reading() as session, statements(database) as seen:
        for codes in (["a"], ["a", "b", "c"]):
            session.execute(sa.select(COHORT.id).where(among(COHORT.code, codes)))
    assert len({one for one in seen if one.startswith("SELECT")}) == 1
    value = "CAST(ARRAY['a'] AS VARCHAR[])" if database.has_room else "'[\"a\"]'"
    condition = f"code = ANY({value})" if database.has_room else f"code IN (SELECT value FROM json_each({value}))"
    plan = plan_of(database, f"SELECT title FROM cohort WHERE {condition}")
    assert ("cohort_code_key" if database.has_room else "sqlite_autoindex_cohort_1 (code=?)") in plan
