"""Closes the runs of dead processes: Prefect would show them as running for ever."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterParentFlowRunId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound, PrefectException
from prefect.settings import PREFECT_API_URL
from prefect.states import Crashed

from actions import leases
from actions.leases import Lapsed
from runtime import house

AWAY = (httpx.HTTPError, PrefectException)
"""What is raised when Prefect's server does not answer, or not as it should."""
PAGE = 200
"""How many runs Prefect tells of in one answer."""
OPEN = FlowRunFilterState(
    type=FlowRunFilterStateType(any_=[StateType.PENDING, StateType.RUNNING, StateType.CANCELLING])
)
WHY = "its process gave no sign of life any more"


def close_dead(dead: Sequence[Lapsed]) -> tuple[list[str], int]:
    """Close dead runs, and give free what else their processes held; return the runs' names and how many leases.

    Raises what AWAY names when Prefect does not answer: they stay for the next time.
    """
    here = house.current()
    names = close([UUID(one.run) for one in dead])
    return names, leases.bury(here.database, dead, now=here.clock.now())


def close(ids: Sequence[UUID]) -> list[str]:
    """Close runs as crashed, with their sub-flows; without a server to ask there is nothing to close."""
    if not ids or not PREFECT_API_URL.value():
        return []
    with get_client(sync_client=True) as client:
        return [name for run in ids for name in _close(client, run)]


def _close(client: SyncPrefectClient, run: UUID) -> list[str]:
    try:
        found = client.read_flow_run(run)
    except ObjectNotFound:  # another server's, of a `run-day` that had one of its own
        return []
    below = FlowRunFilter(parent_flow_run_id=FlowRunFilterParentFlowRunId(any_=[run]), state=OPEN)
    # A deployment's run has a process, and signs of life, of its own.
    inside = [one.id for one in runs(client, flow_run_filter=below) if one.deployment_id is None]
    names = [name for one in inside for name in _close(client, one)]
    if found.state is None or found.state.is_final():
        return names
    client.set_flow_run_state(run, Crashed(message=WHY), force=True)
    return [*names, found.name]


def runs(client: SyncPrefectClient, **question: Any) -> Iterator[FlowRun]:
    """Give all runs that answer a question; Prefect tells of some hundred at a time."""
    offset = 0
    while page := client.read_flow_runs(**question, limit=PAGE, offset=offset):
        yield from page
        offset += len(page)
        if len(page) < PAGE:
            return
