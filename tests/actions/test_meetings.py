"""Cancelled meetings: who was invited hears it once and calendars forget it; who never heard is left in peace."""

from __future__ import annotations

import re
from datetime import date, datetime
from email import message_from_bytes
from email.policy import default

import pytest
from icalendar import Calendar
from sqlmodel import Session, select

from actions.appeals import close_appeal, file_appeal
from actions.ends import end
from actions.forecast import forecast
from actions.history_words import lines_of
from actions.meetings import cancel_meetings, standing_of
from actions.migrate import migrate_cohort
from actions.migration_plan import plan_cohort
from actions.pause import resume, suspend
from actions.programmes import publish
from actions.record import complete_step
from models import Contact, Notice, Step
from models.session import Database
from notifications.why import why
from programme.definition_file import shipped_text
from tests.journey.moving import ONE, VISIT, live, move, world
from tests.moulds import built_once
from tests.world import at, enrolment_row, step_row

ISOLATES = re.compile("[\u2066-\u2069]")
START = date(2027, 1, 4)
MEETING = date(2027, 1, 28)
FIRST_CALL = date(2027, 1, 18)
DAY = date(2027, 1, 25)


@pytest.fixture
@built_once
def invited(database: Database) -> Database:
    """A cooperative that was invited on 18 January to a visit on the 28th."""
    world(database, START)
    move(database, MEETING, date(2027, 1, 5))
    live(database, date(2027, 1, 5), FIRST_CALL)
    return database


def drop(database: Database, day: date = DAY, hour: int = 10, *, by: str = "k1") -> None:
    with database.transaction() as session:
        end(session, code=ONE, how="dropped", reason="they gave up", by=by, now=at(day, hour))


def cancellations(session: Session) -> list[tuple[str, str, str, int]]:
    rows = session.exec(select(Notice).where(Notice.kind == "meeting_cancelled").order_by(Notice.recipient))
    return [(row.recipient, row.channel, row.status, row.facts["sequence"]) for row in rows]


def events(sent: list[tuple[str, bytes]], to: str = "coop1@coop.example") -> list[tuple[str, str, str, int, str]]:
    """Return what a calendar program reads in the mails to an address: method, UID, status, SEQUENCE and start."""
    found = []
    for address, body in sent:
        for part in message_from_bytes(body).walk():
            if address == to and part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(part.get_payload(decode=True))
                (event,) = calendar.walk("VEVENT")
                assert part.get_param("method") == str(calendar["METHOD"])
                start = event["DTSTART"].dt.strftime("%Y-%m-%d %H:%M")
                found.append(
                    (str(calendar["METHOD"]), str(event["UID"]), str(event["STATUS"]), event["SEQUENCE"], start)
                )
    return found


UID = "SM-2027-001-diagnosis.visit"


def test_invited_cooperative_gets_one_cancellation_with_the_next_sequence(invited: Database) -> None:
    with invited.reading() as session:
        before = step_row(session, VISIT).moves
    drop(invited)
    mailer = live(invited, DAY, date(2027, 1, 26), date(2027, 1, 27), MEETING)
    assert events(mailer.sent) == [("CANCEL", UID, "CANCELLED", before + 1, "2027-01-28 10:30")]
    assert [address for address, _ in mailer.sent].count("coop1@coop.example") == 1


@pytest.mark.parametrize(
    ("language", "summary", "subject"),
    [
        ("fr", "Visite de diagnostic", "Annulé, 28 janvier à 10 h 30"),
        ("ar", "زيارة ميدانية للتشخيص", "إلغاء، 28 يناير على الساعة 10:30"),
        ("both", "زيارة ميدانية للتشخيص / Visite de diagnostic", "إلغاء"),
    ],
)
def test_cancellation_speaks_the_reader_s_language(
    invited: Database, language: str, summary: str, subject: str
) -> None:
    with invited.transaction() as session:
        session.exec(select(Contact)).one().language = language
    drop(invited)
    (body,) = [body for address, body in live(invited, DAY).sent if address == "coop1@coop.example"]
    message = message_from_bytes(body, policy=default)
    (part,) = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    (event,) = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert str(event["SUMMARY"]) == summary
    assert ISOLATES.sub("", message["Subject"]).replace("\u00a0", " ").startswith(subject)


def test_owner_who_heard_reads_it_in_the_message_of_the_day_unless_they_did_it(invited: Database) -> None:
    drop(invited)
    with invited.reading() as session:
        told = cancellations(session)
    assert [(to, channel, status) for to, channel, status, _ in told] == [
        ("coach:c1", "digest", "pending"),
        ("cooperative:SM-2027/001", "email", "pending"),
    ]


