"""Claims, leases and fences; each settlement; what is taken back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import pytest
from sqlmodel import select

from actions.withdrawal import take_back
from models import NoticeBody
from models.session import Database
from notifications import outbox
from notifications.answers import Answer
from notifications.claimed import NAMES, Claimed
from notifications.outbox import Pace, begin_data, claim, settle
from tests.notifications.post_office import NOW, bodies, change, notice, put, statuses
from tests.world import START, open_world

PACE = Pace(lease=timedelta(seconds=30))
ACCEPTED = Answer("accepted", 250, "OK")
DOUBT = Answer("doubt", None, "Connection unexpectedly closed")
LATER = Answer("deferred", 451, "greylisted")
AWAY = Answer("away", None, "Connection refused")


def take(database: Database, *, after: float = 0, limit: int = 10) -> list[Claimed]:
    with database.transaction() as session:
        return claim(session, now=NOW + timedelta(seconds=after), pace=PACE, limit=limit)


def begin(database: Database, claimed: Claimed, *, after: float = 0) -> bool:
    with database.transaction() as session:
        return begin_data(session, claimed, now=NOW + timedelta(seconds=after), pace=PACE)


def close(database: Database, claimed: Claimed, answer: Answer, *, after: float = 0) -> bool:
    with database.transaction() as session:
        return settle(session, claimed, answer, now=NOW + timedelta(seconds=after), pace=PACE)


def keys(notices: list[Claimed]) -> list[str]:
    return [one.key for one in notices]


def freeze(database: Database, key: str) -> None:
    change(database, key, body_digest="d")
    with database.transaction() as session:
        session.add(NoticeBody(notice_id=notice(database, key).id or 0, body=b"kept"))


def test_claim_of_two_senders_takes_disjoint_sets(database: Database) -> None:
    put(database, 5)
    other = Database(database.url)
    assert keys(take(database, limit=3)) == ["SM/001/welcome", "SM/002/welcome", "SM/003/welcome"]
    assert keys(take(other, limit=3)) == ["SM/004/welcome", "SM/005/welcome"]
    assert keys(take(database)) == []
    other.close()


def test_claim_gives_a_lease_a_token_and_a_try(database: Database) -> None:
    [key] = put(database)
    [taken] = take(database)
    assert (taken.status, taken.token, taken.attempts, taken.doubts, taken.data_begun) == ("sending", 1, 1, 0, False)
    assert taken.lease_until == NOW + timedelta(seconds=30)
    assert notice(database, key).model_dump(include={*NAMES}) == asdict(taken)


def test_claim_leaves_what_is_not_due_yet(database: Database) -> None:
    put(database, 1, send_at=NOW + timedelta(seconds=1))
    assert take(database) == []
    assert keys(take(database, after=1)) == ["SM/001/welcome"]


@pytest.mark.parametrize("status", ["sent", "failed", "in_doubt", "skipped", "cancelled"])
def test_claim_leaves_what_is_settled(database: Database, status: str) -> None:
    put(database, 1, status=status)
    assert take(database, after=10_000) == []


@pytest.mark.parametrize("channel", ["digest", "call"])
def test_claim_leaves_what_does_not_go_by_mail(database: Database, channel: str) -> None:
    put(database, 1, channel=channel)
    assert take(database) == []


def test_claim_takes_the_oldest_first(database: Database) -> None:
    put(database, 3)
    change(database, "SM/003/welcome", send_at=NOW - timedelta(days=1))
    assert keys(take(database)) == ["SM/003/welcome", "SM/001/welcome", "SM/002/welcome"]


def test_expired_lease_before_data_is_taken_freely_and_counted(database: Database) -> None:
    [key] = put(database)
    for number in range(8):
        assert keys(take(database, after=31 * number)) == [key]
        assert take(database, after=31 * number + 30) == []
    stands = notice(database, key)
    assert (stands.status, stands.attempts, stands.doubts, stands.token) == ("sending", 8, 0, 8)


def test_first_not_now_never_parks_what_died_often_before(database: Database) -> None:
    [key] = put(database)
    for number in range(8):
        [taken] = take(database, after=31 * number)
    assert close(database, taken, LATER, after=300)
    assert notice(database, key).status == "pending"


def test_expired_lease_in_data_is_taken_once_more_after_60_s(database: Database) -> None:
    put(database)
    [taken] = take(database)
    assert begin(database, taken, after=10)
    assert take(database, after=10 + 30 + 60) == []
    [again] = take(database, after=10 + 30 + 61)
    assert (again.status, again.attempts, again.doubts, again.data_begun) == ("sending", 2, 1, False)
    assert again.message_id == taken.message_id


def test_second_death_in_data_waits_for_a_person(database: Database) -> None:
    [key] = put(database)
    for second in (0, 100):
        [taken] = take(database, after=second)
        begin(database, taken, after=second)
    freeze(database, key)
    assert take(database, after=200) == []
    stands = notice(database, key)
    assert (stands.status, stands.doubts, stands.settled_at) == ("in_doubt", 2, NOW + timedelta(seconds=200))
    assert stands.reason == "twice handed over without an answer: look for its Message-ID at the mail server"
    assert bodies(database) == []
    assert take(database, after=10_000) == []


def test_death_in_data_after_a_live_doubt_waits_for_a_person(database: Database) -> None:
    [key] = put(database)
    [taken] = take(database)
    begin(database, taken)
    close(database, taken, DOUBT)
    [again] = take(database, after=60)
    begin(database, again, after=60)
    assert take(database, after=60 + 91) == []
    assert notice(database, key).status == "in_doubt"


def test_doubt_is_repeated_once_60_s_later(database: Database) -> None:
    [key] = put(database)
    [taken] = take(database)
    begin(database, taken)
    assert close(database, taken, DOUBT, after=5)
    assert take(database, after=64) == []
    [again] = take(database, after=65)
    assert (again.doubts, again.attempts) == (1, 2)
    assert close(database, again, DOUBT, after=65)
    stands = notice(database, key)
    assert (stands.status, stands.doubts) == ("in_doubt", 2)
    assert stands.reason == "twice handed over without an answer: look for its Message-ID at the mail server"
    assert stands.error == "Connection unexpectedly closed"


def test_doubt_wait_is_a_setting_of_the_pace(database: Database) -> None:
    [key] = put(database)
    [taken] = take(database)
    with database.transaction() as session:
        settle(session, taken, DOUBT, now=NOW, pace=Pace(doubt_wait=timedelta(seconds=2)))
    assert notice(database, key).send_at == NOW + timedelta(seconds=2)
    assert Pace().doubt_wait == timedelta(seconds=60)


def test_frozen_sender_cannot_begin_after_another_took_its_claim(database: Database) -> None:
    put(database)
    [frozen] = take(database)
    [_awake] = take(database, after=31)
    assert begin(database, frozen, after=32) is False


def test_frozen_sender_cannot_settle_after_another_took_its_claim(database: Database) -> None:
    [key] = put(database)
    [frozen] = take(database)
    begin(database, frozen)
    [awake] = take(database, after=91)
    for answer in (ACCEPTED, DOUBT, LATER, AWAY, Answer("refused", 550, "no", bad_address=True)):
        assert close(database, frozen, answer, after=92) is False
    stands = notice(database, key)
    assert (stands.status, stands.token, stands.doubts) == ("sending", 2, 1)
    assert close(database, awake, ACCEPTED, after=93) is True
    assert close(database, frozen, LATER, after=94) is False
    assert notice(database, key).status == "sent"


def test_sender_that_waited_long_in_its_own_batch_is_not_taken_for_dead(database: Database) -> None:
    put(database)
    [slow] = take(database)
    assert begin(database, slow, after=500) is True
    assert take(database, after=500 + 30 + 59) == []
    assert close(database, slow, ACCEPTED, after=520) is True


def test_accepted_is_sent_and_its_bytes_go_while_the_digest_stays(database: Database) -> None:
    [key] = put(database)
    freeze(database, key)
    [taken] = take(database)
    close(database, taken, ACCEPTED, after=3)
    stands = notice(database, key)
    assert (stands.status, stands.reason, stands.code, stands.error, stands.body_digest) == ("sent", "", 250, "", "d")
    assert stands.sent_at == stands.settled_at == NOW + timedelta(seconds=3)
    assert bodies(database) == []


def test_not_now_waits_longer_each_time_and_is_parked_after_5_tries(database: Database) -> None:
    [key] = put(database)
    at, waits = 0.0, []
    for _ in range(4):
        [taken] = take(database, after=at)
        close(database, taken, LATER, after=at)
        wait = (notice(database, key).send_at - NOW).total_seconds() - at
        waits.append(round(wait, 3))
        assert take(database, after=at + wait - 0.01) == []
        at += wait
    assert waits == [round(PACE.wait(tries, key).total_seconds(), 3) for tries in (1, 2, 3, 4)]
    assert [60 <= waits[0] < 72, 120 <= waits[1] < 144, 240 <= waits[2] < 288, 480 <= waits[3] < 576] == [True] * 4
    [taken] = take(database, after=at)
    close(database, taken, LATER, after=at)
    stands = notice(database, key)
    assert (stands.status, stands.reason, stands.attempts) == ("failed", "parked after 5 tries", 5)
    assert (stands.code, stands.error) == (451, "greylisted")


def test_wait_repeats_itself_and_differs_by_notice() -> None:
    assert PACE.wait(1, "SM/001/welcome") == PACE.wait(1, "SM/001/welcome") == timedelta(seconds=60.60)
    assert PACE.wait(1, "SM/002/welcome") == timedelta(seconds=71.22)
    assert PACE.wait(1_000_000, "SM/001/welcome") < timedelta(seconds=60 * 32 * 1.2)


def test_away_counts_no_try_and_lets_the_others_go_first(database: Database) -> None:
    put(database, 2)
    first, second = take(database)
    close(database, first, AWAY, after=1)
    close(database, second, AWAY, after=0)
    stands = notice(database, "SM/001/welcome")
    assert (stands.status, stands.attempts, stands.reason, stands.error) == ("pending", 0, "", "Connection refused")
    assert keys(take(database, after=1)) == ["SM/002/welcome", "SM/001/welcome"]


def test_cancel_takes_back_what_has_not_left(database: Database) -> None:
    step_id = a_step(database)
    put(database, 4, step_id=step_id)
    freeze(database, "SM/001/welcome")
    change(database, "SM/001/welcome", attempts=1, code=451)
    change(database, "SM/002/welcome", doubts=1, attempts=1)
    change(database, "SM/003/welcome", status="sending")
    with database.transaction() as session:
        assert take_back(session, [step_id], reason="step done", now=NOW) == 2
    assert statuses(database) == [
        ("cancelled", "step done"),
        ("pending", ""),
        ("sending", ""),
        ("cancelled", "step done"),
    ]
    assert bodies(database) == []


def a_step(database: Database) -> int:
    from models import Enrolment, Step

    open_world(database, cooperatives=1)
    with database.transaction() as session:
        enrolment = session.exec(select(Enrolment)).one()
        step = Step(
            enrolment_id=enrolment.id or 0,
            key="plan",
            rule="plan",
            stage="s",
            kind="task",
            owner="coach",
            nominal_on=START,
            due_on=START,
        )
        session.add(step)
        session.flush()
        return step.id or 0


@pytest.mark.parametrize(
    "facts",
    [pytest.param("{broken", marks=pytest.mark.sqlite), '"no facts"'],  # PostgreSQL itself keeps to what is JSON
)
def test_row_that_cannot_be_read_is_parked_and_the_others_are_taken(database: Database, facts: str) -> None:
    put(database, 3)
    with database.transaction() as session:
        session.connection().exec_driver_sql(f"UPDATE notice SET facts = '{facts}' WHERE key = 'SM/002/welcome'")
    assert keys(take(database)) == ["SM/001/welcome", "SM/003/welcome"]
    with database.reading() as session:
        row = (
            session.connection().exec_driver_sql("SELECT status, reason FROM notice WHERE key = 'SM/002/welcome'").one()
        )
    assert tuple(row) == ("failed", "its row cannot be read: its facts were altered")


def test_fail_parks_with_its_reason(database: Database) -> None:
    [key] = put(database)
    [taken] = take(database)
    with database.transaction() as session:
        assert outbox.fail(session, taken, "no words for it", now=NOW) is True
    assert (notice(database, key).status, notice(database, key).reason) == ("failed", "no words for it")
