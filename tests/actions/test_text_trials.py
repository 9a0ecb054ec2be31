"""A text that is tried goes to the coordinator alone, and is no notice."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes, policy

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from icalendar import Calendar
from sqlmodel import select

from actions.people import add_person
from actions.remind import uid_of
from actions.text_trials import send_test, who_tries
from actions.texts import preview
from models import Enrolment, Notice, Step
from models.session import Database
from notifications.answers import Answer, MemoryMailer
from notifications.signing import Signer
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


def tried(database: Database, kind: str, *, now: datetime = NOW, **more: object) -> tuple[bytes, Calendar | None]:
    """Send the coordinator a test of a kind; return its bytes, and the calendar that came with it."""
    with database.reading() as session:
        shown = preview(session, kind=kind, cohort=CODE, enrolment=ONE, now=NOW)
    mailer = MemoryMailer()
    send_test(shown, "k1@odco.example", kind=kind, mailer=mailer, sender=SENDER, now=now, **more)  # type: ignore[arg-type]
    [(_, body)] = mailer.sent
    parts = message_from_bytes(body, policy=policy.default).walk()
    found = [one.get_content() for one in parts if one.get_content_type() == "text/calendar"]
    return body, Calendar.from_ical(found[0]) if found else None


def test_test_of_a_meeting_has_an_invitation_of_its_own(database: Database) -> None:
    open_enrolled(database)
    _, calendar = tried(database, "meeting")
    assert calendar is not None
    [event] = calendar.walk("VEVENT")
    assert calendar["METHOD"] == "REQUEST"
    assert event["SUMMARY"].startswith("[essai] ")
    assert (event["ATTENDEE"], event["SEQUENCE"]) == ("mailto:k1@odco.example", 0)
    with database.reading() as session:
        [step] = session.exec(select(Step).where(Step.key == "start.contact")).all()
        ours = {uid_of(enrolment, step) for enrolment in session.exec(select(Enrolment))}
    assert event["UID"].startswith("test-")
    assert event["UID"] not in ours


@pytest.mark.parametrize("kind", ["date_changed", "meeting_cancelled"])
def test_test_of_what_changes_a_meeting_has_its_calendar_too(database: Database, kind: str) -> None:
    open_enrolled(database)
    _, calendar = tried(database, kind)
    assert calendar is not None
    assert calendar["METHOD"] == ("CANCEL" if kind == "meeting_cancelled" else "REQUEST")


@pytest.mark.parametrize("kind", ["welcome", "resumed"])
def test_test_of_what_calls_to_no_meeting_has_none(database: Database, kind: str) -> None:
    open_enrolled(database)
    assert tried(database, kind)[1] is None


def test_test_is_signed_as_a_message_would_be(database: Database) -> None:
    open_enrolled(database)
    key = Ed25519PrivateKey.generate()
    past = datetime(2026, 1, 5, 9, tzinfo=UTC)  # a signature from a day to come would not be one
    body, _ = tried(database, "meeting", now=past, signer=Signer("odco.example", "m1", key))
    public = base64.b64encode(key.public_key().public_bytes_raw())
    record = b"v=DKIM1; k=ed25519; p=" + public
    assert dkim.verify(
        body, dnsfunc=lambda name, timeout=5: record if name.startswith(b"m1._domainkey.odco.example") else None
    )
    assert b"DKIM-Signature" not in tried(database, "meeting")[0]
