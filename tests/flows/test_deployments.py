"""`prefect.yaml` for the workers of a pool, and `mourafaka serve` on one machine: the same flows at the same hours."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
ONLY_ON_A_POOL = {"cohort", "piece"}
"""What a morning hands out: on one machine it does that itself."""


def _described() -> dict[str, Any]:
    text = (ROOT / "prefect.yaml").read_text(encoding="utf-8")
    return {one["name"]: one for one in yaml.safe_load(text)["deployments"]}


def _served() -> dict[str, Any]:
    from flows.serving import deployments

    return {one.name: one for one in deployments()}  # type: ignore[attr-defined]


def _flow(entrypoint: str) -> Any:
    module, _, name = entrypoint.rpartition(".")
    return getattr(import_module(module), name)


def test_a_pool_has_what_serve_has_and_what_a_morning_hands_out() -> None:
    assert set(_described()) == set(_served()) | ONLY_ON_A_POOL


def test_the_same_flows_have_the_same_hours_in_casablanca_and_the_same_tags() -> None:
    served = _served()
    for name, one in _described().items():
        if name in served:
            hours = [(s.schedule.cron, s.schedule.timezone) for s in served[name].schedules]
            assert [(s["cron"], s["timezone"]) for s in one.get("schedules", [])] == hours, name
            assert _flow(one["entrypoint"]).name == served[name].flow_name
            assert one["tags"] == served[name].tags


def test_what_is_handed_out_names_deployments_that_there_are() -> None:
    from flows.morning import COHORT
    from flows.sharing import PIECE

    names = {f"{_flow(one['entrypoint']).name}/{one['name']}" for one in _described().values()}
    assert {COHORT, PIECE} <= names


def test_parameters_are_such_as_the_flows_take() -> None:
    for one in _described().values():
        _flow(one["entrypoint"]).validate_parameters(one.get("parameters", {}) | _needed(one["name"]))


def _needed(name: str) -> dict[str, Any]:
    cohort = {"cohort": "SM-2027"}
    morning = {**cohort, "day": "2027-01-04"}
    return {
        "cohort": morning,
        "piece": {**morning, "what": "alerts", "part": "1 of 1", "ids": [1], "at": "2027-01-04T08:00:00+00:00"},
        "intake": {**cohort, "path": "list.xlsx"},
        "migrate-definition": cohort,
    }.get(name, {})


def test_mornings_have_no_limit_of_prefect_s_that_a_dead_worker_could_use_up() -> None:
    described = _described()
    assert {name for name, one in described.items() if "concurrency_limit" in one} == {"delivery"}
    assert all(one["work_pool"]["name"] == "mourafaka" for one in described.values())
