"""The benchmark of notices measures what it says: everything promised leaves, once, whichever way it is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from benchmarks.notices import baselines, ours
from benchmarks.notices.measure import EMAILS, Run
from benchmarks.notices.picture import picture
from benchmarks.notices.places import File
from benchmarks.notices.report import summary
from benchmarks.notices.scenario import Letter, letters
from benchmarks.notices.sink import Sink, open_sink
from models import Notice, NoticeBody

ROOT = Path(__file__).resolve().parents[2]
COOPERATIVES = 8
MAILS = {"meeting": COOPERATIVES, "step_reminder": COOPERATIVES}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> File:
    made = File(tmp_path_factory.mktemp("benchmark"))
    made.prepare(2 * COOPERATIVES)
    return made


@pytest.fixture
def database(place: File) -> Iterator[ours.TimedDatabase]:
    opened = ours.TimedDatabase(place.fresh())
    ours.promise(opened, ours.Spent())
    yield opened
    opened.close()


def to_cooperatives(given: list[Letter]) -> Counter[str]:
    return Counter(letter.kind for letter in given if not letter.kind.endswith("_digest"))


def test_morning_promises_two_mails_a_cooperative_and_the_messages_of_the_day(database: ours.TimedDatabase) -> None:
    given = letters(database)
    assert to_cooperatives(given) == MAILS
    assert Counter(letter.language for letter in given if letter.kind == "meeting") == {"ar": 4, "fr": 4}
    assert {letter.kind for letter in given} - set(MAILS) == {"coach_digest", "coordinator_digest"}


@pytest.mark.parametrize("connections", [1, 3])
def test_ours_sends_and_settles_each_mail_once(database: ours.TimedDatabase, tmp_path: Path, connections: int) -> None:
    expected, spent = {letter.message_id for letter in letters(database)}, ours.Spent()
    with open_sink(tmp_path) as sink:
        assert ours.send(database, sink.url, spent, connections) == len(expected)
    assert Counter(sink.kept) == Counter(expected)
    with database.reading() as session:
        today = session.exec(select(Notice).where(col(Notice.message_id).in_(expected))).all()
        assert {notice.status for notice in today} == {"sent"}
        assert session.exec(select(NoticeBody)).all() == []
    assert min(spent.wall["claim"], spent.wall["compose"], spent.wall["settle"]) > 0


def test_two_processes_send_and_settle_each_mail_once(tmp_path: Path) -> None:
    command = ["--mails", "16", "--repeats", "1", "--connections", "1", "--processes", "2", "--json"]
    told = tmp_path / "figures.json"
    # In a process of its own, as it is run: a process with threads may not fork.
    subprocess.run([sys.executable, "-m", "benchmarks.notices", *command, str(told)], check=True, cwd=ROOT)
    ways = json.loads(told.read_text("utf-8"))["ways"]
    assert ways["mourafaka, 2 processes"]["mails"] == ways[EMAILS]["mails"] > 2 * COOPERATIVES
    assert ways["mourafaka, 2 processes"]["phases_ms"]["rest"]["cpu"] > 0


def sent_by(way: str, given: list[Letter], sink: Sink) -> int:
    return {"emails": baselines.with_emails, "smtplib": baselines.with_smtplib}[way](given, sink.port)


@pytest.mark.parametrize("way", ["emails", "smtplib"])
def test_baseline_sends_the_same_mails(database: ours.TimedDatabase, tmp_path: Path, way: str) -> None:
    given = letters(database)
    with open_sink(tmp_path) as sink:
        assert sent_by(way, given, sink) == len(given)
    assert sink.kept == [letter.message_id for letter in given]


def test_summary_compares_medians_with_the_first_baseline() -> None:
    ours_phases = {"promise": (0.5, 0.4), "send": (1.5, 0.6)}
    runs = [Run("ours", 100, seconds, 1.0, ours_phases) for seconds in (2.0, 4.0, 1.0)]
    runs += [Run(EMAILS, 100, 5.0, 4.0)]
    told = summary(runs)
    assert told["ours"]["a_second"] == {"median": 50, "lowest": 25, "highest": 100}
    assert (told["ours"]["to_first_baseline"], told["ours"]["to_first_baseline_cpu"]) == (2.5, 4.0)
    assert told["ours"]["phases_ms"]["send"] == {"wall": 15.0, "cpu": 6.0}
    assert told[EMAILS]["to_first_baseline"] == 1.0


def test_picture_has_a_bar_for_each_phase_and_one_for_a_baseline() -> None:
    phases = {"promise": (0.5, 0.4), "send": (1.5, 0.6)}
    drawn = picture(summary([Run("ours", 100, 2.0, 1.0, phases), Run(EMAILS, 100, 5.0, 4.0)]), "on <this> machine")
    assert drawn.count('height="30"') == 3
    assert "20.00 ms · 50 a second" in drawn
    assert "50.00 ms · 20 a second" in drawn
    assert "on &lt;this&gt; machine" in drawn
