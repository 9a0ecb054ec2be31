"""The crash run: W(N) killed in the middle, and the reckoning finds whatever is lost or done twice."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from benchmarks.workload.crash import MAILS, OPERATIONS, Run, crash
from benchmarks.workload.journal import Clerk, keep_journal, read_lines
from benchmarks.workload.oracle import Operation
from benchmarks.workload.ours import FILE, Years, at
from benchmarks.workload.reckoning import Account, reckon, told
from benchmarks.workload.resumed import Resumed
from models.session import Database

N, SEED, KILLS = 2, 1, 5
NOTHING = Account(0, [], [], [], 0, [], [], [], [], [])


def journalled(folder: Path) -> Database:
    database = Database(f"sqlite:///{folder / FILE}")
    SQLModel.metadata.create_all(database.engine)
    with database.transaction() as session:
        keep_journal(session)
    return database


@pytest.mark.slow
def test_nothing_is_lost_or_done_twice_by_an_engine_that_is_killed(tmp_path: Path) -> None:
    run = crash(N, SEED, KILLS, tmp_path)
    account = reckon(N, SEED, tmp_path)
    assert run.kills.total() == KILLS
    assert run.starts == KILLS + 1
    assert account.is_right, told(run, account)
    assert account.operations == len(list(read_lines(tmp_path / OPERATIONS))) > 200
    assert account.mails > 80
    _finds_what_is_forged(tmp_path)


def _finds_what_is_forged(folder: Path) -> None:
    """Take lines out of the files and write others twice: each is found, and named."""
    lines = (folder / OPERATIONS).read_text().splitlines(keepends=True)
    (folder / OPERATIONS).write_text("".join([*lines[1:], lines[-1], "0000000 001 R 700\n"]))
    mails = (folder / MAILS).read_text().splitlines(keepends=True)
    (folder / MAILS).write_text("".join([*mails[:-2], mails[0], mails[0], "<a@b> 00\n"]))
    account = reckon(N, SEED, folder)
    assert not account.is_right
    assert account.lost == [_operation(lines[0])]
    assert account.doubled == [_operation(lines[-1])]
    assert account.unknown == [Operation(0, 1, "R", 700)]
    assert len(account.mails_lost) >= 1
    assert len(account.mails_doubled) == 2
    assert "mails doubled" in told(Run(), account).partition("FAIL")[2]


def _operation(line: str) -> Operation:
    coop, k, kind, day = line.split()
    return Operation(int(coop), int(k), kind, int(day))


def test_line_is_written_for_what_is_committed_and_again_for_what_is_done_again(tmp_path: Path) -> None:
    database = journalled(tmp_path)
    Years(database, 1, SEED).enrol()
    close = text("UPDATE step SET status = 'done', done_on = :on WHERE key = 'diagnosis.k01'")
    with Clerk(database, tmp_path / OPERATIONS) as clerk:
        for _ in range(2):
            with database.transaction() as session:
                session.execute(close, {"on": date(2027, 1, 20).isoformat()})
        with suppress(InterruptedError), database.transaction() as session:
            session.execute(close, {"on": date(2027, 1, 21).isoformat()})
            raise InterruptedError
        clerk.look()
    database.close()
    assert list(read_lines(tmp_path / OPERATIONS)) == [Operation(0, 1, "C", 16)] * 2


def test_openings_are_noted_on_their_day_and_not_after_the_end(tmp_path: Path) -> None:
    database = journalled(tmp_path)
    Years(database, 2, SEED).enrol()
    with Clerk(database, tmp_path / OPERATIONS) as clerk:
        clerk.begins(11)
        with database.transaction() as session:
            session.execute(text("UPDATE enrolment SET outcome = 'exit', ended_on = '2027-01-23' WHERE rank = 2"))
        clerk.begins(29)
    database.close()
    assert list(read_lines(tmp_path / OPERATIONS)) == [
        Operation(0, 1, "O", 11),
        Operation(1, 1, "O", 11),
        Operation(0, 2, "O", 29),
    ]


def test_engine_that_starts_again_reads_from_the_rows_what_is_left(tmp_path: Path) -> None:
    database = journalled(tmp_path)
    years = Years(database, 4, SEED)
    years.enrol()
    for day in range(60):
        years.live(day)
    again = Resumed(tmp_path, 4, SEED, since=at(60, time(6)), smtp_url="smtp://127.0.0.1:9", say=lambda *_: None)
    again.enrol()
    assert list(again.living) == list(years.living)
    assert _closings(again) == _closings(years) != []
    again.database.close()
    database.close()


def _closings(years: Years) -> list[tuple[int, int, str]]:
    """Return what the coaches of those who are still there will close, day by day."""
    listed = [(day, coop, key) for day, those in years.closings.items() for coop, key in those]
    return sorted(one for one in listed if one[1] in years.living)


def test_account_of_nothing_wrong_says_so() -> None:
    assert NOTHING.is_right
    assert "FAIL" not in told(Run(), NOTHING)
