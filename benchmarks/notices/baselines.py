"""Two simple ways to send the same mails: no promise, no outbox, no ledger; a crash would lose or double them."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import date
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from typing import Any

from emails.backend.smtp.backend import SMTPBackend
from emails.message import Message

from benchmarks.notices.scenario import SENDER, SENDING, Letter
from notifications.invitations import invitation
from notifications.sources import PARTS, environment_of

HEADERS = {"Auto-Submitted": "auto-generated"}


def with_emails(letters: Sequence[Letter], port: int) -> int:
    """Render with Jinja2, build and send with `emails` over a kept connection; return how many were accepted."""
    accepted = 0
    with SMTPBackend(host="127.0.0.1", port=port, fail_silently=False, local_hostname="localhost") as backend:
        for letter in letters:
            message = _message(letter)
            accepted += message.send(to=letter.address, smtp=backend).success
    return accepted


def _message(letter: Letter) -> Message:
    subject, text, html = _rendered(letter)
    message = Message(
        subject=subject,
        text=text,
        html=html,
        mail_from=(SENDER.name, SENDER.address),
        message_id=letter.message_id,
        date=format_datetime(SENDING),
        headers={**HEADERS, "Content-Language": letter.language, "X-Mourafaka-Key": letter.key},
    )
    for data in _invitations(letter):
        message.attach(data=data, filename="invitation.ics", mime_type="text/calendar")
    return message


def with_smtplib(letters: Sequence[Letter], port: int) -> int:
    """Render with Jinja2, build with the standard library and send with smtplib over a kept connection."""
    with closing(smtplib.SMTP("127.0.0.1", port, local_hostname="localhost")) as client:
        for letter in letters:
            refused = client.send_message(_email_message(letter))
            if refused:
                raise RuntimeError(f"the sink refuses: {refused}")
        client.quit()
    return len(letters)


def _email_message(letter: Letter) -> EmailMessage:
    subject, text, html = _rendered(letter)
    message = EmailMessage()
    message["Subject"], message["To"] = subject, letter.address
    message["From"] = formataddr((SENDER.name, SENDER.address))
    message["Message-ID"], message["Date"] = letter.message_id, format_datetime(SENDING)
    message["Content-Language"], message["X-Mourafaka-Key"] = letter.language, letter.key
    for name, value in HEADERS.items():
        message[name] = value
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    for data in _invitations(letter):
        message.add_attachment(data.encode(), maintype="text", subtype="calendar", filename="invitation.ics")
    return message


def _rendered(letter: Letter) -> tuple[str, str, str]:
    """Return subject, text and HTML, from the same templates with the same filters as ours."""
    subject, text, html = (
        environment_of(letter.language, form)
        .get_template(f"{letter.kind}/{letter.language}/{part}.jinja")
        .render(letter.facts)
        for part, form in PARTS.items()
    )
    return " ".join(subject.split()), text.strip() + "\n", html


def _invitations(letter: Letter) -> Iterator[str]:
    facts: dict[str, Any] = letter.facts
    if letter.kind != "meeting":
        return
    yield invitation(
        uid=facts["uid"],
        sequence=facts["sequence"],
        summary=facts["meeting"][letter.language],
        on=date.fromisoformat(facts["on"]),
        at=facts["at"],
        ends_at=facts["ends_at"],
        place=facts["place"],
        organiser=SENDER.address,
        attendee=letter.address,
        stamped_at=SENDING,
    )
