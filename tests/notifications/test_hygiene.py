"""What every message must have, whatever it says and in whichever language."""

from __future__ import annotations

import re
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

import pytest

from models import Notice
from notifications.kinds import COOPERATIVE_KINDS, IN_TURN, KINDS, READINGS
from notifications.messages import message_of
from notifications.samples import COMMON, facts_for
from tests.notifications.post_office import NOW, SENDER, Letter, a_notice

URL = "https://mourafaka.example/l/a-token-of-thirty-two-letters-long"
MEETING = {"uid": "SM-001-diagnosis.visit", "sequence": 0, "meeting": {"fr": "Visite", "ar": "زيارة"}}
EVERY = [(kind, reading) for kind in KINDS for reading in READINGS if kind in COOPERATIVE_KINDS or reading != "both"]


def message(kind: str, reading: str, **more: object) -> EmailMessage:
    facts = facts_for(kind, reading) | (MEETING if "meeting" in kind or kind == "date_changed" else {}) | more
    notice: Notice = a_notice(1, f"SM/001/{kind}", kind, reading, {"address": "coop1@coop.example"})
    return Letter("coop1@coop.example", message_of(notice, facts, SENDER, at=NOW)).message


def part(mail: EmailMessage, form: str) -> str:
    found = mail.get_body((form,))
    assert found is not None
    text: str = found.get_content()
    return text


@pytest.mark.parametrize(("kind", "reading"), EVERY)
def test_message_is_for_one_reader_and_says_that_a_machine_wrote_it(kind: str, reading: str) -> None:
    mail = message(kind, reading)
    assert getaddresses(mail.get_all("To", [])) == [("", "coop1@coop.example")]
    assert [mail.get_all(header) for header in ("Cc", "Bcc")] == [None, None]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Mourafaka-Key"] == f"SM/001/{kind}"
    assert re.fullmatch(r"<[0-9a-f]{32}@mourafaka\.invalid>", mail["Message-ID"])
    assert parsedate_to_datetime(mail["Date"]) == NOW
    assert [one.strip() for one in mail["Content-Language"].split(",")] == list(IN_TURN[reading])


@pytest.mark.parametrize(("kind", "reading"), EVERY)
def test_message_has_text_and_page_that_bring_nothing_from_elsewhere(kind: str, reading: str) -> None:
    mail = message(kind, reading)
    page = part(mail, "html")
    assert part(mail, "plain").strip()
    assert re.search(r"<img|<script|<link|<iframe|url\(|@import|@font-face|\bsrc=|background=", page) is None
    links = set(re.findall(r'href="(\w+):', page))
    assert links <= {"tel", "mailto", "https"}
    assert set(re.findall(r'href="https://([^/"]*)', page)) <= {"wa.me"}


@pytest.mark.parametrize(("kind", "reading"), EVERY)
def test_message_says_who_writes_why_and_whom_to_ask_for_ones_data(kind: str, reading: str) -> None:
    mail = message(kind, reading)
    for said in (part(mail, "plain"), re.sub(r"<[^>]+>", "", part(mail, "html"))):
        assert str(COMMON["privacy_contact"]) in said
        assert "09-08" in said
        assert str(COMMON["cohort"]) in said
        for language in IN_TURN[reading]:
            assert {"fr": "Office du Développement de la Coopération", "ar": "مكتب تنمية التعاون"}[language] in said
            assert {"fr": "Vous recevez ce", "ar": "توصلتم بهذ"}[language] in said


@pytest.mark.parametrize(("kind", "reading"), EVERY)
def test_what_may_not_be_refused_offers_no_way_to(kind: str, reading: str) -> None:
    mail = message(kind, reading)
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (None, None)
    assert "/l/" not in part(mail, "plain") + part(mail, "html")


@pytest.mark.parametrize("reading", READINGS)
def test_what_may_be_refused_offers_it_in_the_header_and_the_footer(reading: str) -> None:
    mail = message("step_reminder", reading, refuse_url=URL)
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (f"<{URL}>", "List-Unsubscribe=One-Click")
    assert part(mail, "plain").splitlines().count(URL) == 1
    assert part(mail, "html").count(f'href="{URL}"') == 1
    assert part(mail, "html").count('class="button"') == 1
