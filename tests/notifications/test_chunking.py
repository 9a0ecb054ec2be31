"""A message that leaves in one write: what each answer means, and what is in doubt when none comes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, repeat
from pathlib import Path

import pytest

from models.session import Database
from notifications.answers import Answer
from notifications.chunking import Departure, is_idle
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import SmtpMailer
from runtime.clock import Clock
from tests.notifications.certificates import certificate
from tests.notifications.post_office import (
    ANYONE,
    DROP,
    DROP_KEPT,
    DROP_LOST,
    NOW,
    SENDER,
    Letter,
    PostOffice,
    after,
    bodies,
    channel,
    notice,
    opened_office,
    put,
    statuses,
)
from tests.notifications.test_smtp import (  # noqa: F401 - the same tests, on a connection that has taken a message
    test_answer_about_the_message,
    test_connection_is_kept_for_a_whole_batch,
    test_connection_lost_after_the_message_left_is_a_doubt,
    test_mail_arrives_as_it_was_frozen,
    test_memory_mailer_keeps_the_contract_of_the_real_one,
)

BODY = b"Subject: Essai\r\n\r\nBonjour\r\n.\r\n.fin"
TO = "coop1@coop.example"
SENT = ("sent", "")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with opened_office(chunking=True) as opened:
        yield opened


@pytest.fixture
def mailer(office: PostOffice) -> Iterator[SmtpMailer]:
    """A mailer whose connection has taken a message, so that the next one leaves in one write."""
    opened = SmtpMailer(office.server(), SENDER, reply_seconds=5)
    assert opened.send("first@coop.example", BODY).verdict == "accepted"
    office.kept.clear()
    yield opened
    opened.close()


def post_of(database: Database, office: PostOffice, connections: int, *, seconds: float = 5) -> Post:
    first, *others = [SmtpMailer(office.server(), SENDER, reply_seconds=seconds) for _ in range(connections)]
    return Post(database, first, SENDER, Pace(), Clock(NOW).now, beside=tuple(others))


def test_first_message_of_a_connection_is_announced_and_the_next_ones_leave_at_once(office: PostOffice) -> None:
    mailer = SmtpMailer(office.server(), SENDER, reply_seconds=5)
    assert [mailer.send(TO, BODY).verdict for _ in range(3)] == ["accepted"] * 3
    assert office.chunks == 2
    assert [letter.body for letter in office.kept] == [BODY + b"\r\n"] * 3
    mailer.close()


def test_server_that_takes_no_chunks_is_spoken_to_as_ever(office: PostOffice) -> None:
    office.chunking, office.pipelining = False, True
    mailer = SmtpMailer(office.server(), SENDER, reply_seconds=5)
    assert [mailer.send(TO, BODY).verdict for _ in range(3)] == ["accepted"] * 3
    assert (office.chunks, len(office.kept)) == (0, 3)
    mailer.close()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("450 4.2.1 busy", Answer("deferred", 450, "4.2.1 busy")),
        ("421 too many", Answer("deferred", 421, "too many")),
        ("550 5.1.1 no such user", Answer("refused", 550, "5.1.1 no such user", bad_address=True)),
        ("550 5.7.1 relaying denied", Answer("refused", 550, "5.7.1 relaying denied")),
    ],
)
def test_answer_about_the_address(office: PostOffice, mailer: SmtpMailer, said: str, answer: Answer) -> None:
    office.at_rcpt[ANYONE] = iter([said])
    assert mailer.send(TO, BODY) == answer
    assert office.kept == []
    assert mailer.send(TO, BODY).verdict == "accepted"


@pytest.mark.parametrize(("said", "verdict"), [("451 overloaded", "away"), ("550 no", "away"), ("552 big", "refused")])
def test_answer_about_the_sender_concerns_everyone_when_it_is_said_again(
    office: PostOffice, mailer: SmtpMailer, said: str, verdict: str
) -> None:
    office.at_mail = iter([said] * (2 if verdict == "away" else 1))
    assert mailer.send(TO, BODY).verdict == verdict
    assert (office.kept, next(office.at_mail, "")) == ([], "")


def test_connection_that_was_closed_while_idle_is_opened_anew(office: PostOffice, mailer: SmtpMailer) -> None:
    client = mailer._backend.get_client()
    assert client.sock is not None
    office.hang_up()
    while is_idle(client.sock):
        time.sleep(0.01)
    assert mailer.send(TO, BODY) == Answer("accepted", 250, "OK")
    assert (len(office.kept), len(office.connections)) == (1, 2)


def test_after_a_refusal_the_next_message_is_announced_on_the_same_connection(
    office: PostOffice, mailer: SmtpMailer
) -> None:
    office.at_rcpt[ANYONE] = iter(["550 5.1.1 no such user"])
    assert mailer.send(TO, BODY) == Answer("refused", 550, "5.1.1 no such user", bad_address=True)
    assert (office.chunks, office.kept) == (1, [])
    assert [mailer.send(TO, BODY).verdict for _ in range(2)] == ["accepted"] * 2
    assert (office.chunks, len(office.kept), len(office.connections)) == (2, 2, 1)


def test_server_that_hangs_up_on_everyone_puts_no_message_in_doubt_but_the_one_under_way(
    office: PostOffice, mailer: SmtpMailer
) -> None:
    office.at_rcpt[ANYONE] = repeat(DROP)
    assert [mailer.send(TO, BODY).verdict for _ in range(3)] == ["doubt", "away", "away"]
    assert office.kept == []


def test_refusal_that_was_heard_before_the_connection_was_lost_is_no_doubt(
    office: PostOffice, mailer: SmtpMailer
) -> None:
    office.at_mail, office.at_rcpt[ANYONE] = iter(["451 overloaded"]), iter([DROP])
    departure = mailer.begin(TO, BODY)
    assert departure is not None
    departure._heard = b"451 overloaded\r\n"
    assert mailer.break_off(departure, OSError("gone")) == Answer("away", 451, "overloaded")


def test_message_that_does_not_go_in_one_write_goes_in_several(office: PostOffice, mailer: SmtpMailer) -> None:
    long = b"Subject: Essai\r\n\r\n" + b"x" * 998 * 30_000
    departure = mailer.begin(TO, long)
    assert departure is not None
    assert departure.writes
    assert _seen_off(mailer, departure) == Answer("accepted", 250, "OK")
    assert office.kept == [Letter(TO, long + b"\r\n")]


def _seen_off(mailer: SmtpMailer, departure: Departure) -> Answer:
    while True:
        answer = mailer.go_on(departure)
        if answer is not None:
            return answer


@pytest.mark.parametrize("address", ["nobody", "a@x.example\r\nRCPT TO:<b@y.example>", "x@تعاونية.المغرب"])
def test_address_that_goes_in_no_command_is_not_written(mailer: SmtpMailer, address: str) -> None:
    assert mailer.begin(address, BODY) is None


@pytest.mark.parametrize("at_once", [False, True])
def test_message_leaves_at_once_over_tls_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    office = PostOffice(tls=context, tls_at_once=at_once, password="secret", chunking=True)
    office.open()
    mailer = SmtpMailer(office.server("user", "secret", tls=not at_once), SENDER, reply_seconds=5)
    assert [mailer.send(TO, BODY).verdict for _ in range(4)] == ["accepted"] * 4
    assert mailer.begin(TO, BODY) is None  # whoever waits for what comes over TLS has to read it
    assert (office.chunks > 0, len(office.kept)) == (True, 4)
    mailer.close()
    office.close()


def test_each_message_leaves_once_by_some_connection(database: Database, office: PostOffice) -> None:
    put(database, 120)
    assert deliver(post_of(database, office, 4)) == Counter(accepted=120)
    assert Counter(office.addresses()) == Counter(f"coop{number}@coop.example" for number in range(1, 121))
    assert (statuses(database), bodies(database)) == ([SENT] * 120, [])
    assert (office.chunks, len(office.connections)) == (116, 4)


@pytest.mark.parametrize(("how", "copies"), [(DROP_KEPT, 2), (DROP_LOST, 1)])
def test_message_whose_connection_is_lost_is_repeated_once(
    database: Database, office: PostOffice, how: str, copies: int
) -> None:
    put(database, 30)
    office.at_data["coop20@coop.example"] = iter([how])
    post = post_of(database, office, 3)
    assert deliver(post) == Counter(accepted=29, doubt=1)
    doubted = notice(database, "SM/020/welcome")
    assert (doubted.status, doubted.doubts, doubted.error) == ("pending", 1, "Connection unexpectedly closed")
    assert deliver(after(post, seconds=59)) == Counter()
    assert deliver(after(post, seconds=61)) == Counter(accepted=1)
    again = [letter.body for letter in office.kept if letter.address == "coop20@coop.example"]
    assert (len(again), len({*again})) == (copies, 1)


def test_refusals_and_answers_that_come_together_are_each_their_message_s_own(
    database: Database, office: PostOffice
) -> None:
    put(database, 40)
    office.at_rcpt["coop17@coop.example"] = iter(["550 5.1.1 who?"])
    office.at_rcpt["coop23@coop.example"] = iter(["450 4.2.1 busy"])
    office.at_data["coop31@coop.example"] = iter(["554 spam"])
    assert deliver(post_of(database, office, 3)) == Counter(accepted=37, refused=2, deferred=1)
    assert Counter(statuses(database)) == Counter(
        {
            SENT: 37,
            ("failed", "address refused by the server (550)"): 1,
            ("failed", "message refused by the server (554)"): 1,
            ("pending", ""): 1,
        }
    )


def test_server_that_falls_silent_is_waited_for_and_leaves_a_doubt_a_connection(
    database: Database, office: PostOffice
) -> None:
    put(database, 4)
    office.silence, office.at_data[ANYONE] = 2, _silent_after(office, 2)
    assert deliver(post_of(database, office, 2, seconds=0.5)) == Counter(accepted=2, doubt=2)
    stood = [notice(database, f"SM/00{number}/welcome") for number in range(1, 5)]
    # Where one connection took both of the first messages, the other one's was handed over word by word.
    said = sorted((one.status, one.error.removeprefix("Connection unexpectedly closed: ")) for one in stood)
    assert said == [("pending", "timed out")] * 2 + [SENT] * 2
    assert office.chunks >= 1


def _silent_after(office: PostOffice, messages: int) -> Iterator[str]:
    yield from repeat("250 OK", messages)
    office.silent_at = "message"
    yield from repeat("250 OK")


def test_server_that_takes_so_many_messages_a_connection_is_knocked_at_again(
    database: Database, office: PostOffice, mailer: SmtpMailer
) -> None:
    office.at_mail = iter(["421 enough by this connection"])
    assert mailer.send(TO, BODY).verdict == "accepted"
    put(database, 30)
    office.at_mail = chain(repeat("250 OK", 12), ["421 enough by this connection"], repeat("250 OK"))
    assert deliver(post_of(database, office, 3)) == Counter(accepted=30)
    assert (len(office.kept), len(office.connections), channel(database)) == (31, 2 + 3 + 1, None)


def test_server_that_closes_is_away_and_the_rest_waits(database: Database, office: PostOffice) -> None:
    put(database, 30)
    office.at_mail = chain(repeat("250 OK", 12), repeat("421 closing"))
    tally = deliver(post_of(database, office, 3))
    assert (tally["doubt"], tally["accepted"]) == (0, 12)
    assert tally["away"] >= 1
    paused = channel(database)
    assert paused is not None
    assert (paused.failures, paused.reason) == (1, "closing")
    assert Counter(status for status, _ in statuses(database)) == Counter(sent=12, pending=18)
