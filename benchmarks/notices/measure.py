"""Runs every way of sending on the same mails, again and again and by turns, and counts seconds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from benchmarks.notices import baselines, ours
from benchmarks.notices.places import Place
from benchmarks.notices.scenario import Letter, letters
from benchmarks.notices.sink import open_sink

OURS, EMAILS, SMTPLIB = "mourafaka", "jinja2 + emails", "jinja2 + smtplib"
Baseline = Callable[[Sequence[Letter], int], int]
BASELINES: dict[str, Baseline] = {EMAILS: baselines.with_emails, SMTPLIB: baselines.with_smtplib}


@dataclass(frozen=True)
class Run:
    """One way of sending, measured once: seconds on the wall and of its own processor time, in all and by phase."""

    way: str
    mails: int
    wall: float
    cpu: float
    phases: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def a_second(self) -> float:
        """Return how many mails that is a second."""
        return self.mails / self.wall


def named(connections: int) -> str:
    """Return the name of our own way with so many connections."""
    return OURS if connections == 1 else f"{OURS}, {connections} connections"


def named_together(processes: int) -> str:
    """Return the name of our own way with so many processes, each with its usual connections."""
    return f"{OURS}, {processes} processes"


def rounds(
    place: Place,
    folder: Path,
    *,
    repeats: int,
    connections: Sequence[int],
    processes: Sequence[int] = (),
    away: float = 0,
) -> Iterator[list[Run]]:
    """Yield one round of runs after the other; the first one warms up and is not to be counted.

    Each round begins with another way, so that what the machine does beside falls on each alike.
    """
    ways: list[Callable[[], Run]] = [partial(_ours, place, folder, away, count) for count in connections]
    ways += [partial(_together, place, folder, away, count) for count in processes]
    ways += [partial(_baseline, place, folder, away, way) for way in BASELINES]
    for number in range(repeats + 1):
        first = number % len(ways)
        yield [measure() for measure in ways[first:] + ways[:first]]


def _ours(place: Place, folder: Path, away: float, connections: int) -> Run:
    send = partial(ours.send, connections=connections)
    return _sent(place, folder, away, named(connections), send)


def _together(place: Place, folder: Path, away: float, processes: int) -> Run:
    send = partial(ours.send_together, processes=processes)
    return _sent(place, folder, away, named_together(processes), send)


def _sent(place: Place, folder: Path, away: float, way: str, send: Callable[..., int]) -> Run:
    database, spent = ours.TimedDatabase(place.fresh()), ours.Spent()
    ours.promise(database, spent)
    expected = {letter.message_id for letter in letters(database)}
    with open_sink(folder, away) as sink:
        accepted = send(database, sink.url, spent)
    database.close()
    _reconcile(way, accepted, expected, sink.kept)
    phases = {phase: (spent.wall[phase], spent.cpu[phase]) for phase in ours.PHASES}
    return Run(way, accepted, sum(spent.wall.values()), sum(spent.cpu.values()), phases)


def _baseline(place: Place, folder: Path, away: float, way: str) -> Run:
    database = ours.TimedDatabase(place.fresh(), durable=False)
    ours.promise(database, ours.Spent())
    given = letters(database)
    database.close()
    with open_sink(folder, away) as sink:
        wall, cpu = time.perf_counter(), time.process_time()
        accepted = BASELINES[way](given, sink.port)
        spent = time.perf_counter() - wall, time.process_time() - cpu
    _reconcile(way, accepted, {letter.message_id for letter in given}, sink.kept)
    return Run(way, accepted, *spent)


def _reconcile(way: str, accepted: int, expected: set[str], kept: Sequence[str]) -> None:
    """See that the sink has each mail once, whatever the speed."""
    if not accepted == len(expected) == len(kept) or set(kept) != expected:
        raise RuntimeError(f"{way}: {len(expected)} mails were due, {accepted} accepted, {len(kept)} arrived")
