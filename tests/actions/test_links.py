"""A link records one step, once, for the one it was made for; and says why when it does nothing any more."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlmodel import select

from actions.decide import decide
from actions.ends import end
from actions.links import Opened, Said, links_open, opened, revoke, use
from actions.links_errors import LinkOver, NamesNeeded, NoLinkLike, NotByLink, SayWhichLinks
from actions.pause import suspend
from actions.people import end_role
from actions.told import about
from models import Attendance, CoachAssignment, Link, SessionReport
from models.session import Database
from notifications.links import LASTS, hash_of
from programme.errors import DateInFuture
from tests.linking import first_links, link_to
from tests.world import at, evaluate, morning, notice_row, step_row, story, tick

CALL = "call.-/welcome/cooperative:SM-2027/001"
DAY = date(2027, 1, 12)


def look(database: Database, token: str, on: date = DAY) -> Opened:
    with database.reading() as session:
        found = opened(session, hash_of(token), now=at(on, 10))
    assert found is not None
    return found


def press(database: Database, token: str, on: date = DAY, said: Said | None = None) -> Opened:
    with database.transaction() as session:
        found = opened(session, hash_of(token), now=at(on, 10), to_change=True)
        assert found is not None
        return use(session, found, said or Said(on), now=at(on, 10))


def test_link_in_the_coachs_message_records_the_step(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    assert look(database, token).state == "open"
    after = press(database, token)
    assert (after.state, after.on, after.by) == ("recorded", DAY, "c1")
    with database.reading() as session:
        assert step_row(session, "start.contact").status == "done"
        assert ("c1", "step done", "start.contact") in story(session)


def test_link_that_is_used_twice_records_once(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    press(database, token)
    again = press(database, token, date(2027, 1, 13))
    assert (again.state, again.on) == ("recorded", DAY)
    with database.reading() as session:
        assert [line for line in story(session) if line[2] == "start.contact"] == [("c1", "step done", "start.contact")]


def test_call_that_was_made_is_told_by_the_link(database: Database) -> None:
    token = first_links(database, without_email=(1,))["c1@odco.example", CALL]
    press(database, token)
    with database.reading() as session:
        welcome = notice_row(session, "SM-2027/001/-/welcome/cooperative:SM-2027/001")
        facts = about(session, look(database, token), now=at(DAY))
    assert (welcome.status, welcome.reason) == ("sent", "told by telephone by c1 on 2027-01-12")
    assert facts.script is not None
    assert "Coopérative 1" in facts.script
    assert [one.phone for one in facts.people] == ["+212528001001"]


def test_step_that_was_done_otherwise_is_recorded_already(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    tick(database, "start.contact", date(2027, 1, 11))
    found = look(database, token)
    assert (found.state, found.on) == ("recorded", date(2027, 1, 11))


def test_link_ends_after_thirty_days(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with database.reading() as session:
        made = session.exec(select(Link.made_at).where(Link.hash == hash_of(token))).one()
    with database.reading() as session:
        before = opened(session, hash_of(token), now=made + LASTS - timedelta(seconds=1))
        after = opened(session, hash_of(token), now=made + LASTS)
    assert before is not None
    assert after is not None
    assert (before.state, after.state) == ("open", "expired")
    with pytest.raises(LinkOver, match="its time is over"):
        press(database, token, date(2027, 2, 12))


def test_link_of_a_coach_who_left_does_nothing(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with database.transaction() as session:
        for row in session.exec(select(CoachAssignment)):
            row.ends_on = date(2027, 1, 11)
    assert look(database, token).state == "left"
    with pytest.raises(LinkOver, match="made for somebody else"):
        press(database, token)


def test_link_of_a_coordinator_whose_role_ended_does_nothing(database: Database) -> None:
    token = first_links(database)["k1@odco.example", "start.convention"]
    with database.transaction() as session:
        end_role(session, code="k1", role="coordinator", on=date(2027, 1, 11), by="d1", now=at(date(2027, 1, 11)))
    assert look(database, token).state == "left"


def test_link_waits_while_the_enrolment_is_suspended(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with database.transaction() as session:
        suspend(session, code="SM-2027/001", reason="flood", on=DAY, by="k1", now=at(DAY))
    assert look(database, token).state == "suspended"
    with pytest.raises(LinkOver, match="suspended"):
        press(database, token)


def test_link_to_a_step_of_an_ended_enrolment_does_nothing(database: Database) -> None:
    links = first_links(database, without_email=(1,))
    with database.transaction() as session:
        end(session, code="SM-2027/001", how="dropped", reason="moved away", on=DAY, by="k1", now=at(DAY))
    assert look(database, links["k1@odco.example", "start.convention"]).state == "ended"
    with pytest.raises(LinkOver, match="the support has ended"):
        press(database, links["k1@odco.example", "start.convention"])


def test_result_can_be_told_by_its_link_after_the_end(database: Database) -> None:
    first_links(database, without_email=(1,))
    evaluate(database, "M24", DAY)
    morning(database, date(2027, 1, 13))
    with database.transaction() as session:
        decide(session, code="SM-2027/001", checkpoint="M24", outcome="participation", by="k1", now=at(DAY), reason="x")
    token = link_to(database, "call.-/certificate/cooperative:SM-2027/001")
    assert press(database, token, date(2027, 1, 13)).state == "recorded"
    with database.reading() as session:
        certificate = notice_row(session, "SM-2027/001/-/certificate/cooperative:SM-2027/001")
    assert certificate.reason == "told by telephone by c1 on 2027-01-13"


def test_step_that_is_not_needed_any_more_says_so(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with database.transaction() as session:
        step_row(session, "start.contact").status = "not_required"
    assert look(database, token).state == "closed"
    assert press(database, token).state == "closed"


def test_revoked_link_does_nothing(database: Database) -> None:
    links = first_links(database)
    token = links["c1@odco.example", "start.contact"]
    with database.transaction() as session:
        assert revoke(session, person="c1", by="k1", now=at(DAY)) == 1
    assert look(database, token).state == "revoked"
    assert look(database, links["k1@odco.example", "start.convention"]).state == "open"
    with pytest.raises(LinkOver, match="taken back"):
        press(database, token)


def test_revoking_asks_for_whom_and_says_when_there_is_none(database: Database) -> None:
    first_links(database)
    with database.transaction() as session, pytest.raises(SayWhichLinks):
        revoke(session, by="k1", now=at(DAY))
    with database.transaction() as session, pytest.raises(NoLinkLike):
        revoke(session, person="c%", by="k1", now=at(DAY))
    with database.transaction() as session:
        assert revoke(session, everything=True, by="k1", now=at(DAY)) > 0
        assert links_open(session, now=at(DAY)) == []


def test_open_links_are_listed_without_their_address(database: Database) -> None:
    links = first_links(database)
    with database.reading() as session:
        listed = links_open(session, now=at(DAY))
    assert {(link.person, step) for link, _, step, _ in listed} == {
        ("coach:c1", "start.contact"),
        ("coordinator:k1", "start.convention"),
    }
    assert not any(token in repr(row) for token in links.values() for row in listed)


def test_session_is_reported_by_its_link(database: Database) -> None:
    first_links(database)
    token = link_to(database, "coaching.session-01")
    said = Said(DAY, held=True, summary="Comptes de caisse mis en place")
    assert look(database, token).by_form == "session"
    assert press(database, token, said=said).state == "recorded"
    with database.reading() as session:
        report = session.exec(select(SessionReport)).one()
    assert (report.held, report.summary, report.recorded_by) == (True, "Comptes de caisse mis en place", "c1")


def test_missed_session_is_reported_by_its_link(database: Database) -> None:
    first_links(database)
    press(database, link_to(database, "coaching.session-01"), said=Said(DAY, held=False))
    with database.reading() as session:
        assert step_row(session, "coaching.session-01").status == "missed"


def test_who_was_at_a_module_is_recorded_by_its_link(database: Database) -> None:
    first_links(database)
    token = link_to(database, "training.strategy")
    with pytest.raises(NamesNeeded):
        press(database, token)
    press(database, token, said=Said(DAY, present=("Fatima", "Aïcha")))
    with database.reading() as session:
        rows = session.exec(select(Attendance.attendee, Attendance.present)).all()
    assert sorted(rows) == [("Aïcha", True), ("Fatima", True)]


def test_nobody_at_a_module_is_recorded_for_the_contact(database: Database) -> None:
    first_links(database)
    press(database, link_to(database, "training.strategy"), said=Said(DAY, nobody=True))
    with database.reading() as session:
        assert session.exec(select(Attendance.attendee, Attendance.present)).all() == [("Présidence 1", False)]
        assert step_row(session, "training.strategy").status == "missed"


def test_decision_is_shown_with_its_reasons_and_not_signed_by_a_link(database: Database) -> None:
    first_links(database)
    evaluate(database, "M0", DAY)
    morning(database, date(2027, 1, 13))
    token = link_to(database, "diagnosis.M0-decision", person="coordinator:k1")
    found = look(database, token, date(2027, 1, 13))
    with database.reading() as session:
        facts = about(session, found, now=at(date(2027, 1, 13)))
    assert found.by_form == "none"
    assert facts.title is not None
    with pytest.raises(NotByLink, match="mourafaka decide"):
        press(database, token, date(2027, 1, 13))


def test_day_to_come_is_refused(database: Database) -> None:
    token = first_links(database)["c1@odco.example", "start.contact"]
    with pytest.raises(DateInFuture):
        press(database, token, said=Said(date(2027, 1, 13)))
    assert look(database, token).state == "open"


def test_unknown_link_leads_nowhere(database: Database) -> None:
    with database.reading() as session:
        assert opened(session, hash_of("nothing"), now=at(DAY)) is None


def test_one_who_helps_out_sees_whom_to_call(database: Database) -> None:
    first_links(database)
    token = link_to(database, "start.contact", person="coordinator:k1")
    with database.reading() as session:
        facts = about(session, look(database, token), now=at(DAY))
    assert [one.code for one in facts.people] == ["cooperative:SM-2027/001", "coach:c1"]
    assert (facts.reads, facts.cooperative.fr, facts.cooperative.ar) == ("fr", "Coopérative 1", "تعاونية 1")
