"""With a server that takes commands in one go, every answer means what it means one by one."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from notifications.answers import Answer
from notifications.smtp import SmtpMailer, SmtpServer
from tests.notifications.post_office import SENDER, PostOffice, opened_office
from tests.notifications.test_smtp import (  # noqa: F401 - the same tests, with the server of this file
    mailer,
    test_answer_about_the_address,
    test_answer_about_the_message,
    test_answer_about_the_sender_concerns_everyone,
    test_connection_is_kept_for_a_whole_batch,
    test_connection_lost_after_the_message_left_is_a_doubt,
    test_connection_lost_before_the_message_left_is_no_doubt,
    test_connection_that_was_closed_while_idle_is_opened_anew,
    test_mail_arrives_as_it_was_frozen,
    test_memory_mailer_keeps_the_contract_of_the_real_one,
)

BODY = b"Subject: Essai\r\n\r\nBonjour\r\n"
TO = "coop1@coop.example"


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with opened_office(pipelining=True) as opened:
        yield opened


class Patient:
    """A server that answers the three commands only when all three have come, with what it was told to say."""

    def __init__(self, *rounds: str) -> None:
        self.heard: list[str] = []
        self._rounds = rounds
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection, connection.makefile("rb") as lines:
            self._say(connection, "220 patient")
            self._hear(lines)
            self._say(connection, "250-patient\r\n250-PIPELINING\r\n250 SIZE 1000")
            for answers in self._rounds:
                self._hear(lines)
                self._hear(lines)
                self._hear(lines)
                self._say(connection, answers)
                if answers.endswith("354 go on"):
                    while self._hear(lines) != ".":
                        pass
                    self._say(connection, "250 kept" if answers.startswith("250") else "554 for nobody")
                if not answers.endswith("354 go on") or not answers.startswith("250 a\r\n250"):
                    self._hear(lines)
                    self._say(connection, "250 reset")

    def _hear(self, lines: object) -> str:
        said = lines.readline().decode().rstrip("\r\n")  # type: ignore[attr-defined]
        self.heard.append(said)
        return str(said)

    @staticmethod
    def _say(connection: socket.socket, text: str) -> None:
        connection.sendall(text.encode() + b"\r\n")

    def mailer(self) -> SmtpMailer:
        return SmtpMailer(
            SmtpServer("127.0.0.1", self.port, None, None, tls=False, implicit_tls=False), SENDER, reply_seconds=5
        )


ALL_WELL = "250 a\r\n250 b\r\n354 go on"


def test_sender_recipient_and_data_are_said_in_one_go() -> None:
    server = Patient(ALL_WELL, ALL_WELL)
    mailer = server.mailer()  # noqa: F811 - not the fixture
    assert [mailer.send(TO, BODY).code, mailer.send("coop2@coop.example", BODY).code] == [250, 250]
    announced = ["MAIL FROM:<programme@odco.example> SIZE=27", "RCPT TO:<coop1@coop.example>", "DATA"]
    assert server.heard[1:8] == [*announced, "Subject: Essai", "", "Bonjour", "."]
    assert server.heard[9] == "RCPT TO:<coop2@coop.example>"


def test_server_that_would_take_a_message_for_nobody_gets_an_empty_one() -> None:
    server = Patient("250 a\r\n550 5.1.1 no such user\r\n354 go on", ALL_WELL)
    mailer = server.mailer()  # noqa: F811 - not the fixture
    assert mailer.send(TO, BODY) == Answer("refused", 550, "5.1.1 no such user", bad_address=True)
    assert server.heard[4:6] == [".", "rset"]
    assert mailer.send("coop2@coop.example", BODY).verdict == "accepted"


def test_refused_message_is_followed_by_the_next_one_on_the_same_connection() -> None:
    server = Patient("250 a\r\n451 4.7.1 later\r\n503 no recipient", ALL_WELL)
    mailer = server.mailer()  # noqa: F811 - not the fixture
    assert mailer.send(TO, BODY) == Answer("deferred", 451, "4.7.1 later")
    assert mailer.send("coop2@coop.example", BODY).verdict == "accepted"
