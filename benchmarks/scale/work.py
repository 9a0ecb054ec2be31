"""What is measured at size, each in a process of its own: a world is prepared, mailed, left idle; a list is read."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from datetime import date
from datetime import time as wall_time
from pathlib import Path
from typing import Any

from sqlmodel import func, select

from actions.cohorts import open_cohort
from actions.enrol import enrol_cohort
from actions.intake import take_in
from actions.morning import open_cohorts, whole_morning
from actions.spreadsheet import read_table
from benchmarks.notices.scenario import MAILS_EACH, PROMISING, SENDER, SENDING, list_of, prepare
from benchmarks.notices.sink import open_sink
from benchmarks.processes import cpu_seconds, peak_bytes, speak
from models import Cooperative, migrate
from models.session import Database
from notifications.delivery import deliver
from notifications.smtp import SmtpMailer, read_smtp_url
from programme.civil import instant_of
from runtime.clock import Clock
from runtime.house import House
from runtime.settings import Settings
from simulation.staff import stand_in

FILE = "scale.sqlite3"
TRANCHE = 1_000
LATER = date(2027, 6, 7)
"""When the programme of those begins who have nothing due on the measured morning."""
EVE = instant_of(date(2027, 1, 13), wall_time(8))
IDLE = instant_of(date(2027, 1, 15), wall_time(16, 30))


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / FILE}"


def enrol(folder: Path, cooperatives: int, due: int) -> Mapping[str, Any]:
    """Enrol so many cooperatives by the programme's own verbs; ``due`` mails leave on one morning, to some of them."""
    prepare(_url(folder), due, folder)
    database = Database(_url(folder), durable=False)
    first = due // MAILS_EACH + 1
    while first <= cooperatives:
        count = min(TRANCHE, cooperatives - first + 1)
        _tranche(database, f"LATER-{first}", list_of(count, first), folder)
        first += count
    with database.reading() as session:
        enrolled = session.exec(select(func.count()).select_from(Cooperative)).one()
    database.close()
    return {"enrolled": enrolled}


def _tranche(database: Database, code: str, listed: str, folder: Path) -> None:
    file = folder / f"{code}.csv"
    file.write_text(listed, "utf-8")
    with database.transaction() as session:
        open_cohort(session, code=code, start_on=LATER, by="benchmark", now=EVE, title=code)
        report = take_in(session, table=read_table(file), code=code, by="benchmark", now=EVE)
        if report.problems:
            raise RuntimeError(f"the list of the benchmark is refused: {report.problems[0]}")
        stand_in(session, code, now=EVE)
    with database.transaction() as session:
        enrol_cohort(session, code=code, by="benchmark", now=EVE)
    _run(database, EVE, None)


def _run(database: Database, now: Any, smtp_url: str | None) -> tuple[int, int]:
    """Do what a run does without Prefect: each open cohort's morning, then the sending; return promises and mails."""
    clock = Clock(now)
    with database.reading() as session:
        cohorts = open_cohorts(session)
    done = [whole_morning(database, cohort, now) for cohort in cohorts]
    failures = [failure for one in done for failure in one.failures]
    if failures:
        raise RuntimeError(f"a morning of the benchmark fails: {failures[0]}")
    promised = sum(one.promised for one in done)
    if smtp_url is None:
        return promised, 0
    settings = Settings(base_url="https://mourafaka.example", secret_key="of a benchmark", _env_file=None)  # noqa: S106
    mailer = SmtpMailer(read_smtp_url(smtp_url), SENDER)
    clock.move_to(max(now, SENDING))
    return promised, deliver(House(settings, clock, database, mailer=mailer).post())["accepted"]


def mail(folder: Path) -> Mapping[str, Any]:
    """Do the morning on which mails are due, and have them leave to a sink, durably."""
    return _measured(folder, PROMISING)


def idle(folder: Path) -> Mapping[str, Any]:
    """Do a run on which nothing is due."""
    return _measured(folder, IDLE)


def _measured(folder: Path, now: Any) -> Mapping[str, Any]:
    database = Database(_url(folder))
    with open_sink(folder) as sink:
        used = _spent(lambda: dict(zip(("promised", "mails"), _run(database, now, sink.url), strict=True)))
    if len(sink.kept) != used["mails"]:
        raise RuntimeError(f"{used['mails']} mails are said to have left, and {len(sink.kept)} arrived")
    database.close()
    return used


def read_list(folder: Path, rows: int) -> Mapping[str, Any]:
    """Take in a list of so many cooperatives, durably and all of it or nothing."""
    file = folder / "list.csv"
    file.write_text(list_of(rows), "utf-8")
    database = Database(f"sqlite:///{folder / 'list.sqlite3'}")
    migrate.upgrade(database.engine)
    with database.transaction() as session:
        open_cohort(session, code="LIST", start_on=LATER, by="benchmark", now=EVE, title="LIST")

    def take() -> dict[str, Any]:
        with database.transaction() as session:
            report = take_in(session, table=read_table(file), code="LIST", by="benchmark", now=EVE)
        return {"status": report.status, "stored": report.stored}

    used = _spent(take)
    database.close()
    return used


def _spent(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Do some work and return what it says, with its seconds and the most memory that its process held."""
    cpu, wall = cpu_seconds(), time.perf_counter()
    said = work()
    return said | {"wall": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu, "peak": peak_bytes()}


WORKS: Mapping[str, Callable[..., Mapping[str, Any]]] = {
    "enrol": enrol,
    "mail": mail,
    "idle": idle,
    "read_list": read_list,
}

if __name__ == "__main__":
    word, where, *figures = sys.argv[1:]
    speak(WORKS[word](Path(where), *(int(one) for one in figures)))
