"""One cohort's programme cannot be read: it stands still and says so, and holds back nobody else."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest
from sqlmodel import select

from actions.cohorts import cohort_of, open_cohort
from actions.enrol import enrol_cohort
from actions.feeds import feed_of
from actions.health import ailments
from actions.morning import Done, whole_morning
from actions.mornings import ROUND, alert_missed, keep
from actions.programmes import publish, unreadable
from actions.sending import opening_hours
from models import Cohort, Notice, Person, ProgrammeVersion
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender
from notifications.why import why
from programme.definition_file import shipped_text
from programme.errors import VersionUnreadable
from programme.wording import Sentence
from tests.moulds import built_once
from tests.world import NOW, add_cooperative, at, morning, open_followed

MONDAY = date(2027, 1, 4)
OTHER = "AL-2027"


@built_once
def open_two_cohorts(database: Database) -> None:
    """Open a followed cohort, and another one under a version of its own, and promise both their welcome."""
    open_followed(database)
    with database.transaction() as session:
        publish(session, shipped_text().replace("\nversion: 1", "\nversion: 2"), by="k1", now=NOW)
        other = open_cohort(session, code=OTHER, start_on=date(2027, 1, 4), now=NOW, by="k1")
        enrolment = add_cooperative(session, other, 2, email="coop2@coop.example")
        enrolment.code = f"{OTHER}/002"
        session.flush()
        enrol_cohort(session, code=OTHER, by="k1", now=NOW)
    morning(database, MONDAY)


def spoil(database: Database, body: str = "programme: [") -> None:
    with database.transaction() as session:
        session.exec(select(ProgrammeVersion).where(ProgrammeVersion.version == 2)).one().body = body


def send(database: Database, mailer: MemoryMailer, hour: int = 10) -> Counter[str]:
    sender = Sender("mourafaka@odco.example", "Mourafaka")
    return deliver(Post(database, mailer, sender, Pace(), lambda: at(MONDAY, hour), hours=opening_hours))


def test_others_leave_and_its_own_wait_with_the_reason(database: Database) -> None:
    open_two_cohorts(database)
    spoil(database)
    mailer = MemoryMailer()
    send(database, mailer)
    with database.reading() as session:
        states = {
            (notice.key.partition("/")[0], notice.status)
            for notice in session.exec(select(Notice).where(Notice.kind == "welcome"))
        }
        waits = session.exec(select(Notice).where(Notice.kind == "welcome", Notice.status == "pending")).one()
    assert states == {("SM-2027", "sent"), (OTHER, "pending")}
    assert (waits.attempts, waits.send_at) == (0, at(MONDAY, 11))
    assert str(why(waits)).endswith(
        "waits: its cohort's version of the programme cannot be read; `mourafaka doctor` says the mend"
    )
    assert "coop2@coop.example" not in addresses(mailer)


def test_message_of_the_day_leaves_though_its_cohort_stands_still(database: Database) -> None:
    """It tells what is of other cohorts too."""
    open_two_cohorts(database)
    with database.transaction() as session:
        broken = session.exec(select(Cohort.id).where(Cohort.code == OTHER)).one()
        digest = session.exec(select(Notice).where(Notice.kind == "coordinator_digest")).one()
        digest.cohort_id = broken
    spoil(database)
    mailer = MemoryMailer()
    send(database, mailer)
    assert "k1@odco.example" in addresses(mailer)


def test_what_waited_leaves_once_when_it_is_mended(database: Database) -> None:
    open_two_cohorts(database)
    with database.reading() as session:
        whole = session.exec(select(ProgrammeVersion.body).where(ProgrammeVersion.version == 2)).one()
    spoil(database)
    mailer = MemoryMailer()
    for hour in (10, 11):
        send(database, mailer, hour)
    spoil(database, whole)
    for hour in (12, 13):
        send(database, mailer, hour)
    assert addresses(mailer).count("coop2@coop.example") == 1


def test_health_names_the_cohort_and_goes_on(database: Database) -> None:
    open_two_cohorts(database)
    assert not any("stands still" in str(one) for one in found(database))
    spoil(database)
    [said] = [str(one) for one in found(database) if "stands still" in str(one)]
    assert said == (
        "AL-2027 stands still, its notices wait: version 2 of its programme cannot be read; `mourafaka doctor` says "
        "the mend. The other cohorts go on."
    )


def found(database: Database) -> list[Sentence]:
    with database.reading() as session:
        return [*ailments(session, at(MONDAY, 10))]


def test_its_morning_says_which_version_and_the_others_are_done(database: Database) -> None:
    open_two_cohorts(database)
    spoil(database)
    with pytest.raises(VersionUnreadable, match="Version 2 of mourafaka cannot be read any more"):
        morning_of(database, OTHER)
    assert morning_of(database, "SM-2027").failures == []


def morning_of(database: Database, code: str) -> Done:
    with database.reading() as session:
        cohort = cohort_of(session, code)
    return whole_morning(database, cohort, at(date(2027, 1, 11)))


def test_coordinators_still_hear_of_a_morning_that_did_not_happen(database: Database) -> None:
    open_two_cohorts(database)
    keep(database, ROUND, began_at=at(MONDAY, 7), now=at(MONDAY), failures=0)
    spoil(database)
    assert alert_missed(database, at(date(2027, 1, 13), 12)) == 1


def test_calendar_of_a_coach_shows_the_others(database: Database) -> None:
    open_two_cohorts(database)
    spoil(database)
    with database.reading() as session:
        coach = session.exec(select(Person).where(Person.code == "c1")).one()
        assert "SM-2027/001" in feed_of(session, coach, today=MONDAY)
        assert [one.facts["version"] for one in unreadable(session).values()] == [2]


def addresses(mailer: MemoryMailer) -> list[str]:
    return [address for address, _ in mailer.sent]
