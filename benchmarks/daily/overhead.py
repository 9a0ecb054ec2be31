"""What Prefect costs beside a day's own work, in processor seconds.

A day is what `mourafaka run-day` does: the morning, which writes a notice for each who is due, and (where it is asked
for) the sending, until a mail server has accepted the last one. The engine's part is what it takes without Prefect: to
ask what is due, and what tasks do, with the processes that send for one. All the rest of the flows' own process counts
as Prefect's client, also what is asked once more there, or to be shown; all that the server spends from the first day
to the last, and until it has written that down, as Prefect's server, but for what it spends in as long a time when
nobody asks it for anything: it looks into its own queues four times a second, on any day.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from functools import wraps
from pathlib import Path
from statistics import median
from typing import Any

from actions import morning as whole
from benchmarks.daily import ours
from benchmarks.daily.country import FILE, days_from
from benchmarks.markdown import figure, table
from benchmarks.notices.sink import Sink, open_sink
from benchmarks.processes import cpu_seconds, speak, spoken
from models.session import Database
from programme.civil import instant_of
from runtime import house
from runtime.clock import Clock
from runtime.settings import Settings

THIS = "benchmarks.daily.overhead"
DAYS = 6
"""The measured days, after one that warms up: in ten working days nobody is due a second time."""
SETTLES_SECONDS = 6
"""Until a server has written down what it was told by the way: it does so every five seconds."""
IDLE_SECONDS = 15


@dataclass(frozen=True)
class Overhead:
    """Processor seconds of one day with so many due: the engine's own, then what Prefect's client and server spend."""

    due: int
    sent: bool
    engine: float
    client: float
    server: float
    idle: float

    @property
    def share(self) -> float:
        """Return what Prefect adds in parts of the engine's own work; what its server spends anyway is not added."""
        return (self.client + self.server) / self.engine


def measured(due: int, folder: Path | None = None) -> list[Overhead]:
    """Measure a day in which all of a cohort are due, in processes of their own: its morning, then with its mails."""
    return [_measured(due, sent=sent, folder=folder) for sent in (False, True)]


def _measured(due: int, *, sent: bool, folder: Path | None) -> Overhead:
    with tempfile.TemporaryDirectory(dir=folder) as made:
        return Overhead(due, sent, **spoken(THIS, due, int(sent), made))


def told(some: list[Overhead]) -> str:
    """Return them as a table."""
    seconds = ("engine", "Prefect's client", "Prefect's server")
    titles = ("due", "of the day", *(f"{one}, CPU s" for one in seconds), "to engine", "the server idle, CPU s")
    return table(titles, [_row(one) for one in some])


def _row(one: Overhead) -> list[str]:
    part = "morning and sending" if one.sent else "morning"
    figures = (one.engine, one.client, one.server)
    return [f"{one.due:,}", part, *map(figure, figures), f"{one.share:.1%}", figure(one.idle)]


def document(some: list[Overhead]) -> list[dict[str, object]]:
    """Return them for a file."""
    return [{**asdict(one), "share": one.share} for one in some]


def _child(due: int, sent: bool, folder: Path) -> None:
    days = days_from(DAYS)
    ours.prepare(len(days) * due, due, len(days), folder)
    os.environ["PREFECT_HOME"] = str(folder / "prefect")
    with open_sink(folder) as sink:
        settings = Settings(data_dir=folder, smtp_url=sink.url, _env_file=None)
        here = house.House(settings, Clock(), Database(f"sqlite:///{folder / FILE}"), breaker=False)
        found = _through_prefect(house.use(here), sink, days, sent=sent)
    if sent and len(set(sink.kept)) != len(days) * due:
        raise RuntimeError(f"{len(set(sink.kept))} mails arrived of {len(days) * due}")
    speak(found)


def _through_prefect(here: house.House, sink: Sink, days: list[date], *, sent: bool) -> dict[str, float]:
    """Live days by the flows, the first to warm up; return the median of what one took."""
    from flows import delivery, morning, pieces  # noqa: PLC0415 - not before Prefect's home is set
    from flows.server import prefect_server  # noqa: PLC0415 - as above

    work = Work()
    tasks: list[Any] = [pieces.conclude, pieces.propose, pieces.announce, pieces.look, pieces.remind, delivery.empty]
    for task in tasks:
        task.fn = work.counted(task.fn)
    asking: Any = morning  # it has this question by importing it
    asking.cohorts_due = work.counted(asking.cohorts_due)
    whole.what_is_due = work.counted(whole.what_is_due)
    with prefect_server(here.settings.data_dir / "prefect"):
        _live(days[0], work, sent=sent)
        time.sleep(SETTLES_SECONDS)
        begun, began = _of_children(sink), time.perf_counter()
        spent = [_live(day, work, sent=sent) for day in days[1:]]
        time.sleep(SETTLES_SECONDS)
        settled, wall = _of_children(sink), time.perf_counter() - began
        time.sleep(IDLE_SECONDS)
        idly = (_of_children(sink) - settled) * wall / IDLE_SECONDS
    own, rest = (median(some) for some in zip(*spent, strict=True))
    return {"engine": own, "client": rest, "server": (settled - begun - idly) / DAYS, "idle": idly / DAYS}


@dataclass
class Work:
    """Processor seconds that this process spends in the engine's own work, so far."""

    seconds: float = 0.0

    def counted(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same work, which counts."""

        @wraps(work)
        def count(*given: Any, **named: Any) -> Any:
            before = cpu_seconds()
            try:
                return work(*given, **named)
            finally:
                self.seconds += cpu_seconds() - before

        return count


def _live(day: date, work: Work, *, sent: bool) -> tuple[float, float]:
    """Live a day; return the seconds of the engine, with the processes that send for it, and those of all the rest."""
    from flows.run_day import run_delivery, run_mornings  # noqa: PLC0415 - as above

    now = instant_of(day, ours.SENDING if sent else ours.MORNING)
    house.current().clock.move_to(now)
    before, work.seconds = (cpu_seconds(), _of_children_ended()), 0.0
    failures = run_mornings(now).failures
    if failures:
        raise RuntimeError(f"the morning of the benchmark fails: {failures[0]}")
    if sent:
        run_delivery(now)
    return work.seconds + _of_children_ended() - before[1], cpu_seconds() - before[0] - work.seconds


def _of_children(sink: Sink) -> float:
    """Return the processor seconds so far of this process's children that run, but for the sink."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:  # it has ended meanwhile
            continue
        if int(fields[1]) == os.getpid() and int(stat.parent.name) != sink.pid:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _of_children_ended() -> float:
    used = os.times()
    return used.children_user + used.children_system


if __name__ == "__main__":
    _child(int(sys.argv[1]), sys.argv[2] == "1", Path(sys.argv[3]))
