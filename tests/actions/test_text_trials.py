"""A text that is tried goes to the coordinator alone, and is no notice."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest
from sqlmodel import select

from actions.people import add_person
from actions.text_trials import send_test, who_tries
from actions.texts import preview
from models import Notice
from models.session import Database
from notifications.answers import Answer, MemoryMailer
from notifications.smtp import Sender
from programme.texts_errors import NoAddressToTest, NotACoordinator, TrialNotSent
from tests.world import CODE, NOW, open_enrolled, open_world

ONE = f"{CODE}/001"
SENDER = Sender("programme@odco.example", "Mourafaka")


def test_test_goes_to_the_coordinator_alone_and_is_no_notice(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        shown = preview(session, kind="welcome", cohort=CODE, enrolment=ONE, now=NOW)
        to = who_tries(session, "k1", now=NOW).email or ""
        before = len(session.exec(select(Notice)).all())
    mailer = MemoryMailer()
    send_test(shown, to, kind="welcome", mailer=mailer, sender=SENDER, now=NOW)
    [(address, body)] = mailer.sent
    message = message_from_bytes(body, policy=policy.default)
    assert (address, message["To"]) == ("k1@odco.example", "k1@odco.example")
    assert message["Subject"] == "[essai] Bienvenue dans le programme Mourafaka – Coopérative 1"
    assert message["X-Mourafaka-Key"].startswith("test/")
    with database.reading() as session:
        assert len(session.exec(select(Notice)).all()) == before
        keys = session.exec(select(Notice.key)).all()
    assert message["X-Mourafaka-Key"] not in keys


def test_test_that_the_server_does_not_take_is_said(database: Database) -> None:
    open_enrolled(database)
    with database.reading() as session:
        shown = preview(session, kind="welcome", cohort=CODE, enrolment=ONE, now=NOW)

    class Away(MemoryMailer):
        def send(self, address: str, body: bytes) -> Answer:
            return Answer("away", None, "connection refused")

    with pytest.raises(TrialNotSent, match="connection refused"):
        send_test(shown, "k1@odco.example", kind="welcome", mailer=Away(), sender=SENDER, now=NOW)


def test_only_a_coordinator_with_an_address_is_sent_a_test(database: Database) -> None:
    open_world(database, cooperatives=1)
    with database.transaction() as session:
        add_person(session, code="k3", name="Sans adresse", role="coordinator", now=NOW)
    with database.reading() as session:
        with pytest.raises(NotACoordinator):
            who_tries(session, "c1", now=NOW)
        with pytest.raises(NoAddressToTest):
            who_tries(session, "k3", now=NOW)
