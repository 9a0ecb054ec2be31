"""What a contact no longer wants is written down and heeded; a coordinator sees it and can undo it."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import select

from actions.cohorts import cohort_of
from actions.contacts import change_contact, correct_contact
from actions.desk import open_desk
from actions.forecast import forecast
from actions.links import Said, opened, use
from actions.people import add_person
from actions.tell import tell
from actions.unwanted import accept, refusals, refuse
from models import Notice
from models.session import Database
from notifications.links import hash_of
from programme.people_errors import OutsideTerritory
from programme.unwanted import EARLY_REMINDERS, UNWANTED, topic_of
from programme.unwanted_errors import NothingRefused, TopicUnknown
from tests.linking import early_reminder, early_word, tokens
from tests.world import CODE, at, enrolment_row, open_enrolled, step_row, story

DAY = date(2027, 1, 5)
FIRST = f"{CODE}/001"


def refuse_now(database: Database, topic: str = EARLY_REMINDERS) -> None:
    with database.transaction() as session:
        refuse(session, code=FIRST, topic=topic, how="coordinator", by="k1", now=at(DAY))


def remind(database: Database, mark: str, *, days: int = 7, kind: str = "step_reminder") -> tuple[str, str]:
    """Promise a reminder to the first cooperative; return what became of it, and why."""
    with database.transaction() as session:
        enrolment, cohort = enrolment_row(session), cohort_of(session, CODE)
        desk = open_desk(session, cohort, [enrolment], now=at(DAY))
        word = early_word(desk, enrolment, step_row(session, "start.contact"), days=days, mark=mark)
        tell(desk, [word], cohort)
        row = session.exec(select(Notice).where(Notice.key == word.key)).one()
        return row.status, row.reason


def test_refused_reminder_is_written_down_and_not_sent(database: Database) -> None:
    open_enrolled(database)
    refuse_now(database)
    assert remind(database, "-7") == ("skipped", UNWANTED)


def test_last_reminder_leaves_all_the_same(database: Database) -> None:
    open_enrolled(database)
    refuse_now(database)
    assert remind(database, "-1", days=1) == ("pending", "")


def test_other_cooperative_is_still_reminded(database: Database) -> None:
    open_enrolled(database, cooperatives=2)
    with database.transaction() as session:
        refuse(session, code=f"{CODE}/002", topic=EARLY_REMINDERS, how="coordinator", by="k1", now=at(DAY))
    assert remind(database, "-7") == ("pending", "")


def test_what_has_not_left_is_settled_with_the_reason(database: Database) -> None:
    open_enrolled(database)
    assert remind(database, "-7") == ("pending", "")
    refuse_now(database)
    with database.reading() as session:
        row = session.exec(select(Notice).where(Notice.kind == "step_reminder")).one()
        welcome = session.exec(select(Notice).where(Notice.kind == "welcome")).one()
    assert (row.status, row.reason) == ("skipped", UNWANTED)
    assert welcome.status == "pending"


def test_coordinator_sees_it_and_undoes_it(database: Database) -> None:
    open_enrolled(database)
    refuse_now(database)
    refuse_now(database)
    with database.reading() as session:
        [one] = refusals(session)
    assert (one.enrolment, one.topic, one.how, one.by) == (FIRST, EARLY_REMINDERS, "coordinator", "k1")
    with database.transaction() as session:
        accept(session, code=FIRST, topic=EARLY_REMINDERS, by="k1", now=at(DAY))
    assert remind(database, "-7") == ("pending", "")
    with database.reading() as session:
        assert refusals(session) == []
        [undone] = refusals(session, code=FIRST, undone=True)
        verbs = [verb for _, verb, _ in story(session)]
    assert undone.accepted_by == "k1"
    assert verbs[-2:] == ["messages refused", "messages wanted again"]


def test_undoing_nothing_is_refused(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session, pytest.raises(NothingRefused):
        accept(session, code=FIRST, topic=EARLY_REMINDERS, by="k1", now=at(DAY))


def test_what_may_not_be_refused_is_not(database: Database) -> None:
    open_enrolled(database)
    with pytest.raises(TopicUnknown):
        refuse_now(database, "meetings")


def test_coordinator_of_another_territory_may_not_undo_it(database: Database) -> None:
    open_enrolled(database)
    refuse_now(database)
    with database.transaction() as session:
        add_person(session, code="k9", name="Autre", role="coordinator", delegation="meknes", now=at(DAY))
    with database.transaction() as session, pytest.raises(OutsideTerritory):
        accept(session, code=FIRST, topic=EARLY_REMINDERS, by="k9", now=at(DAY))


def test_next_contact_is_asked_nothing_of_it(database: Database) -> None:
    open_enrolled(database)
    refuse_now(database)
    with database.transaction() as session:
        change_contact(session, code=FIRST, on=DAY, by="k1", now=at(DAY), name="Fatima", email="fatima@coop.example")
    assert remind(database, "-7") == ("pending", "")


def test_it_goes_with_the_address_when_only_the_telephone_changes(database: Database) -> None:
    open_enrolled(database)
    refuse_now(database)
    with database.transaction() as session:
        change_contact(session, code=FIRST, on=DAY, by="k1", now=at(DAY), phone="0612345678")
    assert remind(database, "-7") == ("skipped", UNWANTED)


def test_it_stays_with_a_contact_whose_address_is_corrected(database: Database) -> None:
    open_enrolled(database)
    refuse_now(database)
    with database.transaction() as session:
        correct_contact(session, code=FIRST, by="k1", now=at(DAY), email="correct@coop.example")
    assert remind(database, "-7") == ("skipped", UNWANTED)


def test_link_in_the_message_refuses_and_says_so_when_it_is_opened_again(database: Database) -> None:
    open_enrolled(database)
    [token] = tokens(early_reminder(database))
    with database.transaction() as session:
        found = opened(session, hash_of(token), now=at(DAY), to_change=True)
        assert found is not None
        after = use(session, found, Said(DAY), now=at(DAY))
    assert (found.state, after.state, after.on) == ("open", "recorded", DAY)
    with database.reading() as session:
        [one] = refusals(session)
    assert (one.how, one.by) == ("link", "cooperative:SM-2027/001")
    assert remind(database, "-14", days=14) == ("skipped", UNWANTED)


def test_link_of_a_contact_who_left_does_nothing(database: Database) -> None:
    open_enrolled(database)
    [token] = tokens(early_reminder(database))
    with database.transaction() as session:
        change_contact(session, code=FIRST, on=DAY, by="k1", now=at(DAY), email="fatima@coop.example")
    with database.reading() as session:
        found = opened(session, hash_of(token), now=at(DAY))
    assert found is not None
    assert found.state == "left"


@pytest.mark.parametrize(
    ("kind", "days", "topic"),
    [
        ("step_reminder", -14, EARLY_REMINDERS),
        ("step_reminder", -2, EARLY_REMINDERS),
        ("step_reminder", -1, None),
        ("step_reminder", 3, None),
        ("step_late", 14, None),
        ("meeting", -10, None),
        ("escalation", -14, None),
    ],
)
def test_only_reminders_long_before_a_date_may_be_refused(kind: str, days: int, topic: str | None) -> None:
    assert topic_of(kind, days, early_days=2) == topic


def test_forecast_leaves_out_what_is_no_longer_wanted(database: Database) -> None:
    open_enrolled(database)
    with database.transaction() as session:
        step_row(session, "start.contact").owner = "cooperative"
    before = expected(database)
    refuse_now(database)
    assert before - expected(database) == {("step_reminder", date(2027, 1, 8))}
    assert ("step_reminder", date(2027, 1, 15)) in expected(database)


def expected(database: Database) -> set[tuple[str, date]]:
    """Return what the cooperative will hear of its own step, as the forecast has it."""
    with database.reading() as session:
        coming = forecast(session, now=at(date(2027, 1, 5)), days=30)
    return {(one.kind, one.on) for one in coming if one.about == "start.contact" and one.recipient[:4] == "coop"}
