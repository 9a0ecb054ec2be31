"""The bytes of a message: its parts, its headers, and what a name cannot do to them."""

from __future__ import annotations

from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from models import Notice
from models.session import Database
from notifications.delivery import deliver
from notifications.errors import MissingFact
from notifications.messages import message_of, rehearsed
from notifications.rendering import render
from notifications.smtp import Sender, build
from tests.notifications.post_office import (
    NOW,
    SENDER,
    PostOffice,
    a_notice,
    bodies,
    change,
    notice,
    open_office,  # noqa: F401 - the fixture `office`
    post_of,
    put,
    statuses,
)
from tests.notifications.samples import sample_facts

MEETING = sample_facts("meeting") | {"uid": "SM-001-module", "sequence": 0}
EVIL = "Coop\r\nBcc: evil@evil.example\r\n\r\n<b>"


def of(kind: str, language: str = "fr", facts: dict[str, Any] | None = None, sender: Sender = SENDER) -> EmailMessage:
    one = a_notice(1, f"SM/001/{kind}", kind, language, {})
    parsed = message_from_bytes(message_of(one, facts or one.facts, sender, at=NOW), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def leaves(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk() if not part.is_multipart()]


def test_message_holds_text_and_html_as_alternatives() -> None:
    message = of("welcome")
    [alternative] = [part for part in message.walk() if part.get_content_type() == "multipart/alternative"]
    assert [part.get_content_type() for part in alternative.iter_parts()] == ["text/plain", "text/html"]
    assert leaves(message) == ["text/plain", "text/html"]
    rendered = render("welcome", "fr", sample_facts("welcome"))
    said = [part.get_content().replace("\r\n", "\n") for part in alternative.iter_parts()]
    assert said == [rendered.text, rendered.html]


def test_message_has_the_headers_of_the_contract() -> None:
    message = of("welcome")
    assert message["X-Mourafaka-Key"] == "SM/001/welcome"
    assert message["Message-ID"] == "<c47238e501ad581591aaeb516c7646e9@mourafaka.invalid>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "fr"
    assert message["From"] == "Mourafaka <programme@odco.example>"
    assert message["Date"] == "Mon, 04 Jan 2027 09:00:00 +0000"
    assert message["To"] == "coop1@coop.example"
    assert [len(message.get_all(name, [])) for name in ("To", "Message-ID", "Date", "Cc", "Bcc")] == [1, 1, 1, 0, 0]


@pytest.mark.parametrize("language", ["fr", "ar"])
@pytest.mark.parametrize("kind", ["welcome", "step_late", "certificate"])
def test_subject_is_read_back_as_it_was_written(kind: str, language: str) -> None:
    assert of(kind, language)["Subject"] == render(kind, language, sample_facts(kind)).subject


def test_subject_in_arabic_is_arabic() -> None:
    assert any("\u0621" <= letter <= "\u064a" for letter in of("welcome", "ar")["Subject"])


def test_lines_are_short_enough_for_every_server() -> None:
    body = message_of(a_notice(1, "SM/001/meeting", "meeting", "ar", {}), MEETING, SENDER, at=NOW)
    assert max(map(len, body.split(b"\r\n"))) <= 998
    assert body.isascii()
    assert body.count(b"\n") == body.count(b"\r\n")


def test_meeting_brings_an_invitation_beside_its_texts() -> None:
    message = of("meeting", facts=MEETING)
    assert leaves(message) == ["text/plain", "text/html", "text/calendar"]
    [part] = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    assert (part.get_param("method"), part.get_param("name"), part.get_content_charset()) == (
        "REQUEST",
        "invitation.ics",
        "utf-8",
    )
    said = bytes(part.get_payload(decode=True)).decode()
    assert "METHOD:REQUEST\r\n" in said
    assert "DTSTART:20270305T100000Z\r\nDTEND:20270305T123000Z\r\n" in said
    assert "UID:SM-001-module\r\n" in said


def test_calendar_that_cancels_says_so_in_its_part() -> None:
    rendered = render("welcome", "fr", sample_facts("welcome"))
    body = build(
        rendered, sender=SENDER, to="a@x.example", key="k", message_id="<1@x>", at=NOW, calendar="METHOD:CANCEL\r\n"
    )
    [part] = [one for one in message_from_bytes(body).walk() if one.get_content_type() == "text/calendar"]
    assert part.get_param("method") == "CANCEL"


@pytest.mark.parametrize("fact", ["cooperative", "recipient", "place", "contact_name"])
def test_name_with_a_new_line_makes_no_header(fact: str) -> None:
    clean, message = of("meeting", facts=MEETING), of("meeting", facts=MEETING | {fact: EVIL})
    assert message.keys() == clean.keys()
    assert (message["To"], message["Bcc"], leaves(message)) == ("coop1@coop.example", None, leaves(clean))


def test_sender_name_with_a_new_line_makes_no_header() -> None:
    message = of("welcome", sender=Sender("programme@odco.example", "Moura\r\nBcc: evil@evil.example"))
    assert (message["Bcc"], message["From"].addresses[0].addr_spec) == (None, "programme@odco.example")


def test_sender_name_in_arabic_is_read_back() -> None:
    assert (
        of("welcome", sender=Sender("programme@odco.example", "مواكبة"))["From"].addresses[0].display_name == "مواكبة"
    )


@pytest.mark.parametrize("address", ["a@x.example, b@y.example", "a@x.example\r\nBcc: b@y.example", "nobody", None])
def test_message_to_anything_but_one_address_is_not_made(address: str | None) -> None:
    one: Notice = a_notice(1, "k", "welcome", "fr", {"address": address})
    with pytest.raises(ValueError, match="address"):
        message_of(one, one.facts, SENDER, at=NOW)


def test_message_whose_facts_were_altered_is_not_made() -> None:
    with pytest.raises(MissingFact):
        of("welcome", facts={"recipient": "Mme Exemple"})


def test_rehearsal_says_the_same_and_finds_the_same_faults() -> None:
    one = a_notice(1, "k", "welcome", "fr", {})
    assert rehearsed(one, one.facts, SENDER, at=NOW).decode() == render("welcome", "fr", one.facts).text
    with pytest.raises(MissingFact):
        rehearsed(one, {}, SENDER, at=NOW)


@pytest.mark.parametrize("kind", ["welcome", "meeting"])
def test_notice_that_cannot_be_made_is_parked_and_the_others_leave(
    database: Database, office: PostOffice, kind: str
) -> None:
    put(database, 1, kind=kind, facts={}) if kind == "welcome" else put(database, 1, kind=kind)  # no uid, no sequence
    put_others(database)
    assert deliver(post_of(database, office)) == Counter(accepted=2, failed=1)
    stands = notice(database, f"SM/001/{kind}")
    assert (stands.status, stands.attempts, stands.reason.startswith("cannot be made into a message: ")) == (
        "failed",
        1,
        True,
    )
    assert len(stands.reason) > len("cannot be made into a message: ")
    assert (len(office.kept), bodies(database)) == (2, [])


def put_others(database: Database) -> None:
    for number in (2, 3):
        put(database, 1, kind="step_late", key=f"SM/00{number}/step_late")


@pytest.mark.parametrize("address", [None, "", "a@x.example, b@y.example", "رئيسة@coop.example"])
def test_address_that_is_not_one_is_parked_and_the_others_leave(
    database: Database, office: PostOffice, address: str | None
) -> None:
    put(database, 3)
    change(database, "SM/001/welcome", address=address)
    assert deliver(post_of(database, office)) == Counter(accepted=2, failed=1)
    assert [status for status, _ in statuses(database)] == ["failed", "sent", "sent"]


def test_composer_that_breaks_in_any_way_parks_that_notice_alone(database: Database, office: PostOffice) -> None:
    put(database, 2)

    def compose(one, facts, sender, *, at):  # type: ignore[no-untyped-def]
        if one.key == "SM/001/welcome":
            raise RecursionError("too deep")
        return b"Subject: x\r\n\r\nx\r\n"

    assert deliver(post_of(database, office, compose=compose)) == Counter(accepted=1, failed=1)
    reason = "cannot be made into a message: RecursionError('too deep')"
    assert statuses(database) == [("failed", reason), ("sent", "")]


def test_sender_address_is_the_programmes(database: Database, office: PostOffice) -> None:
    put(database)
    deliver(post_of(database, office))
    assert office.kept[0].message["From"] == f"Mourafaka <{SENDER.address}>"
