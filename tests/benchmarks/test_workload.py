"""The workload's totals are the ones that are written down, whoever computes them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.baselines import sqlmodel_loop
from benchmarks.curves import drawing
from benchmarks.workload import definition, oracle, ours, rules
from benchmarks.workload.chance import fmix32, u100
from benchmarks.workload.measure import measured, present
from benchmarks.workload.report import figures, panels, told, wrong
from benchmarks.workload.totals import Totals
from programme.definition_file import read_definition
from programme.scoring import default_questionnaire, score

N33 = Totals(
    opened=1_254,
    done=1_249,
    cancelled=5,
    evaluations=154,
    extra_steps=44,
    notices={"R": 981, "D": 340, "X": 262, "E": 154},
    outcomes={"exit": 5, "failed": 2, "graduated": 21, "reserve": 5},
    digest="63dafae1535ee4fb",
)
N33_SEED_2 = Totals(
    opened=1_328,
    done=1_320,
    cancelled=8,
    evaluations=162,
    extra_steps=38,
    notices={"R": 1_028, "D": 344, "X": 255, "E": 162},
    outcomes={"exit": 1, "graduated": 29, "reserve": 3},
    digest="3ec085f625c4ee74",
)
N330 = Totals(
    opened=12_858,
    done=12_808,
    cancelled=50,
    evaluations=1_569,
    extra_steps=468,
    notices={"R": 9_811, "D": 3_473, "X": 2_574, "E": 1_569},
    outcomes={"exit": 34, "failed": 9, "graduated": 227, "reserve": 60},
    digest="90e731826689de82",
)


def test_chance_is_the_known_mixing() -> None:
    assert [fmix32(h) for h in (0, 1, 0xFFFFFFFF)] == [0, 0x514E28B7, 0x81F16F39]
    assert {u100(1, coop, 2000) for coop in range(2_000)} == set(range(100))


@pytest.mark.parametrize(("n", "seed", "expected"), [(33, 1, N33), (33, 2, N33_SEED_2), (330, 1, N330)])
def test_oracle_arrives_at_the_written_totals(n: int, seed: int, expected: Totals) -> None:
    assert oracle.run(n, seed) == expected


def test_oracle_lists_every_operation_once() -> None:
    listed = list(oracle.operations(33, 1))
    assert len(listed) == len(set(listed)) == N33.operations == 4_240
    assert N33.advanced == 1_403


def test_sqlmodel_loop_arrives_at_the_same_totals(tmp_path: Path) -> None:
    assert sqlmodel_loop.run(33, 1, tmp_path).differences(N33) == []


@pytest.mark.parametrize(("seed", "expected"), [(1, N33), (2, N33_SEED_2)])
def test_engine_arrives_at_the_same_totals(seed: int, expected: Totals, tmp_path: Path) -> None:
    assert ours.run(33, seed, tmp_path).differences(expected) == []


def test_what_the_engine_says_comes_to_the_same_when_the_driver_alone_says_it(tmp_path: Path) -> None:
    run = measured("alone", 33, 1, tmp_path)
    assert (run.differences, list(tmp_path.iterdir())) == ([], [])
    assert run.kept > 33 * 50_000  # the engine's tables, with all that it records


def test_workload_is_a_definition_that_checks() -> None:
    programme = read_definition(definition.text())
    steps = [(k, definition.step_key(k)) for k, _ in rules.STEPS]
    assert [definition.number_of(key, 0) for _, key in steps] == [k for k, _ in steps]
    assert {key for _, key in steps} <= programme.by_key.keys()
    assert [definition.number_of("coaching.recovery-session-03", day) for day in (30, 60, 577, 607)] == [
        100,
        101,
        106,
        107,
    ]


@pytest.mark.parametrize("points", range(100))
def test_answers_reach_the_score_that_is_asked_for(points: int) -> None:
    measured = score(default_questionnaire(), definition.answers(points)).value
    assert measured is not None
    assert int(measured) == points


def test_totals_say_what_differs() -> None:
    other = replace(N33, done=1_250, notices={"R": 981, "D": 341, "X": 262}, digest="0000000000000000")
    assert other.differences(N33) == [
        "done: 1250 instead of 1249",
        "notices D: 341 instead of 340",
        "notices E: 0 instead of 154",
        "digest: 0000000000000000 instead of 63dafae1535ee4fb",
    ]


def test_measuring_tells_seconds_and_bytes_of_a_process_of_its_own(tmp_path: Path) -> None:
    runs = [measured("oracle", 33, 1, tmp_path), measured("oracle", 66, 1, tmp_path)]
    assert [run.cpu > run.starting > 0 and run.peak > 1_000_000 for run in runs] == [True, True]
    assert list(tmp_path.iterdir()) == []
    assert wrong(runs) == []
    assert wrong([replace(runs[0], differences=["done: 1 instead of 2"])]) == [
        "plain Python, no database, N=33: done: 1 instead of 2"
    ]
    assert len(told(figures(runs)).splitlines()) == 4
    assert drawing("W(N)", panels(figures(runs)), "here").count("<circle") == 4


def test_contestants_are_told_in_one_order() -> None:
    assert present(["sqlmodel", "oracle"]) == ["oracle", "sqlmodel"]
