"""Work handed out to the workers of a pool, on whatever machine; what nobody does is done here after all."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, State
from prefect.deployments import run_deployment
from prefect.states import Cancelled

from actions import leases
from flows.closing import AWAY, PAGE, close_dead
from runtime import house
from runtime.liveness import is_dead

POLL_SECONDS = 1.0
log = logging.getLogger("mourafaka.pools")

Part = Mapping[str, Any]


def hand_out(deployment: str, parts: Sequence[Part], alone: Callable[..., State[Any]]) -> list[State[Any]]:
    """Have each part done by a run of the deployment, and return how each ended.

    A part that nobody begins within a lease, whose worker dies, or that cannot be handed out is done here by
    ``alone``. A pool without workers, or with tight limits, costs time, never work; and a run that waits for
    others cannot keep them from beginning.
    """
    runs = [_start(deployment, part) for part in parts]
    ends = _ends([run for run in runs if run is not None])
    found = [ends.get(run) if run is not None else None for run in runs]
    return [end if end is not None else alone(**part) for part, end in zip(parts, found, strict=True)]


def _start(deployment: str, part: Part) -> UUID | None:
    """Ask for a run; None when Prefect does not take it, or knows no such deployment."""
    try:
        run: Any = run_deployment(deployment, parameters=dict(part), timeout=0)
    except AWAY as problem:
        log.warning("not handed out", extra={"facts": {"deployment": deployment, "problem": type(problem).__name__}})
        return None
    return UUID(str(run.id))


def _ends(runs: Sequence[UUID]) -> dict[UUID, State[Any]]:
    """Wait, and return how the runs ended that were done elsewhere; the others are to be done here."""
    ends: dict[UUID, State[Any]] = {}
    waiting, patience = set(runs), _Patience(house.current().settings.lease.total_seconds())
    while waiting:
        time.sleep(POLL_SECONDS)
        found = _read(sorted(waiting))
        patience.see(found)
        done = [run for run in found if run.state is not None and run.state.is_final()]
        ends.update({run.id: run.state for run in done if run.state is not None and not _is_lost(run.state)})
        waiting -= {run.id for run in done} | _closed(waiting)
        for run in patience.given_up(waiting, found):
            _take_back(run)
            waiting.discard(run)
    return ends


class _Patience:
    """How long is waited for runs to begin, and for Prefect to answer: a lease each."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since = self._answered = time.monotonic()

    def see(self, found: Sequence[FlowRun]) -> None:
        """Take note that Prefect has answered."""
        if found:
            self._answered = time.monotonic()

    def given_up(self, waiting: set[UUID], found: Sequence[FlowRun]) -> set[UUID]:
        """Return the runs that are not waited for any longer."""
        now = time.monotonic()
        if now - self._answered > self._seconds:
            return set(waiting)
        if now - self._since <= self._seconds:
            return set()
        return {run.id for run in found if run.id in waiting and run.state is not None and _has_not_begun(run.state)}


def _has_not_begun(state: State[Any]) -> bool:
    return state.is_scheduled() or state.is_pending()


def _read(runs: Sequence[UUID]) -> list[FlowRun]:
    found: list[FlowRun] = []
    try:
        with get_client(sync_client=True) as client:
            for first in range(0, len(runs), PAGE):
                ids = FlowRunFilterId(any_=list(runs[first : first + PAGE]))
                found += client.read_flow_runs(flow_run_filter=FlowRunFilter(id=ids), limit=PAGE)
    except AWAY as problem:
        log.warning("Prefect does not answer", extra={"facts": {"problem": type(problem).__name__}})
    return found


def _is_lost(state: State[Any]) -> bool:
    return state.is_crashed() or state.is_cancelled()


def _closed(waiting: set[UUID]) -> set[UUID]:
    """Close those of the runs whose processes are dead, and return them: no watchdog need come by first."""
    here = house.current()
    with here.database.reading() as session:
        found = leases.lapsed(session, now=here.clock.now(), is_dead=is_dead)
    dead = [one for one in found if UUID(one.run) in waiting]
    try:
        close_dead(dead)
    except AWAY as problem:
        log.warning("not closed", extra={"facts": {"runs": len(dead), "problem": type(problem).__name__}})
        return set()
    return {UUID(one.run) for one in dead}


def _take_back(run: UUID) -> None:
    """Tell Prefect that the run is not wanted any more; one that begins all the same does nothing twice."""
    try:
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(run, Cancelled(message="taken back: nobody did it within a lease"), force=True)
    except AWAY as problem:
        log.warning("not taken back", extra={"facts": {"run": str(run), "problem": type(problem).__name__}})
