"""Why a step is on its date, why nobody has heard, and the history in words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlmodel import Session, select

from actions.cohorts import open_cohort
from actions.explain import find, why_silent, why_step
from actions.extra_steps import add_recovery
from actions.history_words import VERBS, lines_of
from actions.migrate import migrate_cohort
from actions.migration_plan import plan_cohort
from actions.pause import resume, suspend
from actions.replan import move_step
from models import Enrolment, Step
from models.session import Database
from tests.journey.test_versions import publish_second
from tests.world import CODE, at, enrolment_row, open_followed, open_world, step_row, tick

ONE = f"{CODE}/001"


def why(database: Database, key: str) -> list[str]:
    with database.reading() as session:
        found = find(session, f"{ONE}/{key}")
        assert found is not None
        assert found.step is not None
        return [str(one) for one in why_step(session, found.enrolment, found.step)]


def move(database: Database, step: str, on: date, reason: str = "") -> None:
    with database.transaction() as session:
        common: dict[str, Any] = {
            "code": ONE,
            "step": step,
            "on": on,
            "by": "c1",
            "now": at(date(2027, 1, 11), 15),
            "reason": reason,
        }
        diff = move_step(session, **common)
        move_step(session, **common, approve=diff.digest)


@pytest.fixture
def enrolled(database: Database) -> Database:
    open_followed(database, without_email=(1,))
    return database


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (
            "diagnosis.visit",
            "“Visite de diagnostic” is on 2027-01-25: 3 weeks after the start, as the programme has it",
        ),
        (
            "legal.accounts-2026",
            (
                "“Arrêter les comptes de l'exercice 2026” is on 2027-01-29: 1 month after the end of "
                "the fiscal year (the fiscal year ends on 2026-12-31) is 2027-01-31, "
                "a closed day, and a legal limit is not extended: moved back to 2027-01-29"
            ),
        ),
        (
            "call.-/welcome/cooperative:SM-2027/001",
            (
                "“Appeler : bienvenue dans le programme” is on 2027-01-04: "
                "a call that stands for a notice to somebody without an address"
            ),
        ),
    ],
)
def test_date_of_a_step_is_explained_by_its_rule(enrolled: Database, key: str, said: str) -> None:
    assert why(enrolled, key) == [said]


def test_date_that_a_person_set_is_explained_by_who_and_why(enrolled: Database) -> None:
    move(enrolled, "diagnosis.visit", date(2027, 1, 28), "route coupée")
    assert why(enrolled, "diagnosis.visit") == [
        (
            "“Visite de diagnostic” is on 2027-01-28: Accompagnement 1 moved it from 2027-01-25 on "
            "2027-01-11 15:00 (route coupée)"
        )
    ]


def test_last_change_of_a_date_is_the_one_that_is_told(enrolled: Database) -> None:
    move(enrolled, "diagnosis.visit", date(2027, 1, 28), "route coupée")
    move(enrolled, "diagnosis.visit", date(2027, 1, 29))
    assert why(enrolled, "diagnosis.visit")[0].startswith(
        "“Visite de diagnostic” is on 2027-01-29: Accompagnement 1 moved it from 2027-01-28"
    )


def test_date_after_a_pause_is_explained_by_what_was_left(enrolled: Database) -> None:
    with enrolled.transaction() as session:
        suspend(session, code=ONE, reason="travaux", by="k1", now=at(date(2027, 1, 18)))
    with enrolled.transaction() as session:
        resume(session, code=ONE, by="k1", now=at(date(2027, 2, 15)))
    assert why(enrolled, "diagnosis.visit") == [
        (
            "“Visite de diagnostic” is on 2027-02-22: it had 5 working days left when Coordination resumed "
            "the enrolment on 2027-02-15"
        )
    ]


def test_date_by_another_version_is_explained_by_it(enrolled: Database) -> None:
    publish_second(enrolled)
    now = at(date(2027, 1, 18))
    with enrolled.reading() as session:
        digest = plan_cohort(session, cohort=CODE, now=now).digest
    migrate_cohort(enrolled, cohort=CODE, approve=digest, by="k1", now=now)
    moved = "Coordination moved it from 2027-03-08 on 2027-01-18 08:00 (version 2 of the programme)"
    assert why(enrolled, "diagnosis.restitution") == [f"“Restitution du diagnostic” is on 2027-03-15: {moved}"]
    assert why(enrolled, "coaching.M9-evaluation") == [
        "“Questionnaire court (M9)” is on 2027-10-04: it was added on 2027-01-18 08:00 (version 2 of the programme)"
    ]
    assert why(enrolled, "closing.exit-plan")[1] == "“Plan de sortie” is not required since 2027-01-18 (the program)"


def test_step_that_real_life_added_says_so(enrolled: Database) -> None:
    with enrolled.transaction() as session:
        add_recovery(session, enrolment_row(session), date(2028, 1, 10), now=at(date(2028, 1, 10)))
    assert why(enrolled, "coaching.recovery-session-01") == [
        "“Séance de redressement n° 1” is on 2028-02-07: it was added to the plan"
    ]


def test_closed_step_says_since_when_and_by_whom(enrolled: Database) -> None:
    tick(enrolled, "diagnosis.visit", date(2027, 1, 22))
    assert why(enrolled, "diagnosis.visit") == [
        "“Visite de diagnostic” is on 2027-01-25: 3 weeks after the start, as the programme has it",
        "“Visite de diagnostic” is done since 2027-01-22 (Accompagnement 1)",
    ]


def test_every_step_of_a_plan_can_be_explained(enrolled: Database) -> None:
    with enrolled.reading() as session:
        keys = session.exec(select(Step.key)).all()
    assert len(keys) == 63
    assert [key for key in keys if not why(enrolled, key)] == []


@pytest.mark.parametrize(
    ("about", "found"),
    [
        (ONE, (ONE, None)),
        ("Coopérative 1", (ONE, None)),
        (f"{ONE}/diagnosis.visit", (ONE, "diagnosis.visit")),
        (f"{ONE}/diagnosis.viist", None),
        (CODE, None),
        ("", None),
    ],
)
def test_find_reads_what_a_person_names(enrolled: Database, about: str, found: tuple[str, str | None] | None) -> None:
    with enrolled.reading() as session:
        one = find(session, about)
        assert (one and (one.enrolment.code, one.step.key if one.step else None)) == found


def test_name_of_a_cooperative_that_takes_part_again_means_the_last_time(enrolled: Database) -> None:
    with enrolled.transaction() as session:
        first = enrolment_row(session).model_dump(exclude={"id", "code", "cohort_id"})
        again = open_cohort(
            session, code="SM-2029", start_on=date(2029, 1, 8), by="k1", now=at(date(2028, 12, 4)), region="Souss-Massa"
        )
        session.add(Enrolment(code="SM-2029/001", cohort_id=again.id, **first))
    with enrolled.reading() as session:
        one = find(session, "Coopérative 1")
        assert one is not None
        assert one.enrolment.code == "SM-2029/001"


def silent(session: Session) -> str:
    return str(why_silent(session, enrolment_row(session), date(2026, 12, 20)))


def test_silence_is_explained_by_where_an_enrolment_stands(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.reading() as session:
        assert silent(session) == f"{ONE} has no notice yet: it is selected and not enrolled; run `mourafaka enrol`"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("active", "has no notice yet: the first is due on 2027-01-04"),
        ("suspended", "has no notice: it is suspended, and nothing is sent"),
        ("dropped", "has no notice: it is dropped out, and nothing is sent"),
    ],
)
def test_silence_of_an_enrolled_one_is_explained(enrolled: Database, status: str, said: str) -> None:
    with enrolled.transaction() as session:
        enrolment_row(session).status = status
        assert silent(session) == f"{ONE} {said}"


def test_silence_of_a_plan_without_reminders_is_explained(enrolled: Database) -> None:
    with enrolled.transaction() as session:
        for step in session.exec(select(Step)):
            step.remind_on = None
        session.flush()
        assert silent(session) == f"{ONE} has no notice: nothing is left that somebody should hear of"


def test_history_says_what_changed_from_what_to_what(enrolled: Database) -> None:
    move(enrolled, "diagnosis.visit", date(2027, 1, 28), "route coupée")
    with enrolled.reading() as session:
        line = lines_of(session, ONE)[-1]
    assert (line.by, str(line.says()), line.subject, line.why) == (
        "c1",
        "date set by hand",
        "diagnosis.visit",
        "route coupée",
    )
    assert line.changes() == [("diagnosis.visit", "2027-01-25", "2027-01-28")]


def test_history_of_a_handover_says_who_came_after_whom(enrolled: Database) -> None:
    with enrolled.reading() as session:
        line = next(line for line in lines_of(session, ONE) if line.verb == "coach assigned")
    assert line.changes() == [("", "", "c1")]


def test_every_line_of_a_life_is_said_in_words(enrolled: Database) -> None:
    tick(enrolled, "diagnosis.visit", date(2027, 1, 22))
    with enrolled.reading() as session:
        assert [line.verb for line in lines_of(session, ONE) if line.verb not in VERBS] == []
        assert step_row(session, "diagnosis.visit").status == "done"
