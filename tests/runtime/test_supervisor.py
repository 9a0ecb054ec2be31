"""What keeps parts up: a dead one comes back, a hopeless one ends all with a sentence, and a stop leaves nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from runtime.parts import Pace

PACE = {"first": 0.1, "longest": 0.4, "quick": 60.0, "most": 3, "grace": 3.0}
LIVES = """
import os, pathlib, sys, time
with open(sys.argv[1] + "/lives", "a") as file: file.write(f"{os.getpid()}\\n")
time.sleep(60)
"""
FINISHES = """
import pathlib, signal, sys, time
told = []
signal.signal(signal.SIGTERM, lambda *_: told.append(1))
pathlib.Path(sys.argv[1], "up").touch()
while not told: time.sleep(0.01)
time.sleep(0.3)
pathlib.Path(sys.argv[1], "finished").touch()
"""
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1], "up").touch()
time.sleep(60)
"""
PARENT = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
with open(sys.argv[1] + "/children", "a") as file: file.write(f"{child.pid}\\n")
time.sleep(60)
"""


def until(condition: Callable[[], bool], seconds: float = 20) -> bool:
    """Tell whether something has come true in time."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and that nobody has buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def pids(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


@contextmanager
def keeper(folder: Path, pace: dict[str, float] = PACE, **scripts: str) -> Iterator[subprocess.Popen[str]]:
    """Start one that keeps these scripts up; whatever is left at the end is killed, and so is it."""
    command = [sys.executable, "-m", "tests.runtime.keeper", str(folder), json.dumps(scripts), json.dumps(pace)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()
        for pid in pids(folder / "lives") + pids(folder / "children"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def test_part_that_is_killed_comes_back(tmp_path: Path) -> None:
    with keeper(tmp_path, one=LIVES) as process:
        assert until(lambda: len(pids(tmp_path / "lives")) == 1)
        os.kill(pids(tmp_path / "lives")[0], signal.SIGKILL)
        assert until(lambda: len(pids(tmp_path / "lives")) == 2)
        assert process.poll() is None
        process.terminate()
        assert process.wait(10) == 0
    assert [pid for pid in pids(tmp_path / "lives") if is_alive(pid)] == []


@pytest.mark.slow
def test_part_that_keeps_ending_ends_all_with_a_sentence(tmp_path: Path) -> None:
    with keeper(tmp_path, good=LIVES, bad="print('no port'); raise SystemExit(7)") as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert said.splitlines()[-1] == (
        f"bad ended 3 times in a row soon after its start (exit code 7): what it wrote ({tmp_path}/bad.log) says why; "
        "mend it, then run `mourafaka serve` again."
    )
    assert (tmp_path / "bad.log").read_text() == "no port\n" * 3
    assert [pid for pid in pids(tmp_path / "lives") if is_alive(pid)] == []


@pytest.mark.slow
def test_part_that_lived_long_is_tried_for_ever(tmp_path: Path) -> None:
    short = "import sys, time\nopen(sys.argv[1] + '/lives', 'a').write('1\\n')\ntime.sleep(0.2)"
    with keeper(tmp_path, {**PACE, "quick": 0.1}, one=short) as process:
        assert until(lambda: (tmp_path / "lives").exists() and len((tmp_path / "lives").read_text().split()) > 3)
        assert process.poll() is None
        (tmp_path / "lives").unlink()


@pytest.mark.slow
def test_stop_lets_a_part_finish(tmp_path: Path) -> None:
    with keeper(tmp_path, one=FINISHES) as process:
        assert until((tmp_path / "up").exists)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert (tmp_path / "finished").exists()


@pytest.mark.slow
def test_stop_kills_what_takes_too_long(tmp_path: Path) -> None:
    with keeper(tmp_path, one=STUBBORN) as process:
        assert until((tmp_path / "up").exists)
        began = time.monotonic()
        process.terminate()
        assert process.wait(20) == 0
        assert time.monotonic() - began >= PACE["grace"]


@pytest.mark.slow
def test_second_signal_kills_at_once(tmp_path: Path) -> None:
    with keeper(tmp_path, {**PACE, "grace": 60}, one=STUBBORN) as process:
        assert until((tmp_path / "up").exists)
        process.terminate()
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0


@pytest.mark.slow
def test_children_of_a_killed_part_end_before_it_comes_back(tmp_path: Path) -> None:
    with keeper(tmp_path, one=PARENT) as process:
        children = tmp_path / "children"
        assert until(lambda: len(pids(children)) == 1)
        [first] = pids(children)
        leader = int(Path(f"/proc/{first}/stat").read_text().rpartition(")")[2].split()[1])
        os.kill(leader, signal.SIGKILL)
        assert until(lambda: len(pids(children)) == 2)
        assert not is_alive(first)
        process.terminate()
        assert process.wait(10) == 0
    assert not any(map(is_alive, pids(children)))


@pytest.mark.slow
def test_parts_of_a_killed_keeper_end_by_themselves(tmp_path: Path) -> None:
    with keeper(tmp_path, one=LIVES, two=PARENT, three=STUBBORN) as process:
        assert until((tmp_path / "up").exists)
        assert until(lambda: len(pids(tmp_path / "lives") + pids(tmp_path / "children")) == 2)
        process.kill()
        process.wait()
        everybody = pids(tmp_path / "lives") + pids(tmp_path / "children")
        assert until(lambda: not any(map(is_alive, everybody)))


@pytest.mark.parametrize(("deaths", "seconds"), [(1, 1), (2, 2), (3, 4), (4, 8), (9, 30)])
def test_wait_is_doubled_up_to_half_a_minute(deaths: int, seconds: float) -> None:
    assert Pace().wait(deaths) == seconds
