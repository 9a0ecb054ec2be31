"""One life from beginning to end, in a process of its own: what came of it, for others to compare."""

from __future__ import annotations

import gc
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sqlmodel import col, select

from actions.backup import back_up, store_of
from actions.restore import restore
from actions.state import business_state
from models import Decision, Enrolment, Evaluation, History, Notice, Passage
from models.session import Database
from notifications import holds, ledger
from programme.calendar import Calendar
from programme.civil import instant_of
from programme.definition_file import read_definition, shipped_text
from programme.planning import end_of
from runtime.clock import Clock
from simulation.years import AFTERMATH, people_the_cohort
from tests import databases, postgres
from tests.chaos.life import HOLDER, MORNING, NIGHT, Diary, Life, Window, house_of
from tests.chaos.office import Arrival, Doors, No
from tests.chaos.storm import Storm
from tests.world import CODE, NOW, START, open_world

WITHOUT_EMAIL = (3, 8)
COPY = "evening.copy"


class Row(NamedTuple):
    """A notice as the ledger has it in the end, with what only the outbox knows."""

    key: str
    kind: str
    channel: str
    recipient: str
    address: str | None
    status: str
    reason: str
    message_id: str | None
    doubts: int
    attempts: int
    said: date | None
    about: str | None
    told_in: str | None
    send_at: datetime
    promised_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    identity: str


@dataclass(frozen=True)
class Lived:
    """A life, told by its database, by the mail server's own record, and by its diary."""

    storm: Storm
    ended_at: datetime
    ledger: Mapping[str, Row]
    hash: str
    state: Mapping[str, Any]
    history: list[tuple[int, datetime]]
    effects: list[tuple[str, date | datetime | None, date | datetime | None]]
    arrivals: list[Arrival]
    at_wrong_doors: int
    said_no: list[No]
    is_held: bool
    diary: Diary


