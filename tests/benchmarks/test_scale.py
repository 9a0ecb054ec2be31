"""The benchmark at size does what it says: all are enrolled, what is due leaves, and an idle run is idle."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.scale import work
from benchmarks.scale.__main__ import Bound

ENROLLED, DUE = 9, 8


def test_mails_of_some_leave_among_all_and_then_nothing_is_due(tmp_path: Path) -> None:
    assert work.enrol(tmp_path, ENROLLED, DUE) == {"enrolled": ENROLLED}
    mail = work.mail(tmp_path)
    assert mail["mails"] >= DUE
    assert mail["promised"] >= DUE
    idle = work.idle(tmp_path)
    assert (idle["promised"], idle["mails"]) == (0, 0)
    assert min(mail["wall"], mail["peak"], idle["cpu"] + 1) > 0


def test_list_is_taken_in_whole(tmp_path: Path) -> None:
    used = work.read_list(tmp_path, 20)
    assert (used["status"], used["stored"]) == ("accepted", 20)


@pytest.mark.parametrize(
    ("found", "cpu", "unit", "is_busy", "holds"),
    [
        (1.9, 1.0, "s", False, True),
        (2.1, 1.0, "s", False, False),
        (2.1, 1.0, "s", True, True),
        (9.0, 2.1, "s", True, False),
        (2.1, 1.0, "MiB", True, False),
    ],
)
def test_bound_holds_by_the_wall_or_on_a_busy_machine_by_the_processor(
    found: float, cpu: float, unit: str, is_busy: bool, holds: bool
) -> None:
    assert Bound("x", 2, found, unit, cpu, is_busy).holds is holds
