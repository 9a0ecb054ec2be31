"""A process that sends from an outbox until it is empty: what the tests of several senders start, freeze and wake."""

from __future__ import annotations

import sys
import time
from datetime import timedelta

from sqlalchemy import text
from sqlmodel import func, select

import runtime  # noqa: F401 - first: it chooses the time zone data
from models import Notice
from models.notice import IN_OUTBOX
from models.session import Database
from notifications.delivery import Post, deliver
from notifications.outbox import Pace
from notifications.smtp import Sender, SmtpMailer, read_smtp_url
from runtime.clock import Clock

LONGEST = 60


def main(url: str, smtp: str, name: str, lease: str) -> None:
    """Send what there is, from the word on standard input, with claims that last so many seconds."""
    held, clock = timedelta(seconds=float(lease)), Clock()
    sender = Sender("programme@odco.example")
    mailer = SmtpMailer(read_smtp_url(smtp), sender, reply_seconds=30)
    post = Post(Database(url), mailer, sender, Pace(held, held, held), clock.now, name=name)
    print("ready", flush=True)  # noqa: T201 - all is imported: from here on it is a race
    sys.stdin.readline()
    until = time.monotonic() + LONGEST
    while time.monotonic() < until and not is_empty(post):
        deliver(post)
        time.sleep(0.05)


def is_empty(post: Post) -> bool:
    """Tell whether nothing is left, neither now nor when another one's claim runs out."""
    with post.database.reading() as session:
        return session.exec(select(func.count()).select_from(Notice).where(text(IN_OUTBOX))).one() == 0


if __name__ == "__main__":
    main(*sys.argv[1:])
