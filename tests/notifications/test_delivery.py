"""Empties the outbox over real SMTP, whatever the server does."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from itertools import repeat

import pytest
from sqlalchemy.exc import DBAPIError

from models import NoticeBody
from models.session import Database
from notifications.answers import Answer, MemoryMailer
from notifications.delivery import BATCH, deliver
from notifications.outbox import claim
from tests.notifications.post_office import (
    ANYONE,
    DROP,
    DROP_KEPT,
    DROP_LOST,
    NOW,
    PostOffice,
    after,
    bodies,
    change,
    channel,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
    statuses,
)

SENT = ("sent", "")


def test_everything_due_leaves_once_and_in_order(database: Database, office: PostOffice) -> None:
    put(database, 30)
    post = post_of(database, office)
    assert deliver(post) == Counter(accepted=30)
    assert office.addresses() == [f"coop{number}@coop.example" for number in range(1, 31)]
    assert (statuses(database), bodies(database), len(office.connections)) == ([SENT] * 30, [], 1)
    assert deliver(post) == Counter()


def test_limit_is_kept(database: Database, office: PostOffice) -> None:
    put(database, 30)
    assert deliver(post_of(database, office), limit=27) == Counter(accepted=27)
    assert len(office.kept) == 27


def test_what_was_sent_can_be_told_by_its_digest(database: Database, office: PostOffice) -> None:
    [key] = put(database)
    deliver(post_of(database, office))
    stands = notice(database, key)
    assert stands.body_digest == sha256(office.kept[0].body).hexdigest()
    assert (stands.attempts, stands.code, stands.sent_at) == (1, 250, NOW)
    assert office.kept[0].message["Message-ID"] == stands.message_id
    assert office.kept[0].message["X-Mourafaka-Key"] == key


def test_two_senders_at_once_send_each_mail_once(database: Database, office: PostOffice) -> None:
    put(database, 60)
    posts = [post_of(Database(database.url), office) for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        tallies = list(both.map(deliver, posts))
    assert tallies[0] + tallies[1] == Counter(accepted=60)
    assert sorted(office.addresses()) == sorted(f"coop{number}@coop.example" for number in range(1, 61))
    for post in posts:
        post.database.close()


def test_not_now_is_tried_again_with_the_same_bytes_and_the_others_leave(
    database: Database, office: PostOffice
) -> None:
    put(database, 3)
    office.at_rcpt["coop2@coop.example"] = iter(["451 greylisted"])
    post = post_of(database, office)
    assert deliver(post) == Counter(accepted=2, deferred=1)
    [frozen] = bodies(database)
    change(database, "SM/002/welcome", facts={}, template_version="another")
    assert deliver(after(post, seconds=59)) == Counter()
    assert deliver(after(post, seconds=72)) == Counter(accepted=1)
    assert office.kept[2].body == frozen
    assert (statuses(database), bodies(database)) == ([SENT] * 3, [])


def test_not_now_for_ever_is_parked_after_5_tries(database: Database, office: PostOffice) -> None:
    put(database, 2)
    office.at_data["coop1@coop.example"] = repeat("452 mailbox full")
    tallies = [deliver(after(post_of(database, office), hours=hour)) for hour in range(6)]
    assert tallies == [Counter(deferred=1, accepted=1), *[Counter(deferred=1)] * 4, Counter()]
    assert statuses(database) == [("failed", "parked after 5 tries"), SENT]
    assert bodies(database) == []


@pytest.mark.parametrize("where", ["at_rcpt", "at_data"])
def test_refusal_fails_after_one_try_and_the_others_leave(database: Database, office: PostOffice, where: str) -> None:
    put(database, 3)
    getattr(office, where)["coop2@coop.example"] = repeat("550 no")
    assert deliver(post_of(database, office)) == Counter(accepted=2, refused=1)
    what = {"at_rcpt": "address", "at_data": "message"}[where]
    assert statuses(database) == [SENT, ("failed", f"{what} refused by the server (550)"), SENT]
    assert deliver(after(post_of(database, office), days=1)) == Counter()
    assert bodies(database) == []


@pytest.mark.parametrize(("how", "copies"), [(DROP_KEPT, 2), (DROP_LOST, 1)])
def test_doubt_is_repeated_once_with_the_same_bytes(
    database: Database, office: PostOffice, how: str, copies: int
) -> None:
    put(database, 2)
    office.at_data["coop1@coop.example"] = iter([how])
    post = post_of(database, office)
    assert deliver(post) == Counter(doubt=1, accepted=1)
    change(database, "SM/001/welcome", facts={})
    assert deliver(after(post, seconds=59)) == Counter()
    assert deliver(after(post, seconds=60)) == Counter(accepted=1)
    to_first = [letter.body for letter in office.kept if letter.address == "coop1@coop.example"]
    assert (len(to_first), len(set(to_first))) == (copies, 1)
    assert deliver(after(post, days=1)) == Counter()


def test_second_doubt_is_held_for_a_person(database: Database, office: PostOffice) -> None:
    put(database)
    office.at_data[ANYONE] = repeat(DROP_KEPT)
    post = post_of(database, office)
    assert [deliver(after(post, minutes=minute)) for minute in (0, 1, 60)] == [
        Counter(doubt=1),
        Counter(doubt=1),
        Counter(),
    ]
    reason = "twice handed over without an answer: look for its Message-ID at the mail server"
    assert statuses(database) == [("in_doubt", reason)]
    assert ([letter.body for letter in office.kept], bodies(database)) == ([office.kept[0].body] * 2, [])


def test_server_away_pauses_the_channel_and_fails_nothing(database: Database, office: PostOffice) -> None:
    put(database, 30)
    office.close()
    post = post_of(database, office)
    assert deliver(post) == Counter(away=1)
    assert statuses(database) == [("pending", "")] * 30
    assert notice(database, "SM/001/welcome").attempts == 0
    state = channel(database)
    assert state is not None
    assert (state.failures, state.paused_until, "refused" in state.reason) == (1, NOW + timedelta(minutes=1), True)
    office.open()
    assert deliver(after(post, seconds=59)) == Counter()
    assert deliver(after(post, seconds=60)) == Counter(accepted=30)
    resumed = channel(database)
    assert resumed is not None
    assert (resumed.failures, resumed.paused_until, resumed.reason) == (0, None, "")
    assert (len(office.kept), bodies(database)) == (30, [])


def test_outage_pauses_longer_each_time_up_to_an_hour(database: Database, office: PostOffice) -> None:
    put(database)
    office.close()
    post, pauses = post_of(database, office), []
    for _ in range(9):
        deliver(post)
        state = channel(database)
        assert state is not None
        assert state.paused_until is not None
        pauses.append((state.paused_until - post.now()).total_seconds() / 60)
        post = after(post, minutes=pauses[-1])
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (notice(database, "SM/001/welcome").attempts, statuses(database)) == (0, [("pending", "")])


def test_server_that_goes_away_in_a_batch_keeps_what_it_accepted(database: Database, office: PostOffice) -> None:
    put(database, 5)
    office.at_mail = iter(["250 OK", "250 OK", *["421 closing"] * 2])
    post = post_of(database, office)
    assert deliver(post) == Counter(accepted=2, away=1)
    assert statuses(database) == [SENT, SENT, *[("pending", "")] * 3]
    assert len(bodies(database)) == 3
    assert deliver(after(post, minutes=1)) == Counter(accepted=3)
    assert sorted(office.addresses()) == [f"coop{number}@coop.example" for number in range(1, 6)]


def test_refused_login_pauses_the_channel(database: Database) -> None:
    office = PostOffice(password="right")
    office.open()
    put(database, 2)
    post = post_of(database, office, user="user", password="wrong")
    assert deliver(post) == Counter(away=1)
    assert (statuses(database), office.kept) == ([("pending", "")] * 2, [])
    assert deliver(after(post_of(database, office, user="user", password="right"), minutes=1)) == Counter(accepted=2)
    office.close()


def test_address_at_which_a_server_hangs_up_holds_back_nobody(database: Database, office: PostOffice) -> None:
    put(database, 3)
    office.at_rcpt["coop1@coop.example"] = repeat(DROP)
    post = post_of(database, office)
    assert deliver(post) == Counter(away=1)
    assert deliver(after(post, minutes=1)) == Counter(accepted=2, away=1)
    assert statuses(database) == [("pending", ""), SENT, SENT]


def test_dead_senders_bytes_are_sent_as_they_were_frozen(database: Database, office: PostOffice) -> None:
    [key] = put(database)
    post = post_of(database, office)
    with database.transaction() as session:
        [taken] = claim(session, now=NOW, pace=post.pace, limit=1)
        session.add(NoticeBody(notice_id=taken.id, body=b"Subject: frozen\r\n\r\nas it was\r\n"))
    change(database, key, facts={}, body_digest="d")
    assert deliver(after(post, seconds=300)) == Counter()
    assert deliver(after(post, seconds=301)) == Counter(accepted=1)
    assert office.kept[0].body == b"Subject: frozen\r\n\r\nas it was\r\n"


def test_frozen_bytes_of_what_was_sent_go_with_the_next_batch_and_at_the_end(
    database: Database, office: PostOffice
) -> None:
    put(database, 3 * BATCH)
    seen: list[int] = []

    class Looking(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            seen.append(len(bodies(database)))
            return super().send(address, body)

    assert deliver(replace(post_of(database, office), mailer=Looking())) == Counter(accepted=3 * BATCH)
    assert (set(seen), bodies(database)) == ({BATCH}, [])


def test_frozen_bytes_that_a_killed_sender_left_go_with_the_next_delivery(
    database: Database, office: PostOffice
) -> None:
    put(database, 3)
    with database.transaction() as session:
        for number in (1, 2):
            session.add(NoticeBody(notice_id=notice(database, f"SM/00{number}/welcome").id or 0, body=b"frozen"))
    change(database, "SM/001/welcome", status="sent", settled_at=NOW)
    change(database, "SM/002/welcome", body_digest="d", send_at=NOW + timedelta(days=1))
    assert deliver(post_of(database, office)) == Counter(accepted=1)
    assert bodies(database) == [b"frozen"]


def test_claim_lost_in_the_middle_of_a_batch_is_left_to_its_new_owner(database: Database, office: PostOffice) -> None:
    put(database, 3)

    class Slow(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            if not self.sent:
                change(database, "SM/002/welcome", token=7)
            return super().send(address, body)

    slow = Slow()
    assert deliver(replace(post_of(database, office), mailer=slow)) == Counter(accepted=2)
    assert [address for address, _ in slow.sent] == ["coop1@coop.example", "coop3@coop.example"]
    assert [status for status, _ in statuses(database)] == ["sent", "sending", "sent"]


def test_connection_is_closed_even_when_the_database_breaks(database: Database, office: PostOffice) -> None:
    put(database, 1)

    class Closing(MemoryMailer):
        closed = False

        def close(self) -> None:
            self.closed = True

    mailer = Closing()
    with database.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE notice_body RENAME COLUMN body TO lost")
        connection.commit()
    with pytest.raises(DBAPIError):
        deliver(replace(post_of(database, office), mailer=mailer))
    assert (mailer.closed, mailer.sent, statuses(database)) == (True, [], [("pending", "")])


def test_answer_that_no_database_can_hold_is_written_down_without_it(database: Database, office: PostOffice) -> None:
    [key] = put(database)
    office.at_rcpt[ANYONE] = iter(["450 wait\0 a little"])
    assert deliver(post_of(database, office)) == Counter(deferred=1)
    assert (notice(database, key).status, notice(database, key).error) == ("pending", "wait a little")
