"""Cohorts, opened and closed."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.cohorts import close_cohort, cohort_of, open_cohort
from actions.morning import next_morning, open_cohorts
from models import Cohort
from models.session import Database
from programme.errors import (
    CodeWrong,
    CohortClosed,
    CohortExists,
    CohortUnderWay,
    CohortUnknown,
    ProgrammeUnknown,
    RegionUnknown,
)
from tests.world import CODE, NOW, open_enrolled


def opened(session: Session, **values: Any) -> Cohort:
    given = {"code": CODE, "start_on": date(2027, 1, 4), "by": "k1", "now": NOW, **values}
    return open_cohort(session, **given)


def test_cohort_is_opened_with_its_programmes_eligibility(database: Database) -> None:
    with database.transaction() as session:
        opened(session, title="Souss-Massa 2027", region="souss massa")
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
    assert (cohort.title, cohort.region_code, cohort.status) == ("Souss-Massa 2027", "09", "open")
    assert (cohort.max_age_years, cohort.min_members) == (4, 5)


def test_cohort_without_a_title_or_a_call_takes_its_code_and_its_start(database: Database) -> None:
    with database.transaction() as session:
        cohort = opened(session)
    assert (cohort.title, cohort.called_on, cohort.region_code) == ("SM-2027", date(2027, 1, 4), None)


def test_cohort_counts_ages_on_the_day_of_its_call(database: Database) -> None:
    with database.transaction() as session:
        cohort = opened(session, called_on=date(2026, 10, 1))
    assert cohort.called_on == date(2026, 10, 1)


def test_cohort_of_a_known_code_is_refused(database: Database) -> None:
    with database.transaction() as session:
        opened(session)
        with pytest.raises(CohortExists, match="already open since 2027-01-04"):
            opened(session)


def test_cohort_of_an_unknown_region_is_refused(database: Database) -> None:
    with database.transaction() as session, pytest.raises(RegionUnknown, match="Atlantis is not one of"):
        opened(session, region="Atlantis")


def test_cohort_of_an_unknown_programme_is_refused(database: Database) -> None:
    with database.transaction() as session, pytest.raises(ProgrammeUnknown, match="No programme moussanada"):
        opened(session, programme="moussanada")


def test_unknown_cohort_is_refused(database: Database) -> None:
    with database.reading() as session, pytest.raises(CohortUnknown, match="There is no cohort SM-2027"):
        cohort_of(session, CODE)


def test_closed_cohort_can_be_read_and_not_changed(database: Database) -> None:
    with database.transaction() as session:
        opened(session)
        close_cohort(session, code=CODE)
    with database.reading() as session:
        assert cohort_of(session, CODE).status == "closed"
        with pytest.raises(CohortClosed, match="Cohort SM-2027 is closed"):
            cohort_of(session, CODE, to_change=True)


def test_cohort_is_closed_once(database: Database) -> None:
    with database.transaction() as session:
        opened(session)
        close_cohort(session, code=CODE)
        with pytest.raises(CohortClosed):
            close_cohort(session, code=CODE)


def test_closed_cohort_has_no_morning(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        assert ([one.code for one in open_cohorts(session)], next_morning(session)) == ([CODE], date(2027, 1, 4))
    with database.transaction() as session:
        close_cohort(session, code=CODE, anyway=True)
    with database.reading() as session:
        assert (open_cohorts(session), next_morning(session)) == ([], None)


def test_cohort_with_enrolments_under_way_is_not_closed_by_a_slip(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with (
        database.transaction() as session,
        pytest.raises(CohortUnderWay, match="SM-2027 has 2 enrolments under way"),
    ):
        close_cohort(session, code=CODE)
    with database.reading() as session:
        assert cohort_of(session, CODE).status == "open"


@pytest.mark.parametrize("code", ["", " ", "SM 2027", "SM/2027", "SM:2027", "-SM", "S" * 61])
def test_cohort_of_a_code_that_keys_and_commands_could_not_name_is_refused(database: Database, code: str) -> None:
    with database.transaction() as session, pytest.raises(CodeWrong, match="cannot be a code"):
        opened(session, code=code)
    with database.reading() as session:
        assert session.exec(select(Cohort)).all() == []


def test_cohort_may_have_a_code_in_arabic(database: Database) -> None:
    with database.transaction() as session:
        assert opened(session, code="سوس-2027").code == "سوس-2027"
