"""Non-delivery reports: whose message came back, for which address, for good or not."""

from __future__ import annotations

import mailbox
from pathlib import Path
from urllib.parse import quote

import pytest

from notifications.bounces import Bounce, opened, read_report
from notifications.bounces_errors import BouncesUnreadable
from programme.wording import sentence
from tests.notifications.imap_server import FOLDER, PASSWORD, USER, Imap, open_imap

KEY = "SM-2027/001/-/welcome/cooperative:SM-2027/001"


def report(
    *,
    action: str = "failed",
    status: str = "5.1.1",
    recipient: str = "rfc822; Coop1@coop.example",
    code: str = "smtp; 550 5.1.1 <coop1@coop.example>: user unknown",
    quoted: str = "message/rfc822",
) -> bytes:
    return f"""From: MAILER-DAEMON@mx.example
To: programme@odco.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail system could not deliver your message.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
Arrival-Date: Mon, 4 Jan 2027 09:00:00 +0000

Final-Recipient: {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {code}

--b
Content-Type: {quoted}

Message-ID: <abc@mourafaka.invalid>
X-Mourafaka-Key: {KEY}
To: coop1@coop.example
Subject: Bienvenue

--b--
""".encode()


UNKNOWN = Bounce(
    ("<abc@mourafaka.invalid>",),
    KEY,
    "coop1@coop.example",
    "5.1.1",
    "550 5.1.1 <coop1@coop.example>: user unknown",
)


@pytest.mark.parametrize("quoted", ["message/rfc822", "text/rfc822-headers"])
def test_report_names_the_message_the_address_and_the_reason(quoted: str) -> None:
    assert read_report(report(quoted=quoted)) == [UNKNOWN]
    assert UNKNOWN.lasting == "permanent"


def test_report_of_a_full_mailbox_is_temporary() -> None:
    [full] = read_report(report(status="4.2.2", code="smtp; 452 4.2.2 mailbox full"))
    assert (full.status, full.lasting) == ("4.2.2", "temporary")


def test_status_that_is_missing_is_read_from_what_the_server_said() -> None:
    [one] = read_report(report(status="", code="smtp; 550 5.7.1 refused by policy"))
    assert one.status == "5.7.1"


@pytest.mark.parametrize("action", ["delayed", "relayed", "delivered", "expanded"])
def test_news_that_are_no_failure_are_left_alone(action: str) -> None:
    assert read_report(report(action=action)) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\xfe\x00",
        b"Subject: Re: Bienvenue\r\nIn-Reply-To: <abc@mourafaka.invalid>\r\n\r\nMerci\r\n",
        b'Content-Type: multipart/report; report-type=disposition-notification; boundary="b"\r\n\r\n--b--\r\n',
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\nno part at all\r\n',
    ],
)
def test_any_other_message_reports_nothing(body: bytes) -> None:
    assert read_report(body) == []


def test_address_that_is_none_is_left_out() -> None:
    [one] = read_report(report(recipient="rfc822; undisclosed"))
    assert one.address is None


def test_messages_are_read_from_a_file_an_mbox_and_a_maildir(tmp_path: Path) -> None:
    single, box, folder = tmp_path / "one.eml", mailbox.mbox(tmp_path / "box"), mailbox.Maildir(tmp_path / "dir")
    single.write_bytes(report())
    for _ in range(2):
        box.add(report())
    box.flush()
    folder.add(report())
    counts = {}
    for name in ("one.eml", "box", "dir"):
        with opened(str(tmp_path / name)) as messages:
            counts[name] = [bounce for message in messages for bounce in read_report(message)]
    assert counts == {"one.eml": [UNKNOWN], "box": [UNKNOWN] * 2, "dir": [UNKNOWN]}


def test_folder_that_is_no_maildir_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BouncesUnreadable, match="no Maildir"), opened(str(tmp_path)) as messages:
        list(messages)


def test_password_is_not_sent_in_clear_to_another_machine() -> None:
    with pytest.raises(BouncesUnreadable, match="write imaps"), opened("imap://u:p@mail.example/INBOX"):
        pass


def address_of(imap: Imap, *, password: str = PASSWORD, folder: str = FOLDER) -> str:
    return f"imap://{USER}:{quote(password)}@127.0.0.1:{imap.port}/{folder}"


def test_messages_are_read_from_a_folder_of_a_mail_server_and_stay_unread() -> None:
    with open_imap([report(), b"Subject: Merci\r\n\r\nbien\r\n", report()]) as imap:
        with opened(address_of(imap)) as messages:
            assert [bounce for message in messages for bounce in read_report(message)] == [UNKNOWN] * 2
        assert f"EXAMINE {FOLDER}" in imap.asked
        assert [one for one in imap.asked if one.startswith("FETCH")] == [
            f"FETCH {number} (BODY.PEEK[])" for number in (1, 2, 3)
        ]
        assert imap.asked[-1] == "LOGOUT"


@pytest.mark.parametrize("wrong", [{"password": "guess-me"}, {"folder": "Autre"}])
def test_mail_server_that_does_not_let_us_in_is_refused_without_the_password(wrong: dict[str, str]) -> None:
    with open_imap([report()]) as imap:
        with pytest.raises(BouncesUnreadable) as refused, opened(address_of(imap, **wrong)) as messages:
            list(messages)
        assert imap.asked[-1] == "LOGOUT"
    said = sentence(refused.value.template(), **refused.value.facts).say()
    assert "does not let us in, or has no such folder" in said
    assert [one for one in (PASSWORD, quote(PASSWORD), "guess-me") if one in said] == []


def test_mail_server_that_is_not_there_is_refused() -> None:
    with open_imap([]) as imap:
        gone = address_of(imap)
    with pytest.raises(BouncesUnreadable), opened(gone):
        pass
