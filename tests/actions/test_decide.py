"""Decisions of named persons on what the rule proposes, and what they bring about."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import col, select

from actions.decide import decide
from actions.record import complete_step, record_attendance, report_session
from models import Decision, Enrolment, Notice, Step
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from programme.errors import (
    AlreadyDecided,
    CheckpointUnknown,
    DateInFuture,
    EnrolmentNotActive,
    NothingProposed,
    OutcomeUnknown,
    ReasonNeeded,
    Refusal,
)
from tests.moulds import built_once, is_empty
from tests.world import (
    at,
    enrolment_row,
    evaluate,
    morning,
    notice_row,
    open_enrolled,
    open_followed,
    passage_row,
    step_row,
    story,
    tick,
)

ONE = "SM-2027/001"
EVALUATED = {"M0": date(2027, 2, 1), "M12": date(2028, 1, 4), "M24": date(2029, 1, 4)}
MORNING = {"M0": date(2027, 2, 2), "M12": date(2028, 1, 5), "M24": date(2029, 1, 5)}


@built_once
def proposed(database: Database, checkpoint: str, *, without_email: tuple[int, ...] = ()) -> str:
    """Open a cohort where there is none, evaluate, let the next morning propose, and return the proposal."""
    if is_empty(database):
        open_enrolled(database, without_email=without_email)
    evaluate(database, checkpoint, EVALUATED[checkpoint])
    morning(database, MORNING[checkpoint])
    with database.reading() as session:
        return session.exec(select(Decision).where(Decision.checkpoint == checkpoint)).one().proposal


def sign(database: Database, checkpoint: str, outcome: str, *, reason: str = "", on: date | None = None) -> None:
    with database.transaction() as session:
        decide(
            session,
            code=ONE,
            checkpoint=checkpoint,
            outcome=outcome,
            by="k1",
            now=at(MORNING[checkpoint], 15),
            reason=reason,
            on=on,
        )


def live_well(database: Database) -> None:
    """Attend three modules, hold nine sessions and the assembly."""
    with database.transaction() as session:
        for module, on in (("strategy", 5), ("project-design", 6), ("communication", 7)):
            day = date(2027, 4, on)
            record_attendance(
                session, code=ONE, step=f"training.{module}", presence={"p": True}, on=day, by="k1", now=at(day, 15)
            )
        for number in range(1, 10):
            day = date(2027, 5, number)
            report_session(
                session, code=ONE, step=f"coaching.session-{number:02d}", held=True, on=day, by="c1", now=at(day, 15)
            )
        day = date(2028, 12, 11)
        complete_step(session, code=ONE, step="closing.assembly", on=day, by="c1", now=at(day, 15))


def test_decision_is_signed_and_told(database: Database) -> None:
    assert proposed(database, "M0") == "continue"
    sign(database, "M0", "continue")
    with database.reading() as session:
        decision = session.exec(select(Decision)).one()
        result = notice_row(session, "SM-2027/001/-/checkpoint_result-M0/cooperative:SM-2027/001")
        step = step_row(session, "diagnosis.M0-decision")
        last = story(session)[-1]
    assert (decision.status, decision.outcome, decision.decided_by) == ("decided", "continue", "k1")
    assert (decision.decided_on, decision.override_reason) == (date(2027, 2, 2), None)
    assert (result.status, result.facts["outcome"], result.send_at) == ("pending", "continue", at(date(2027, 2, 2), 15))
    assert (step.status, step.done_on, step.done_by) == ("done", date(2027, 2, 2), "k1")
    assert last == ("k1", "decided", "M0")


def test_decision_takes_back_the_reminders_of_itself(database: Database) -> None:
    proposed(database, "M0")  # the morning of 2 February reminds the coordinator of the decision, due on the 15th
    sign(database, "M0", "continue")
    with database.reading() as session:
        rows = session.exec(select(Notice).join(Step).where(Step.key == "diagnosis.M0-decision")).all()
    assert {(row.status, row.reason) for row in rows} == {("cancelled", "decided on 2027-02-02")}


def test_decision_needs_a_proposal(database: Database) -> None:
    open_enrolled(database)
    evaluate(database, "M0", date(2027, 2, 1))
    with pytest.raises(NothingProposed, match="M0 of SM-2027/001 has no proposal yet"):
        sign(database, "M0", "continue")


@pytest.mark.parametrize("reason", ["", "   "])
def test_decision_against_the_proposal_needs_a_reason(database: Database, reason: str) -> None:
    proposed(database, "M0")
    with pytest.raises(ReasonNeeded, match="The rule proposes continue and you decide exit"):
        sign(database, "M0", "exit", reason=reason)
    with database.reading() as session:
        assert session.exec(select(Decision)).one().status == "proposed"


def test_decision_against_the_proposal_keeps_its_reason(database: Database) -> None:
    proposed(database, "M0")
    sign(database, "M0", "recovery", reason=" demande du président ")
    with database.reading() as session:
        decision = session.exec(select(Decision)).one()
    assert (decision.proposal, decision.outcome, decision.override_reason) == (
        "continue",
        "recovery",
        "demande du président",
    )


@pytest.mark.parametrize(
    ("checkpoint", "outcome", "on", "refusal"),
    [
        ("M3", "continue", None, CheckpointUnknown),
        ("M0", "certificate", None, OutcomeUnknown),
        ("M0", "perhaps", None, OutcomeUnknown),
        ("M0", "continue", date(2027, 2, 3), DateInFuture),
    ],
)
def test_decision_that_cannot_be_is_refused(
    database: Database, checkpoint: str, outcome: str, on: date | None, refusal: type[Refusal]
) -> None:
    proposed(database, "M0")
    with pytest.raises(refusal), database.transaction() as session:
        decide(session, code=ONE, checkpoint=checkpoint, outcome=outcome, by="k1", now=at(date(2027, 2, 2), 15), on=on)
    with database.reading() as session:
        assert step_row(session, "diagnosis.M0-decision").status == "open"


@pytest.mark.parametrize("outcome", ["continue", "exit"])
def test_last_checkpoint_only_ends(database: Database, outcome: str) -> None:
    proposed(database, "M24")
    with pytest.raises(OutcomeUnknown, match="write one of certificate, participation"):
        sign(database, "M24", outcome, reason="avis")


def test_decision_is_signed_once(database: Database) -> None:
    proposed(database, "M0")
    sign(database, "M0", "continue")
    with pytest.raises(AlreadyDecided, match="M0 of SM-2027/001 was decided on 2027-02-02 by k1"):
        sign(database, "M0", "exit", reason="avis")
    with database.reading() as session:
        assert enrolment_row(session).status == "active"


def test_recovery_at_twelve_months_adds_sessions_that_are_reminded_of(database: Database) -> None:
    open_followed(database)
    assert proposed(database, "M12") == "recovery"
    sign(database, "M12", "recovery")
    morning(database, date(2028, 1, 19))
    with database.reading() as session:
        extra = session.exec(select(Step.key).where(Step.origin == "recovery").order_by(col(Step.due_on))).all()
        reminder = notice_row(session, "SM-2027/001/coaching.recovery-session-01/step_reminder-14@2028-02-02/coach:c1")
    assert extra == [
        "coaching.recovery-session-01",
        "coaching.recovery-report-01",
        "coaching.recovery-session-02",
        "coaching.recovery-report-02",
    ]
    assert reminder.status == "pending"


def test_certificate_is_proposed_to_those_who_did_it_all(database: Database) -> None:
    open_enrolled(database)
    live_well(database)
    assert proposed(database, "M24") == "certificate"


@pytest.mark.parametrize("outcome", ["participation", "certificate"])
def test_last_decision_ends_the_enrolment(database: Database, outcome: str) -> None:
    open_enrolled(database)
    if outcome == "certificate":
        live_well(database)
    assert proposed(database, "M24") == outcome
    sign(database, "M24", outcome)
    with database.reading() as session:
        enrolment = enrolment_row(session)
        closing = passage_row(session, "closing")
        states = set(session.exec(select(Step.status).where(Step.status != "done")).all())
        certificate = notice_row(session, "SM-2027/001/-/certificate/cooperative:SM-2027/001")
        last = story(session)[-2:]
    assert (enrolment.status, enrolment.outcome, enrolment.ended_on) == ("completed", outcome, date(2029, 1, 5))
    assert (closing.completed_on, closing.wake_on) == (date(2029, 1, 5), None)
    assert states == {"not_required"}
    assert (certificate.status, certificate.facts["outcome"]) == ("pending", outcome)
    assert last == [("engine", "stage completed", "closing"), ("k1", "ended", "")]


def test_exit_ends_the_enrolment_and_takes_back_what_waits(database: Database) -> None:
    proposed(database, "M0")
    sign(database, "M0", "exit", reason="dissoute")
    with database.reading() as session:
        enrolment = enrolment_row(session)
        rows = session.exec(select(Notice).where(Notice.enrolment_id == enrolment.id)).all()
        left = {row.kind: row.status for row in rows if row.status == "pending"}
        reasons = {row.reason for row in rows if row.status == "cancelled"}
    assert (enrolment.status, enrolment.outcome, enrolment.ended_on) == ("excluded", "exit", date(2027, 2, 2))
    assert left == {"checkpoint_result": "pending"}
    assert reasons == {"enrolment ended: exit", "decided on 2027-02-02"}


def test_exit_takes_back_a_welcome_that_nobody_has_told(database: Database) -> None:
    proposed(database, "M0", without_email=(1,))
    sign(database, "M0", "exit", reason="dissoute")
    with database.reading() as session:
        welcome = notice_row(session, "SM-2027/001/-/welcome/cooperative:SM-2027/001")
        call = step_row(session, "call.-/welcome/cooperative:SM-2027/001")
        line = notice_row(session, "SM-2027/001/call.-/welcome/cooperative:SM-2027/001/call/coordinator:k1")
    assert (welcome.status, welcome.reason) == ("cancelled", "enrolment ended: exit")
    assert (line.status, line.reason) == ("cancelled", "enrolment ended: exit")
    assert call.status == "not_required"


def test_result_can_be_told_by_telephone_after_the_end(database: Database) -> None:
    proposed(database, "M24", without_email=(1,))
    sign(database, "M24", "participation")
    call = "call.-/certificate/cooperative:SM-2027/001"
    with database.reading() as session:
        assert step_row(session, call).status == "open"
    tick(database, call, date(2029, 1, 8))
    with database.reading() as session:
        certificate = notice_row(session, "SM-2027/001/-/certificate/cooperative:SM-2027/001")
    assert (certificate.status, certificate.reason) == ("sent", "told by telephone by c1 on 2029-01-08")


def test_ended_enrolment_is_not_changed_any_more(database: Database) -> None:
    proposed(database, "M0")
    sign(database, "M0", "exit", reason="dissoute")
    with pytest.raises(EnrolmentNotActive, match="SM-2027/001 is excluded"):
        sign(database, "M0", "continue")
    with pytest.raises(EnrolmentNotActive):
        tick(database, "diagnosis.visit", date(2027, 2, 3))


def test_later_mornings_say_nothing_of_an_ended_enrolment(database: Database) -> None:
    proposed(database, "M0")
    sign(database, "M0", "exit", reason="dissoute")
    with database.reading() as session:
        before = (len(session.exec(select(Notice)).all()), story(session))
    done = [morning(database, day) for day in (date(2027, 2, 3), date(2027, 3, 1), date(2027, 6, 1))]
    with database.reading() as session:
        after = (len(session.exec(select(Notice)).all()), story(session))
    assert after == before
    assert [(one.promised, one.failures) for one in done] == [(0, []), (0, []), (0, [])]


def test_only_the_result_leaves_after_an_exit(database: Database) -> None:
    open_followed(database)
    proposed(database, "M0")
    sign(database, "M0", "exit", reason="dissoute")
    deliver(Post(database, MemoryMailer(), Sender("m@odco.example", "M"), Pace(), lambda: at(date(2027, 2, 3), 9)))
    with database.reading() as session:
        ended = session.exec(select(Enrolment.id)).one()
        sent = session.exec(select(Notice.kind).where(Notice.enrolment_id == ended, Notice.status == "sent")).all()
    assert sent == ["checkpoint_result"]
