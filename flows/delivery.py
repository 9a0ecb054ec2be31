"""The delivery flow: empties the outbox, every few minutes within sending hours."""

from __future__ import annotations

from prefect import flow, task

from flows.presence import present
from notifications.delivery import deliver
from runtime import house


@task(task_run_name="empty the outbox", persist_result=False)
def empty() -> dict[str, int]:
    """Send what may leave now; what does not leave waits with its reason."""
    return dict(deliver(house.current().post()))


@flow(name="delivery", flow_run_name="delivery · {at}", persist_result=False)
@present
def delivery(at: str = "now") -> dict[str, int]:
    """Send what may leave now; return how many notices came to each verdict."""
    del at
    return empty()
