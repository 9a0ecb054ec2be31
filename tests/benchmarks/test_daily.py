"""The benchmark of the daily tick measures what it says: so many are due each day, and each is told once, durably."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from sqlmodel import Session, col, func, select

from benchmarks.baselines import sqlmodel_scan
from benchmarks.baselines.durable import durable_engine
from benchmarks.daily import ours, overhead
from benchmarks.daily.country import FILE, days_from
from benchmarks.daily.measure import Run, days_of, measured
from benchmarks.daily.overhead import Overhead
from benchmarks.daily.report import flatness, panels, slopes, told
from models import Notice, Passage, Step
from models.session import Database

FEW = Run("sqlmodel", 1_000, 100, (0.010, 0.012, 0.014), (0.01, 0.01, 0.01), 50_000_000, 400_000)
MANY = Run("sqlmodel", 10_000, 200, (0.110, 0.112, 0.124), (0.1, 0.1, 0.1), 100_000_000, 4_000_000)


def test_scanning_tick_tells_those_who_are_due_and_plans_what_follows(tmp_path: Path) -> None:
    sqlmodel_scan.prepare(50, 5, 3, tmp_path)
    assert [sqlmodel_scan.tick(tmp_path, day) for day in (0, 0, 1, 2, 3)] == [5, 0, 5, 5, 0]
    assert [sqlmodel_scan.tick(tmp_path, day) for day in (7, 8, 9, 10)] == [5, 5, 5, 5]
    with Session(durable_engine(tmp_path / sqlmodel_scan.FILE)) as session:
        kind = sqlmodel_scan.Notice.kind
        counted = dict(session.exec(select(kind, func.count()).group_by(kind)).all())
    assert counted == {"R": 15, "D": 15, "X": 5}


def test_tick_of_the_engine_tells_those_who_are_due_once_and_plans_what_follows(tmp_path: Path) -> None:
    ours.prepare(50, 5, 3, tmp_path)
    assert [ours.tick(tmp_path, day) for day in (0, 0, 1, 2)] == [5, 0, 5, 5]
    database = Database(f"sqlite:///{tmp_path / FILE}")
    with database.reading() as session:
        notices = session.exec(select(Notice.kind, Notice.channel, Notice.status, Notice.language)).all()
        waiting = session.exec(select(Step.remind_on).where(col(Step.remind_on) <= days_from(2)[-1])).all()
        steps = session.exec(select(Step).order_by(col(Step.id)).limit(1)).all()
        passages = session.exec(select(Passage.entered_on, Passage.completed_on).distinct()).all()
    database.close()
    assert {(kind, channel, status) for kind, channel, status, _ in notices} == {("step_reminder", "email", "pending")}
    assert Counter(language for *_, language in notices) == {"fr": 8, "ar": 7}
    assert (waiting, steps[0].remind_on, steps[0].due_on) == ([], date(2027, 2, 15), date(2027, 2, 15))
    assert all(entered is not None and completed is None for entered, completed in passages)


def test_overhead_is_told_in_parts_of_the_engines_own_work() -> None:
    found = Overhead(10_000, sent=True, engine=1.0, client=0.25, server=0.25, idle=0.125)
    assert found.share == 0.5
    told_last = overhead.told([found]).splitlines()[-1]
    cells = [cell.strip() for cell in told_last.strip("|").split("|")]
    assert cells == ["10,000", "morning and sending", "1.00", "0.250", "0.250", "50.0%", "0.125"]


def test_measuring_leaves_the_warm_up_out(tmp_path: Path) -> None:
    run = measured("sqlmodel", 35, 5, tmp_path)
    assert (run.e, run.d, len(run.walls), len(run.cpus)) == (35, 5, 6, 6)
    assert run.kept > 0
    assert list(tmp_path.iterdir()) == []


def test_days_are_as_many_as_have_others_due() -> None:
    assert [days_of(1_000, 100), days_of(60_000, 10_500)] == [7, 5]
    with pytest.raises(ValueError, match="too few"):
        days_of(100, 100)


def test_report_says_flatness_and_slope() -> None:
    (said,) = flatness([FEW, MANY])
    assert said.endswith(
        "10,000 enrolled instead of 1,000, a tick takes 9.33 times as long, and 2.00 times the memory."
    )
    assert slopes([FEW, MANY]) == ["SQLModel, scanning: one more due costs 1,000 µs (100 to 200 due)."]
    assert len(told([FEW, MANY]).splitlines()) == 4
    assert [panel.across for panel in panels([FEW, MANY], [])] == ["enrolled", "enrolled"]
