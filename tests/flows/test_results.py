"""Prefect keeps nothing that a flow returns or raises, and is not asked where it would."""

from __future__ import annotations

import asyncio
import pkgutil
from importlib import import_module
from pathlib import Path

import httpx
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

import flows
from flows.results import NOWHERE, forget_results
from flows.serving import parts
from models.session import Database
from runtime.house import House
from tests.world import open_enrolled

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("prefect")]


def test_every_flow_names_a_place_for_results_and_keeps_none() -> None:
    from prefect import Flow

    rooms = [import_module(f"flows.{room.name}") for room in pkgutil.iter_modules(flows.__path__)]
    ours = [thing for room in rooms for thing in vars(room).values() if isinstance(thing, Flow)]
    assert {"morning", "reminders", "delivery", "coaching"} < {one.name for one in ours}
    kept = [one.name for one in ours if one.persist_result is not False or one.result_storage is not NOWHERE]
    assert kept == []


def test_the_place_keeps_nothing() -> None:
    async def put_and_look() -> None:
        await NOWHERE.write_path("key", b"what a run raised")
        await NOWHERE.read_path("key")

    with pytest.raises(FileNotFoundError, match="key"):
        asyncio.run(put_and_look())


def test_what_earlier_releases_had_kept_is_deleted_when_a_server_starts(tmp_path: Path) -> None:
    kept = tmp_path / "storage"
    kept.mkdir()
    (kept / "795842df45d24fbabaaf9d0ccb80c40c").write_text("an exception with somebody's address")
    assert [forget_results(tmp_path), kept.exists(), forget_results(tmp_path)] == [True, False, False]
    kept.mkdir()
    with temporary_settings(restore_defaults={PREFECT_API_URL}):  # else there is none of ours to start
        parts(tmp_path, port=1, schedules=("none",))
    assert not kept.exists()


def test_a_morning_asks_the_server_for_no_place(
    house: House, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    from flows.run_day import run_mornings

    open_enrolled(database)
    asked: list[str] = []
    send = httpx.Client.send

    def noted(self: httpx.Client, request: httpx.Request, **more: object) -> httpx.Response:
        asked.append(request.url.path)
        return send(self, request, **more)

    monkeypatch.setattr(httpx.Client, "send", noted)
    day = run_mornings(house.clock.now())
    assert (day.cohorts, day.failures) == (1, [])
    assert "/api/flow_runs/" in asked
    assert not [path for path in asked if "storage" in path]
