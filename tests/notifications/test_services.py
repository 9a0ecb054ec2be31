"""Copies for other services: handed to a real one over HTTP, never said to be delivered, never in the mail's way."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from models import Notice, ServiceCopy
from models.session import Database
from notifications.answers import MemoryMailer
from notifications.channels_errors import ServicesUnreadable
from notifications.copies import hand_over
from notifications.delivery import deliver
from notifications.outbox import MAX_ATTEMPTS, Pace
from notifications.post import Post
from notifications.services import Service, Services, read_services
from runtime.clock import Clock
from tests.linking import send, tokens
from tests.notifications.post_office import NOW, SENDER, put, put_digest
from tests.world import everything_in, morning, open_followed


class Desk(ThreadingHTTPServer):
    """A service on this machine that remembers what it was told, and answers what it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.told: list[dict[str, Any]] = []
        self.status = 200

    @property
    def url(self) -> str:
        return f"json://user:a-secret@127.0.0.1:{self.server_port}/notify"


class _Answers(BaseHTTPRequestHandler):
    server: Desk

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(json.loads(body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def desk() -> Iterator[Desk]:
    server = Desk()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def to(desk: Desk, *who: str, **more: Any) -> Services:
    return Services((Service(name="team", url=desk.url, who=who or ("cooperative",), **more),))


def post_with(database: Database, services: Services, mailer: MemoryMailer | None = None, **span: float) -> Post:
    clock = Clock(NOW + timedelta(**span))
    return Post(database, mailer or MemoryMailer(), SENDER, Pace(), clock.now, services=services, breaker=False)


def copies(database: Database) -> list[ServiceCopy]:
    with database.reading() as session:
        return list(session.exec(select(ServiceCopy).order_by(col(ServiceCopy.id))))


def stands(database: Database) -> list[tuple[str, str]]:
    return [(row.status, row.reason) for row in copies(database)]


def test_copy_is_handed_over_after_the_mail_and_never_said_to_be_delivered(database: Database, desk: Desk) -> None:
    put(database)
    mailer = MemoryMailer()
    deliver(post_with(database, to(desk), mailer))
    assert len(mailer.sent) == 1
    assert stands(database) == [("handed", "handed to team, no receipt")]
    assert "Bienvenue dans le programme Mourafaka" in desk.told[0]["title"]
    assert "L’accompagnement commence" in desk.told[0]["message"]


def test_copy_is_handed_over_once(database: Database, desk: Desk) -> None:
    put(database, 3)
    for _ in range(3):
        deliver(post_with(database, to(desk)))
    assert len(desk.told) == 3


def test_only_who_and_what_is_wanted_gets_a_copy(database: Database, desk: Desk) -> None:
    put(database, 2)
    put_digest(database, 1)
    deliver(post_with(database, to(desk, "coach:c1", "coordinator", kinds=("coach_digest", "coordinator_digest"))))
    assert [told["title"].split(",")[0] for told in desk.told] == ["Vos coopératives"]
    assert "Étape 1" in desk.told[0]["message"]


def test_text_of_a_copy_is_forgotten_once_it_is_handed_over(database: Database, desk: Desk) -> None:
    put(database)
    deliver(post_with(database, to(desk)))
    assert [(row.title, row.body) for row in copies(database)] == [("", "")]


def test_copy_has_no_links_which_are_for_one_person(database: Database, desk: Desk) -> None:
    open_followed(database)
    morning(database, date(2027, 1, 4))
    letters = send(database, date(2027, 1, 4), to(desk, "coach", "coordinator"))
    assert [len(tokens(letter)) for letter in letters if letter[0] == "c1@odco.example"] == [1]
    assert len(desk.told) == 2
    assert not any("/l/" in told["message"] for told in desk.told)


def test_service_that_fails_is_tried_again_later_and_parked_at_last(database: Database, desk: Desk) -> None:
    put(database)
    desk.status = 503
    mailer = MemoryMailer()
    deliver(post_with(database, to(desk), mailer))
    assert (len(mailer.sent), stands(database)) == (1, [("pending", "team: no answer, or a refusal")])
    deliver(post_with(database, to(desk), seconds=30))
    assert len(desk.told) == 1
    for hour in range(1, MAX_ATTEMPTS):
        deliver(post_with(database, to(desk), hours=hour))
    assert stands(database) == [("failed", "team: no answer, or a refusal (try 5)")]
    assert len(desk.told) == MAX_ATTEMPTS


def test_service_that_fails_is_left_alone_for_the_run(database: Database, desk: Desk) -> None:
    put(database, 5)
    desk.status = 503
    deliver(post_with(database, to(desk)))
    assert len(desk.told) == 1
    assert [row.status for row in copies(database)] == ["pending"] * 5


def test_service_that_is_not_there_does_not_stop_the_mail(database: Database) -> None:
    put(database, 2)
    services = Services((Service(name="team", url="json://127.0.0.1:9/x", who=("cooperative",)),))
    mailer = MemoryMailer()
    deliver(post_with(database, services, mailer))
    assert len(mailer.sent) == 2
    assert [row.status for row in copies(database)] == ["pending", "pending"]


def test_what_cannot_be_made_into_a_message_has_no_copy(database: Database, desk: Desk) -> None:
    put(database)
    with database.transaction() as session:
        session.exec(select(Notice)).one().address = "not an address"
    deliver(post_with(database, to(desk)))
    assert copies(database) == []


def test_copy_of_a_message_that_was_taken_back_is_skipped(database: Database, desk: Desk) -> None:
    put(database)
    desk.status = 503
    deliver(post_with(database, to(desk)))
    with database.transaction() as session:
        session.exec(select(Notice)).one().status = "cancelled"
    deliver(post_with(database, to(desk), hours=1))
    assert stands(database) == [("skipped", "the message that it copies was taken back")]


def test_copy_whose_sender_died_is_not_repeated(database: Database, desk: Desk) -> None:
    put(database)
    desk.status = 503
    deliver(post_with(database, to(desk)))
    with database.transaction() as session:
        row = session.exec(select(ServiceCopy)).one()
        row.status, row.lease_until = "sending", NOW
    deliver(post_with(database, to(desk), hours=1))
    reason = "its sender stopped half-way: it may have been handed to team, and is not repeated"
    assert (stands(database), len(desk.told)) == ([("failed", reason)], 1)


def test_service_that_is_not_named_any_more_is_said(database: Database, desk: Desk) -> None:
    put(database)
    desk.status = 503
    deliver(post_with(database, to(desk)))
    hand_over(database, Services(), now=Clock(NOW + timedelta(hours=1)).now, pace=Pace())
    assert stands(database) == [("failed", "team: the settings do not name it any more (try 2)")]


def test_service_that_is_held_keeps_its_copies(database: Database, desk: Desk) -> None:
    put(database)
    desk.status = 503
    deliver(post_with(database, to(desk)))
    hand_over(database, Services(held=frozenset({"team"})), now=Clock(NOW + timedelta(hours=1)).now, pace=Pace())
    assert [row.status for row in copies(database)] == ["pending"]


def test_address_of_a_service_is_in_no_row_and_no_log(
    database: Database, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    put(database)
    desk.status = 503
    with caplog.at_level(logging.DEBUG):
        deliver(post_with(database, to(desk)))
    dump = everything_in(database)
    assert "team" in dump
    assert "a-secret" not in dump + caplog.text
    assert "a-secret" not in repr(to(desk))


GOOD = 'services:\n  - {name: team, url: "json://127.0.0.1:9/x", who: [coordinator, "coach:c1"]}\n'


def test_services_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(GOOD)
    [one] = read_services(file).all
    assert (one.name, one.who, one.kinds, one.is_loopback) == ("team", ("coordinator", "coach:c1"), (), True)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("services: [", "line 1"),
        ("services: 3", "services is missing, or cannot stand"),
        ("other: []", "services is missing, or cannot stand"),
        (GOOD + GOOD.partition("\n")[2], "team stands twice"),
        (GOOD.replace("coordinator", "minister"), "team: nobody is called minister"),
        (GOOD.replace("}", ", kinds: [party]}"), "team: there is no kind party"),
        (GOOD.replace("json:", "secret-pigeon:"), "team: its address is not one that apprise knows"),
        (GOOD.replace("name: team", "name: two words"), "services.0.name is missing, or cannot stand as it is written"),
        (GOOD.replace("}", ", instead: true}"), "services.0.instead is not a word of this file"),
    ],
)
def test_wrong_services_are_refused_without_their_address(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "services.yaml"
    file.write_text(text)
    with pytest.raises(ServicesUnreadable) as refused:
        read_services(file)
    assert problem in str(refused.value)
    assert "127.0.0.1" not in str(refused.value)
    assert "pigeon" not in str(refused.value)


def test_services_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ServicesUnreadable):
        read_services(tmp_path / "none.yaml")
