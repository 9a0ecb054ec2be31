"""The watchdog: closes the runs of dead processes, frees what they held, and misses mornings that did not happen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags, FlowRunFilter
from prefect.settings import PREFECT_API_URL

from actions import leases
from flows.closing import AWAY, OPEN, close, close_dead, runs
from flows.presence import present
from flows.results import NOWHERE
from notifications.leases import release_dead
from runtime import house
from runtime.liveness import is_dead
from runtime.rounds import tell_missed

TAG = "mourafaka"
"""What marks our deployments: no one else's runs are closed."""


@dataclass
class Watched:
    """What a look round found: runs closed (by name), leases given free, people told, whether Prefect was away."""

    closed: list[str] = field(default_factory=list)
    freed: int = 0
    told: int = 0
    away: bool = False


@flow(name="watchdog", flow_run_name="watchdog", persist_result=False, result_storage=NOWHERE)
@present
def watchdog() -> str:
    """Look round once; what it mends it mends once, however many look at the same time."""
    found = watch()
    return f"{len(found.closed)} runs closed, {found.freed} leases given free, {found.told} people told"


def watch() -> Watched:
    """Close the runs of dead processes, give free what they held, and tell of a morning that did not happen.

    What only Prefect could do is left for the next time when it does not answer: our own part is done all the same.
    """
    here = house.current()
    now, found = here.clock.now(), Watched()
    with here.database.transaction() as session:
        release_dead(session, is_dead=is_dead, now=now)
    with here.database.reading() as session:
        dead = leases.lapsed(session, now=now, is_dead=is_dead)
    try:
        found.closed, found.freed = close_dead(dead)
        found.closed += close(_orphans(now))
    except AWAY:
        found.away = True
    found.told = tell_missed(here, now)
    return found


def _orphans(now: datetime) -> list[UUID]:
    """Return the runs of our deployments that somebody has claimed and, for a lease, nobody has begun.

    Prefect's states have the real time: under a virtual clock there is nothing to compare them with.
    """
    here = house.current()
    if here.clock.is_virtual or not PREFECT_API_URL.value():
        return []
    with here.database.reading() as session:
        known = leases.living(session)
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    with get_client(sync_client=True) as client:
        claimed = list(runs(client, flow_run_filter=FlowRunFilter(state=OPEN), deployment_filter=ours))
    return [
        run.id
        for run in claimed
        if str(run.id) not in known and run.state is not None and now - run.state.timestamp > here.settings.lease
    ]
