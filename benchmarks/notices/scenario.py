"""The world that is measured: a cohort of the whole country, enrolled and planned by the programme's own verbs.

The morning that is measured is the second Friday: each cooperative hears of a meeting (with its invitation) and of a
step, each coach, coordinator and delegate gets a message of the day; half of the cooperatives read Arabic.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from datetime import date, time
from io import StringIO
from pathlib import Path
from typing import Any

from sqlmodel import select

from actions.assign import assign_cohort
from actions.cohorts import cohort_of, open_cohort
from actions.enrol import enrol_cohort
from actions.intake import take_in
from actions.morning import whole_morning
from actions.spreadsheet import read_table
from models import Notice, migrate
from models.session import Database
from notifications.answers import SilentMailer
from notifications.delivery import Post, deliver
from notifications.digests import children_of, full_facts
from notifications.messages import rehearsed
from notifications.outbox import Pace, is_digest
from notifications.smtp import Sender
from programme.civil import instant_of
from programme.territory import provinces
from simulation.staff import stand_in

CODE = "BENCH-2027"
START, EVE, MORNING = date(2027, 1, 4), date(2027, 1, 13), date(2027, 1, 15)
SENDER = Sender("programme@odco.example", "Mourafaka")
MAILS_EACH = 2
"""What each cooperative hears on the measured morning, beside the messages of the day of those who follow it."""
COLUMNS = (
    "name",
    "name_ar",
    "registered_on",
    "province",
    "members",
    "president",
    "email",
    "phone",
    "language",
    "register_court",
    "register_number",
)
PROMISING, SENDING = instant_of(MORNING, time(8)), instant_of(MORNING, time(10))


@dataclass(frozen=True)
class Letter:
    """One mail that must leave, as those who keep no outbox get it: all facts at hand, nothing to look up."""

    kind: str
    language: str
    facts: dict[str, Any]
    address: str
    key: str
    message_id: str


def prepare(url: str, mails: int, folder: Path) -> None:
    """Fill an empty database with a planned cohort, in which so many mails and a few more are due on the morning."""
    database = Database(url, durable=False)
    migrate.upgrade(database.engine)
    listed = folder / "cooperatives.csv"
    listed.write_text(list_of(max(1, mails // MAILS_EACH)), "utf-8")
    eve = instant_of(EVE, time(8))
    with database.transaction() as session:
        open_cohort(session, code=CODE, start_on=START, by="benchmark", now=instant_of(START, time(8)), title="Banc")
    with database.transaction() as session:
        report = take_in(session, table=read_table(listed), code=CODE, by="benchmark", now=eve)
        if report.problems:
            raise RuntimeError(f"the list of the benchmark is refused: {report.problems[0]}")
    with database.transaction() as session:
        stand_in(session, CODE, now=eve)
        enrol_cohort(session, code=CODE, by="benchmark", now=eve)
    with database.transaction() as session:
        assign_cohort(session, code=CODE, by="benchmark", now=eve)
    _live_the_eve(database)
    database.close()


def list_of(cooperatives: int, first: int = 1) -> str:
    """Return invented cooperatives all over the country, every second one with a president who reads Arabic."""
    out = StringIO()
    writer = csv.writer(out, delimiter=";")
    writer.writerow(COLUMNS)
    places = provinces()
    for number in range(first, first + cooperatives):
        place = places[number % len(places)]
        writer.writerow(
            (
                f"Coopérative Exemple {number}",
                f"تعاونية المثال {number}",
                "2025-06-02",
                place.fr,
                9,
                f"Présidence {number} (fictif)",
                f"presidence{number}@cooperatives.example",
                f"06{number:08d}",
                "ar" if number % 2 else "fr",
                "Rabat",
                f"{number}/2025",
            )
        )
    return out.getvalue()


def _live_the_eve(database: Database) -> None:
    """Do the morning of the working day before and let its mails leave, nowhere: they are not what is measured."""
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
    eve = instant_of(EVE, time(8))
    whole_morning(database, cohort, eve)
    later = instant_of(EVE, time(16))
    deliver(Post(database, SilentMailer(), SENDER, Pace(), lambda: later, rehearsed))


def letters(database: Database) -> list[Letter]:
    """Return what is promised and waits to leave, in the outbox's own order."""
    with database.reading() as session:
        waiting = session.exec(
            select(Notice)
            .where(Notice.status == "pending", Notice.channel == "email", Notice.send_at <= SENDING)
            .order_by(Notice.send_at, Notice.id)  # type: ignore[arg-type] # a column, to the database
        ).all()
        plain = [_letter(notice, notice.facts) for notice in waiting]
        told = [
            full_facts(notice, children_of(session, notice)) if is_digest(notice) else notice.facts
            for notice in waiting
        ]
    return [replace(letter, facts=dict(facts)) for letter, facts in zip(plain, told, strict=True)]


def _letter(notice: Notice, facts: dict[str, Any]) -> Letter:
    assert notice.address is not None
    assert notice.message_id is not None
    return Letter(notice.kind, notice.language, facts, notice.address, notice.key, notice.message_id)
