"""The message of the day: one for each member of the staff, with all that is told them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email import message_from_bytes
from typing import Any

import pytest
from sqlmodel import Session, select

from models import ChannelState, Notice, NoticeBody, Person
from models.session import Database
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import Post, deliver
from notifications.digests import children_of, full_facts, gather
from notifications.outbox import Pace
from notifications.promises import promise
from runtime.clock import Clock
from tests.notifications.post_office import (
    ANYONE,
    DROP_LOST,
    SENDER,
    PostOffice,
    after,
    bodies,
    change,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put_digest,
    statuses,
)
from tests.notifications.post_office import NOW as SENDING
from tests.notifications.test_outbox import ACCEPTED, AWAY, DOUBT, LATER, begin, close, take
from tests.notifications.test_promises import cohort, desk, word
from tests.world import open_world

FRIDAY = date(2027, 1, 8)
MORNING = datetime(2027, 1, 8, 8, tzinfo=UTC)
NOON = datetime(2027, 1, 8, 12, tzinfo=UTC)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    open_world(database, cooperatives=2)
    with database.transaction() as opened:
        yield opened


def told(session: Session, mark: str, *, role: str = "coordinator", now: datetime = MORNING, **more: Any) -> Notice:
    """Promise a reminder to a member of the staff, and put it into their message of the day."""
    at = desk(session, now)
    facts = {"title": {"fr": f"Étape {mark}", "ar": f"مرحلة {mark}"}, "due_on": "2027-01-15", "days": 7}
    words = [word(at, kind="step_reminder", role=role, mark=mark, due_on=FRIDAY, facts=facts, **more)]
    [child] = promise(at, words, cohort(session))
    gather(at, [child], cohort(session))
    return child


def digest_of(session: Session, child: Notice) -> Notice:
    assert child.digest_id is not None
    digest = session.get(Notice, child.digest_id)
    assert digest is not None
    return digest


class Mute(MemoryMailer):
    def send(self, address: str, body: bytes) -> Answer:
        return Answer("away", None, "gone")


def send(database: Database, session: Session, now: datetime, mailer: MemoryMailer | None = None) -> MemoryMailer:
    session.commit()
    post = Post(database, mailer or MemoryMailer(), SENDER, Pace(), Clock(now).now)
    deliver(post)
    session.expire_all()
    assert isinstance(post.mailer, MemoryMailer)
    return post.mailer


def test_message_of_the_day_is_opened_once_for_a_recipient(session: Session) -> None:
    first, second = told(session, "a"), told(session, "b")
    digest = digest_of(session, first)
    assert (second.digest_id, digest.key) == (digest.id, "digest/coordinator:k1/2027-01-08")
    assert (digest.kind, digest.channel, digest.address) == ("coordinator_digest", "email", "k1@odco.example")
    assert (digest.status, digest.send_at) == ("pending", datetime(2027, 1, 8, 9, tzinfo=UTC))
    assert children_of(session, digest) == [first, second]


def test_each_recipient_has_their_own(session: Session) -> None:
    assert [digest_of(session, told(session, "a", role=role)).key for role in ("coordinator", "delegate")] == [
        "digest/coordinator:k1/2027-01-08",
        "digest/delegate:d1/2027-01-08",
    ]


def test_gather_again_changes_nothing(session: Session) -> None:
    child = told(session, "a")
    assert gather(desk(session, MORNING), [child], cohort(session)) == []
    assert len(session.exec(select(Notice)).all()) == 2


def test_stale_word_is_in_no_message(session: Session) -> None:
    assert told(session, "a", stale="its day passed while nothing ran").digest_id is None


def test_what_comes_after_todays_left_is_told_the_next_sending_day(database: Database, session: Session) -> None:
    told(session, "a")
    assert len(send(database, session, NOON).sent) == 1
    late = told(session, "b", now=NOON)
    assert digest_of(session, late).key == "digest/coordinator:k1/2027-01-09"
    assert digest_of(session, late).send_at == datetime(2027, 1, 9, 9, tzinfo=UTC)
    assert send(database, session, NOON).sent == []
    send(database, session, datetime(2027, 1, 9, 9, tzinfo=UTC))
    later = told(session, "c", now=datetime(2027, 1, 9, 12, tzinfo=UTC))
    assert digest_of(session, later).key == "digest/coordinator:k1/2027-01-12"  # Sunday, then a holiday


def test_what_comes_after_todays_was_frozen_is_told_the_next_sending_day(database: Database, session: Session) -> None:
    first = told(session, "a")
    send(database, session, NOON, Mute())
    assert (digest_of(session, first).status, digest_of(session, first).attempts) == ("pending", 0)
    assert len(session.exec(select(NoticeBody)).all()) == 1
    second = told(session, "b", now=NOON)
    assert digest_of(session, second).key == "digest/coordinator:k1/2027-01-09"
    state = session.get(ChannelState, "email")
    assert state is not None
    state.paused_until = None
    [(_, body)] = send(database, session, NOON).sent
    assert (first.status, second.status, b"X-Mourafaka-Key: digest/coordinator:k1/2027-01-08" in body) == (
        "sent",
        "pending",
        True,
    )


def test_person_without_an_address_fails_with_what_they_should_hear(session: Session) -> None:
    session.exec(select(Person).where(Person.code == "k1")).one().bad_address_at = MORNING
    children = [told(session, mark) for mark in "abc"]
    [digest] = session.exec(select(Notice).where(Notice.kind == "coordinator_digest")).all()
    assert (digest.status, digest.reason) == ("failed", "no address for this person")
    assert [(one.status, one.reason, one.digest_id) for one in children] == [
        ("failed", "no address for this person", digest.id)
    ] * 3


def test_person_whose_address_was_corrected_hears_the_next_day(session: Session) -> None:
    person = session.exec(select(Person).where(Person.code == "k1")).one()
    person.bad_address_at = MORNING
    told(session, "a")
    person.bad_address_at = None
    child = told(session, "b")
    assert (child.status, digest_of(session, child).key) == ("pending", "digest/coordinator:k1/2027-01-09")


def test_facts_of_the_message_hold_an_item_for_each_thing_told(session: Session) -> None:
    child = told(session, "a")
    facts = full_facts(digest_of(session, child), [child])
    assert (facts["day"], facts["cooperative"], facts["recipient"]) == ("2027-01-08", None, "Coordination")
    assert facts["items"] == [
        {
            "kind": "step_reminder",
            "cooperative": "Coopérative 1",
            "cooperative_phone": None,
            "title": {"fr": "Étape a", "ar": "مرحلة a"},
            "due_on": "2027-01-15",
            "days": 7,
            "script": None,
            "text": None,
            "owner_role": None,
            "owner_name": None,
            "was_on": None,
        }
    ]


def test_message_of_the_day_tells_its_items_and_they_settle_with_it(database: Database, office: PostOffice) -> None:
    children = put_digest(database, 3)
    change(database, children[1], status="cancelled", reason="step done")
    assert deliver(post_of(database, office)) == Counter(accepted=1)
    [letter] = office.kept
    said = letter.message.get_body(("plain",))
    assert said is not None
    assert [f"Étape {number}" in said.get_content() for number in (1, 2, 3)] == [True, False, True]
    assert [(notice(database, key).status, notice(database, key).sent_at) for key in children] == [
        ("sent", SENDING),
        ("cancelled", None),
        ("sent", SENDING),
    ]


def test_message_of_the_day_with_nothing_left_is_taken_back(database: Database, office: PostOffice) -> None:
    children = put_digest(database)
    for child in children:
        change(database, child, status="cancelled", reason="step done")
    assert deliver(post_of(database, office)) == Counter(cancelled=1)
    assert statuses(database)[0] == ("cancelled", "nothing left to tell")
    assert (office.kept, bodies(database)) == ([], [])


@pytest.mark.parametrize("trouble", ["away", "deferred", "doubt", "death"])
def test_message_of_the_day_survives_trouble_with_all_its_items(
    database: Database, office: PostOffice, trouble: str
) -> None:
    children = put_digest(database)
    post = post_of(database, office)
    if trouble == "away":
        office.close()
    office.at_rcpt[ANYONE] = iter(["451 later"] if trouble == "deferred" else [])
    office.at_data[ANYONE] = iter([DROP_LOST] if trouble == "doubt" else [])
    if trouble == "death":
        with pytest.raises(KeyboardInterrupt):
            deliver(replace(post, mailer=Dying()))
    else:
        assert deliver(post) == Counter({trouble: 1})
    if trouble == "away":
        office.open()
    assert deliver(after(post, seconds=400)) == Counter(accepted=1)
    assert [notice(database, key).status for key in children] == ["sent", "sent"]
    said = message_from_bytes(office.kept[0].body)
    assert said["X-Mourafaka-Key"] == "SM/001/coach_digest"


class Dying(MemoryMailer):
    def send(self, address: str, body: bytes) -> Answer:
        raise KeyboardInterrupt


def test_item_that_cannot_be_said_is_parked_alone(database: Database, office: PostOffice) -> None:
    children = put_digest(database, 3)
    change(database, children[1], facts={"title": 3, "due_on": "yesterday"})
    assert deliver(post_of(database, office)) == Counter(accepted=1)
    stands = [notice(database, key) for key in children]
    assert [one.status for one in stands] == ["sent", "failed", "sent"]
    assert stands[1].reason.startswith("cannot be said in the message of the day: ")
    assert stands[1].settled_at == SENDING


def test_message_of_the_day_of_which_nothing_can_be_said_fails_with_its_items(
    database: Database, office: PostOffice
) -> None:
    children = put_digest(database)
    for child in children:
        change(database, child, facts={"title": 3, "due_on": "yesterday"})
    assert deliver(post_of(database, office)) == Counter(failed=1)
    assert [status for status, _ in statuses(database)] == ["failed", "failed", "failed"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (ACCEPTED, ("sent", "")),
        (Answer("refused", 550, "no", bad_address=True), ("failed", "address refused by the server (550)")),
        (DOUBT, ("sending", "")),
        (LATER, ("sending", "")),
        (AWAY, ("sending", "")),
    ],
)
def test_message_of_the_day_settles_what_it_tells(
    database: Database, answer: Answer, expected: tuple[str, str]
) -> None:
    children = put_digest(database)
    for child in children:
        change(database, child, status="sending")
    [digest] = take(database)
    close(database, digest, answer)
    assert [(notice(database, key).status, notice(database, key).reason) for key in children] == [expected, expected]


@pytest.mark.parametrize("how", ["live", "death"])
def test_message_of_the_day_in_doubt_leaves_what_it_tells_in_doubt(database: Database, how: str) -> None:
    children = put_digest(database)
    for child in children:
        change(database, child, status="sending")
    change(database, "SM/001/coach_digest", doubts=1)
    [digest] = take(database)
    begin(database, digest)
    if how == "live":
        close(database, digest, DOUBT)
    take(database, after=200)
    assert [notice(database, key).status for key in children] == ["in_doubt", "in_doubt"]
    assert notice(database, children[0]).settled_at is not None