def prepare(url: str, cooperatives: int, folder: Path) -> None:
    """Fill an empty database with a cohort that is enrolled, and has a staff."""
    database = Database(url, durable=False)
    open_world(database, cooperatives=cooperatives, without_email=WITHOUT_EMAIL, coaches=-(-cooperatives // 6))
    database.close()
    house = house_of(url, Clock(NOW), folder)
    people_the_cohort(house, CODE, by=HOLDER)
    house.database.close()


def lived(storm: Storm, cooperatives: int) -> Lived:
    """Live from the enrolment to the last day of a storm, and the calm days after it; return what came of it."""
    be_quiet()
    with server_of_its_own() as may_crash, TemporaryDirectory(prefix="mourafaka-chaos-") as made:
        folder, clock = Path(made), Clock(NOW)
        url = databases.empty(folder / "chaos.sqlite3")
        prepare(url, cooperatives, folder)
        gc.disable()  # a short-lived process: it costs a tenth, and collects what nobody misses
        with Doors(folder, clock.now) as doors:
            life = Life(url, storm, doors, clock, folder, may_crash=may_crash)
            _live(life, storm, folder)
            gc.enable()
            found = _found(life, storm, doors)
            life.close()
        if not may_crash:  # the server goes, and all with it
            databases.drop(url)
        return found


def be_quiet() -> None:
    """Have the mail servers not tell on standard error that clients hang up on them: that is what is tried."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", message="Requiring AUTH")


CALM_DAYS = timedelta(days=7)
"""Days after the storm, for what it left unsettled."""


def _live(life: Life, storm: Storm, folder: Path) -> None:
    day = storm.first
    while day <= storm.last:
        if not storm.is_down(day):
            _restored(life, day, folder)
            life.day(day)
            _copied(life, day, folder)
        day += timedelta(days=1)
    life.storm = replace(storm, kinds=())
    while day <= storm.last + CALM_DAYS:
        life.day(day)
        day += timedelta(days=1)


def _copied(life: Life, day: date, folder: Path) -> None:
    """Copy the database in the evening of its day."""
    days = life.storm.restored()
    if days is not None and day == days[0]:
        life.clock.move_to(instant_of(day, NIGHT))
        back_up(store_of(life.url, databases.tools()), folder / COPY, now=life.clock.now())
        life.diary.lost.append(Window(life.clock.now(), instant_of(days[1], MORNING)))


def _restored(life: Life, day: date, folder: Path) -> None:
    """Bring the copy back on the morning of its day: what came after it is gone, and nothing may leave."""
    days = life.storm.restored()
    if days is None or day != days[1]:
        return
    now = instant_of(day, MORNING)
    life.clock.move_to(now)
    life.close()
    done = restore(
        store_of(life.url, databases.tools()), folder / COPY, by=HOLDER, now=now, replace=True, settle_until=now
    )
    if databases.IS_POSTGRESQL and done.kept and not life.may_crash:  # else it goes with the server
        databases.drop(life.beside(done.kept))
    life.open()
    life.diary.blows["restore"] += 1
    life.diary.held.append(Window(now))


def _found(life: Life, storm: Storm, doors: Doors) -> Lived:
    with life.database.reading() as session:
        notices = session.exec(select(Notice).order_by(Notice.key)).all()
        keys = {one.id: one.key for one in notices}
        state = business_state(session)
        history = session.exec(select(History.id, History.at).order_by(col(History.id))).all()
        return Lived(
            storm,
            life.clock.now(),
            {one.key: _row(one, keys) for one in notices},
            ledger.ledger_hash(notices),
            {one["code"]: one for cohort in state["cohorts"] for one in cohort["enrolments"]},
            [(one or 0, at) for one, at in history],
            _effects(session),
            list(doors.true.kept),
            sum(len(office.kept) for office in doors.all[1:]),
            doors.true.said_no,
            holds.is_open(session),
            life.diary,
        )


def _row(notice: Notice, keys: Mapping[int | None, str]) -> Row:
    told = ledger.row(notice)
    about = next((str(notice.facts[name]) for name in ("on", "due_on") if notice.facts.get(name)), None)
    return Row(
        notice.key,
        notice.kind,
        notice.channel,
        notice.recipient,
        notice.address,
        notice.status,
        notice.reason,
        notice.message_id,
        notice.doubts,
        notice.attempts,
        None if told["sent_on"] is None else date.fromisoformat(told["sent_on"]),
        about,
        keys.get(notice.digest_id),
        notice.send_at,
        notice.promised_at,
        notice.sent_at,
        notice.settled_at,
        "|".join(str(told[name]) for name in ledger.HASHED),
    )


def _effects(session: Any) -> list[tuple[str, date | datetime | None, date | datetime | None]]:
    """Return pairs of a cause and what followed from it, with the day or the instant of each."""
    proposed = session.exec(select(Decision, Evaluation.on).join(Evaluation)).all()
    passages = session.exec(select(Passage).where(col(Passage.completed_on).is_not(None))).all()
    evaluated = session.exec(select(Evaluation).where(col(Evaluation.proposed_on).is_not(None))).all()
    ended = session.exec(select(Enrolment).where(col(Enrolment.ended_on).is_not(None))).all()
    return [
        *((f"evaluated, proposed {one.checkpoint}", on, one.proposed_on) for one, on in proposed),
        *((f"evaluated, taken up {one.checkpoint}", one.on, one.proposed_on) for one in evaluated),
        *((f"proposed, decided {one.checkpoint}", one.proposed_on, one.decided_on) for one, _ in proposed),
        *((f"decided, announced {one.checkpoint}", one.decided_on, one.announced_on) for one, _ in proposed),
        *((f"entered, completed {one.stage}", one.entered_on, one.completed_on) for one in passages),
        *((f"started, ended {one.code}", one.start_on, one.ended_on) for one in ended),
    ]


def first_and_last(weeks: int | None = None) -> tuple[date, date]:
    """Return the days between which a cohort is lived: its two years and the weeks after, or so many weeks."""
    first = NOW.date()
    if weeks is not None:
        return first, first + timedelta(weeks=weeks)
    return first, end_of(read_definition(shipped_text()), START, Calendar()) + AFTERMATH


@contextmanager
def server_of_its_own() -> Iterator[bool]:
    """Start a PostgreSQL for this process alone where the campaign runs on it: only such a one may be crashed."""
    if not databases.IS_POSTGRESQL or os.environ.get(postgres.SERVER):
        yield False
        return
    postgres.start()
    try:
        yield True
    finally:
        postgres.stop()
