"""The legal calendar of an enrolment: written with its plan, told to the cooperative, and anew for another year-end."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.fiscal_year import change_fiscal_year
from actions.pause import resume, suspend
from actions.replan import change_start
from models import Cooperative, Notice, Step
from models.session import Database
from programme.dates_errors import PlanChanged
from programme.diffs import Diff
from programme.legal_errors import FiscalYearSame, FiscalYearWrong
from tests.world import CODE, at, morning, open_followed, step_row, story, tick, told


def change(database: Database, day: date, ends_on: str = "30/06", approve: str | None = None) -> Diff:
    with database.transaction() as session:
        return change_fiscal_year(
            session, code=f"{CODE}/001", ends_on=ends_on, by="k1", now=at(day, 15), reason="statuts", approve=approve
        )


def legal(database: Database) -> list[tuple[str, str, str]]:
    with database.reading() as session:
        rows = session.exec(select(Step).where(Step.origin == "legal").order_by(col(Step.due_on), col(Step.key)))
        return [(row.key.removeprefix("legal."), row.due_on.isoformat(), row.status) for row in rows]


@pytest.fixture
def enrolled(database: Database) -> Database:
    open_followed(database)
    return database


def test_duties_are_steps_with_titles_of_their_own(enrolled: Database) -> None:
    with enrolled.reading() as session:
        assembly = step_row(session, "legal.assembly-2026")
    assert (assembly.kind, assembly.origin, assembly.owner, assembly.due_on) == (
        "legal",
        "legal",
        "cooperative",
        date(2027, 6, 30),
    )
    assert (assembly.title_fr, assembly.title_ar) == (
        "Tenir l'assemblée générale sur l'exercice 2026",
        "عقد الجمع العام حول السنة المالية 2026",
    )


def test_cooperative_is_reminded_and_who_follows_it_hears_when_it_is_late(enrolled: Database) -> None:
    for day in (date(2027, 1, 15), date(2027, 2, 5), date(2027, 2, 19)):
        morning(enrolled, day)
    with enrolled.reading() as session:
        assert told(session, "legal.accounts-2026") == [
            (f"cooperative:{CODE}/001 step_reminder", "pending", ""),
            ("coach:c1 escalation", "pending", ""),
            ("coordinator:k1 escalation", "pending", ""),
        ]


def test_duty_that_is_done_is_no_matter_of_any_stage(enrolled: Database) -> None:
    tick(enrolled, "legal.accounts-2026", date(2027, 1, 20))
    with enrolled.reading() as session:
        assert step_row(session, "legal.accounts-2026").status == "done"
        assert story(session)[-1] == ("c1", "step done", "legal.accounts-2026")


def test_other_year_end_is_shown_and_changes_nothing_yet(enrolled: Database) -> None:
    """By the new year-end, the assembly on 2026 was to be held before the two years; its minutes within them."""
    before = legal(enrolled)
    diff = change(enrolled, date(2027, 2, 1))
    assert str(diff.what) == f"the fiscal year of {CODE}/001 ends on 06-30 and not on 12-31"
    assert [(one.step.removeprefix("legal."), str(one.was_on), str(one.on)) for one in diff.moved] == [
        ("accounts-2027", "2028-01-31", "2027-07-29"),
        ("assembly-2026", "2027-06-30", "None"),
        ("assembly-2027", "2028-06-30", "2027-12-30"),
        ("assembly-notice-2026", "2027-05-31", "None"),
        ("assembly-notice-2027", "2028-05-31", "2027-11-30"),
        ("assembly-preparation-2026", "2027-04-30", "None"),
        ("assembly-preparation-2027", "2028-04-28", "2027-10-29"),
        ("minutes-2026", "2027-07-14", "2027-02-01"),
        ("minutes-2027", "2028-07-14", "2028-01-13"),
        ("accounts-2028", "None", "2028-07-28"),
        ("assembly-preparation-2028", "None", "2028-10-30"),
        ("assembly-notice-2028", "None", "2028-11-30"),
        ("assembly-2028", "None", "2028-12-29"),
    ]
    assert legal(enrolled) == before


def test_other_year_end_is_applied_once_approved(enrolled: Database) -> None:
    """The accounts of 2026 are late already under the old year-end: they stay as they are."""
    diff = change(enrolled, date(2027, 8, 2))
    change(enrolled, date(2027, 8, 2), approve=diff.digest)
    assert legal(enrolled) == [
        ("accounts-2026", "2027-01-29", "open"),
        ("assembly-preparation-2026", "2027-04-30", "open"),
        ("assembly-notice-2026", "2027-05-31", "open"),
        ("assembly-2026", "2027-06-30", "open"),
        ("minutes-2026", "2027-07-14", "open"),
        ("accounts-2027", "2027-08-02", "open"),
        ("assembly-preparation-2027", "2027-10-29", "open"),
        ("assembly-notice-2027", "2027-11-30", "open"),
        ("assembly-2027", "2027-12-30", "open"),
        ("minutes-2027", "2028-01-13", "open"),
        ("accounts-2028", "2028-07-28", "open"),
        ("assembly-preparation-2028", "2028-10-30", "open"),
        ("assembly-notice-2028", "2028-11-30", "open"),
        ("assembly-2028", "2028-12-29", "open"),
    ]
    with enrolled.reading() as session:
        assert session.exec(select(Cooperative.fiscal_year_end)).one() == "06-30"
        assert (
            step_row(session, "legal.assembly-2027").title_fr == "Tenir l'assemblée générale sur l'exercice 2026-2027"
        )
        assert story(session)[-1] == ("k1", "fiscal year changed", "")


def test_promised_reminder_of_the_old_date_is_taken_back(enrolled: Database) -> None:
    morning(enrolled, date(2028, 1, 17))
    diff = change(enrolled, date(2028, 1, 17))
    change(enrolled, date(2028, 1, 17), approve=diff.digest)
    with enrolled.reading() as session:
        rows = session.exec(select(Notice).join(Step).where(Step.key == "legal.accounts-2027")).all()
    assert [(row.status, row.reason) for row in rows if row.kind == "step_reminder"] == [
        ("cancelled", "the fiscal year ends on 06-30 now")
    ]


def test_what_is_done_stays_done(enrolled: Database) -> None:
    tick(enrolled, "legal.accounts-2026", date(2027, 1, 20))
    diff = change(enrolled, date(2027, 1, 21))
    change(enrolled, date(2027, 1, 21), approve=diff.digest)
    assert ("accounts-2026", "2027-01-29", "done") in legal(enrolled)


def test_other_plan_than_the_approved_one_is_refused(enrolled: Database) -> None:
    diff = change(enrolled, date(2027, 1, 21))
    tick(enrolled, "legal.accounts-2027", date(2027, 1, 22))
    with pytest.raises(PlanChanged):
        change(enrolled, date(2027, 1, 22), approve=diff.digest)


@pytest.mark.parametrize(
    ("text", "refusal"), [("31/02", FiscalYearWrong), ("été", FiscalYearWrong), ("31/12", FiscalYearSame)]
)
def test_year_end_that_is_none_or_the_same_is_refused(enrolled: Database, text: str, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        change(enrolled, date(2027, 1, 21), text)


def test_sleeping_enrolment_keeps_its_legal_limits_and_hears_nothing(enrolled: Database) -> None:
    with enrolled.transaction() as session:
        suspend(session, code=f"{CODE}/001", reason="travaux", by="k1", now=at(date(2027, 1, 11)))
    diff = change(enrolled, date(2027, 2, 1))
    change(enrolled, date(2027, 2, 1), approve=diff.digest)
    with enrolled.reading() as session:
        assert step_row(session, "legal.assembly-2027").due_on == date(2027, 12, 30)
        rows = session.exec(select(Notice).join(Step).where(Step.origin == "legal", Notice.status == "pending")).all()
        assert rows == []
    with enrolled.transaction() as session:
        resume(session, code=f"{CODE}/001", by="k1", now=at(date(2027, 3, 1)))
    with enrolled.reading() as session:
        assert step_row(session, "legal.assembly-2027").due_on == date(2027, 12, 30)


def test_start_that_moves_takes_the_years_duties_along(enrolled: Database) -> None:
    def restart(approve: str | None) -> Diff:
        with enrolled.transaction() as session:
            return change_start(
                session,
                code=f"{CODE}/001",
                start_on=date(2027, 2, 1),
                by="k1",
                now=at(date(2027, 1, 4), 15),
                approve=approve,
            )

    shown = restart(None)
    assert [(one.step, one.on) for one in shown.moved if one.step.startswith("legal.")] == [
        ("legal.accounts-2026", None),
        ("legal.accounts-2028", date(2029, 1, 31)),
    ]
    restart(shown.digest)
    assert legal(enrolled)[0] == ("accounts-2026", "2027-01-29", "not_required")
    assert ("accounts-2028", "2029-01-31", "open") in legal(enrolled)
