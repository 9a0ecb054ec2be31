"""A coach's calendar feed: what it holds, for whom and how long, and what it costs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from icalendar import Calendar, Event
from sqlmodel import select

from actions.coaches import leave
from actions.feeds import feed_of, feeds, hash_of, new_feed, reader_of, revoke_feed
from actions.lookup import person_named
from actions.pause import suspend
from actions.record import complete_step
from models import CalendarFeed, Cooperative, Person
from models.session import Database
from programme.errors import NotACoach, PersonUnknown
from programme.feed_errors import NoFeed
from tests.world import at, open_followed, statements, step_row

TODAY = date(2027, 1, 20)
VISIT = "diagnosis.visit"
UID = "SM-2027-001-diagnosis.visit"


@pytest.fixture
def followed(database: Database) -> Database:
    """Three cooperatives, the first two followed by c1 and the third by c2."""
    open_followed(database, cooperatives=3, coaches=2)
    return database


def read(database: Database, coach: str = "c1", on: date = TODAY) -> dict[str, Event]:
    """Return the events of a feed as a calendar program reads them, by UID."""
    with database.reading() as session:
        text = feed_of(session, person_named(session, coach), today=on)
    found = Calendar.from_ical(text)
    assert found.errors == []
    return {str(event["UID"]): event for event in found.walk("VEVENT")}


def make(database: Database, token: str, coach: str = "c1", on: date = TODAY) -> None:
    with database.transaction() as session:
        new_feed(session, code=coach, token=token, by="k1", now=at(on))


def opens(database: Database, token: str, on: date = TODAY) -> str | None:
    with database.reading() as session:
        person = reader_of(session, token, today=on)
    return person.code if person else None


def test_meeting_stands_at_its_hour_in_utc_with_the_uid_of_its_invitation(followed: Database) -> None:
    event = read(followed)[UID]
    with followed.reading() as session:
        step = step_row(session, VISIT)
    assert (step.due_on, step.at) == (date(2027, 1, 25), "10:30")
    assert event["DTSTART"].dt == at(date(2027, 1, 25), 10).replace(minute=30)
    assert event["DTEND"].dt == at(date(2027, 1, 25), 11).replace(minute=50)
    assert event["SEQUENCE"] == step.moves
    assert str(event["SUMMARY"]) == "Visite de diagnostic – Coopérative 1"
    assert str(event["DESCRIPTION"]) == "SM-2027/001\nPrésidence 1\n+212528001001"
    assert "TRANSP" not in event


def test_due_date_is_a_day_that_leaves_the_coach_free(followed: Database) -> None:
    event = read(followed)["SM-2027-001-diagnosis.report"]
    assert event["DTSTART"].dt == date(2027, 2, 22)
    assert event["DTEND"].dt == date(2027, 2, 23)
    assert str(event["TRANSP"]) == "TRANSPARENT"
    assert str(event["SUMMARY"]).startswith("Échéance : ")


def test_titles_are_in_the_coach_s_language(followed: Database) -> None:
    with followed.transaction() as session:
        person_named(session, "c1").language = "ar"
    found = read(followed)
    assert str(found[UID]["SUMMARY"]) == "زيارة ميدانية للتشخيص – تعاونية 1"
    assert str(found["SM-2027-001-diagnosis.report"]["SUMMARY"]).startswith("أجل: ")


def test_place_is_the_meeting_s_else_the_cooperative_s_seat(followed: Database) -> None:
    with followed.transaction() as session:
        one = session.exec(select(Cooperative).where(Cooperative.name == "Coopérative 1")).one()
        one.address, one.commune = "Douar Exemple", "Aït; Melloul"
    assert str(read(followed)[UID]["LOCATION"]) == "Douar Exemple, Aït; Melloul"
    with followed.transaction() as session:
        step_row(session, VISIT).place = "Maison des coopératives"
    assert str(read(followed)[UID]["LOCATION"]) == "Maison des coopératives"


def test_only_the_coach_s_own_cooperatives_are_told(followed: Database) -> None:
    codes = {uid[:11] for uid in read(followed)}
    others = {uid[:11] for uid in read(followed, "c2")}
    assert (codes | others, codes & others) == ({"SM-2027-001", "SM-2027-002", "SM-2027-003"}, set())


def test_it_reaches_from_sixty_days_ago_to_a_year_ahead(followed: Database) -> None:
    with followed.transaction() as session:
        complete_step(session, code="SM-2027/001", step=VISIT, on=date(2027, 1, 25), by="c1", now=at(date(2027, 1, 25)))
    assert UID in read(followed, on=date(2027, 3, 26))
    assert UID not in read(followed, on=date(2027, 3, 27))
    a_year_ahead = "SM-2027-001-coaching.M12-evaluation"
    assert _day(read(followed, on=date(2027, 1, 4))[a_year_ahead]) == date(2028, 1, 4)
    assert a_year_ahead not in read(followed, on=date(2027, 1, 3))


def test_what_was_held_on_another_day_stands_on_that_day_without_an_hour(followed: Database) -> None:
    with followed.transaction() as session:
        complete_step(session, code="SM-2027/001", step=VISIT, on=date(2027, 1, 20), by="c1", now=at(TODAY, 15))
    assert read(followed)[UID]["DTSTART"].dt == date(2027, 1, 20)


def test_in_a_pause_no_date_holds(followed: Database) -> None:
    with followed.transaction() as session:
        suspend(session, code="SM-2027/001", reason="flood", by="k1", now=at(TODAY))
    assert {uid[:11] for uid in read(followed)} & {"SM-2027-001"} == set()


def test_handover_divides_the_meetings_by_their_day(followed: Database) -> None:
    with followed.transaction() as session:
        mine = {uid[:11] for uid in read(followed)}
        leave(session, coach="c1", on=date(2027, 3, 1), to={"c2": None}, by="k1", now=at(TODAY))
    before, after = read(followed), read(followed, "c2")
    assert {uid[:11] for uid in before} == mine
    assert max(_day(event) for event in before.values()) < date(2027, 3, 1)
    taken = [_day(event) for uid, event in after.items() if uid[:11] in mine]
    assert min(taken) >= date(2027, 3, 1)


def _day(event: Any) -> date:
    start = event["DTSTART"].dt
    return start.date() if isinstance(start, datetime) else start


def test_coach_who_left_opens_nothing_from_the_day_after(followed: Database) -> None:
    make(followed, "t1")
    with followed.transaction() as session:
        leave(session, coach="c1", on=date(2027, 3, 1), to={"c2": None}, by="k1", now=at(TODAY))
    assert (opens(followed, "t1", date(2027, 3, 1)), opens(followed, "t1", date(2027, 3, 2))) == ("c1", None)


def test_new_feed_ends_the_one_before(followed: Database) -> None:
    make(followed, "t1")
    make(followed, "t2", on=date(2027, 1, 21))
    assert (opens(followed, "t1"), opens(followed, "t2")) == (None, "c1")
    with followed.reading() as session:
        found = [(one.code, one.status, one.expires_on) for one in feeds(session, TODAY)]
    assert found == [("c1", "in force", date(2028, 1, 21)), ("c1", "revoked", date(2028, 1, 20))]


def test_only_the_hash_of_a_token_is_kept(followed: Database) -> None:
    make(followed, "a-secret-token")
    with followed.reading() as session:
        kept = session.exec(select(CalendarFeed)).one()
    assert kept.hash == hash_of("a-secret-token")
    assert "a-secret-token" not in str(kept.model_dump())


def test_revoked_expired_and_unknown_open_nothing(followed: Database) -> None:
    make(followed, "t1")
    assert (opens(followed, "t1", date(2028, 1, 20)), opens(followed, "t1", date(2028, 1, 21))) == ("c1", None)
    with followed.transaction() as session:
        revoke_feed(session, code="c1", by="k1", now=at(TODAY))
    assert (opens(followed, "t1"), opens(followed, "never")) == (None, None)
    with followed.reading() as session:
        kept = session.exec(select(CalendarFeed)).one()
    assert (kept.revoked_by, kept.revoked_at) == ("k1", at(TODAY))


def test_nobody_but_a_coach_is_given_one(followed: Database) -> None:
    with followed.transaction() as session:
        with pytest.raises(NotACoach, match="k1 is not a coach on 2027-01-20"):
            new_feed(session, code="k1", token="t", by="k1", now=at(TODAY))
        with pytest.raises(PersonUnknown):
            new_feed(session, code="nobody", token="t", by="k1", now=at(TODAY))
        with pytest.raises(NoFeed, match="c1 has no calendar feed in force"):
            revoke_feed(session, code="c1", by="k1", now=at(TODAY))


def test_same_facts_on_the_same_day_give_the_same_bytes(followed: Database) -> None:
    with followed.reading() as session:
        coach = session.exec(select(Person).where(Person.code == "c1")).one()
        assert feed_of(session, coach, today=TODAY) == feed_of(session, coach, today=TODAY)


@pytest.mark.parametrize("cooperatives", [1, 12])
def test_reading_costs_the_same_number_of_questions_however_many_cooperatives(
    database: Database, cooperatives: int
) -> None:
    open_followed(database, cooperatives=cooperatives)
    make(database, "t1")
    with database.reading() as session, statements(database) as seen:
        person = reader_of(session, "t1", today=TODAY)
        assert person is not None
        feed_of(session, person, today=TODAY)
    assert len([one for one in seen if one.startswith("SELECT")]) == 5
