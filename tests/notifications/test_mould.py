"""A stamped message is the one that the builder would have made, header by header and part by part."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes
from email.charset import CHARSETS, QP
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.mould import Mould, encoded, mould_of, part_mark_of
from notifications.rendering import Rendered
from notifications.smtp import Sender, build

FRAME = (
    b"Subject: mark-subject\r\nTo: mark-to\r\nMessage-ID: mark-message-id\r\nX-Mourafaka-Key: mark-key\r\n"
    b"Date: mark-date\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded("text", part_mark_of("text")) + b"\r\n"
)
VALUES = {
    "subject": "Rendez-vous",
    "to": "coop@coop.example",
    "key": "SM-2027/001/-/welcome/cooperative:SM-2027/001",
    "message_id": "<a@mourafaka.invalid>",
    "date": "Mon, 04 Jan 2027 09:00:00 +0000",
    "text": "Bonjour",
}


def read(built: bytes) -> EmailMessage:
    message = message_from_bytes(built, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def test_mould_knows_where_each_value_stands() -> None:
    assert mould_of(FRAME).names == ("subject", "to", "message_id", "key", "date", "text")


def test_stamp_puts_each_value_in_its_place() -> None:
    message = read(mould_of(FRAME).stamp(VALUES))
    headers = {"Subject": "subject", "To": "to", "Message-ID": "message_id", "X-Mourafaka-Key": "key", "Date": "date"}
    assert {header: message[header] for header in headers} == {header: VALUES[name] for header, name in headers.items()}
    assert message.get_content().rstrip("\n") == "Bonjour"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120))
def test_any_subject_and_any_text_come_back_as_they_were(said: str) -> None:
    built = mould_of(FRAME).stamp({**VALUES, "subject": said.strip() or "x", "text": said})
    message = read(built)
    assert message.get_content().removesuffix("\n") == said.removesuffix("\n")
    assert max(len(line) for line in built.split(b"\r\n")) <= 998


@pytest.mark.parametrize("name", ["subject", "key", "to"])
def test_new_line_in_a_header_starts_no_header_of_its_own(name: str) -> None:
    message = read(mould_of(FRAME).stamp({**VALUES, name: "x\r\nBcc: other@example.org"}))
    assert message["Bcc"] is None


def test_value_that_looks_like_a_mark_is_left_alone() -> None:
    message = read(mould_of(FRAME).stamp({**VALUES, "text": "mark-to", "subject": "mark-key"}))
    assert (message["Subject"], message.get_content().rstrip("\n")) == ("mark-key", "mark-to")


def test_stamp_without_a_value_is_refused() -> None:
    with pytest.raises(KeyError):
        Mould((b"To: ", b"\r\n"), ("to",)).stamp({})


def test_frame_without_a_needed_mark_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks html"):
        mould_of(FRAME, "text", "html")


def test_message_is_the_same_after_another_library_changed_how_utf_8_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered = Rendered("Réunion", "Bonjour à tous", "<p>Bonjour à tous</p>", "fr", "test")
    sender = Sender("a@odco.example", "Seen by nobody else")  # a frame of this test's own
    monkeypatch.setitem(CHARSETS, "utf-8", (QP, QP, "utf-8"))
    values = {"to": "x@coop.example", "key": "k", "message_id": "<1@mourafaka.invalid>"}
    message = read(build(rendered, sender=sender, at=datetime(2027, 1, 4, 9, tzinfo=UTC), **values))
    text = message.get_body(("plain",))
    assert text is not None
    assert (text["Content-Transfer-Encoding"], text.get_content().rstrip("\n")) == ("base64", "Bonjour à tous")
    assert CHARSETS["utf-8"] == (QP, QP, "utf-8")