def test_coach_who_ended_it_is_not_told_what_they_did(invited: Database) -> None:
    drop(invited, by="c1")
    with invited.reading() as session:
        assert [one[0] for one in cancellations(session)] == ["cooperative:SM-2027/001"]


def test_who_never_heard_gets_nothing(database: Database) -> None:
    world(database, START)
    live(database, date(2027, 1, 5))
    drop(database, date(2027, 1, 6))
    with database.reading() as session:
        assert cancellations(session) == []


def test_meeting_that_has_begun_is_not_cancelled(invited: Database) -> None:
    drop(invited, MEETING, 11)
    with invited.reading() as session:
        assert cancellations(session) == []


def test_meeting_that_was_held_is_not_cancelled(invited: Database) -> None:
    with invited.transaction() as session:
        complete_step(session, code=ONE, step=VISIT, on=DAY, by="c1", now=at(DAY, 9))
    drop(invited)
    with invited.reading() as session:
        assert cancellations(session) == []


@pytest.mark.parametrize("has_left", [False, True])
def test_cancelling_twice_tells_once(invited: Database, *, has_left: bool) -> None:
    drop(invited)
    if has_left:
        live(invited, DAY)
    with invited.transaction() as session:
        step = step_row(session, VISIT)
        assert cancel_meetings(session, enrolment_row(session), [step], by="k1", now=at(DAY, 17)) == 0
    with invited.reading() as session:
        assert [one[0] for one in cancellations(session)] == ["coach:c1", "cooperative:SM-2027/001"]


def test_cooperative_without_mail_is_called(database: Database) -> None:
    world(database, START, without_email=(1,))
    move(database, MEETING, date(2027, 1, 5))
    live(database, date(2027, 1, 5), FIRST_CALL)
    with database.transaction() as session:
        calls = session.exec(select(Step).where(Step.kind == "call", Step.status == "open")).all()
        for call in calls:
            complete_step(session, code=ONE, step=call.key, on=FIRST_CALL, by="c1", now=at(FIRST_CALL, 17))
    drop(database)
    with database.reading() as session:
        call = session.exec(select(Step).where(Step.kind == "call", Step.status == "open")).one()
        assert (call.title_fr, call.owner) == ("Appeler : rendez-vous annulé", "coach")
        told = [one for one in cancellations(session) if one[0].startswith("cooperative")]
        script = session.exec(select(Notice).where(Notice.kind == "meeting_cancelled", Notice.channel == "call")).one()
    assert [one[1:3] for one in told] == [("call", "pending")]
    assert "Rendez-vous annulé" in script.facts["script"]
    assert [address for address, _ in live(database, DAY).sent] == ["c1@odco.example"]


def test_call_that_was_never_made_invited_nobody(database: Database) -> None:
    world(database, START, without_email=(1,))
    move(database, MEETING, date(2027, 1, 5))
    live(database, date(2027, 1, 5), FIRST_CALL)
    drop(database)
    with database.reading() as session:
        assert [one for one in cancellations(session) if one[0].startswith("cooperative")] == []


def exclude(database: Database, hour: int) -> None:
    with database.transaction() as session:
        end(session, code=ONE, how="excluded", reason="no papers", by="k1", now=at(DAY, hour))


def uphold(database: Database, now: datetime) -> None:
    with database.transaction() as session:
        file_appeal(session, code=ONE, against="exit", grounds="a flood", by="k1", now=now)
        close_appeal(session, code=ONE, upheld=True, reason="they have come", by="k1", now=now)


def test_sequence_only_grows_from_invitation_to_move_to_cancellation_to_life_again(invited: Database) -> None:
    move(invited, date(2027, 2, 8), date(2027, 1, 20))
    sent = live(invited, date(2027, 1, 20)).sent
    exclude(invited, 10)
    sent += live(invited, DAY).sent
    uphold(invited, at(date(2027, 1, 26), 10))
    sent += live(invited, date(2027, 1, 26)).sent
    assert [(method, sequence, start) for method, _, _, sequence, start in events(sent)] == [
        ("REQUEST", 2, "2027-02-08 10:30"),
        ("CANCEL", 3, "2027-02-08 10:30"),
        ("REQUEST", 5, "2027-02-09 10:30"),
    ]


