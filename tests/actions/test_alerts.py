"""Alerts: a coordinator is told once, in the message of the day, and answers; days with nothing amiss cost nothing."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.alerts import TITLES, answer_alert, open_alerts, spoken
from actions.cohorts import cohort_of
from actions.morning import next_morning, what_is_due
from actions.pause import resume, suspend
from actions.record import complete_step, report_session
from actions.watch import ADMISSIONS, WATCHED, watch_all
from models import Alert, Enrolment, Notice, Step
from models.history import ADMITTED
from models.session import Database
from models.step import IS_WATCHED
from notifications.rendering import render
from programme.pausing_errors import NoAlert, NothingToAccept
from tests.actions.test_due import questions
from tests.notifications.samples import item, sample_facts
from tests.world import (
    CODE,
    at,
    enrolment_row,
    evaluate,
    morning,
    open_enrolled,
    open_followed,
    plan_of,
    statements,
    step_row,
    story,
    tick,
)

ONE = "SM-2027/001"
M0_WINDOW, SILENT = date(2027, 3, 2), date(2027, 4, 4)
"""The day after the window of the first evaluation (due Mon 1 Feb), and 90 days after the start."""


def session_of(database: Database, number: int, on: date, *, held: bool) -> None:
    with database.transaction() as session:
        report_session(
            session, code=ONE, step=f"coaching.session-{number:02d}", held=held, on=on, by="c1", now=at(on, 15)
        )


def alerts(database: Database) -> list[tuple[str, str, str | None, str]]:
    with database.reading() as session:
        rows = session.exec(select(Alert).order_by(col(Alert.id))).all()
    return [(row.kind, row.about, row.proposal, row.status) for row in rows]


def watched(database: Database) -> date | None:
    with database.reading() as session:
        return enrolment_row(session).watch_on


def answer(database: Database, kind: str, on: date, *, accept: bool) -> None:
    with database.transaction() as session:
        answer_alert(session, code=ONE, kind=kind, accept=accept, by="k1", reason="we spoke", now=at(on, 15))


@pytest.fixture
def enrolled(database: Database) -> Database:
    """One cooperative with a coach; its first evaluation is done."""
    open_followed(database)
    return database


def test_enrolment_is_watched_from_the_first_window(enrolled: Database) -> None:
    assert watched(enrolled) == M0_WINDOW
    evaluate(enrolled, "M0", date(2027, 2, 1))
    assert watched(enrolled) == SILENT


def test_contact_moves_the_day_on(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    tick(enrolled, "diagnosis.swot", date(2027, 2, 8))
    assert watched(enrolled) == SILENT
    tick(enrolled, "diagnosis.visit", date(2027, 1, 25))
    assert watched(enrolled) == date(2027, 4, 25)


def test_call_told_is_a_contact(database: Database) -> None:
    open_followed(database, without_email=(1,))
    evaluate(database, "M0", date(2027, 2, 1))
    with database.transaction() as session:
        call = session.exec(select(Step).where(Step.kind == "call")).one()
        complete_step(session, code=ONE, step=call.key, on=date(2027, 2, 3), by="c1", now=at(date(2027, 2, 3), 15))
    assert watched(database) == date(2027, 5, 4)


def test_silence_is_told_to_the_coordinator_once(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    assert alerts(enrolled) == []
    done = morning(enrolled, SILENT)
    assert [one.what for one in done.conclusions if one.subject == "no_contact"] == ["alerted no_contact"]
    for day in range(5, 12):
        morning(enrolled, date(2027, 4, day))
    assert alerts(enrolled) == [("no_contact", "2027-01-04", "suspension", "open")]
    with enrolled.reading() as session:
        told = session.exec(select(Notice).where(Notice.kind == "alert")).all()
        assert ("engine", "alert raised", "no_contact") in story(session)
    assert [(row.recipient, row.channel, row.facts["title"]["fr"]) for row in told] == [
        ("coordinator:k1", "digest", "Aucun contact depuis 90 jours : suspension proposée")
    ]


def test_late_checkpoint_is_told_once(enrolled: Database) -> None:
    tick(enrolled, "diagnosis.visit", date(2027, 2, 25))
    morning(enrolled, date(2027, 3, 1))
    assert alerts(enrolled) == []
    morning(enrolled, M0_WINDOW)
    morning(enrolled, date(2027, 3, 3))
    assert alerts(enrolled) == [("checkpoint_late", "M0", None, "open")]
    with pytest.raises(NothingToAccept, match="proposes nothing to carry out"):
        answer(enrolled, "checkpoint_late", date(2027, 3, 3), accept=True)


def test_two_missed_in_a_row_then_a_third(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    tick(enrolled, "diagnosis.visit", date(2027, 3, 1))
    session_of(enrolled, 1, date(2027, 4, 5), held=False)
    morning(enrolled, date(2027, 4, 6))
    assert alerts(enrolled) == []
    session_of(enrolled, 2, date(2027, 5, 24), held=False)
    assert watched(enrolled) == date(2027, 5, 24)
    morning(enrolled, date(2027, 5, 25))
    session_of(enrolled, 3, date(2027, 5, 26), held=False)
    morning(enrolled, date(2027, 5, 27))
    assert [row for row in alerts(enrolled) if row[0] != "no_contact"] == [
        ("missed_in_a_row", "coaching.session-01", None, "open"),
        ("missed_sessions", "coaching.session-03", "suspension", "open"),
    ]


def test_new_series_is_another_alert(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    for number, (day, held) in enumerate([(5, False), (6, False), (7, True), (8, False), (9, False)], start=1):
        session_of(enrolled, number, date(2027, 4, day), held=held)
        morning(enrolled, date(2027, 4, day + 1))
    assert [about for kind, about, _, _ in alerts(enrolled) if kind == "missed_in_a_row"] == [
        "coaching.session-01",
        "coaching.session-04",
    ]


def test_proposal_accepted_is_carried_out(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    morning(enrolled, SILENT)
    answer(enrolled, "no_contact", date(2027, 4, 5), accept=True)
    with enrolled.reading() as session:
        assert enrolment_row(session).status == "suspended"
        assert [verb for _, verb, _ in story(session)][-2:] == ["alert accepted", "suspended"]
    assert alerts(enrolled) == [("no_contact", "2027-01-04", "suspension", "accepted")]


def test_alert_dismissed_counts_another_ninety_days(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    morning(enrolled, SILENT)
    answer(enrolled, "no_contact", date(2027, 4, 5), accept=False)
    assert watched(enrolled) == date(2027, 7, 4)
    with pytest.raises(NoAlert, match="SM-2027/001 has no open alert no_contact"):
        answer(enrolled, "no_contact", date(2027, 4, 6), accept=False)
    morning(enrolled, date(2027, 7, 4))
    assert [(kind, about) for kind, about, _, _ in alerts(enrolled)] == [
        ("no_contact", "2027-01-04"),
        ("no_contact", "2027-04-05"),
    ]


def test_long_suspension_proposes_an_exit_and_nothing_else(enrolled: Database) -> None:
    with enrolled.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(date(2027, 2, 1), 15))
    with enrolled.reading() as session:
        assert next_morning(session) == date(2027, 8, 1)
    morning(enrolled, date(2027, 7, 31))
    assert alerts(enrolled) == []
    morning(enrolled, date(2027, 8, 1))
    morning(enrolled, date(2027, 8, 2))
    assert alerts(enrolled) == [("suspended_long", "2027-02-01", "exit", "open")]
    answer(enrolled, "suspended_long", date(2027, 8, 3), accept=True)
    with enrolled.reading() as session:
        enrolment = enrolment_row(session)
    assert (enrolment.status, enrolment.outcome, enrolment.watch_on) == ("excluded", "excluded", None)


def test_resumption_closes_the_proposal_to_exit_and_counts_silence_anew(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    with enrolled.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(date(2027, 2, 1), 16))
    morning(enrolled, date(2027, 8, 1))
    with enrolled.transaction() as session:
        resume(session, code=ONE, by="k1", now=at(date(2027, 8, 9), 10))
    assert alerts(enrolled) == [("suspended_long", "2027-02-01", "exit", "dismissed")]
    assert watched(enrolled) == date(2027, 11, 7)


def test_suspension_accepts_the_alert_that_proposed_it(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    morning(enrolled, SILENT)
    with enrolled.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(date(2027, 4, 5), 16))
    assert alerts(enrolled) == [("no_contact", "2027-01-04", "suspension", "accepted")]


def test_open_alerts_are_listed_in_words(enrolled: Database) -> None:
    evaluate(enrolled, "M0", date(2027, 2, 1))
    morning(enrolled, SILENT)
    with enrolled.reading() as session:
        rows = open_alerts(session)
    assert [(row["enrolment"], row["kind"], str(spoken(row))) for row in rows] == [
        (ONE, "no_contact", "no contact for 90 days: a suspension is proposed")
    ]


def test_looking_is_one_question_whatever_the_number_enrolled(database: Database) -> None:
    counts = []
    open_enrolled(database, cooperatives=20)
    with database.reading() as session, statements(database) as seen:
        due = what_is_due(session, cohort_of(session, CODE), at(date(2027, 1, 4)))
        counts = [statement for statement in seen if "watch_on" in statement]
    assert due.alerts == []
    assert len(counts) == 1
    query = "SELECT id FROM enrolment WHERE watch_on IS NOT NULL AND watch_on <= '2027-01-04'"
    assert "enrolment_watch" in plan_of(database, query)


def test_silent_cohort_is_told_cooperative_by_cooperative(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        for enrolment in session.exec(select(Enrolment)):
            enrolment.watch_on = SILENT
    morning(database, SILENT)
    with database.reading() as session:
        keys = session.exec(select(Notice.key).where(Notice.kind == "alert").order_by(Notice.key)).all()
        assert step_row(session, "diagnosis.visit").status == "open"
    assert keys == [
        "SM-2027/001/-/alert-checkpoint_late@M0/coordinator:k1",
        "SM-2027/001/-/alert-no_contact@2027-01-04/coordinator:k1",
        "SM-2027/002/-/alert-checkpoint_late@M0/coordinator:k1",
        "SM-2027/002/-/alert-no_contact@2027-01-04/coordinator:k1",
    ]


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("fr", "- Alerte : Aucun contact depuis 90 jours : suspension proposée"),
        ("ar", "- تنبيه: \u2068لا تواصل منذ 90 يوما: اقتراح توقيف مؤقت\u2069"),
    ],
)
def test_alert_is_said_in_the_coordinator_s_message_of_the_day(language: str, line: str) -> None:
    title = TITLES["no_contact"]
    words = {"fr": title.of("fr", 90), "ar": title.of("ar", 90)}
    facts = sample_facts("coordinator_digest") | {"items": [item("alert", "Coopérative 1", words, None, None)]}
    assert line in render("coordinator_digest", language, facts).text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "line"),
    [
        (
            "fr",
            (
                "- L’accompagnement reprend : Visite de diagnostic\n"
                "  Prochaine étape, le mercredi 17 mars 2027 (17/03/2027)"
            ),
        ),
        ("ar", "- استئناف المواكبة: \u2068زيارة\u2069\n"),
    ],
)
def test_resumption_is_said_in_the_coach_s_message_of_the_day(language: str, line: str) -> None:
    words = {"fr": "Visite de diagnostic", "ar": "زيارة"}
    facts = sample_facts("coach_digest") | {"items": [item("resumed", "Coopérative 1", words, "2027-03-17", None)]}
    assert line in render("coach_digest", language, facts).text.replace("\u00a0", " ")


def test_what_alerts_look_at_is_what_its_indexes_hold() -> None:
    words = (", ".join(f"'{one}'" for one in sorted(some)) for some in (WATCHED, ADMISSIONS))
    assert [f"kind IN ({next(words)})", f"verb IN ({next(words)})"] == [IS_WATCHED, ADMITTED]


def test_watching_a_cohort_is_asked_of_indexes_that_hold_only_what_it_looks_at(database: Database) -> None:
    open_enrolled(database, cooperatives=6)
    with database.reading() as session, questions(database) as asked:
        watch_all(session, range(1, 7))
    plans = plan_of(database, *asked)
    assert "step_watched" in plans
    assert "history_admitted" in plans
