"""kill -9 in the middle of a day's work, again and again: nothing is lost, only a doubtful message comes twice."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import databases
from tests.faults import day_runner
from tests.faults.killing_days import calm_days, stormy_days

pytestmark = pytest.mark.slow

KILLS_A_DAY, ENOUGH = (2, 3) if databases.IS_POSTGRESQL else (4, 6)
"""How often a day is killed at most, and how often all of them together, for the test to say anything."""


@pytest.fixture
def urls(tmp_path: Path) -> Iterator[list[str]]:
    """The addresses of two empty databases."""
    made = [databases.empty(tmp_path / f"{name}.sqlite3") for name in ("calm", "storm")]
    yield made
    for url in made:
        databases.drop(url)


@pytest.mark.database
def test_a_day_killed_anywhere_loses_and_doubles_nothing(tmp_path: Path, urls: list[str]) -> None:
    calm, seconds = calm_days(urls[0], tmp_path / "calm.log")
    stormy = stormy_days(urls[1], tmp_path / "storm.log", seconds, random.Random(20270104), KILLS_A_DAY)
    assert stormy.kills >= ENOUGH
    assert stormy.hash == calm.hash
    assert set(stormy.record) == set(calm.record)
    assert set(calm.record.values()) == {1}
    # Only a message that had left without its answer being written may come again, once, at each kill.
    assert sum(stormy.record.values()) - len(stormy.record) <= stormy.kills
    assert max(stormy.record.values()) <= 2
    assert stormy.doubts * 2 <= stormy.kills


def test_the_record_is_written_before_the_answer(tmp_path: Path) -> None:
    recorder = day_runner.Recorder(tmp_path / "record")
    assert recorder.send("a@b.example", b"X-Mourafaka-Key: k\r\n\r\nbody").verdict == "accepted"
    assert (tmp_path / "record").read_text() == "k\ta@b.example\n"
