"""Mourafaka's own way, measured by its phases: promise, claim and compose, send, settle; nothing left out."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import formataddr
from typing import Any

from sqlalchemy import Connection
from sqlmodel import Session

from actions.cohorts import cohort_of
from actions.morning import reminder_chunks, reminder_work
from benchmarks.notices.scenario import CODE, PROMISING, SENDER, SENDING
from models.session import Database
from notifications.answers import Answer, Mailer, Prompt
from notifications.chunking import Departure
from notifications.claimed import Sayable
from notifications.delivery import deliver
from notifications.messages import message_of
from notifications.smtp import Sender, SmtpMailer, read_smtp_url
from runtime import crew
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings

SECRET = "of a benchmark"  # noqa: S105 - it guards nothing
PHASES = ("promise", "claim", "compose", "send", "settle", "rest")
"""`claim` is the outbox's work before a batch leaves, freezing its bytes too; `settle` its work for each mail."""


@dataclass
class Spent:
    """Seconds by phase: on the wall and, of this process, on the processor."""

    wall: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, 0.0))
    cpu: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PHASES, 0.0))
    leaving: bool = False

    @contextmanager
    def on(self, phase: str, within: str | None = None) -> Iterator[None]:
        """Count what happens meanwhile towards a phase, and no more towards the one that it is within."""
        wall, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self._add(phase, time.perf_counter() - wall, time.process_time() - cpu)
            if within is not None:
                self._add(within, -(time.perf_counter() - wall), -(time.process_time() - cpu))

    @contextmanager
    def on_outbox(self, within: str) -> Iterator[None]:
        """Count a transaction as `settle` when mails have begun to leave, else as `claim`."""
        wall, cpu, composed = time.perf_counter(), time.process_time(), self._composed()
        try:
            yield
        finally:
            phase = "settle" if self.leaving else "claim"
            inside = [now - before for now, before in zip(self._composed(), composed, strict=True)]
            spent = time.perf_counter() - wall - inside[0], time.process_time() - cpu - inside[1]
            self._add(phase, *spent)
            self._add(within, -spent[0], -spent[1])

    def _composed(self) -> tuple[float, float]:
        return self.wall["compose"], self.cpu["compose"]

    def _add(self, phase: str, wall: float, cpu: float) -> None:
        self.wall[phase] += wall
        self.cpu[phase] += cpu


class TimedDatabase(Database):
    """A database whose transactions are counted towards the outbox's phases while mails leave."""

    spent: Spent | None = None

    @contextmanager
    def transaction(self, *, alone: bool = True) -> Iterator[Session]:
        """Give a session, and count the time until it is committed."""
        if self.spent is None:
            with super().transaction(alone=alone) as session:
                yield session
        else:
            with self.spent.on_outbox(within="rest"), super().transaction(alone=alone) as session:
                yield session

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a bare connection, and count the time until it is committed."""
        if self.spent is None:
            with super().writing() as connection:
                yield connection
        else:
            with self.spent.on_outbox(within="rest"), super().writing() as connection:
                yield connection


class TimedMailer:
    """Hands over by another mailer, and (where it is ``alone``) counts the time until the answer."""

    def __init__(self, mailer: Mailer, spent: Spent, *, alone: bool) -> None:
        self._mailer, self._spent, self._alone = mailer, spent, alone

    def send(self, address: str, body: bytes) -> Answer:
        """Hand over one message."""
        self._spent.leaving = True
        if not self._alone:  # several at once: their time is nobody's own
            return self._mailer.send(address, body)
        with self._spent.on("send", within="rest"):
            return self._mailer.send(address, body)

    def close(self) -> None:
        """End the connection."""
        self._mailer.close()


class TimedPrompt(TimedMailer):
    """The same by a mailer that is listened to; several do so at once, and their time is nobody's own."""

    def __init__(self, mailer: Prompt, spent: Spent) -> None:
        super().__init__(mailer, spent, alone=False)
        self._prompt, self.patience = mailer, mailer.patience
        self.go_on, self.break_off = mailer.go_on, mailer.break_off

    def begin(self, address: str, body: bytes) -> Departure | None:
        """Begin to hand over one message."""
        self._spent.leaving = True
        return self._prompt.begin(address, body)


def timed_composer(spent: Spent) -> Any:
    """Return the composer of the house, counted."""

    def compose(notice: Sayable, facts: Mapping[str, Any], sender: Sender, *, at: datetime) -> bytes:
        spent.leaving = False
        with spent.on("compose", within="rest"):
            return message_of(notice, facts, sender, at=at)

    return compose


def promise(database: TimedDatabase, spent: Spent) -> None:
    """Promise what the morning has to say, chunk by chunk as the morning does."""
    with database.reading() as session:
        cohort = cohort_of(session, CODE)
    with spent.on("promise"):
        for chunk in reminder_chunks(database, cohort, PROMISING):
            done = reminder_work(database, cohort, chunk, PROMISING)
            if done.failures:
                raise RuntimeError(f"the morning of the benchmark fails: {done.failures[0]}")


def send_together(database: TimedDatabase, smtp_url: str, spent: Spent, processes: int) -> int:
    """Empty the outbox with several processes, as `mourafaka send` does; their processor time counts."""
    settings = Settings(
        base_url="https://mourafaka.example",
        secret_key=SECRET,
        smtp_url=smtp_url,
        mail_from=formataddr((SENDER.name, SENDER.address)),
        database_url=database.url,
        _env_file=None,
    )
    house = House(settings, Clock(SENDING), database)
    before = _of_helpers()
    with spent.on("rest"):
        accepted = crew.send_together(house, processes)["accepted"]
    spent.cpu["rest"] += _of_helpers() - before
    return accepted


def _of_helpers() -> float:
    """Return the processor seconds of processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def send(database: TimedDatabase, smtp_url: str, spent: Spent, connections: int = 1) -> int:
    """Empty the outbox as the delivery flow does; return how many mails the server accepted."""
    settings = Settings(base_url="https://mourafaka.example", secret_key=SECRET, _env_file=None)
    opened = [SmtpMailer(read_smtp_url(smtp_url), SENDER) for _ in range(connections)]
    first, *others = (
        TimedMailer(one, spent, alone=True) if len(opened) == 1 else TimedPrompt(one, spent) for one in opened
    )
    house = House(settings, Clock(SENDING), database, mailer=first)
    post = replace(house.post(), compose=timed_composer(spent), beside=tuple(others))
    database.spent = spent
    try:
        with spent.on("rest"):
            return deliver(post)["accepted"]
    finally:
        database.spent = None
