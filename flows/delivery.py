"""The delivery flow: empties the outbox, every few minutes within sending hours."""

from __future__ import annotations

from prefect import flow, task

from notifications.delivery import deliver
from runtime import house
from runtime.rounds import tell_missed


@task(task_run_name="empty the outbox", persist_result=False)
def empty() -> dict[str, int]:
    """Send what may leave now; what does not leave waits with its reason.

    Before it, who coordinates is told of a morning that did not happen: whoever moves those may be dead.
    """
    here = house.current()
    post = here.post()
    tell_missed(here, here.clock.now())
    return dict(deliver(post))


@flow(name="delivery", flow_run_name="delivery · {at}", persist_result=False)
def delivery(at: str = "now") -> dict[str, int]:
    """Send what may leave now; return how many notices came to each verdict."""
    del at
    return empty()