def test_cancellation_that_has_not_left_is_taken_back_when_the_enrolment_goes_on(invited: Database) -> None:
    exclude(invited, 10)
    uphold(invited, at(DAY, 12))
    with invited.reading() as session:
        assert {one[2] for one in cancellations(session)} == {"cancelled"}
        taken = session.exec(select(Notice).where(Notice.kind == "meeting_cancelled")).all()
        assert {str(why(one)).rpartition("taken back: ")[2] for one in taken} == {"the enrolment goes on"}
    assert [one[0] for one in events(live(invited, DAY).sent)] == ["REQUEST"]


def test_pause_sends_nothing_and_names_who_is_to_be_called(invited: Database) -> None:
    with invited.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(DAY, 10))
        standing = standing_of(session, ONE, now=at(DAY, 10))
    assert [(one.step.key, one.on, one.at) for one in standing] == [(VISIT, MEETING, "10:30")]
    assert live(invited, DAY, date(2027, 1, 26), date(2027, 2, 1)).sent == []


def test_resumption_moves_the_meeting_in_calendars_too(invited: Database) -> None:
    with invited.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(DAY, 10))
    with invited.transaction() as session:
        resume(session, code=ONE, by="k1", now=at(date(2027, 3, 15), 9))
        due_on, moves = step_row(session, VISIT).due_on, step_row(session, VISIT).moves
    assert due_on == date(2027, 3, 18)
    told = events(live(invited, date(2027, 3, 15)).sent)
    assert told[0] == ("REQUEST", UID, "CONFIRMED", moves, "2027-03-18 10:30")


def test_end_of_a_pause_by_dropping_out_cancels_what_is_still_to_come(invited: Database) -> None:
    with invited.transaction() as session:
        suspend(session, code=ONE, reason="flood", by="k1", now=at(DAY, 10))
    drop(invited, date(2027, 1, 26))
    assert [one[0] for one in events(live(invited, date(2027, 1, 26)).sent)] == ["CANCEL"]


VISIT_RULE = """        kind: meeting
        at: "09:00"
        also_at: ["10:30", "12:00", "14:30", "16:00"]
        minutes: 80
        due: start + 3 weeks
"""


def migrate(database: Database, rule: str, day: date) -> None:
    """Publish a second version with another rule for the visit, and take everybody to it."""
    text = shipped_text().replace("version: 1\n", "version: 2\n", 1).replace(VISIT_RULE, rule, 1)
    with database.transaction() as session:
        publish(session, text, by="k1", now=at(day))
    with database.reading() as session:
        plan = plan_cohort(session, cohort="SM-2027", now=at(day))
    done = migrate_cohort(database, cohort="SM-2027", approve=plan.digest, by="k1", now=at(day, 10))
    assert done.failures == []


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ("        due: start + 3 weeks\n", ("CANCEL", 1, "2027-01-25 10:30")),
        (VISIT_RULE.replace("3 weeks", "5 weeks"), ("REQUEST", 1, "2027-02-08 10:30")),
        (VISIT_RULE.replace('"10:30"', '"11:00"'), ("REQUEST", 1, "2027-01-25 11:00")),
    ],
    ids=["no meeting any more", "another day", "another hour"],
)
def test_another_version_tells_the_invited(database: Database, rule: str, told: tuple[str, int, str]) -> None:
    world(database, START)
    first = events(live(database, date(2027, 1, 15)).sent)
    assert [(method, sequence, start) for method, _, _, sequence, start in first] == [
        ("REQUEST", 0, "2027-01-25 10:30")
    ]
    migrate(database, rule, date(2027, 1, 18))
    after = events(live(database, date(2027, 1, 18)).sent)
    assert [(method, sequence, start) for method, _, _, sequence, start in after] == [told]


def test_another_version_tells_nobody_who_was_not_invited(database: Database) -> None:
    world(database, START)
    migrate(database, "        due: start + 3 weeks\n", date(2027, 1, 5))
    with database.reading() as session:
        assert cancellations(session) == []


def test_ledger_forecast_and_history_name_it(invited: Database) -> None:
    drop(invited)
    with invited.reading() as session:
        notice = session.exec(select(Notice).where(Notice.kind == "meeting_cancelled", Notice.channel == "email")).one()
        assert "word of a cancelled meeting about “Visite de diagnostic”" in str(why(notice))
        expected = [one for one in forecast(session, now=at(DAY, 10), days=3) if one.kind == "meeting_cancelled"]
        assert [(one.about, one.on) for one in expected if one.channel == "email"] == [(VISIT, DAY)]
        lines = [
            (line.subject, str(line.says())) for line in lines_of(session, ONE) if line.verb == "meeting cancelled"
        ]
    assert lines == [(VISIT, "meeting cancelled")]
