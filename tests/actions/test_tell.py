"""Words that reach someone: by mail, by a call to make, in a message of the day."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from actions.tell import call_key, called_notice, title_for
from actions.withdrawal import take_back
from models import Contact, Notice
from models.session import Database
from programme.definition_file import read_definition, shipped_text
from tests.world import (
    at,
    enrolment_row,
    morning,
    notice_row,
    open_enrolled,
    open_followed,
    statements,
    step_row,
    tick,
    told,
)

MEETING = "SM-2027/001/diagnosis.visit/meeting-10@2027-01-25/cooperative:SM-2027/001"


def test_staff_hear_once_a_day_of_all_that_is_due(database: Database) -> None:
    open_followed(database, cooperatives=3)
    morning(database, date(2027, 1, 18))
    with database.reading() as session:
        coach = notice_row(session, "digest/coach:c1/2027-01-18")
        lines = session.exec(select(Notice).where(Notice.recipient == "coach:c1", Notice.channel == "digest")).all()
    assert len(lines) > 6
    assert {line.digest_id for line in lines if line.status == "pending"} == {coach.id}


def test_call_is_chased_when_it_is_not_made(database: Database) -> None:
    open_followed(database, without_email=(1,))
    morning(database, date(2027, 1, 15))
    key = f"call.{MEETING.removeprefix('SM-2027/001/')}"
    with database.reading() as session:
        assert (told(session, key), step_row(session, key).remind_on) == (
            [("coach:c1 call", "pending", "")],
            date(2027, 1, 18),
        )
    morning(database, date(2027, 1, 18))
    with database.reading() as session:
        assert told(session, key)[1:] == [("coach:c1 step_late", "pending", "")]
    tick(database, key, date(2027, 1, 18))
    with database.reading() as session:
        assert {status for _, status, _ in told(session, key)} == {"cancelled"}
        assert notice_row(session, MEETING).status == "sent"


def test_refused_address_is_told_by_telephone(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        session.exec(select(Contact)).one().bad_address_at = at(date(2027, 1, 10))
    morning(database, date(2027, 1, 15))
    with database.reading() as session:
        meeting = notice_row(session, MEETING)
        call = step_row(session, call_key(enrolment_row(session), MEETING))
        assert called_notice(session, enrolment_row(session), call) == meeting
    assert (meeting.channel, meeting.address, call.owner) == ("call", None, "coordinator")


def test_taking_back_takes_back_only_what_waits(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 15))
    with database.transaction() as session:
        notice_row(session, MEETING).status = "sent"
    with database.transaction() as session:
        step = step_row(session, "diagnosis.visit")
        taken = take_back(session, [step.id], reason="moved", now=at(date(2027, 1, 15), 15))
    with database.reading() as session:
        states = told(session, "diagnosis.visit")
    assert taken == 1
    assert states == [
        ("coordinator:k1 step_reminder", "cancelled", "moved"),
        ("cooperative:SM-2027/001 meeting", "sent", ""),
    ]


def test_taking_back_what_was_never_frozen_looks_for_no_bytes(database: Database) -> None:
    open_enrolled(database)
    morning(database, date(2027, 1, 15))
    with database.transaction() as session, statements(database) as seen:
        step = step_row(session, "diagnosis.visit")
        taken = take_back(session, [step.id], reason="moved", now=at(date(2027, 1, 15), 15))
    assert taken == 2
    assert [one for one in seen if "notice_body" in one] == []


def test_arabic_cooperative_is_told_in_arabic(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        session.exec(select(Contact)).one().language = "ar"
    morning(database, date(2027, 1, 15))
    with database.reading() as session:
        meeting = notice_row(session, MEETING)
    assert (meeting.language, meeting.facts["cooperative"]) == ("ar", "تعاونية 1")


def test_title_of_a_step_is_its_own_or_its_definitions(database: Database) -> None:
    open_enrolled(database)
    definition = read_definition(shipped_text())
    with database.reading() as session:
        step = step_row(session, "coaching.session-03")
        planned = title_for(step, definition).fr
        step.title_fr, step.title_ar = "Visite au souk", "زيارة السوق"
        own = title_for(step, definition).fr
    assert (planned, own) == ("Séance d'accompagnement n° 3", "Visite au souk")
