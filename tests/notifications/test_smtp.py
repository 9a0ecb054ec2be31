"""Hands mails to a real server and reads its answers; TLS; the server's URL."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from notifications.answers import Answer, MemoryMailer
from notifications.smtp import REPLY_SECONDS, SmtpMailer, SmtpServer, is_one_address, read_smtp_url
from programme.errors import SmtpUrlWrong
from tests.notifications.certificates import certificate
from tests.notifications.post_office import (
    ANYONE,
    DROP,
    DROP_KEPT,
    DROP_LOST,
    SENDER,
    PostOffice,
    open_office,  # noqa: F401 - the fixture `office`
)

BODY = b"Subject: Essai\r\nMessage-ID: <1@mourafaka.invalid>\r\n\r\nBonjour\r\n.\r\nfin\r\n"
TO = "coop1@coop.example"


@pytest.fixture
def mailer(office: PostOffice) -> Iterator[SmtpMailer]:
    opened = SmtpMailer(office.server(), SENDER, reply_seconds=5)
    yield opened
    opened.close()


def test_mail_arrives_as_it_was_frozen(office: PostOffice, mailer: SmtpMailer) -> None:
    assert mailer.send(TO, BODY) == Answer("accepted", 250, "OK")
    assert [(letter.address, letter.body) for letter in office.kept] == [(TO, BODY)]


def test_memory_mailer_keeps_the_contract_of_the_real_one(office: PostOffice, mailer: SmtpMailer) -> None:
    memory = MemoryMailer()
    assert memory.send(TO, BODY) == mailer.send(TO, BODY)
    assert memory.sent == [(letter.address, letter.body) for letter in office.kept]


def test_connection_is_kept_for_a_whole_batch(office: PostOffice, mailer: SmtpMailer) -> None:
    for _ in range(5):
        mailer.send(TO, BODY)
    assert (len(office.kept), len(office.connections)) == (5, 1)


def test_connection_that_was_closed_while_idle_is_opened_anew(office: PostOffice, mailer: SmtpMailer) -> None:
    mailer.send(TO, BODY)
    office.hang_up()
    assert mailer.send(TO, BODY).verdict == "accepted"
    assert (len(office.kept), len(office.connections)) == (2, 2)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("450 4.2.1 busy", Answer("deferred", 450, "4.2.1 busy")),
        ("451 later", Answer("deferred", 451, "later")),
        ("421 too many", Answer("deferred", 421, "too many")),
        ("550 5.1.1 no such user", Answer("refused", 550, "5.1.1 no such user", bad_address=True)),
        ("553 bad name", Answer("refused", 553, "bad name", bad_address=True)),
        ("550 5.7.1 relaying denied", Answer("refused", 550, "5.7.1 relaying denied")),
        ("530 5.7.0 log in first", Answer("away", 530, "5.7.0 log in first")),
    ],
)
def test_answer_about_the_address(office: PostOffice, mailer: SmtpMailer, said: str, answer: Answer) -> None:
    office.at_rcpt[ANYONE] = iter([said])
    assert mailer.send(TO, BODY) == answer
    assert office.kept == []
    assert mailer.send(TO, BODY).verdict == "accepted"


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("451 later", Answer("deferred", 451, "later")),
        ("554 spam", Answer("refused", 554, "spam")),
        ("250 2.0.0 queued as 42", Answer("accepted", 250, "2.0.0 queued as 42")),
        ("251 forwarded", Answer("accepted", 251, "forwarded")),
        ("354 what?", Answer("doubt", 354, "what?")),
        ("nonsense", Answer("doubt", -1, "ense")),
    ],
)
def test_answer_about_the_message(office: PostOffice, mailer: SmtpMailer, said: str, answer: Answer) -> None:
    office.at_data[ANYONE] = iter([said])
    assert mailer.send(TO, BODY) == answer
    assert mailer.send(TO, BODY).verdict == "accepted"


@pytest.mark.parametrize(
    ("said", "verdict"),
    [("421 closing", "away"), ("451 overloaded", "away"), ("550 not you", "away"), ("552 too big", "refused")],
)
def test_answer_about_the_sender_concerns_everyone(
    office: PostOffice, mailer: SmtpMailer, said: str, verdict: str
) -> None:
    office.at_mail = iter([said])
    answer = mailer.send(TO, BODY)
    assert (answer.verdict, answer.bad_address) == (verdict, False)
    assert mailer.send(TO, BODY).verdict == "accepted"


@pytest.mark.parametrize(("how", "kept"), [(DROP_KEPT, 1), (DROP_LOST, 0)])
def test_connection_lost_after_the_message_left_is_a_doubt(
    office: PostOffice, mailer: SmtpMailer, how: str, kept: int
) -> None:
    office.at_data[ANYONE] = iter([how])
    answer = mailer.send(TO, BODY)
    assert (answer.verdict, answer.code, answer.text != "") == ("doubt", None, True)
    assert len(office.kept) == kept
    assert mailer.send(TO, BODY).verdict == "accepted"
    assert len(office.kept) == kept + 1


def test_connection_lost_before_the_message_left_is_no_doubt(office: PostOffice, mailer: SmtpMailer) -> None:
    office.at_rcpt[ANYONE] = repeat(DROP)
    assert mailer.send(TO, BODY).verdict == "away"
    assert office.kept == []


def test_server_that_is_not_there_is_away(office: PostOffice, mailer: SmtpMailer) -> None:
    office.close()
    answer = mailer.send(TO, BODY)
    assert (answer.verdict, "refused" in answer.text) == ("away", True)
    office.open()
    assert mailer.send(TO, BODY).verdict == "accepted"


def test_server_that_says_nothing_is_away() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        server = SmtpServer("127.0.0.1", mute.getsockname()[1], None, None, tls=False, implicit_tls=False)
        assert SmtpMailer(server, SENDER, reply_seconds=1).send(TO, BODY).verdict == "away"


def test_final_answer_is_awaited_120_s_at_least(office: PostOffice) -> None:
    assert REPLY_SECONDS == 120
    mailer = SmtpMailer(office.server(), SENDER)
    mailer.send(TO, BODY)
    assert mailer._backend.get_client().timeout == 120
    mailer.close()


def test_login_that_is_refused_is_away() -> None:
    office = PostOffice(password="right")
    office.open()
    answer = SmtpMailer(office.server("user", "wrong"), SENDER, reply_seconds=5).send(TO, BODY)
    assert (answer.verdict, answer.code) == ("away", 535)
    assert SmtpMailer(office.server("user", "right"), SENDER, reply_seconds=5).send(TO, BODY).verdict == "accepted"
    office.close()


def test_password_outside_ascii_is_away_and_stops_nothing() -> None:
    office = PostOffice(password="right")
    office.open()
    assert SmtpMailer(office.server("user", "صعب"), SENDER, reply_seconds=5).send(TO, BODY).verdict == "away"
    office.close()


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@x.example, b@y.example", "a@x.example\r\nRCPT TO:<b@y.example>", "رئيسة@coop.example"]
)
def test_address_that_is_not_one_is_refused_without_a_word_to_the_server(
    office: PostOffice, mailer: SmtpMailer, address: str
) -> None:
    answer = mailer.send(address, BODY)
    assert (answer.verdict, answer.code, answer.bad_address) == ("refused", None, True)
    assert office.connections == []
    assert is_one_address(address) is False


@pytest.mark.parametrize("address", ["a@b", "a.b+c@coop.example", "o'neil@coop.example", "x@تعاونية.المغرب"])
def test_one_address_is_known_as_one(address: str) -> None:
    assert is_one_address(address) is True


@pytest.mark.parametrize("at_once", [False, True])
def test_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path, at_once: bool) -> None:
    context, _ = certificate(tmp_path)
    office = PostOffice(tls=context, tls_at_once=at_once, password="secret")
    office.open()
    mailer = SmtpMailer(office.server("user", "secret", tls=not at_once), SENDER, reply_seconds=5)
    answer = mailer.send(TO, BODY)
    assert (answer.verdict, "certificate verify failed" in answer.text) == ("away", True)
    assert (office.kept, office.passwords_heard) == ([], [])
    office.close()


@pytest.mark.parametrize("at_once", [False, True])
def test_certificate_that_is_trusted_is_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool
) -> None:
    context, file = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    office = PostOffice(tls=context, tls_at_once=at_once, password="secret")
    office.open()
    mailer = SmtpMailer(office.server("user", "secret", tls=not at_once), SENDER, reply_seconds=5)
    assert mailer.send(TO, BODY).verdict == "accepted"
    assert office.passwords_heard == [b"secret"]
    mailer.close()
    office.close()


def test_tls_that_is_required_and_not_offered_is_away_and_hears_no_password() -> None:
    office = PostOffice(password="secret")
    office.open()
    mailer = SmtpMailer(office.server("user", "secret", tls=True), SENDER, reply_seconds=5)
    answer = mailer.send(TO, BODY)
    assert (answer.verdict, "STARTTLS" in answer.text) == ("away", True)
    assert (office.kept, office.passwords_heard) == ([], [])
    office.close()


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", SmtpServer("localhost", 25, None, None, False, False)),
        ("smtp://localhost:1025", SmtpServer("localhost", 1025, None, None, False, False)),
        ("smtp://127.0.0.1:1025/", SmtpServer("127.0.0.1", 1025, None, None, False, False)),
        ("smtp://[::1]:1025", SmtpServer("::1", 1025, None, None, False, False)),
        ("smtp://u:p@LOCALHOST", SmtpServer("localhost", 25, "u", "p", False, False)),
        ("smtp://localhost?tls=required", SmtpServer("localhost", 587, None, None, True, False)),
        ("smtp://mail.example", SmtpServer("mail.example", 587, None, None, True, False)),
        ("smtp://mail.example?tls=off", SmtpServer("mail.example", 25, None, None, False, False)),
        ("smtp://u:p@mail.example", SmtpServer("mail.example", 587, "u", "p", True, False)),
        ("smtp://u:p@mail.example:25?tls=required", SmtpServer("mail.example", 25, "u", "p", True, False)),
        ("smtp://u%40x:p%2F%23@mail.example", SmtpServer("mail.example", 587, "u@x", "p/#", True, False)),
        ("smtps://u:p@mail.example", SmtpServer("mail.example", 465, "u", "p", False, True)),
        ("smtps://u:p@mail.example:10465?tls=required", SmtpServer("mail.example", 10465, "u", "p", False, True)),
    ],
)
def test_url_says_where_and_how(url: str, server: SmtpServer) -> None:
    assert read_smtp_url(url) == server


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://u:secret@",
        "smtp://u:secret@mail.example?tls=off",
        "smtp://u:secret@mail.example?tls=maybe",
        "smtp://u:secret@mail.example?tsl=off",
        "smtps://u:secret@mail.example?tls=off",
        "smtp://u:secret@mail.example:port",
        "smtp://u:secret@mail.example:99999",
        "smtp://u:secret@mail.example:0",
        "smtp://[::1",
        "smtp://u@mail.example",
        "smtp://:secret@mail.example",
        "smtp://u:secret/1@mail.example",
        "smtp://u:12#secret@mail.example",
        "smtp://u:12?secret@mail.example",
        "smtp://u:12/secret@mail.example",
    ],
)
def test_url_that_is_wrong_or_would_show_a_password_is_refused(url: str) -> None:
    with pytest.raises(SmtpUrlWrong) as refusal:
        read_smtp_url(url)
    assert "secret" not in str(refusal.value)


def test_password_is_not_shown_with_the_server() -> None:
    assert "secret" not in repr(read_smtp_url("smtp://u:secret@mail.example"))


@pytest.mark.parametrize(
    ("host", "here"), [("localhost", True), ("127.0.0.1", True), ("::1", True), ("mail.example", False)]
)
def test_loopback_is_this_machine(host: str, here: bool) -> None:
    assert SmtpServer(host, 25, None, None, tls=False, implicit_tls=False).is_loopback is here
