"""Promises: once for ever, frozen, with a reason when they are only written down, and within sending hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlmodel import Session, col, select

from actions.cohorts import cohort_of
from actions.desk import open_desk
from actions.texts import set_text
from models import Cohort, Contact, Cooperative, Enrolment, Notice, Person
from models.session import Database
from notifications.errors import MissingFact, UnusableFact
from notifications.promises import Desk, Word, message_id, promise, send_instant
from notifications.rendering import template_version
from tests.world import CODE, NOW, open_followed, open_world

FACTS = {"start_on": "2027-01-04", "end_on": "2029-01-04"}
DUE = date(2027, 1, 4)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    open_world(database, cooperatives=2, without_email=(2,))
    with database.transaction() as opened:
        yield opened


def cohort(session: Session) -> Cohort:
    return cohort_of(session, CODE)


def desk(session: Session, now: datetime = NOW) -> Desk:
    enrolments = list(session.exec(select(Enrolment).order_by(Enrolment.code)))
    return open_desk(session, cohort(session), enrolments, now=now)


def word(at: Desk, rank: int = 1, **more: Any) -> Word:
    enrolment = at.session.exec(select(Enrolment).where(Enrolment.rank == rank)).one()
    to = at.people.find(more.pop("role", "cooperative"), enrolment)
    assert to is not None
    values: dict[str, Any] = {"kind": "welcome", "enrolment": enrolment, "to": to, "due_on": DUE, "facts": FACTS}
    return Word(**(values | more))


def test_promise_freezes_everything_that_the_message_needs(session: Session) -> None:
    at = desk(session)
    [made] = promise(at, [word(at)], cohort(session))
    assert made.key == "SM-2027/001/-/welcome/cooperative:SM-2027/001"
    assert (made.status, made.channel, made.address, made.language) == ("pending", "email", "coop1@coop.example", "fr")
    assert (made.message_id, made.template_version) == (message_id(made.key), template_version("welcome", "fr"))
    assert (made.promised_at, made.send_at) == (NOW, datetime(2027, 1, 4, 9, tzinfo=UTC))
    assert made.facts == {
        "recipient": "Présidence 1",
        "cooperative": "Coopérative 1",
        "cohort": "Souss-Massa 2027",
        "contact_name": "Coordination",
        "contact_phone": "+212528000001",
        "privacy_contact": "k1@odco.example",
        **FACTS,
    }


def test_promise_twice_is_promised_once(session: Session) -> None:
    at = desk(session)
    assert len(promise(at, [word(at), word(at)], cohort(session))) == 1
    assert promise(at, [word(at), word(at, facts=FACTS | {"end_on": "2030-01-04"})], cohort(session)) == []
    [kept] = session.exec(select(Notice)).all()
    assert kept.facts["end_on"] == "2029-01-04"


@pytest.mark.parametrize("status", ["sent", "failed", "skipped", "in_doubt"])
def test_promise_that_is_settled_is_not_made_again(session: Session, status: str) -> None:
    at = desk(session)
    [made] = promise(at, [word(at)], cohort(session))
    made.status = status
    assert promise(at, [word(at)], cohort(session)) == []


def test_promise_that_was_taken_back_lives_again_in_its_own_row(session: Session) -> None:
    at = desk(session)
    [made] = promise(at, [word(at)], cohort(session))
    made.status, made.reason, made.settled_at = "cancelled", "the date moved", at.now
    [again] = promise(at, [word(at, facts=FACTS | {"end_on": "2030-01-04"})], cohort(session))
    assert (again.id, again.status, again.reason, again.settled_at) == (made.id, "pending", "", None)
    assert again.facts["end_on"] == "2030-01-04"


def test_word_that_is_withdrawn_is_written_down_as_taken_back_and_revives_nothing(session: Session) -> None:
    at = desk(session)
    [made] = promise(at, [word(at, withdrawn="moved to 2027-03-19")], cohort(session))
    assert (made.status, made.reason, made.settled_at) == ("cancelled", "moved to 2027-03-19", at.now)
    assert promise(at, [word(at, withdrawn="moved to 2027-03-26")], cohort(session)) == []
    assert made.reason == "moved to 2027-03-19"


def test_mark_makes_another_promise(session: Session) -> None:
    at = desk(session)
    made = promise(at, [word(at, mark="-14@2027-03-01"), word(at, mark="-7@2027-03-01")], cohort(session))
    assert [one.key.split("/")[3] for one in made] == ["welcome-14@2027-03-01", "welcome-7@2027-03-01"]


def test_many_promises_are_known_again(session: Session) -> None:
    at = desk(session)
    words = [word(at, mark=str(number)) for number in range(501)]
    assert (len(promise(at, words, cohort(session))), len(promise(at, words, cohort(session)))) == (501, 0)


def test_stale_word_is_written_down_as_skipped_with_its_reason(session: Session) -> None:
    at = desk(session)
    [made] = promise(at, [word(at, stale="its day passed while nothing ran")], cohort(session))
    assert (made.status, made.reason, made.settled_at) == ("skipped", "its day passed while nothing ran", NOW)


def test_word_that_cannot_be_said_is_found_when_it_is_promised(session: Session) -> None:
    at = desk(session)
    with pytest.raises(MissingFact):
        promise(at, [word(at, facts={})], cohort(session))
    assert session.exec(select(Notice)).all() == []


def test_cooperative_without_mail_is_called_with_a_script(session: Session) -> None:
    at = desk(session)
    [made] = promise(at, [word(at, rank=2)], cohort(session))
    assert (made.channel, made.address, made.message_id) == ("call", None, None)
    assert "Coopérative 2" in made.facts["script"]


def test_refused_address_is_called_instead(session: Session) -> None:
    session.exec(select(Contact).where(Contact.email == "coop1@coop.example")).one().bad_address_at = NOW
    at = desk(session)
    [made] = promise(at, [word(at)], cohort(session))
    assert (made.channel, made.address) == ("call", None)


def test_staff_hear_in_the_message_of_the_day(session: Session) -> None:
    at = desk(session)
    [made] = promise(at, [word(at, kind="step_reminder", role="coordinator")], cohort(session))
    assert (made.channel, made.recipient, made.message_id) == ("digest", "coordinator:k1", None)


def test_reader_of_arabic_reads_the_arabic_name(session: Session) -> None:
    at = desk(session)
    said = word(at)
    [made] = promise(at, [replace(said, to=replace(said.to, language="ar"))], cohort(session))
    assert (made.language, made.facts["cooperative"]) == ("ar", "تعاونية 1")


@pytest.mark.parametrize(
    ("due_on", "now", "leaves"),
    [
        ("2027-01-08", "2027-01-01T10:00", "2027-01-08T09:00"),  # Friday
        ("2027-01-09", "2027-01-01T10:00", "2027-01-09T09:00"),  # Saturday
        ("2027-01-10", "2027-01-01T10:00", "2027-01-12T09:00"),  # Sunday, and Monday is a holiday
        ("2027-01-11", "2027-01-01T10:00", "2027-01-12T09:00"),  # holiday
        ("2027-01-08", "2027-01-08T08:59", "2027-01-08T09:00"),
        ("2027-01-08", "2027-01-08T09:00", "2027-01-08T09:00"),
        ("2027-01-08", "2027-01-08T16:59", "2027-01-08T16:59"),
        ("2027-01-08", "2027-01-08T17:00", "2027-01-09T09:00"),
        ("2027-01-09", "2027-01-09T17:00", "2027-01-12T09:00"),
        ("2027-01-04", "2027-01-08T12:00", "2027-01-08T12:00"),  # late: at once
        ("2027-01-04", "2027-01-10T12:00", "2027-01-12T09:00"),  # late, on a Sunday
        ("2027-01-08", "2027-01-08T23:30", "2027-01-09T09:00"),
    ],
)
def test_notice_leaves_within_sending_hours_only(session: Session, due_on: str, now: str, leaves: str) -> None:
    at = desk(session, datetime.fromisoformat(now).replace(tzinfo=UTC))  # Casablanca is on UTC
    assert send_instant(at, date.fromisoformat(due_on)) == datetime.fromisoformat(leaves).replace(tzinfo=UTC)


def test_message_id_is_the_same_each_time_and_says_nothing_of_the_person() -> None:
    key = "SM-2027/001/-/welcome/cooperative:SM-2027/001"
    assert message_id(key) == "<d8ebe0482ef67f65868cf7641f4d3041@mourafaka.invalid>"


def test_nobody_is_told_to_call_themselves(session: Session) -> None:
    at = desk(session)
    [coordinator] = promise(at, [word(at, kind="step_reminder", role="coordinator")], cohort(session))
    [delegate] = promise(at, [word(at, kind="escalation", role="delegate")], cohort(session))
    assert (coordinator.facts["contact_name"], coordinator.facts["contact_phone"]) == ("Délégation", "+212528000002")
    assert (delegate.facts["contact_name"], delegate.facts["contact_phone"]) == ("Coordination", "+212528000001")


def without_telephone(session: Session, *codes: str) -> None:
    for person in session.exec(select(Person).where(col(Person.code).in_(codes))):
        person.phone = None
    session.flush()


@pytest.mark.parametrize(
    ("silent", "called"),
    [
        ((), ("Accompagnement 1", "+212528000011")),
        (("c1",), ("Coordination", "+212528000001")),
        (("c1", "k1"), ("Délégation", "+212528000002")),
        (("c1", "k1", "d1"), ("Accompagnement 1", None)),
    ],
)
def test_cooperative_is_told_to_call_the_nearest_who_has_a_telephone(
    database: Database, silent: tuple[str, ...], called: tuple[str, str | None]
) -> None:
    open_followed(database)
    with database.transaction() as session:
        without_telephone(session, *silent)
        at = desk(session)
        [made] = promise(at, [word(at, mark="-again")], cohort(session))
    assert (made.facts["contact_name"], made.facts["contact_phone"]) == called


def test_one_that_cannot_be_said_is_found_after_others_like_it_were(session: Session) -> None:
    at = desk(session)
    promise(at, [word(at)], cohort(session))
    wrong = [word(at, mark="-wrong", facts=FACTS | {"start_on": "2027-02-30"}), word(at, mark="-right")]
    with pytest.raises(UnusableFact, match="welcome"):
        promise(at, wrong, cohort(session))
    assert len(promise(at, wrong[1:], cohort(session))) == 1


def test_cohorts_own_text_is_rendered_for_each(session: Session) -> None:
    """What a person wrote may be too long with one name and not with another of the same shape."""
    body = "{{ start_on | date }}, {{ end_on | date }}, " + "{{ cooperative }}, " * 5
    texts = {"fr": ("Bienvenue", body), "ar": ("مرحبا", body)}
    own = set_text(session, cohort=CODE, kind="welcome", texts=texts, by="k1", now=NOW)
    session.exec(select(Contact).where(col(Contact.email).is_(None))).one().email = "coop2@coop.example"
    [short] = promise(desk(session), [word(desk(session))], cohort(session))
    session.exec(select(Cooperative).where(Cooperative.name == "Coopérative 2")).one().name = "Coopérative " * 40
    [long] = promise(desk(session), [word(desk(session), rank=2)], cohort(session))
    assert [short.template_version.partition("@")[0], long.template_version] == [
        own.version,
        template_version("welcome", "fr"),
    ]
